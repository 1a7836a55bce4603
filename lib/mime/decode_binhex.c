/* BinHex 4.0 (RFC 1741). */
#include <string.h>

#include "lib/base/bytes.h"
#include "lib/mime/decode.h"

enum {
	BINHEX_RUN = 0x90,
	BINHEX_GROWTH = 16, /* plain bytes for each byte that was fed */
	BINHEX_NAME_WITHIN =
	        1024, /* bytes that hold the file's name, the lines before the stream included */
};

/* Name length, name, NUL, type, creator, flags, two lengths, check sum. */
static int binhex_has_header(const struct binhex_decoder *state)
{
	return state->header_size && state->header_size == (size_t)state->header[0] + 22;
}

/* Behind the data fork nothing is looked at. */
static int binhex_has_fork(const struct binhex_decoder *state)
{
	return !state->fork_left && binhex_has_header(state);
}

static void binhex_plain(struct binhex_decoder *state, unsigned char byte, struct buf *out)
{
	state->last = byte;
	state->plain_count++;
	if (state->fork_left) {
		buf_add_char(out, (char)byte);
		state->fork_left--;
	} else if (!binhex_has_header(state)) {
		state->header[state->header_size++] = byte;
		if (binhex_has_header(state))
			state->fork_left = bytes_big32(state->header + state->header_size - 10);
	}
}

/* 0x90 n repeats the byte before it n times in all; 0x90 0 is itself. */
static void binhex_packed(struct binhex_decoder *state, unsigned char byte, struct buf *out)
{
	unsigned run = byte;

	if (!state->run && byte == BINHEX_RUN) {
		state->run = 1;
		return;
	}
	if (!state->run)
		binhex_plain(state, byte, out);
	else if (!run)
		binhex_plain(state, BINHEX_RUN, out);
	else
		for (; run > 1 && state->plain_count; run--)
			binhex_plain(state, state->last, out);
	state->run = 0;
}

/* A run is at most 255 long for three input bytes, so the whole is bounded by what was fed: what
 * would be more than that waits for input that allows it, else it never comes out. A run's count is
 * always allowed: nothing came out since its 0x90 was. */
static int binhex_may(const struct binhex_decoder *state)
{
	return state->plain_count < state->most;
}

/* To be called when more is allowed: as long as anything is held, nothing may pass it. */
static void binhex_release(struct binhex_decoder *state, struct buf *out)
{
	while (state->held_at < state->held.size && binhex_may(state))
		binhex_packed(state, (unsigned char)state->held.data[state->held_at++], out);
	if (state->held_at == state->held.size || binhex_has_fork(state)) {
		buf_clear(&state->held);
		state->held_at = 0;
	}
}

static const char alphabet[] = "!\"#$%&'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr";

int decode_is_binhex(unsigned char c)
{
	return c && strchr(alphabet, c) != NULL;
}

/* Six more bits; whatever isn't in the alphabet is passed over. */
static void binhex_character(struct binhex_decoder *state, unsigned char c, struct buf *out)
{
	const char *found = c ? strchr(alphabet, c) : NULL;
	unsigned char byte;

	if (!found)
		return;
	state->bits = state->bits << 6 | (unsigned)(found - alphabet);
	state->bit_count += 6;
	if (state->bit_count < 8)
		return;
	state->bit_count -= 8;
	byte = (unsigned char)(state->bits >> state->bit_count);
	if (binhex_may(state))
		binhex_packed(state, byte, out);
	else
		buf_add_char(&state->held, (char)byte);
}

void binhex_feed(
        struct binhex_decoder *state, const unsigned char *from, size_t size, struct buf *out)
{
	const unsigned char *end = from + size, *colon;

	state->most += size * BINHEX_GROWTH;
	binhex_release(state, out);
	if (size && state->at == BINHEX_BEFORE) {
		colon = memchr(from, ':', size);
		if (!colon)
			return;
		from = colon + 1;
		state->at = BINHEX_INSIDE;
	}
	for (; from < end && state->at == BINHEX_INSIDE; from++) {
		if (*from == ':')
			state->at = BINHEX_BEHIND;
		else if (!binhex_has_fork(state))
			binhex_character(state, *from, out);
	}
}

unsigned binhex_end(struct binhex_decoder *state, struct buf *out)
{
	unsigned oddities = state->at == BINHEX_BEHIND ? 0 : DECODE_SHORT;

	if (state->run)
		binhex_plain(state, BINHEX_RUN, out);
	if (state->plain_count > state->header_size && state->fork_left)
		oddities |= DECODE_SHORT;
	return oddities;
}

void binhex_fini(struct binhex_decoder *state)
{
	buf_fini(&state->held);
}

char *decode_binhex_name(const void *bytes, size_t size)
{
	struct binhex_decoder state = {0};
	struct buf fork = {0};
	size_t length;
	char *name;

	binhex_feed(&state, bytes, size < BINHEX_NAME_WITHIN ? size : BINHEX_NAME_WITHIN, &fork);
	binhex_end(&state, &fork);
	length = state.header_size ? state.header[0] : 0;
	name = decode_header_text(
	        (const char *)state.header + 1, length < state.header_size ? length : 0);
	binhex_fini(&state);
	buf_fini(&fork);
	return name;
}
