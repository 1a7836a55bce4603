#include "tests/unit/lib/mime/support.h"

typedef unsigned (*decode_whole)(const void *bytes, size_t size, struct buf *out);

static void check(decode_whole decode, const char *in, const char *want, unsigned oddities)
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

/* A BinHex stream of these packed bytes (RFC 1741), put together by hand. */
static void add_binhex(struct buf *out, const void *packed, size_t size)
{
	static const char alphabet[] =
	        "!\"#$%&'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr";
	const unsigned char *bytes = packed;
	unsigned bits = 0, count = 0;
	size_t at;

	buf_add_string(out, "(This file must be converted with BinHex 4.0)\n\n:");
	for (at = 0; at < size; at++) {
		bits = bits << 8 | bytes[at];
		for (count += 8; count >= 6; count -= 6)
			buf_add_char(out, alphabet[bits >> (count - 6) & 63]);
		if (at % 48 == 47)
			buf_add_string(out, "\n");
	}
	if (count)
		buf_add_char(out, alphabet[bits << (6 - count) & 63]);
	buf_add_string(out, ":\n");
}

/* The data fork of a file "a" that holds "hello": 1 "a" 0, type, creator, flags, lengths 5 and 0,
 * check sum. */
static void binhex_gives_the_data_fork(void **state)
{
	static const unsigned char plain[] = "\001a\0TEXTttxt\0\0\0\0\0\005\0\0\0\0\0\0hello\0\0";
	struct buf text = {0}, out = {0};
	char *name;

	add_binhex(&text, plain, sizeof plain);
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

/* A header as above with two bytes of length, then `runs` times 255 blanks, then `rest` letters. */
static void add_binhex_runs(struct buf *out, size_t runs, size_t rest)
{
	static const char start[] = "\001a\0TEXTttxt\0\0";
	size_t length = runs * 255 + rest;
	struct buf packed = {0};

	buf_add(&packed, start, sizeof start - 1);
	buf_add(&packed, "\0\0", 2);
	buf_add_char(&packed, (char)(length >> 8));
	buf_add_char(&packed, (char)length);
	buf_add(&packed, "\0\0\0\0\0\0", 6);
	while (runs--)
		buf_add(&packed, " \x90\xFF", 3);
	while (rest--)
		buf_add_char(&packed, 'x');
	add_binhex(out, packed.data, packed.size);
	buf_fini(&packed);
}

static void binhex_that_grows_too_much_is_cut_and_a_run_before_much_text_is_not(void **state)
{
	struct buf text = {0}, out = {0};

	add_binhex_runs(&text, 200, 0);
	assert_int_equal(decode_binhex(text.data, text.size, &out), DECODE_SHORT);
	assert_true(out.size <= text.size * 16 + 254);
	assert_true(out.size > text.size * 15);
	buf_clear(&out);
	buf_clear(&text);
	add_binhex_runs(&text, 200, 4000);
	assert_int_equal(decode_binhex(text.data, text.size, &out), 0);
	assert_int_equal(out.size, 200 * 255 + 4000);
	assert_int_equal(out.data[200 * 255 - 1], ' ');
	assert_int_equal(out.data[200 * 255], 'x');
	buf_fini(&out);
	buf_fini(&text);
}

/* ---------------------------------------------------------------- in pieces */

/* Feeds a copy of the piece, so that what is read beside it is found, and takes what comes out
 * away. */
static void feed(struct decoder *decoder, const char *bytes, size_t size, struct buf *out)
{
	char *copy = alloc_bytes(bytes, size);
	struct buf piece = {0};

	decoder_feed(decoder, copy, size, &piece);
	buf_add(out, piece.data, piece.size);
	buf_fini(&piece);
	free(copy);
}

static void end(struct decoder *decoder, struct buf *out, const struct buf *want, unsigned oddities)
{
	struct buf piece = {0};

	assert_int_equal(decoder_end(decoder, &piece), oddities);
	buf_add(out, piece.data, piece.size);
	assert_int_equal(out->size, want->size);
	assert_memory_equal(out->data, want->data, want->size);
	buf_clear(out);
	buf_fini(&piece);
	decoder_fini(decoder);
}

static unsigned whole(enum mime_encoding encoding, const char *bytes, size_t size, struct buf *out)
{
	static const decode_whole decoders[] = {
	        [MIME_BASE64] = decode_base64,
	        [MIME_QUOTED_PRINTABLE] = decode_quoted_printable,
	        [MIME_UUENCODE] = decode_uuencode,
	        [MIME_YENC] = decode_yenc,
	        [MIME_BINHEX] = decode_binhex,
	};

	buf_add(out, "", 0);
	return decoders[encoding](bytes, size, out);
}

/* Every way to cut it into three, empty pieces among them; and byte by byte. */
static void cut_everywhere(enum mime_encoding encoding, const char *bytes, size_t size)
{
	struct buf want = {0}, out = {0};
	unsigned oddities = whole(encoding, bytes, size, &want);
	struct decoder decoder;
	size_t first, second;

	for (first = 0; first <= size; first++)
		for (second = first; second <= size; second++) {
			decoder_init(&decoder, encoding);
			feed(&decoder, bytes, first, &out);
			feed(&decoder, bytes + first, second - first, &out);
			feed(&decoder, bytes + second, size - second, &out);
			end(&decoder, &out, &want, oddities);
		}
	decoder_init(&decoder, encoding);
	for (first = 0; first < size; first++)
		feed(&decoder, bytes + first, 1, &out);
	end(&decoder, &out, &want, oddities);
	buf_fini(&want);
	buf_fini(&out);
}

static void cuts(enum mime_encoding encoding, const char *in, const char *out, unsigned oddities)
{
	struct buf whole_out = {0};

	assert_int_equal(whole(encoding, in, strlen(in), &whole_out), oddities);
	assert_string_equal(whole_out.data, out);
	buf_fini(&whole_out);
	cut_everywhere(encoding, in, strlen(in));
}

static void base64_may_be_cut_anywhere(void **state)
{
	cuts(MIME_BASE64, "", "", 0);
	cuts(MIME_BASE64, "aGVs\r\nbG8=\r\n", "hello", 0);
	cuts(MIME_BASE64, "aA==ZQ==bGxv", "hello", DECODE_PADDING_INSIDE);
	cuts(MIME_BASE64, "aGU====bGxv\r\n====\r\n", "hello", DECODE_PADDING_INSIDE);
	cuts(MIME_BASE64, "aG*Vs-bG8", "hello", DECODE_BAD_CHARACTER | DECODE_SHORT);
	cuts(MIME_BASE64, "aGVsb", "hel", DECODE_SHORT);
}

static void quoted_printable_may_be_cut_anywhere(void **state)
{
	const unsigned bad = DECODE_BAD_ESCAPE, blank = DECODE_BLANK_SOFT_BREAK;

	cuts(MIME_QUOTED_PRINTABLE, "a=3D=3d=\r\nb=\nc=\rd", "a==bcd", 0);
	cuts(MIME_QUOTED_PRINTABLE, "a=\r\r\nb=\n\nc", "a\r\nb\nc", 0);
	cuts(MIME_QUOTED_PRINTABLE, "a= \t \r\nb=\t\nc", "abc", blank);
	cuts(MIME_QUOTED_PRINTABLE, "a= \t b=\t", "a= \t b", bad | blank | DECODE_SHORT);
	cuts(MIME_QUOTED_PRINTABLE, "= \t= \t =41", "= \t= \t A", bad);
	cuts(MIME_QUOTED_PRINTABLE, "==41=4=41=4\r\n=", "=A=4A=4\r\n", bad);
	cuts(MIME_QUOTED_PRINTABLE, "a=4", "a=4", bad);
	cuts(MIME_QUOTED_PRINTABLE, "a=\r", "a", 0);
}

static void uuencode_may_be_cut_anywhere(void **state)
{
	cuts(MIME_UUENCODE, "begin 644 x\r\n%:&5L;&\\\r\n`\r\nend\r\n", "hello", 0);
	cuts(MIME_UUENCODE, "BEGIN\tx\n%:&5L;&\\ \r\r\nEND", "hello", 0);
	cuts(MIME_UUENCODE, "\n\r\n%:&5L;&\\\r", "hello", 0);
	cuts(MIME_UUENCODE, "#:&5L\nbegin-base64 644 x\r\nbG8=\n====\n", "hello", 0);
	cuts(MIME_UUENCODE, "begin-base64 644 x\naA==ZWxsb", "hell",
	        DECODE_PADDING_INSIDE | DECODE_SHORT);
	cuts(MIME_UUENCODE, "M:&5L\r\r", "hel", DECODE_SHORT);
	cuts(MIME_UUENCODE, "talk\nbegin\r644 x\n%zfuL{f\\\n", "hello", 0);
	cuts(MIME_UUENCODE, "#0\r%T\r\n#0 %T\n", "@\001t@\001t", 0);
	cuts(MIME_UUENCODE, "begin-base64", "", 0);
}

static void a_uuencoded_line_longer_than_its_count_may_be_cut_anywhere(void **state)
{
	struct buf in = {0}, out = {0};
	size_t size;

	for (size = 83; size < 92; size++) {
		buf_clear(&in);
		buf_clear(&out);
		buf_add_char(&in, '_');
		while (in.size < size)
			buf_add_char(&in, 'A');
		buf_add_string(&in, "\r\r\n#:&5L\n");
		assert_int_equal(decode_uuencode(in.data, in.size, &out), 0);
		assert_int_equal(out.size, 63 + 3);
		assert_string_equal(out.data + 63, "hel");
		cut_everywhere(MIME_UUENCODE, in.data, in.size);
	}
	buf_fini(&in);
	buf_fini(&out);
}

static void yenc_may_be_cut_anywhere(void **state)
{
	cuts(MIME_YENC, "=ybegin line=128\r\n=YPART x\n\x92\x8f\x96\x96\x99\r\n=yend size=5\n\x92",
	        "hello", 0);
	cuts(MIME_YENC, "\x92=\xcf\x96\r\n\x96\x99\n=yend", "hello", 0);
	cuts(MIME_YENC, "\x92\r\x8f\n",
	        "h\xf6"
	        "e",
	        DECODE_SHORT);
	cuts(MIME_YENC, "\x92\x8f\n=yen", "he\x0f\x3b\x44", DECODE_SHORT);
	cuts(MIME_YENC, "\x92=yend\n=\r\r\n", "h\x0f\x3b\x44\x3a\x13", DECODE_SHORT);
	cuts(MIME_YENC, "=\r\r\x92\r=\r\x92==\x8f\r\r",
	        "\xb6\xf6h\xf6\xb6h\xd3"
	        "e",
	        DECODE_SHORT);
	cuts(MIME_YENC, "\r=yend\n=y\n=\n=", "\xf6\x0f\x3b\x44\x3a\x0f\x13\x13", DECODE_SHORT);
}

static void binhex_may_be_cut_anywhere(void **state)
{
	static const char lone[] =
	        "\001a\0TEXTttxt\0\0\0\0\0\007\0\0\0\0\0\0a\x90\4\x90\0\x90\2\x90";
	struct buf in = {0}, out = {0};

	add_binhex(&in, lone, sizeof lone - 1);
	assert_int_equal(decode_binhex(in.data, in.size, &out), 0);
	assert_int_equal(out.size, 7);
	assert_string_equal(out.data, "aaaa\x90\x90\x90");
	cut_everywhere(MIME_BINHEX, in.data, in.size);
	cut_everywhere(MIME_BINHEX, in.data, in.size - 3);
	cut_everywhere(MIME_BINHEX, in.data, 20);
	buf_clear(&in);
	add_binhex_runs(&in, 12, 0);
	cut_everywhere(MIME_BINHEX, in.data, in.size);
	buf_clear(&in);
	add_binhex_runs(&in, 12, 60);
	cut_everywhere(MIME_BINHEX, in.data, in.size);
	buf_fini(&out);
	buf_fini(&in);
}

/* Of a fixed seed, and the same everywhere. */
static unsigned number(unsigned below)
{
	static uint32_t state = 20231125;

	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state % below;
}

/* Pieces that mean something to one decoder or another, and any bytes between them. */
static void add_random(struct buf *out)
{
	static const char *const words[] = {"=", "==", "\r", "\n", "\r\n", " ", "\t", "=4", "=41",
	        "aGVs", "begin-base64 x\n", "begin 644 x\n", "end\n", "%:&5L;&\\\n", "=ybegin ",
	        "=ypart ", "=yend", ":", "!*-\"", "fN9\"ZZ", "jc!%j0!"};
	unsigned count = number(40);

	while (count--)
		if (number(4))
			buf_add_string(out, words[number(sizeof words / sizeof *words)]);
		else
			buf_add_char(out, (char)number(256));
}

static void any_bytes_in_any_pieces_decode_to_the_same(void **state)
{
	struct buf in = {0}, want = {0}, out = {0};
	unsigned round, oddities, encoding;
	struct decoder decoder;
	size_t at, size;

	for (round = 0; round < 20000; round++) {
		encoding = MIME_BASE64 + round % 5;
		buf_clear(&in);
		buf_clear(&want);
		add_random(&in);
		oddities = whole((enum mime_encoding)encoding, in.data, in.size, &want);
		decoder_init(&decoder, (enum mime_encoding)encoding);
		for (at = 0; at < in.size; at += size) {
			size = number(1 + number(20));
			size = size < in.size - at ? size : in.size - at;
			feed(&decoder, in.data + at, size, &out);
		}
		end(&decoder, &out, &want, oddities);
	}
	buf_fini(&in);
	buf_fini(&want);
	buf_fini(&out);
}

/* A null pointer, as an empty buffer has: what is wrong with it the sanitizers tell. */
static void nothing_is_decoded_from_nowhere(void **state)
{
	enum mime_encoding encoding;
	struct decoder decoder;
	struct buf out = {0};

	for (encoding = 0; encoding <= MIME_UNKNOWN_ENCODING; encoding++) {
		decoder_init(&decoder, encoding);
		decoder_feed(&decoder, NULL, 0, &out);
		decoder_end(&decoder, &out);
		decoder_fini(&decoder);
		assert_int_equal(out.size, 0);
	}
	buf_fini(&out);
}

static void a_decoder_may_be_left_before_its_end(void **state)
{
	struct decoder decoder;
	struct buf out = {0};

	decoder_init(&decoder, MIME_QUOTED_PRINTABLE);
	decoder_feed(&decoder, "a=   \t ", 7, &out);
	assert_string_equal(out.data, "a");
	decoder_fini(&decoder);
	buf_fini(&out);
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
	header("free\rmoney\r", "free money");
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

static void charsets_have_the_names_that_mail_programs_give_them(void **state)
{
	static const struct {
		const char *name, *bytes, *want;
	} known[] = {
	        {"x-cp1251", "\xFF", "\u044F"},
	        {"CP1251", "\xFF", "\u044F"},
	        {"win-1251", "\xFF", "\u044F"},
	        {"cp-850", "\x84", "\u00E4"},
	        {"ks_c_5601-1987", "\xC7\xD1", "\uD55C"},
	        {"windows-949", "\xC7\xD1", "\uD55C"},
	        {"x-sjis", "\x93\xFA", "\u65E5"},
	        {"x-euc-jp", "\xC6\xFC", "\u65E5"},
	        {"x-gbk", "\xD6\xD0", "\u4E2D"},
	        {"unicode-1-1-utf-7", "+ZeU-", "\u65E5"},
	        {"x-mac-cyrillic", "\x80", "\u0410"},
	        {"iso-8859-8-i", "\xE0", "\u05D0"},
	        {"cp12515555555", "\xE4", "\u00E4"},
	};
	struct buf out = {0};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		buf_clear(&out);
		decode_charset(known[i].bytes, strlen(known[i].bytes), known[i].name, &out);
		assert_string_equal(out.data, known[i].want);
	}
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
	        cmocka_unit_test(
	                binhex_that_grows_too_much_is_cut_and_a_run_before_much_text_is_not),
	        cmocka_unit_test(base64_may_be_cut_anywhere),
	        cmocka_unit_test(quoted_printable_may_be_cut_anywhere),
	        cmocka_unit_test(uuencode_may_be_cut_anywhere),
	        cmocka_unit_test(a_uuencoded_line_longer_than_its_count_may_be_cut_anywhere),
	        cmocka_unit_test(yenc_may_be_cut_anywhere),
	        cmocka_unit_test(binhex_may_be_cut_anywhere),
	        cmocka_unit_test(any_bytes_in_any_pieces_decode_to_the_same),
	        cmocka_unit_test(nothing_is_decoded_from_nowhere),
	        cmocka_unit_test(a_decoder_may_be_left_before_its_end),
	        cmocka_unit_test(header_text_is_decoded_word_by_word),
	        cmocka_unit_test(a_charset_s_name_is_bounded),
	        cmocka_unit_test(raw_header_bytes_are_utf8_or_windows_1252),
	        cmocka_unit_test(charsets_become_utf8),
	        cmocka_unit_test(charsets_have_the_names_that_mail_programs_give_them),
	        cmocka_unit_test(what_a_charset_can_not_explain_is_replaced),
	        cmocka_unit_test(fields_are_found_by_name_and_number),
	        cmocka_unit_test(a_part_is_decoded_under_the_encoding_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
