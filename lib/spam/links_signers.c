/* The domains of signatures (RFC 6376 section 3.5, "d="), as hosts that a message names. */
#include <string.h>

#include "lib/base/text.h"
#include "lib/spam/domains.h"
#include "lib/spam/links.h"
#include "lib/spam/parts.h"
#include "lib/spam/pattern.h"

enum { DOMAIN_MOST_BYTES = 1000, SIGNATURES_MOST = 100 };

/* White space may stand anywhere in it. */
static void squeeze(const char *bytes, size_t size, struct buf *out)
{
	for (size_t i = 0; i < size && i < DOMAIN_MOST_BYTES; i++) {
		if (!strchr(" \t\r\n", bytes[i]))
			buf_add_char(out, bytes[i]);
	}
	buf_add(out, "", 0);
}

static void add_signer(struct links *links, const char *bytes, size_t size)
{
	static const char prefix[] = "domainkeys:";
	char host[HOST_MOST_BYTES + 1];
	struct buf raw = {0};
	const char *domain, *name;

	buf_add_string(&raw, prefix);
	squeeze(bytes, size, &raw);
	name = raw.data + sizeof(prefix) - 1;
	domain = domains_of_url(links->lists, name, strlen(name), host);
	if (domain) {
		pieces_add(&links->hosts, host, strlen(host));
		if (links->details) {
			details_add(links->details, raw.data, raw.size, DETAILS_TYPE, prefix,
			        sizeof(prefix) - 2);
			details_add(links->details, raw.data, raw.size, DETAILS_HOST, host,
			        strlen(host));
			details_add(links->details, raw.data, raw.size, DETAILS_DOMAIN, domain,
			        strlen(domain));
		}
	}
	buf_fini(&raw);
}

static void add_signers_of(struct links *links, const char *bytes, size_t size)
{
	static struct pattern tag = {"\\bd\\s*=\\s*([^;]+)"};
	struct match_range groups[2];
	size_t at = 0;

	while (pattern_groups(&tag, bytes, size, at, groups, 2)) {
		add_signer(links, bytes + groups[1].start, groups[1].end - groups[1].start);
		at = groups[0].end;
	}
}

void links_add_signers(struct links *links, const struct mime_map *map)
{
	static const char *const names[] = {"DomainKey-Signature", "DKIM-Signature"};
	const struct mime_field *field;

	if (links->lists && lists_has(links->lists, "parse_dkim_uris", "0"))
		return;
	for (size_t i = 0; i < 2; i++) {
		for (size_t nth = 0;
		        nth < SIGNATURES_MOST && (field = mime_field(map, 0, names[i], nth)); nth++)
			add_signers_of(links, (const char *)map->bytes + field->value.offset,
			        field->value.length);
	}
}
