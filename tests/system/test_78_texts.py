"""What SpamAssassin's rules see of a message, and the functions that they name: through Postfix and real scanners."""
import json
import pathlib
import time

import pytest
from test_77_rules import hits, told
from world import wait_for

DEBIAN = pathlib.Path("/usr/share/spamassassin")
OWN = r"""
util_rb_tld     com org
freemail_domains freemail.org
trusted_networks 10.0.0.0/8
body     SEEN_TEXT      /^Win \xe2\x82\xac 5 now\n/
rawbody  SEEN_RAW       /<b>W&\#105;n<\/b>/
uri      SEEN_LINK      m{^http://192\.168\.1\.1/x$}
header   SEEN_RELAY     X-Spam-Relays-Untrusted =~ /^\[ ip=192\.0\.2\.7 rdns=host\.example\.org helo=evil by=mx\.example\.com /
header   SEEN_HOST      From:addr:host =~ /^mail\.freemail\.org$/
header   SEEN_DOMAIN    From:addr:domain =~ /^freemail\.org$/
body     ASKED_CONTRAST eval:html_test('font_low_contrast')
body     ASKED_TITLE    eval:html_text_match('title', '^Buy')
header   ASKED_DATE     eval:check_for_shifted_date('96', 'undef')
header   ASKED_CAPS     eval:subject_is_all_caps()
header   ASKED_FREE     eval:check_freemail_header('Reply-To')
header   ASKED_ALL      eval:check_all_trusted()
body     ASKED_ODD      eval:image_name_regex('^zz')
score    SEEN_TEXT      50
"""
MAIL = b"""Received: from inside (inside.example.com [10.0.0.1]) by mx.example.com (8.11/8.11) with ESMTP id A1B2C3; Mon, 2 Sep 2002 10:00:00 +0000
Received: from evil (host.example.org [192.0.2.7]) by mx.example.com (8.11/8.11) with ESMTP id A1B2C4; Mon, 2 Sep 2002 10:00:00 +0000
From: Joe <joe@mail.freemail.org>
Reply-To: jim@freemail.org
To: ben@example.net
Date: Mon, 9 Sep 2002 10:00:00 +0000
Subject: BUY THIS NOW
Content-Type: text/html; charset=iso-8859-15

<html><title>Buy</title><p><b>W&#105;n</b> \xa4 5 now</p>
<font color="#fffffe">pale</font> <a href="http://0xc0.0250.1.1/x">here</a></html>
"""
ALL = {"SEEN_TEXT", "SEEN_RAW", "SEEN_LINK", "SEEN_RELAY", "ASKED_CONTRAST", "ASKED_TITLE", "ASKED_DATE", "ASKED_CAPS",
       "ASKED_FREE"}


@pytest.fixture
def rules(world):
    path = world.dir / "rules/50_site.cf"
    path.write_text(OWN)
    path.chmod(0o644)
    return path


def test_rules_see_text_links_relays_and_ask_functions(world, rules):
    assert not [one for one in told(world, "check") if "passed_over" in one]
    found = hits(world, MAIL)
    assert ALL <= set(found), ALL - set(found)
    assert "ASKED_ALL" not in found and "ASKED_ODD" not in found


def test_scanners_behind_their_sandbox_answer_the_same(world, rules):
    wait_for(lambda: "SEEN_TEXT" in {one["name"] for one in told(world, "list")}, 30)
    assert world.lazaret.qctl("reload").returncode == 0
    for number in range(3):
        world.send(MAIL.replace(b"BUY THIS NOW", b"BUY THIS NOW %d" % number), to="ben@example.org")
    items = wait_for(lambda: len(world.lazaret.items("--reason", "spam")) >= 3 and world.lazaret.items("--reason", "spam"),
                     60, message="three items")
    assert all(item["score"] >= 50 for item in items)
    assert "crash" not in world.lazaret.log()


HOSTILE = (b"<b" * 200000, b"<!--" * 100000, b"<td><font style='color:red'>" * 20000, b"&#" * 200000, b"<title>" * 50000,
           b"a@b." * 100000, b"<a href=" * 50000)


def explained(world, data):
    path = world.dir / "hostile.eml"
    path.write_bytes(data)
    path.chmod(0o644)
    began = time.monotonic()
    found = json.loads(world.lazaret.qctl("explain", str(path), "--json").stdout)
    assert time.monotonic() - began < 20
    return json.dumps(found)


def test_text_that_is_hostile_stays_within_limits_and_is_told(world, rules):
    links = b"".join(b"http://a%d.com/ " % number for number in range(6000))
    assert "more text than spam.max_size: links" in explained(world, b"Subject: links\n\n" + links + b"\n")
    for what in HOSTILE:
        explained(world, b"Subject: hostile\nContent-Type: text/html\n\n" + what + b"\n")


@pytest.mark.skipif(not DEBIAN.is_dir(), reason="no spamassassin here")
@pytest.mark.config(f"spam:\n  rules: [{DEBIAN}]\n  max_size: 1M\n")
def test_functions_of_debians_rules_are_run(world):
    passed_over = [one for one in told(world, "check") if "passed_over" in one]
    # Those of plugins that Debian does not load.
    assert len(passed_over) <= 25, passed_over
    found = hits(world, MAIL)
    assert {"HTML_MESSAGE", "SUBJ_ALL_CAPS", "MIME_HTML_ONLY", "HTML_FONT_LOW_CONTRAST"} <= set(found), found
