/* Addresses that anybody can have: in From, in Reply-To, and in the text. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/text.h"
#include "lib/spam/domains.h"
#include "lib/spam/fields.h"
#include "lib/spam/function.h"

enum { EMAILS_MOST = 40, LINKED_MOST = 20 };

/* Roles, and what list servers make of addresses. */
static struct pattern no_person = {
        "^(?:abuse|support|sales|info|helpdesk|contact|kontakt|(?:post|host|domain)master|"
        "undisclosed.*|request-[a-f0-9]{16}|bounced?-|"
        "[a-f0-9]{8}(?:\\.[a-f0-9]{8}|-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{12})|"
        ".+=.+=.+)@",
        MATCH_CASELESS};

static struct pattern bulk_sender = {
        "(?:^(?:post|host|domain)master|^double-bounce|"
        "^(?:sentto|owner|return|(?:gr)?bounced?)-.+|-(?:request|bounces?|admin|owner)|"
        "\\b(?:do[._-t]?)?no[._-t]?repl(?:y|ies)|.+=.+)@",
        MATCH_CASELESS};

static int is_set(const struct functions_view *view, const char *list, int otherwise)
{
	const char *value = lists_at(view->lists, list, 0);

	return value ? atoi(value) : otherwise;
}

static int is_available(const struct functions_view *view)
{
	return view->lists && lists_count(view->lists, "freemail_domains") > 0;
}

static size_t count_dots(const char *text)
{
	size_t count = 0;

	for (; *text; text++)
		count += *text == '.';
	return count;
}

/* By a domain with "*" or "?" in it, which never stand for a dot. */
static int has_wild_domain(const struct functions_view *view, const char *domain)
{
	size_t dots = count_dots(domain), from = 0;
	const char *value;

	while ((value = lists_next_wild(view->lists, "freemail_domains", domain, &from))) {
		if (strpbrk(value, "*?") && count_dots(value) == dots)
			return 1;
	}
	return 0;
}

/* `email` is in small letters. */
static int is_free(const struct functions_view *view, const char *email)
{
	const char *domain = strrchr(email, '@');

	domain = domain ? domain + 1 : email;
	if (!*email || lists_has(view->lists, "freemail_welcomelist", email) ||
	        lists_has(view->lists, "freemail_welcomelist", domain) ||
	        pattern_is(&no_person, email, strlen(email)))
		return 0;
	if (is_set(view, "freemail_import_welcomelist_auth", 0) &&
	        lists_match(view->lists, "welcomelist_auth", email))
		return 0;
	if (is_set(view, "freemail_import_def_welcomelist_auth", 0) &&
	        lists_match(view->lists, "def_welcomelist_auth", email))
		return 0;
	return lists_has(view->lists, "freemail_domains", domain) || has_wild_domain(view, domain);
}

/* ------------------------------------------------------------ headers */

static void ask_small(const struct functions_view *view, const char *key, struct buf *out)
{
	function_ask(view, key, out);
	text_lower(out->data);
}

/* Takes `lines` apart. */
static unsigned long has_free(const struct functions_view *view, char *lines, const char *wanted)
{
	char *rest = lines, *line;

	while ((line = function_line(&rest))) {
		if (is_free(view, line) &&
		        (!wanted || function_matches(pattern_of(wanted), line, strlen(line))))
			return 1;
	}
	return 0;
}

unsigned long function_check_freemail_header(
        const struct functions_view *view, const struct functions_call *call)
{
	const char *name = function_argument(call, 0);
	struct buf addresses = {0}, key = {0};
	unsigned long hit;

	if (!name || !is_available(view))
		return 0;
	buf_add_format(&key, "%s:addr", name);
	ask_small(view, key.data, &addresses);
	hit = has_free(view, addresses.data, function_argument(call, 1));
	buf_fini(&addresses);
	buf_fini(&key);
	return hit;
}

unsigned long function_check_freemail_from(
        const struct functions_view *view, const struct functions_call *call)
{
	struct buf addresses = {0};
	unsigned long hit;

	if (!is_available(view))
		return 0;
	function_senders(view, &addresses);
	text_lower(addresses.data);
	hit = has_free(view, addresses.data, function_argument(call, 0));
	buf_fini(&addresses);
	return hit;
}

/* ------------------------------------------------------------ the text */

struct found {
	struct pieces emails; /* each once, in the order of the text */
	struct buf free;      /* those that anybody can have, one a line */
	int too_many;
};

#define EMAIL                                                                                      \
	"(?<![a-z0-9!#$%&'*+/=?^_`{|}~-])([a-z0-9!#$%&'*+/=?^_`{|}~-]{1,64}"                       \
	"(?:\\.[a-z0-9!#$%&'*+/=?^_`{|}~-]{1,64}){0,20}@"                                          \
	"(?:[a-z0-9](?:[a-z0-9-]{0,59}[a-z0-9])?\\.){1,4}"                                         \
	"(?<![a-z0-9-])[a-z][a-z0-9-]*(?![a-z0-9-]|\\.[a-z0-9]))"

static void add_email(struct found *found, const char *bytes, size_t size)
{
	char *email = alloc_bytes(bytes, size);
	const char *other;
	size_t length;

	text_lower(email);
	for (size_t i = 0; i < found->emails.count; i++) {
		other = pieces_at(&found->emails, i, &length);
		if (length == size && memcmp(other, email, size) == 0) {
			free(email);
			return;
		}
	}
	pieces_add(&found->emails, email, size);
	free(email);
}

static int is_known(const struct functions_view *view, const char *bytes, struct match_range email)
{
	const char *at = memchr(bytes + email.start, '@', email.end - email.start);

	return at - bytes - email.start <= 64 &&
	       domains_is_known(view->lists, at + 1, email.end - (size_t)(at + 1 - bytes));
}

/* Does an address stand in the text that is shown, too? */
static int is_shown(const struct pieces *raw, const char *url, size_t size)
{
	const char *other;
	size_t length;

	for (size_t i = 0; i < raw->count; i++) {
		other = pieces_at(raw, i, &length);
		if (*other == LINKS_IN_TEXT && length == size &&
		        memcmp(other + 1, url + 1, size - 1) == 0)
			return 1;
	}
	return 0;
}

/* Links to mail addresses that don't stand in the text. */
static void find_linked(const struct functions_view *view, struct found *found)
{
	static struct pattern mailto = {"^mailto:" EMAIL, MATCH_CASELESS};
	const struct pieces *raw = &view->texts->links.raw;
	struct match_range groups[2];
	const char *url;
	size_t size;

	for (size_t i = 0; i < raw->count && found->emails.count < LINKED_MOST; i++) {
		url = pieces_at(raw, i, &size);
		if (*url == LINKS_IN_A && !is_shown(raw, url, size) &&
		        pattern_groups(&mailto, url + 1, size - 1, 0, groups, 2) &&
		        is_known(view, url + 1, groups[1]))
			add_email(
			        found, url + 1 + groups[1].start, groups[1].end - groups[1].start);
	}
}

/* Replaces what matches by a blank. */
static void take_out(
        const struct functions_view *view, struct pattern *pattern, int has_email, struct buf *text)
{
	struct match_range groups[2];
	struct buf rest = {0};
	size_t at = 0;

	while (pattern_groups(pattern, text->data, text->size, at, groups, 2)) {
		if (has_email && !is_known(view, text->data, groups[1])) {
			buf_add(&rest, text->data + at, groups[0].end - at);
		} else {
			buf_add(&rest, text->data + at, groups[0].start - at);
			buf_add_char(&rest, ' ');
		}
		at = groups[0].end > at ? groups[0].end : at + 1;
	}
	buf_add(&rest, text->data + at, text->size > at ? text->size - at : 0);
	buf_fini(text);
	*text = rest;
}

static void find_in_text(
        const struct functions_view *view, const char *bytes, size_t size, struct found *found)
{
	static struct pattern urls = {"<?https?://\\S{0,255}(?:@|%40)\\S{0,255}", MATCH_CASELESS};
	/* Who is quoted isn't who writes. */
	static struct pattern quoted = {
	        "<?(?<!mailto:)" EMAIL
	        "(?:>|\\s{1,10}(?!(?:fa(?:x|csi)|tel|phone|e?-?mail))[a-z]{2,11}:)",
	        MATCH_CASELESS};
	static struct pattern email = {EMAIL, MATCH_CASELESS};
	struct match_range groups[2];
	struct buf text = {0};

	if (!memchr(bytes, '@', size))
		return;
	buf_add(&text, bytes, size);
	take_out(view, &urls, 0, &text);
	take_out(view, &quoted, 1, &text);
	for (size_t at = 0; found->emails.count < EMAILS_MOST &&
	                    pattern_groups(&email, text.data, text.size, at, groups, 2);) {
		if (is_known(view, text.data, groups[1]))
			add_email(found, text.data + groups[1].start,
			        groups[1].end - groups[1].start);
		at = groups[0].end > at ? groups[0].end : at + 1;
	}
	buf_fini(&text);
}

/* A text full of addresses is a list of people, and tells nothing. */
static void choose_free(const struct functions_view *view, struct found *found)
{
	int may_skip = is_set(view, "freemail_skip_when_over_max", 1), all = 0, some = 0;
	int all_most = is_set(view, "freemail_max_body_emails", 5);
	int some_most = is_set(view, "freemail_max_body_freemails", 3);
	const char *bytes;
	size_t size;
	char *email;

	for (size_t i = 0; i < found->emails.count && !found->too_many; i++) {
		bytes = pieces_at(&found->emails, i, &size);
		found->too_many = ++all == all_most && may_skip;
		email = alloc_bytes(bytes, size);
		if (!found->too_many && is_free(view, email)) {
			found->too_many = ++some == some_most && may_skip;
			buf_add_string(&found->free, email);
			buf_add_char(&found->free, '\n');
		}
		free(email);
	}
}

static void read_body(const struct functions_view *view, struct found *found)
{
	const struct pieces *body = &view->texts->body;
	const char *bytes;
	size_t size;

	find_linked(view, found);
	for (size_t i = 0; i < body->count && found->emails.count < EMAILS_MOST; i++) {
		bytes = pieces_at(body, i, &size);
		find_in_text(view, bytes, size, found);
	}
	choose_free(view, found);
	buf_add(&found->free, "", 0);
	if (found->too_many)
		buf_clear(&found->free);
	if (found->free.data && !found->free.size)
		*found->free.data = '\0';
}

static void release(void *value)
{
	struct found *found = value;

	pieces_fini(&found->emails);
	buf_fini(&found->free);
	free(found);
}

/* The addresses that anybody can have, one a line: a copy to be taken apart, to be freed. */
static char *free_in_body(const struct functions_view *view)
{
	struct found *found = kept_find(view->texts->kept, "the body's addresses");

	if (!found) {
		found = alloc_zero(1, sizeof(*found));
		kept_put(view->texts->kept, "the body's addresses", found, release);
		read_body(view, found);
	}
	return alloc_string(found->free.data);
}

unsigned long function_check_freemail_body(
        const struct functions_view *view, const struct functions_call *call)
{
	const char *wanted = function_argument(call, 0);
	unsigned long hit;
	char *lines;

	if (!is_available(view))
		return 0;
	lines = free_in_body(view);
	hit = wanted ? has_free(view, lines, wanted) : *lines != '\0';
	free(lines);
	return hit;
}

/* ------------------------------------------------------------ answers to somebody else */

static int has_line(const struct buf *lines, const char *line)
{
	char *copy = alloc_string(lines->data), *rest = copy, *one;
	int hit = 0;

	while (!hit && (one = function_line(&rest)))
		hit = strcmp(one, line) == 0;
	free(copy);
	return hit;
}

static int count_free(const struct functions_view *view, const struct buf *lines)
{
	char *copy = alloc_string(lines->data), *rest = copy, *one;
	int count = 0;

	while ((one = function_line(&rest)))
		count += is_free(view, one);
	free(copy);
	return count;
}

static int have_common(const struct buf *one, const struct buf *other)
{
	char *copy = alloc_string(one->data), *rest = copy, *line;
	int hit = 0;

	while (!hit && (line = function_line(&rest)))
		hit = has_line(other, line);
	free(copy);
	return hit;
}

/* Is an address in the text another than one that answers go to? */
static int differs_from_body(const struct functions_view *view, const struct buf *answers)
{
	char *lines = free_in_body(view), *rest = lines, *line, *email, *copy, *at;
	int hit = 0;

	while (!hit && (line = function_line(&rest))) {
		copy = at = alloc_string(answers->data);
		while (!hit && (email = function_line(&at)))
			hit = strcmp(line, email) != 0;
		free(copy);
	}
	free(lines);
	return hit;
}

static int judge_answers(const struct functions_view *view, const char *what,
        const struct buf *from, const struct buf *reply)
{
	int from_free = count_free(view, from), reply_free = count_free(view, reply);

	if (from_free && reply_free && !have_common(from, reply))
		return 1;
	if (strcmp(what, "replyto") == 0)
		return reply_free && differs_from_body(view, reply);
	if ((reply->size && !reply_free) || !from_free)
		return 0;
	return differs_from_body(view, reply_free ? reply : from);
}

unsigned long function_check_freemail_replyto(
        const struct functions_view *view, const struct functions_call *call)
{
	const char *what = function_argument(call, 0);
	struct buf from = {0}, reply = {0}, envelope = {0};
	int hit = 0;

	what = what ? what : "replyto";
	if (!is_available(view) || (strcmp(what, "replyto") != 0 && strcmp(what, "reply") != 0))
		return 0;
	fields_envelope_from(view->texts, &envelope);
	ask_small(view, "From:addr", &from);
	ask_small(view, "Reply-To:addr", &reply);
	if (!is_set(view, "freemail_skip_bulk_envfrom", 1) ||
	        !pattern_is(&bulk_sender, envelope.data, envelope.size))
		hit = judge_answers(view, what, &from, &reply);
	buf_fini(&from);
	buf_fini(&reply);
	buf_fini(&envelope);
	return hit != 0;
}
