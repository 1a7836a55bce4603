/*
 * Files that text brings along in base64: what a script in HTML or SVG puts together and offers to
 * save, a link that is its own content, and what is attached to a vCard or an appointment.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/unpack/walk.h"

enum {
	BLOB_LEAST = 64, /* characters: less is a word */
	BLOBS_MOST = 200,
	GLUE_MOST = 64, /* between two quoted pieces of one blob */
	NAME_ROOM = 512,
	NOT_BASE64 = 64,
};

static unsigned value_of(unsigned char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26u;
	if (c >= '0' && c <= '9')
		return c - '0' + 52u;
	return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : NOT_BASE64;
}

/* What is no base64 is passed over. */
static void decode(const struct buf *text, struct buf *out)
{
	unsigned bits = 0, count = 0, value;
	size_t at;

	buf_add(out, "", 0);
	for (at = 0; at < text->size; at++) {
		value = value_of((unsigned char)text->data[at]);
		if (value == NOT_BASE64)
			continue;
		bits = bits << 6 | value;
		count += 6;
		if (count < 8)
			continue;
		count -= 8;
		buf_add_char(out, (char)(bits >> count));
		bits &= (1u << count) - 1;
	}
}

static void give(struct walk *walk, const struct buf *text, const char *name)
{
	struct buf bytes = {0};

	decode(text, &bytes);
	if (bytes.size)
		walk_copy(
		        walk, (struct piece){(const unsigned char *)bytes.data, bytes.size}, name);
	buf_fini(&bytes);
}

/* ---------------------------------------------------------------- scripts and links */

static int is_quote(unsigned char c)
{
	return c == '"' || c == '\'' || c == '`';
}

/* Behind a quote: the next piece of the same text, where the two are added or listed; else `end`.
 */
static const unsigned char *next_piece(const unsigned char *at, const unsigned char *end)
{
	const unsigned char *most = end - at > GLUE_MOST ? at + GLUE_MOST : end;
	int glue = 0;

	for (; at < most; at++) {
		if (is_quote(*at) && glue)
			return at + 1;
		if (*at == '+' || *at == ',' || *at == '\\')
			glue = 1;
		else if (!strchr(" \t\r\n", *at) || !*at)
			return end;
	}
	return end;
}

/* A run of base64 and what it goes on with; gives its end. */
static const unsigned char *take_blob(
        const unsigned char *at, const unsigned char *end, struct buf *blob)
{
	const unsigned char *start = at, *next;

	for (;;) {
		while (at < end && (value_of(*at) != NOT_BASE64 || *at == '='))
			at++;
		buf_add(blob, start, (size_t)(at - start));
		if (at == end || !is_quote(*at))
			return at;
		next = next_piece(at + 1, end);
		if (next == end || value_of(*next) == NOT_BASE64)
			return at;
		start = at = next;
	}
}

/* Base64 in a link's address, which long ones are full of, does not begin behind a quote or comma.
 */
void walk_markup(struct walk *walk)
{
	const unsigned char *at = walk->bytes, *end = walk->bytes + walk->size;
	size_t blobs = 0;

	while (at < end && blobs < BLOBS_MOST && !walk->stopped) {
		struct buf blob = {0};

		if (!is_quote(*at) && *at != ',') {
			at++;
			continue;
		}
		buf_add(&blob, "", 0);
		at = take_blob(at + 1, end, &blob);
		if (blob.size >= BLOB_LEAST) {
			give(walk, &blob, "");
			blobs++;
		}
		buf_fini(&blob);
	}
}

/* ---------------------------------------------------------------- vCard and iCalendar */

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

/* The file's name among the parameters: FILENAME=, X-FILENAME= and their like. */
static char *parameter_name(const char *head, size_t size)
{
	const char *at = text_find(head, size, "filename="), *end;

	if (!at)
		return walk_name("", 0);
	at += strlen("filename=");
	end = head + size;
	if (at < end && *at == '"') {
		at++;
		end = memchr(at, '"', (size_t)(end - at)) ? memchr(at, '"', (size_t)(end - at))
		                                          : end;
	} else {
		end = memchr(at, ';', (size_t)(end - at)) ? memchr(at, ';', (size_t)(end - at))
		                                          : end;
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
