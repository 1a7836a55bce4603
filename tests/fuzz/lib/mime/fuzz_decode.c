/*
 * Decoders take any bytes and stay within their bound; header text is always valid UTF-8 without
 * control characters; a normalised name stays as it is when normalised again.
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
	check_header(bytes, size);
	check_charset(bytes, size);
	check_parameters(bytes, size);
	return 0;
}
