/*
 * winmail.dat: Microsoft's TNEF (MS-OXTNEF), read leniently: attributes one behind the other, each
 * with an id, a length, data and a sum that is not checked, because Outlook doesn't, either.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/unpack/piece.h"
#include "lib/unpack/walk.h"

enum {
	HEAD_SIZE = 6,          /* signature and key */
	ATTRIBUTE_HEAD = 9,     /* level, id, length */
	ATTACH_TITLE = 0x18010, /* the short name */
	ATTACH_DATA = 0x6800f,
	ATTACH_BEGIN = 0x69002, /* attAttachRendData: a new attachment */
	ATTACH_PROPERTIES = 0x69005,
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
	MOST_NAMES = 8,
	GUID_SIZE = 16,
};

struct attachment {
	int begun;
	struct piece data;
	char *names[MOST_NAMES];
	size_t name_count;
};

/* ---------------------------------------------------------------- names */

static void add_name(struct attachment *attachment, char *name)
{
	size_t at;

	for (at = 0; at < attachment->name_count && strcmp(attachment->names[at], name); at++)
		;
	if (*name && at == attachment->name_count && at < MOST_NAMES)
		attachment->names[attachment->name_count++] = name;
	else
		free(name);
}

/* ---------------------------------------------------------------- MAPI properties */

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

static void use_value(struct attachment *attachment, unsigned id, unsigned type, struct piece value)
{
	if (id == PROPERTY_FILE || id == PROPERTY_LONG_FILE || id == PROPERTY_DISPLAY) {
		if (type == TYPE_WIDE)
			add_name(attachment, piece_wide_name(value));
		else if (type == TYPE_TEXT)
			add_name(attachment, piece_narrow_name(value));
	} else if (id == PROPERTY_DATA && value.left > GUID_SIZE) {
		/* An object begins with what it is: an embedded message, or an OLE object. */
		piece_take_run(&value, GUID_SIZE);
		if (value.left > attachment->data.left)
			attachment->data = value;
	}
}

/* False where the list can't be read any further. */
static int read_values(
        struct attachment *attachment, struct piece *list, unsigned id, unsigned type)
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
		use_value(attachment, id, single, piece_take_run(list, size));
		if (size & 3)
			piece_take_run(list, 4 - (size & 3));
	}
	return 1;
}

static void read_properties(struct attachment *attachment, struct piece list)
{
	uint32_t count = piece_take(&list, 4);
	unsigned type, id;

	for (; count && list.left; count--) {
		type = piece_take(&list, 2);
		id = piece_take(&list, 2);
		if (id >= 0x8000)
			skip_property_name(&list);
		if (!read_values(attachment, &list, id, type))
			return;
	}
}

/* ---------------------------------------------------------------- attachments */

static void give_attachment(struct walk *walk, struct attachment *attachment)
{
	struct buf content = {0};
	size_t at;

	if (attachment->begun && walk_count(walk)) {
		const char *name = attachment->name_count ? attachment->names[0] : "";
		int fits = !walk->out_of_bytes && walk_spend(walk, attachment->data.left, name);

		if (fits)
			buf_add(&content, attachment->data.at, attachment->data.left);
		walk_member(walk, name, fits ? &content : NULL, 0);
		for (at = 1; at < attachment->name_count; at++)
			walk_alias(walk, attachment->names[at]);
		buf_fini(&content);
	}
	for (at = 0; at < attachment->name_count; at++)
		free(attachment->names[at]);
	memset(attachment, 0, sizeof(*attachment));
}

static void use_attribute(
        struct walk *walk, struct attachment *attachment, uint32_t id, struct piece data)
{
	if (id == ATTACH_BEGIN)
		give_attachment(walk, attachment);
	if (id != ATTACH_BEGIN && id != ATTACH_TITLE && id != ATTACH_DATA &&
	        id != ATTACH_PROPERTIES)
		return;
	attachment->begun = 1;
	if (id == ATTACH_TITLE)
		add_name(attachment, piece_narrow_name(data));
	else if (id == ATTACH_DATA)
		attachment->data = data;
	else if (id == ATTACH_PROPERTIES)
		read_properties(attachment, data);
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
