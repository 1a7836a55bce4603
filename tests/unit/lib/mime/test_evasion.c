/*
 * Tricks by which mail hides its contents from filters, and for each a clean twin of the same form.
 * The payload must be found in some part under some candidate encoding, or the message must be
 * called ambiguous (severity 2) or over a limit; the twin must be neither.
 */
#include "tests/unit/lib/mime/support.h"

#define EVIL_HEAD                                                                                  \
	"Content-Type: application/octet-stream; name=x.exe\r\n"                                   \
	"Content-Transfer-Encoding: base64\r\n\r\n"
#define EVIL "--B\r\n" EVIL_HEAD "\1"
#define TEXT "--B\r\nContent-Type: text/plain\r\n\r\nhello\r\n"
#define MULTI "Content-Type: multipart/mixed; boundary=B\r\n\r\n"
#define WHOLE MULTI TEXT EVIL "--B--\r\n"
#define LONG_50 "12345678901234567890123456789012345678901234567890"
#define LONG_300 LONG_50 LONG_50 LONG_50 LONG_50 LONG_50 LONG_50

enum want {
	WANT_HIT,       /* the payload is found */
	WANT_AMBIGUOUS, /* severity 2, found or not */
};

struct trick {
	const char *what;
	enum want want;
	const char *text;
};

static const struct trick tricks[] = {
        {"plain", WANT_HIT, WHOLE},
        /* A1 */
        {"two boundaries, right first", WANT_HIT,
                "Content-Type: multipart/mixed; boundary=B; boundary=C\r\n\r\n" EVIL "--B--\r\n"},
        {"two boundaries, right last", WANT_HIT,
                "Content-Type: multipart/mixed; boundary=C; boundary=B\r\n\r\n" EVIL "--B--\r\n"},
        {"RFC 2231 boundary", WANT_HIT,
                "Content-Type: multipart/mixed; boundary*=us-ascii''%42\r\n\r\n" EVIL "--B--\r\n"},
        {"RFC 2231 boundary beside a plain one", WANT_HIT,
                "Content-Type: multipart/mixed; boundary=C; boundary*=us-ascii''B\r\n\r\n" EVIL
                "--B--\r\n"},
        {"boundary in continuations", WANT_HIT,
                "Content-Type: multipart/mixed; boundary*1=r; "
                "boundary*0=B\r\n\r\n--Br\r\n" EVIL_HEAD "\1--Br--\r\n"},
        /* A2 */
        {"two types, multipart first", WANT_HIT,
                "Content-Type: multipart/mixed; boundary=B\r\nContent-Type: text/plain\r\n\r\n" EVIL
                "--B--\r\n"},
        {"two types, multipart last", WANT_HIT,
                "Content-Type: text/plain\r\nContent-Type: multipart/mixed; boundary=B\r\n\r\n" EVIL
                "--B--\r\n"},
        /* A3 */
        {"base64 in padded chunks", WANT_HIT, MULTI "--B\r\n" EVIL_HEAD "\4--B--\r\n"},
        {"base64 behind padding", WANT_HIT, MULTI "--B\r\n" EVIL_HEAD "QUFB====\r\n\1--B--\r\n"},
        /* A4 */
        {"encoding behind a comment", WANT_HIT, "Content-Transfer-Encoding: (c) base64\r\n\r\n\1"},
        {"encoding in quotes", WANT_HIT, "Content-Transfer-Encoding: \"base64\"\r\n\r\n\1"},
        {"x-base64", WANT_HIT, "Content-Transfer-Encoding: x-base64\r\n\r\n\1"},
        {"base64 and a word", WANT_HIT, "Content-Transfer-Encoding: base64 foo\r\n\r\n\1"},
        {"base64 and a semicolon", WANT_HIT, "Content-Transfer-Encoding: base64;\r\n\r\n\1"},
        {"two encodings", WANT_HIT,
                "Content-Transfer-Encoding: 7bit\r\nContent-Transfer-Encoding: base64\r\n\r\n\1"},
        {"folded encoding", WANT_HIT, "Content-Transfer-Encoding:\r\n base64\r\n\r\n\1"},
        {"encoding between tabs", WANT_HIT, "Content-Transfer-Encoding:\t\vbase64\t\r\n\r\n\1"},
        {"encoding as encoded-word", WANT_HIT,
                "Content-Transfer-Encoding: =?utf-8?Q?base=364?=\r\n\r\n\1"},
        {"no encoding", WANT_HIT, "Content-Type: application/x-a\r\n\r\n\1"},
        /* A6 */
        {"preamble", WANT_HIT, MULTI EVIL_HEAD "\1" TEXT "--B--\r\n"},
        {"epilogue", WANT_HIT, MULTI TEXT "--B--\r\n" EVIL_HEAD "\1"},
        {"second start", WANT_HIT, MULTI TEXT "--B--\r\n" EVIL "--B--\r\n"},
        /* A7 */
        {"x-multipart", WANT_HIT,
                "Content-Type: x-multipart/mixed; boundary=B\r\n\r\n" EVIL "--B--\r\n"},
        {"multipart/x", WANT_HIT, "Content-Type: multipart/x; boundary=B\r\n\r\n" EVIL "--B--\r\n"},
        {"multipart alone", WANT_HIT,
                "Content-Type: multipart; boundary=B\r\n\r\n" EVIL "--B--\r\n"},
        {"message in text", WANT_HIT, "Content-Type: text/plain\r\n\r\n" WHOLE},
        {"no type", WANT_HIT, "Subject: x\r\n\r\n" TEXT EVIL "--B--\r\n"},
        /* A8 */
        {"blank behind the boundary parameter", WANT_HIT,
                "Content-Type: multipart/mixed; boundary=\"B \"\r\n\r\n" EVIL "--B--\r\n"},
        {"empty boundary", WANT_HIT,
                "Content-Type: multipart/mixed; boundary=\"\"\r\n\r\n" EVIL "--B--\r\n"},
        {"long boundary", WANT_HIT,
                "Content-Type: multipart/mixed; boundary=" LONG_300 "\r\n\r\n--" LONG_300
                "\r\n" EVIL_HEAD "\1--" LONG_300 "--\r\n"},
        {"boundary with a semicolon", WANT_HIT,
                "Content-Type: multipart/mixed; boundary=\"B;C\"\r\n\r\n--B;C\r\n" EVIL_HEAD
                "\1--B;C--\r\n"},
        {"bare boundary with a semicolon", WANT_HIT,
                "Content-Type: multipart/mixed; boundary=B;C\r\n\r\n--B;C\r\n" EVIL_HEAD
                "\1--B;C--\r\n"},
        {"boundary without its closing quote", WANT_HIT,
                "Content-Type: multipart/mixed; boundary=\"B\r\n\r\n" EVIL "--B--\r\n"},
        {"no semicolon before boundary", WANT_HIT,
                "Content-Type: multipart/mixed boundary=B\r\n\r\n" EVIL "--B--\r\n"},
        {"boundary begins another", WANT_HIT,
                MULTI "--B\r\nContent-Type: multipart/mixed; boundary=BX\r\n\r\n--BX\r\n" EVIL_HEAD
                      "\1--BX--\r\n--B--\r\n"},
        {"same boundary nested", WANT_HIT, MULTI "--B\r\n" MULTI EVIL "--B--\r\n--B--\r\n"},
        {"garbage on the delimiter line", WANT_HIT,
                MULTI TEXT "--Bxyz\r\n" EVIL_HEAD "\1--B--\r\n"},
        {"blanks behind the delimiter", WANT_HIT, MULTI "--B \t \r\n" EVIL_HEAD "\1--B--\r\n"},
        {"blank before the delimiter", WANT_HIT, MULTI TEXT " --B\r\n" EVIL_HEAD "\1--B--\r\n"},
        {"no final delimiter", WANT_HIT, MULTI TEXT EVIL},
        {"no boundary parameter", WANT_HIT,
                "Content-Type: multipart/mixed\r\n\r\n" EVIL "--B--\r\n"},
        {"another boundary than named", WANT_HIT,
                "Content-Type: multipart/mixed; boundary=Z\r\n\r\n" EVIL "--B--\r\n"},
        /* A9 */
        {"separator of one blank", WANT_HIT,
                "Content-Type: multipart/mixed; boundary=B\r\n \r\n" EVIL "--B--\r\n"},
        {"separator of VT and FF", WANT_HIT,
                "Content-Type: multipart/mixed; boundary=B\r\n\v\f\r\n" EVIL "--B--\r\n"},
        {"blank before the colon", WANT_HIT,
                "Content-Type : multipart/mixed; boundary=B\r\n\r\n" EVIL "--B--\r\n"},
        {"field behind a bare CR", WANT_HIT,
                "X: y\rContent-Type: multipart/mixed; boundary=B\r\n\r\n" EVIL "--B--\r\n"},
        {"first line no field", WANT_HIT, "no field\r\nnor this\r\n" WHOLE},
        {"byte order mark", WANT_HIT, "\xEF\xBB\xBF" WHOLE},
        {"envelope line", WANT_HIT, "From a@example.org Sun Nov 22 10:00:00 2026\r\n" WHOLE},
        /* A11 */
        {"eml as octet-stream", WANT_HIT,
                "Content-Type: application/octet-stream; name=x.eml\r\n\r\n" WHOLE},
        {"message/global", WANT_HIT, "Content-Type: message/global\r\n\r\n" WHOLE},
        {"delivery-status and a mail", WANT_HIT,
                "Content-Type: message/delivery-status\r\n\r\nFinal-Recipient: rfc822; "
                "a\r\n\r\n" WHOLE},
        {"digest", WANT_HIT,
                "Content-Type: multipart/digest; boundary=D\r\n\r\n--D\r\n\r\n" WHOLE "--D--\r\n"},
        /* A12 */
        {"partial", WANT_AMBIGUOUS,
                "Content-Type: message/partial; id=a; number=1; total=2\r\n\r\nx\r\n"},
        {"external body", WANT_AMBIGUOUS,
                "Content-Type: message/external-body; access-type=url\r\n\r\nx\r\n"},
};

static void check(const char *what, enum want want, const struct mime_map *map)
{
	if (want == WANT_HIT && !has_payload(map))
		fail_msg("not found: %s", what);
	if (want == WANT_AMBIGUOUS && worst_of(map) < 2 && !map->truncated)
		fail_msg("not called ambiguous: %s", what);
}

static void the_payload_is_found_behind_every_trick(void **state)
{
	size_t at;

	for (at = 0; at < sizeof tricks / sizeof tricks[0]; at++) {
		char *text = mail(tricks[at].text);
		struct mime_map *map = map_of(text);

		check(tricks[at].what, tricks[at].want, map);
		mime_map_free(&map);
		free(text);
	}
}

/* The same with LF instead of CRLF: what a pipe gives us. */
static void the_payload_is_found_with_bare_line_feeds(void **state)
{
	size_t at;

	for (at = 0; at < sizeof tricks / sizeof tricks[0]; at++) {
		char *text = mail(tricks[at].text), *to = text, *from;
		struct mime_map *map;

		for (from = text; *from; from++)
			if (from[0] != '\r' || from[1] != '\n')
				*to++ = *from;
		*to = '\0';
		map = map_of(text);
		check(tricks[at].what, tricks[at].want, map);
		mime_map_free(&map);
		free(text);
	}
}

static void harmless_content_in_the_same_form_has_no_payload(void **state)
{
	size_t at;

	for (at = 0; at < sizeof tricks / sizeof tricks[0]; at++) {
		char *text = mail(tricks[at].text), *place;
		struct mime_map *map;

		while ((place = strstr(text, "WDVP")))
			memcpy(place, "WDVQ", 4);
		map = map_of(text);
		if (has_payload(map))
			fail_msg("%s", tricks[at].what);
		mime_map_free(&map);
		free(text);
	}
}

static void a_message_of_cr_lines_is_read(void **state)
{
	char *text = mail(WHOLE), *to = text, *from;
	struct mime_map *map;

	for (from = text; *from; from++)
		if (*from != '\n')
			*to++ = *from;
	*to = '\0';
	map = map_of(text);
	assert_true(has_payload(map));
	assert_true(has_extension(map, "exe"));
	assert_true(mime_map_has(map, MIME_ANOMALY_CR_LINES));
	mime_map_free(&map);
	free(text);
}

/* `inner` as the base64 body of a part with that header. */
static void check_encoded(const char *header, const char *inner)
{
	struct buf text = {0};
	char *plain = mail(inner);
	struct mime_map *map;

	buf_add_string(&text, header);
	add_base64(&text, plain, strlen(plain), 57);
	map = mime_map_new(text.data, text.size, NULL);
	if (!has_payload(map))
		fail_msg("not found: %s", header);
	mime_map_free(&map);
	free(plain);
	buf_fini(&text);
}

static void encoded_multiparts_and_messages_are_marked_for_decoding(void **state)
{
	check_encoded(
	        "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n", WHOLE);
	check_encoded("Content-Type: application/octet-stream; name=x.eml\r\n"
	              "Content-Transfer-Encoding: base64\r\n\r\n",
	        WHOLE);
	check_encoded("Content-Type: multipart/mixed; boundary=B\r\n"
	              "Content-Transfer-Encoding: base64\r\n\r\n",
	        EVIL "--B--\r\n");
}

static void nested_messages_are_read_to_the_limit(void **state)
{
	static const size_t depths[] = {10, 25, 200, 1100};
	size_t at, level;

	for (at = 0; at < 4; at++) {
		struct buf text = {0};
		char *inner = mail(WHOLE);
		struct mime_map *map;

		for (level = 0; level < depths[at]; level++)
			buf_add_string(&text, "Content-Type: message/rfc822\r\n\r\n");
		buf_add_string(&text, inner);
		map = mime_map_new(text.data, text.size, NULL);
		if (depths[at] <= 25)
			assert_true(has_payload(map));
		else
			assert_true(mime_map_has(map, MIME_ANOMALY_TOO_DEEP));
		mime_map_free(&map);
		buf_fini(&text);
		free(inner);
	}
}

/* ---------------------------------------------------------------- A5, A13: quoted-printable,
 * uuencode */

static void soft_breaks_with_blanks_and_lower_case_hex_are_decoded(void **state)
{
	static const char *const breaks[] = {"=\r\n", "=\n", "= \r\n", "= \t\r\n", "=\t\n"};
	size_t at, nth;

	for (nth = 0; nth < 5; nth++) {
		struct buf text = {0};
		struct mime_map *map;

		buf_add_string(&text, "Content-Transfer-Encoding: quoted-printable\r\n\r\n");
		for (at = 0; payload()[at]; at++) {
			buf_add_format(&text, "=%02x", payload()[at]);
			if (at % 20 == 19)
				buf_add_string(&text, breaks[nth]);
		}
		map = mime_map_new(text.data, text.size, NULL);
		assert_true(has_payload(map));
		mime_map_free(&map);
		buf_fini(&text);
	}
}

static void add_uuencoded(struct buf *out, const char *mode)
{
	const char *text = payload();
	size_t size = strlen(text), at, end;

	buf_add_format(out, "begin %s x.exe\r\n", mode);
	for (at = 0; at < size; at = end) {
		end = at + 45 < size ? at + 45 : size;
		buf_add_char(out, (char)(32 + (end - at)));
		for (; at < end; at += 3) {
			unsigned bits = (unsigned)(unsigned char)text[at] << 16;

			bits |= at + 1 < end ? (unsigned)(unsigned char)text[at + 1] << 8 : 0;
			bits |= at + 2 < end ? (unsigned)(unsigned char)text[at + 2] : 0;
			buf_add_format(out, "%c%c%c%c", (int)(bits >> 18 & 63) + 32,
			        (int)(bits >> 12 & 63) + 32, (int)(bits >> 6 & 63) + 32,
			        (int)(bits & 63) + 32);
		}
		buf_add_string(out, "\r\n");
	}
	buf_add_string(out, "`\r\nend\r\n");
}

static void uuencoded_files_in_text_become_parts_with_their_name(void **state)
{
	static const char *const modes[] = {"644", "0644", "666", "6", "xyz"};
	size_t at;

	for (at = 0; at < 5; at++) {
		struct buf text = {0};
		struct mime_map *map;

		buf_add_string(&text, "Subject: x\r\n\r\nHere.\r\n\r\nbegin with this,\r\n");
		add_uuencoded(&text, modes[at]);
		add_uuencoded(&text, modes[at]);
		map = mime_map_new(text.data, text.size, NULL);
		assert_true(has_payload(map));
		assert_true(has_extension(map, "exe"));
		assert_int_equal(map->part_count, 3);
		mime_map_free(&map);
		buf_fini(&text);
	}
}

static void files_in_encoded_text_are_found_once_it_is_decoded(void **state)
{
	static const char *const heads[] = {"Content-Transfer-Encoding: base64\r\n\r\n",
	        "Content-Type: text/plain\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"};
	size_t nth, at;

	for (nth = 0; nth < 2; nth++) {
		struct buf plain = {0}, text = {0};
		struct mime_map *map;

		buf_add_string(&plain, "Look:\r\n\r\n");
		add_uuencoded(&plain, "644");
		buf_add_string(&text, heads[nth]);
		for (at = 0; nth && at < plain.size; at++)
			buf_add_format(&text, "=%02X%s", (unsigned char)plain.data[at],
			        at % 24 == 23 ? "=\r\n" : "");
		if (!nth)
			add_base64(&text, plain.data, plain.size, 57);
		map = mime_map_new(text.data, text.size, NULL);
		assert_true(map->parts[0].needs_decoding);
		assert_true(mime_map_has(map, MIME_ANOMALY_UUENCODE_IN_TEXT));
		assert_true(has_payload(map));
		mime_map_free(&map);
		buf_fini(&text);
		buf_fini(&plain);
	}
}

/* `plain` in base64 behind `head`. */
static void encode(struct buf *out, const char *head, const struct buf *plain)
{
	buf_add_string(out, head);
	add_base64(out, plain->data, plain->size, 57);
}

static void files_in_encoded_text_of_encoded_messages_are_found(void **state)
{
	static const char *const heads[] = {
	        "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n",
	        "Content-Type: a/b; name=x.eml\r\nContent-Transfer-Encoding: base64\r\n\r\n"};
	static const char *const pieces[] = {"begin 644 x.exe\r\n#0V%T\r\n`\r\nend\r\n",
	        "(This file must be converted with BinHex 4.0)\r\n\r\n:#@0[G'9X!:\r\n",
	        "=ybegin line=128 size=3 name=x.exe\r\nabc\r\n=yend size=3\r\n",
	        ("Content-Type: a/b; name=x.exe\r\n"
	         "Content-Transfer-Encoding: base64\r\n\r\nQUJD\r\n")};
	static const enum mime_anomaly_kind kinds[] = {MIME_ANOMALY_UUENCODE_IN_TEXT,
	        MIME_ANOMALY_BINHEX_IN_TEXT, MIME_ANOMALY_YENC_IN_TEXT,
	        MIME_ANOMALY_MESSAGE_IN_TEXT};
	size_t head, piece;

	for (head = 0; head < 2; head++)
		for (piece = 0; piece < 4; piece++) {
			struct buf plain = {0}, text = {0}, mail = {0}, decoded = {0};
			struct mime_map *map, *inner;

			buf_add_format(&plain, "Look:\r\n\r\n%s", pieces[piece]);
			encode(&text,
			        "Content-Type: text/plain\r\n"
			        "Content-Transfer-Encoding: base64\r\n\r\n",
			        &plain);
			encode(&mail, heads[head], &text);
			map = mime_map_new(mail.data, mail.size, NULL);
			decode_part(map, 0, MIME_BASE64, &decoded);
			inner = mime_map_new_decoded(map, 0, decoded.data, decoded.size, NULL);
			assert_true(inner->parts[0].needs_decoding);
			assert_true(mime_map_has(inner, kinds[piece]));
			mime_map_free(&inner);
			mime_map_free(&map);
			buf_fini(&decoded);
			buf_fini(&mail);
			buf_fini(&text);
			buf_fini(&plain);
		}
}

/* Decodes all that is to be, and gives whether a limit ended it. */
static int decode_down(const struct mime_map *map, size_t part, size_t level, size_t *deepest)
{
	struct buf text = {0};
	struct mime_map *inner;
	int ended;
	size_t at;

	decode_part(map, part, map->parts[part].encoding, &text);
	inner = mime_map_new_decoded(map, part, text.data, text.size, NULL);
	*deepest = level > *deepest ? level : *deepest;
	ended = inner->truncated;
	for (at = 0; at < inner->part_count; at++)
		if (inner->parts[at].needs_decoding)
			ended |= decode_down(inner, at, level + 1, deepest);
	mime_map_free(&inner);
	buf_fini(&text);
	return ended;
}

static void encoded_text_in_encoded_text_is_followed_a_few_times_only(void **state)
{
	static const char head[] = "Content-Type: text/plain; name=x.txt\r\n"
	                           "Content-Transfer-Encoding: base64\r\n\r\n";
	size_t levels, at, deepest;

	for (levels = 1; levels <= 6; levels++) {
		struct buf text = {0}, plain = {0};
		struct mime_map *map;

		buf_add_string(&plain, "Look:\r\n\r\n");
		add_uuencoded(&plain, "644");
		for (at = 0; at < levels; at++) {
			buf_clear(&text);
			encode(&text, head, &plain);
			buf_clear(&plain);
			buf_add_format(&plain, "Look:\r\n\r\n%s", text.data);
		}
		map = mime_map_new(text.data, text.size, NULL);
		deepest = 0;
		assert_true(map->parts[0].needs_decoding);
		assert_int_equal(decode_down(map, 0, 1, &deepest), levels > 3);
		assert_int_equal(deepest, levels > 3 ? 3 : levels);
		assert_true(levels > 3 || has_payload(map));
		mime_map_free(&map);
		buf_fini(&plain);
		buf_fini(&text);
	}
}

static void encoded_text_without_files_is_decoded_once(void **state)
{
	struct buf plain = {0}, text = {0};
	struct mime_map *map;

	buf_add_string(&plain, "Let us begin 5 days before, at the end of the week:\r\n"
	                       "begin 5 days before\r\nthe end.\r\n");
	encode(&text, "Content-Transfer-Encoding: base64\r\n\r\n", &plain);
	map = mime_map_new(text.data, text.size, NULL);
	assert_false(map->parts[0].needs_decoding);
	assert_int_equal(map->anomaly_count, 0);
	mime_map_free(&map);
	buf_fini(&text);
	buf_fini(&plain);
}

/* Clients go by the line that begins the file, whatever is behind it. */
static const struct {
	const char *what, *text;
} begins[] = {
        {"an empty line", "begin 644 x.exe\r\n\r\n#0V%T\r\n`\r\nend\r\n"},
        {"many empty lines", "begin 644 x.exe\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n#0V%T\r\n"},
        {"a blank", "begin 644 x.exe\r\n \r\n#0V%T\r\n`\r\nend\r\n"},
        {"no bytes", "begin 644 x.exe\r\n`\r\n#0V%T\r\n`\r\nend\r\n"},
        {"no bytes, odd mode", "begin rw x.exe\r\n`\r\n\r\n#0V%T\r\n`\r\nend\r\n"},
        {"talk", "begin 644 x.exe\r\nHere it is:\r\n\r\n#0V%T\r\n`\r\nend\r\n"},
        {"lower case", "begin 644 x.exe\r\n#pvet\r\n`\r\nend\r\n"},
        {"another beginning", "begin 644 x.exe\r\nbegin 644 x.txt\r\n#0V%T\r\n`\r\nend\r\n"},
        {"one before it", "begin 644 x.txt\r\nbegin 644 x.exe\r\n#0V%T\r\n`\r\nend\r\n"},
        {"one with data before it",
                "begin 644 x.txt\r\n#0V%T\r\nbegin 644 x.exe\r\n#0V%T\r\nend\r\n"},
        {"a yEnc file before it",
                "=ybegin size=1 name=x.txt\r\nbegin 644 x.exe\r\n#0V%T\r\nend\r\n"},
        {"a yEnc file in it", "begin 644 x.txt\r\n#0V%T\r\n=ybegin size=1 name=x.exe\r\nabc\r\n"},
        {"a message in it",
                "begin 644 x.txt\r\n#0V%T\r\n\r\nContent-Type: a/b; name=x.exe\r\n\r\nabc\r\n"},
        {"a CR in data", "begin 644 x.exe\r\n#0\r%T\r\n`\r\nend\r\n"},
        {"a CR for a blank", "begin\r644\rx.exe\r\n#0V%T\r\n`\r\nend\r\n"},
        {"a CR in the name", "begin 644 x.\rexe\r\n#0V%T\r\n`\r\nend\r\n"},
        {"a CR behind the name", "begin 644 x.exe\r\r\r\n#0V%T\r\n`\r\nend\r\n"},
        {"a CR behind yEnc's word", "=ybegin\rsize=3\rname=x.exe\r\nabc\r\n=yend\r\n"},
};

static void a_file_is_found_by_the_line_that_begins_it(void **state)
{
	size_t at;

	for (at = 0; at < sizeof begins / sizeof begins[0]; at++) {
		char *text = alloc_format("Subject: x\r\n\r\nHere.\r\n\r\n%s", begins[at].text);
		struct mime_map *map = map_of(text);

		if (!has_extension(map, "exe"))
			fail_msg("%s", begins[at].what);
		mime_map_free(&map);
		free(text);
	}
}

static void talk_about_beginnings_is_no_file(void **state)
{
	static const char *const honest[] = {"begin 5 days before\r\nThe meeting is on Monday.\r\n",
	        "begin with this,\r\nthen go on\r\nM\r\nend\r\n", "begin\r\nend\r\n",
	        "begin 644\r\nx is a mode\r\n", "begin 644 x\r\n", "begin 644 x\r\n\r\n\r\n",
	        "begin transaction;\r\nUPDATE a SET b;\r\nend;\r\n"};
	size_t at;

	for (at = 0; at < sizeof honest / sizeof honest[0]; at++) {
		char *text = alloc_format("Subject: x\r\n\r\nHere.\r\n\r\n%s", honest[at]);
		struct mime_map *map = map_of(text);

		if (map->part_count != 1 || map->anomaly_count)
			fail_msg("%s", honest[at]);
		mime_map_free(&map);
		free(text);
	}
}

static void an_end_is_a_line_of_its_own(void **state)
{
	static const char *const no_ends[] = {"END\"-DATA", "endless", "#0V%T\rend\r#0V%T"};
	size_t at;

	for (at = 0; at < 3; at++) {
		char *text = alloc_format("Subject: x\r\n\r\nbegin 644 x.exe\r\n#0V%%T\r\n%s\r\n"
		                          "#0V%%T\r\nend\r\nbye\r\n",
		        no_ends[at]);
		struct mime_map *map = map_of(text);

		assert_int_equal(map->part_count, 2);
		assert_memory_equal(
		        text + map->parts[1].body.offset + map->parts[1].body.length, "bye\r\n", 5);
		mime_map_free(&map);
		free(text);
	}
}

static void a_binhex_file_is_found_however_far_its_stream_is(void **state)
{
	static const char *const between[] = {"\r\n",
	        "\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n", "Name: x\r\n\r\n",
	        ":-) hello\r\n", ":D\r\n", "a\r\nb\r\nc\r\nd\r\n: note\r\n\r\n"};
	size_t at;

	for (at = 0; at < sizeof between / sizeof between[0]; at++) {
		char *text = alloc_format("Subject: x\r\n\r\n(This file must be converted with "
		                          "BinHex 4.0)\r\n%s:#@0[G'9X!:\r\nbye\r\n",
		        between[at]);
		struct mime_map *map = map_of(text);

		assert_int_equal(map->part_count, 2);
		assert_int_equal(map->parts[1].encoding, MIME_BINHEX);
		assert_memory_equal(text + map->parts[1].body.offset, ":#@0[G'9X!:\r\n",
		        map->parts[1].body.length);
		mime_map_free(&map);
		free(text);
	}
}

static void files_are_found_in_parts_whose_type_says_so(void **state)
{
	static const char *const types[] = {"application/mac-binhex40", "application/x-binhex40",
	        "application/x-uuencode", "application/uuencode", "text/x-uuencode",
	        "application/x-uue", "application/x-yencode"};
	size_t at;

	for (at = 0; at < sizeof types / sizeof types[0]; at++) {
		char *text = alloc_format(
		        "Content-Type: %s\r\n\r\nbegin 644 x.exe\r\n#0V%%T\r\n`\r\nend\r\n",
		        types[at]);
		struct mime_map *map = map_of(text);

		assert_int_equal(map->part_count, 2);
		assert_true(has_extension(map, "exe"));
		mime_map_free(&map);
		memcpy(strstr(text, "begin"), "BEGUN", 5);
		map = map_of(text);
		assert_int_equal(map->part_count, 1);
		mime_map_free(&map);
		free(text);
	}
}

static void a_yenc_file_in_text_is_found(void **state)
{
	struct buf text = {0};
	struct mime_map *map;
	const char *at;

	buf_add_string(&text, "Subject: x\n\n=ybegin line=128 size=68 name=x.exe\n");
	for (at = payload(); *at; at++) {
		unsigned char c = (unsigned char)(*at + 42);

		if (!c || c == '\n' || c == '\r' || c == '=')
			buf_add_format(&text, "=%c", c + 64);
		else
			buf_add_char(&text, (char)c);
	}
	buf_add_string(&text, "\n=yend size=68\n");
	map = mime_map_new(text.data, text.size, NULL);
	assert_true(has_payload(map));
	assert_true(has_extension(map, "exe"));
	mime_map_free(&map);
	buf_fini(&text);
}

/* ---------------------------------------------------------------- B: names */

static const struct {
	const char *what;
	const char *fields;
} names[] = {
        {"type only",
                "Content-Type: a/b; name=x.exe\r\nContent-Disposition: inline; filename=x.txt"},
        {"disposition only",
                "Content-Type: a/b; name=x.txt\r\nContent-Disposition: inline; filename=x.exe"},
        {"second filename", "Content-Disposition: attachment; filename=x.txt; filename=x.exe"},
        {"first filename", "Content-Disposition: attachment; filename=x.exe; filename=x.txt"},
        {"plain and extended",
                "Content-Disposition: attachment; filename=x.txt; filename*=utf-8''x.exe"},
        {"extended and plain",
                "Content-Disposition: attachment; filename*=utf-8''x.txt; filename=x.exe"},
        {"out of order", "Content-Disposition: attachment; filename*1=exe; filename*0=\"x.\""},
        {"gap", "Content-Disposition: attachment; filename*0=\"x.\"; filename*2=exe"},
        {"begins at one", "Content-Disposition: attachment; filename*1=\"x.\"; filename*2=exe"},
        {"rest behind a gap is dropped",
                "Content-Disposition: attachment; filename*0=x.exe; filename*5=.txt"},
        {"mixed", "Content-Disposition: attachment; filename*0*=utf-8''x%2E; filename*1=exe"},
        {"mixed, undecoded",
                "Content-Disposition: attachment; filename*0*=utf-8''x; filename*1=%2Eexe"},
        {"UTF-16", "Content-Disposition: attachment; "
                   "filename*=utf-16le''x%00%2E%00e%00x%00e%00"},
        {"UTF-16 without a mark", "Content-Disposition: attachment; "
                                  "filename*=utf-16''%00x%00%2E%00e%00x%00e"},
        {"UTF-7", "Content-Disposition: attachment; filename*=utf-7''x%2BAC4-exe"},
        {"GBK", "Content-Disposition: attachment; filename*=gbk''%D6%D0.exe"},
        {"encoded-word", "Content-Disposition: attachment; filename=\"=?utf-8?Q?x=2Eexe?=\""},
        {"split encoded-word", "Content-Disposition: attachment; "
                               "filename=\"=?utf-8?B?ww==?= =?utf-8?B?qS5leGU=?=\""},
        {"two words",
                "Content-Disposition: attachment; filename=\"=?utf-8?Q?x=2E?= =?utf-8?Q?exe?=\""},
        {"UTF-16 word",
                "Content-Disposition: attachment; filename=\"=?utf-16le?B?eAAuAGUAeABlAA==?=\""},
        {"unknown charset", "Content-Disposition: attachment; filename=\"=?nonsense?Q?x.exe?=\""},
        {"semicolon", "Content-Disposition: attachment; filename=x.txt;.exe"},
        {"comment", "Content-Disposition: attachment; filename=x.e()xe"},
        {"quoted pair", "Content-Disposition: attachment; filename=\"x.\\exe\""},
        {"no closing quote", "Content-Disposition: attachment; filename=\"x.exe"},
        {"no opening quote", "Content-Disposition: attachment; filename=x.exe\""},
        {"behind the quotes", "Content-Disposition: attachment; filename=\"x.txt\".exe"},
        {"folded", "Content-Disposition: attachment; filename=\"x.\r\n exe\""},
        {"blanks", "Content-Disposition: attachment; filename = x.exe"},
        {"blank in it", "Content-Disposition: attachment; filename=a file.exe"},
        {"tab", "Content-Disposition: attachment; filename=\"x.exe\t\""},
        {"no semicolon", "Content-Disposition: attachment filename=x.exe"},
        {"percent", "Content-Disposition: attachment; filename=\"x%2eexe\""},
        {"description", "Content-Description: x.exe"},
        {"location", "Content-Location: http://example.org/x.exe"},
        {"path", "Content-Disposition: attachment; filename=\"..\\\\..\\\\x.exe\""},
        {"CR for a blank", "Content-Disposition: attachment; filename=x.exe\r.txt"},
        {"CR in quotes", "Content-Disposition: attachment; filename=\"x.\rexe\""},
        {"CR in the ending", "Content-Disposition: attachment; filename=x.e\rxe"},
        {"CR behind the name", "Content-Disposition: attachment; filename=x.exe\r\r"},
        {"CR before the next one", "Content-Type: a/b; name=x.exe\rcharset=utf-8"},
        {"CR before a colon", "Content-Disposition\r: attachment; filename=x.exe"},
        {"CR and blank before a colon", "Content-Type \r : a/b; name=x.exe"},
        {"CR for a fold's blank", "Content-Disposition: attachment;\r\n\rfilename=x.exe"},
        {"CR in a description", "Content-Description: x.e\rxe"},
        {"second description", "Content-Description: x.txt\r\nContent-Description: x.exe"},
        {"second location", "Content-Location: x.txt\r\nContent-Location: x.exe"},
        {"what no name may hold", "Content-Disposition: attachment; filename=\"x.exe?\""},
        {"line separator", "Content-Disposition: attachment; filename=\"x.exe\u2028\""},
        {"behind a bare CR", "X: y\rContent-Disposition: attachment; filename=x.exe"},
};

static void the_name_is_among_the_candidates(void **state)
{
	size_t at;

	for (at = 0; at < sizeof names / sizeof names[0]; at++) {
		char *text = alloc_format("%s\r\n\r\nbody\r\n", names[at].fields);
		struct mime_map *map = map_of(text);

		if (!has_extension(map, "exe"))
			fail_msg("%s", names[at].what);
		mime_map_free(&map);
		free(text);
	}
}

static void names_with_a_nul_are_tried_both_ways(void **state)
{
	static const char early[] =
	        "Content-Disposition: attachment; filename=\"x.exe\0.txt\"\r\n\r\nb\r\n";
	static const char late[] =
	        "Content-Disposition: attachment; filename=\"x.e\0xe\"\r\n\r\nb\r\n";
	struct mime_map *map = mime_map_new(early, sizeof early - 1, NULL);

	assert_true(has_extension(map, "exe"));
	mime_map_free(&map);
	map = mime_map_new(late, sizeof late - 1, NULL);
	assert_true(has_extension(map, "exe"));
	mime_map_free(&map);
}

static void hundreds_of_continuations_are_joined(void **state)
{
	struct buf text = {0};
	struct mime_map *map;
	int nth;

	buf_add_string(&text, "Content-Disposition: attachment");
	for (nth = 0; nth < 300; nth++)
		buf_add_format(&text, ";\r\n filename*%d=%s", nth, nth < 299 ? "x" : ".exe");
	buf_add_string(&text, "\r\n\r\nb\r\n");
	map = mime_map_new(text.data, text.size, NULL);
	assert_true(has_extension(map, "exe"));
	mime_map_free(&map);
	buf_fini(&text);
}

static void an_honest_name_is_no_program(void **state)
{
	static const char *const honest[] = {"x.txt", "\"invoice.exe.pdf\"", "\"an exe file.doc\"",
	        "\"=?utf-8?Q?x=2Eexe_explained=2Epdf?=\"", "\"program (exe).zip\""};
	size_t at;

	for (at = 0; at < 5; at++) {
		char *text = alloc_format(
		        "Content-Disposition: attachment; filename=%s\r\n\r\nb\r\n", honest[at]);
		struct mime_map *map = map_of(text);

		if (has_extension(map, "exe"))
			fail_msg("%s", honest[at]);
		mime_map_free(&map);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_payload_is_found_behind_every_trick),
	        cmocka_unit_test(the_payload_is_found_with_bare_line_feeds),
	        cmocka_unit_test(harmless_content_in_the_same_form_has_no_payload),
	        cmocka_unit_test(a_message_of_cr_lines_is_read),
	        cmocka_unit_test(encoded_multiparts_and_messages_are_marked_for_decoding),
	        cmocka_unit_test(nested_messages_are_read_to_the_limit),
	        cmocka_unit_test(soft_breaks_with_blanks_and_lower_case_hex_are_decoded),
	        cmocka_unit_test(uuencoded_files_in_text_become_parts_with_their_name),
	        cmocka_unit_test(files_in_encoded_text_are_found_once_it_is_decoded),
	        cmocka_unit_test(files_in_encoded_text_of_encoded_messages_are_found),
	        cmocka_unit_test(encoded_text_in_encoded_text_is_followed_a_few_times_only),
	        cmocka_unit_test(encoded_text_without_files_is_decoded_once),
	        cmocka_unit_test(a_file_is_found_by_the_line_that_begins_it),
	        cmocka_unit_test(talk_about_beginnings_is_no_file),
	        cmocka_unit_test(an_end_is_a_line_of_its_own),
	        cmocka_unit_test(a_binhex_file_is_found_however_far_its_stream_is),
	        cmocka_unit_test(files_are_found_in_parts_whose_type_says_so),
	        cmocka_unit_test(a_yenc_file_in_text_is_found),
	        cmocka_unit_test(the_name_is_among_the_candidates),
	        cmocka_unit_test(names_with_a_nul_are_tried_both_ways),
	        cmocka_unit_test(hundreds_of_continuations_are_joined),
	        cmocka_unit_test(an_honest_name_is_no_program),
	};

	view_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
