#include "lib/unpack/office.h"

#include <string.h>

#include "lib/base/text.h"

enum {
	WORD_FLAGS = 10, /* in the file's head ([MS-DOC] 2.5.2) */
	WORD_ENCRYPTED = 0x0100,

	/* records of a workbook ([MS-XLS] 2.3.2) */
	BOOK_PASSWORD = 0x002f,
	BOOK_SHEET = 0x0085,
	BOOK_BEGIN = 0x09, /* the lower half; the upper tells the version */
	SHEET_MACROS = 1,
	SHEET_MODULE = 6,
	BEGIN_MACROS = 0x40,

	/* presentations ([MS-PPT]) */
	USER_TOKEN = 12,
	MACROS_HEAD = 8,
	PLAIN = 0x00, /* the first byte of an object's record */
	PACKED = 0x10,
	ZLIB_HEAD = 2,
};

static const uint32_t token_encrypted = 0xf3d1c4df;

static void tell_macros(struct walk *walk, struct piece stream)
{
	walk_trait(walk, UNPACK_MACRO, "a VBA project");
}

static void tell_encrypted(struct walk *walk, struct piece stream)
{
	walk_encrypted(walk);
}

/* The list of a project's modules ([MS-OVBA] 2.3.1), which names them even where what was compiled
 * of them, or their source, is taken out. */
static void read_project(struct walk *walk, struct piece stream)
{
	static const char *const lines[] = {"ID=\"{", "Document=", "Module=", "BaseClass="};
	size_t at;

	for (at = 0; at < sizeof(lines) / sizeof(lines[0]); at++) {
		if (!text_find((const char *)stream.at, stream.left, lines[at]))
			continue;
		tell_macros(walk, stream);
		return;
	}
}

static void read_word(struct walk *walk, struct piece stream)
{
	piece_take_run(&stream, WORD_FLAGS);
	if (piece_take(&stream, 2) & WORD_ENCRYPTED)
		tell_encrypted(walk, stream);
}

/* ---------------------------------------------------------------- workbooks */

static int is_macro_sheet(unsigned type, struct piece record, int encrypted)
{
	unsigned kind;

	/* Its beginning says the same in clear even where the rest is encrypted. */
	if ((type & 0xff) == BOOK_BEGIN && type <= 0x0809) {
		piece_take(&record, 2);
		return piece_take(&record, 2) == BEGIN_MACROS;
	}
	if (type != BOOK_SHEET || encrypted)
		return 0;
	piece_take_run(&record, 5);
	kind = piece_take(&record, 1);
	return kind == SHEET_MACROS || kind == SHEET_MODULE;
}

/* The records in a row. A workbook under the password that Excel tries by itself is encrypted all
 * the same: we don't look into it. */
static void read_workbook(struct walk *walk, struct piece stream)
{
	int encrypted = 0, macros = 0;

	while (stream.left >= 4) {
		unsigned type = piece_take(&stream, 2);
		struct piece record = piece_take_run(&stream, piece_take(&stream, 2));

		encrypted |= type == BOOK_PASSWORD;
		macros |= is_macro_sheet(type, record, encrypted);
	}
	if (encrypted)
		tell_encrypted(walk, stream);
	if (macros)
		walk_trait(walk, UNPACK_MACRO, "a sheet of Excel 4 macros");
}

/* ---------------------------------------------------------------- presentations */

static void read_user(struct walk *walk, struct piece stream)
{
	piece_take_run(&stream, USER_TOKEN);
	if (piece_take(&stream, 4) == token_encrypted)
		tell_encrypted(walk, stream);
}

/* The atom that says where the macros are: its place, and whether there are any (2.4.11). */
static void find_macros(struct walk *walk, struct piece stream)
{
	struct piece rest = stream;
	const unsigned char *at = memmem(stream.at, stream.left, "\2\0\0\4\x0c\0\0\0", MACROS_HEAD);
	uint32_t place;

	if (!at)
		return;
	piece_take_run(&rest, (size_t)(at - stream.at) + MACROS_HEAD);
	place = piece_take(&rest, 4);
	if (place || piece_take(&rest, 4))
		tell_macros(walk, stream);
}

/* A storage of an object, a control or macros (2.10.34): a compound file, packed or as it is.
 * False where the budget is used up. */
static int give_object(struct walk *walk, struct piece data, int packed)
{
	struct buf content = {0};
	int go_on;

	walk_trait(walk, UNPACK_PACKAGE, "a presentation with objects");
	if (!packed)
		return walk_copy(walk, data, "");
	if (!walk_count(walk))
		return 0;
	piece_take_run(&data, 4 + ZLIB_HEAD);
	go_on = walk_inflate(walk, data, &content);
	walk_member(walk, "", content.size ? &content : NULL, 0);
	buf_fini(&content);
	return go_on;
}

static int is_object(struct piece data, int packed)
{
	if (packed)
		return data.left > 4 + ZLIB_HEAD && (data.at[4] & 15) == 8;
	return data.left >= 8 && !memcmp(data.at, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8);
}

/* Objects are found by the head of their records wherever they are, as PowerPoint goes to them by
 * their offsets. */
static void read_slides(struct walk *walk, struct piece stream)
{
	const unsigned char *at = stream.at, *end = stream.at + stream.left;

	find_macros(walk, stream);
	while (at < end && (at = memmem(at, (size_t)(end - at), "\0\x11\x10", 3))) {
		int first = at > stream.at ? at[-1] : -1;
		struct piece rest = {at + 3, (size_t)(end - at) - 3}, data;

		data = piece_take_run(&rest, piece_take(&rest, 4));
		at += 3;
		if ((first != PLAIN && first != PACKED) || !is_object(data, first == PACKED))
			continue;
		if (!give_object(walk, data, first == PACKED))
			return;
		at = rest.at;
	}
}

/* ---------------------------------------------------------------- all of them */

const struct office_stream *office_stream(const char *name)
{
	static const struct office_stream streams[] = {
	        {"_VBA_PROJECT", 0, tell_macros},
	        {"PROJECT", 4096, read_project},
	        {"EncryptedPackage", 0, tell_encrypted},
	        {"EncryptedSummary", 0, tell_encrypted},
	        {"\tDRMContent", 0, tell_encrypted},
	        {"WordDocument", WORD_FLAGS + 2, read_word},
	        {"Workbook", SIZE_MAX, read_workbook},
	        {"Book", SIZE_MAX, read_workbook},
	        {"Current User", USER_TOKEN + 4, read_user},
	        {"PowerPoint Document", SIZE_MAX, read_slides},
	};
	size_t at;

	for (at = 0; at < sizeof(streams) / sizeof(streams[0]); at++)
		if (text_same(streams[at].name, name))
			return &streams[at];
	return NULL;
}
