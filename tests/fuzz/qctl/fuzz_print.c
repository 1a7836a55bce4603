/*
 * Whatever text comes from outside: JSON strings and columns are valid UTF-8 with nothing in them
 * that a terminal obeys or an eye doesn't see, and a JSON string ends where it should.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/utf8.h"
#include "qctl/columns.h"
#include "qctl/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_harmless(const char *text, size_t size)
{
	size_t at, run;

	for (at = 0; at < size; at += run) {
		run = utf8_printable((const unsigned char *)text + at, size - at);
		assert(run);
	}
}

/* Inside the quotes every quote stands behind a backslash that is not itself behind one. */
static void check_quotes(const char *text, size_t size)
{
	size_t at;

	assert(size >= 2 && text[0] == '"' && text[size - 1] == '"');
	for (at = 1; at < size - 1; at++) {
		assert(text[at] != '"');
		if (text[at] == '\\')
			at++;
		assert(at < size - 1);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = alloc_bytes(data, size);
	struct json json = {0};
	struct buf out = {0};

	json_text(&json, NULL, text);
	check_harmless(json.out.data, json.out.size);
	check_quotes(json.out.data, json.out.size);
	columns_safe(&out, text, size ? data[0] % 32u : 0);
	check_harmless(out.data, out.size);
	buf_fini(&json.out);
	buf_fini(&out);
	free(text);
	return 0;
}
