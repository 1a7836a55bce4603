#include "lib/unpack/zipdoc.h"

#include <string.h>

#include "lib/base/text.h"
#include "lib/unpack/address.h"

enum {
	/* parts of documents */
	PART_TYPES = 1,           /* what each member is */
	PART_RELATIONS = 2,       /* what a member refers to */
	PART_CHART_RELATIONS = 4, /* the same of a chart, which keeps its numbers in a workbook */
	PART_EMBEDDING = 8,       /* stands where embedded files do */
	PART_MIMETYPE = 16,       /* OpenDocument from here on */
	PART_MANIFEST = 32,
	PART_MODULE = 64, /* of Basic */
	PART_SCRIPT = 128,
	PART_ALL_RELATIONS = PART_RELATIONS | PART_CHART_RELATIONS,
	PART_LISTS = PART_TYPES | PART_ALL_RELATIONS | PART_MIMETYPE | PART_MANIFEST,

	/* what was found */
	FOUND_MICROSOFT = 1,
	FOUND_OPEN = 2,
	FOUND_VBA = 4,
	FOUND_SHEET = 8,
	FOUND_OBJECT = 16,
	FOUND_MODULE = 32,
	FOUND_SCRIPT = 64,
	FOUND_COMPOUND = 128,
	FOUND_ENCRYPTED = 256,
	FOUND_FAR = 512,

	NAME_END = 512, /* a long name is judged by its ends */
	NOT_PLAIN = '?',
};

/* ---------------------------------------------------------------- names */

static const struct {
	const char *pattern;
	unsigned part;
} names[] = {
        {"[[]content_types].xml", PART_TYPES},
        {"[[]content_types].xml/*", PART_TYPES}, /* in pieces (ECMA-376 part 2) */
        {"*.rels", PART_RELATIONS},
        {"*charts/_rels/*.rels", PART_CHART_RELATIONS},
        {"*/embeddings/?*", PART_EMBEDDING},
        {"mimetype", PART_MIMETYPE},
        {"meta-inf/manifest.xml", PART_MANIFEST},
        {"basic/*/?*", PART_MODULE},
        {"scripts/?*", PART_SCRIPT},
};

/* Lists of libraries and of what is in them, which are there without any module as well. */
static int is_list(const char *name)
{
	return text_glob("*/script-lb.xml", name, strlen(name)) ||
	       text_glob("*/parcel-descriptor.xml", name, strlen(name)) ||
	       text_glob("*/", name, strlen(name));
}

static unsigned part_of(const char *name)
{
	unsigned part = 0;
	size_t at;

	for (at = 0; at < sizeof(names) / sizeof(names[0]); at++)
		if (text_glob(names[at].pattern, name, strlen(name)))
			part |= names[at].part;
	if (part & PART_CHART_RELATIONS)
		part &= ~(unsigned)PART_RELATIONS;
	if (is_list(name))
		part &= ~(unsigned)(PART_MODULE | PART_SCRIPT);
	return part;
}

unsigned zipdoc_part(const char *name)
{
	struct buf path = {0};
	unsigned part;
	size_t at, length;

	while (*name == '/' || *name == '\\' ||
	        (*name == '.' && (name[1] == '/' || name[1] == '\\')))
		name++;
	length = strlen(name);
	if (length > 2 * NAME_END) {
		buf_add(&path, name, NAME_END);
		name += length - NAME_END;
	}
	buf_add_string(&path, name);
	for (at = 0; at < path.size; at++)
		if (path.data[at] == '\\')
			path.data[at] = '/';
	part = part_of(path.data);
	buf_fini(&path);
	return part;
}

/* ---------------------------------------------------------------- what lists say */

enum where { ANYWHERE, INSIDE, FAR };

static const struct sign {
	unsigned part; /* any of these */
	unsigned found;
	enum where where; /* what the relation must lead to */
	const char *text;
} signs[] = {
        {PART_TYPES, FOUND_VBA, ANYWHERE, "vnd.ms-office.vbaproject"},
        {PART_TYPES, FOUND_SHEET, ANYWHERE, "macrosheet"},
        {PART_TYPES, FOUND_OBJECT, ANYWHERE, "officedocument.oleobject"},
        {PART_ALL_RELATIONS, FOUND_VBA, ANYWHERE, "relationships/vbaproject"},
        {PART_ALL_RELATIONS, FOUND_SHEET, ANYWHERE, "relationships/xlmacrosheet"},
        {PART_ALL_RELATIONS, FOUND_SHEET, ANYWHERE, "relationships/xlintlmacrosheet"},
        {PART_ALL_RELATIONS, FOUND_OBJECT, INSIDE, "relationships/oleobject"},
        {PART_RELATIONS, FOUND_OBJECT, INSIDE, "relationships/package"},
        {PART_ALL_RELATIONS, FOUND_FAR, FAR, "relationships/oleobject"},
        {PART_ALL_RELATIONS, FOUND_FAR, FAR, "relationships/attachedtemplate"},
        {PART_ALL_RELATIONS, FOUND_FAR, FAR, "relationships/frame"},
        {PART_ALL_RELATIONS, FOUND_FAR, FAR, "relationships/subdocument"},
        {PART_MIMETYPE | PART_MANIFEST, FOUND_OPEN, ANYWHERE, "vnd.oasis.opendocument"},
        {PART_MIMETYPE | PART_MANIFEST, FOUND_OPEN, ANYWHERE, "vnd.sun.xml."},
        {PART_MANIFEST, FOUND_ENCRYPTED, ANYWHERE, "encryption-data"},
        {PART_MANIFEST, FOUND_COMPOUND, ANYWHERE, "vnd.sun.star.oleobject"},
};

static int digit(char c, unsigned base)
{
	int value = c >= '0' && c <= '9' ? c - '0' : -1;

	if (base == 16 && (c | 32) >= 'a' && (c | 32) <= 'f')
		value = (c | 32) - 'a' + 10;
	return value;
}

/* The character of "#118;" or "#x76;" at *at, which is moved behind it. */
static char take_reference(const char *text, size_t size, size_t *at)
{
	unsigned base = *at + 1 < size && (text[*at + 1] | 32) == 'x' ? 16 : 10, code = 0;

	*at += base == 16 ? 2 : 1;
	for (; *at < size && digit(text[*at], base) >= 0; (*at)++)
		code = code < 128 ? code * base + (unsigned)digit(text[*at], base) : code;
	if (*at < size && text[*at] == ';')
		(*at)++;
	return code && code < 128 ? (char)code : NOT_PLAIN;
}

/* XML as ASCII in lower case: without the zeros of UTF-16 in either order, and with characters
 * instead of references to them. */
static void make_plain(const struct buf *content, struct buf *out)
{
	size_t at, to = 0;

	buf_reserve(out, content->size);
	for (at = 0; at < content->size; at++)
		if (content->data[at])
			out->data[out->size++] = content->data[at];
	for (at = 0; at < out->size;) {
		char c = out->data[at++];

		if (c == '&' && at < out->size && out->data[at] == '#')
			c = take_reference(out->data, out->size, &at);
		out->data[to++] = c >= 'A' && c <= 'Z' ? (char)(c | 32) : c;
	}
	out->size = to;
}

/* The value of an attribute of one element; at `end` where it has none. */
static const char *value_of(const char *element, const char *end, const char *attribute)
{
	const char *at = element;
	size_t length = strlen(attribute);

	while ((at = memmem(at, (size_t)(end - at), attribute, length))) {
		at += length;
		while (at < end && strchr(" \t\r\n", *at))
			at++;
		if (at == end || *at != '=')
			continue;
		while (at < end && strchr(" \t\r\n='\"", *at))
			at++;
		return at;
	}
	return end;
}

/* TargetMode="External": a link to what isn't in the document. */
static int is_link(const char *element, const char *end)
{
	const char *at = value_of(element, end, "targetmode");

	return end - at >= 8 && !memcmp(at, "external", 8);
}

static int is_far(const char *element, const char *end)
{
	const char *at = value_of(element, end, "target"), *stop = at;

	while (stop < end && *stop != '"' && *stop != '\'')
		stop++;
	return address_is_far((struct piece){(const unsigned char *)at, (size_t)(stop - at)});
}

static int leads(enum where where, const char *element, const char *end)
{
	switch (where) {
	case INSIDE:
		return !is_link(element, end);
	case FAR:
		return is_link(element, end) && is_far(element, end);
	case ANYWHERE:
		break;
	}
	return 1;
}

static int has_sign(const struct buf *plain, const struct sign *sign)
{
	const char *at = plain->data, *end = plain->data + plain->size, *found, *element, *next;
	size_t length = strlen(sign->text);

	while (at < end && (found = memmem(at, (size_t)(end - at), sign->text, length))) {
		element = memrchr(at, '<', (size_t)(found - at));
		next = memchr(found, '<', (size_t)(end - found));
		next = next ? next : end;
		if (leads(sign->where, element ? element : at, next))
			return 1;
		at = next;
	}
	return 0;
}

static unsigned read_list(const struct buf *content, unsigned part)
{
	struct buf plain = {0};
	unsigned found = 0;
	size_t at;

	make_plain(content, &plain);
	for (at = 0; at < sizeof(signs) / sizeof(signs[0]); at++)
		if (signs[at].part & part && has_sign(&plain, &signs[at]))
			found |= signs[at].found;
	buf_fini(&plain);
	return found;
}

/* ---------------------------------------------------------------- members */

static int begins(const struct buf *content, const char *magic, size_t size)
{
	return content->size >= size && !memcmp(content->data, magic, size);
}

static unsigned look_at(const struct buf *content, unsigned part)
{
	unsigned found = 0;

	if (part & PART_LISTS)
		found = read_list(content, part);
	if (begins(content, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8))
		found |= FOUND_COMPOUND;
	/* The workbooks of charts are there, too, and always are ZIPs. */
	if (part & PART_EMBEDDING && content->size && !begins(content, "PK\3\4", 4))
		found |= FOUND_OBJECT;
	return found;
}

void zipdoc_note(struct zipdoc *document, unsigned part, const struct buf *content)
{
	if (part & PART_TYPES)
		document->found |= FOUND_MICROSOFT;
	if (part & PART_MODULE)
		document->found |= FOUND_MODULE;
	if (part & PART_SCRIPT)
		document->found |= FOUND_SCRIPT;
	if (content)
		document->found |= look_at(content, part);
}

void zipdoc_tell(const struct zipdoc *document, struct walk *walk)
{
	static const struct {
		unsigned format;
		unsigned found;
		enum unpack_trait trait;
		const char *detail;
	} table[] = {
	        {FOUND_MICROSOFT, FOUND_VBA, UNPACK_MACRO, "a VBA project"},
	        {FOUND_MICROSOFT, FOUND_SHEET, UNPACK_MACRO, "a sheet of Excel 4 macros"},
	        {FOUND_MICROSOFT, FOUND_OBJECT, UNPACK_EMBEDDED, "a file in an object"},
	        {FOUND_MICROSOFT, FOUND_FAR, UNPACK_EXTERNAL, "a part of it is elsewhere"},
	        {FOUND_OPEN, FOUND_MODULE, UNPACK_MACRO, "a module of Basic"},
	        {FOUND_OPEN, FOUND_SCRIPT, UNPACK_MACRO, "a script"},
	        {FOUND_OPEN, FOUND_COMPOUND, UNPACK_EMBEDDED, "a file in an object"},
	};
	size_t at;

	if (document->found & (FOUND_MICROSOFT | FOUND_OPEN))
		walk_trait(walk, UNPACK_PACKAGE, "an office document");
	if (document->found & FOUND_ENCRYPTED)
		walk_encrypted(walk);
	for (at = 0; at < sizeof(table) / sizeof(table[0]); at++)
		if (document->found & table[at].format && document->found & table[at].found)
			walk_trait(walk, table[at].trait, table[at].detail);
}
