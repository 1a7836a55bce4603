#include "tests/unit/lib/mime/support.h"

typedef unsigned (*decoder)(const void *bytes, size_t size, struct buf *out);

static void check(decoder decode, const char *in, const char *want, unsigned oddities)
{
	struct buf out = {0};
	unsigned seen = decode(in, strlen(in), &out);

	buf_add(&out, "", 0);
	assert_string_equal(out.data, want);
	assert_int_equal(seen, oddities);
	buf_fini(&out);
}

static void base64_is_decoded_through_padding_and_garbage(void **state)
{
	check(decode_base64, "", "", 0);
	check(decode_base64, "aGVsbG8=", "hello", 0);
	check(decode_base64, "aGVs\r\nbG8=\r\n", "hello", 0);
	check(decode_base64, "aA==ZQ==bGxv", "hello", DECODE_PADDING_INSIDE);
	check(decode_base64, "aGU====bGxv", "hello", DECODE_PADDING_INSIDE);
	check(decode_base64, "=aGVsbG8=", "hello", DECODE_PADDING_INSIDE);
	check(decode_base64, "aG*Vs-bG8=", "hello", DECODE_BAD_CHARACTER);
	check(decode_base64, "aGVsbG8", "hello", DECODE_SHORT);
	check(decode_base64, "aGVsb", "hel", DECODE_SHORT);
}

static void quoted_printable_forgives_what_clients_forgive(void **state)
{
	check(decode_quoted_printable, "", "", 0);
	check(decode_quoted_printable, "a=3D=3d", "a==", 0);
	check(decode_quoted_printable, "a=\r\nb=\nc", "abc", 0);
	check(decode_quoted_printable, "a= \t\r\nb", "ab", DECODE_BLANK_SOFT_BREAK);
	check(decode_quoted_printable, "a=XYb", "a=XYb", DECODE_BAD_ESCAPE);
	check(decode_quoted_printable, "a=4", "a=4", DECODE_BAD_ESCAPE);
	check(decode_quoted_printable, "a=", "a", 0);
	check(decode_quoted_printable, "a \r\nb", "a \r\nb", 0);
}

static void uuencode_is_decoded_by_its_lengths(void **state)
{
	check(decode_uuencode, "begin 644 x\n%:&5L;&\\\n`\nend\n", "hello", 0);
	check(decode_uuencode, "%:&5L;&\\\n", "hello", 0);
	check(decode_uuencode, "%:&5L;&\\ \r\n", "hello", 0);
	check(decode_uuencode, "begin-base64 644 x\naGVsbG8=\n====\n", "hello", 0);
	check(decode_uuencode, "M:&5L\n", "hel", DECODE_SHORT);
}

static void yenc_undoes_its_shift_and_escapes(void **state)
{
	check(decode_yenc, "=ybegin line=128 size=5 name=x\n\x92\x8f\x96\x96\x99\n=yend size=5\n",
	        "hello", 0);
	check(decode_yenc, "\x92=\xcf\x96\x96\x99\n=yend\n", "hello", 0);
	check(decode_yenc, "\x92\x8f", "he", DECODE_SHORT);
}

/* The data fork of a file "a" that holds "hello" (RFC 1741), put together by hand: 1 "a" 0, type,
 * creator, flags, lengths 5 and 0, check sum. */
static void binhex_gives_the_data_fork(void **state)
{
	static const char alphabet[] =
	        "!\"#$%&'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr";
	static const unsigned char plain[] = "\001a\0TEXTttxt\0\0\0\0\0\005\0\0\0\0\0\0hello\0\0";
	struct buf text = {0}, out = {0};
	unsigned bits = 0, count = 0;
	char *name;
	size_t at;

	buf_add_string(&text, "(This file must be converted with BinHex 4.0)\n\n:");
	for (at = 0; at < sizeof plain; at++) {
		bits = bits << 8 | plain[at];
		for (count += 8; count >= 6; count -= 6)
			buf_add_char(&text, alphabet[bits >> (count - 6) & 63]);
	}
	buf_add_string(&text, ":\n");
	assert_int_equal(decode_binhex(text.data, text.size, &out), 0);
	assert_string_equal(out.data, "hello");
	buf_clear(&out);
	assert_true(decode_binhex(text.data, text.size - 20, &out) & DECODE_SHORT);
	name = decode_binhex_name(text.data, text.size);
	assert_string_equal(name, "a");
	free(name);
	name = decode_binhex_name(text.data, 20);
	assert_string_equal(name, "");
	free(name);
	buf_fini(&out);
	buf_fini(&text);
}

static void header(const char *in, const char *want)
{
	char *text = decode_header_text(in, strlen(in));

	assert_string_equal(text, want);
	free(text);
}

static void header_text_is_decoded_word_by_word(void **state)
{
	header("", "");
	header(" plain text", "plain text");
	header("=?utf-8?Q?caf=C3=A9?=", "café");
	header("=?UTF-8?q?a_b=5Fc?=", "a b_c");
	header("=?iso-8859-1?B?Y2Fm6Q==?=", "café");
	header("=?iso-8859-1*fr?Q?caf=E9?=", "café");
	header("=?utf-8?Q?a?= =?utf-8?Q?b?=", "ab");
	header("=?utf-8?Q?a?=\r\n =?utf-8?Q?b?=", "ab");
	header("=?utf-8?Q?a?==?utf-8?Q?b?=", "ab");
	header("=?utf-8?Q?a?= and =?utf-8?Q?b?=", "a and b");
	header("=?utf-8?B?ww==?= =?utf-8?B?qQ==?=", "é");
	header("=?utf-16le?B?eAAuAGUAeABlAA==?=", "x.exe");
	header("=?nonsense?Q?x=E9?=", "xé");
	header("=?koi8-r?B?8NLJ18XU?=", "Привет");
	header("=?iso-2022-jp?B?GyRCJUYlOSVIGyhC?=", "テスト");
	header("=?utf-8?Q?not closed", "=?utf-8?Q?not closed");
	header("=?utf-8?X?what?=", "=?utf-8?X?what?=");
	header("a =?utf-8?Q?=0D=0Ab=00c?= d", "a  bc d");
}

/* Around the room for one, which its end must fit into as well. */
static void a_charset_s_name_is_bounded(void **state)
{
	char in[128], text[70];
	size_t size;

	for (size = 60; size < 68; size++) {
		memset(text, 'x', size);
		text[size] = '\0';
		snprintf(in, sizeof in, "=?%s?Q?a=62c?=", text);
		header(in, size < 64 ? "abc" : in);
	}
}

static void raw_header_bytes_are_utf8_or_windows_1252(void **state)
{
	header("caf\xC3\xA9", "café");
	header("caf\xE9 \x80", "café €");
	header("a\r\n\tb", "a b");
	header("a\x01\x7F"
	       "b\xC2\x85"
	       "c",
	        "abc");
}

static void charsets_become_utf8(void **state)
{
	struct buf out = {0};

	decode_charset("\xE4", 1, "ISO-8859-1", &out);
	decode_charset("\xD6\xD0", 2, "gb2312", &out);
	decode_charset("\x00x", 2, "utf-16", &out);
	decode_charset("y\x00", 2, "utf-16", &out);
	decode_charset("a\xFF", 2, "utf-8", &out);
	decode_charset("\xE9", 1, "no-such-charset", &out);
	assert_string_equal(out.data, "ä中xya\uFFFDé");
	buf_fini(&out);
}

static void what_a_charset_can_not_explain_is_replaced(void **state)
{
	struct buf out = {0};

	decode_charset("a\x81\x20z", 4, "shift_jis", &out);
	assert_non_null(strstr(out.data, "\uFFFD"));
	assert_non_null(strstr(out.data, "z"));
	buf_fini(&out);
}

static void fields_are_found_by_name_and_number(void **state)
{
	struct mime_map *map = map_of("Subject: one\r\nsubject: =?utf-8?Q?two?=\r\n\r\nb\r\n");
	char *text = decode_field(map, 0, "SUBJECT", 1);

	assert_string_equal(text, "two");
	free(text);
	assert_null(decode_field(map, 0, "Subject", 2));
	assert_null(decode_field(map, 0, "To", 0));
	mime_map_free(&map);
}

static void a_part_is_decoded_under_the_encoding_asked_for(void **state)
{
	struct mime_map *map = map_of("Content-Transfer-Encoding: base64\r\n\r\naGVsbG8=");
	struct buf out = {0};

	assert_int_equal(map->parts[0].encoding, MIME_BASE64);
	decode_part(map, 0, map->parts[0].encoding, &out);
	assert_string_equal(out.data, "hello");
	buf_clear(&out);
	decode_part(map, 0, MIME_IDENTITY, &out);
	assert_string_equal(out.data, "aGVsbG8=");
	buf_fini(&out);
	mime_map_free(&map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(base64_is_decoded_through_padding_and_garbage),
	        cmocka_unit_test(quoted_printable_forgives_what_clients_forgive),
	        cmocka_unit_test(uuencode_is_decoded_by_its_lengths),
	        cmocka_unit_test(yenc_undoes_its_shift_and_escapes),
	        cmocka_unit_test(binhex_gives_the_data_fork),
	        cmocka_unit_test(header_text_is_decoded_word_by_word),
	        cmocka_unit_test(a_charset_s_name_is_bounded),
	        cmocka_unit_test(raw_header_bytes_are_utf8_or_windows_1252),
	        cmocka_unit_test(charsets_become_utf8),
	        cmocka_unit_test(what_a_charset_can_not_explain_is_replaced),
	        cmocka_unit_test(fields_are_found_by_name_and_number),
	        cmocka_unit_test(a_part_is_decoded_under_the_encoding_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
