#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/safe.h"
#include "lib/base/text.h"
#include "lib/base/utf8.h"
#include "lib/mime/decode.h"
#include "workers/qscan/preview.h"

enum { PARTS_TOLD = 500, NAMES_TOLD = 10, MARKS_TOLD = 40, TEXT_BYTES = 1000 };

/* ---------------------------------------------------------------- texts */

/* At most `most` bytes, not within a character; whoever shows it makes it harmless. */
static char *cut(const char *text, size_t most)
{
	size_t size = strlen(text);

	if (!utf8_valid(text, size))
		return safe_text(text, most);
	if (size > most)
		for (size = most; size && ((unsigned char)text[size] & 0xc0) == 0x80; size--)
			;
	return alloc_bytes(text, size);
}

static void add_text(char ***list, size_t *count, const char *text, size_t most)
{
	size_t at;

	if (*count == most)
		return;
	for (at = 0; at < *count; at++)
		if (!strcmp((*list)[at], text))
			return;
	*list = alloc_grow(*list, *count + 1, sizeof(**list));
	(*list)[(*count)++] = cut(text, TEXT_BYTES);
}

/* ---------------------------------------------------------------- structure */

static Lz__PreviewPart *add_part(Lz__Preview *preview, const char *path, size_t depth)
{
	Lz__PreviewPart *part;

	if (preview->n_parts == PARTS_TOLD) {
		preview->more_parts++;
		return NULL;
	}
	part = alloc(sizeof(*part));
	lz__preview_part__init(part);
	part->path = cut(path, TEXT_BYTES);
	part->depth = (uint32_t)depth;
	preview->parts = alloc_grow(preview->parts, preview->n_parts + 1, sizeof(*preview->parts));
	preview->parts[preview->n_parts++] = part;
	return part;
}

static void tell_content(Lz__PreviewPart *part, struct content *content)
{
	char hex[DIGEST_HEX_ROOM];
	enum trait trait;
	size_t at;

	for (at = 0; at < content->name_count; at++)
		add_text(&part->names, &part->n_names, content->names[at], NAMES_TOLD);
	for (trait = 0; trait < TRAITS; trait++)
		if (content_has(content, trait))
			add_text(&part->marks, &part->n_marks, trait_name(trait), MARKS_TOLD);
	if (!content->bytes || *part->sha256)
		return;
	text_hex(content_digest(content)->bytes, DIGEST_SIZE, hex);
	part->sha256 = alloc_string(hex);
	part->size = content->size;
	part->true_type = cut(content->true_type, TEXT_BYTES);
}

static void tell_members(Lz__Preview *preview, struct scan *scan, int part, size_t depth)
{
	Lz__PreviewPart *told;
	size_t at;

	for (at = 0; at < scan->content_count; at++) {
		struct content *content = &scan->contents[at];

		if (content->part != part || (!content->level && part != SCAN_NO_PART))
			continue;
		told = add_part(preview, content->path, depth + (size_t)content->level);
		if (!told)
			continue;
		told->type = cut(content->type_count ? content->types[0] : "", TEXT_BYTES);
		told->encoding = alloc_string("");
		tell_content(told, content);
	}
}

static void tell_anomalies(Lz__PreviewPart *told, const struct mime_map *map, size_t part)
{
	size_t at;

	for (at = 0; at < map->anomaly_count; at++)
		if (map->anomalies[at].part == part)
			add_text(&told->marks, &told->n_marks,
			        mime_anomaly_name(map->anomalies[at].kind), MARKS_TOLD);
}

/* The content that most clients would see comes first among those of its part. */
static void tell_part(Lz__Preview *preview, struct scan *scan, size_t index)
{
	const struct mime_part *part = &scan->map->parts[index];
	Lz__PreviewPart *told = add_part(preview, part->path, part->depth);
	size_t at;

	if (!told)
		return;
	told->type = cut(part->type, TEXT_BYTES);
	told->encoding = alloc_string(mime_encoding_name(part->encoding));
	for (at = 0; at < part->name_count; at++)
		add_text(&told->names, &told->n_names, part->names[at].text, NAMES_TOLD);
	for (at = 0; at < scan->content_count; at++)
		if (scan->contents[at].part == (int)index && !scan->contents[at].level)
			tell_content(told, &scan->contents[at]);
	if (!told->size)
		told->size = part->body.length;
	tell_anomalies(told, scan->map, index);
	tell_members(preview, scan, (int)index, part->depth);
}

Lz__Preview *preview_make(struct scan *scan, size_t lines)
{
	Lz__Preview *preview = alloc(sizeof(*preview));
	size_t at;

	lz__preview__init(preview);
	for (at = 0; at < scan->map->part_count; at++)
		tell_part(preview, scan, at);
	tell_members(preview, scan, SCAN_NO_PART, 0); /* what only the second view sees */
	preview_add_texts(preview, scan, lines);
	return preview;
}

/* ---------------------------------------------------------------- one content */

void preview_content(struct scan *scan, const char *sha256, struct buf *out)
{
	char hex[DIGEST_HEX_ROOM];
	size_t at;

	for (at = 0; *sha256 && at < scan->content_count; at++) {
		struct content *content = &scan->contents[at];

		if (content->level || !content->bytes)
			continue;
		text_hex(content_digest(content)->bytes, DIGEST_SIZE, hex);
		if (strcmp(hex, sha256) != 0)
			continue;
		buf_add(out, content->bytes, content->size);
		return;
	}
	decode_part(scan->map, 0, scan->map->parts[0].encoding, out);
}
