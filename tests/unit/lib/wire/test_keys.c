/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "lib/wire/inner.h"

static char path[] = "/tmp/test-keys-XXXXXX";

static int make_file(void **state)
{
	int fd = mkstemp(path);

	return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
	return unlink(path);
}

static enum result read_text(const char *text, struct key_file *out, struct err *err)
{
	assert_int_equal(file_write(path, text, strlen(text), 0600, err), RESULT_OK);
	return key_file_read(path, out, err);
}

static void comments_and_empty_lines_are_passed_over(void **state)
{
	struct key_file file;
	struct err err;

	assert_int_equal(read_text("# who\n\n#\n  a\tb \r\nc d", &file, &err), RESULT_OK);
	assert_int_equal(file.count, 2);
	assert_string_equal(key_file_find(&file, "a"), "b");
	assert_string_equal(key_file_find(&file, "c"), "d");
	assert_null(key_file_find(&file, "who"));
	key_file_free(&file);
	assert_int_equal(file.count, 0);
}

static void a_key_that_begins_like_a_comment_is_a_key(void **state)
{
	struct key_file file;
	struct err err;

	assert_int_equal(
	        read_text("#cdefghijklmnopqrstuvwxyz0123456789ABCDE me\n", &file, &err), RESULT_OK);
	assert_int_equal(file.count, 1);
	assert_string_equal(file.rows[0].second, "me");
	key_file_free(&file);
}

static void a_line_of_one_word_is_refused_with_the_file_s_name(void **state)
{
	struct key_file file;
	struct err err;

	assert_int_equal(read_text("a b\nalone\n", &file, &err), RESULT_PERMANENT);
	assert_non_null(strstr(err.text, path));
	assert_null(strstr(err.text, "alone")); /* it may be a secret */
	assert_int_equal(file.count, 0);
}

static void a_new_pair_is_written_and_read_again(void **state)
{
	char created[41], public_key[41], secret_key[41];
	struct err err;

	unlink(path);
	assert_int_equal(wire_keys_create(path, created, &err), RESULT_OK);
	assert_int_equal(key_pair_read(path, public_key, secret_key, &err), RESULT_OK);
	assert_string_equal(public_key, created);
	assert_int_equal(strlen(secret_key), 40);
	assert_string_not_equal(secret_key, public_key);
}

static void a_public_key_that_is_not_the_secret_one_s_is_refused(void **state)
{
	char one[41], other[41], secret_key[41], text[200];
	char public_key[41];
	struct err err;

	wire_keys_new(one, secret_key);
	wire_keys_new(other, secret_key);
	snprintf(text, sizeof(text), "public %s\nsecret %s\n", one, secret_key);
	assert_int_equal(file_write(path, text, strlen(text), 0600, &err), RESULT_OK);
	assert_int_equal(key_pair_read(path, public_key, secret_key, &err), RESULT_PERMANENT);
	snprintf(text, sizeof(text), "secret %s\n", secret_key);
	assert_int_equal(file_write(path, text, strlen(text), 0600, &err), RESULT_OK);
	assert_int_equal(key_pair_read(path, public_key, secret_key, &err), RESULT_OK);
	assert_string_equal(public_key, other);
}

static void only_40_characters_of_z85_are_a_key(void **state)
{
	unsigned char key[KEY_BYTES];
	char public_key[41], secret_key[41];

	wire_keys_new(public_key, secret_key);
	assert_true(key_decode(public_key, key));
	public_key[39] = '\0';
	assert_false(key_decode(public_key, key));
	assert_false(key_decode("", key));
	memset(public_key, '~', 40); /* not of the alphabet */
	assert_false(key_decode(public_key, key));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(comments_and_empty_lines_are_passed_over),
	        cmocka_unit_test(a_key_that_begins_like_a_comment_is_a_key),
	        cmocka_unit_test(a_line_of_one_word_is_refused_with_the_file_s_name),
	        cmocka_unit_test(a_new_pair_is_written_and_read_again),
	        cmocka_unit_test(a_public_key_that_is_not_the_secret_one_s_is_refused),
	        cmocka_unit_test(only_40_characters_of_z85_are_a_key),
	};

	return cmocka_run_group_tests(tests, make_file, remove_file);
}
