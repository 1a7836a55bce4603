/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */

#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/file.h"
#include "protos/messages.h"

static struct buf text;

static int read_document(void **state)
{
	struct err err;

	return file_read("docs/PROTOCOL.md", 1 << 20, &text, &err);
}

static int forget_document(void **state)
{
	buf_fini(&text);
	return 0;
}

static void the_document_has_a_row_for_every_message_and_no_other(void **state)
{
	const struct message_info *info;
	unsigned type, rows = 0, known = 0;
	const char *at;
	char *row;

	for (type = 0; type < 256; type++) {
		info = message_info(type);
		if (!info)
			continue;
		known++;
		row = alloc_format("\n| %u | %s | ", type, info->name);
		if (!strstr(text.data, row))
			fail_msg("docs/PROTOCOL.md has no row for %s", info->name);
		free(row);
	}
	for (at = text.data; (at = strstr(at, "\n| ")); at++)
		rows += at[3] >= '0' && at[3] <= '9';
	assert_int_equal(rows, known);
}

static void a_row_tells_of_a_body_where_there_is_one(void **state)
{
	const struct message_info *info;
	unsigned type;
	const char *at, *end;
	char *row;

	for (type = 0; type < 256; type++) {
		info = message_info(type);
		if (!info)
			continue;
		row = alloc_format("\n| %u | %s | ", type, info->name);
		at = strstr(text.data, row);
		assert_non_null(at);
		end = strchr(at + 1, '\n');
		/* the last cell: empty, or what the body is */
		assert_int_equal(strncmp(end - 3, "| |", 3) != 0, info->has_body);
		free(row);
	}
}

static void every_message_is_explained(void **state)
{
	const char *behaviour = strstr(text.data, "\n## 5. ");
	unsigned type;

	assert_non_null(behaviour);
	for (type = 0; type < 256; type++)
		if (message_info(type) && !strstr(behaviour, message_info(type)->name))
			fail_msg("%s stands in the table only", message_info(type)->name);
}

static void the_document_is_of_the_version_that_is_spoken(void **state)
{
	char *title = alloc_format("# Lazaret's protocol, version %d\n", PROTOCOL_VERSION);
	char *grammar = alloc_format("\nversion     = %%x%02x\n", PROTOCOL_VERSION);

	assert_int_equal(strncmp(text.data, title, strlen(title)), 0);
	assert_non_null(strstr(text.data, grammar));
	free(title);
	free(grammar);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_document_has_a_row_for_every_message_and_no_other),
	        cmocka_unit_test(a_row_tells_of_a_body_where_there_is_one),
	        cmocka_unit_test(every_message_is_explained),
	        cmocka_unit_test(the_document_is_of_the_version_that_is_spoken),
	};

	return cmocka_run_group_tests(tests, read_document, forget_document);
}
