#include "lib/spam/links.h"

#include <ctype.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/spam/domains.h"
#include "lib/spam/pattern.h"

enum { URL_MOST_BYTES = 8192 };

void links_init(struct links *links, const struct lists *lists, size_t most, int with_details)
{
	memset(links, 0, sizeof(*links));
	links->lists = lists;
	links->forms.most = links->raw.most = links->hosts.most = links->mail_hosts.most = most;
	links->details = with_details ? details_new(most) : NULL;
}

void links_settle(struct links *links)
{
	pieces_unique(&links->forms);
	pieces_unique(&links->raw);
	pieces_unique(&links->hosts);
	pieces_unique(&links->mail_hosts);
}

void links_fini(struct links *links)
{
	pieces_fini(&links->forms);
	pieces_fini(&links->raw);
	pieces_fini(&links->hosts);
	pieces_fini(&links->mail_hosts);
	details_free(&links->details);
	memset(links, 0, sizeof(*links));
}

/* ------------------------------------------------------------ one address */

/* The host that a form leads to, if it is one. */
static int add_host(const struct links *links, struct pieces *hosts, const char *url, size_t size)
{
	char host[HOST_MOST_BYTES + 1];

	if (!domains_of_url(links->lists, url, size, host))
		return 0;
	pieces_add(hosts, host, strlen(host));
	return 1;
}

/* What a form says of the address it is one of. */
static void add_form_details(
        struct links *links, const char *raw, size_t raw_size, const char *form, size_t size)
{
	char host[HOST_MOST_BYTES + 1];
	const char *domain = domains_of_url(links->lists, form, size, host);

	details_add(links->details, raw, raw_size, DETAILS_CLEANED, form, size);
	if (!domain)
		return;
	details_add(links->details, raw, raw_size, DETAILS_HOST, host, strlen(host));
	details_add(links->details, raw, raw_size, DETAILS_DOMAIN, domain, strlen(domain));
}

static void add_details(struct links *links, const char *raw, size_t raw_size,
        const struct pieces *forms, const char *types)
{
	const char *form;
	size_t size;

	details_add(links->details, raw, raw_size, DETAILS_RAW, NULL, 0);
	for (size_t i = 0; i < forms->count; i++) {
		form = pieces_at(forms, i, &size);
		add_form_details(
		        links, raw, raw_size, form, size < URL_MOST_BYTES ? size : URL_MOST_BYTES);
	}
	while (types && *types) {
		size = strcspn(types, " ");
		details_add(links->details, raw, raw_size, DETAILS_TYPE, types, size);
		types += size + (types[size] == ' ');
	}
}

static void add_raw(struct links *links, const char *url, size_t size, enum links_place place)
{
	char first = (char)place;

	pieces_add(&links->raw, &first, 1);
	pieces_extend(&links->raw, url, size);
}

void links_add(struct links *links, const char *url, size_t size, enum links_place place,
        const char *types, int known_only)
{
	struct pieces forms = {0}, hosts = {0};
	size_t whole;
	int is_mail = size > 7 && text_starts(url, "mailto:");
	const char *form;

	if (size > URL_MOST_BYTES) {
		links->is_cut = 1;
		size = URL_MOST_BYTES;
	}
	whole = size;
	links_forms(links->lists, url, size, &forms);
	for (size_t i = 0; i < forms.count; i++) {
		form = pieces_at(&forms, i, &size);
		add_host(links, &hosts, form, size < URL_MOST_BYTES ? size : URL_MOST_BYTES);
	}
	if (!known_only || hosts.count)
		add_raw(links, url, whole, place);
	if (links->details && (!known_only || hosts.count))
		add_details(links, url, whole, &forms, types);
	for (size_t i = 0; i < forms.count && (!known_only || hosts.count); i++) {
		form = pieces_at(&forms, i, &size);
		links->is_cut |= size > URL_MOST_BYTES;
		pieces_add(&links->forms, form, size < URL_MOST_BYTES ? size : URL_MOST_BYTES);
	}
	for (size_t i = 0; i < hosts.count; i++) {
		form = pieces_at(&hosts, i, &size);
		pieces_add(is_mail ? &links->mail_hosts : &links->hosts, form, size);
	}
	pieces_fini(&forms);
	pieces_fini(&hosts);
}

/* ------------------------------------------------------------ addresses in text */

/*
 * What mail programs turn into links: behind a word's beginning an address of the web, a mail
 * address, or, between marks, a host name whose last label decides. Blanks, quotes and brackets end
 * all of them, and the escape of ISO 2022.
 */
#define ENDS "><\"`}\\]{[|\\s\\x1b\\xa0"
#define MAIL_ENDS ENDS ",('\\x80-\\xff"
#define MARKS "[!\"#$&'()*+,/:;<=>?@\\[\\\\\\]^`{|}~\\s\\x1b\\xa0]"

enum { ALL, WEB, MAIL, BARE, HOST, GROUPS };

static struct pattern address = {
        "(?:\\b|(?<=\\x1b\\(.)|(?<=[><\"'`,{\\[(|\\s\\x1b\\xa0]))"
        "(?:((?:(?:https?|ftp)://|(?:www[0-9]{0,2}|ftp)\\.)[^" ENDS "]{1,2048})(?=[" ENDS "]|\\z)"
        "|((?:mailto:[^" MAIL_ENDS "]{1,2048}|[^" MAIL_ENDS "@]{1,251}@[^" MAIL_ENDS
        "]{1,251}))(?=[" MAIL_ENDS "]|\\z)"
        "|(?:^|(?<=" MARKS "))(([a-z0-9][a-z0-9._-]{0,251}\\.(?<![a-z0-9-])[a-z0-9-]+"
        "(?![a-z0-9-]|\\.[a-z0-9]))\\.?(?::[0-9]{1,5})?(?:/[^" ENDS "]{1,2048})?)(?=[" ENDS
        "]|\\z))",
        MATCH_CASELESS};

/* A closing bracket ends it where none is opened in it, and the sentence's marks aren't part of it.
 */
static size_t trim_found(const char *text, size_t size)
{
	const char *open = memchr(text, '(', size), *close = memchr(text, ')', size);

	if (close && (!open || open > close))
		size = (size_t)(close - text);
	while (size && strchr("-~!@#^&*()_+=:;'?,.", text[size - 1]) && text[size - 1])
		size--;
	return size;
}

static int begins_like(const char *text, size_t size, const char *start)
{
	return size >= strlen(start) && text_starts(text, start);
}

/* How an address without a scheme is meant; NULL: it is none. */
static const char *scheme_of(const char *text, size_t size)
{
	static struct pattern has = {"^(?:https?|ftp|mailto):", MATCH_CASELESS};
	static struct pattern web = {"^www[0-9]{0,2}\\.", MATCH_CASELESS};
	static struct pattern path = {"/.+@"};
	static struct pattern mail = {"@.+?\\."};

	if (pattern_is(&has, text, size))
		return "";
	if (begins_like(text, size, "ftp."))
		return "ftp://";
	if (pattern_is(&web, text, size) || pattern_is(&path, text, size))
		return "http://";
	if (!memchr(text, '@', size))
		return memchr(text, '.', size) ? "http://" : NULL;
	if (!pattern_is(&mail, text, size) || text_find(text, size, "&nbsp;"))
		return NULL;
	return "mailto:";
}

/* A host name that readers make no link of. */
static int is_bare(const char *text, size_t size, const char *scheme)
{
	static struct pattern web = {"^www[0-9]{0,2}\\.|/.+@", MATCH_CASELESS};

	return strcmp(scheme, "http://") == 0 && !pattern_is(&web, text, size);
}

/* The host of a mail address, "mailto:…" decoded. */
static int is_known_mail(const struct links *links, const char *url, size_t size)
{
	static struct pattern host = {"@([^?&>]*?)(?:%20)*(?=[?&>]|$)"};
	struct match_range groups[2];

	return pattern_groups(&host, url, size, 0, groups, 2) &&
	       domains_is_known(
	               links->lists, url + groups[1].start, groups[1].end - groups[1].start);
}

static void take_found(struct links *links, const char *text, size_t size, int is_mail)
{
	static struct pattern misread = {"^(?:skype|e?-?mail)?:+", MATCH_CASELESS};
	struct match_range front = {0, 0};
	struct buf url = {0};
	const char *scheme, *types = "parsed";

	size = trim_found(text, size);
	if (!size || (is_mail && !memchr(text, '@', size)) || begins_like(text, size, "cid:") ||
	        begins_like(text, size, "mid:"))
		return;
	scheme = scheme_of(text, size);
	if (!scheme)
		return;
	if (*scheme)
		types = is_bare(text, size, scheme) ? "parsed schemeless unlinked"
		                                    : "parsed schemeless";
	if (strcmp(scheme, "mailto:") == 0)
		pattern_groups(&misread, text, size, 0, &front, 1);
	buf_add_string(&url, scheme);
	buf_add(&url, text + front.end, size - front.end);
	if (!begins_like(url.data, url.size, "mailto:") || is_known_mail(links, url.data, url.size))
		links_add(links, url.data, url.size, LINKS_IN_TEXT, types, 1);
	buf_fini(&url);
}

/* What can't be inside of an address: ENDS, and the end of the text. */
static int ends_address(unsigned char byte)
{
	return byte == 0x1b || byte == 0xa0 || byte == ' ' || (byte >= '\t' && byte <= '\r') ||
	       (byte && strchr("><\"`}]{[|", byte));
}

/* The next "." "@" or ":" that something follows: each address has one, and nothing but its own
 * bytes before it. `size` if there is none. */
static size_t next_sign(const char *text, size_t size, size_t from)
{
	for (size_t at = from; at + 1 < size; at++) {
		if ((text[at] == '.' || text[at] == '@' || text[at] == ':') &&
		        !ends_address((unsigned char)text[at + 1]))
			return at;
	}
	return size;
}

/* The next address at or behind `from`. Most of a text is passed over: where one can begin is asked
 * only from a sign of one back to what ends the text before it. */
static int find_address(const char *text, size_t size, size_t from, struct match_range *groups)
{
	size_t sign, start;

	while ((sign = next_sign(text, size, from)) < size) {
		for (start = sign; start > from && !ends_address((unsigned char)text[start - 1]);)
			start--;
		if (pattern_groups_between(&address, text, size, start, sign, groups, GROUPS))
			return 1;
		from = sign + 1;
	}
	return 0;
}

void links_scan(struct links *links, const char *text, size_t size)
{
	struct match_range groups[GROUPS], *found;
	size_t at = 0;

	while (!links->forms.is_full && find_address(text, size, at, groups)) {
		found = groups[WEB].start != MATCH_NO_GROUP    ? &groups[WEB]
		        : groups[MAIL].start != MATCH_NO_GROUP ? &groups[MAIL]
		                                               : &groups[BARE];
		if (found == &groups[BARE] &&
		        !domains_is_known(links->lists, text + groups[HOST].start,
		                groups[HOST].end - groups[HOST].start)) {
			at = groups[ALL].start + 1;
			continue;
		}
		if (found != &groups[BARE] || domains_is_well_formed(text + groups[HOST].start,
		                                      groups[HOST].end - groups[HOST].start))
			take_found(links, text + found->start, found->end - found->start,
			        found == &groups[MAIL]);
		at = groups[ALL].end > at ? groups[ALL].end : at + 1;
	}
}
