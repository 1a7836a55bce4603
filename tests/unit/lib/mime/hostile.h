/*
 * Mails of any size that are made to be slow to read, and a few ordinary ones beside them. Each is
 * a beginning, a piece as often as fits, and an end; "\1" in a piece is the piece's number, "\2" a
 * NUL. Mixtures are tokens in an order that a generator with a fixed seed chooses.
 */
#ifndef TESTS_UNIT_LIB_MIME_HOSTILE_H
#define TESTS_UNIT_LIB_MIME_HOSTILE_H

#include <stdint.h>
#include <string.h>

#include "lib/base/buf.h"

#define HOSTILE_MIXED "Content-Type: multipart/mixed; boundary=B\r\n\r\n--B\r\n\r\nx\r\n"
#define HOSTILE_BASE64 "Content-Type: a/b\r\nContent-Transfer-Encoding: base64\r\n\r\n"
#define HOSTILE_QP "Content-Type: text/plain\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
#define HOSTILE_TEXT "Subject: x\r\nContent-Type: text/plain\r\n\r\n"
#define HOSTILE_LETTERS                                                                            \
	"UEsDBBQAAAAIAABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+\r\n"

/* A multipart of eight boundaries, of which one is used; and many of them in each other. */
#define HOSTILE_LEVEL(n)                                                                           \
	"Content-Type: multipart/mixed; boundary=a" n "; boundary=b" n "; boundary=c" n            \
	"; boundary=d" n "; boundary=e" n "; boundary=f" n "; boundary=g" n "; boundary=h" n       \
	"\r\n\r\n--a" n "\r\n"
#define HOSTILE_LEVELS(n)                                                                          \
	HOSTILE_LEVEL(n "0")                                                                       \
	HOSTILE_LEVEL(n "1")                                                                       \
	HOSTILE_LEVEL(n "2")                                                                       \
	HOSTILE_LEVEL(n "3")                                                                       \
	HOSTILE_LEVEL(n "4")                                                                       \
	HOSTILE_LEVEL(n "5")                                                                       \
	HOSTILE_LEVEL(n "6")                                                                       \
	HOSTILE_LEVEL(n "7")                                                                       \
	HOSTILE_LEVEL(n "8")

struct hostile {
	const char *name;
	const char *start, *piece,
	        *end; /* no piece: a mixture, of the seed that `end` begins with */
};

static const struct hostile hostiles[] = {
        {"ordinary text", HOSTILE_TEXT, "Some words that people write to each other.\r\n", ""},
        {"ordinary attachment", HOSTILE_MIXED "--B\r\nContent-Transfer-Encoding: base64\r\n\r\n",
                HOSTILE_LETTERS, "--B--\r\n"},
        {"ordinary quoted-printable", HOSTILE_QP, "Gr=C3=BC=C3=9Fe, and so on until it is=\r\n",
                "\r\n"},
        {"ordinary parts", HOSTILE_MIXED,
                "--B\r\nContent-Type: text/html\r\n\r\n<p>Part \1.</p>\r\n", "--B--\r\n"},
        {"one header line", "Subject: ", "word ", "\r\n\r\nx\r\n"},
        {"one folded field", "Subject: x\r\n", " word\r\n", "\r\nx\r\n"},
        {"one type of one line", "Content-Type: text/plain; name=", "a", "\r\n\r\nx\r\n"},
        {"header fields", "", "X-\1: y\r\n", "\r\nx\r\n"},
        {"content fields", "", "Content-Type: a/b\1; boundary=c\1; name=d\1\r\n", "\r\n--c1\r\n"},
        {"header without fields", "Subject: x\r\n", "no field\r\n", "\r\nx\r\n"},
        {"header of CRs", "X: y\r", "Content-Type: a/b\r", "\r\n\r\nx\r\n"},
        {"header of blank lines", "X: y\r\n", " \r\n", "A: b\r\n\r\nx\r\n"},
        {"boundaries that match nothing", HOSTILE_MIXED, "--C\1\r\n", "--B--\r\n"},
        {"boundaries that almost match", HOSTILE_MIXED, "--B\1\r\nA: b\r\n", "--B--\r\n"},
        {"boundaries that match", HOSTILE_MIXED, "--B\r\n", "--B--\r\n"},
        {"closing boundaries", HOSTILE_MIXED, "--B--\r\n", ""},
        {"boundaries without a header", "", "--B\r\nContent-Type: a/b\r\n\r\n", ""},
        {"eight boundaries",
                "Content-Type: multipart/mixed; boundary=B; boundary=C; boundary=D; boundary=E; "
                "boundary=F; boundary=G; boundary=H; boundary=I\r\n\r\n--B\r\n\r\n",
                "--J\1\r\n", "--B--\r\n"},
        {"a boundary of dashes",
                "Content-Type: multipart/mixed; boundary=\"----------------------------------"
                "--------------------------------------------------------------------------"
                "\"\r\n\r\n",
                "----------------------------------------------------------------------------\r\n",
                "\r\n"},
        {"nested multiparts", "", "Content-Type: multipart/mixed; boundary=b\1\r\n\r\n--b\1\r\n",
                "x\r\n"},
        {"nested multiparts of one boundary", "",
                "Content-Type: multipart/mixed; boundary=B\r\n\r\n--B\r\n", "x\r\n"},
        {"dashes in nested multiparts", HOSTILE_LEVELS("0") HOSTILE_LEVELS("1") HOSTILE_LEVELS("2"),
                "--\n", "x\r\n"},
        {"near delimiters in nested multiparts",
                HOSTILE_LEVELS("0") HOSTILE_LEVELS("1") HOSTILE_LEVELS("2"), "--0\nx:\n", "x\r\n"},
        {"nested messages", "", "Content-Type: message/rfc822\r\n\r\n", "x\r\n"},
        {"encoded messages", "",
                "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: "
                "quoted-printable\r\n\r\n",
                "x\r\n"},
        {"messages inside text", HOSTILE_TEXT,
                "Content-Type: text/plain; name=x\r\n\r\nhello\r\n\r\n", ""},
        {"talk about messages", HOSTILE_TEXT, "zzz\r\nContent-Type: text/plain\r\n\r\n", ""},
        {"fields in a preamble", "Content-Type: multipart/mixed; boundary=B\r\n\r\n",
                "A: b\r\nContent-Type: a/b\r\n\r\n", "--B\r\n\r\nx\r\n--B--\r\n"},
        {"dashes", HOSTILE_TEXT, "--", "\r\n"},
        {"lines of dashes", HOSTILE_MIXED, "--\r\n", "--B--\r\n"},
        {"blanks before dashes", HOSTILE_MIXED, "       --\n", "--B--\r\n"},
        {"CRs", HOSTILE_TEXT, "\r", "\n"},
        {"CRs alone", "", "\r", ""},
        {"CRs and dashes", HOSTILE_MIXED, "\r--", "\r\n--B--\r\n"},
        {"CRs and fields", HOSTILE_TEXT, "\rContent-A: b", "\r\n"},
        {"LFs", HOSTILE_TEXT, "\n", ""},
        {"NULs", HOSTILE_TEXT, "\2", ""},
        {"NULs in a header", "Content-Type: a/b; name=", "\2", "\r\n\r\nx\r\n"},
        {"equals signs", HOSTILE_QP, "=", "\r\n"},
        {"soft breaks with blanks", HOSTILE_QP, "= \t \r\n", "\r\n"},
        {"an escape and blanks", HOSTILE_QP, " =", "\r\n"},
        {"blanks behind an escape", HOSTILE_QP "=", "  \t", "x\r\n"},
        {"base64", HOSTILE_BASE64, HOSTILE_LETTERS, ""},
        {"base64 of padding", HOSTILE_BASE64, "=", ""},
        {"base64, padded by fours", HOSTILE_BASE64, "QQ==", ""},
        {"base64 in words", HOSTILE_BASE64, "QUJD words\r\n=\r\n", ""},
        {"base64 text of begin lines",
                "Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n",
                "YmVnaW4gNjQ0IHgK", ""},
        {"begin lines", HOSTILE_TEXT, "begin 644 x\n", ""},
        {"begin lines and blank ones", HOSTILE_TEXT, "begin 644 x\n \n`\n", ""},
        {"begin lines and data at the end", HOSTILE_TEXT, "begin 644 x\n", "#0V%T\n"},
        {"begin lines of CRs", HOSTILE_TEXT, "begin\r644\rx\n", "#0V%T\n"},
        {"begin words and CRs", HOSTILE_TEXT, "begin\rx\r", "\n"},
        {"modes and CRs", HOSTILE_TEXT, "begin\r644\rx\r", "\n"},
        {"begin lines and CRs", HOSTILE_TEXT, "begin 644 x\nM\rA\rB\r", "\n"},
        {"begin lines and many CRs", HOSTILE_TEXT "begin 644 x\n", "M\r", "\n"},
        {"a begin line and blanks", HOSTILE_TEXT "begin 644 x\n", " ", "\n"},
        {"begin lines before blanks", HOSTILE_TEXT "begin 644 x\n", "begin x y\n    \n``", "\n"},
        {"uuencoded files in each other", HOSTILE_TEXT "begin 644 x\n",
                "#0V%T\nbegin 644 x\n=ybegin name=a\n", "end\n"},
        {"uuencoded files", HOSTILE_TEXT, "begin 644 x\n#0V%T\n", ""},
        {"begin-base64 lines", HOSTILE_TEXT, "begin-base64 644 x\n", ""},
        {"yEnc markers", HOSTILE_TEXT, "=ybegin size=3 name=a\r\n", ""},
        {"yEnc escapes", HOSTILE_TEXT "=ybegin size=3 name=a\r\n", "=}", ""},
        {"BinHex markers", HOSTILE_TEXT, "(This file must be converted with BinHex 4.0)\r\n", ""},
        {"BinHex markers and colons", HOSTILE_TEXT,
                "(This file must be converted with BinHex 4.0)\r\n:D\r\n", "\r\n"},
        {"BinHex markers and a stream", HOSTILE_TEXT,
                "(This file must be converted with BinHex 4.0)\r\n", ":#@0[G'9X!:\r\n"},
        {"BinHex files", HOSTILE_TEXT,
                "(This file must be converted with BinHex 4.0)\r\n:#@0[G'9X!:\r\n", ""},
        {"BinHex runs", HOSTILE_TEXT "(This file must be converted with BinHex 4.0)\r\n\r\n:",
                "*Irr", ":\r\n"},
        {"content-type lines", HOSTILE_TEXT, "Content-Type: x\r\n", ""},
        {"content-type lines in base64 text",
                "Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n",
                "Q29udGVudC1UeXBlOiB4Cg0K", ""},
        {"encoded texts in each other", HOSTILE_QP,
                "Content-Type: text/plain; boundary=x\r\n"
                "Content-Transfer-Encoding: quoted-printable\r\n\r\n",
                "\r\n"},
        {"encoded texts of two encodings", HOSTILE_QP,
                "Content-Type: text/plain; name=x\r\n"
                "Content-Transfer-Encoding: quoted-printable\r\n"
                "Content-Transfer-Encoding: base64\r\n\r\nQUJD\r\n",
                "\r\n"},
        {"names that differ by a CR", HOSTILE_MIXED,
                "--B\r\nContent-Type: a/b; name=\"x\ry\"; filename=\"y\rz\"; boundary=x\ry\r\n"
                "Content-Disposition: attachment; filename=\"a\rb\"\r\n\r\nx\r\n",
                "--B--\r\n"},
        {"descriptions", "", "Content-Description: \1 \r \r\n", "\r\nx\r\n"},
        {"RFC 2231 sections", "Content-Disposition: attachment", "; filename*\1=a",
                "\r\n\r\nx\r\n"},
        {"RFC 2231 sections of one number", "Content-Disposition: attachment", "; filename*1*=%41",
                "\r\n\r\nx\r\n"},
        {"parameters", "Content-Type: text/plain", "; name=\1", "\r\n\r\nx\r\n"},
        {"parameters of no name", "Content-Type: text/plain", ";=", "\r\n\r\nx\r\n"},
        {"comments", "Content-Type: text/plain; name=", "(", "\r\n\r\nx\r\n"},
        {"comments in types", "",
                "Content-Type: text/plain; ((((((((((((((((((((((((((((((((((\r\n", "\r\nx\r\n"},
        {"closed comments", "Content-Type: ", "()", "text/plain\r\n\r\nx\r\n"},
        {"open quotes", "Content-Type: text/plain", "; name=\"", "\r\n\r\nx\r\n"},
        {"backslashes", "Content-Type: text/plain; name=\"", "\\", "\r\n\r\nx\r\n"},
        {"encoded words", "Subject:", " =?utf-8?q?word=5F\1?=", "\r\n\r\nx\r\n"},
        {"encoded words in a name", "Content-Type: a/b; name=\"",
                " =?utf-8?b?YWJj?=", "\"\r\n\r\nx\r\n"},
        {"encoded words without an end", "Content-Type: a/b; name=\"", "=?utf-8?q?",
                "\"\r\n\r\nx\r\n"},
        {"charsets", "Content-Type: a/b; name=\"", " =?x-\1?q?a?=", "\"\r\n\r\nx\r\n"},
        {"parts with long headers", HOSTILE_MIXED,
                "--B\r\nContent-Type: a/b; name*0=a; name*1=b; name=c; boundary=x; boundary=y\r\n"
                "Content-Disposition: attachment; filename=\"=?utf-8?q?x?=\"\r\n"
                "Content-Description: d\r\n\r\nx\r\n",
                "--B--\r\n"},
        {"mixture 1", "", NULL, "1"},
        {"mixture 2", "", NULL, "2"},
        {"mixture 3", "", NULL, "3"},
        {"mixture 4", "", NULL, "4"},
        {"mixture 5", "", NULL, "5"},
        {"mixture 6", "", NULL, "6"},
};

enum { HOSTILES = sizeof hostiles / sizeof hostiles[0] };

/* Adds a piece if it is no longer than `most`; gives whether it was. */
static inline int hostile_piece(struct buf *out, const char *piece, size_t number, size_t most)
{
	struct buf text = {0};
	int fits;

	for (; *piece; piece++) {
		if (*piece == '\1')
			buf_add_format(&text, "%zu", number);
		else
			buf_add_char(&text, *piece == '\2' ? '\0' : *piece);
	}
	fits = text.size <= most;
	if (fits)
		buf_add(out, text.data, text.size);
	buf_fini(&text);
	return fits;
}

static inline void hostile_mixture(struct buf *out, size_t size, const char *name)
{
	static const char *const tokens[] = {"\r", "\n", "\r\n", "\r\n\r\n", "--", "\r\n--B",
	        "\r\n--B--", "\r\n--C\r\n", "Content-Type: multipart/mixed; boundary=B\r\n\r\n",
	        "Content-Type: multipart/mixed; boundary=C; boundary=B\r\n\r\n",
	        "Content-Type: message/rfc822\r\n\r\n", "Content-Transfer-Encoding: base64\r\n",
	        "Content-Transfer-Encoding: quoted-printable\r\n",
	        "QUJDREVGR0hJSktMTU5PUFFSU1Q=", "\r\nbegin 644 x\r\n#0V%T\r\n", "\r\nend\r\n",
	        "\r\n=ybegin name=x\r\n", "(This file must be converted with BinHex 4.0)\r\n",
	        "\r\n:#@0[G'9X!:\r\n", ":", ";", "\"", "(", ")", "\\", "=", "=\r\n", " ",
	        "; name*\1*=%41", "; name=x\1", "=?utf-8?q?x?= ", "\2", "word",
	        "boundary=", "Content-Disposition: attachment; filename=\"x\1\"\r\n"};
	uint64_t seed = 0x9e3779b97f4a7c15u * (uint64_t)(unsigned char)*name;
	size_t count = sizeof tokens / sizeof tokens[0], number = 0;

	do {
		seed ^= seed << 13;
		seed ^= seed >> 7;
		seed ^= seed << 17;
	} while (hostile_piece(out, tokens[seed % count], number++, size - out->size));
}

/* Adds `size` bytes, less what is too little for one more piece. */
static inline void hostile_make(const struct hostile *hostile, size_t size, struct buf *out)
{
	size_t number = 0, most = size - (hostile->piece ? strlen(hostile->end) : 0);

	buf_reserve(out, size);
	buf_add_string(out, hostile->start);
	if (!hostile->piece) {
		hostile_mixture(out, size, hostile->end);
		return;
	}
	while (hostile_piece(out, hostile->piece, number, most - out->size))
		number++;
	buf_add_string(out, hostile->end);
}

#endif
