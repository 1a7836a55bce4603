#include "lib/config/form.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/base/utf8.h"

enum {
	SOCKET_PATH_MOST = 107, /* sun_path less its NUL */
	TEXT_MOST = 1000,
	REPLY_MOST = 400, /* RFC 5321 section 4.5.3.1.5: 512 octets a reply line, codes included */
};

static const struct {
	const char *unit;
	uint64_t factor;
} times[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}},
  sizes[] = {{"", 1}, {"k", 1 << 10}, {"M", 1 << 20}, {"G", 1 << 30}};

enum { TIMES = sizeof(times) / sizeof(*times), SIZES = sizeof(sizes) / sizeof(*sizes) };

static int made_of(const char *text, const char *marks)
{
	size_t i;

	for (i = 0; text[i]; i++)
		if (!isalnum((unsigned char)text[i]) && !strchr(marks, text[i]))
			return 0;
	return i > 0;
}

static int is_any(const char *text)
{
	size_t size = strlen(text), at, step;
	uint32_t code;

	if (size > TEXT_MOST)
		return 0;
	for (at = 0; at < size; at += step) {
		step = utf8_decode((const unsigned char *)text + at, size - at, &code);
		if (!step || code < 32 || code == 127)
			return 0;
	}
	return 1;
}

/* Labels between dots; letters beyond ASCII are left to the resolver (RFC 6531 domains). */
static int is_domain(const char *text)
{
	size_t i, label = 0, size = strlen(text);

	for (i = 0; i < size; i++) {
		unsigned char c = (unsigned char)text[i];
		if (c == '.' && !label)
			return 0;
		label = c == '.' ? 0 : label + 1;
		if (label > 63 || (c < 128 && c != '.' && c != '-' && c != '_' && !isalnum(c)))
			return 0;
	}
	return size > 0 && size <= 253 && label > 0;
}

static int is_literal(const char *text, size_t size)
{
	char copy[64];
	unsigned char address[16];

	if (size >= sizeof(copy))
		return 0;
	memcpy(copy, text, size);
	copy[size] = '\0';
	return inet_pton(AF_INET, copy, address) == 1 || inet_pton(AF_INET6, copy, address) == 1;
}

static int is_address(const char *text)
{
	const char *at = strrchr(text, '@');
	size_t i;

	if (!at || at == text || at - text > 64)
		return 0;
	for (i = 0; text + i < at; i++)
		if (strchr(" \t<>()[]\\,;:\"", text[i]))
			return 0;
	return is_domain(at + 1);
}

static int is_network(const char *text)
{
	const char *slash = strchr(text, '/');
	uint64_t bits;

	if (!is_literal(text, slash ? (size_t)(slash - text) : strlen(text)))
		return 0;
	return !slash || text_number(slash + 1, strchr(text, ':') ? 128 : 32, &bits);
}

static int is_port(const char *text)
{
	uint64_t port;

	return text_number(text, 65535, &port) && port > 0;
}

static int is_host_port(const char *text)
{
	const char *colon = strrchr(text, ':');
	char host[256];
	size_t size;

	if (!strncmp(text, "unix:", 5))
		return text[5] == '/' && strlen(text + 5) <= SOCKET_PATH_MOST && is_any(text);
	size = colon ? (size_t)(colon - text) : 0;
	if (!size || size >= sizeof(host) || !is_port(colon + 1))
		return 0;
	memcpy(host, text, size);
	host[size] = '\0';
	if (host[0] == '[')
		return host[size - 1] == ']' && strchr(host, ':') && is_literal(host + 1, size - 2);
	return is_domain(host);
}

static int is_endpoint(const char *text)
{
	if (!strncmp(text, "ipc://", 6))
		return text[6] == '/' && strlen(text + 6) <= SOCKET_PATH_MOST && is_any(text);
	if (strncmp(text, "tcp://", 6) != 0 || !strncmp(text + 6, "unix:", 5))
		return 0;
	return is_host_port(text + 6) || (!strncmp(text + 6, "*:", 2) && is_port(text + 8));
}

/* Every [ is closed, so that the pattern means what it seems to. */
static int is_glob(const char *text)
{
	const char *at = text;

	if (!is_any(text))
		return 0;
	while ((at = strchr(at, '[')) != NULL) {
		at = at[1] ? strchr(at + 2, ']') : NULL; /* []] holds a ] */
		if (!at)
			return 0;
	}
	return 1;
}

static int is_mail_glob(const char *text)
{
	if (!strcmp(text, "<>"))
		return 1;
	if (strpbrk(text, " \t<>,;"))
		return 0;
	if (strpbrk(text, "*?["))
		return is_glob(text);
	if (text[0] == '@' || text[0] == '.')
		return is_domain(text + 1);
	return is_address(text);
}

static int is_reply(const char *text)
{
	size_t i;

	for (i = 0; text[i]; i++)
		if (text[i] < 32 || text[i] > 126)
			return 0;
	return i > 0 && i <= REPLY_MOST;
}

static int is_header_field(const char *text)
{
	size_t i;

	/* RFC 5322 section 2.2: printable ASCII but the colon */
	for (i = 0; text[i]; i++)
		if (text[i] < 33 || text[i] > 126 || text[i] == ':')
			return 0;
	return i > 0 && i < 78;
}

int form_matches(enum form form, const char *text)
{
	unsigned minutes;

	if (!text[0])
		return 0;
	switch (form) {
	case FORM_ANY:
		return is_any(text);
	case FORM_NAME:
		return strlen(text) <= 64 && made_of(text, "_-");
	case FORM_HOST:
		return is_domain(text);
	case FORM_DOMAIN:
		return is_domain(text) && strlen(text) <= 253;
	case FORM_DOMAIN_BELOW:
		return is_domain(text + (text[0] == '.'));
	case FORM_ADDRESS:
		return is_any(text) && is_address(text);
	case FORM_NETWORK:
		return is_network(text);
	case FORM_HOST_PORT:
		return is_host_port(text);
	case FORM_ENDPOINT:
		return is_endpoint(text);
	case FORM_PATH:
		return is_any(text);
	case FORM_SOCKET:
		return is_any(text) && strlen(text) <= SOCKET_PATH_MOST;
	case FORM_USER:
		return strlen(text) <= 32 && text[0] != '-' && made_of(text, "_-.");
	case FORM_FIELD:
		return is_header_field(text);
	case FORM_GLOB:
		return is_glob(text);
	case FORM_MAIL_GLOB:
		return is_any(text) && is_mail_glob(text);
	case FORM_REPLY:
		return is_reply(text);
	case FORM_CLOCK:
		return form_clock(text, &minutes);
	}
	return 0;
}

const char *form_expects(enum form form)
{
	static const char *const words[] = {
	        [FORM_ANY] = "a text",
	        [FORM_NAME] = "a name of letters, digits, _ and -",
	        [FORM_HOST] = "a host name, such as mail.example.org",
	        [FORM_DOMAIN] = "a domain, such as example.org",
	        [FORM_DOMAIN_BELOW] =
	                "a domain, such as example.org, or .example.org with all below it",
	        [FORM_ADDRESS] = "an e-mail address, such as postmaster@example.org",
	        [FORM_NETWORK] = "a network, such as 192.0.2.0/24 or 2001:db8::/32",
	        [FORM_HOST_PORT] = "host:port, [IPv6 address]:port or unix:/path",
	        [FORM_ENDPOINT] = "an endpoint, ipc:///path (of at most 107 bytes) or "
	                          "tcp://host:port",
	        [FORM_PATH] = "a path",
	        [FORM_SOCKET] = "the path of a Unix socket, of at most 107 bytes",
	        [FORM_USER] = "the name of an account or group",
	        [FORM_FIELD] = "the name of a header field, such as Subject",
	        [FORM_GLOB] = "a pattern, such as *.exe",
	        [FORM_MAIL_GLOB] =
	                "user@domain, @domain, .domain, a pattern such as *@*.example, or "
	                "<>",
	        [FORM_REPLY] = "one line of ASCII text of at most 400 characters",
	        [FORM_CLOCK] = "a time of day, such as 07:00",
	};

	return words[form];
}

int form_clock(const char *text, unsigned *minutes)
{
	static const char digits[] = "0123456789";
	unsigned hour, minute;

	if (strlen(text) != 5 || strspn(text, digits) != 2 || text[2] != ':' ||
	        strspn(text + 3, digits) != 2)
		return 0;
	hour = (unsigned)((text[0] - '0') * 10 + text[1] - '0');
	minute = (unsigned)((text[3] - '0') * 10 + text[4] - '0');
	*minutes = hour * 60 + minute;
	return hour < 24 && minute < 60;
}

int form_bool(const char *text, int *out)
{
	*out = text_same(text, "true") || text_same(text, "yes");
	return *out || text_same(text, "false") || text_same(text, "no");
}

/* Digits, and where the unit behind them begins. */
static const char *leading_number(const char *text, uint64_t *out)
{
	char digits[20];
	size_t size = strspn(text, "0123456789");

	if (!size || size >= sizeof(digits))
		return NULL;
	memcpy(digits, text, size);
	digits[size] = '\0';
	return text_number(digits, INT64_MAX, out) ? text + size : NULL;
}

int form_number(const char *text, uint64_t *out)
{
	const char *rest = leading_number(text, out);

	return rest && !*rest;
}

int form_size(const char *text, uint64_t *bytes)
{
	const char *unit = leading_number(text, bytes);
	int i;

	for (i = 0; unit && i < SIZES; i++)
		if (!strcmp(unit, sizes[i].unit))
			return !__builtin_mul_overflow(*bytes, sizes[i].factor, bytes) &&
			       *bytes <= INT64_MAX;
	return 0;
}

int form_time(const char *text, uint64_t *ms)
{
	const char *unit = leading_number(text, ms);
	int i;

	if (unit && !*unit)
		return *ms == 0; /* nothing is nothing in any unit */
	for (i = 0; unit && i < TIMES; i++)
		if (!strcmp(unit, times[i].unit))
			return !__builtin_mul_overflow(*ms, times[i].factor, ms) &&
			       *ms <= INT64_MAX;
	return 0;
}

/* By hand, as strtod() would follow the locale and take hexadecimal, infinity and more. */
int form_points(const char *text, double *out)
{
	uint64_t whole, part = 0;
	const char *rest = leading_number(text, &whole);
	double scale = 1;
	size_t i;

	if (!rest || whole > 1000000)
		return 0;
	if (*rest == '.' && rest[1]) {
		for (i = 1; rest[i]; i++, scale *= 10)
			if (!isdigit((unsigned char)rest[i]) || i > 3)
				return 0;
		if (!text_number(rest + 1, 999, &part))
			return 0;
	} else if (*rest) {
		return 0;
	}
	*out = (double)whole + (double)part / scale;
	return 1;
}

void form_show_size(uint64_t bytes, char out[32])
{
	int i = SIZES - 1;

	while (i && (!bytes || bytes % sizes[i].factor))
		i--;
	snprintf(out, 32, "%" PRIu64 "%s", bytes / sizes[i].factor, sizes[i].unit);
}

void form_show_time(uint64_t ms, char out[32])
{
	int i = TIMES - 1;

	while (i && (!ms || ms % times[i].factor))
		i--;
	snprintf(out, 32, "%" PRIu64 "%s", ms / times[i].factor, ms ? times[i].unit : "");
}
