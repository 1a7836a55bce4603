#include "lib/spam/warm.h"

#include <string.h>

#include "lib/spam/eval.h"
#include "lib/spam/pattern.h"

static const char sample[] =
        "Return-Path: <a@hotmail.com>\n"
        "Received: from a (b.example.org [192.0.2.1]) by mx.example.org (Postfix) with ESMTP id "
        "A1B2C3\n"
        "\tfor <j@example.org>; Mon, 2 Sep 2002 10:00:00 +0000 (UTC)\n"
        "Received: from hotmail.com (unknown) by who knows; Mon, 2 Sep 2002 10:00:00 GMT\n"
        "Received: FROM a (b [192.0.2.1]) BY c ID D\n"
        "Received: (from j@localhost) by mx (8.11/8.11)\n"
        "X-Originating-IP: [192.0.2.2]\n"
        "DKIM-Signature: v=1; d=example.org; s=x\n"
        "From: \"A\" (b) <a@yahoo.com>\n"
        "Reply-To: b@juno.com, c@gmail.com\n"
        "To: friends: j@example.org;\n"
        "Subject: Re: =?utf-8?q?BUY_THIS?= j@example.org\n"
        "Date: Mon, 2 Sep 2002 10:00:00 +0000\n"
        "Message-Id: <000101c25267$11111111$22222222@x>\n"
        "Content-Type: multipart/alternative; boundary=q\n\n"
        "--q\nContent-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: "
        "quoted-printable\n\n"
        "See http://www.example.org/?u=http://b.org/ and a@b.org, b.org. Target: 9 =A7\n-- \nsign\n"
        "--q\nContent-Type: text/html\n\n"
        "<html><head><base href=\"http://a.org/b.html\"><meta http-equiv=refresh content=\"0; "
        "url=x\">"
        "<meta http-equiv=Content-Type content=\"text/html; charset=utf-8\"><title>t</title></head>"
        "<o:p></o:p><body><!-- c --><font face=Arial color=red>x</font><script>s</script>"
        "<a href=\"http://192.0.2.1/\">https://c.org/<img src=y width=1 height=1></a>"
        "<a href=\"mailto:d@e.org?subject=%20x\">m</a></body></html>\n--q--\n";

void warm_up(const struct rules *rules)
{
	struct mime_map *map = mime_map_new(sample, sizeof(sample) - 1, NULL);
	struct eval eval;

	eval_run(rules, &(struct eval_input){.map = map}, &eval);
	eval_fini(&eval);
	mime_map_free(&map);
	pattern_settle();
}
