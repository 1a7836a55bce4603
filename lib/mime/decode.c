#include "lib/mime/decode.h"

#include <string.h>
#include <strings.h>

#include "lib/base/bytes.h"

enum {
	NOT_BASE64 = 64,
	BINHEX_HEAD =
	        1024, /* bytes that hold the file's name, the lines before the stream included */
};

/* Values of the alphabet, "-" and "_" of the URL-safe one not among them: no mail client takes
 * them. */
static const unsigned char *base64_values(void)
{
	static unsigned char values[256];
	static const char alphabet[] =
	        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t at;

	if (!values[0]) {
		memset(values, NOT_BASE64, sizeof values);
		for (at = 0; at < 64; at++)
			values[(unsigned char)alphabet[at]] = (unsigned char)at;
	}
	return values;
}

struct base64 {
	unsigned bits, count; /* of the group of four that is being read */
	unsigned oddities;
	size_t padding; /* "=" seen and nothing behind it yet */
};

/* A group that padding ended early: what it holds of whole bytes. */
static void base64_flush(struct base64 *state, char **to)
{
	if (state->count >= 2)
		*(*to)++ = (char)(state->bits >> (state->count == 2 ? 4 : 10));
	if (state->count == 3)
		*(*to)++ = (char)(state->bits >> 2);
	state->bits = state->count = 0;
}

static void base64_slow(struct base64 *state, unsigned char c, unsigned value, char **to)
{
	if (value < NOT_BASE64) {
		if (state->padding)
			state->oddities |= DECODE_PADDING_INSIDE;
		state->padding = 0;
		state->bits = state->bits << 6 | value;
		if (++state->count < 4)
			return;
		*(*to)++ = (char)(state->bits >> 16);
		*(*to)++ = (char)(state->bits >> 8);
		*(*to)++ = (char)state->bits;
		state->bits = state->count = 0;
	} else if (c == '=') {
		base64_flush(state, to);
		state->padding++;
	} else if (c != '\n' && c != '\r' && c != ' ' && c != '\t') {
		state->oddities |= DECODE_BAD_CHARACTER;
	}
}

unsigned decode_base64(const void *bytes, size_t size, struct buf *out)
{
	const unsigned char *from = bytes, *end = from + size, *values = base64_values();
	struct base64 state = {0};
	char *to;

	buf_reserve(out, size / 4 * 3 + 4);
	to = out->data + out->size;
	while (from < end) {
		if (!state.count && end - from >= 4) {
			unsigned a = values[from[0]], b = values[from[1]], c = values[from[2]],
			         d = values[from[3]];

			if ((a | b | c | d) < NOT_BASE64 && !state.padding) {
				unsigned bits = a << 18 | b << 12 | c << 6 | d;

				*to++ = (char)(bits >> 16);
				*to++ = (char)(bits >> 8);
				*to++ = (char)bits;
				from += 4;
				continue;
			}
		}
		base64_slow(&state, *from, values[*from], &to);
		from++;
	}
	state.oddities |= state.count ? DECODE_SHORT : 0;
	base64_flush(&state, &to);
	out->size = (size_t)(to - out->data);
	out->data[out->size] = '\0';
	return state.oddities;
}

/* ---------------------------------------------------------------- quoted-printable */

static int hex(unsigned char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 32;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* At an "=": takes what it stands for; gives how many bytes it covers. */
static size_t quoted_escape(
        const unsigned char *at, size_t size, struct buf *out, unsigned *oddities)
{
	size_t blanks = 1;

	if (size >= 3 && hex(at[1]) >= 0 && hex(at[2]) >= 0) {
		buf_add_char(out, (char)(hex(at[1]) * 16 + hex(at[2])));
		return 3;
	}
	while (blanks < size && (at[blanks] == ' ' || at[blanks] == '\t'))
		blanks++;
	if (blanks == size || at[blanks] == '\n' || at[blanks] == '\r') {
		*oddities |= blanks > 1 ? DECODE_BLANK_SOFT_BREAK : 0;
		*oddities |= blanks == size && size > 1 ? DECODE_SHORT : 0;
		blanks += blanks < size && at[blanks] == '\r';
		blanks += blanks < size && at[blanks] == '\n';
		return blanks;
	}
	*oddities |= DECODE_BAD_ESCAPE;
	buf_add_char(out, '=');
	return 1;
}

unsigned decode_quoted_printable(const void *bytes, size_t size, struct buf *out)
{
	const unsigned char *from = bytes, *end = from + size, *escape;
	unsigned oddities = 0;

	buf_reserve(out, size);
	while (from < end) {
		escape = memchr(from, '=', (size_t)(end - from));
		buf_add(out, from, (size_t)((escape ? escape : end) - from));
		if (!escape)
			break;
		from = escape + quoted_escape(escape, (size_t)(end - escape), out, &oddities);
	}
	return oddities;
}

/* ---------------------------------------------------------------- lines */

struct text_line {
	const unsigned char *start;
	size_t size;
};

/* Takes the next line off the front; false at the end. */
static int take_line(const unsigned char **from, const unsigned char *end, struct text_line *line)
{
	const unsigned char *lf;

	if (*from == end)
		return 0;
	lf = memchr(*from, '\n', (size_t)(end - *from));
	line->start = *from;
	line->size = (size_t)((lf ? lf : end) - *from);
	*from = lf ? lf + 1 : end;
	while (line->size && line->start[line->size - 1] == '\r')
		line->size--;
	return 1;
}

static int starts(const struct text_line *line, const char *word)
{
	size_t size = strlen(word);

	return line->size >= size && strncasecmp((const char *)line->start, word, size) == 0;
}

/* ---------------------------------------------------------------- uuencode */

static unsigned uu_value(const struct text_line *line, size_t at)
{
	unsigned char c = at < line->size ? line->start[at] : ' ';

	return c >= 32 && c <= 96 ? (unsigned)(c - 32) & 63 : 0;
}

/* One data line: its first byte says how many bytes it holds; blanks that were cut off its end are
 * zeros. */
static unsigned uu_line(const struct text_line *line, struct buf *out)
{
	size_t wanted = uu_value(line, 0), at = 1, done = 0;
	unsigned bits, nth;

	if (wanted > line->size)
		wanted = line->size; /* keeps the output linear in the input */
	for (; done < wanted; at += 4) {
		bits = uu_value(line, at) << 18 | uu_value(line, at + 1) << 12 |
		       uu_value(line, at + 2) << 6 | uu_value(line, at + 3);
		for (nth = 0; nth < 3 && done < wanted; nth++, done++)
			buf_add_char(out, (char)(bits >> (16 - 8 * nth)));
	}
	return line->size + 3 < 1 + (wanted + 2) / 3 * 4 ? DECODE_SHORT : 0;
}

unsigned decode_uuencode(const void *bytes, size_t size, struct buf *out)
{
	const unsigned char *from = bytes, *end = from + size;
	struct text_line line;
	unsigned oddities = 0;

	while (take_line(&from, end, &line)) {
		if (starts(&line, "begin-base64"))
			return oddities | decode_base64(from, (size_t)(end - from), out);
		if (!line.size || starts(&line, "begin ") || starts(&line, "begin\t"))
			continue;
		if (starts(&line, "end") && line.size == 3)
			continue;
		oddities |= uu_line(&line, out);
	}
	return oddities;
}

/* ---------------------------------------------------------------- yEnc */

unsigned decode_yenc(const void *bytes, size_t size, struct buf *out)
{
	const unsigned char *from = bytes, *end = from + size;
	struct text_line line;
	size_t at;
	unsigned char c;

	while (take_line(&from, end, &line)) {
		if (starts(&line, "=ybegin") || starts(&line, "=ypart"))
			continue;
		if (starts(&line, "=yend"))
			return 0;
		for (at = 0; at < line.size; at++) {
			c = line.start[at];
			if (c == '=' && at + 1 < line.size)
				c = (unsigned char)(line.start[++at] - 64);
			buf_add_char(out, (char)(c - 42));
		}
	}
	return DECODE_SHORT;
}

/* ---------------------------------------------------------------- BinHex 4.0 */

/* Six bits a character to bytes, without the run-length coding undone. */
static unsigned binhex_bytes(const unsigned char *from, const unsigned char *end, struct buf *out)
{
	static const char alphabet[] =
	        "!\"#$%&'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr";
	unsigned bits = 0, count = 0;
	const char *found;

	for (; from < end && *from != ':'; from++) {
		found = *from ? strchr(alphabet, *from) : NULL;
		if (!found)
			continue;
		bits = bits << 6 | (unsigned)(found - alphabet);
		count += 6;
		if (count < 8)
			continue;
		count -= 8;
		buf_add_char(out, (char)(bits >> count));
	}
	return from == end ? DECODE_SHORT : 0;
}

/* 0x90 n repeats the byte before it n times in all; 0x90 0 is itself. A run is at most 255 long for
 * three input bytes; `limit` keeps the whole bounded. */
static void binhex_runs(const struct buf *packed, struct buf *out, size_t limit)
{
	size_t at;

	for (at = 0; at < packed->size && out->size < limit; at++) {
		unsigned char c = (unsigned char)packed->data[at], run;

		if (c != 0x90 || at + 1 == packed->size) {
			buf_add_char(out, (char)c);
			continue;
		}
		run = (unsigned char)packed->data[++at];
		if (!run)
			buf_add_char(out, (char)0x90);
		for (; run > 1 && out->size; run--)
			buf_add_char(out, out->data[out->size - 1]);
	}
}

static size_t big_endian(const struct buf *bytes, size_t at)
{
	return bytes_big32((const unsigned char *)bytes->data + at);
}

/* From the first colon on: the stream that header and forks stand in (RFC 1741). */
static unsigned binhex_stream(const unsigned char *bytes, size_t size, struct buf *out)
{
	const unsigned char *colon = size ? memchr(bytes, ':', size) : NULL, *end = bytes + size;
	struct buf packed = {0};
	unsigned oddities = DECODE_SHORT;

	if (colon)
		oddities = binhex_bytes(colon + 1, end, &packed);
	binhex_runs(&packed, out, size * 16);
	buf_fini(&packed);
	return oddities;
}

unsigned decode_binhex(const void *bytes, size_t size, struct buf *out)
{
	struct buf plain = {0};
	unsigned oddities = binhex_stream(bytes, size, &plain);
	size_t header, length;

	/* Name length, name, NUL, type, creator, flags, two lengths, check sum. */
	header = plain.size ? (size_t)(unsigned char)plain.data[0] + 22 : 0;
	if (header && plain.size > header) {
		length = big_endian(&plain, header - 10);
		if (length > plain.size - header) {
			length = plain.size - header;
			oddities |= DECODE_SHORT;
		}
		buf_add(out, plain.data + header, length);
	}
	buf_fini(&plain);
	return oddities;
}

char *decode_binhex_name(const void *bytes, size_t size)
{
	struct buf plain = {0};
	size_t length;
	char *name;

	binhex_stream(bytes, size < BINHEX_HEAD ? size : BINHEX_HEAD, &plain);
	length = plain.size ? (unsigned char)plain.data[0] : 0;
	name = decode_header_text(
	        plain.size ? plain.data + 1 : "", length < plain.size ? length : 0);
	buf_fini(&plain);
	return name;
}

/* ---------------------------------------------------------------- a part */

unsigned decode_part(
        const struct mime_map *map, size_t part, enum mime_encoding encoding, struct buf *out)
{
	const struct mime_range body = map->parts[part].body;
	const unsigned char *bytes = map->bytes + body.offset;

	switch (encoding) {
	case MIME_BASE64:
		return decode_base64(bytes, body.length, out);
	case MIME_QUOTED_PRINTABLE:
		return decode_quoted_printable(bytes, body.length, out);
	case MIME_UUENCODE:
		return decode_uuencode(bytes, body.length, out);
	case MIME_YENC:
		return decode_yenc(bytes, body.length, out);
	case MIME_BINHEX:
		return decode_binhex(bytes, body.length, out);
	case MIME_IDENTITY:
	case MIME_UNKNOWN_ENCODING:
		break;
	}
	buf_add(out, bytes, body.length);
	return 0;
}
