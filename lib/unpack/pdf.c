/*
 * PDF as a container: its embedded files, wherever a stream says that it is one, and the names that
 * it gives to files. No cross-reference table is believed: readers repair broken ones, so every
 * stream is looked at. Names of which nothing says the file are handed out by themselves.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/unpack/walk.h"

enum {
	DICTIONARY_LOOKED_AT = 4096, /* bytes in front of "stream" */
	NAME_ROOM = 1024,
	NAMES_MOST = 64,
	ZLIB_HEAD = 2,
};

struct pdf {
	struct walk *walk;
	size_t names;
	struct buf found; /* names, each with its NUL */
};

static int hex(unsigned char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 32;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A dictionary's text with the "#45" in names undone (ISO 32000-1, 7.3.5). */
static void read_dictionary(struct piece from, struct buf *out)
{
	size_t at;

	buf_clear(out);
	buf_add(out, "", 0);
	for (at = 0; at < from.left; at++) {
		if (from.at[at] == '#' && at + 2 < from.left && hex(from.at[at + 1]) >= 0 &&
		        hex(from.at[at + 2]) >= 0) {
			buf_add_char(out, (char)(hex(from.at[at + 1]) << 4 | hex(from.at[at + 2])));
			at += 2;
		} else {
			buf_add_char(out, (char)from.at[at]);
		}
	}
}

static int says(const struct buf *dictionary, const char *name)
{
	const char *end = dictionary->data + dictionary->size, *at = dictionary->data;
	size_t length = strlen(name);

	while ((at = memmem(at, (size_t)(end - at), name, length))) {
		at += length;
		if (at == end || !((*at | 32) >= 'a' && (*at | 32) <= 'z'))
			return 1;
	}
	return 0;
}

/* ---------------------------------------------------------------- names */

static unsigned char octal(const unsigned char **at, const unsigned char *end)
{
	unsigned value = 0, count;

	for (count = 0; count < 3 && *at < end && **at >= '0' && **at <= '7'; count++)
		value = value * 8 + (unsigned)(*(*at)++ - '0');
	return (unsigned char)value;
}

/* "(x\056exe)" (7.3.4.2). */
static size_t read_literal(
        const unsigned char *at, const unsigned char *end, unsigned char name[NAME_ROOM])
{
	size_t length = 0;
	int depth = 0;

	for (at++; at < end && length < NAME_ROOM; at++) {
		if (*at == ')' && !depth--)
			break;
		depth += *at == '(';
		if (*at != '\\' || at + 1 == end) {
			name[length++] = *at;
		} else if (*++at >= '0' && *at <= '7') {
			name[length++] = octal(&at, end);
			at--;
		} else if (*at != '\r' && *at != '\n') {
			name[length++] = *at;
		}
	}
	return length;
}

static size_t read_hexadecimal(
        const unsigned char *at, const unsigned char *end, unsigned char name[NAME_ROOM])
{
	size_t length = 0;
	int high = -1, value;

	for (at++; at < end && *at != '>' && length < NAME_ROOM; at++) {
		value = hex(*at);
		if (value < 0)
			continue;
		if (high >= 0)
			name[length++] = (unsigned char)(high << 4 | value);
		high = high >= 0 ? -1 : value;
	}
	return length;
}

/* PDF's own 8-bit charset, or UTF-16 with the highest byte first behind its mark. */
static char *name_of(unsigned char *name, size_t length)
{
	unsigned char high;
	size_t at;

	if (length < 2 || name[0] != 0xfe || name[1] != 0xff)
		return walk_name(name, length);
	for (at = 2; at + 1 < length; at += 2) {
		high = name[at];
		name[at] = name[at + 1];
		name[at + 1] = high;
	}
	return piece_wide_name((struct piece){name + 2, length - 2});
}

/* An address is no file's name. */
static void keep_name(struct pdf *pdf, char *name)
{
	if (*name && !strstr(name, "://") && pdf->names < NAMES_MOST) {
		buf_add(&pdf->found, name, strlen(name) + 1);
		pdf->names++;
	}
	free(name);
}

/* Values of /F and /UF, that is, of file specifications, and of what starts a program. */
static void read_names(struct pdf *pdf, const unsigned char *bytes, size_t size)
{
	const unsigned char *at = bytes, *end = bytes + size, *value;
	unsigned char name[NAME_ROOM];

	for (; pdf->names < NAMES_MOST && (at = memchr(at, 'F', (size_t)(end - at))); at++) {
		if (at == bytes ||
		        !(at[-1] == '/' || (at[-1] == 'U' && at > bytes + 1 && at[-2] == '/')))
			continue;
		for (value = at + 1; value < end && strchr(" \t\r\n", *value) && *value; value++)
			continue;
		if (value < end && *value == '(')
			keep_name(pdf, name_of(name, read_literal(value, end, name)));
		else if (end - value > 1 && *value == '<' && value[1] != '<')
			keep_name(pdf, name_of(name, read_hexadecimal(value, end, name)));
	}
}

/* ---------------------------------------------------------------- streams */

/* Where the dictionary in front of a stream begins: behind "obj", or as far back as is looked. */
static struct piece dictionary_before(const struct walk *walk, const unsigned char *stream)
{
	size_t left = (size_t)(stream - walk->bytes);
	const unsigned char *from = walk->bytes +
	                            (left > DICTIONARY_LOOKED_AT ? left - DICTIONARY_LOOKED_AT : 0),
	                    *next;

	while ((next = memmem(from, (size_t)(stream - from), "obj", 3)))
		from = next + 3;
	return (struct piece){from, (size_t)(stream - from)};
}

static void unpacked(
        struct pdf *pdf, struct piece data, const struct buf *dictionary, struct buf *out)
{
	int is_packed = says(dictionary, "/FlateDecode") || says(dictionary, "/Fl");

	if (is_packed && data.left > ZLIB_HEAD) {
		piece_take_run(&data, ZLIB_HEAD);
		walk_inflate(pdf->walk, data, out);
	} else if (!pdf->walk->out_of_bytes && walk_spend(pdf->walk, data.left, "")) {
		buf_add(out, data.at, data.left);
	}
}

static void give_file(struct pdf *pdf, struct piece data, const struct buf *dictionary)
{
	struct buf content = {0};

	if (!walk_count(pdf->walk))
		return;
	buf_add(&content, "", 0);
	unpacked(pdf, data, dictionary, &content);
	walk_member(pdf->walk, "", &content, 0);
	buf_fini(&content);
}

/* Objects may be packed together, the ones that name files among them. */
static void read_objects(struct pdf *pdf, struct piece data, const struct buf *dictionary)
{
	struct buf content = {0};

	buf_add(&content, "", 0);
	unpacked(pdf, data, dictionary, &content);
	read_names(pdf, (const unsigned char *)content.data, content.size);
	buf_fini(&content);
}

static void use_stream(struct pdf *pdf, struct piece data, const struct buf *dictionary)
{
	if (says(dictionary, "/EmbeddedFile"))
		give_file(pdf, data, dictionary);
	else if (says(dictionary, "/ObjStm"))
		read_objects(pdf, data, dictionary);
}

/* The data begin behind the line's end; how long they are is not believed. */
static const unsigned char *read_stream(
        struct pdf *pdf, const unsigned char *stream, struct buf *dictionary)
{
	const unsigned char *end = pdf->walk->bytes + pdf->walk->size, *at = stream + 6, *stop;

	read_dictionary(dictionary_before(pdf->walk, stream), dictionary);
	at += at < end && *at == '\r';
	at += at < end && *at == '\n';
	stop = memmem(at, (size_t)(end - at), "endstream", 9);
	if (!stop)
		stop = end;
	use_stream(pdf, (struct piece){at, (size_t)(stop - at)}, dictionary);
	return stop == end ? end : stop + 9;
}

static void give_names(struct pdf *pdf)
{
	const char *name = pdf->found.data, *end = name + pdf->found.size;

	for (; name < end; name += strlen(name) + 1) {
		if (!walk_count(pdf->walk))
			return;
		walk_member(pdf->walk, name, NULL, 0);
	}
}

void walk_pdf(struct walk *walk)
{
	const unsigned char *at = walk->bytes, *end = walk->bytes + walk->size, *stream;
	struct pdf pdf = {.walk = walk};
	struct buf dictionary = {0};

	buf_add(&pdf.found, "", 0);
	while (!walk->stopped && (stream = memmem(at, (size_t)(end - at), "stream", 6))) {
		read_names(&pdf, at, (size_t)(stream - at));
		at = read_stream(&pdf, stream, &dictionary);
	}
	read_names(&pdf, at, (size_t)(end - at));
	give_names(&pdf);
	buf_fini(&dictionary);
	buf_fini(&pdf.found);
}
