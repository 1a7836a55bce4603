#include <string.h>

#include "lib/base/text.h"
#include "lib/mime/decoder.h"

/* The "=" and what was held back behind it stand for themselves. */
static void quoted_bad(struct quoted_decoder *state, struct buf *out)
{
	state->oddities |= DECODE_BAD_ESCAPE;
	buf_add_char(out, '=');
	if (state->at == QUOTED_DIGIT)
		buf_add_char(out, (char)state->digit);
	if (state->blanks.size)
		buf_add(out, state->blanks.data, state->blanks.size);
	buf_clear(&state->blanks);
	state->at = QUOTED_TEXT;
}

/* Behind "=", or "=" and blanks. Blanks are held back only where the piece ends in them. */
static const unsigned char *quoted_behind_equals(struct quoted_decoder *state,
        const unsigned char *from, const unsigned char *end, struct buf *out)
{
	const unsigned char *stop = from;

	if (state->at == QUOTED_EQUALS && text_hex_value(*from) >= 0) {
		state->digit = *from;
		state->at = QUOTED_DIGIT;
		return from + 1;
	}
	while (stop < end && (*stop == ' ' || *stop == '\t'))
		stop++;
	if (stop > from)
		state->at = QUOTED_BLANKS;
	if (stop == end) {
		buf_add(&state->blanks, from, (size_t)(stop - from));
		return end;
	}
	if (*stop != '\n' && *stop != '\r') {
		quoted_bad(state, out);
		return from;
	}
	state->oddities |= state->at == QUOTED_BLANKS ? DECODE_BLANK_SOFT_BREAK : 0;
	buf_clear(&state->blanks);
	state->at = *stop == '\r' ? QUOTED_CR : QUOTED_TEXT;
	return stop + 1;
}

/* Within an escape; gives where what has no part in it begins. */
static const unsigned char *quoted_escape(struct quoted_decoder *state, const unsigned char *from,
        const unsigned char *end, struct buf *out)
{
	switch (state->at) {
	case QUOTED_EQUALS:
	case QUOTED_BLANKS:
		return quoted_behind_equals(state, from, end, out);
	case QUOTED_DIGIT:
		if (text_hex_value(*from) < 0) {
			quoted_bad(state, out);
			return from;
		}
		buf_add_char(
		        out, (char)(text_hex_value(state->digit) * 16 + text_hex_value(*from)));
		break;
	case QUOTED_CR:
		state->at = QUOTED_TEXT;
		return from + (*from == '\n');
	case QUOTED_TEXT:
		return from;
	}
	state->at = QUOTED_TEXT;
	return from + 1;
}

/* Text, and escapes that stand in one piece, up to one that must be looked at closer. There is
 * room in `out`. */
static const unsigned char *quoted_fast(struct quoted_decoder *state, const unsigned char *from,
        const unsigned char *end, struct buf *out)
{
	const unsigned char *equals;
	int high, low;

	while (from < end) {
		if (*from != '=') {
			equals = memchr(from, '=', (size_t)(end - from));
			equals = equals ? equals : end;
			buf_add(out, from, (size_t)(equals - from));
			from = equals;
			continue;
		}
		high = end - from >= 3 ? text_hex_value(from[1]) : -1;
		low = high >= 0 ? text_hex_value(from[2]) : -1;
		if (low < 0) {
			state->at = QUOTED_EQUALS;
			return from + 1;
		}
		out->data[out->size++] = (char)(high * 16 + low);
		out->data[out->size] = '\0';
		from += 3;
	}
	return from;
}

void quoted_feed(
        struct quoted_decoder *state, const unsigned char *from, size_t size, struct buf *out)
{
	const unsigned char *end = from + size;

	buf_reserve(out, state->blanks.size + 2 + size);
	while (from < end)
		from = state->at == QUOTED_TEXT ? quoted_fast(state, from, end, out)
		                                : quoted_escape(state, from, end, out);
}

unsigned quoted_end(struct quoted_decoder *state, struct buf *out)
{
	if (state->at == QUOTED_DIGIT)
		quoted_bad(state, out);
	if (state->at == QUOTED_BLANKS)
		state->oddities |= DECODE_BLANK_SOFT_BREAK | DECODE_SHORT;
	return state->oddities;
}

void quoted_fini(struct quoted_decoder *state)
{
	buf_fini(&state->blanks);
}
