/*
 * Decoders take any bytes, stay within their bound, and decode to the same however the bytes are
 * cut into pieces; header text is always valid UTF-8 without control characters; a normalised name
 * stays as it is when normalised again.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/utf8.h"
#include "lib/mime/decode.h"
#include "lib/mime/name.h"
#include "lib/mime/param.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void check(unsigned (*decode)(const void *, size_t, struct buf *), const void *bytes,
        size_t size, size_t most)
{
	struct buf out = {0};

	decode(bytes, size, &out);
	assert(out.size <= most);
	buf_fini(&out);
}

/* The first byte chooses the encoding; the next three are the lengths of pieces, in turn. */
static void check_pieces(const uint8_t *bytes, size_t size)
{
	static unsigned (*const decoders[])(const void *, size_t, struct buf *) = {decode_base64,
	        decode_quoted_printable, decode_uuencode, decode_yenc, decode_binhex};
	struct buf want = {0}, out = {0}, piece = {0};
	const uint8_t *lengths = bytes + 1;
	size_t at, turn, length, nth;
	struct decoder decoder;
	unsigned oddities;

	if (size < 4)
		return;
	nth = bytes[0] % 5;
	oddities = decoders[nth](bytes + 4, size - 4, &want);
	decoder_init(&decoder, (enum mime_encoding)(MIME_BASE64 + nth));
	for (at = 4, turn = 0; at < size; at += length, turn++) {
		length = lengths[turn % 3];
		if (!length && turn % 3 == 2)
			length = 1; /* or three zeros were no way forward */
		if (length > size - at)
			length = size - at;
		buf_clear(&piece);
		decoder_feed(&decoder, bytes + at, length, &piece);
		buf_add(&out, piece.data, piece.size);
	}
	buf_clear(&piece);
	assert(decoder_end(&decoder, &piece) == oddities);
	buf_add(&out, piece.data, piece.size);
	assert(out.size == want.size);
	assert(!out.size || memcmp(out.data, want.data, out.size) == 0);
	decoder_fini(&decoder);
	buf_fini(&piece);
	buf_fini(&want);
	buf_fini(&out);
}

static void check_header(const uint8_t *bytes, size_t size)
{
	char *text = decode_header_text(bytes, size), *name = name_normalise(text), *again;
	const char *at;

	assert(utf8_valid(text, strlen(text)));
	for (at = text; *at; at++)
		assert((unsigned char)*at >= ' ' && *at != 0x7F);
	again = name_normalise(name);
	assert(strlen(again) <= strlen(name));
	assert(utf8_valid(name, strlen(name)));
	assert(name_extension(name) >= name && name_extension(name) <= name + strlen(name));
	free(again);
	free(name);
	free(text);
}

static void check_charset(const uint8_t *bytes, size_t size)
{
	static const char *const charsets[] = {"utf-8", "utf-16", "utf-7", "iso-2022-jp", "gb18030",
	        "", "iso-8859-1", "shift_jis", "nonsense"};
	struct buf out = {0};

	if (!size)
		return;
	decode_charset(bytes + 1, size - 1, charsets[bytes[0] % 9], &out);
	assert(utf8_valid(out.data, out.size));
	buf_fini(&out);
}

static void check_parameters(const uint8_t *bytes, size_t size)
{
	struct strings values = {.most = 32};
	struct params params;
	size_t at;

	params_read(&params, (const char *)bytes, size);
	for (at = 0; at < params.count; at++)
		assert(params.items[at].reading_count >= 1);
	params_values(&params, "name", &values);
	params_values(&params, "filename", &values);
	assert(values.count <= 32);
	strings_fini(&values);
	params_fini(&params);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	check(decode_base64, bytes, size, size);
	check(decode_quoted_printable, bytes, size, size);
	check(decode_uuencode, bytes, size, size);
	check(decode_yenc, bytes, size, size);
	check(decode_binhex, bytes, size, 16 * size + 255);
	check_pieces(bytes, size);
	check_header(bytes, size);
	check_charset(bytes, size);
	check_parameters(bytes, size);
	return 0;
}
