/*
 * What the tests of this folder share: a payload put together at run time, so that no file here is
 * a virus to anybody, and the questions a filter asks of a map.
 */
#ifndef TESTS_UNIT_LIB_MIME_SUPPORT_H
#define TESTS_UNIT_LIB_MIME_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/alloc.h"
#include "lib/base/buf.h"
#include "lib/mime/decode.h"
#include "lib/mime/map.h"
#include "lib/mime/name.h"
#include "lib/mime/view.h"

static inline const char *payload(void)
{
	static char text[80];

	snprintf(text, sizeof text, "%s%s", "X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD",
	        "-ANTIVIRUS-TEST-FILE!$H+H*");
	return text;
}

/* Base64 in lines of `group` bytes each, every line with its own padding if that isn't a multiple
 * of three. */
static inline void add_base64(struct buf *out, const char *bytes, size_t size, size_t group)
{
	static const char alphabet[] =
	        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t at, end, left;
	unsigned bits;

	for (at = 0; at < size; buf_add_string(out, "\r\n"))
		for (end = at + group < size ? at + group : size; at < end; at += 3) {
			left = end - at;
			bits = (unsigned)(unsigned char)bytes[at] << 16;
			bits |= left > 1 ? (unsigned)(unsigned char)bytes[at + 1] << 8 : 0;
			bits |= left > 2 ? (unsigned)(unsigned char)bytes[at + 2] : 0;
			buf_add_char(out, alphabet[bits >> 18 & 63]);
			buf_add_char(out, alphabet[bits >> 12 & 63]);
			buf_add_char(out, left > 1 ? alphabet[bits >> 6 & 63] : '=');
			buf_add_char(out, left > 2 ? alphabet[bits & 63] : '=');
			if (left < 3)
				at = end - 3;
		}
}

/* `pattern` with each "\1" replaced by the payload in base64, "\2" by the payload itself, "\3" by
 * harmless base64, each "\4" by the payload in base64 of chunks padded one by one. */
static inline char *mail(const char *pattern)
{
	static const char harmless[] =
	        "Nothing but a harmless note, some words long, for the twin.";
	struct buf out = {0};

	for (; *pattern; pattern++) {
		if (*pattern == '\1')
			add_base64(&out, payload(), strlen(payload()), 57);
		else if (*pattern == '\2')
			buf_add_string(&out, payload());
		else if (*pattern == '\3')
			add_base64(&out, harmless, strlen(harmless), 57);
		else if (*pattern == '\4')
			add_base64(&out, payload(), strlen(payload()), 4);
		else
			buf_add_char(&out, *pattern);
	}
	buf_add(&out, "", 0);
	return buf_give(&out);
}

static inline struct mime_map *map_of(const char *text)
{
	return mime_map_new(text, strlen(text), NULL);
}

static inline int part_has_payload(const struct mime_map *map, size_t part, int depth)
{
	struct buf text = {0};
	unsigned encoding;
	int found = 0;

	for (encoding = 0; encoding <= MIME_UNKNOWN_ENCODING && !found; encoding++) {
		if (!(map->parts[part].encodings >> encoding & 1))
			continue;
		buf_clear(&text);
		decode_part(map, part, (enum mime_encoding)encoding, &text);
		found = memmem(text.data, text.size, payload(), strlen(payload())) != NULL;
		if (!found && depth && map->parts[part].needs_decoding) {
			struct mime_map *inner =
			        mime_map_new_decoded(map, part, text.data, text.size, NULL);
			size_t at;

			for (at = 0; at < inner->part_count && !found; at++)
				found = part_has_payload(inner, at, depth - 1);
			mime_map_free(&inner);
		}
	}
	buf_fini(&text);
	return found;
}

/* As a filter would look for it: every part under every candidate encoding; multiparts and messages
 * under an encoding are mapped again once decoded. */
static inline int has_payload(const struct mime_map *map)
{
	size_t part;

	for (part = 0; part < map->part_count; part++)
		if (part_has_payload(map, part, 3))
			return 1;
	return 0;
}

static inline int has_extension(const struct mime_map *map, const char *extension)
{
	size_t part, name;
	int found = 0;

	for (part = 0; part < map->part_count; part++)
		for (name = 0; name < map->parts[part].name_count && !found; name++) {
			char *normal = name_normalise(map->parts[part].names[name].text);

			found = strcmp(name_extension(normal), extension) == 0;
			free(normal);
		}
	return found;
}

static inline int worst_of(const struct mime_map *map)
{
	size_t at;
	int worst = 0;

	for (at = 0; at < map->anomaly_count; at++)
		if (mime_anomaly_severity(map->anomalies[at].kind) > worst)
			worst = mime_anomaly_severity(map->anomalies[at].kind);
	return worst;
}

#endif
