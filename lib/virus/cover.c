#include "lib/virus/cover.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"

enum {
	PATTERNS_MOST = 64, /* libclamav's own limit */
	FIXED_LEAST = 3,    /* bytes: less is found everywhere */
	DEPTH_MOST = 32,
};

/* One bit for each pattern; `fixed` is the shortest run among them. 0: there is no cover. */
struct cover {
	uint64_t patterns;
	size_t fixed;
};

struct expression {
	const char *at;
	size_t fixed[PATTERNS_MOST];
	size_t count;
	int depth;
	int broken;
};

/* ---------------------------------------------------------------- patterns */

int cover_is_for_mail(const char *target, size_t size)
{
	size_t at = 0;

	while (size - at > 1 && target[at] == '0')
		at++;
	return size - at == 1 && (target[at] == '0' || target[at] == '4');
}

static int is_byte(const char *text, size_t left)
{
	return left >= 2 && text_hex_value((unsigned char)text[0]) >= 0 &&
	       text_hex_value((unsigned char)text[1]) >= 0;
}

static int is_nibble(char c)
{
	return c == '?' || text_hex_value((unsigned char)c) >= 0;
}

size_t cover_run(const char *pattern, size_t size, size_t *start)
{
	size_t at = 0, run = 0, longest = 0;
	int inside = 0; /* of brackets, where there are choices or numbers */

	*start = 0;
	while (at < size) {
		if (!inside && is_byte(pattern + at, size - at)) {
			run++;
			at += 2;
			if (run > longest) {
				longest = run;
				*start = at - 2 * run;
			}
			continue;
		}
		run = 0;
		inside += strchr("({[", pattern[at]) != NULL;
		inside -= strchr(")}]", pattern[at]) != NULL;
		/* Half a byte that is fixed takes the other half with it. */
		at += !inside && is_nibble(pattern[at]) && at + 1 < size ? 2 : 1;
	}
	return longest;
}

/* The pattern itself, of "offset:pattern"; empty where it is of another kind, or is changed by what
 * stands behind it. */
static const char *plain_pattern(const char *field)
{
	const char *colon = strrchr(field, ':');

	if (strstr(field, "::") || strpbrk(field, "/$#"))
		return "";
	return colon ? colon + 1 : field;
}

/* ---------------------------------------------------------------- the expression */

static struct cover better(struct cover a, struct cover b)
{
	return a.fixed >= b.fixed ? a : b;
}

static struct cover together(struct cover a, struct cover b)
{
	struct cover both = {a.patterns | b.patterns, a.fixed < b.fixed ? a.fixed : b.fixed};

	return both;
}

static size_t read_number(struct expression *expression)
{
	size_t value = 0;

	while (*expression->at >= '0' && *expression->at <= '9' && value < 1000000)
		value = value * 10 + (size_t)(*expression->at++ - '0');
	return value;
}

/* "=2", ">1", "<3", and how many different ones behind a comma. Gives what it asks for: 0: at least
 * one match; 1: nothing that a match would show; -1: there is none. */
static int read_count(struct expression *expression)
{
	char sign = *expression->at;
	size_t value;

	if (!sign || !strchr("=<>", sign))
		return -1;
	expression->at++;
	value = read_number(expression);
	if (*expression->at == ',') {
		expression->at++;
		read_number(expression);
	}
	return sign == '<' || (sign == '=' && !value);
}

static struct cover read_expression(struct expression *expression, struct cover *any);

/* `any`: all patterns in it, one of which matches if any part of it does. */
static struct cover read_term(struct expression *expression, struct cover *any)
{
	const struct cover none = {0, 0};
	struct cover cover = none;
	size_t number;
	int counted;

	if (*expression->at == '(') {
		expression->at++;
		cover = read_expression(expression, any);
		expression->broken |= *expression->at != ')';
		expression->at += *expression->at == ')';
	} else if (*expression->at >= '0' && *expression->at <= '9') {
		number = read_number(expression);
		expression->broken |= number >= expression->count;
		if (!expression->broken)
			cover = (struct cover){(uint64_t)1 << number, expression->fixed[number]};
		*any = cover;
	} else {
		expression->broken = 1;
	}
	counted = read_count(expression);
	return counted < 0 ? cover : counted ? none : *any;
}

/* Signs of both kinds without brackets are not for us to weigh. */
static struct cover read_expression(struct expression *expression, struct cover *any)
{
	struct cover cover, next, next_any;
	char sign = 0;

	expression->broken |= ++expression->depth > DEPTH_MOST;
	if (expression->broken)
		return *any = (struct cover){0, 0};
	cover = read_term(expression, any);
	while (!expression->broken && (*expression->at == '&' || *expression->at == '|')) {
		expression->broken |= sign && sign != *expression->at;
		sign = *expression->at++;
		next = read_term(expression, &next_any);
		cover = sign == '&' ? better(cover, next) : together(cover, next);
		*any = together(*any, next_any);
	}
	expression->depth--;
	return cover;
}

int cover_find(char *const *fields, size_t count, struct buf *out)
{
	struct expression expression = {.at = fields[0], .count = count - 1};
	struct cover cover, any;
	const char *pattern;
	size_t at, start;

	if (count < 2 || count - 1 > PATTERNS_MOST)
		return 0;
	for (at = 1; at < count; at++) {
		pattern = plain_pattern(fields[at]);
		expression.fixed[at - 1] = cover_run(pattern, strlen(pattern), &start);
	}
	cover = read_expression(&expression, &any);
	if (expression.broken || *expression.at || cover.fixed < FIXED_LEAST)
		return 0;
	for (at = 1; at < count; at++)
		if (cover.patterns >> (at - 1) & 1)
			buf_add_format(out, "%s\n", plain_pattern(fields[at]));
	return 1;
}
