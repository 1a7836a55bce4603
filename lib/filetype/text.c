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
        {"[internetshortcut]", "application/x-mswinurl"},
        {"[{000214a0-0000-0000-c000-000000000046}", "application/x-mswinurl"},
        {"[shell]", "application/x-ms-shell-command"},
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

static const char *kind(const char *head, size_t size)
{
	size_t at, start = 0;

	if (size >= 3 && !memcmp(head, "\xef\xbb\xbf", 3))
		start = 3;
	while (start < size && strchr(" \t\r\n\f\v", head[start]))
		start++;
	for (at = 0; at < sizeof(beginnings) / sizeof(beginnings[0]); at++) {
		size_t length = strlen(beginnings[at].beginning);

		if (length <= size - start &&
		        text_same_bytes(head + start, length, beginnings[at].beginning))
			return beginnings[at].type;
	}
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
