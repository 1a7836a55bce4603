/* The encodings that are read line by line: uuencode and yEnc. */
#include <string.h>
#include <strings.h>

#include "lib/mime/decoder.h"

static int starts(const unsigned char *line, size_t size, const char *word)
{
	size_t length = strlen(word);

	return size >= length && strncasecmp((const char *)line, word, length) == 0;
}

/* ---------------------------------------------------------------- uuencode */

/* A part of the line that is being read, its end not in it. */
static void uu_add(struct uuencode_decoder *state, const unsigned char *from, size_t size)
{
	size_t room = UUENCODE_LINE - state->length, text = size;

	memcpy(state->line + state->length, from, size < room ? size : room);
	while (text && from[text - 1] == '\r')
		text--;
	if (text)
		state->size = text < room ? state->length + text : UUENCODE_LINE;
	state->length += size < room ? size : room;
}

/* Blanks that were cut off a line's end are zeros, and so are CRs, which leave as blanks. Behind a
 * "begin", where all is data, lower-case letters stand for their six bits, as many decoders have
 * it; before it they are talk. */
static unsigned uu_value(const struct uuencode_decoder *state, size_t at)
{
	unsigned char c = at < state->size ? state->line[at] : ' ';

	return c >= 32 && c <= (state->is_begun ? 126 : 96) ? (unsigned)(c - 32) & 63 : 0;
}

/* One data line: its first byte says how many bytes it holds. */
static unsigned uu_data(const struct uuencode_decoder *state, struct buf *out)
{
	size_t wanted = uu_value(state, 0), at = 1, done = 0;
	unsigned bits, nth;
	char plain[64];

	if (wanted > state->size)
		wanted = state->size; /* keeps the output linear in the input */
	for (; done < wanted; at += 4) {
		bits = uu_value(state, at) << 18 | uu_value(state, at + 1) << 12 |
		       uu_value(state, at + 2) << 6 | uu_value(state, at + 3);
		for (nth = 0; nth < 3 && done < wanted; nth++, done++)
			plain[done] = (char)(bits >> (16 - 8 * nth));
	}
	buf_add(out, plain, wanted);
	return state->size + 3 < 1 + (wanted + 2) / 3 * 4 ? DECODE_SHORT : 0;
}

static int uu_is_begin(const unsigned char *line, size_t size)
{
	return size > 5 && starts(line, size, "begin") && strchr(" \t\r", line[5]) && line[5];
}

static void uu_line(struct uuencode_decoder *state, struct buf *out)
{
	const unsigned char *line = state->line;
	size_t size = state->size;

	if (starts(line, size, "begin-base64"))
		state->is_base64 = 1;
	else if (uu_is_begin(line, size))
		state->is_begun = 1;
	else if (size && !(size == 3 && starts(line, size, "end")))
		state->oddities |= uu_data(state, out);
	state->length = state->size = 0;
}

void uuencode_feed(
        struct uuencode_decoder *state, const unsigned char *from, size_t size, struct buf *out)
{
	const unsigned char *end = from + size, *lf;

	while (from < end && !state->is_base64) {
		lf = memchr(from, '\n', (size_t)(end - from));
		uu_add(state, from, (size_t)((lf ? lf : end) - from));
		if (lf)
			uu_line(state, out);
		from = lf ? lf + 1 : end;
	}
	if (state->is_base64)
		base64_feed(&state->base64, from, (size_t)(end - from), out);
}

unsigned uuencode_end(struct uuencode_decoder *state, struct buf *out)
{
	if (state->length)
		uu_line(state, out);
	if (state->is_base64)
		state->oddities |= base64_end(&state->base64, out);
	return state->oddities;
}

/* ---------------------------------------------------------------- yEnc */

static void yenc_add(unsigned char c, struct buf *out)
{
	buf_add_char(out, (char)(c - 42));
}

/* CRs that turned out not to stand at the line's end: they leave as blanks, and so are decoded. */
static void yenc_crs(struct yenc_decoder *state, struct buf *out)
{
	for (; state->cr_count; state->cr_count--) {
		yenc_add((unsigned char)(' ' - (state->escape ? 64 : 0)), out);
		state->escape = 0;
	}
}

/* A "=" with nothing behind it stands for itself. */
static void yenc_line_end(struct yenc_decoder *state, struct buf *out)
{
	if (state->escape)
		yenc_add('=', out);
	state->escape = 0;
	state->cr_count = 0;
	state->word_size = 0;
	state->at = YENC_START;
}

/* Any byte of a line's data but its LF. */
static void yenc_data(struct yenc_decoder *state, unsigned char c, struct buf *out)
{
	if (c == '\r') {
		state->cr_count++;
		return;
	}
	yenc_crs(state, out);
	if (c == '=' && !state->escape) {
		state->escape = 1;
		return;
	}
	yenc_add((unsigned char)(c - (state->escape ? 64 : 0)), out);
	state->escape = 0;
}

/* What looked like a word is data. */
static void yenc_no_word(struct yenc_decoder *state, struct buf *out)
{
	size_t at;

	state->at = YENC_DATA;
	for (at = 0; at < state->word_size; at++)
		yenc_data(state, state->word[at], out);
	state->word_size = 0;
}

/* The first bytes of a line: they are a word, may become one, or are data. */
static void yenc_start(struct yenc_decoder *state, unsigned char c, struct buf *out)
{
	static const struct {
		char word[YENC_WORD + 1];
		int at;
	} words[] = {{"=ybegin", YENC_WORD_LINE}, {"=ypart", YENC_WORD_LINE}, {"=yend", YENC_DONE}};
	size_t nth, size = ++state->word_size;

	state->word[size - 1] = c;
	for (nth = 0; nth < sizeof words / sizeof *words; nth++) {
		if (strncasecmp((const char *)state->word, words[nth].word, size) != 0)
			continue;
		if (!words[nth].word[size])
			state->at = words[nth].at;
		return;
	}
	yenc_no_word(state, out);
}

static void yenc_byte(struct yenc_decoder *state, unsigned char c, struct buf *out)
{
	if (c == '\n') {
		if (state->at == YENC_START)
			yenc_no_word(state, out);
		yenc_line_end(state, out);
	} else if (state->at == YENC_START) {
		yenc_start(state, c, out);
	} else if (state->at == YENC_DATA) {
		yenc_data(state, c, out);
	}
}

/* Plain data as far as it stands together; gives how much. */
static size_t yenc_fast(const unsigned char *from, size_t size, struct buf *out)
{
	size_t at;
	char *to;

	buf_reserve(out, size);
	to = out->data + out->size;
	for (at = 0; at < size; at++) {
		if (from[at] == '=' || from[at] == '\r' || from[at] == '\n')
			break;
		to[at] = (char)(from[at] - 42);
	}
	to[at] = '\0';
	out->size += at;
	return at;
}

void yenc_feed(struct yenc_decoder *state, const unsigned char *from, size_t size, struct buf *out)
{
	size_t at = 0;

	while (at < size && state->at != YENC_DONE) {
		if (state->at == YENC_DATA && !state->escape && !state->cr_count)
			at += yenc_fast(from + at, size - at, out);
		if (at < size)
			yenc_byte(state, from[at++], out);
	}
}

unsigned yenc_end(struct yenc_decoder *state, struct buf *out)
{
	if (state->at == YENC_DONE)
		return 0;
	yenc_byte(state, '\n', out);
	return DECODE_SHORT;
}
