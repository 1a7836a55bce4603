/*
 * What is attached to a vCard or an appointment, in base64.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/unpack/encoded.h"
#include "lib/unpack/walk.h"

enum { NAME_ROOM = 512 };

static void give(struct walk *walk, const struct buf *text, const char *name)
{
	struct buf bytes = {0};

	encoded_base64(text, &bytes);
	if (bytes.size)
		walk_copy(
		        walk, (struct piece){(const unsigned char *)bytes.data, bytes.size}, name);
	buf_fini(&bytes);
}

/* Behind a line and those that continue it, which begin with a blank (RFC 5545 section 3.1). */
static const unsigned char *unfolded_end(const unsigned char *at, const unsigned char *end)
{
	const unsigned char *lf;

	while ((lf = memchr(at, '\n', (size_t)(end - at)))) {
		at = lf + 1;
		if (at == end || (*at != ' ' && *at != '\t'))
			return at;
	}
	return end;
}

static void add_unfolded(struct buf *out, const unsigned char *at, const unsigned char *end)
{
	for (; at < end; at++) {
		if (*at == '\r' || *at == '\n') {
			while (at + 1 < end && strchr("\r\n \t", at[1]) && at[1])
				at++;
			continue;
		}
		buf_add_char(out, *at ? (char)*at : '?');
	}
}

static const char *find_end(const char *at, const char *end, char stop)
{
	const char *found = at < end ? memchr(at, stop, (size_t)(end - at)) : NULL;

	return found ? found : end;
}

/* The file's name among the parameters: FILENAME=, X-FILENAME= and their like. */
static char *parameter_name(const char *head, size_t size)
{
	const char *at = text_find(head, size, "filename="), *end = head + size;

	if (!at)
		return walk_name("", 0);
	at += strlen("filename=");
	if (at < end && *at == '"') {
		at++;
		end = find_end(at, end, '"');
	} else {
		end = find_end(at, end, ';');
	}
	if (end - at > NAME_ROOM)
		at = end - NAME_ROOM;
	return walk_name(at, (size_t)(end - at));
}

/* The colon that ends the parameters: none in quotes. */
static size_t value_start(const struct buf *line)
{
	int quoted = 0;
	size_t at;

	for (at = 0; at < line->size; at++) {
		quoted ^= line->data[at] == '"';
		if (line->data[at] == ':' && !quoted)
			return at + 1;
	}
	return line->size;
}

static void use_line(struct walk *walk, const struct buf *line)
{
	size_t start = value_start(line);
	struct buf value = {0};
	char *name;

	if (!text_find(line->data, start, "encoding=b") &&
	        !text_find(line->data, start, ";base64") &&
	        !text_find(line->data + start, line->size - start, ";base64,"))
		return;
	if (text_starts(line->data + start, "data:")) {
		const char *comma = memchr(line->data + start, ',', line->size - start);

		start = comma ? (size_t)(comma - line->data) : start;
	}
	name = parameter_name(line->data, start);
	buf_add(&value, line->data + start, line->size - start);
	give(walk, &value, name);
	free(name);
	buf_fini(&value);
}

void walk_card(struct walk *walk)
{
	const unsigned char *at = walk->bytes, *end = walk->bytes + walk->size, *next;
	struct buf line = {0};

	for (; at < end && !walk->stopped; at = next) {
		next = unfolded_end(at, end);
		buf_clear(&line);
		buf_add(&line, "", 0);
		add_unfolded(&line, at, next);
		use_line(walk, &line);
	}
	buf_fini(&line);
}
