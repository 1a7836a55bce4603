#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/text.h"
#include "lib/spam/domains.h"
#include "lib/spam/links.h"
#include "lib/spam/pattern.h"

/* Addresses inside of addresses that are followed. */
enum { REDIRECTS_MOST = 16, FORMS_MOST = 200 };

/* ------------------------------------------------------------ mail addresses */

static void add_group(
        struct pieces *forms, const char *front, const char *text, struct match_range group)
{
	struct buf form = {0};

	buf_add_string(&form, front);
	buf_add(&form, text + group.start, group.end - group.start);
	pieces_add(forms, form.data, form.size);
	buf_fini(&form);
}

/* Without what comes behind "?" or "&", without coded blanks, and what stands in < >. */
static void add_mail_forms(struct pieces *forms, const char *url, size_t size)
{
	static struct pattern shapes[] = {
	        {"^([^@]+@[^?]+)\\?"},
	        {"^([^@]+@[^?&]+)&"},
	        {"^(?:mailto:)?(?:%20)*([^@]+@[^?&%]+)", MATCH_CASELESS},
	        {"^[^?&]*<([^@>]+@[^>]+)>"},
	};
	struct match_range groups[2];

	for (size_t i = 0; i < 4; i++) {
		if (i == 2 && !memmem(url, size, "%20", 3))
			continue;
		if (pattern_groups(&shapes[i], url, size, 0, groups, 2))
			add_group(forms, i < 2 ? "" : "mailto:", url, groups[1]);
	}
}

/* ------------------------------------------------------------ one address of the web */

/* "%41" decoded where it is a visible character; then what isn't one is coded. */
static void decode_percent(const char *url, size_t size, struct buf *out)
{
	int high, low, code;

	for (size_t i = 0; i < size; i++) {
		unsigned char byte = (unsigned char)url[i];

		high = byte == '%' && i + 2 < size + 0 ? text_hex_value((unsigned char)url[i + 1])
		                                       : -1;
		low = high >= 0 ? text_hex_value((unsigned char)url[i + 2]) : -1;
		code = high * 16 + low;
		if (low >= 0) {
			if (code > 0x20 && code < 0x7f)
				buf_add_char(out, (char)code);
			else
				buf_add(out, url + i, 3);
			i += 2;
		} else if (byte <= ' ' || byte >= 0x7f || strchr("\"%<>", byte)) {
			buf_add_format(out, "%%%02x", byte);
		} else {
			buf_add_char(out, (char)byte);
		}
	}
}

static int has_percent(const char *url, size_t size)
{
	for (size_t i = 0; i + 2 < size; i++) {
		if (url[i] == '%' && isxdigit((unsigned char)url[i + 1]) &&
		        isxdigit((unsigned char)url[i + 2]))
			return 1;
	}
	return 0;
}

/* "&#119;", and the dots of other scripts. */
static void decode_references(const char *url, size_t size, struct buf *out)
{
	char *end;
	unsigned long code;

	for (size_t i = 0; i < size; i++) {
		if (url[i] != '&' || i + 3 >= size || url[i + 1] != '#') {
			buf_add_char(out, url[i]);
			continue;
		}
		code = (url[i + 2] | 32) == 'x' ? strtoul(url + i + 3, &end, 16)
		                                : strtoul(url + i + 2, &end, 10);
		if (code == 0x3002 || code == 0xff0e || code == 0xff61)
			code = '.';
		if (*end == ';' && end < url + size && code > 0x20 && code < 0x7f) {
			buf_add_char(out, (char)code);
			i = (size_t)(end - url);
		} else {
			buf_add_char(out, url[i]);
		}
	}
}

static void replace(struct buf *url, void (*change)(const char *url, size_t size, struct buf *out))
{
	struct buf changed = {0};

	change(url->data, url->size, &changed);
	buf_fini(url);
	*url = changed;
	buf_add(url, "", 0);
}

static int has_scheme(const char *url, size_t size)
{
	size_t at = 0;

	while (at < size && (isalnum((unsigned char)url[at]) || url[at] == '-' || url[at] == '_'))
		at++;
	return at && at < size && url[at] == ':';
}

/* "http:x" as "http://x". */
static void add_slashes(const char *url, size_t size, struct buf *out)
{
	static struct pattern scheme = {"^https?:/{0,2}", MATCH_CASELESS};
	struct match_range whole = {0, 0};
	size_t behind = 0;

	if (pattern_groups(&scheme, url, size, 0, &whole, 1)) {
		behind = (size_t)((const char *)memchr(url, ':', size) + 1 - url);
		buf_add(out, url, behind);
		buf_add_string(out, "//");
	}
	buf_add(out, url + whole.end, size - whole.end);
}

/* "http://host?x" as "http://host/?x". */
static void add_path(const char *url, size_t size, struct buf *out)
{
	static struct pattern bare = {"^https?://[^/?#]+(?=[?#])", MATCH_CASELESS};
	struct match_range whole;

	if (!pattern_groups(&bare, url, size, 0, &whole, 1)) {
		buf_add(out, url, size);
		return;
	}
	buf_add(out, url, whole.end);
	buf_add_char(out, '/');
	buf_add(out, url + whole.end, size - whole.end);
}

static void add_scheme(const char *url, size_t size, struct buf *out)
{
	if (!has_scheme(url, size))
		buf_add_string(
		        out, size >= 4 && memcmp(url, "ftp.", 4) == 0 ? "ftp://" : "http://");
	buf_add(out, url, size);
}

static void clean(const char *url, size_t size, struct buf *out)
{
	for (size_t i = 0; i < size; i++)
		buf_add_char(out, url[i] == '\\' ? '/' : url[i]);
	buf_add(out, "", 0);
	replace(out, add_slashes);
	if (has_percent(out->data, out->size))
		replace(out, decode_percent);
	replace(out, add_scheme);
	replace(out, add_path);
	if (memmem(out->data, out->size, "&#", 2))
		replace(out, decode_references);
}

/* ------------------------------------------------------------ hosts */

struct web {
	struct pieces *forms;
	const char *scheme, *rest; /* behind the host */
	size_t scheme_size, rest_size;
	struct buf host;
};

static void add_web(
        struct web *web, const char *front, const char *host, size_t host_size, const char *behind)
{
	struct buf form = {0};

	buf_add(&form, web->scheme, web->scheme_size);
	buf_add_string(&form, front);
	buf_add(&form, host, host_size);
	buf_add_string(&form, behind);
	buf_add(&form, web->rest, web->rest_size);
	pieces_add(web->forms, form.data, form.size);
	buf_fini(&form);
}

static void add_web_host(struct web *web)
{
	add_web(web, "", web->host.data, web->host.size, "");
}

/* Without the port that the scheme has anyway. */
static void add_without_port(struct web *web)
{
	const char *port = web->scheme_size == 8 ? ":443" : ":80";
	size_t length = strlen(port);
	struct web other = *web;

	if (web->rest_size < length || memcmp(web->rest, port, length) != 0 ||
	        (web->rest_size > length &&
	                (isalnum((unsigned char)web->rest[length]) || web->rest[length] == '_')))
		return;
	other.rest += length;
	other.rest_size -= length;
	add_web_host(&other);
}

/* The host in ASCII, if it has other letters. The other forms are made of it as it was: behind a
 * name in a sentence without blanks may stand words that are none of it. */
static void add_ascii(const struct web *web)
{
	char *ascii = domains_to_ascii(web->host.data, web->host.size);
	struct web other = *web;

	if (!ascii)
		return;
	other.host = (struct buf){0};
	buf_add_string(&other.host, ascii);
	add_web_host(&other);
	add_without_port(&other);
	buf_fini(&other.host);
	free(ascii);
}

static int drop_controls(struct buf *host)
{
	size_t kept = 0, before = host->size;

	for (size_t i = 0; i < host->size; i++) {
		if ((unsigned char)host->data[i] > ' ')
			host->data[kept++] = host->data[i];
	}
	host->size = kept;
	host->data[kept] = '\0';
	return kept != before;
}

static int drop_marks(struct buf *host)
{
	size_t before = host->size;

	while (host->size && !isalnum((unsigned char)host->data[host->size - 1]))
		host->data[--host->size] = '\0';
	return host->size != before;
}

/* "0x7f", "0177" or "127" of a dotted address, as decimal digits; as long as they are. */
static void add_octet(const char *text, size_t size, struct buf *out)
{
	char copy[24];
	size_t zeroes = 0;
	int is_hex = size > 2 && text[0] == '0' && (text[1] | 32) == 'x', is_octal = 0;

	while (!is_hex && zeroes < size && text[zeroes] == '0')
		zeroes++;
	is_octal = zeroes && size - zeroes <= 3 && zeroes < size &&
	           strspn(text + zeroes, "01234567") >= size - zeroes;
	while (is_hex && size > 18) {
		text++;
		size--;
	}
	if (size >= sizeof(copy) || (!is_hex && !is_octal)) {
		buf_add(out, text + zeroes, size - zeroes);
		return;
	}
	memcpy(copy, text, size);
	copy[size] = '\0';
	buf_add_format(out, "%lu", strtoul(is_hex ? copy + 2 : copy, NULL, is_hex ? 16 : 8));
}

static void add_dotted(struct web *web)
{
	const char *at = web->host.data;
	struct buf plain = {0};
	size_t size;

	for (;; at += size + 1) {
		size = strcspn(at, ".");
		add_octet(at, size, &plain);
		if (!at[size])
			break;
		buf_add_char(&plain, '.');
	}
	add_web(web, "", plain.data, plain.size, "");
	buf_fini(&plain);
}

static void add_number(struct web *web)
{
	const char *digits = web->host.data;
	int is_hex = digits[0] == '0' && (digits[1] | 32) == 'x';
	size_t length = strlen(digits);
	struct buf plain = {0};
	uint32_t number;

	if (is_hex && length > 10)
		digits += length - 8;
	number = (uint32_t)strtoul(digits, NULL, is_hex ? 16 : 10);
	buf_add_format(&plain, "%u.%u.%u.%u", number >> 24, number >> 16 & 255, number >> 8 & 255,
	        number & 255);
	add_web(web, "", plain.data, plain.size, "");
	buf_fini(&plain);
}

/* Odd IP addresses; and "http://name" as browsers complete it. `name` is the host as it was, in
 * small letters. */
static void add_odd_hosts(struct web *web, const char *name, int is_plain)
{
	static struct pattern dotted = {
	        "^(?:(?:0x[0-9a-f]+|[0-9]+)\\.){3}(?:0x[0-9a-f]+|[0-9]+)$", MATCH_CASELESS};
	static struct pattern number = {"^(?:0x[0-9a-f]+|[0-9]+)$", MATCH_CASELESS};
	const char *host = web->host.data;
	size_t size = web->host.size;

	if (pattern_is(&dotted, host, size)) {
		add_dotted(web);
	} else if (pattern_is(&number, host, size)) {
		add_number(web);
	} else if (is_plain && strcmp(name, "localhost") != 0) {
		name += text_starts(name, "www.") ? 4 : 0;
		if (*name && !strchr(name, '.'))
			add_web(web, "www.", name, strlen(name), ".com");
	}
}

/* By the shapes of redirectors that the list `redirector_pattern` gives. */
static int add_known_redirect(const struct web *web, const struct lists *lists, struct pieces *urls)
{
	size_t count = lists ? lists_count(lists, "redirector_pattern") : 0;
	struct match_range groups[2];
	const struct match *match;
	struct buf url = {0};
	int found = 0;

	buf_add(&url, web->scheme, web->scheme_size);
	buf_add(&url, web->host.data, web->host.size);
	buf_add(&url, web->rest, web->rest_size);
	for (size_t i = 0; i < count && !found; i++) {
		match = lists_pattern(lists, "redirector_pattern", i);
		found = match &&
		        match_groups(match, url.data, url.size, 0, groups, 2) == RESULT_OK &&
		        groups[1].start != MATCH_NO_GROUP &&
		        memchr(url.data + groups[1].start, '.', groups[1].end - groups[1].start);
	}
	if (found)
		add_group(urls, "", url.data, groups[1]);
	buf_fini(&url);
	return found;
}

/* Where an address inside of this one leads: "…?url=http://x". */
static void add_redirect(const struct web *web, struct pieces *urls)
{
	static struct pattern inner = {"(https?:/{0,2}[^&#]+)", MATCH_CASELESS};
	struct match_range groups[2];

	if (pattern_groups(&inner, web->rest, web->rest_size, 0, groups, 2) &&
	        memchr(web->rest + groups[1].start, '.', groups[1].end - groups[1].start))
		add_group(urls, "", web->rest, groups[1]);
}

static void add_host_forms(const struct lists *lists, struct pieces *forms, struct pieces *urls,
        const char *url, size_t size)
{
	static struct pattern shape = {"^(https?://)([^@/?#]*@)?([^/?#:]+)((?::([0-9]*))?.*)$",
	        MATCH_CASELESS | MATCH_DOTALL};
	struct match_range groups[6];
	struct web web = {.forms = forms};
	char *name;
	int is_plain;

	if (!pattern_groups(&shape, url, size, 0, groups, 6))
		return;
	web.scheme = url + groups[1].start;
	web.scheme_size = groups[1].end - groups[1].start;
	web.rest = url + groups[4].start;
	web.rest_size = groups[4].end - groups[4].start;
	buf_add(&web.host, url + groups[3].start, groups[3].end - groups[3].start);
	name = alloc_bytes(web.host.data, web.host.size);
	text_lower(name);
	is_plain = web.scheme_size == 7 && groups[2].start == MATCH_NO_GROUP &&
	           (groups[5].start == MATCH_NO_GROUP || groups[5].start == groups[5].end ||
	                   (groups[5].end - groups[5].start == 2 &&
	                           memcmp(url + groups[5].start, "80", 2) == 0));
	add_without_port(&web);
	add_ascii(&web);
	if (drop_controls(&web.host))
		add_web_host(&web);
	if (!add_known_redirect(&web, lists, urls))
		add_redirect(&web, urls);
	if (drop_marks(&web.host))
		add_web_host(&web);
	if (web.host.size)
		add_odd_hosts(&web, name, is_plain && !domains_is_known(lists, name, strlen(name)));
	free(name);
	buf_fini(&web.host);
}

/* ------------------------------------------------------------ all of it */

static int is_blank(char byte)
{
	return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

/* Without line ends, and blanks around it. */
static void tidy(const char *url, size_t size, struct buf *out)
{
	while (size && is_blank(url[size - 1]))
		size--;
	while (size && is_blank(*url)) {
		url++;
		size--;
	}
	for (size_t i = 0; i < size; i++) {
		if (url[i] != '\r' && url[i] != '\n')
			buf_add_char(out, url[i]);
	}
	buf_add(out, "", 0);
}

static int is_mail(const char *url, size_t size)
{
	const char *mark = memchr(url, '@', size), *colon = memchr(url, ':', size);

	return text_starts(url, "mailto:") || (mark && (!colon || mark < colon));
}

static void add_forms(
        const struct lists *lists, const struct buf *url, struct pieces *forms, struct pieces *urls)
{
	struct buf form = {0};

	if (url->size <= 1 || strchr("#?&", *url->data) ||
	        (*url->data == '/' && url->data[1] != '/'))
		return;
	if (is_mail(url->data, url->size)) {
		add_mail_forms(forms, url->data, url->size);
		return;
	}
	clean(url->data, url->size, &form);
	pieces_add(forms, form.data, form.size);
	add_host_forms(lists, forms, urls, form.data, form.size);
	buf_fini(&form);
}

void links_forms(const struct lists *lists, const char *url, size_t size, struct pieces *forms)
{
	struct pieces urls = {.most = REDIRECTS_MOST};
	struct buf one = {0};
	const char *next;

	forms->count = forms->bytes.size = 0;
	forms->most = FORMS_MOST;
	pieces_add(&urls, url, size);
	for (size_t i = 0; i < urls.count; i++) {
		next = pieces_at(&urls, i, &size);
		buf_clear(&one);
		tidy(next, size, &one);
		pieces_add(forms, one.data, one.size);
		add_forms(lists, &one, forms, &urls);
	}
	pieces_unique(forms);
	pieces_fini(&urls);
	buf_fini(&one);
}
