/*
 * Any bytes as a message, and as text in the charset that its first line names: what rules see is
 * valid UTF-8 and bounded, and each function that rules may name comes to an end.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/utf8.h"
#include "lib/spam/fields.h"
#include "lib/spam/functions.h"
#include "lib/spam/unicode.h"

static const char *const names[] = {"check_freemail_body", "check_for_shifted_date",
        "check_https_http_mismatch", "check_unresolved_template", "subject_is_all_caps",
        "multipart_alternative_difference", "check_for_uppercase", "check_stock_info",
        "similar_recipients", "image_count", "check_illegal_chars", "check_from_in_welcomelist",
        "check_for_forged_received_trail", "plaintext_body_sig_ratio", "check_any_text"};

static void check_charset(const uint8_t *data, size_t size)
{
	const uint8_t *end = memchr(data, '\n', size);
	struct buf out = {0};
	char *charset;

	if (!end)
		return;
	charset = alloc_bytes(data, (size_t)(end - data));
	unicode_from((const char *)end + 1, size - (size_t)(end + 1 - data), charset, &out);
	assert(!out.size || utf8_valid(out.data, out.size));
	assert(out.size <= 8 * size + 64);
	buf_clear(&out);
	unicode_header((const char *)data, size, 1, &out);
	free(charset);
	buf_fini(&out);
}

static void check_functions(
        const struct mime_map *map, const struct texts *texts, const struct lists *lists)
{
	struct functions_view view = {map, texts, lists, NULL};
	char *arguments[] = {"all", "0", "9"};
	struct functions_call call = {arguments, 3, 0};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		assert(functions_find(names[i])->run(&view, &call) <= 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct texts_limits limits = {100000, 2000, 200};
	struct lists *lists = lists_new();
	struct mime_map *map = mime_map_new(data, size, NULL);
	struct texts texts;
	size_t length;

	lists_add(lists, "freemail_domains", "*.com");
	lists_add(lists, "welcomelist_from_rcvd", "* com");
	check_charset(data, size);
	texts_build(&(struct texts_input){map, &limits, lists, NULL, 1}, &texts);
	assert(texts.body.count <= 2000 && texts.links.forms.count <= 200);
	for (size_t i = 1; i < texts.body.count; i++) {
		const char *piece = pieces_at(&texts.body, i, &length);

		assert(length <= 2049 && utf8_valid(piece, length));
	}
	check_functions(map, &texts, lists);
	texts_fini(&texts);
	mime_map_free(&map);
	lists_free(&lists);
	return 0;
}
