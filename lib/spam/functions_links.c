/* Where links lead, against what they say. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/text.h"
#include "lib/spam/domains.h"
#include "lib/spam/function.h"

unsigned long function_check_uri_truncated(
        const struct functions_view *view, const struct functions_call *call)
{
	return view->texts->links.is_cut != 0;
}

enum { REDIRECTS_MOST = 16 };

/* ------------------------------------------------------------ redirections */

static int lead_elsewhere(const struct functions_view *view, const char *url, size_t size)
{
	static struct pattern inner = {
	        "^https?://([^/:?]+).+?(https?:/{0,2}?([^/:?]+).*)$", MATCH_CASELESS};
	char from[HOST_MOST_BYTES + 1], to[HOST_MOST_BYTES + 1];
	struct match_range groups[4];
	const char *one, *other;

	for (int i = 0; i < REDIRECTS_MOST && pattern_groups(&inner, url, size, 0, groups, 4);
	        i++) {
		one = domains_of_url(
		        view->lists, url + groups[1].start, groups[1].end - groups[1].start, from);
		other = domains_of_url(
		        view->lists, url + groups[3].start, groups[3].end - groups[3].start, to);
		if (!one || !other || strcmp(one, other) != 0)
			return 1;
		url += groups[2].start;
		size -= groups[2].start;
	}
	return 0;
}

unsigned long function_check_for_http_redirector(
        const struct functions_view *view, const struct functions_call *call)
{
	const struct pieces *forms = &view->texts->links.forms;
	const char *url;
	size_t size;

	for (size_t i = 0; i < forms->count; i++) {
		url = pieces_at(forms, i, &size);
		if (lead_elsewhere(view, url, size))
			return 1;
	}
	return 0;
}

/* ------------------------------------------------------------ the text of links */

#define NUMBERS "/*(?:[^@/]+@)?[0-9]+\\.[0-9]+\\.[0-9]+\\.[0-9]+"

/* Says https: and leads to a bare address. */
unsigned long function_check_https_ip_mismatch(
        const struct functions_view *view, const struct functions_call *call)
{
	static struct pattern leads = {"^https?:" NUMBERS, MATCH_CASELESS};
	static struct pattern says = {"https:(?!(?<=^https:)" NUMBERS ")", MATCH_CASELESS};
	const struct texts *texts = view->texts;
	const char *url, *text;
	size_t size;

	for (size_t v = 0; v < texts->view_count; v++) {
		const struct html *html = texts->views[v].html;

		for (size_t i = 0; html && i < html->anchors.count; i++) {
			url = pieces_at(&html->anchor_urls, i, &size);
			if (!pattern_is(&leads, url, size))
				continue;
			text = pieces_at(&html->anchors, i, &size);
			if (pattern_is(&says, text, size))
				return 1;
		}
	}
	return 0;
}

/* What was registered of the host of an address of the web, to be freed; NULL: none, or no name. */
static char *web_domain(const struct functions_view *view, const char *url, size_t size)
{
	static struct pattern host_of = {"^https?://([^/:?#]+)", MATCH_CASELESS};
	char host[HOST_MOST_BYTES + 1];
	struct match_range groups[2];
	const char *domain;

	if (!pattern_groups(&host_of, url, size, 0, groups, 2))
		return NULL;
	domain = domains_of_url(view->lists, url, groups[1].end, host);
	return domain && !domains_is_ip4(domain, strlen(domain)) ? alloc_string(domain) : NULL;
}

/* Says "https://one.com" and leads to another. What it says may be an international name. */
static int says_other(
        const struct functions_view *view, const char *text, size_t size, const char *domain)
{
	static struct pattern says = {"https://([^\\s/:?#]+)", MATCH_CASELESS};
	char host[HOST_MOST_BYTES + 1], *plain;
	struct match_range groups[2];
	const char *said;

	if (!pattern_groups(&says, text, size, 0, groups, 2))
		return 0;
	text += groups[1].start;
	size = groups[1].end - groups[1].start;
	plain = domains_to_ascii(text, size);
	said = plain ? domains_of_url(view->lists, plain, strlen(plain), host)
	             : domains_of_url(view->lists, text, size, host);
	free(plain);
	return said && strcmp(said, domain) != 0;
}

struct anchors {
	struct pieces urls;
	int differs;
};

static void read_anchors(
        const struct functions_view *view, const struct html *html, struct anchors *anchors)
{
	const char *url, *text;
	size_t size, length;
	char *domain;

	for (size_t i = 0; i < html->anchors.count; i++) {
		url = pieces_at(&html->anchor_urls, i, &size);
		domain = web_domain(view, url, size);
		if (!domain)
			continue;
		text = pieces_at(&html->anchors, i, &length);
		anchors->differs |= says_other(view, text, length, domain);
		pieces_add(&anchors->urls, url, size);
		free(domain);
	}
	pieces_unique(&anchors->urls);
}

/* In a page with as many links as the two numbers allow. */
unsigned long function_check_https_http_mismatch(
        const struct functions_view *view, const struct functions_call *call)
{
	double least = function_number(call, 0, 1), most = function_number(call, 1, INFINITY);
	unsigned long hit = 0;

	for (size_t v = 0; v < view->texts->view_count && !hit; v++) {
		struct anchors anchors = {.urls = {.most = HTML_ITEMS_MOST}};

		if (!view->texts->views[v].html)
			continue;
		read_anchors(view, view->texts->views[v].html, &anchors);
		hit = anchors.differs && (double)anchors.urls.count >= least &&
		      (double)anchors.urls.count < most;
		pieces_fini(&anchors.urls);
	}
	return hit;
}

/* ------------------------------------------------------------ hosts in lists */

/* The host itself, or what it lies below; "!" in front says that it isn't meant. `host` has one in
 * front, which takes the place of each dot in turn. */
static int is_listed(const struct lists *lists, const char *list, char *host)
{
	char *next;

	for (char *at = host; at; at = next) {
		*at = '!';
		if (lists_has(lists, list, at))
			return 0;
		if (lists_has(lists, list, at + 1))
			return 1;
		next = strchr(at + 1, '.');
	}
	return 0;
}

static unsigned long has_host_of(
        const struct lists *lists, const char *list, const struct pieces *hosts)
{
	struct buf host = {0};
	const char *bytes;
	unsigned long hit = 0;
	size_t size;

	for (size_t i = 0; i < hosts->count && !hit; i++) {
		bytes = pieces_at(hosts, i, &size);
		buf_clear(&host);
		buf_add_char(&host, '!');
		buf_add(&host, bytes, size);
		hit = is_listed(lists, list, host.data) != 0;
	}
	buf_fini(&host);
	return hit;
}

static unsigned long has_listed_host(const struct functions_view *view, const char *name)
{
	const struct pieces *hosts = &view->texts->links.hosts;
	char *list;
	unsigned long hit = 0;

	if (!view->lists || !hosts->count)
		return 0;
	list = alloc_format("uri_host %s", name);
	if (lists_count(view->lists, list))
		hit = has_host_of(view->lists, list, hosts);
	free(list);
	return hit;
}

unsigned long function_check_uri_host_listed(
        const struct functions_view *view, const struct functions_call *call)
{
	const char *name = function_argument(call, 0);

	return name ? has_listed_host(view, name) : 0;
}

unsigned long function_check_uri_host_in_blocklist(
        const struct functions_view *view, const struct functions_call *call)
{
	return has_listed_host(view, "BLOCK");
}

unsigned long function_check_uri_host_in_blacklist(
        const struct functions_view *view, const struct functions_call *call)
{
	return has_listed_host(view, "BLOCK");
}

unsigned long function_check_uri_host_in_welcomelist(
        const struct functions_view *view, const struct functions_call *call)
{
	return has_listed_host(view, "WELCOME");
}

unsigned long function_check_uri_host_in_whitelist(
        const struct functions_view *view, const struct functions_call *call)
{
	return has_listed_host(view, "WELCOME");
}
