#include "lib/base/text.h"

#include <string.h>

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

int text_same_bytes(const char *a, size_t a_size, const char *b)
{
	size_t at;

	for (at = 0; at < a_size; at++)
		if (!b[at] || lower(a[at]) != lower(b[at]))
			return 0;
	return b[a_size] == '\0';
}

int text_same(const char *a, const char *b)
{
	return text_same_bytes(a, strlen(a), b);
}

int text_starts(const char *text, const char *prefix)
{
	for (; *prefix; text++, prefix++)
		if (lower(*text) != lower(*prefix))
			return 0;
	return 1;
}

void text_lower(char *text)
{
	for (; *text; text++)
		*text = lower(*text);
}

int text_is_printable(const char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			return 0;
	return 1;
}

/* The byte of a word that text has the fewest of: a sign rather than a letter, a rare letter rather
 * than a common one. */
static size_t rarest(const char *word)
{
	static const char common[] = "zqxjkvbpygfwmucldrhsnioate";
	size_t at, best = 0;
	const char *place;
	long rank, lowest = 100;

	for (at = 0; word[at]; at++) {
		place = strchr(common, lower(word[at]));
		rank = place ? place - common : -1;
		if (rank < lowest) {
			lowest = rank;
			best = at;
		}
	}
	return best;
}

/* Where a byte stands next in its lower and its upper case; each is looked for only when it was
 * passed. */
struct hunt {
	const char *next[2], *end;
	int cases[2];
};

static const char *hunt_from(struct hunt *hunt, const char *from)
{
	const char *nearest = NULL;
	int at;

	for (at = 0; at < 2; at++) {
		if (hunt->next[at] && hunt->next[at] < from)
			hunt->next[at] = memchr(from, hunt->cases[at], (size_t)(hunt->end - from));
		if (hunt->next[at] && (!nearest || hunt->next[at] < nearest))
			nearest = hunt->next[at];
	}
	return nearest;
}

static void hunt_begin(struct hunt *hunt, const char *from, const char *end, char c)
{
	char low = lower(c), high = low >= 'a' && low <= 'z' ? (char)(low - 32) : low;

	hunt->end = end;
	hunt->cases[0] = (unsigned char)low;
	hunt->cases[1] = (unsigned char)high;
	hunt->next[0] = memchr(from, low, (size_t)(end - from));
	hunt->next[1] = high == low ? NULL : memchr(from, high, (size_t)(end - from));
}

const char *text_find(const char *bytes, size_t size, const char *needle)
{
	size_t length = strlen(needle), anchor = rarest(needle);
	const char *at, *last;
	struct hunt hunt;

	if (!length || length > size)
		return length ? NULL : bytes;
	last = bytes + size - length + anchor + 1; /* behind the last place of the anchor */
	hunt_begin(&hunt, bytes + anchor, last, needle[anchor]);
	for (at = hunt_from(&hunt, bytes); at; at = hunt_from(&hunt, at + 1))
		if (text_same_bytes(at - anchor, length, needle))
			return at - anchor;
	return NULL;
}

/* Matches one set `[...]` at *pattern and moves it behind; an unclosed set is an ordinary '['. */
static int glob_set(const char **pattern, char c)
{
	const char *p = *pattern + 1, *close;
	int negated = *p == '!' || *p == '^', found = 0;

	p += negated;
	close = *p ? strchr(p + 1, ']') : NULL;
	if (!close) {
		(*pattern)++;
		return c == '[';
	}
	for (; p < close; p++) {
		if (p + 2 < close && p[1] == '-') {
			found |= lower(c) >= lower(p[0]) && lower(c) <= lower(p[2]);
			p += 2;
		} else {
			found |= lower(c) == lower(*p);
		}
	}
	*pattern = close + 1;
	return found != negated;
}

static int glob_one(const char **pattern, char c)
{
	if (**pattern == '?') {
		(*pattern)++;
		return 1;
	}
	if (**pattern == '[')
		return glob_set(pattern, c);
	return lower(*(*pattern)++) == lower(c);
}

/* Only the last star is ever tried again, so the work is at most pattern times text. */
int text_glob(const char *pattern, const char *text, size_t size)
{
	const char *star = NULL, *end = text + size, *mark = NULL;

	while (text < end) {
		if (*pattern == '*') {
			star = ++pattern;
			mark = text;
		} else if (*pattern && glob_one(&pattern, *text)) {
			text++;
		} else if (star) {
			pattern = star;
			text = ++mark;
		} else {
			return 0;
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}

void text_hex(const void *bytes, size_t size, char *out)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *in = bytes;

	for (; size; size--, in++) {
		*out++ = digits[*in >> 4];
		*out++ = digits[*in & 15];
	}
	*out = '\0';
}

int text_hex_value(unsigned char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	digit |= 32;
	return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

int text_number(const char *text, uint64_t most, uint64_t *out)
{
	uint64_t value = 0, digit;

	if (!*text)
		return 0;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return 0;
		digit = (uint64_t)(*text - '0');
		if (digit > most || value > (most - digit) / 10)
			return 0;
		value = value * 10 + digit;
	}
	*out = value;
	return 1;
}

size_t text_behind_blank_line(const char *bytes, size_t size)
{
	const char *line = bytes, *end = bytes + size, *lf;

	while (line < end && (lf = memchr(line, '\n', (size_t)(end - line))) != NULL) {
		if (lf == line || (lf == line + 1 && *line == '\r'))
			return (size_t)(lf + 1 - bytes);
		line = lf + 1;
	}
	return size;
}
