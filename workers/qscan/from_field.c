#include "workers/qscan/from_field.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/mime/decode.h"
#include "lib/mime/map.h"

enum {
	HEADER_MOST = 256 << 10,
	FIELDS_MOST = 20,
	ADDRESSES_MOST = 100,
};

static void add(struct from_field *from, const char *text, size_t size)
{
	if (from->count == ADDRESSES_MOST)
		return;
	while (size && strchr(" \t\r\n", text[size - 1]))
		size--;
	while (size && strchr(" \t\r\n", *text)) {
		text++;
		size--;
	}
	from->addresses = alloc_grow(from->addresses, from->count + 1, sizeof(*from->addresses));
	from->addresses[from->count++] = alloc_bytes(text, size);
}

/* Goes behind a quoted string or a comment, whose content is no address. */
static const char *skip_quoted(const char *at)
{
	char end = *at == '"' ? '"' : ')';

	for (at++; *at && *at != end; at++)
		if (*at == '\\' && at[1])
			at++;
	return *at ? at + 1 : at;
}

static int add_bracketed(struct from_field *from, const char *text)
{
	size_t before = from->count;
	const char *at = text, *end;

	while (*at) {
		if (*at == '"' || *at == '(') {
			at = skip_quoted(at);
			continue;
		}
		end = *at == '<' ? strchr(at, '>') : NULL;
		if (end) {
			add(from, at + 1, (size_t)(end - at - 1));
			at = end;
		}
		at++;
	}
	return from->count > before;
}

static void add_words(struct from_field *from, const char *text)
{
	size_t length;

	for (; *text; text += length + (text[length] != '\0')) {
		length = strcspn(text, " \t\r\n,;");
		if (memchr(text, '@', length))
			add(from, text, length);
	}
}

void from_field_add(struct from_field *from, const char *text)
{
	if (!add_bracketed(from, text))
		add_words(from, text);
}

/* Up to the first empty line, whichever line ends are used. */
static size_t header_size(const char *bytes, size_t size)
{
	const char *end, *at, *stop;

	if (size > HEADER_MOST)
		size = HEADER_MOST;
	stop = bytes + size;
	for (at = bytes; (end = memchr(at, '\n', (size_t)(stop - at))); at = end + 1)
		if ((stop - end > 1 && end[1] == '\n') ||
		        (stop - end > 2 && end[1] == '\r' && end[2] == '\n'))
			return (size_t)(end - bytes) + 1;
	return size;
}

void from_field_read(struct from_field *from, const void *bytes, size_t size)
{
	struct mime_limits limits = {1, 1, 1000, 65536};
	struct mime_map *map = mime_map_new(bytes, header_size(bytes, size), &limits);
	size_t nth;
	char *text;

	for (nth = 0; nth < FIELDS_MOST; nth++) {
		text = decode_field(map, 0, "From", nth);
		if (!text)
			break;
		from_field_add(from, text);
		free(text);
	}
	mime_map_free(&map);
}

void from_field_fini(struct from_field *from)
{
	size_t at;

	for (at = 0; at < from->count; at++)
		free(from->addresses[at]);
	free(from->addresses);
	memset(from, 0, sizeof(*from));
}
