#include "lib/hyper/widen.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/text.h"
#include "lib/hyper/item.h"
#include "lib/hyper/shorten.h"
#include "lib/hyper/trim.h"

enum {
	REPEATS_KEPT = 4,      /* so many are as cheap as "any number" */
	LEAST_KEPT = 8,        /* of a class, where words are told by how long they are */
	GROUP_MOST_BYTES = 60, /* in copies; a longer one is told from none only */
	DEPTH_MOST = 100,
};

struct widener {
	const char *at;
	int is_caseless;
	int is_odd;         /* something was met that we don't understand well enough */
	int switches_case;  /* there is an (?i) in it */
	int has_letters;    /* above ASCII */
	int denies_letters; /* in a class that says what is not meant */
	struct buf out;
	size_t open[DEPTH_MOST]; /* where in `out` each group began that is open */
	size_t depth;
	size_t last_group;   /* where that one began which was closed last */
	unsigned long times; /* the whole is a group that must match so often, and was put once */
};

/* ---------------------------------------------------------------- letters above ASCII */

static int is_latin1_letter(unsigned byte)
{
	return byte >= 0xc0 && byte <= 0xfe && (byte & 0x1f) != 0x17 && byte != 0xdf;
}

/* Size of a "\223" at `at` that is above ASCII; 0 if there is none. */
static size_t high_octal(const char *at, unsigned *byte)
{
	if (at[0] != '\\' || at[1] < '2' || at[1] > '3' || strspn(at + 2, "01234567") < 2)
		return 0;
	*byte = (unsigned)((at[1] - '0') << 6 | (at[2] - '0') << 3 | (at[3] - '0'));
	return 4;
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
	widener->denies_letters |= is_negated && last >= 0xc0;
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
		if (!used)
			used = high_octal(widener->at, &byte);
		if (used)
			put_member(widener, used, byte, is_negated);
		else if (*widener->at == '\\')
			put_escape(widener);
		else
			put(widener, class_item_size(widener->at));
	}
	put(widener, 1);
}

/* Was a long group put just now? */
static int is_behind_long_group(const struct widener *widener)
{
	const struct buf *out = &widener->out;

	return out->size && out->data[out->size - 1] == ')' &&
	       out->size - widener->last_group > GROUP_MOST_BYTES;
}

/* Was a class put just now? Runs of at least so many bytes of one kind are few. */
static int is_behind_class(const struct widener *widener)
{
	return widener->out.size && widener->out.data[widener->out.size - 1] == ']';
}

/* What stands for "at least so many". Two copies tell a lot more than one; more cost more than they
 * tell. */
static const char *wide_repeat(const struct widener *widener, unsigned long least)
{
	return least == 0 ? "*" : least == 1 || is_behind_long_group(widener) ? "+" : "{2,}";
}

/* Is a long group all there is, but for the repeat that ends at `end`? */
static int is_all_one_group(const struct widener *widener, const char *end)
{
	return is_behind_long_group(widener) && widener->last_group == 0 && !*end;
}

/* "{m}", "{m,}" or "{m,n}"; what makes it possessive goes. */
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
	if (least > 1 && is_all_one_group(widener, end + 1))
		widener->times = least;
	else if (most <= REPEATS_KEPT && !is_behind_long_group(widener))
		put(widener, (size_t)(end + 1 - widener->at));
	else if (is_behind_class(widener) && least > 1 && least <= LEAST_KEPT)
		buf_add_format(&widener->out, "{%lu,}", least);
	else
		buf_add_string(&widener->out, wide_repeat(widener, least));
	widener->at = end + 1;
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

static void open_group(struct widener *widener)
{
	if (widener->depth < DEPTH_MOST)
		widener->open[widener->depth++] = widener->out.size;
	else
		widener->is_odd = 1;
}

static void put_group(struct widener *widener)
{
	const char *at = widener->at + 2;
	size_t flags;

	open_group(widener);
	if (strncmp(widener->at, "(?!", 3) == 0 || strncmp(widener->at, "(?<!", 4) == 0) {
		put_negative(widener);
		widener->last_group = widener->open[--widener->depth];
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

	if (*widener->at == ')' && widener->depth)
		widener->last_group = widener->open[--widener->depth];
	put(widener, 1);
	if (repeats && *widener->at == '+' && widener->out.size > 1 &&
	        widener->out.data[widener->out.size - 2] != '(')
		widener->at++;
}

static void put_all(struct widener *widener)
{
	unsigned byte;
	size_t used;

	while (*widener->at && !widener->is_odd) {
		used = high_byte(widener->at, &byte);
		if (used) {
			put_both(widener, byte);
			widener->at += used;
		} else if (*widener->at == '\\') {
			put_escape(widener);
		} else if (*widener->at == '[') {
			put_class(widener);
		} else if (*widener->at == '(') {
			put_group(widener);
		} else if (*widener->at != '{' || !put_repeat(widener)) {
			put_plain(widener);
		}
	}
}

static char *widen_once(const char *pattern, int is_caseless, struct widener *widener)
{
	*widener = (struct widener){.at = pattern, .is_caseless = is_caseless};
	buf_add_string(&widener->out, "");
	put_all(widener);
	return buf_give(&widener->out);
}

int widen(const char *pattern, int is_caseless, struct wide *out)
{
	struct widener widener;
	char *wide = widen_once(pattern, is_caseless, &widener);

	if (!widener.is_odd && !is_caseless && widener.switches_case && widener.has_letters) {
		/* Caseless in places: so it is wider as if it were so everywhere, unless that
		 * would deny more. */
		free(wide);
		wide = widen_once(pattern, 1, &widener);
	}
	if (widener.is_odd || (widener.switches_case && widener.denies_letters)) {
		free(wide);
		return 0;
	}
	out->text = shorten(wide);
	out->times = widener.times ? widener.times : 1;
	if (out->times > 1)
		out->text = trim_end(out->text);
	return 1;
}

char *without_ends(const char *pattern)
{
	struct buf out = {0};
	const char *at = pattern;
	size_t size;

	buf_add_string(&out, "");
	while (*at) {
		int is_whole = *at == '\\' || *at == '[' || strncmp(at, "(?!", 3) == 0 ||
		               strncmp(at, "(?<!", 4) == 0;

		size = is_whole ? atom_size(at) : 1;
		size = size ? size : strlen(at);
		if (*at == '$')
			buf_add_string(&out, "(?:)");
		else
			buf_add(&out, at, size);
		at += size;
	}
	return buf_give(&out);
}
