#include "lib/spam/domains.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <idn2.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/text.h"
#include "lib/base/utf8.h"

enum { LABEL_MOST_BYTES = 63, LABELS_MOST = HOST_MOST_BYTES / 2 + 1 };

/* Where no list says which domains there are. */
static const char few[] = " com org net edu gov mil int info biz name pro eu de fr uk nl be ch at "
                          "it es pt pl cz sk hu "
                          "ro bg gr dk se no fi is ie ru ua by cn jp kr tw hk in id th vn my sg au "
                          "nz ca us mx br ar cl "
                          "co za tr il ir top xyz online shop site club ";

/* ------------------------------------------------------------ names */

static int is_label(const char *label, size_t size)
{
	if (!size || size > LABEL_MOST_BYTES || label[0] == '-' || label[size - 1] == '-')
		return 0;
	for (size_t i = 0; i < size; i++) {
		if (!isalnum((unsigned char)label[i]) && label[i] != '-' && label[i] != '_')
			return 0;
	}
	return 1;
}

static size_t without_dots(const char *host, size_t size)
{
	while (size && host[size - 1] == '.')
		size--;
	return size;
}

int domains_is_well_formed(const char *host, size_t size)
{
	const char *at = host, *end, *dot;
	size_t dots = 0;

	size = without_dots(host, size);
	end = host + size;
	if (!size || size > HOST_MOST_BYTES)
		return 0;
	for (size_t i = 0; i < size; i++)
		dots += host[i] == '.';
	if (!dots)
		return 0;
	for (size_t left = dots + 1; left > 0; left--, at = dot + 1) {
		dot = memchr(at, '.', (size_t)(end - at));
		dot = dot ? dot : end;
		if (!is_label(at, (size_t)(dot - at)) ||
		        (left <= 2 && memchr(at, '_', (size_t)(dot - at))))
			return 0;
	}
	return 1;
}

static int is_top(const struct lists *lists, const char *label)
{
	char word[LABEL_MOST_BYTES + 3];
	size_t size = strlen(label);

	if (lists && lists_count(lists, "util_rb_tld"))
		return lists_has(lists, "util_rb_tld", label);
	word[0] = word[size + 1] = ' ';
	memcpy(word + 1, label, size);
	word[size + 2] = '\0';
	text_lower(word);
	return strstr(few, word) != NULL;
}

int domains_is_known(const struct lists *lists, const char *host, size_t size)
{
	const char *dot = size ? memrchr(host, '.', size) : NULL;
	char label[LABEL_MOST_BYTES + 1];
	size_t length = dot ? size - (size_t)(dot + 1 - host) : 0;

	if (!length || length > LABEL_MOST_BYTES)
		return 0;
	for (size_t i = 0; i < size; i++) {
		if (isspace((unsigned char)host[i]))
			return 0;
	}
	memcpy(label, dot + 1, length);
	label[length] = '\0';
	return is_top(lists, label);
}

static int has_high_byte(const char *host, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (host[i] & 0x80)
			return 1;
	}
	return 0;
}

char *domains_to_ascii(const char *host, size_t size)
{
	char *copy, *ascii = NULL, *given = NULL;

	if (!size || size > HOST_MOST_BYTES || !has_high_byte(host, size) ||
	        !utf8_valid(host, size))
		return NULL;
	copy = alloc_bytes(host, size);
	if (idn2_to_ascii_8z(copy, &ascii, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) == IDN2_OK)
		given = alloc_string(ascii);
	idn2_free(ascii);
	free(copy);
	return given;
}

/* ------------------------------------------------------------ what is registered */

static const char us_states[] =
        " ak al ar az ca co ct dc de fl ga gu hi ia id il in ks ky la ma md me mi mn mo ms mt nc "
        "nd "
        "ne nh nj nm nv ny oh ok or pa pr ri sc sd tn tx ut va vi vt wa wi wv wy ";

/* ".va.us" (RFC 1480). */
static int is_us_state(const char *label)
{
	char word[] = "    ";

	if (!isalpha((unsigned char)label[0]) || !isalpha((unsigned char)label[1]) ||
	        strcmp(label + 2, ".us") != 0)
		return 0;
	word[1] = label[0];
	word[2] = label[1];
	return strstr(us_states, word) != NULL;
}

/* Is the name one below which others register theirs? `labels` is how many it has. */
static int is_registry(const struct lists *lists, const char *name, size_t labels)
{
	const char *dot = strchr(name, '.');

	if (labels == 2)
		return lists && lists_has(lists, "util_rb_2tld", name);
	if (labels == 3)
		return is_us_state(dot + 1) || (lists && lists_has(lists, "util_rb_3tld", name));
	if (labels != 4)
		return 0;
	dot = strchr(dot + 1, '.');
	return (strncmp(name, "pvt.k12.", 8) == 0 || strncmp(name, "ci.", 3) == 0 ||
	               strncmp(name, "co.", 3) == 0) &&
	       is_us_state(dot + 1);
}

const char *domains_registered(const struct lists *lists, const char *host)
{
	const char *labels[LABELS_MOST];
	size_t count = 0, first;

	for (const char *at = host; at && count < LABELS_MOST; at = strchr(at, '.')) {
		at += count > 0;
		labels[count++] = at;
	}
	for (first = 0; first + 1 < count; first++) {
		if (count - first <= 4 && is_registry(lists, labels[first], count - first))
			break;
	}
	return labels[first ? first - 1 : 0];
}

/* ------------------------------------------------------------ addresses */

static int is_address(int family, const char *text, size_t size)
{
	unsigned char binary[16];
	char copy[INET6_ADDRSTRLEN + 1];

	if (!size || size >= sizeof(copy))
		return 0;
	memcpy(copy, text, size);
	copy[size] = '\0';
	return inet_pton(family, copy, binary) == 1;
}

int domains_is_ip4(const char *text, size_t size)
{
	return is_address(AF_INET, text, size);
}

int domains_is_ip6(const char *text, size_t size)
{
	if (size > 5 && text_starts(text, "ipv6:")) {
		text += 5;
		size -= 5;
	}
	return is_address(AF_INET6, text, size);
}

/* ------------------------------------------------------------ of an address */

/* Behind the scheme, before the path, without user and port. */
static size_t host_of(const char **url, size_t size)
{
	const char *at = *url, *end = at + size, *stop, *mark;

	for (mark = at; mark < end && isalpha((unsigned char)*mark); mark++)
		;
	if (mark > at && mark < end && *mark == ':') {
		at = mark + 1;
		for (int i = 0; i < 2 && at < end && *at == '/'; i++)
			at++;
	}
	for (stop = at; stop < end && *stop != '/' && *stop != '?' && *stop != '#'; stop++)
		;
	mark = memrchr(at, '@', (size_t)(stop - at));
	at = mark ? mark + 1 : at;
	for (mark = stop; mark > at && isdigit((unsigned char)mark[-1]); mark--)
		;
	if (mark > at && mark[-1] == ':')
		stop = mark - 1;
	*url = at;
	return (size_t)(stop - at);
}

static size_t mail_host_of(const char **url, size_t size)
{
	const char *at = *url + 7, *end = *url + size, *stop = memchr(at, '?', size - 7), *mark;

	stop = stop ? stop : end;
	mark = memchr(at, '@', (size_t)(stop - at));
	if (!mark || memchr(mark + 1, '@', (size_t)(stop - mark - 1)))
		return 0;
	*url = mark + 1;
	return (size_t)(stop - mark - 1);
}

static int leads_nowhere(const char *url, size_t size)
{
	return (size >= 11 && text_starts(url, "javascript:")) ||
	       (size >= 4 && text_starts(url, "cid:")) || (size >= 5 && text_starts(url, "file:"));
}

const char *domains_of_url(const struct lists *lists, const char *url, size_t size, char *host)
{
	if (leads_nowhere(url, size))
		return NULL;
	if (size > 7 && text_starts(url, "mailto:"))
		size = mail_host_of(&url, size);
	else
		size = host_of(&url, size);
	if (!size || size > HOST_MOST_BYTES)
		return NULL;
	memcpy(host, url, size);
	host[size] = '\0';
	text_lower(host);
	if (domains_is_ip4(host, size) || domains_is_ip6(host, size))
		return host;
	if (!domains_is_well_formed(host, size) || !domains_is_known(lists, host, size))
		return NULL;
	return domains_registered(lists, host);
}
