#include "lib/hyper/widen.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/text.h"

enum { REPEATS_KEPT = 4 }; /* so many are as cheap as "any number" */

struct widener {
	const char *at;
	int is_caseless;
	int is_odd;                     /* something was met that we don't understand well enough */
	int switches_case, has_letters; /* which don't go together */
	struct buf out;
};

/* ---------------------------------------------------------------- letters above ASCII */

static int is_latin1_letter(unsigned byte)
{
	return byte >= 0xc0 && byte <= 0xfe && (byte & 0x1f) != 0x17 && byte != 0xdf;
}

/* Size of the byte above ASCII at `at`, which can be written as \xHH or \x{HH}; 0 if there is none.
 */
static size_t high_byte(const char *at, unsigned *byte)
{
	int braces, high, low;

	if ((unsigned char)*at >= 0x80) {
		*byte = (unsigned char)*at;
		return 1;
	}
	if (at[0] != '\\' || at[1] != 'x')
		return 0;
	braces = at[2] == '{';
	high = text_hex_value((unsigned char)at[2 + braces]);
	low = high < 0 ? -1 : text_hex_value((unsigned char)at[3 + braces]);
	if (high < 8 || low < 0 || (braces && at[5] != '}'))
		return 0;
	*byte = (unsigned)(high << 4 | low);
	return braces ? 6 : 4;
}

/* Outside of a class. */
static void put_both(struct widener *widener, unsigned byte)
{
	int is_letter = is_latin1_letter(byte);

	widener->has_letters |= is_letter;
	if (widener->is_caseless && is_letter)
		buf_add_format(&widener->out, "[\\x%02x\\x%02x]", byte, byte ^ 0x20);
	else
		buf_add_format(&widener->out, "\\x%02x", byte);
}

/*
 * Puts the byte above ASCII at `used` in a class, and the range that it begins. Of a range all
 * letters go in, which in a class that says what is not meant would be too many.
 */
static void put_member(struct widener *widener, size_t used, unsigned byte, int is_negated)
{
	int is_range = widener->at[used] == '-' && widener->at[used + 1] != ']';
	int ends_range = widener->out.size > 1 && widener->out.data[widener->out.size - 1] == '-' &&
	                 widener->out.data[widener->out.size - 2] != '[';
	unsigned last = byte;

	widener->at += used;
	buf_add_format(&widener->out, "\\x%02x", byte);
	if (is_range) {
		used = high_byte(widener->at + 1, &last);
		widener->is_odd |= !used;
		buf_add_format(&widener->out, "-\\x%02x", last);
		widener->at += 1 + used;
	}
	widener->has_letters |= last >= 0xc0;
	if (!widener->is_caseless)
		return;
	if (is_range || ends_range) {
		buf_add_string(&widener->out, "\\xc0-\\xfe");
		widener->is_odd |= is_negated;
	} else if (is_latin1_letter(byte)) {
		buf_add_format(&widener->out, "\\x%02x", byte ^ 0x20);
	}
}

/* ---------------------------------------------------------------- pieces of a pattern */

static void put(struct widener *widener, size_t size)
{
	size_t there = strnlen(widener->at, size);

	buf_add(&widener->out, widener->at, there);
	widener->at += there;
}

/* \Q has an end of its own, an octal number could be a letter, and of the others it isn't sure that
 * both libraries mean the same bytes. */
static void put_escape(struct widener *widener)
{
	const char *at = widener->at;

	if ((at[1] && strchr("QpPXhHNRgko", at[1])) ||
	        (at[1] >= '2' && at[1] <= '3' && isdigit((unsigned char)at[2]) &&
	                isdigit((unsigned char)at[3])))
		widener->is_odd = 1;
	put(widener, strncmp(at, "\\x{", 3) == 0 ? strcspn(at, "}") + 1 : 2);
}

/* "[:alpha:]" and the like, inside a class. */
static size_t posix_size(const char *at)
{
	const char *end = at[0] == '[' && at[1] == ':' ? strstr(at + 2, ":]") : NULL;

	return end ? (size_t)(end + 2 - at) : 0;
}

static void put_class(struct widener *widener)
{
	int is_negated = widener->at[1] == '^';
	size_t used;
	unsigned byte;

	put(widener, is_negated ? 2 : 1);
	if (*widener->at == ']')
		put(widener, 1);
	while (*widener->at && *widener->at != ']') {
		used = high_byte(widener->at, &byte);
		if (used)
			put_member(widener, used, byte, is_negated);
		else if (*widener->at == '\\')
			put_escape(widener);
		else
			put(widener, posix_size(widener->at) ? posix_size(widener->at) : 1);
	}
	put(widener, 1);
}

/* "{m}", "{m,}" or "{m,n}": becomes * or +, and what makes it possessive goes. */
static int put_repeat(struct widener *widener)
{
	const char *at = widener->at + 1;
	unsigned long least, most;
	char *end;

	if (!isdigit((unsigned char)*at))
		return 0;
	least = most = strtoul(at, &end, 10);
	if (*end == ',')
		most = isdigit((unsigned char)end[1]) ? strtoul(end + 1, &end, 10)
		                                      : (end++, REPEATS_KEPT + 1UL);
	if (*end != '}')
		return 0;
	if (most <= REPEATS_KEPT) {
		put(widener, (size_t)(end + 1 - widener->at));
	} else {
		buf_add_char(&widener->out, least ? '+' : '*');
		widener->at = end + 1;
	}
	if (*widener->at == '+')
		widener->at++;
	return 1;
}

/* A group that must not match would, widened, keep more away than it should: it is taken as it is,
 * up to its end. */
static void put_negative(struct widener *widener)
{
	size_t depth = 0;
	int in_class = 0;

	do {
		if (*widener->at == '\\') {
			put_escape(widener);
			continue;
		}
		if (in_class) {
			in_class = *widener->at != ']';
		} else if (*widener->at == '[') {
			in_class = 1;
			put(widener, (widener->at[1] == '^') + (size_t)1);
			if (*widener->at != ']')
				continue;
		} else if (*widener->at == '(') {
			depth++;
		} else if (*widener->at == ')') {
			depth--;
		}
		put(widener, 1);
	} while (*widener->at && (depth || in_class));
}

/* The flags of "(?i)" or "(?i:"; 0 where it isn't one of these. */
static size_t flags_size(const char *at)
{
	size_t size = strspn(at, "imsxnaU-");

	return at[size] == ':' || at[size] == ')' ? size : 0;
}

static void put_group(struct widener *widener)
{
	const char *at = widener->at + 2;
	size_t flags;

	if (strncmp(widener->at, "(?!", 3) == 0 || strncmp(widener->at, "(?<!", 4) == 0) {
		put_negative(widener);
		return;
	}
	if (strncmp(widener->at, "(?>", 3) == 0) {
		/* What an atomic group may not give back, it may here. */
		buf_add_string(&widener->out, "(?:");
		widener->at += 3;
		return;
	}
	if (strncmp(widener->at, "(?", 2) == 0) {
		flags = flags_size(at);
		widener->switches_case |= memchr(at, 'i', flags) != NULL;
		widener->is_odd |= memchr(at, 'x', flags) != NULL;
		widener->is_odd |= !flags && !strchr(":=<P'|", *at);
	}
	widener->is_odd |= widener->at[1] == '*';
	put(widener, 1);
}

/* A possessive repeat gives nothing back; without its second + it may. */
static void put_plain(struct widener *widener)
{
	int repeats = strchr("*+?", *widener->at) != NULL;

	put(widener, 1);
	if (repeats && *widener->at == '+' && widener->out.size > 1 &&
	        widener->out.data[widener->out.size - 2] != '(')
		widener->at++;
}

char *widen(const char *pattern, int is_caseless)
{
	struct widener widener = {.at = pattern, .is_caseless = is_caseless};
	unsigned byte;
	size_t used;

	buf_add_string(&widener.out, "");
	while (*widener.at && !widener.is_odd) {
		used = high_byte(widener.at, &byte);
		if (used) {
			put_both(&widener, byte);
			widener.at += used;
		} else if (*widener.at == '\\') {
			put_escape(&widener);
		} else if (*widener.at == '[') {
			put_class(&widener);
		} else if (*widener.at == '(') {
			put_group(&widener);
		} else if (*widener.at != '{' || !put_repeat(&widener)) {
			put_plain(&widener);
		}
	}
	if (widener.is_odd || (widener.switches_case && widener.has_letters)) {
		buf_fini(&widener.out);
		return NULL;
	}
	return buf_give(&widener.out);
}
