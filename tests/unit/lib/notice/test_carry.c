#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "lib/notice/carry.h"

static void a_name_harms_nobody(void **state)
{
	static const char *const pairs[][2] = {
	        {"report.pdf", "report.pdf"},
	        {"../../etc/passwd", "passwd"},
	        {"C:\\Windows\\a.exe", "a.exe"},
	        {".bashrc", "bashrc"},
	        {"a.exe. . ", "a.exe"},
	        {"in\xe2\x80\xaevoice.exe", "in___voice.exe"},
	        {"a\r\nb\x1b.txt", "a__b_.txt"},
	        {"x<y>|\"z\".doc", "x_y___z_.doc"},
	        {"\xc3\xbc.doc", "\xc3\xbc.doc"},
	        {"", "part-2"},
	        {"/", "part-2"},
	        {"...", "part-2"},
	};
	size_t at;

	for (at = 0; at < sizeof(pairs) / sizeof(pairs[0]); at++) {
		char *name = carry_name(pairs[at][0], 2);

		assert_string_equal(name, pairs[at][1]);
		free(name);
	}
}

static void a_long_name_keeps_its_extension(void **state)
{
	char name[400], *safe;

	memset(name, 'x', sizeof(name));
	strcpy(name + sizeof(name) - 6, ".docx");
	safe = carry_name(name, 1);
	assert_true(strlen(safe) <= 120);
	assert_string_equal(safe + strlen(safe) - 5, ".docx");
	free(safe);
}

static void compose(struct buf *out, char *subject, char *message_id, const char *name, int packed)
{
	static const struct notice_from from = {"mx.example.org", "Example Ltd", "pm@example.org"};
	Lz__Item item = LZ__ITEM__INIT;
	Lz__Part part = LZ__PART__INIT, *parts[] = {&part};
	const struct carry carry = {&item, 1, name, packed, "\0\1\2", 3, "abc123", "u@example.org"};

	item.id = "0123456789abcdef";
	item.subject = subject;
	item.header_message_id = message_id;
	item.parts = parts;
	item.n_parts = 1;
	part.name = "a.exe\r\nBcc: x@y";
	carry_compose(&from, &carry, INT64_C(1795000000000), out);
	buf_add(out, "", 0);
}

static void it_is_a_reply_in_the_thread_with_the_content_attached(void **state)
{
	struct buf out = {0};

	compose(&out, "hello", "<1@a.example>", "a.exe", 0);
	assert_non_null(strstr(out.data, "\r\nSubject: Re: hello\r\n"));
	assert_non_null(strstr(out.data, "\r\nIn-Reply-To: <1@a.example>\r\n"));
	assert_non_null(strstr(out.data, "\r\nReferences: <1@a.example>\r\n"));
	assert_non_null(strstr(out.data, "\r\nAuto-Submitted: auto-replied\r\n"));
	assert_non_null(strstr(out.data, "From: \"Example Ltd\" <pm@example.org>\r\n"));
	assert_non_null(strstr(out.data, "application/octet-stream\r\n"));
	assert_non_null(strstr(out.data, " filename=\"a.exe\"\r\n\r\nAAEC\r\n--=_abc123--\r\n"));
	assert_null(strstr(out.data, "\nBcc:"));
	buf_fini(&out);
}

static void a_hostile_header_begins_no_field_of_its_own(void **state)
{
	struct buf out = {0};
	const char *at;

	compose(&out, "RE: x\r\nBcc: y@z", "<1>\r\nBcc: y@z", "\xc3\xbc\".exe", 1);
	assert_null(strstr(out.data, "\nBcc:"));
	assert_null(strstr(out.data, "References"));
	assert_null(strstr(out.data, "Re: RE:"));
	assert_non_null(strstr(out.data, "filename*=UTF-8''%C3%BC%22.exe\r\n"));
	assert_non_null(strstr(out.data, "application/zip"));
	for (at = out.data; *at; at++)
		assert_true(*at == '\r' || *at == '\n' || (*at >= ' ' && *at < 127));
	buf_fini(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_name_harms_nobody),
	        cmocka_unit_test(a_long_name_keeps_its_extension),
	        cmocka_unit_test(it_is_a_reply_in_the_thread_with_the_content_attached),
	        cmocka_unit_test(a_hostile_header_begins_no_field_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
