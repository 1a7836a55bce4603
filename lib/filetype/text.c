#include "lib/filetype/filetype.h"

#include <string.h>

#include "lib/base/text.h"

enum {
	TEXT_LOOKED_AT = 16384, /* bytes that must all be text */
	HEAD_ROOM = 1024,       /* of them, that tell which kind */
};

/* What a text begins with, behind a byte order mark and blanks, without regard to case. */
static const struct {
	const char *beginning;
	const char *type;
} beginnings[] = {
        {"%pdf-", "application/pdf"},
        {"{\\rt", "text/rtf"}, /* Word opens it without the last letter, too */
        {"#!", "text/x-shellscript"},
        {"@echo off", "text/x-msdos-batch"},
        {"windows registry editor version 5", "text/x-ms-regedit"},
        {"regedit4", "text/x-ms-regedit"},
        {"<svg", "image/svg+xml"},
        {"<!doctype svg", "image/svg+xml"},
        {"<!doctype html", "text/html"},
        {"<html", "text/html"},
        {"begin:vcalendar", "text/calendar"},
        {"begin:vcard", "text/vcard"},
        {"%!ps", "application/postscript"},
        {"mime-version:", "message/rfc822"},
};

/* What stands somewhere in its head. */
static const struct {
	const char *needle;
	const char *type;
} inside[] = {
        {"%pdf-", "application/pdf"}, /* readers take it within the first 1,024 bytes */
        {"<svg", "image/svg+xml"},
        {"<html", "text/html"},
        {"<body", "text/html"},
        {"<script", "text/html"},
        {"<?xml", "text/xml"},
};

/* Sections of files of settings, and the key that must be there for it to run anything. Windows
 * finds them behind others; but a text that speaks of them has lines of prose before. */
static const struct {
	const char *section, *key, *type;
} sections[] = {
        {"[internetshortcut", "", "application/x-mswinurl"},
        {"[{000214a0-0000-0000-c000-000000000046}", "", "application/x-mswinurl"},
        {"[shell]", "", "application/x-ms-shell-command"},
        {"[desktop entry]", "exec", "application/x-desktop"},
        {"[defaultinstall", "signature", "application/x-setupscript"},
};

/* The first element of XML by its local name, and what must be in it, too. */
static const struct {
	const char *root, *inside, *type;
} roots[] = {
        {"librarydescription", "", "application/x-ms-library"},
        {"persistedquery", "", "application/x-ms-search"},
        {"searchconnectordescription", "", "application/x-ms-search"},
        {"pcsettings", "", "application/x-ms-settingcontent"},
        {"mmc_consolefile", "", "application/x-ms-mmc"},
        {"job", "<script", "application/x-ms-wsf"},
        {"package", "<script", "application/x-ms-wsf"},
        {"scriptlet", "", "text/scriptlet"},
        {"component", "<script", "text/scriptlet"},
};

/* Control characters that occur in honest text: BEL to CR, and ESC for ISO-2022. */
static int is_text_byte(unsigned char byte)
{
	return byte >= ' ' ? byte != 127 : (byte >= 7 && byte <= 13) || byte == 27;
}

static int all_text(const unsigned char *bytes, size_t size)
{
	size_t at;

	for (at = 0; at < size; at++)
		if (!is_text_byte(bytes[at]))
			return 0;
	return 1;
}

/* UTF-16 behind its byte order mark, with everything beyond ASCII as '?'. Gives the length, or 0
 * where it isn't UTF-16 text. */
static size_t narrow(const unsigned char *bytes, size_t size, char head[HEAD_ROOM])
{
	size_t low, at, length = 0;

	if (size < 4 || (memcmp(bytes, "\xff\xfe", 2) && memcmp(bytes, "\xfe\xff", 2)))
		return 0;
	low = bytes[0] == 0xff ? 0 : 1;
	for (at = 2; at + 1 < size && length < HEAD_ROOM; at += 2) {
		unsigned char byte = bytes[at + low];

		if (bytes[at + 1 - low])
			byte = '?';
		if (!is_text_byte(byte))
			return 0;
		head[length++] = (char)byte;
	}
	return length;
}

/* ---------------------------------------------------------------- lines */

struct lines {
	const char *at, *end;
};

/* The next line without blanks in front; false behind the last one. */
static int take_line(struct lines *lines, const char **line, size_t *size)
{
	const char *stop;

	while (lines->at < lines->end && strchr(" \t\r\n\f\v", *lines->at) && *lines->at)
		lines->at++;
	if (lines->at == lines->end)
		return 0;
	for (stop = lines->at; stop < lines->end && *stop != '\r' && *stop != '\n'; stop++)
		continue;
	*line = lines->at;
	*size = (size_t)(stop - lines->at);
	lines->at = stop;
	return 1;
}

static int begins(const char *text, size_t size, const char *word)
{
	size_t length = strlen(word);

	return length <= size && text_same_bytes(text, length, word);
}

static int has_line(const char *head, size_t size, const char *beginning)
{
	struct lines lines = {head, head + size};
	const char *line;
	size_t length;

	while (take_line(&lines, &line, &length))
		if (begins(line, length, beginning))
			return 1;
	return 0;
}

static int is_setting(const char *line, size_t size)
{
	return *line == ';' || *line == '#' || *line == '[' || memchr(line, '=', size);
}

static const char *section_kind(const char *head, size_t size)
{
	struct lines lines = {head, head + size};
	const char *line;
	size_t length, at;

	while (take_line(&lines, &line, &length)) {
		if (!is_setting(line, length))
			return NULL;
		for (at = 0; at < sizeof(sections) / sizeof(sections[0]); at++)
			if (begins(line, length, sections[at].section) &&
			        has_line(head, size, sections[at].key))
				return sections[at].type;
	}
	return NULL;
}

/* ---------------------------------------------------------------- markup */

/* Behind a comment, an instruction or a declaration; else `at`. */
static const char *skip_prologue(const char *at, const char *end)
{
	static const struct {
		const char *start, *stop;
	} table[] = {{"<!--", "-->"}, {"<?", "?>"}, {"<!", ">"}};
	size_t n;

	for (n = 0; n < sizeof(table) / sizeof(table[0]); n++)
		if (begins(at, (size_t)(end - at), table[n].start)) {
			const char *stop = text_find(at, (size_t)(end - at), table[n].stop);

			return stop ? stop + strlen(table[n].stop) : end;
		}
	return at;
}

static int is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '-' || c == '.';
}

static const char *root_kind(const char *head, size_t size)
{
	const char *at = head, *end = head + size, *next = head, *name;
	size_t n;

	do {
		at = next;
		while (at < end && strchr(" \t\r\n\f\v", *at) && *at)
			at++;
		next = skip_prologue(at, end);
	} while (next > at);
	if (at == end || *at != '<')
		return NULL;
	for (name = ++at; at < end && (is_name(*at) || *at == ':'); at++)
		if (*at == ':')
			name = at + 1;
	for (n = 0; n < sizeof(roots) / sizeof(roots[0]); n++)
		if (text_same_bytes(name, (size_t)(at - name), roots[n].root) &&
		        (!*roots[n].inside || text_find(head, size, roots[n].inside)))
			return roots[n].type;
	return NULL;
}

/* ---------------------------------------------------------------- other shapes */

/* What Microsoft's encoder of scripts makes: a mark, a length in base64, and more. */
static int is_encoded_script(const char *head, size_t size)
{
	return size >= 12 && !memcmp(head, "#@~^", 4) && !memcmp(head + 10, "==", 2);
}

/* A query that Excel runs: its kind and its version, a line each, and an address. */
static int is_query(const char *head, size_t size)
{
	struct lines lines = {head, head + size};
	const char *line;
	size_t length;

	return take_line(&lines, &line, &length) && text_same_bytes(line, length, "web") &&
	       take_line(&lines, &line, &length) && text_same_bytes(line, length, "1") &&
	       take_line(&lines, &line, &length) && memchr(line, ':', length);
}

/* A table with formulas. A list whose first column is "ID" begins alike, but not its next line:
 * there a letter names the kind of record. */
static int is_sylk(const char *head, size_t size)
{
	struct lines lines = {head, head + size};
	const char *line;
	size_t length;

	return begins(head, size, "ID;P") && take_line(&lines, &line, &length) &&
	       take_line(&lines, &line, &length) && length > 1 && line[1] == ';' &&
	       strchr("BCFOPE", line[0]);
}

/* Settings of a remote desktop: a name, a letter for its type, a value. */
static int is_remote_desktop(const char *head, size_t size)
{
	struct lines lines = {head, head + size};
	const char *line, *colon;
	size_t length;

	if (!take_line(&lines, &line, &length))
		return 0;
	colon = memchr(line, ':', length);
	if (!colon || length - (size_t)(colon - line) < 3 || !strchr("sib", colon[1]) ||
	        colon[2] != ':')
		return 0;
	return has_line(head, size, "full address:s:") ||
	       has_line(head, size, "remoteapplicationprogram:s:");
}

/* The address of a program to be installed, with what else is known of it. */
static int is_application_reference(const char *head, size_t size)
{
	return begins(head, size, "http") && text_find(head, size, ".application#") &&
	       text_find(head, size, "publickeytoken=");
}

/* Wherever it stands in the head, a page with it gets the rights of its reader. */
static int is_hta(const char *head, size_t size)
{
	return text_find(head, size, "<hta:application") != NULL;
}

static const struct {
	int (*is)(const char *head, size_t size);
	const char *type;
} shapes[] = {
        {is_encoded_script, "text/x-ms-encoded-script"},
        {is_query, "text/x-ms-iqy"},
        {is_sylk, "application/x-sylk"},
        {is_remote_desktop, "application/x-rdp"},
        {is_hta, "application/hta"},
        {is_application_reference, "application/x-ms-application-reference"},
};

static const char *shape_kind(const char *head, size_t size)
{
	const char *type = section_kind(head, size);
	size_t at;

	for (at = 0; !type && at < sizeof(shapes) / sizeof(shapes[0]); at++)
		if (shapes[at].is(head, size))
			type = shapes[at].type;
	return type ? type : root_kind(head, size);
}

static const char *kind(const char *head, size_t size)
{
	const char *type;
	size_t at, start = 0;

	if (size >= 3 && !memcmp(head, "\xef\xbb\xbf", 3))
		start = 3;
	while (start < size && strchr(" \t\r\n\f\v", head[start]))
		start++;
	type = shape_kind(head + start, size - start);
	if (type)
		return type;
	for (at = 0; at < sizeof(beginnings) / sizeof(beginnings[0]); at++)
		if (begins(head + start, size - start, beginnings[at].beginning))
			return beginnings[at].type;
	for (at = 0; at < sizeof(inside) / sizeof(inside[0]); at++)
		if (text_find(head, size, inside[at].needle))
			return inside[at].type;
	return "text/plain";
}

const char *filetype_text(const void *bytes, size_t size)
{
	char wide[HEAD_ROOM];
	size_t length = narrow(bytes, size, wide);

	if (length)
		return kind(wide, length);
	if (!all_text(bytes, size < TEXT_LOOKED_AT ? size : TEXT_LOOKED_AT))
		return NULL;
	return kind(bytes, size < HEAD_ROOM ? size : HEAD_ROOM);
}
