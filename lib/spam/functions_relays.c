/* Who gave the message to whom, and whether that can be. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/text.h"
#include "lib/spam/domains.h"
#include "lib/spam/function.h"

static const struct relay *untrusted(const struct functions_view *view, size_t nth)
{
	return relays_at(&view->texts->relays, RELAYS_UNTRUSTED, nth);
}

static size_t count(const struct functions_view *view, enum relays_kind kind)
{
	return relays_count(&view->texts->relays, kind);
}

unsigned long function_check_all_trusted(
        const struct functions_view *view, const struct functions_call *call)
{
	return count(view, RELAYS_TRUSTED) && !count(view, RELAYS_UNTRUSTED) &&
	       !view->texts->relays.unknown;
}

unsigned long function_check_no_relays(
        const struct functions_view *view, const struct functions_call *call)
{
	return !view->texts->relays.count && !view->texts->relays.unknown;
}

unsigned long function_check_relays_unparseable(
        const struct functions_view *view, const struct functions_call *call)
{
	return view->texts->relays.unknown > 0;
}

/* It had another use once; rules may still name it. */
unsigned long function_check_for_illegal_ip(
        const struct functions_view *view, const struct functions_call *call)
{
	return 0;
}

static int is_private(const char *ip)
{
	static struct pattern networks = {
	        "^(?:10|127|169\\.254|172\\.(?:1[6-9]|2[0-9]|3[01])|192\\.168|"
	        "100\\.(?:6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7]))\\."};

	return pattern_is(&networks, ip, strlen(ip));
}

/* Calls itself by a public address. */
unsigned long function_check_for_numeric_helo(
        const struct functions_view *view, const struct functions_call *call)
{
	const struct relay *relay;

	for (size_t i = 0; (relay = untrusted(view, i)); i++) {
		if (domains_is_ip4(relay->helo, strlen(relay->helo)))
			return !is_private(relay->helo);
	}
	return 0;
}

static int is_public(const char *ip)
{
	return domains_is_ip4(ip, strlen(ip)) && !is_private(ip);
}

/* Calls itself by a public address of another network than it has. */
unsigned long function_helo_ip_mismatch(
        const struct functions_view *view, const struct functions_call *call)
{
	const struct relay *relay;
	size_t size;

	for (size_t i = 0; (relay = untrusted(view, i)); i++) {
		if (!is_public(relay->helo) || !is_public(relay->ip))
			continue;
		size = (size_t)(strrchr(relay->helo, '.') - relay->helo) + 1;
		if (strncmp(relay->helo, relay->ip, size) != 0)
			return 1;
	}
	return 0;
}

unsigned long function_check_for_sender_no_reverse(
        const struct functions_view *view, const struct functions_call *call)
{
	size_t all = count(view, RELAYS_UNTRUSTED);
	const struct relay *relay = all ? untrusted(view, all - 1) : NULL;

	return relay && strchr(relay->rdns, '.') && !relay->is_private;
}

/* Calls itself like one of the large ones, and has no name at all. */
unsigned long function_check_for_no_rdns_dotcom_helo(
        const struct functions_view *view, const struct functions_call *call)
{
	static struct pattern large = {
	        "(?:\\.|^)(?:lycos\\.com|lycos\\.co\\.uk|hotmail\\.com|localhost\\.com|excite\\."
	        "com|"
	        "caramail\\.com|cs\\.com|aol\\.com|msn\\.com|yahoo\\.com|drizzle\\.com)$",
	        MATCH_CASELESS};
	const struct relay *relay;
	unsigned long hit = 0;

	for (size_t i = 0; (relay = untrusted(view, i)); i++) {
		if (relay->is_private)
			continue;
		hit = relay->no_reverse_dns && pattern_is(&large, relay->helo, strlen(relay->helo));
	}
	return hit;
}

/* ------------------------------------------------------------ a trail that can't be */

/* The last two labels, or three below a short one. */
static const char *domain_of(const char *host)
{
	const char *dots[3] = {NULL, NULL, NULL}; /* from the end */
	size_t size = strlen(host), found = 0;
	int has_letter = 0;

	for (size_t i = 0; i < size; i++)
		has_letter |= isalpha((unsigned char)host[i]) != 0;
	for (size_t i = size; has_letter && i-- > 0 && found < 3;) {
		if (host[i] == '.')
			dots[found++] = host + i;
	}
	if (!found)
		return host;
	if (strlen(dots[0] + 1) >= 3 || text_same(dots[0] + 1, "ie") ||
	        text_same(dots[0] + 1, "fr") || text_same(dots[0] + 1, "de"))
		return found > 1 ? dots[1] + 1 : host;
	return found > 2 ? dots[2] + 1 : host;
}

static char *small_domain(const char *host)
{
	char *small = alloc_string(host), *domain;

	text_lower(small);
	domain = alloc_string(domain_of(small));
	free(small);
	return domain;
}

static int is_name(const char *domain)
{
	static struct pattern name = {"^\\w+(?:[\\w.-]+\\.)+\\w+$"};

	return pattern_is(&name, domain, strlen(domain));
}

static int is_local_name(const struct relay *relay, const char *from)
{
	return (strcmp(from, "localhost") == 0 || strcmp(from, "localhost.localdomain") == 0) &&
	       strcmp(relay->ip, "127.0.0.1") == 0;
}

/* How often who took the message from somebody isn't who then gave it on. */
static unsigned long count_breaks(const struct functions_view *view)
{
	const struct relay *relay;
	char *by, *from, *before = NULL;
	unsigned long breaks = 0;

	for (size_t i = 0; (relay = untrusted(view, i)); i++) {
		by = small_domain(relay->by);
		from = small_domain(relay->rdns);
		if (is_name(by)) {
			breaks +=
			        before && is_name(before) && strcmp(by, before) != 0 &&
			        !(strcmp(by, "msn.com") == 0 && strcmp(before, "hotmail.com") == 0);
			if (is_local_name(relay, from))
				*from = '\0';
		}
		free(by);
		free(before);
		before = from;
	}
	free(before);
	return breaks;
}

unsigned long function_check_for_forged_received_trail(
        const struct functions_view *view, const struct functions_call *call)
{
	return count_breaks(view) > 1;
}

/* Two addresses whose first halves differ. */
static int differ_widely(const char *a, const char *b)
{
	size_t size = strcspn(a, ".") + 1;

	size += strcspn(a + size, ".") + 1;
	return strncmp(a, b, size) != 0;
}

unsigned long function_check_for_forged_received_ip_helo(
        const struct functions_view *view, const struct functions_call *call)
{
	const struct relay *relay;
	char *by;
	int is_named;

	for (size_t i = 0; (relay = untrusted(view, i)); i++) {
		by = small_domain(relay->by);
		is_named = is_name(by);
		free(by);
		if (is_named && is_public(relay->helo) &&
		        domains_is_ip4(relay->ip, strlen(relay->ip)) &&
		        differ_widely(relay->helo, relay->ip))
			return 1;
	}
	return 0;
}

static int ends_with_domain(const char *host, const char *domain)
{
	size_t size = strlen(host), length = strlen(domain);

	return size >= length && strcmp(host + size - length, domain) == 0 &&
	       (size == length || !isalnum((unsigned char)host[size - length - 1]));
}

/* From somebody at that domain, and given on by one of its hosts to another ("true"), or not. */
unsigned long function_check_for_from_domain_in_received_headers(
        const struct functions_view *view, const struct functions_call *call)
{
	const char *domain = function_argument(call, 0), *wanted = function_argument(call, 1);
	const struct relays *relays = &view->texts->relays;
	struct buf from = {0};
	int is_from, is_there = 0;

	if (!domain || !wanted)
		return 0;
	function_ask_first(view, "From:addr", &from);
	is_from = text_find(from.data, from.size, domain) != NULL;
	buf_fini(&from);
	for (size_t i = 0; i < relays->count; i++)
		is_there |= ends_with_domain(relays->items[i].rdns, domain) &&
		            ends_with_domain(relays->items[i].by, domain);
	return is_from && is_there == (strcmp(wanted, "true") == 0);
}
