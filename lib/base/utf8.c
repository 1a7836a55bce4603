#include "lib/base/utf8.h"

size_t utf8_decode(const unsigned char *bytes, size_t size, uint32_t *code)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t need, at;
	uint32_t value;

	if (!size)
		return 0;
	if (bytes[0] < 0x80) {
		if (code)
			*code = bytes[0];
		return 1;
	}
	need = bytes[0] >= 0xf0 ? 4 : bytes[0] >= 0xe0 ? 3 : 2;
	if (bytes[0] < 0xc2 || bytes[0] > 0xf4 || need > size)
		return 0;
	value = bytes[0] & (0x7fu >> need);
	for (at = 1; at < need; at++) {
		if ((bytes[at] & 0xc0) != 0x80)
			return 0;
		value = value << 6 | (bytes[at] & 0x3f);
	}
	if (value < least[need] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
		return 0;
	if (code)
		*code = value;
	return need;
}

size_t utf8_encode(uint32_t code, char out[4])
{
	if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		code = 0xfffd;
	if (code < 0x80) {
		out[0] = (char)code;
		return 1;
	}
	if (code < 0x800) {
		out[0] = (char)(0xc0 | code >> 6);
		out[1] = (char)(0x80 | (code & 0x3f));
		return 2;
	}
	if (code < 0x10000) {
		out[0] = (char)(0xe0 | code >> 12);
		out[1] = (char)(0x80 | (code >> 6 & 0x3f));
		out[2] = (char)(0x80 | (code & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | code >> 18);
	out[1] = (char)(0x80 | (code >> 12 & 0x3f));
	out[2] = (char)(0x80 | (code >> 6 & 0x3f));
	out[3] = (char)(0x80 | (code & 0x3f));
	return 4;
}

int utf8_is_invisible(uint32_t code)
{
	return code == 0xad || code == 0x34f || code == 0x61c || code == 0x115f || code == 0x1160 ||
	       code == 0x17b4 || code == 0x17b5 || (code >= 0x180b && code <= 0x180f) ||
	       (code >= 0x200b && code <= 0x200f) || (code >= 0x202a && code <= 0x202e) ||
	       (code >= 0x2060 && code <= 0x206f) || code == 0x3164 ||
	       (code >= 0xfe00 && code <= 0xfe0f) || code == 0xfeff || code == 0xffa0 ||
	       (code >= 0xfff9 && code <= 0xfffb) || (code >= 0xe0000 && code <= 0xe0fff);
}

size_t utf8_printable(const unsigned char *bytes, size_t size)
{
	uint32_t code;
	size_t length = utf8_decode(bytes, size, &code);

	if (!length || code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x2028 ||
	        code == 0x2029 || utf8_is_invisible(code))
		return 0;
	return length;
}

int utf8_valid(const void *bytes, size_t size)
{
	const unsigned char *in = bytes;
	size_t at = 0, length;

	while (at < size) {
		length = utf8_decode(in + at, size - at, NULL);
		if (!length)
			return 0;
		at += length;
	}
	return 1;
}

/* Where capitals and small letters stand in turns, a capital first at an even place or an odd one.
 */
static uint32_t fold_pairs(uint32_t code)
{
	if ((code >= 0x100 && code <= 0x12f) || (code >= 0x132 && code <= 0x137) ||
	        (code >= 0x14a && code <= 0x177) || (code >= 0x460 && code <= 0x481) ||
	        (code >= 0x48a && code <= 0x4bf) || (code >= 0x4d0 && code <= 0x52f) ||
	        (code >= 0x1e00 && code <= 0x1e95) || (code >= 0x1ea0 && code <= 0x1eff))
		return code | 1;
	if ((code >= 0x139 && code <= 0x148) || (code >= 0x179 && code <= 0x17e) ||
	        (code >= 0x4c1 && code <= 0x4ce))
		return code + (code & 1);
	return code;
}

uint32_t utf8_fold(uint32_t code)
{
	static const struct {
		uint32_t first, last, distance;
	} runs[] = {{'A', 'Z', 32}, {0xc0, 0xd6, 32}, {0xd8, 0xde, 32}, {0x386, 0x386, 38},
	        {0x388, 0x38a, 37}, {0x38c, 0x38c, 64}, {0x38e, 0x38f, 63}, {0x391, 0x3a1, 32},
	        {0x3a3, 0x3ab, 32}, {0x3c2, 0x3c2, 1}, {0x400, 0x40f, 80}, {0x410, 0x42f, 32},
	        {0x531, 0x556, 48}, {0xff21, 0xff3a, 32}};
	size_t at;

	for (at = 0; at < sizeof(runs) / sizeof(runs[0]) && code >= runs[at].first; at++)
		if (code <= runs[at].last)
			return code + runs[at].distance;
	return code == 0x178 ? 0xff : fold_pairs(code);
}
