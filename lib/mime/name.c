#include "lib/mime/name.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/buf.h"
#include "lib/base/text.h"
#include "lib/base/utf8.h"
#include "lib/mime/view.h"

/* Characters that look like a dot, or are one to a system that folds widths, and stay what they are
 * under NFKC. */
static int is_dot(uint32_t code)
{
	static const uint32_t dots[] = {0x2024, 0x3002, 0xFE52, 0xFF0E, 0xFF61, 0x06D4, 0x0701,
	        0x0702, 0xA4F8, 0xA60E, 0x10A50, 0x1D16D};
	size_t at;

	for (at = 0; at < sizeof dots / sizeof dots[0]; at++)
		if (dots[at] == code)
			return 1;
	return code == '.';
}

/* Letters of other scripts that a reader takes for Latin ones; only those that occur in extensions.
 */
static char look_alike(uint32_t code)
{
	static const struct {
		unsigned short code;
		char latin;
	} pairs[] = {{0x430, 'a'}, {0x432, 'b'}, {0x435, 'e'}, {0x43A, 'k'}, {0x43C, 'm'},
	        {0x43E, 'o'}, {0x440, 'p'}, {0x441, 'c'}, {0x442, 't'}, {0x443, 'y'}, {0x445, 'x'},
	        {0x455, 's'}, {0x456, 'i'}, {0x458, 'j'}, {0x501, 'd'}, {0x51B, 'q'}, {0x51D, 'w'},
	        {0x3B1, 'a'}, {0x3B5, 'e'}, {0x3B9, 'i'}, {0x3BF, 'o'}, {0x3C1, 'p'}, {0x3C5, 'u'},
	        {0x3BD, 'v'}, {0x3C7, 'x'}, {0x131, 'i'}, {0x17F, 's'}, {0x212A, 'k'}};
	size_t at;

	for (at = 0; at < sizeof pairs / sizeof pairs[0]; at++)
		if (pairs[at].code == code)
			return pairs[at].latin;
	return 0;
}

/* Separators that stay what they are under NFKC. */
static int is_blank(uint32_t code)
{
	return code == 0x1680 || code == 0x2028 || code == 0x2029;
}

static int is_unseen(uint32_t code)
{
	return code < 0x20 || (code >= 0x7F && code < 0xA0) || utf8_is_invisible(code) ||
	       (code >= 0xFE00 && code <= 0xFE0F) || code == 0xAD || code == 0x34F ||
	       code == 0x307 || /* what lower case leaves of the Turkish capital I */
	       (code >= 0xE0000 && code <= 0xE0FFF);
}

/* Each character made what it is taken for; with `alike`, by its looks as well. */
static char *fold(const char *text, int alike)
{
	const unsigned char *bytes = (const unsigned char *)text;
	struct buf out = {0};
	size_t size = strlen(text), at = 0, length;
	uint32_t code;

	for (; at < size; at += length) {
		length = utf8_decode(bytes + at, size - at, &code);
		if (!length) {
			length = 1;
			buf_add_char(&out, '?');
		} else if (alike && is_dot(code)) {
			buf_add_char(&out, '.');
		} else if (is_blank(code)) {
			buf_add_char(&out, ' ');
		} else if (!is_unseen(code)) {
			char latin = alike ? look_alike(code) : 0;

			buf_add(&out, latin ? (const void *)&latin : bytes + at,
			        latin ? 1 : length);
		}
	}
	buf_add(&out, "", 0);
	return buf_give(&out);
}

/* Dots and blanks, which Windows takes off, and what it allows in no name. */
static char *drop_trailing(char *name)
{
	char *end = name + strlen(name);

	while (end > name && strchr(". \"'?*|<>", end[-1]))
		*--end = '\0';
	return end;
}

/* What Windows takes off before it opens a file. */
static void drop_ending(char *name)
{
	char *colon = strchr(name, ':'), *open, *end;

	/* "x.exe::$DATA" and "x.exe:stream" open x.exe; "c:x" has lost its path before. */
	if (colon && colon > name)
		*colon = '\0';
	end = drop_trailing(name);
	if (end == name || end[-1] != '}')
		return;
	open = strrchr(name, '{');
	if (open && open > name + 1 && open[-1] == '.') {
		*open = '\0';
		drop_trailing(name);
	}
}

/* Clients put something else for what Windows allows in no name. */
static void replace_forbidden(char *name)
{
	for (; (name = strpbrk(name, "?*|<>\"")) != NULL; name++)
		*name = '_';
}

/* "x. exe": a name that was folded, which some clients join without the blank. */
static void join_extension(char *name)
{
	char *dot = strrchr(name, '.');
	size_t blanks = dot ? strspn(dot + 1, " ") : 0;

	if (blanks)
		memmove(dot + 1, dot + 1 + blanks, strlen(dot + 1 + blanks) + 1);
}

static const char *without_path(const char *name)
{
	const char *at, *last = name;

	for (at = name; *at; at++)
		if ((*at == '/' || *at == '\\') && at[1])
			last = at + 1;
	if (((*last | 32) >= 'a' && (*last | 32) <= 'z') && last[1] == ':' && last[2])
		last += 2;
	return last;
}

static char *without_quotes(char *name)
{
	size_t skip = strspn(name, " \"'"), length;
	char *slash;

	memmove(name, name + skip, strlen(name + skip) + 1);
	length = strlen(name);
	slash = length ? name + length - 1 : name;
	while (slash > name && strchr("/\\?*|<>", *slash))
		*slash-- = '\0';
	return name;
}

char *name_normalise(const char *utf8)
{
	char *composed = view_nfkc(utf8), *folded = fold(composed, 1), *name;

	without_quotes(folded);
	name = alloc_string(without_path(folded));
	drop_ending(name);
	replace_forbidden(name);
	join_extension(name);
	text_lower(name);
	free(folded);
	free(composed);
	return name;
}

char *name_visible(const char *utf8)
{
	char *composed = view_nfkc(utf8), *visible = fold(composed, 0);

	free(composed);
	return visible;
}

const char *name_extension(const char *normalised)
{
	const char *dot = strrchr(normalised, '.');

	return dot ? dot + 1 : normalised + strlen(normalised);
}
