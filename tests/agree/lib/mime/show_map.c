/*
 * What we read in the mail on standard input, as JSON for agree_mime.py: a list of parts in the
 * order of the mail, each with its kind, types, names and body under every encoding that it may be
 * in. What came out of decoding a multipart or a message follows its part. Everything that the mail
 * itself chose is in hex: it may be no UTF-8, and no JSON then.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/base/file.h"
#include "lib/base/text.h"
#include "lib/mime/decode.h"
#include "lib/mime/map.h"

enum { MAIL_BYTES_MAX = 64 << 20, DECODINGS_MAX = 8 };

static int shown; /* parts so far */

static void show_hex(const void *bytes, size_t size)
{
	char *hex = alloc_zero(2 * size + 1, 1);

	text_hex(bytes, size, hex);
	printf("\"%s\"", hex);
	free(hex);
}

static void show_types(const struct mime_part *part)
{
	size_t at;

	printf("\"types\":[");
	show_hex(part->type, strlen(part->type));
	for (at = 0; at < part->other_type_count; at++) {
		printf(",");
		show_hex(part->other_types[at], strlen(part->other_types[at]));
	}
	printf("],\"names\":[");
	for (at = 0; at < part->name_count; at++) {
		printf("%s", at ? "," : "");
		show_hex(part->names[at].text, strlen(part->names[at].text));
	}
	printf("]");
}

/* A body decoded, and its text as a reader would see it. */
static void show_reading(const struct mime_map *map, size_t index, enum mime_encoding encoding)
{
	struct buf bytes = {0}, text = {0};

	decode_part(map, index, encoding, &bytes);
	decode_charset(bytes.data, bytes.size, map->parts[index].charset, &text);
	printf("{\"encoding\":\"%s\",\"bytes\":", mime_encoding_name(encoding));
	show_hex(bytes.data, bytes.size);
	printf(",\"text\":");
	show_hex(text.data, text.size);
	printf("}");
	buf_fini(&text);
	buf_fini(&bytes);
}

/* The one that most clients would take comes first. */
static void show_readings(const struct mime_map *map, size_t index)
{
	const struct mime_part *part = &map->parts[index];
	int encoding;

	printf(",\"readings\":[");
	show_reading(map, index, part->encoding);
	for (encoding = 0; encoding <= MIME_UNKNOWN_ENCODING; encoding++)
		if (encoding != (int)part->encoding && (part->encodings >> encoding & 1)) {
			printf(",");
			show_reading(map, index, (enum mime_encoding)encoding);
		}
	printf("]");
}

static const char *kind_of(const struct mime_part *part)
{
	if (part->is_multipart)
		return "multipart";
	return part->is_message ? "message" : "leaf";
}

static void show_map(const struct mime_map *map, size_t first, int left);

/* A message decoded is all new; a multipart stands in the new map as its root, which was shown
 * already. `left` decodings inside each other are shown at most. */
static void show_decoded(const struct mime_map *map, size_t index, int left)
{
	struct mime_map *inner;
	struct buf bytes = {0};

	decode_part(map, index, map->parts[index].encoding, &bytes);
	inner = mime_map_new_decoded(map, index, bytes.data, bytes.size, NULL);
	show_map(inner, map->parts[index].is_message ? 0 : 1, left - 1);
	mime_map_free(&inner);
	buf_fini(&bytes);
}

static void show_part(const struct mime_map *map, size_t index, int left)
{
	const struct mime_part *part = &map->parts[index];

	printf("%s\n{\"path\":\"%s\",\"kind\":\"%s\",\"synthetic\":%d,", shown++ ? "," : "",
	        part->path, kind_of(part), part->is_synthetic);
	show_types(part);
	show_readings(map, index);
	printf("}");
	if (part->needs_decoding && !part->child_count && left)
		show_decoded(map, index, left);
}

static void show_map(const struct mime_map *map, size_t first, int left)
{
	size_t index;

	for (index = first; index < map->part_count; index++)
		show_part(map, index, left);
}

static void show_anomalies(const struct mime_map *map)
{
	int kind, count = 0;

	printf("],\"anomalies\":[");
	for (kind = 0; kind < MIME_ANOMALY_KINDS; kind++)
		if (mime_map_has(map, (enum mime_anomaly_kind)kind))
			printf("%s\"%s\"", count++ ? "," : "",
			        mime_anomaly_name((enum mime_anomaly_kind)kind));
	printf("]}\n");
}

int main(void)
{
	struct buf mail = {0};
	struct err err;
	struct mime_map *map;

	if (file_read_fd(STDIN_FILENO, MAIL_BYTES_MAX, &mail, &err) != RESULT_OK) {
		fprintf(stderr, "show_map: %s\n", err.text);
		return 1;
	}
	decode_start();
	map = mime_map_new(mail.data, mail.size, NULL);
	printf("{\"parts\":[");
	show_map(map, 0, DECODINGS_MAX);
	show_anomalies(map);
	mime_map_free(&map);
	buf_fini(&mail);
	return 0;
}
