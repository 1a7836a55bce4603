#include "lib/spam/links.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"

enum { URL_MOST_BYTES = 8192, HOST_MOST_BYTES = 255, REDIRECT_DEPTH_MOST = 4 };

/* ------------------------------------------------------------ forms of one address */

static int hex_value(char digit)
{
	if (isdigit((unsigned char)digit))
		return digit - '0';
	return isxdigit((unsigned char)digit) ? (digit | 32) - 'a' + 10 : -1;
}

/* Percent signs decoded where that gives a printable character, backslashes turned. */
static void decode_percent(const char *url, size_t size, struct buf *out)
{
	for (size_t i = 0; i < size; i++) {
		int high = i + 2 < size && url[i] == '%' ? hex_value(url[i + 1]) : -1;
		int low = high >= 0 ? hex_value(url[i + 2]) : -1;
		int code = high * 16 + low;

		if (low >= 0 && code > 32 && code != 127) {
			buf_add_char(out, (char)code);
			i += 2;
		} else {
			buf_add_char(out, url[i] == '\\' ? '/' : url[i]);
		}
	}
}

/*
 * The host as a dotted address where it is a number in disguise: 3232235777, 0xc0a80101,
 * 0300.0250.1 (inet_aton() reads what browsers read).
 */
static int plain_address(const char *host, char *out, size_t room)
{
	struct in_addr address;

	if (strspn(host, "0123456789abcdefx.") != strlen(host) || !isdigit((unsigned char)*host))
		return 0;
	if (!inet_aton(host, &address))
		return 0;
	return inet_ntop(AF_INET, &address, out, (socklen_t)room) != NULL;
}

/* Adds "host" in its plain form; the port only where it isn't the scheme's. */
static void add_host(const char *bytes, size_t size, struct buf *out)
{
	char host[HOST_MOST_BYTES + 1], plain[INET_ADDRSTRLEN];
	const char *colon = memchr(bytes, ':', size);
	size_t host_size = colon ? (size_t)(colon - bytes) : size;

	if (host_size > HOST_MOST_BYTES) {
		buf_add(out, bytes, size);
		return;
	}
	memcpy(host, bytes, host_size);
	host[host_size] = '\0';
	text_lower(host);
	buf_add_string(out, plain_address(host, plain, sizeof(plain)) ? plain : host);
	if (colon && !text_same_bytes(colon, size - host_size, ":80") &&
	        !text_same_bytes(colon, size - host_size, ":443"))
		buf_add(out, colon, size - host_size);
}

/* "scheme://user@HOST:80/path" as "scheme://host/path". */
static void add_clean(struct pieces *links, const struct buf *url)
{
	const char *end = url->data + url->size, *host, *path, *at;
	struct buf clean = {0};

	host = memmem(url->data, url->size, "://", 3);
	if (!host)
		return;
	host += 3;
	for (path = host; path < end && !strchr("/?#", *path); path++)
		;
	at = memrchr(host, '@', (size_t)(path - host));
	for (const char *scheme = url->data; scheme < host; scheme++)
		buf_add_char(&clean, (char)tolower((unsigned char)*scheme));
	host = at ? at + 1 : host;
	add_host(host, (size_t)(path - host), &clean);
	buf_add(&clean, path, (size_t)(end - path));
	pieces_add(links, clean.data, clean.size);
	buf_fini(&clean);
}

/* An address inside an address is where a redirection leads. */
static const char *inner_address(const struct buf *url)
{
	const char *http, *https;

	if (url->size < 16)
		return NULL;
	http = text_find(url->data + 8, url->size - 8, "http://");
	https = text_find(url->data + 8, url->size - 8, "https://");
	if (http && https)
		return http < https ? http : https;
	return http ? http : https;
}

static void add_forms(struct pieces *links, const char *url, size_t size, int depth)
{
	struct buf whole = {0}, decoded = {0};
	const char *inner;

	if (text_find(url, size < 4 ? size : 4, "www.") == url)
		buf_add_string(&whole, "http://");
	else if (text_find(url, size < 4 ? size : 4, "ftp.") == url)
		buf_add_string(&whole, "ftp://");
	else if (size > 2 && url[0] == '/' && url[1] == '/')
		buf_add_string(&whole, "http:");
	buf_add(&whole, url, size);
	pieces_add(links, whole.data, whole.size);
	decode_percent(whole.data, whole.size, &decoded);
	pieces_add(links, decoded.data, decoded.size);
	add_clean(links, &decoded);
	inner = inner_address(&decoded);
	if (inner && depth < REDIRECT_DEPTH_MOST)
		add_forms(links, inner, (size_t)(decoded.data + decoded.size - inner), depth + 1);
	buf_fini(&whole);
	buf_fini(&decoded);
}

void links_add(struct pieces *links, const char *url, size_t size)
{
	if (size > URL_MOST_BYTES)
		size = URL_MOST_BYTES;
	if (!size)
		return;
	pieces_add(links, url, size);
	add_forms(links, url, size, 0);
}

/* ------------------------------------------------------------ addresses in text */

static const char *const openings[] = {
        "http://", "https://", "ftp://", "mailto:", "www.", "ftp.", NULL};

static int is_word(char byte)
{
	return isalnum((unsigned char)byte) || byte == '_' || (byte & 0x80);
}

/* Size of the address in running text that begins here. */
static size_t address_size(const char *text, size_t size)
{
	size_t end = 0;

	while (end < size && end < URL_MOST_BYTES && (unsigned char)text[end] > ' ' &&
	        !strchr("<>\"'`{}|^()[]", text[end]))
		end++;
	/* The sentence's own punctuation. */
	while (end && strchr(".,;:!?", text[end - 1]))
		end--;
	return end;
}

/* Size of the opening that stands at `text`, or 0. */
static size_t opening_size(const char *text, size_t size)
{
	size_t length;

	/* All begin with one of these. */
	if (!strchr("hHfFmMwW", *text) || !*text)
		return 0;
	for (size_t i = 0; openings[i]; i++) {
		length = strlen(openings[i]);
		if (size > length && strncasecmp(text, openings[i], length) == 0)
			return length;
	}
	return 0;
}

static int is_local_part(char byte)
{
	return isalnum((unsigned char)byte) || (byte && strchr("._%+-=", byte));
}

/* The mail address around the "@" at `at`; nothing before `least` belongs to it. Gives its end. */
static size_t scan_mail_address(
        struct pieces *links, const char *text, size_t size, size_t at, size_t least)
{
	size_t start = at, end = at + 1, dots = 0;
	char url[7 + 64 + 1 + HOST_MOST_BYTES + 1];

	while (start > least && at - start < 64 && is_local_part(text[start - 1]))
		start--;
	while (end < size && end - at < HOST_MOST_BYTES &&
	        (isalnum((unsigned char)text[end]) || text[end] == '.' || text[end] == '-')) {
		dots += text[end] == '.' && end > at + 1;
		end++;
	}
	while (end > at + 1 && !isalnum((unsigned char)text[end - 1])) {
		end--;
		dots -= text[end] == '.' && end > at + 1;
	}
	if (start == at || !dots)
		return at + 1;
	snprintf(url, sizeof(url), "mailto:%.*s", (int)(end - start), text + start);
	pieces_add(links, url, strlen(url));
	return end;
}

/* Endings by which a bare host name in a sentence is known. Others (.sh, .py, .pl …) are as often
 * those of files. */
static const char *const endings[] = {
        "com", "org", "net", "edu", "gov", "info", "biz", "de", "fr", "uk", "ru", "cn", "jp", NULL};

static int is_ending(const char *text, size_t size)
{
	for (size_t i = 0; endings[i]; i++) {
		if (text_same_bytes(text, size, endings[i]))
			return 1;
	}
	return 0;
}

/* The host name, and the path behind it, around the "." at `at`, if it is one; as for mail
 * addresses.
 */
static size_t scan_bare_host(
        struct pieces *links, const char *text, size_t size, size_t at, size_t least)
{
	size_t start = at, end = at + 1, last = at + 1;
	char url[7 + 64 + HOST_MOST_BYTES + 1];

	while (start > least && at - start < 64 &&
	        (isalnum((unsigned char)text[start - 1]) || text[start - 1] == '-'))
		start--;
	while (end < size && end - at < HOST_MOST_BYTES &&
	        (isalnum((unsigned char)text[end]) || text[end] == '-' ||
	                (text[end] == '.' && end + 1 < size &&
	                        isalnum((unsigned char)text[end + 1])))) {
		if (text[end] == '.')
			last = end + 1;
		end++;
	}
	/* Behind a "@" or a "/" it is part of something else. */
	if (start == at || (start > 0 && strchr("@/._", text[start - 1]) && text[start - 1]) ||
	        (end < size && text[end] == '@') || !is_ending(text + last, end - last))
		return at + 1;
	snprintf(url, sizeof(url), "http://%.*s", (int)(end - start), text + start);
	links_add(links, url, strlen(url));
	return end;
}

void links_scan(struct pieces *links, const char *text, size_t size)
{
	size_t at = 0, least = 0, length;

	while (at < size && !links->is_full) {
		length = at == 0 || !is_word(text[at - 1]) ? opening_size(text + at, size - at) : 0;
		if (length) {
			length = address_size(text + at, size - at);
			links_add(links, text + at, length);
			at += length ? length : 1;
			least = at;
		} else if (text[at] == '@') {
			at = least = scan_mail_address(links, text, size, at, least);
		} else if (text[at] == '.' && at > least && is_word(text[at - 1])) {
			at = scan_bare_host(links, text, size, at, least);
		} else {
			at++;
		}
	}
}
