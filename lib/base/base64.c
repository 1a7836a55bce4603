#include "lib/base/base64.h"

void base64_add(struct buf *out, const void *bytes, size_t size)
{
	static const char digits[] =
	        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *in = bytes;
	size_t at, left;
	unsigned long group;

	for (at = 0; at < size; at += 3) {
		left = size - at;
		group = (unsigned long)in[at] << 16;
		if (left > 1)
			group |= (unsigned long)in[at + 1] << 8;
		if (left > 2)
			group |= in[at + 2];
		buf_add_char(out, digits[group >> 18]);
		buf_add_char(out, digits[group >> 12 & 63]);
		buf_add_char(out, left > 1 ? digits[group >> 6 & 63] : '=');
		buf_add_char(out, left > 2 ? digits[group & 63] : '=');
	}
}
