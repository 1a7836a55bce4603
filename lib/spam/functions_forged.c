/* Mail that says it is from one of the large services, and whether it came the way theirs does. */
#include <string.h>

#include "lib/spam/function.h"

#define ADDRESS "(?:[0-9]{1,3}(?:\\.[0-9]{1,3}){3}|[0-9A-Fa-f:]*:[0-9A-Fa-f:.]+)"

static int has(const struct functions_view *view, const char *key, struct pattern *pattern)
{
	struct buf text = {0};
	int found;

	function_ask(view, key, &text);
	found = pattern_is(pattern, text.data, text.size);
	buf_fini(&text);
	return found;
}

static int has_any(const struct buf *text, struct pattern *patterns, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (pattern_is(&patterns[i], text->data, text->size))
			return 1;
	}
	return 0;
}

static int is_from(const struct functions_view *view, struct pattern *domain)
{
	struct buf from = {0};
	int found;

	function_ask_first(view, "From:addr", &from);
	found = pattern_is(domain, from.data, from.size);
	buf_fini(&from);
	return found;
}

static struct pattern address = {ADDRESS};

/* ------------------------------------------------------------ AOL */

unsigned long function_check_for_fake_aol_relay_in_rcvd(
        const struct functions_view *view, const struct functions_call *call)
{
	static struct pattern relay = {" rly-[a-z][a-z][0-9][0-9]\\.", MATCH_CASELESS};
	static struct pattern real[] = {
	        {"/AOL-[0-9]+\\.[0-9]+\\.[0-9]+\\)"},
	        {"ESMTP id (?:RELAY|MAILRELAY|MAILIN)"},
	};
	struct buf received = {0};
	int fake;

	function_ask_squeezed(view, "Received", &received);
	fake = pattern_is(&relay, received.data, received.size) && !has_any(&received, real, 2);
	buf_fini(&received);
	return fake;
}

/* ------------------------------------------------------------ Hotmail */

/* What the list server of MSN's groups writes. */
static int is_msn_group(const struct functions_view *view)
{
	static struct pattern to = {"<(\\S+)@groups\\.msn\\.com>", MATCH_CASELESS};
	static struct pattern server = {
	        "from mail pickup service by ((?:p[0-9][0-9]\\.)groups\\.msn\\.com)\\b"};
	struct match_range groups[2];
	struct buf text = {0}, name = {0}, id = {0}, sender = {0};
	int is_group;

	function_ask(view, "To", &text);
	is_group = pattern_groups(&to, text.data, text.size, 0, groups, 2);
	if (is_group)
		buf_add_format(&name, "<%.*s-", (int)(groups[1].end - groups[1].start),
		        text.data + groups[1].start);
	function_ask(view, "Received", &text);
	is_group = is_group && pattern_groups(&server, text.data, text.size, 0, groups, 2);
	function_ask(view, "Message-Id", &id);
	function_ask_first(view, "EnvelopeFrom", &sender);
	if (is_group && strcmp(name.data, "<notifications-") == 0) {
		text.data[groups[1].end] = '\0';
		is_group = strstr(id.data, text.data + groups[1].start) != NULL;
	} else if (is_group) {
		is_group = strncmp(id.data, name.data, name.size) == 0 &&
		           strstr(id.data, "@groups.msn.com>") != NULL;
		buf_add_string(&name, "bounce@groups.msn.com");
		is_group = is_group && strstr(sender.data, name.data + 1) != NULL;
	}
	buf_fini(&text);
	buf_fini(&name);
	buf_fini(&id);
	buf_fini(&sender);
	return is_group;
}

unsigned long function_check_for_msn_groups_headers(
        const struct functions_view *view, const struct functions_call *call)
{
	return is_msn_group(view) != 0;
}

enum hotmail { HOTMAIL_FINE, HOTMAIL_FORGED, HOTMAIL_MISSING };

static int is_real_hotmail(const struct functions_view *view, const struct buf *received)
{
	static struct pattern organisation = {"hotmail\\.com|msonline-outlook"};
	static struct pattern by_address[] = {
	        {"from (?:\\S*\\.)?hotmail.com \\(\\S+\\.hotmail(?:\\.msn)?\\.com[ )]"},
	        {"from \\S*\\.hotmail.com \\(\\[" ADDRESS "\\][ ):]"},
	        {"from \\S+ by \\S+\\.hotmail(?:\\.msn)?\\.com with HTTP;"},
	        {"from \\[66\\.218.\\S+\\] by \\S+\\.yahoo\\.com"},
	};
	static struct pattern by_organisation[] = {
	        {"from \\S*\\.outbound\\.protection\\.outlook\\.com "
	         "\\(\\S+\\.outbound\\.protection\\.outlook\\.com[ )]"},
	        {"from \\S*\\.(?:eur|nam)prd[0-9]+\\.prod\\.outlook\\.com \\(" ADDRESS "\\)"},
	};

	return (has(view, "X-Originating-Ip", &address) && has_any(received, by_address, 4)) ||
	       (has(view, "X-OriginatorOrg", &organisation) &&
	               has_any(received, by_organisation, 2));
}

static enum hotmail judge_hotmail(const struct functions_view *view)
{
	static struct pattern pickup = {
	        "from mail pickup service by hotmail\\.com with Microsoft SMTPSVC;"};
	static struct pattern helo = {"(?:from |HELO |helo=)\\S*hotmail\\.com\\b"};
	static struct pattern domain = {"\\bhotmail\\.com$", MATCH_CASELESS};
	const struct buf *plain = function_text(view, "Received");
	struct buf received = {0};
	enum hotmail judged = HOTMAIL_FINE;

	/* Most mail doesn't speak of it. */
	if (!memmem(plain->data, plain->size, "hotmail.com", 11) && !is_from(view, &domain))
		return HOTMAIL_FINE;
	function_ask_squeezed(view, "Received", &received);
	if (!pattern_is(&pickup, received.data, received.size) && !is_msn_group(view) &&
	        !function_is_gated(view) && !is_real_hotmail(view, &received)) {
		if (pattern_is(&helo, received.data, received.size))
			judged = HOTMAIL_FORGED;
		else if (is_from(view, &domain))
			judged = HOTMAIL_MISSING;
	}
	buf_fini(&received);
	return judged;
}

unsigned long function_check_for_forged_hotmail_received_headers(
        const struct functions_view *view, const struct functions_call *call)
{
	return judge_hotmail(view) == HOTMAIL_FORGED;
}

unsigned long function_check_for_no_hotmail_received_headers(
        const struct functions_view *view, const struct functions_call *call)
{
	return judge_hotmail(view) == HOTMAIL_MISSING;
}

/* ------------------------------------------------------------ others */

unsigned long function_check_for_forged_eudoramail_received_headers(
        const struct functions_view *view, const struct functions_call *call)
{
	static struct pattern domain = {"\\beudoramail\\.com$", MATCH_CASELESS};
	static struct pattern server = {"by \\S*whowhere.com;"};

	return is_from(view, &domain) && !function_is_gated(view) &&
	       !(has(view, "X-Sender-Ip", &address) && has(view, "Received", &server));
}

static int has_yahoo_name(const struct relay *relay)
{
	size_t size = strlen(relay->rdns);

	return size > 10 && strcmp(relay->rdns + size - 10, ".yahoo.com") == 0;
}

static int came_from_yahoo(const struct functions_view *view)
{
	const struct relays *relays = &view->texts->relays;
	const struct relay *relay;

	for (size_t i = 0; (relay = relays_at(relays, RELAYS_TRUSTED, i)); i++) {
		if (has_yahoo_name(relay))
			return 1;
	}
	relay = relays_at(relays, RELAYS_UNTRUSTED, 0);
	return relay && has_yahoo_name(relay);
}

/* A message that was sent on keeps its own way elsewhere. */
static void ask_yahoo_received(const struct functions_view *view, struct buf *out)
{
	struct buf from = {0}, to = {0}, other = {0};

	function_ask_squeezed(view, "Received", out);
	function_ask(view, "Resent-From", &from);
	function_ask(view, "Resent-To", &to);
	function_ask_squeezed(view, "X-Received", &other);
	if (from.size && to.size && other.size) {
		buf_clear(out);
		buf_add(out, other.data, other.size);
	}
	buf_fini(&from);
	buf_fini(&to);
	buf_fini(&other);
}

unsigned long function_check_for_forged_yahoo_received_headers(
        const struct functions_view *view, const struct functions_call *call)
{
	static struct pattern domain = {"\\byahoo\\.com$", MATCH_CASELESS};
	static struct pattern reply = {"@reply\\.yahoo\\.com$", MATCH_CASELESS};
	static struct pattern bulk = {"\\bmailer[0-9]+\\.bulk\\.scd\\.yahoo\\.com\\b"};
	static struct pattern real[] = {
	        {"by web\\S+\\.mail\\S*\\.yahoo\\.com via HTTP"},
	        {"by sonic\\S+\\.consmr\\.mail\\S*\\.yahoo\\.com with HTTP"},
	        {"by smtp\\S+\\.yahoo\\.com with SMTP"},
	        {"from \\[" ADDRESS "\\] by \\S+\\.(?:groups|scd|dcn)\\.yahoo\\.com with NNFMP"},
	        {"by \\w+\\.\\w+\\.yahoo\\.com "
	         "\\([0-9]+\\.[0-9]+\\.[0-9]+/[0-9]+\\.[0-9]+\\.[0-9]+\\)(?: with ESMTP)? id \\w+"},
	};
	struct buf received = {0};
	int forged;

	if (!is_from(view, &domain) || function_is_gated(view) || came_from_yahoo(view))
		return 0;
	ask_yahoo_received(view, &received);
	forged = !has_any(&received, real, 5) &&
	         !(pattern_is(&bulk, received.data, received.size) && is_from(view, &reply));
	buf_fini(&received);
	return forged;
}

/* Without an X-Originating-IP: by which of their servers. */
static int is_old_juno(const struct functions_view *view, const struct buf *received)
{
	static struct pattern mail = {"from.*\\bmail\\.com.*\\[" ADDRESS "\\].*by"};
	static struct pattern web = {
	        "from (webmail\\S+\\.untd\\.com) \\(\\1 \\[" ADDRESS "\\]\\) by"};
	static struct pattern mail_program = {"\\bmail\\.com"};
	static struct pattern web_program = {"^Webmail Version [0-9]"};

	if (pattern_is(&mail, received->data, received->size)) {
		if (!has(view, "X-Mailer", &mail_program))
			return 0;
	} else if (!pattern_is(&web, received->data, received->size) ||
	           !has(view, "X-Mailer", &web_program)) {
		return 0;
	}
	return has(view, "X-Originating-IP", &address);
}

unsigned long function_check_for_forged_juno_received_headers(
        const struct functions_view *view, const struct functions_call *call)
{
	static struct pattern domain = {"\\bjuno\\.com$", MATCH_CASELESS};
	static struct pattern real[] = {
	        {"from.*\\b(?:juno|untd)\\.com.*[\\[(]" ADDRESS "[\\])].*by"},
	        {" cookie\\.(?:juno|untd)\\.com "},
	};
	static struct pattern program = {"Juno "};
	struct buf received = {0}, origin = {0};
	int is_real;

	if (!is_from(view, &domain) || function_is_gated(view))
		return 0;
	function_ask(view, "Received", &received);
	function_ask(view, "X-Originating-IP", &origin);
	is_real = origin.size ? has_any(&received, real, 2) && has(view, "X-Mailer", &program)
	                      : is_old_juno(view, &received);
	buf_fini(&received);
	buf_fini(&origin);
	return !is_real;
}

unsigned long function_check_for_forged_gmail_received_headers(
        const struct functions_view *view, const struct functions_call *call)
{
	static struct pattern domain = {"\\bgmail\\.com$", MATCH_CASELESS};
	static struct pattern inside = {
	        "by (?:10\\.|2002:a[0-9][0-9]:\\w+:)\\S+ with SMTP id \\S+"};
	static struct pattern outside = {"by smtp\\.googlemail\\.com with ESMTPSA id \\S+"};
	struct buf state = {0}, source = {0};
	int is_real;

	if (!is_from(view, &domain))
		return 0;
	function_ask(view, "X-Gm-Message-State", &state);
	function_ask(view, "X-Google-Smtp-Source", &source);
	is_real = (state.size >= 60 && source.size >= 60) || has(view, "X-Received", &inside) ||
	          has(view, "Received", &outside);
	buf_fini(&state);
	buf_fini(&source);
	return !is_real;
}

/* "from x.com by gw05 with ESMTP": a program that pretends to be a gateway. */
unsigned long function_check_for_forged_gw05_received_headers(
        const struct functions_view *view, const struct functions_call *call)
{
	static struct pattern shape = {
	        "\\nfrom\\s\\S+\\sby\\s[^\\s.]+\\swith\\sESMTP;\\s+\\S\\S\\S,\\s+[0-9]+\\s+"
	        "\\S\\S\\S\\s+"
	        "[0-9]{4}\\s+[0-9][0-9]:[0-9][0-9]:[0-9][0-9]\\s+[-+]*[0-9]{4}\\n$"};

	return has(view, "Received", &shape) != 0;
}
