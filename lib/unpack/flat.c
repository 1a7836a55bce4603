/*
 * Office documents that are not in a container of their own: the parts of a ZIP written into one
 * XML ("Flat OPC", ECMA-376 part 2, as Word saves it; flat OpenDocument), Word's XML of 2003, a
 * workbook's records without a compound file around them, SYLK, and what Word puts its macros into
 * where it saves as a web page or XML. Offices open all of these, whatever their names.
 *
 * Elements are known by their names without a prefix, as any prefix may stand for the namespace.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/bytes.h"
#include "lib/base/text.h"
#include "lib/unpack/encoded.h"
#include "lib/unpack/flat.h"
#include "lib/unpack/office.h"
#include "lib/unpack/zipdoc.h"

enum {
	ACTIVE_HEAD = 50,  /* in front of what is packed, where its own field doesn't tell */
	ACTIVE_FIELD = 30, /* how much longer it is than 46 bytes */
	ACTIVE_SHORTEST = 46,
	ZLIB_HEAD = 2,
	SHEET_KIND = 6, /* behind the first record's head and its version */
};

static const char active_mime[] = "ActiveMime";

/* ---------------------------------------------------------------- XML */

struct xml {
	struct walk *walk;
	const char *at, *end;
	struct zipdoc document;
	struct piece name; /* of the part, or of the data */
};

static const char *find(const struct xml *xml, const char *from, const char *word)
{
	const char *found = memmem(from, (size_t)(xml->end - from), word, strlen(word));

	return found ? found + strlen(word) : xml->end;
}

/* The end of a tag, where a value may have a ">" in it. */
static const char *tag_end(const struct xml *xml, const char *at)
{
	char quote = 0;

	for (; at < xml->end; at++) {
		if (quote)
			quote = *at == quote ? 0 : quote;
		else if (*at == '"' || *at == '\'')
			quote = *at;
		else if (*at == '>')
			return at + 1;
	}
	return at;
}

/* Behind the prefix of a namespace. */
static struct piece local_name(const char *at, const char *end)
{
	struct piece name = {(const unsigned char *)at, 0};

	for (; at < end && !strchr(" \t\r\n/>", *at); at++)
		if (*at == ':')
			name.at = (const unsigned char *)at + 1;
	name.left = (size_t)(at - (const char *)name.at);
	return name;
}

static int is_called(struct piece name, const char *word)
{
	return text_same_bytes((const char *)name.at, name.left, word);
}

/* The value of the attribute "name", with a prefix or without; `before` where there is none. */
static struct piece name_in(const char *at, const char *end, struct piece before)
{
	const char *found = text_find(at, (size_t)(end - at), "name=");
	const char *stop;

	if (!found || end - found < 7)
		return before;
	found += 5;
	stop = memchr(found + 1, *found, (size_t)(end - found - 1));
	return (struct piece){
	        (const unsigned char *)found + 1, (size_t)((stop ? stop : end) - found - 1)};
}

/* An element's text, with references undone; comments in it, and marks around parts of it, are
 * none of it. */
static void take_text(struct xml *xml, struct buf *out)
{
	buf_add(out, "", 0);
	while (xml->at < xml->end) {
		const unsigned char *at = (const unsigned char *)xml->at, *next = at;
		unsigned long value = *at;

		if (xml->end - xml->at > 8 && !memcmp(xml->at, "<![CDATA[", 9)) {
			xml->at += 9;
		} else if (xml->end - xml->at > 3 && !memcmp(xml->at, "<!--", 4)) {
			xml->at = find(xml, xml->at, "-->");
		} else if (*at == '<') {
			return;
		} else {
			if (*at == '&')
				next = encoded_reference(
				        at, (const unsigned char *)xml->end, &value);
			buf_add_char(out, value < 128 ? (char)value : '?');
			xml->at = (const char *)(next == at ? at + 1 : next);
		}
	}
}

/* Base64 of a part. */
static void give_data(struct xml *xml)
{
	struct buf text = {0}, bytes = {0};
	char *name = walk_name(xml->name.at, xml->name.left);

	take_text(xml, &text);
	buf_add(&bytes, "", 0);
	encoded_base64(&text, &bytes);
	zipdoc_note(&xml->document, zipdoc_part(name), &bytes);
	if (bytes.size)
		walk_copy(xml->walk, (struct piece){(const unsigned char *)bytes.data, bytes.size},
		        name);
	xml->name.left = 0; /* a part has one content */
	free(name);
	buf_fini(&bytes);
	buf_fini(&text);
}

static void take_element(struct xml *xml)
{
	struct piece element = local_name(xml->at, xml->end);
	const char *end = tag_end(xml, xml->at);

	if (is_called(element, "part") || is_called(element, "binData"))
		xml->name = name_in(xml->at, end, (struct piece){element.at, 0});
	else if (is_called(element, "binary-data"))
		xml->name.left = 0;
	else if (is_called(element, "source-code"))
		walk_trait(xml->walk, UNPACK_MACRO, "a module of Basic");
	else if (is_called(element, "event-listener"))
		walk_trait(xml->walk, UNPACK_MACRO, "a script");
	xml->at = end;
	if (is_called(element, "binaryData") || is_called(element, "binData") ||
	        is_called(element, "binary-data"))
		give_data(xml);
}

static void take_markup(struct xml *xml)
{
	size_t left = (size_t)(xml->end - xml->at);

	if (left > 2 && !memcmp(xml->at, "!--", 3))
		xml->at = find(xml, xml->at, "-->");
	else if (left > 7 && !memcmp(xml->at, "![CDATA[", 8))
		xml->at = find(xml, xml->at, "]]>");
	else
		take_element(xml);
}

/* What a ZIP has in lists stands in the same words in the text. */
static void read_xml(struct walk *walk, const struct buf *text)
{
	struct xml xml = {.walk = walk, .at = text->data, .end = text->data + text->size};

	walk_trait(walk, UNPACK_PACKAGE, "an office document");
	xml.name = (struct piece){(const unsigned char *)text->data, 0};
	zipdoc_note(&xml.document,
	        zipdoc_part("[Content_Types].xml") | zipdoc_part("charts/_rels/a.rels"), text);
	while (!walk->stopped && xml.at < xml.end &&
	        (xml.at = memchr(xml.at, '<', (size_t)(xml.end - xml.at)))) {
		xml.at++;
		take_markup(&xml);
	}
	zipdoc_tell(&xml.document, walk);
}

static int has_words(const struct buf *text)
{
	static const char *const words[] = {
	        "binarydata", "xmldata", "bindata", "binary-data", "event-listener", "source-code"};
	size_t at;

	for (at = 0; at < sizeof(words) / sizeof(words[0]); at++)
		if (text_find(text->data, text->size, words[at]))
			return 1;
	return 0;
}

int flat_is_xml(const unsigned char *bytes, size_t size)
{
	struct buf text = {0};
	int is_xml;

	if (!walk_begins_as_markup(bytes, size))
		return 0;
	walk_narrow(bytes, size, &text);
	is_xml = has_words(&text);
	buf_fini(&text);
	return is_xml;
}

/* It may be a picture or a page to others. */
void flat_walk_xml(struct walk *walk)
{
	struct buf text = {0};

	walk_narrow(walk->bytes, walk->size, &text);
	read_xml(walk, &text);
	buf_fini(&text);
	if (!walk->stopped && walk_markup_kind(walk->bytes, walk->size))
		walk_markup(walk);
}

/* ---------------------------------------------------------------- ActiveMime */

int flat_is_active_mime(const unsigned char *bytes, size_t size)
{
	return size > ACTIVE_HEAD + ZLIB_HEAD && !memcmp(bytes, active_mime, sizeof(active_mime));
}

static int is_zlib(const struct walk *walk, size_t at)
{
	return at + ZLIB_HEAD < walk->size && (walk->bytes[at] & 15) == 8 &&
	       (walk->bytes[at] << 8 | walk->bytes[at + 1]) % 31 == 0;
}

/* A compound file, packed: the macros of a document that was saved as text. */
void flat_walk_active_mime(struct walk *walk)
{
	size_t at = ACTIVE_SHORTEST + bytes_little16(walk->bytes + ACTIVE_FIELD);
	struct piece data = {walk->bytes, walk->size};
	struct buf content = {0};

	if (!is_zlib(walk, at))
		at = ACTIVE_HEAD;
	walk_trait(walk, UNPACK_PACKAGE, "what belongs to an office document");
	if (!walk_count(walk))
		return;
	piece_take_run(&data, at + ZLIB_HEAD);
	if (is_zlib(walk, at))
		walk_inflate(walk, data, &content);
	if (!content.size)
		walk_problem(walk, UNPACK_FORMAT, "", "ActiveMime");
	walk_member(walk, "", content.size ? &content : NULL, 0);
	buf_fini(&content);
}

/* ---------------------------------------------------------------- workbooks */

/* The first record of a workbook or sheet ([MS-XLS] 2.4.21, and those of versions before): its
 * length, and what it is of. */
int flat_is_workbook(const unsigned char *bytes, size_t size)
{
	unsigned kind;

	if (size < SHEET_KIND + 2 || bytes[0] != 9 || bytes[1] > 8 || bytes[1] & 1 ||
	        bytes_little16(bytes + 2) < 4 || bytes_little16(bytes + 2) > 16)
		return 0;
	kind = bytes_little16(bytes + SHEET_KIND);
	return kind == 5 || kind == 6 || kind == 0x10 || kind == 0x20 || kind == 0x40 ||
	       kind == 0x100;
}

void flat_walk_workbook(struct walk *walk)
{
	office_stream("Workbook")->read(walk, (struct piece){walk->bytes, walk->size});
}

/* ---------------------------------------------------------------- SYLK */

int flat_is_sylk(const unsigned char *bytes, size_t size)
{
	return size > 4 && text_same_bytes((const char *)bytes, 3, "ID;");
}

/* A field of a record: between semicolons, and the last one up to the line's end. */
static int has_field(struct piece line, const char *field)
{
	while (line.left) {
		const unsigned char *stop = memchr(line.at, ';', line.left);
		size_t length = stop ? (size_t)(stop - line.at) : line.left;

		if (text_same_bytes((const char *)line.at, length, field))
			return 1;
		piece_take_run(&line, length + 1);
	}
	return 0;
}

/* Options that make it a sheet of macros, or a name whose cell is run when it is opened. */
static int runs_macros(struct piece line)
{
	const char *text = (const char *)line.at;

	if (line.left > 2 && text_same_bytes(text, 2, "O;"))
		return has_field(line, "E");
	return line.left > 3 && text_same_bytes(text, 3, "NN;") &&
	       (text_find(text, line.left, ";nauto_") ||
	               text_find(text, line.left, ";n_xlnm.auto"));
}

void flat_walk_sylk(struct walk *walk)
{
	struct piece rest = {walk->bytes, walk->size};

	while (rest.left) {
		struct piece line = {rest.at, 0};

		while (line.left < rest.left && line.at[line.left] != '\r' &&
		        line.at[line.left] != '\n')
			line.left++;
		if (runs_macros(line))
			walk_trait(walk, UNPACK_MACRO, "a sheet of Excel 4 macros");
		piece_take_run(&rest, line.left + 1);
	}
}
