/*
 * Documents that carry files, the simple ones: which format bytes are, RTF, OneNote, and the
 * package that OLE puts a file into.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/unpack/address.h"
#include "lib/unpack/flat.h"
#include "lib/unpack/walk.h"

enum {
	HEAD_LOOKED_AT = 1024,
	ONENOTE_HEAD = 36, /* of a file's data: the id, lengths */
	WORD_ROOM = 32,
	ADDRESS_MOST = 2048,
	TEMPLATES_MOST = 64,
};

static const char onenote_file[] =
        "\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d\xae\xb1\x53\x78\xd0\x29\x96\xd3";
/* The class of an address in an object ([MS-OSHARED] 2.3.7.6). */
static const char url_moniker[] =
        "\xe0\xc9\xea\x79\xf9\xba\xce\x11\x8c\x82\x00\xaa\x00\x4b\xa9\x0b";
static const char onenote_data[] =
        "\xe7\x16\xe3\xbd\x65\x26\x11\x45\xa4\xc4\x8d\x4d\x0b\x7a\x9e\xac";

/* ---------------------------------------------------------------- kinds */

static int is_compound(const unsigned char *bytes, size_t size)
{
	return size > 512 && !memcmp(bytes, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8);
}

static int is_onenote(const unsigned char *bytes, size_t size)
{
	return size >= 16 && !memcmp(bytes, onenote_file, 16);
}

static int is_pdf(const unsigned char *bytes, size_t size)
{
	return memmem(bytes, size < HEAD_LOOKED_AT ? size : HEAD_LOOKED_AT, "%PDF-", 5) != NULL;
}

/* Behind a byte order mark and blanks, without regard to case. */
static int begins(const unsigned char *bytes, size_t size, const char *word)
{
	size_t at = size >= 3 && !memcmp(bytes, "\xef\xbb\xbf", 3) ? 3 : 0, length = strlen(word);

	while (at < size && strchr(" \t\r\n", bytes[at]) && bytes[at])
		at++;
	return size - at >= length && text_same_bytes((const char *)bytes + at, length, word);
}

/* Word opens it without the last letter, too. */
static int is_rich_text(const unsigned char *bytes, size_t size)
{
	return begins(bytes, size, "{\\rt");
}

static int is_card(const unsigned char *bytes, size_t size)
{
	return begins(bytes, size, "begin:vcalendar") || begins(bytes, size, "begin:vcard");
}

/* Text that a browser would run, or that holds a link with content of its own. */
static int is_markup(const unsigned char *bytes, size_t size)
{
	const char *text = (const char *)bytes;

	if (!size || memchr(bytes, '\0', size < HEAD_LOOKED_AT ? size : HEAD_LOOKED_AT))
		return 0;
	return text_find(text, size, "<script") || text_find(text, size, ";base64,") ||
	       text_find(text, size, "javascript:");
}

static const struct {
	struct kind kind;
	int (*is)(const unsigned char *bytes, size_t size);
	void (*walk)(struct walk *walk);
	int is_office;
} documents[] = {
        {{"ole", KIND_DOCUMENT}, is_compound, walk_compound, 1},
        {{"onenote", KIND_DOCUMENT}, is_onenote, walk_onenote, 1},
        {{"pdf", KIND_DOCUMENT}, is_pdf, walk_pdf, 0},
        {{"rtf", KIND_DOCUMENT}, is_rich_text, walk_rich_text, 1},
        {{"activemime", KIND_DOCUMENT}, flat_is_active_mime, flat_walk_active_mime, 0},
        {{"card", KIND_DOCUMENT}, is_card, walk_card, 0},
        {{"markup", KIND_DOCUMENT}, is_markup, walk_markup, 0},
        {{"office-xml", KIND_DOCUMENT}, flat_is_xml, flat_walk_xml, 1},
        {{"workbook", KIND_DOCUMENT}, flat_is_workbook, flat_walk_workbook, 1},
        {{"sylk", KIND_DOCUMENT}, flat_is_sylk, flat_walk_sylk, 1},
};

const struct kind *walk_document_kind(const unsigned char *bytes, size_t size)
{
	size_t at;

	for (at = 0; at < sizeof(documents) / sizeof(documents[0]); at++)
		if (documents[at].is(bytes, size))
			return &documents[at].kind;
	return NULL;
}

void walk_document(struct walk *walk, const struct kind *kind)
{
	size_t at;

	for (at = 0; at < sizeof(documents) / sizeof(documents[0]); at++)
		if (!strcmp(documents[at].kind.name, kind->name))
			documents[at].walk(walk);
}

void walk_office(struct walk *walk, const struct kind *kind)
{
	size_t at;

	for (at = 0; at < sizeof(documents) / sizeof(documents[0]) && !walk->stopped; at++)
		if (documents[at].is_office && strcmp(documents[at].kind.name, kind->name) != 0 &&
		        documents[at].is(walk->bytes, walk->size))
			documents[at].walk(walk);
}

/* ---------------------------------------------------------------- packages */

static void alias(struct walk *walk, struct piece text)
{
	char *name = piece_narrow_name(text);

	if (*name)
		walk_alias(walk, name);
	free(name);
}

/* Type 2, the label, the path it came from, two numbers, where it is put, and the data ([MS-OLEDS]
 * says only that they are what the program wants; this is what the packager writes). */
void walk_package(struct walk *walk, struct piece data)
{
	struct piece rest = data, label, path, put, content;
	char *name;

	if (rest.left >= 6 && (rest.at[4] | rest.at[5] << 8) == 2)
		piece_take(&rest, 4);
	if (piece_take(&rest, 2) != 2) {
		walk_copy(walk, data, "");
		return;
	}
	label = piece_take_text(&rest);
	path = piece_take_text(&rest);
	piece_take(&rest, 4);
	put = piece_take_run(&rest, piece_take(&rest, 4));
	content = piece_take_run(&rest, piece_take(&rest, 4));
	name = piece_narrow_name(label);
	if (walk_copy(walk, content, name)) {
		alias(walk, path);
		alias(walk, put);
	}
	free(name);
}

/* ---------------------------------------------------------------- RTF */

/* The hexadecimal digits of an object's data, as Word finds them between what is meant to hide
 * them. */
struct digits {
	const unsigned char *at, *end;
	struct buf bytes;
	int depth, skipped; /* the group that is passed over, 0: none */
	int high;           /* half a byte, or -1 */
};

static void take_digit(struct digits *digits, int value)
{
	if (digits->skipped || value < 0)
		return;
	if (digits->high < 0) {
		digits->high = value;
		return;
	}
	buf_add_char(&digits->bytes, (char)(digits->high << 4 | value));
	digits->high = -1;
}

/* Behind a backslash: a word and a number, "\*" or an escape. "\binN" brings N bytes as they are.
 */
static void take_word(struct digits *digits)
{
	char word[WORD_ROOM] = "";
	size_t length = 0, number = 0;

	if (digits->at < digits->end && *digits->at == '*')
		digits->skipped = digits->skipped ? digits->skipped : digits->depth;
	if (digits->at < digits->end && !((*digits->at | 32) >= 'a' && (*digits->at | 32) <= 'z')) {
		digits->at += *digits->at == '\'' && digits->end - digits->at > 2 ? 3 : 1;
		return;
	}
	for (; digits->at < digits->end && (*digits->at | 32) >= 'a' && (*digits->at | 32) <= 'z';
	        digits->at++)
		if (length + 1 < sizeof(word))
			word[length++] = (char)*digits->at;
	for (; digits->at < digits->end && *digits->at >= '0' && *digits->at <= '9'; digits->at++)
		number = number < (1 << 28) ? number * 10 + (*digits->at - '0') : number;
	if (digits->at < digits->end && *digits->at == ' ')
		digits->at++;
	if (strcmp(word, "bin"))
		return;
	if (number > (size_t)(digits->end - digits->at))
		number = (size_t)(digits->end - digits->at);
	if (!digits->skipped)
		buf_add(&digits->bytes, digits->at, number);
	digits->at += number;
}

static void take_object(struct digits *digits)
{
	while (digits->at < digits->end) {
		unsigned char c = *digits->at++;

		if (c == '{') {
			digits->depth++;
		} else if (c == '}') {
			if (digits->skipped == digits->depth)
				digits->skipped = 0;
			if (!digits->depth--)
				return;
		} else if (c == '\\') {
			take_word(digits);
		} else {
			take_digit(digits, text_hex_value(c));
		}
	}
}

/* An OLE 1 object: version, format, three texts with their lengths, and what the program named by
 * the first keeps. Without a head that can be read all of it is handed out. */
static void give_object(struct walk *walk, const struct buf *bytes, int is_link)
{
	struct piece whole = {(const unsigned char *)bytes->data, bytes->size}, rest = whole, name;

	piece_take_run(&rest, 8);
	name = piece_take_run(&rest, piece_take(&rest, 4));
	piece_take_run(&rest, piece_take(&rest, 4));
	piece_take_run(&rest, piece_take(&rest, 4));
	rest = piece_take_run(&rest, piece_take(&rest, 4));
	if (whole.left)
		walk_trait(walk, UNPACK_EMBEDDED, "a file in an object");
	if (is_link && memmem(whole.at, whole.left, url_moniker, sizeof(url_moniker) - 1))
		walk_trait(walk, UNPACK_EXTERNAL, "an object from elsewhere");
	if (!rest.left)
		walk_copy(walk, whole, "");
	else if (name.left >= 7 && text_same_bytes((const char *)name.at, 7, "package"))
		walk_package(walk, rest);
	else
		walk_copy(walk, rest, "");
}

/* One character of a text at `at`, with its escape undone; gives its end. */
static const unsigned char *take_character(
        const unsigned char *at, const unsigned char *end, struct buf *out)
{
	if (*at == '\\' && end - at > 3 && at[1] == '\'' && text_hex_value(at[2]) >= 0 &&
	        text_hex_value(at[3]) >= 0) {
		buf_add_char(out, (char)(text_hex_value(at[2]) << 4 | text_hex_value(at[3])));
		return at + 4;
	}
	if (*at == '\\' && end - at > 1 && at[1] == '\\')
		at++;
	if (!strchr("{\r\n", *at))
		buf_add_char(out, (char)*at);
	return at + 1;
}

static int leads_away(const unsigned char *at, const unsigned char *end)
{
	struct buf text = {0};
	int is_far;

	if (end - at > ADDRESS_MOST)
		end = at + ADDRESS_MOST;
	buf_add(&text, "", 0);
	while (at < end && *at != '}')
		at = take_character(at, end, &text);
	is_far = address_is_far((struct piece){(const unsigned char *)text.data, text.size});
	buf_fini(&text);
	return is_far;
}

/* Word fetches the template before anything is shown. */
static void find_template(struct walk *walk)
{
	static const char word[] = "\\template";
	const unsigned char *at = walk->bytes, *end = walk->bytes + walk->size;
	size_t count;

	for (count = 0; (at = memmem(at, (size_t)(end - at), word, sizeof(word) - 1)); count++) {
		at += sizeof(word) - 1;
		if (count == TEMPLATES_MOST) {
			walk_problem(walk, UNPACK_LIMIT, "", "more templates than are looked at");
			return;
		}
		if (leads_away(at, end))
			walk_trait(walk, UNPACK_EXTERNAL, "a template from elsewhere");
	}
}

void walk_rich_text(struct walk *walk)
{
	const unsigned char *at = walk->bytes, *end = walk->bytes + walk->size;
	int is_link = memmem(at, walk->size, "\\objautlink", 11) != NULL;

	find_template(walk);
	while (!walk->stopped && (at = memmem(at, (size_t)(end - at), "\\objdata", 8))) {
		struct digits digits = {.at = at + 8, .end = end, .high = -1};

		buf_add(&digits.bytes, "", 0);
		take_object(&digits);
		give_object(walk, &digits.bytes, is_link);
		buf_fini(&digits.bytes);
		at = digits.at;
	}
}

/* ---------------------------------------------------------------- OneNote */

static int is_picture(struct piece data)
{
	static const char *const magics[] = {"\x89PNG\r\n", "\xff\xd8\xff", "GIF8"};
	size_t at;

	for (at = 0; at < sizeof(magics) / sizeof(magics[0]); at++)
		if (data.left >= strlen(magics[at]) &&
		        !memcmp(data.at, magics[at], strlen(magics[at])))
			return 1;
	return 0;
}

/* Pictures of a page are kept as files, too. An attached file has a name ([MS-ONE]
 * EmbeddedFileContainer and EmbeddedFileName), and may well begin like a picture. */
static int has_attached(const struct walk *walk)
{
	return memmem(walk->bytes, walk->size, "\x9b\x1d\0\x20", 4) ||
	       memmem(walk->bytes, walk->size, "\x9c\x1d\0\x1c", 4);
}

/* [MS-ONESTORE] section 2.6.13: each file stands whole behind its own mark. Their names are kept
 * elsewhere, and nothing here says which belongs to which. */
void walk_onenote(struct walk *walk)
{
	const unsigned char *at = walk->bytes, *end = walk->bytes + walk->size;
	int attached = has_attached(walk);

	while ((at = memmem(at, (size_t)(end - at), onenote_data, 16))) {
		struct piece rest = {at, (size_t)(end - at)};
		uint32_t length;

		piece_take_run(&rest, 16);
		length = piece_take(&rest, 4);
		piece_take_run(&rest, ONENOTE_HEAD - 20);
		rest = piece_take_run(&rest, length);
		if (rest.left && (attached || !is_picture(rest)))
			walk_trait(walk, UNPACK_EMBEDDED, "a file on a page");
		if (rest.left && !walk_copy(walk, rest, ""))
			return;
		at = rest.at + rest.left;
	}
}
