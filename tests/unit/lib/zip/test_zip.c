#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <archive.h>
#include <archive_entry.h>
#include <cmocka.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "lib/zip/zip.h"

static const char name[] = "\xc3\xbc\xe2\x82\xac.exe";

/* What a reader with this password gets, in `out`; the member's name must be ours. */
static int unpack(const struct buf *zip, const char *password, char *out, size_t room)
{
	struct archive *archive = archive_read_new();
	struct archive_entry *entry;
	la_ssize_t got = -1;

	archive_read_support_format_zip(archive);
	archive_read_add_passphrase(archive, password);
	assert_int_equal(archive_read_open_memory(archive, zip->data, zip->size), ARCHIVE_OK);
	assert_int_equal(archive_read_next_header(archive, &entry), ARCHIVE_OK);
	assert_string_equal(archive_entry_pathname_utf8(entry), name);
	assert_true(archive_entry_is_data_encrypted(entry));
	got = archive_read_data(archive, out, room);
	archive_read_free(archive);
	return (int)got;
}

static void what_is_packed_comes_out_with_the_password_alone(void **state)
{
	static const char secret[] = "the content, which is content";
	struct buf zip = {0};
	char out[100];
	struct err err;

	assert_int_equal(
	        zip_pack(name, secret, sizeof(secret), "pass w\xc3\xb6rd", &zip, &err), RESULT_OK);
	assert_int_equal(unpack(&zip, "pass w\xc3\xb6rd", out, sizeof(out)), sizeof(secret));
	assert_memory_equal(out, secret, sizeof(secret));
	assert_true(unpack(&zip, "another", out, sizeof(out)) < 0);
	assert_null(memmem(zip.data, zip.size, "content", 7));
	buf_fini(&zip);
}

static void it_is_aes_and_not_the_old_cipher(void **state)
{
	struct buf zip = {0};
	struct err err;

	assert_int_equal(zip_pack("a", "b", 1, "p", &zip, &err), RESULT_OK);
	/* method 99, and the extra field 0x9901 that says strength 3: 256 bits */
	assert_memory_equal(zip.data + 8, "\x63\0", 2);
	assert_non_null(memmem(zip.data, zip.size, "\x01\x99\x07\0", 4));
	assert_int_equal(((char *)memmem(zip.data, zip.size, "\x01\x99\x07\0", 4))[8], 3);
	buf_fini(&zip);
}

static void an_empty_content_is_packed_as_well(void **state)
{
	struct buf zip = {0};
	struct err err;

	assert_int_equal(zip_pack(name, "", 0, "p", &zip, &err), RESULT_OK);
	assert_true(zip.size > 0);
	buf_fini(&zip);
}

static void a_password_that_is_none_is_refused(void **state)
{
	char lengthy[ZIP_PASSWORD_MOST + 2];
	struct buf zip = {0};
	struct err err;

	memset(lengthy, 'x', sizeof(lengthy));
	lengthy[sizeof(lengthy) - 1] = '\0';
	assert_int_equal(zip_pack("a", "b", 1, "", &zip, &err), RESULT_PERMANENT);
	assert_int_equal(zip_pack("a", "b", 1, lengthy, &zip, &err), RESULT_PERMANENT);
	assert_int_equal(zip.size, 0);
	buf_fini(&zip);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_is_packed_comes_out_with_the_password_alone),
	        cmocka_unit_test(it_is_aes_and_not_the_old_cipher),
	        cmocka_unit_test(an_empty_content_is_packed_as_well),
	        cmocka_unit_test(a_password_that_is_none_is_refused),
	};

	setlocale(LC_CTYPE, "C.UTF-8"); /* for the reader's names; the writer has its own */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
