#include <string.h>

#include "lib/mime/decoder.h"

enum { NOT_BASE64 = 64 };

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

/* A group that padding ended early: what it holds of whole bytes. */
static void base64_flush(struct base64_decoder *state, char **to)
{
	if (state->count >= 2)
		*(*to)++ = (char)(state->bits >> (state->count == 2 ? 4 : 10));
	if (state->count == 3)
		*(*to)++ = (char)(state->bits >> 2);
	state->bits = state->count = 0;
}

static void base64_slow(struct base64_decoder *state, unsigned char c, unsigned value, char **to)
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
		state->padding = 1;
	} else if (c != '\n' && c != '\r' && c != ' ' && c != '\t') {
		state->oddities |= DECODE_BAD_CHARACTER;
	}
}

/* As many groups of four as stand together; gives where they end. */
static const unsigned char *base64_fast(
        const unsigned char *from, const unsigned char *end, char **to)
{
	const unsigned char *values = base64_values();
	char *at = *to;

	for (; end - from >= 4; from += 4) {
		unsigned a = values[from[0]], b = values[from[1]], c = values[from[2]],
		         d = values[from[3]], bits = a << 18 | b << 12 | c << 6 | d;

		if ((a | b | c | d) >= NOT_BASE64)
			break;
		*at++ = (char)(bits >> 16);
		*at++ = (char)(bits >> 8);
		*at++ = (char)bits;
	}
	*to = at;
	return from;
}

void base64_feed(
        struct base64_decoder *state, const unsigned char *from, size_t size, struct buf *out)
{
	const unsigned char *end = from + size, *values = base64_values();
	char *to;

	/* Three characters held back and up to three that size / 4 leaves out: four bytes more. */
	buf_reserve(out, size / 4 * 3 + 4);
	to = out->data + out->size;
	while (from < end) {
		if (!state->count && !state->padding)
			from = base64_fast(from, end, &to);
		if (from < end) {
			base64_slow(state, *from, values[*from], &to);
			from++;
		}
	}
	out->size = (size_t)(to - out->data);
	out->data[out->size] = '\0';
}

unsigned base64_end(struct base64_decoder *state, struct buf *out)
{
	char *to;

	buf_reserve(out, 2);
	to = out->data + out->size;
	state->oddities |= state->count ? DECODE_SHORT : 0;
	base64_flush(state, &to);
	out->size = (size_t)(to - out->data);
	out->data[out->size] = '\0';
	return state->oddities;
}
