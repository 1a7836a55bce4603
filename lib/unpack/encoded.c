#include "lib/unpack/encoded.h"

#include <string.h>

#include "lib/base/utf8.h"

enum {
	DIGITS_MOST = 7, /* of a character reference */
	PLAIN_MOST = 32, /* characters between two escapes of one run */
};

unsigned encoded_value(unsigned char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26u;
	if (c >= '0' && c <= '9')
		return c - '0' + 52u;
	return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : ENCODED_NONE;
}

void encoded_base64(const struct buf *text, struct buf *out)
{
	unsigned bits = 0, count = 0, value;
	size_t at;

	buf_add(out, "", 0);
	for (at = 0; at < text->size; at++) {
		value = encoded_value((unsigned char)text->data[at]);
		if (value == ENCODED_NONE)
			continue;
		bits = bits << 6 | value;
		count += 6;
		if (count < 8)
			continue;
		count -= 8;
		buf_add_char(out, (char)(bits >> count));
		bits &= (1u << count) - 1;
	}
}

/* ---------------------------------------------------------------- digits */

static int digit(unsigned char c, unsigned base)
{
	int value = c >= '0' && c <= '9' ? c - '0' : -1;

	c |= 32;
	if (c >= 'a' && c <= 'f' && base == 16)
		value = c - 'a' + 10;
	return value;
}

int encoded_is_hex(const struct buf *text)
{
	size_t at;

	for (at = 0; at < text->size; at++)
		if (digit((unsigned char)text->data[at], 16) < 0)
			return 0;
	return text->size % 2 == 0;
}

void encoded_hex(const struct buf *text, struct buf *out)
{
	size_t at;

	buf_add(out, "", 0);
	for (at = 0; at + 1 < text->size; at += 2)
		buf_add_char(out, (char)(digit((unsigned char)text->data[at], 16) << 4 |
		                          digit((unsigned char)text->data[at + 1], 16)));
}

/* At most `most` digits. Gives their end. */
static const unsigned char *take_digits(const unsigned char *at, const unsigned char *end,
        unsigned base, int most, unsigned long *value)
{
	*value = 0;
	for (; at < end && most && digit(*at, base) >= 0; at++, most--)
		*value = *value * base + (unsigned long)digit(*at, base);
	return at;
}

static int is_word(unsigned char c)
{
	return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '.' ||
	       c == '_';
}

/* ---------------------------------------------------------------- numbers */

/* Some languages count bytes from -128. */
static const unsigned char *take_number(
        const unsigned char *at, const unsigned char *end, unsigned long *value)
{
	const unsigned char *start = at, *stop;
	int is_negative = at < end && *at == '-';

	at += is_negative;
	if (end - at > 2 && at[0] == '0' && (at[1] | 32) == 'x')
		stop = take_digits(at + 2, end, 16, 2, value);
	else
		stop = take_digits(at, end, 10, 3, value);
	if (stop == at || (stop < end && is_word(*stop)) || *value > (is_negative ? 128 : 255))
		return start;
	if (is_negative)
		*value = 256 - *value;
	return stop;
}

/* The comma between two numbers; `end` where there is none. */
static const unsigned char *next_number(const unsigned char *at, const unsigned char *end)
{
	const unsigned char *most = end - at > PLAIN_MOST ? at + PLAIN_MOST : end;
	int commas = 0;

	for (; at < most; at++) {
		if (*at == ',')
			commas++;
		else if (!*at || !strchr(" \t\r\n\"'", *at))
			break;
	}
	return commas == 1 && at < most ? at : end;
}

const unsigned char *encoded_numbers(
        const unsigned char *at, const unsigned char *end, struct buf *out)
{
	const unsigned char *stop = at, *next = at;
	unsigned long value;

	while (next < end) {
		const unsigned char *behind = take_number(next, end, &value);

		if (behind == next)
			break;
		buf_add_char(out, (char)value);
		stop = behind;
		next = next_number(stop, end);
	}
	return stop;
}

/* ---------------------------------------------------------------- escapes */

static const unsigned char *named_reference(
        const unsigned char *at, const unsigned char *end, unsigned long *value)
{
	static const struct {
		const char *name;
		unsigned char value;
	} names[] = {{"&colon;", ':'}, {"&Tab;", '\t'}, {"&NewLine;", '\n'}, {"&lpar;", '('},
	        {"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}};
	size_t n;

	for (n = 0; n < sizeof(names) / sizeof(names[0]); n++) {
		size_t length = strlen(names[n].name);

		if ((size_t)(end - at) >= length && !memcmp(at, names[n].name, length)) {
			*value = names[n].value;
			return at + length;
		}
	}
	return at;
}

/* The semicolon may be left out, and zeros may stand in front. */
static const unsigned char *numbered_reference(
        const unsigned char *at, const unsigned char *end, unsigned long *value)
{
	const unsigned char *digits = at + 2, *stop;
	unsigned base = 10;

	if (digits < end && (*digits | 32) == 'x') {
		digits++;
		base = 16;
	}
	while (end - digits > 1 && *digits == '0' && digit(digits[1], base) >= 0)
		digits++;
	stop = take_digits(digits, end, base, DIGITS_MOST, value);
	if (stop == digits)
		return at;
	return stop + (stop < end && *stop == ';');
}

const unsigned char *encoded_reference(
        const unsigned char *at, const unsigned char *end, unsigned long *value)
{
	const unsigned char *digits = at + 2, *stop;
	int wide;

	if (end - at < 3)
		return at;
	if (*at == '&')
		return at[1] == '#' ? numbered_reference(at, end, value)
		                    : named_reference(at, end, value);
	if (*at != '%' && *at != '\\')
		return at;
	wide = at[1] == 'u';
	if (*at == '%' && !wide)
		digits = at + 1;
	else if (at[1] != 'x' && !wide)
		return at;
	stop = take_digits(digits, end, 16, wide ? 4 : 2, value);
	return stop - digits == (wide ? 4 : 2) ? stop : at;
}

static void add_character(struct buf *out, unsigned long value)
{
	char bytes[4];

	if (value < 256)
		buf_add_char(out, (char)value);
	else
		buf_add(out, bytes,
		        utf8_encode(value < 0x110000 ? (uint32_t)value : 0xfffd, bytes));
}

static int is_plain(unsigned char c)
{
	return c >= ' ' && c < 127 && !strchr("\"'`<>", c);
}

const unsigned char *encoded_escapes(
        const unsigned char *at, const unsigned char *end, struct buf *out, size_t *count)
{
	const unsigned char *stop = at, *next;
	size_t kept = out->size;
	unsigned long value;

	*count = 0;
	while (at < end && at - stop <= PLAIN_MOST) {
		next = encoded_reference(at, end, &value);
		if (next == at) {
			if (!*count || !is_plain(*at))
				break;
			buf_add_char(out, (char)*at++);
			continue;
		}
		add_character(out, value);
		kept = out->size;
		(*count)++;
		stop = at = next;
	}
	out->size = kept;
	return stop;
}
