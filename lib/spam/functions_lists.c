/* Senders and recipients that are welcome, or not, whatever else a message is. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/text.h"
#include "lib/spam/domains.h"
#include "lib/spam/fields.h"
#include "lib/spam/function.h"

/* ------------------------------------------------------------ addresses */

typedef void ask_addresses(const struct functions_view *view, struct buf *out);

/* Of lists that nobody filled, which most are, nothing is asked. */
static unsigned long has_any(
        const struct functions_view *view, const char *list, ask_addresses *ask)
{
	struct buf addresses = {0};
	char *rest, *line;
	unsigned long hit = 0;

	if (!view->lists || !lists_count(view->lists, list))
		return 0;
	ask(view, &addresses);
	for (rest = addresses.data; !hit && (line = function_line(&rest));)
		hit = lists_match(view->lists, list, line);
	buf_fini(&addresses);
	return hit;
}

static unsigned long is_from(const struct functions_view *view, const char *list)
{
	return has_any(view, list, function_senders);
}

static unsigned long is_to(const struct functions_view *view, const char *list)
{
	return has_any(view, list, function_recipients);
}

#define LISTED(name, ask, list)                                                                    \
	unsigned long function_##name(                                                             \
	        const struct functions_view *view, const struct functions_call *call)              \
	{                                                                                          \
		return ask(view, list);                                                            \
	}

LISTED(check_from_in_blocklist, is_from, "blocklist_from")
LISTED(check_from_in_blacklist, is_from, "blocklist_from")
LISTED(check_to_in_blocklist, is_to, "blocklist_to")
LISTED(check_to_in_blacklist, is_to, "blocklist_to")
LISTED(check_to_in_welcomelist, is_to, "welcomelist_to")
LISTED(check_to_in_whitelist, is_to, "welcomelist_to")
LISTED(check_to_in_more_spam, is_to, "more_spam_to")
LISTED(check_to_in_all_spam, is_to, "all_spam_to")

/* A list that a rule names: one of enlist_addrlist, or a setting's. */
static unsigned long is_in_named(const struct functions_view *view, const char *name,
        unsigned long (*ask)(const struct functions_view *view, const char *list))
{
	char *list;
	unsigned long hit;

	if (!name)
		return 0;
	list = alloc_format("addrlist %s", name);
	hit = ask(view, list) || ask(view, name);
	free(list);
	return hit;
}

unsigned long function_check_from_in_list(
        const struct functions_view *view, const struct functions_call *call)
{
	return is_in_named(view, function_argument(call, 0), is_from);
}

unsigned long function_check_to_in_list(
        const struct functions_view *view, const struct functions_call *call)
{
	return is_in_named(view, function_argument(call, 0), is_to);
}

static void ask_answers(const struct functions_view *view, struct buf *out)
{
	function_ask_first(view, "Reply-To:addr", out);
}

static unsigned long answers_to(const struct functions_view *view, const char *list)
{
	return has_any(view, list, ask_answers);
}

unsigned long function_check_replyto_in_list(
        const struct functions_view *view, const struct functions_call *call)
{
	return is_in_named(view, function_argument(call, 0), answers_to);
}

/* ------------------------------------------------------------ addresses and who gave the message
 */

/* How a sender stands to a list of addresses with hosts: it is there and came from that host; it is
 * there, but came from elsewhere; it isn't there. */
enum standing { STANDS_NOT, STANDS_FORGED, STANDS_WELCOME };

static int has_host(const struct relay *relay, const char *host)
{
	size_t size = strlen(relay->rdns), length = strlen(host);
	char *network;
	int hit = 0;

	if (*host == '[') {
		network = alloc_string(host + 1);
		network[strcspn(network, "]")] = '\0';
		if (strchr(host, ']') && strchr(host, ']')[1] == '/') {
			char *whole = alloc_format("%s%s", network, strchr(host, ']') + 1);

			free(network);
			network = whole;
		}
		hit = *relay->ip && relays_is_in(network, relay->ip);
		free(network);
		return hit;
	}
	return length && size >= length && text_same(relay->rdns + size - length, host) &&
	       (size == length || relay->rdns[size - length - 1] == '.');
}

/* The newest step that isn't believed; where all are, any. */
static int came_from(const struct functions_view *view, const char *host)
{
	const struct relays *relays = &view->texts->relays;
	const struct relay *relay = relays_at(relays, RELAYS_UNTRUSTED, 0);

	if (relay)
		return has_host(relay, host);
	for (size_t i = 0; (relay = relays_at(relays, RELAYS_TRUSTED, i)); i++) {
		if (has_host(relay, host))
			return 1;
	}
	return 0;
}

/* "address host host …" */
static enum standing judge_entry(
        const struct functions_view *view, const char *entry, const char *address)
{
	char *copy = alloc_string(entry), *rest = copy, *pattern = strsep(&rest, " "), *host;
	enum standing standing = STANDS_NOT;

	if (text_glob(pattern, address, strlen(address))) {
		while (rest && standing != STANDS_WELCOME && (host = strsep(&rest, " ")))
			standing = came_from(view, host) ? STANDS_WELCOME : STANDS_FORGED;
	}
	free(copy);
	return standing;
}

static enum standing judge_address(
        const struct functions_view *view, const char *list, const char *address)
{
	enum standing standing = STANDS_NOT, one;
	size_t count = lists_count(view->lists, list);

	if (!view->texts->relays.count)
		return STANDS_NOT;
	for (size_t i = 0; i < count; i++) {
		one = judge_entry(view, lists_at(view->lists, list, i), address);
		if (one == STANDS_WELCOME)
			return one;
		standing = one > standing ? one : standing;
	}
	if (standing == STANDS_FORGED &&
	        lists_match(view->lists, "welcomelist_allows_relays", address))
		return STANDS_NOT;
	return standing;
}

static enum standing judge(const struct functions_view *view, const char *plain, const char *list)
{
	enum standing standing = STANDS_NOT, one;
	struct buf addresses = {0};
	char *rest, *line;

	if (!view->lists ||
	        (!(plain && lists_count(view->lists, plain)) && !lists_count(view->lists, list)))
		return STANDS_NOT;
	function_senders(view, &addresses);
	for (rest = addresses.data; standing != STANDS_WELCOME && (line = function_line(&rest));) {
		one = plain && lists_match(view->lists, plain, line)
		              ? STANDS_WELCOME
		              : judge_address(view, list, line);
		standing = one > standing ? one : standing;
	}
	buf_fini(&addresses);
	return standing;
}

static enum standing own(const struct functions_view *view)
{
	return judge(view, "welcomelist_from", "welcomelist_from_rcvd");
}

static enum standing shipped(const struct functions_view *view)
{
	return judge(view, NULL, "def_welcomelist_from_rcvd");
}

#define STANDS(name, condition)                                                                    \
	unsigned long function_##name(                                                             \
	        const struct functions_view *view, const struct functions_call *call)              \
	{                                                                                          \
		return condition;                                                                  \
	}

STANDS(check_from_in_welcomelist, own(view) == STANDS_WELCOME)
STANDS(check_from_in_whitelist, own(view) == STANDS_WELCOME)
STANDS(check_from_in_default_welcomelist, shipped(view) == STANDS_WELCOME)
STANDS(check_from_in_default_whitelist, shipped(view) == STANDS_WELCOME)
STANDS(check_forged_in_welcomelist, own(view) == STANDS_FORGED && shipped(view) == STANDS_NOT)
STANDS(check_forged_in_whitelist, own(view) == STANDS_FORGED && shipped(view) == STANDS_NOT)
STANDS(check_forged_in_default_welcomelist,
        shipped(view) == STANDS_FORGED && own(view) == STANDS_NOT)
STANDS(check_forged_in_default_whitelist, shipped(view) == STANDS_FORGED && own(view) == STANDS_NOT)

/* The sender's domain is that of who gave the message. */
unsigned long function_check_mailfrom_matches_rcvd(
        const struct functions_view *view, const struct functions_call *call)
{
	const struct relays *relays = &view->texts->relays;
	const struct relay *relay = relays_at(relays, RELAYS_UNTRUSTED, 0);
	enum relays_kind kind = relay ? RELAYS_UNTRUSTED : RELAYS_TRUSTED;
	struct buf sender = {0};
	const char *host, *domain;
	char *name;
	unsigned long hit = 0;

	fields_envelope_from(view->texts, &sender);
	text_lower(sender.data);
	host = strrchr(sender.data, '@');
	domain = host && strchr(host, '.') ? domains_registered(view->lists, host + 1) : NULL;
	for (size_t i = 0; domain && !hit && (relay = relays_at(relays, kind, i)); i++) {
		if (kind == RELAYS_UNTRUSTED && i)
			break;
		name = alloc_string(relay->rdns);
		text_lower(name);
		hit = *name && strcmp(domains_registered(view->lists, name), domain) == 0;
		free(name);
	}
	buf_fini(&sender);
	return hit;
}

/* ------------------------------------------------------------ subjects */

/* A value is looked for anywhere in the subject. */
static unsigned long has_subject(const struct functions_view *view, const char *list)
{
	struct buf subject = {0};
	size_t count = view->lists ? lists_count(view->lists, list) : 0;
	unsigned long hit = 0;
	char *pattern;

	if (!count)
		return 0;
	function_ask(view, "Subject", &subject);
	for (size_t i = 0; i < count && subject.size && !hit; i++) {
		pattern = alloc_format("*%s*", lists_at(view->lists, list, i));
		hit = text_glob(pattern, subject.data, subject.size) != 0;
		free(pattern);
	}
	buf_fini(&subject);
	return hit;
}

LISTED(check_subject_in_welcomelist, has_subject, "welcomelist_subject")
LISTED(check_subject_in_whitelist, has_subject, "welcomelist_subject")
LISTED(check_subject_in_blocklist, has_subject, "blocklist_subject")
LISTED(check_subject_in_blacklist, has_subject, "blocklist_subject")

/* ------------------------------------------------------------ bounces */

static const char relays_list[] = "welcomelist_bounce_relays";

unsigned long function_have_any_bounce_relays(
        const struct functions_view *view, const struct functions_call *call)
{
	return view->lists && lists_count(view->lists, relays_list) > 0;
}

/* Names with a dot in a Received line inside of the body. */
static int names_our_relay(const struct functions_view *view, const char *line, size_t size)
{
	static struct pattern received = {"^[> ]*Received:", MATCH_CASELESS};
	static struct pattern name = {"\\s(\\S+\\.\\S+)(?=\\s)"};
	struct match_range groups[2];
	size_t at = 0;
	int hit = 0;

	if (!pattern_is(&received, line, size))
		return 0;
	while (!hit && pattern_groups(&name, line, size, at, groups, 2)) {
		char *host = alloc_bytes(line + groups[1].start, groups[1].end - groups[1].start);

		hit = lists_match(view->lists, relays_list, host);
		free(host);
		at = groups[0].end;
	}
	return hit;
}

static unsigned long is_our_bounce(const struct functions_view *view)
{
	const struct mime_range body = view->map->parts[0].body;
	const char *at = (const char *)view->map->bytes + body.offset, *end = at + body.length,
	           *next;
	struct buf line = {0};
	unsigned long hit = 0;

	if (!function_have_any_bounce_relays(view, NULL) ||
	        !text_find(at, body.length, "Received:"))
		return 0;
	for (; at < end && !hit; at = next) {
		next = memchr(at, '\n', (size_t)(end - at));
		next = next ? next + 1 : end;
		if (!isspace((unsigned char)*at) || line.size > 8192)
			buf_clear(&line);
		buf_add(&line, at, (size_t)(next - at));
		buf_add_char(&line, ' ');
		hit = names_our_relay(view, line.data, line.size) != 0;
	}
	buf_fini(&line);
	return hit;
}

STANDS(check_welcomelist_bounce_relays, is_our_bounce(view))
STANDS(check_whitelist_bounce_relays, is_our_bounce(view))
