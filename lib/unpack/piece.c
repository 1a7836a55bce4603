#include "lib/unpack/piece.h"

#include <string.h>

#include "lib/base/utf8.h"
#include "lib/unpack/walk.h"

uint32_t piece_take(struct piece *piece, size_t bytes)
{
	uint32_t value = 0;
	size_t at;

	if (piece->left < bytes) {
		piece->left = 0;
		return 0;
	}
	for (at = bytes; at; at--)
		value = value << 8 | piece->at[at - 1];
	piece->at += bytes;
	piece->left -= bytes;
	return value;
}

struct piece piece_take_run(struct piece *piece, size_t size)
{
	struct piece taken = {piece->at, size < piece->left ? size : piece->left};

	piece->at += taken.left;
	piece->left -= taken.left;
	return taken;
}

struct piece piece_take_text(struct piece *piece)
{
	const unsigned char *nul = piece->left ? memchr(piece->at, '\0', piece->left) : NULL;
	struct piece text = piece_take_run(piece, nul ? (size_t)(nul - piece->at) : piece->left);

	piece_take_run(piece, nul ? 1 : 0);
	return text;
}

char *piece_wide_name(struct piece text)
{
	struct buf name = {0};
	char encoded[4];
	uint32_t unit, low;

	buf_add(&name, "", 0);
	while (text.left >= 2) {
		unit = piece_take(&text, 2);
		if (unit >= 0xd800 && unit < 0xdc00 && text.left >= 2) {
			low = piece_take(&text, 2);
			unit = 0x10000 + ((unit - 0xd800) << 10) + ((low - 0xdc00) & 0x3ff);
		}
		if (unit)
			buf_add(&name, encoded, utf8_encode(unit, encoded));
	}
	return buf_give(&name);
}

char *piece_narrow_name(struct piece text)
{
	struct piece whole = piece_take_text(&text);

	return walk_name(whole.at, whole.left);
}

uint32_t piece_crc32(struct piece piece)
{
	uint32_t crc = 0xffffffff;
	unsigned bit;

	for (; piece.left; piece.at++, piece.left--) {
		crc ^= *piece.at;
		for (bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	}
	return ~crc;
}
