#include "qctl/compare.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "qctl/columns.h"

static const char prefix[] = "VIRUS_";

void found_fini(struct found *found)
{
	size_t at;

	for (at = 0; at < found->virus_count; at++)
		free(found->viruses[at]);
	free(found->viruses);
	free(found->reason);
	*found = (struct found){0};
}

static void add_virus(struct found *found, const char *name)
{
	size_t at = 0, behind;
	int order = 1;

	while (at < found->virus_count && (order = strcmp(found->viruses[at], name)) < 0)
		at++;
	if ((at < found->virus_count && order == 0) || found->virus_count == FOUND_VIRUSES_MOST)
		return;
	found->viruses =
	        alloc_grow(found->viruses, found->virus_count + 1, sizeof(*found->viruses));
	for (behind = found->virus_count++; behind > at; behind--)
		found->viruses[behind] = found->viruses[behind - 1];
	found->viruses[at] = alloc_string(name);
}

static void add_symbols(struct found *found, Lz__Symbol *const *symbols, size_t count)
{
	size_t at;

	for (at = 0; at < count; at++)
		if (!strncmp(symbols[at]->name, prefix, sizeof(prefix) - 1))
			add_virus(found, symbols[at]->name + sizeof(prefix) - 1);
}

static void set_reason(struct found *found, const char *reason)
{
	if (found->reason && *found->reason && strcmp(reason, "virus") != 0)
		return;
	free(found->reason);
	found->reason = alloc_string(reason);
}

void found_in_item(struct found *found, const Lz__Item *item)
{
	set_reason(found, strcmp(item->reason, "undeliverable") ? item->reason : "");
	add_symbols(found, item->symbols, item->n_symbols);
}

void found_in_verdict(struct found *found, const Lz__Verdict *verdict)
{
	size_t at;

	for (at = 0; at < verdict->n_groups; at++)
		set_reason(found, verdict->groups[at]->reason);
	add_symbols(found, verdict->symbols, verdict->n_symbols);
}

int found_same(const struct found *a, const struct found *b)
{
	size_t at;

	if (strcmp(a->reason, b->reason) != 0 || a->virus_count != b->virus_count)
		return 0;
	for (at = 0; at < a->virus_count; at++)
		if (strcmp(a->viruses[at], b->viruses[at]) != 0)
			return 0;
	return 1;
}

void found_tell(const struct found *found, struct buf *out)
{
	int is_virus = !strcmp(found->reason, "virus");
	size_t at;

	if (!*found->reason && !found->virus_count)
		buf_add_string(out, "nothing");
	else
		columns_safe(out, found->reason, 0);
	if (!found->virus_count)
		return;
	if (!is_virus)
		buf_add_string(out, *found->reason ? ", virus" : "virus");
	for (at = 0; at < found->virus_count; at++) {
		buf_add_string(out, at ? ", " : ": ");
		columns_safe(out, found->viruses[at], 0);
	}
}
