/*
 * winmail.dat: Microsoft's TNEF (MS-OXTNEF), read leniently: attributes one behind the other, each
 * with an id, a length, data and a sum that is not checked, because Outlook doesn't, either.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/unpack/piece.h"
#include "lib/unpack/rtf.h"
#include "lib/unpack/walk.h"

enum {
	HEAD_SIZE = 6,          /* signature and key */
	ATTRIBUTE_HEAD = 9,     /* level, id, length */
	ATTACH_TITLE = 0x18010, /* the short name */
	ATTACH_DATA = 0x6800f,
	ATTACH_BEGIN = 0x69002, /* attAttachRendData: a new attachment */
	ATTACH_PROPERTIES = 0x69005,
	MESSAGE_BODY = 0x2800c,       /* attBody: plain text */
	MESSAGE_PROPERTIES = 0x69003, /* attMsgProps */
	PROPERTY_BODY = 0x1000,
	PROPERTY_RTF = 0x1009, /* PidTagRtfCompressed */
	PROPERTY_HTML = 0x1013,
	PROPERTY_DATA = 0x3701, /* PidTagAttachDataObject */
	PROPERTY_FILE = 0x3704,
	PROPERTY_LONG_FILE = 0x3707,
	PROPERTY_DISPLAY = 0x3001,
	TYPE_MANY = 0x1000,
	TYPE_TEXT = 0x1e,
	TYPE_WIDE = 0x1f,
	TYPE_BINARY = 0x102,
	TYPE_OBJECT = 0x0d,
	MOST_VALUES = 4096,
	MOST_NAMES = 32,
	MOST_CONTENTS = 8,
	GUID_SIZE = 16,
};

/* What belongs together: an attachment's names and contents. Which of several contents a reader
 * shows is its own affair, so all of them count. */
struct attachment {
	int begun;
	struct piece contents[MOST_CONTENTS];
	size_t content_count;
	int too_many;
	char *names[MOST_NAMES];
	size_t name_count;
	int too_many_names; /* a reader may take one that isn't kept */
};

/* ---------------------------------------------------------------- names */

static void add_name(struct attachment *attachment, char *name)
{
	size_t at;

	for (at = 0; at < attachment->name_count && strcmp(attachment->names[at], name); at++)
		;
	if (*name && at == attachment->name_count && at < MOST_NAMES) {
		attachment->names[attachment->name_count++] = name;
		return;
	}
	attachment->too_many_names |= at == MOST_NAMES;
	free(name);
}

static void add_content(struct attachment *attachment, struct piece content)
{
	if (attachment->content_count < MOST_CONTENTS)
		attachment->contents[attachment->content_count++] = content;
	else
		attachment->too_many = 1;
}

/* ---------------------------------------------------------------- MAPI properties */

typedef void use_value(struct walk *walk, struct attachment *attachment, unsigned id, unsigned type,
        struct piece value);

static size_t fixed_size(unsigned type)
{
	switch (type) {
	case 0x02:
	case 0x03:
	case 0x04:
	case 0x0a:
	case 0x0b:
		return 4; /* shorter ones are padded */
	case 0x05:
	case 0x06:
	case 0x07:
	case 0x14:
	case 0x40:
		return 8;
	case 0x48:
		return GUID_SIZE;
	default:
		return 0;
	}
}

static void skip_property_name(struct piece *list)
{
	uint32_t length;

	piece_take_run(list, GUID_SIZE);
	if (piece_take(list, 4) == 0) {
		piece_take(list, 4);
		return;
	}
	length = piece_take(list, 4);
	piece_take_run(list, ((size_t)length + 3) & ~(size_t)3);
}

static void use_attached(struct walk *walk, struct attachment *attachment, unsigned id,
        unsigned type, struct piece value)
{
	if (id == PROPERTY_FILE || id == PROPERTY_LONG_FILE || id == PROPERTY_DISPLAY) {
		if (type == TYPE_WIDE)
			add_name(attachment, piece_wide_name(value));
		else if (type == TYPE_TEXT)
			add_name(attachment, piece_narrow_name(value));
	} else if (id == PROPERTY_DATA) {
		/* An object begins with what it is: an embedded message, or an OLE object. */
		if (type == TYPE_OBJECT)
			piece_take_run(&value, GUID_SIZE);
		add_content(attachment, value);
	}
}

/* The message's own text, which Outlook shows in place of the one around winmail.dat. */
static void use_message(struct walk *walk, struct attachment *attachment, unsigned id,
        unsigned type, struct piece value)
{
	struct buf text = {0};

	if (id == PROPERTY_BODY && value.left) {
		walk_copy(walk, value, "body.txt");
	} else if (id == PROPERTY_HTML && value.left) {
		walk_copy(walk, value, "body.html");
	} else if (id == PROPERTY_RTF && value.left) {
		if (!rtf_expand(value, &text))
			walk_problem(walk, UNPACK_FORMAT, "body.rtf", "a text that can't be read");
		else if (text.size)
			walk_copy(walk, (struct piece){(const unsigned char *)text.data, text.size},
			        "body.rtf");
		buf_fini(&text);
	}
}

/* False where the list can't be read any further. */
static int read_values(struct walk *walk, struct attachment *attachment, struct piece *list,
        unsigned id, unsigned type, use_value *use)
{
	unsigned single = type & ~(unsigned)TYPE_MANY;
	int variable = single == TYPE_TEXT || single == TYPE_WIDE || single == TYPE_BINARY ||
	               single == TYPE_OBJECT;
	uint32_t count = variable || type & TYPE_MANY ? piece_take(list, 4) : 1;
	size_t size = fixed_size(single);

	if (count > MOST_VALUES || (!variable && !size))
		return 0;
	for (; count && list->left; count--) {
		if (variable)
			size = piece_take(list, 4);
		use(walk, attachment, id, single, piece_take_run(list, size));
		if (size & 3)
			piece_take_run(list, 4 - (size & 3));
	}
	return 1;
}

static void read_properties(
        struct walk *walk, struct attachment *attachment, struct piece list, use_value *use)
{
	uint32_t count = piece_take(&list, 4);
	unsigned type, id;

	for (; count && list.left && !walk->stopped; count--) {
		type = piece_take(&list, 2);
		id = piece_take(&list, 2);
		if (id >= 0x8000)
			skip_property_name(&list);
		if (!read_values(walk, attachment, &list, id, type, use))
			return;
	}
}

/* ---------------------------------------------------------------- attachments */

static void give_content(struct walk *walk, const struct attachment *attachment, struct piece data)
{
	const char *name = attachment->name_count ? attachment->names[0] : "";
	struct buf content = {0};
	int fits = !walk->out_of_bytes && walk_spend(walk, data.left, name);
	size_t at;

	if (fits)
		buf_add(&content, data.at, data.left);
	walk_member(walk, name, fits ? &content : NULL, 0);
	for (at = 1; at < attachment->name_count; at++)
		walk_alias(walk, attachment->names[at]);
	buf_fini(&content);
}

static void give_attachment(struct walk *walk, struct attachment *attachment)
{
	size_t at;

	if (attachment->begun && !attachment->content_count)
		add_content(attachment, (struct piece){walk->bytes, 0});
	if (attachment->too_many)
		walk_problem(walk, UNPACK_FORMAT, "", "an attachment with too many contents");
	if (attachment->too_many_names)
		walk_problem(walk, UNPACK_LIMIT, "", "an attachment with too many names");
	for (at = 0; at < attachment->content_count && walk_count(walk); at++)
		give_content(walk, attachment, attachment->contents[at]);
	for (at = 0; at < attachment->name_count; at++)
		free(attachment->names[at]);
	memset(attachment, 0, sizeof(*attachment));
}

static void use_attribute(
        struct walk *walk, struct attachment *attachment, uint32_t id, struct piece data)
{
	if (id == ATTACH_BEGIN)
		give_attachment(walk, attachment);
	if (id == ATTACH_BEGIN || id == ATTACH_TITLE || id == ATTACH_DATA ||
	        id == ATTACH_PROPERTIES)
		attachment->begun = 1;
	if (id == ATTACH_TITLE)
		add_name(attachment, piece_narrow_name(data));
	else if (id == ATTACH_DATA)
		add_content(attachment, data);
	else if (id == ATTACH_PROPERTIES)
		read_properties(walk, attachment, data, use_attached);
	else if (id == MESSAGE_BODY && data.left)
		walk_copy(walk, data, "body.txt");
	else if (id == MESSAGE_PROPERTIES)
		read_properties(walk, attachment, data, use_message);
}

void walk_tnef(struct walk *walk)
{
	struct piece rest = {walk->bytes, walk->size};
	struct attachment attachment = {0};

	piece_take_run(&rest, HEAD_SIZE);
	while (!walk->stopped && rest.left >= ATTRIBUTE_HEAD) {
		uint32_t id, length;

		piece_take(&rest, 1);
		id = piece_take(&rest, 4);
		length = piece_take(&rest, 4);
		if (length > rest.left)
			walk_problem(walk, UNPACK_FORMAT, "", "winmail.dat is cut off");
		use_attribute(walk, &attachment, id, piece_take_run(&rest, length));
		piece_take(&rest, 2);
	}
	give_attachment(walk, &attachment);
}
