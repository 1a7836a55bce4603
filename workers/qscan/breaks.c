#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/safe.h"
#include "lib/mime/dkim.h"
#include "workers/qscan/verdict.h"

enum { NAME_ROOM = 100 };

/* The change as the map's module wants it. All is lent from the group. */
static struct dkim_change *change_of(const struct mime_map *map, const Lz__Group *group,
        struct dkim_edit **edits, const char ***names)
{
	size_t at;

	*edits = alloc_zero(group->n_edits, sizeof(**edits));
	*names = alloc_zero(group->n_fields, sizeof(**names));
	for (at = 0; at < group->n_edits; at++)
		(*edits)[at] = (struct dkim_edit){group->edits[at]->offset,
		        group->edits[at]->length, group->edits[at]->replacement.data,
		        group->edits[at]->replacement.len};
	for (at = 0; at < group->n_fields; at++)
		(*names)[at] = group->fields[at]->name;
	return dkim_change_new(map, *edits, group->n_edits, *names, group->n_fields);
}

static const char *in_words(unsigned effect)
{
	if (effect == DKIM_UNREADABLE)
		return "unknown";
	if (effect == DKIM_BREAKS_BODY)
		return "body";
	return effect == DKIM_BREAKS_HEADER ? "header" : "header and body";
}

static void add_broken(Lz__Group *group, const struct dkim_signature *signature, unsigned effect)
{
	char *domain = safe_ascii(signature->domain, NAME_ROOM);
	char *selector = safe_ascii(signature->selector, NAME_ROOM);

	group->breaks[group->n_breaks++] =
	        alloc_format("%s/%s: %s", domain, selector, in_words(effect));
	free(domain);
	free(selector);
}

static void find_broken(
        const struct scan *scan, const struct dkim_signatures *signatures, Lz__Group *group)
{
	struct dkim_edit *edits;
	const char **names;
	struct dkim_change *change = change_of(scan->map, group, &edits, &names);
	unsigned effect;
	size_t at;

	group->breaks = alloc_zero(signatures->count, sizeof(*group->breaks));
	for (at = 0; at < signatures->count; at++) {
		effect = dkim_effect(change, &signatures->list[at]);
		if (effect != DKIM_KEPT)
			add_broken(group, &signatures->list[at], effect);
	}
	dkim_change_free(&change);
	free(edits);
	free(names);
}

/* A reader's program says that a signature is wrong, and can say for itself whose doing it was. */
static void say_in_header(Lz__Group *group)
{
	size_t at;
	char *value;

	for (at = 0; at < group->n_fields; at++) {
		if (strcmp(group->fields[at]->name, "X-Lazaret") != 0)
			continue;
		value = alloc_format("%s;\r\n\tbreaks=dkim", group->fields[at]->value);
		free(group->fields[at]->value);
		group->fields[at]->value = value;
	}
}

void breaks_make(const struct scan *scan, Lz__Group *out)
{
	struct dkim_signatures signatures = {0};

	if (!scan->map)
		return;
	dkim_read(&signatures, scan->map);
	if (signatures.count)
		find_broken(scan, &signatures, out);
	if (out->n_breaks)
		say_in_header(out);
	dkim_fini(&signatures);
}
