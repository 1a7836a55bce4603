#include "lib/mime/param.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/buf.h"
#include "lib/base/text.h"
#include "lib/mime/decode.h"
#include "lib/mime/lines.h"

/* More parameters in one field than any client reads; the rest is passed over, and that is said. */
enum { SECTIONS_MAX = 10000, PARAMS_MAX = 1000 };

int strings_add(struct strings *strings, const char *text)
{
	size_t at;

	for (at = 0; at < strings->count; at++)
		if (strcmp(strings->items[at], text) == 0)
			return 0;
	if (strings->count == strings->most) {
		strings->is_full = 1;
		return 0;
	}
	strings->items = alloc_grow(strings->items, strings->count + 1, sizeof *strings->items);
	strings->items[strings->count++] = alloc_string(text);
	return 1;
}

void strings_fini(struct strings *strings)
{
	size_t at;

	for (at = 0; at < strings->count; at++)
		free(strings->items[at]);
	free(strings->items);
	strings->items = NULL;
	strings->count = 0;
	strings->is_full = 0;
}

/* ---------------------------------------------------------------- one value, read in many ways */

struct reader {
	const char *bytes;
	size_t at, end;
	int unending; /* a comment was seen that has no end */
	struct params *out;
};

static int blank(char c)
{
	return lines_is_blank((unsigned char)c) || c == '\r' || c == '\n';
}

/* Behind the comment that begins at `at`; `at` if it has no end. Once one had none, the caller
 * looks for no more: every "(" would be followed to the end of the field again. */
static size_t skip_comment(const char *bytes, size_t at, size_t end, int *unending)
{
	size_t depth = 0, start = at;

	if (*unending)
		return start;
	for (; at < end; at++) {
		if (bytes[at] == '\\')
			at++;
		else if (bytes[at] == '(')
			depth++;
		else if (bytes[at] == ')' && !--depth)
			return at + 1;
	}
	*unending = 1;
	return start;
}

static void add_exact(struct param *param, const char *bytes, size_t size)
{
	char *text;
	size_t at;

	if (param->reading_count == PARAM_READINGS)
		return;
	text = alloc_bytes(bytes, size);
	for (at = 0; at < param->reading_count; at++)
		if (strcmp(param->readings[at], text) == 0) {
			free(text);
			return;
		}
	param->readings[param->reading_count++] = text;
}

static void add_reading(struct param *param, const char *bytes, size_t size)
{
	while (size && blank(bytes[size - 1]))
		size--;
	while (size && blank(*bytes)) {
		bytes++;
		size--;
	}
	add_exact(param, bytes, size);
}

/* What is left when all bytes of the set `without` are taken out, NULs among them where asked. */
static void add_without(
        struct param *param, const char *bytes, size_t size, const char *without, int nuls)
{
	struct buf kept = {0};
	size_t at;

	for (at = 0; at < size; at++)
		if (bytes[at] ? !strchr(without, bytes[at]) : !nuls)
			buf_add_char(&kept, bytes[at]);
	add_reading(param, kept.data ? kept.data : "", kept.size);
	buf_fini(&kept);
}

static void add_without_comments(struct param *param, const char *bytes, size_t size)
{
	struct buf kept = {0};
	size_t at = 0, next;
	int unending = 0;

	while (at < size) {
		if (bytes[at] == '(' && (next = skip_comment(bytes, at, size, &unending)) > at) {
			at = next;
			continue;
		}
		buf_add_char(&kept, bytes[at++]);
	}
	add_reading(param, kept.data ? kept.data : "", kept.size);
	buf_fini(&kept);
}

/* From the opening quote; gives where the quoted string ends, `closed` false if it never does. */
static size_t read_quoted(struct reader *reader, struct buf *out, int *closed)
{
	size_t at = reader->at + 1;

	for (*closed = 0; at < reader->end; at++) {
		if (reader->bytes[at] == '"') {
			*closed = 1;
			return at + 1;
		}
		if (reader->bytes[at] == '\\' && at + 1 < reader->end)
			at++;
		buf_add_char(out, reader->bytes[at]);
	}
	return at;
}

static size_t find_semicolon(const struct reader *reader, size_t at)
{
	const char *found = memchr(reader->bytes + at, ';', reader->end - at);

	return found ? (size_t)(found - reader->bytes) : reader->end;
}

static void quoted_value(struct reader *reader, struct param *param)
{
	const char *start = reader->bytes + reader->at;
	struct buf text = {0};
	int closed;
	size_t behind = read_quoted(reader, &text, &closed), stop, rest;

	add_exact(param, text.data ? text.data : "", text.size);
	buf_fini(&text);
	if (!closed) {
		reader->out->odd = 1;
		behind = find_semicolon(reader, reader->at);
		add_without(param, start, behind - reader->at, "\"", 1);
	}
	stop = find_semicolon(reader, behind);
	for (rest = behind; rest < stop && blank(reader->bytes[rest]); rest++)
		continue;
	if (rest < stop && reader->bytes[rest] != '(') {
		reader->out->odd = 1;
		add_without(param, start, stop - reader->at, "\"", 1);
		/* A missing semicolon: the next parameter begins right here. */
		if (memchr(reader->bytes + rest, '=', stop - rest))
			stop = rest;
	}
	if (memchr(start, '\\', behind - reader->at))
		add_without(param, start, behind - reader->at, "\"", 1);
	reader->at = stop;
}

static void plain_value(struct reader *reader, struct param *param)
{
	const char *start = reader->bytes + reader->at, *gap;
	size_t stop = find_semicolon(reader, reader->at), size = stop - reader->at;

	while (size && blank(start[size - 1]))
		size--;
	add_reading(param, start, size);
	if (memchr(start, '(', size))
		add_without_comments(param, start, size);
	if (memchr(start, '"', size) || memchr(start, '\\', size))
		add_without(param, start, size, "\"\\", 1);
	for (gap = start; gap < start + size && !blank(*gap); gap++)
		continue;
	if (gap < start + size) {
		add_reading(param, start, (size_t)(gap - start));
		if (memchr(gap, '=', (size_t)(start + size - gap)))
			stop = (size_t)(gap - reader->bytes);
	}
	reader->out->odd |= param->reading_count > 1;
	reader->at = stop;
}

/* A NUL ends the value for one client and is nothing for another. */
static void add_nul_readings(struct reader *reader, struct param *param, size_t start)
{
	size_t size = reader->at - start;

	if (memchr(reader->bytes + start, '\0', size)) {
		reader->out->odd = 1;
		add_without(param, reader->bytes + start, size, "\"", 1);
	}
}

/* "filename*0*": a name, a section, and whether it is percent-encoded (RFC 2231 section 4.1). */
static void read_name(struct param *param, const char *bytes, size_t size)
{
	char *star, *end;

	while (size && blank(bytes[size - 1]))
		size--;
	param->name = alloc_bytes(bytes, size);
	text_lower(param->name);
	param->section = -1;
	if (size && param->name[size - 1] == '*') {
		param->extended = 1;
		param->name[size - 1] = '\0';
	}
	star = strrchr(param->name, '*');
	if (!star || !isdigit((unsigned char)star[1]))
		return;
	param->section = strtol(star + 1, &end, 10);
	if (*end || param->section > SECTIONS_MAX)
		param->section = SECTIONS_MAX;
	*star = '\0';
}

/* "x.txt;.exe" unquoted: to some clients the semicolon belongs to the value. */
static void long_reading(struct reader *reader, size_t start, size_t end)
{
	struct param *param = &reader->out->items[reader->out->count - 1];

	reader->out->odd = 1;
	if (param->reading_count == PARAM_READINGS)
		free(param->readings[--param->reading_count]);
	add_without(param, reader->bytes + start, end - start, "\"", 1);
}

static void read_value(struct reader *reader, const char *name, size_t name_size)
{
	struct params *out = reader->out;
	struct param *param;
	size_t start;

	if (!(out->count & (out->count - 1)))
		out->items =
		        alloc_grow(out->items, out->count ? 2 * out->count : 1, sizeof *out->items);
	param = &out->items[out->count++];
	*param = (struct param){0};
	read_name(param, name, name_size);
	while (reader->at < reader->end && blank(reader->bytes[reader->at]))
		reader->at++;
	start = reader->at;
	if (reader->at < reader->end && reader->bytes[reader->at] == '"')
		quoted_value(reader, param);
	else
		plain_value(reader, param);
	add_nul_readings(reader, param, start);
}

static void skip_blanks(struct reader *reader)
{
	while (reader->at < reader->end) {
		char c = reader->bytes[reader->at];

		size_t behind = c == '(' ? skip_comment(reader->bytes, reader->at, reader->end,
		                                   &reader->unending)
		                         : reader->at;

		if (behind > reader->at)
			reader->at = behind;
		else if (blank(c) || c == ';' || c == ',' || c == '(' || !c)
			reader->at++;
		else
			break;
	}
}

static void read_parameters(struct reader *reader)
{
	size_t start, value_start = 0, junk_end = 0;
	size_t stop;
	const char *equals;

	for (skip_blanks(reader); reader->at < reader->end; skip_blanks(reader)) {
		start = reader->at;
		stop = find_semicolon(reader, start);
		equals = memchr(reader->bytes + start, '=', stop - start);
		if (!equals) {
			junk_end = reader->at = stop;
			continue;
		}
		if (junk_end && reader->out->count)
			long_reading(reader, value_start, junk_end);
		if (reader->out->count == PARAMS_MAX) {
			reader->out->too_many = 1;
			return;
		}
		junk_end = 0;
		value_start = reader->at = (size_t)(equals - reader->bytes) + 1;
		read_value(reader, reader->bytes + start, value_start - 1 - start);
	}
	if (junk_end && reader->out->count)
		long_reading(reader, value_start, junk_end);
}

/* "multipart/mixed" in front of the parameters, through comments, quotes and stray blanks. */
static void read_main(struct reader *reader)
{
	struct buf text = {0};
	size_t stop = find_semicolon(reader, 0);

	while (reader->at < stop) {
		char c = reader->bytes[reader->at];

		size_t behind =
		        c == '(' ? skip_comment(reader->bytes, reader->at, stop, &reader->unending)
		                 : reader->at;

		if (behind > reader->at) {
			reader->at = behind;
			continue;
		}
		if (c == '=' && text.size) {
			/* A parameter without a semicolon before it. */
			while (text.size && text.data[text.size - 1] != ' ')
				text.size--;
			while (reader->at && !blank(reader->bytes[reader->at - 1]))
				reader->at--;
			reader->out->value_odd = 1;
			break;
		}
		if (blank(c))
			buf_add_char(&text, ' ');
		else if (c && c != '"')
			buf_add_char(&text, c);
		reader->out->value_odd |= !c || c == '"';
		reader->at++;
	}
	buf_add_char(&text, '\0');
	reader->out->value = buf_give(&text);
}

/* "multipart / mixed", "multipart/mixed garbage". */
static void clean_main(struct params *params)
{
	char *from = params->value, *to = params->value;

	while (*from == ' ')
		from++;
	for (; *from; from++) {
		char before = to > params->value ? to[-1] : '/';

		if (*from != ' ') {
			*to++ = *from;
			continue;
		}
		while (from[1] == ' ')
			from++;
		if (before != '/' && from[1] != '/')
			break;
	}
	params->value_odd |= from[0] && from[1];
	*to = '\0';
	text_lower(params->value);
}

void params_read(struct params *params, const char *bytes, size_t size)
{
	struct reader reader = {.bytes = bytes, .end = size, .out = params};

	*params = (struct params){0};
	read_main(&reader);
	clean_main(params);
	read_parameters(&reader);
}

void params_fini(struct params *params)
{
	size_t at, reading;

	for (at = 0; at < params->count; at++) {
		free(params->items[at].name);
		for (reading = 0; reading < params->items[at].reading_count; reading++)
			free(params->items[at].readings[reading]);
	}
	free(params->items);
	free(params->value);
	*params = (struct params){0};
}

/* ---------------------------------------------------------------- RFC 2231 */

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 32);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void percent_decode(const char *text, struct buf *out)
{
	for (; *text; text++) {
		if (*text == '%' && hex(text[1]) >= 0 && hex(text[2]) >= 0) {
			buf_add_char(out, (char)(hex(text[1]) * 16 + hex(text[2])));
			text += 2;
		} else {
			buf_add_char(out, *text);
		}
	}
}

/* Takes "charset'language'" off the front: gives the charset, to be freed, and moves *text. */
static char *take_charset(const char **text)
{
	const char *first = strchr(*text, '\''), *second = first ? strchr(first + 1, '\'') : NULL;
	char *charset;

	if (!second)
		return alloc_string("");
	charset = alloc_bytes(*text, (size_t)(first - *text));
	*text = second + 1;
	return charset;
}

static int add_decoded(struct strings *out, const struct buf *bytes, const char *charset)
{
	struct buf text = {0};
	int fresh;

	decode_charset(bytes->data ? bytes->data : "", bytes->size, charset, &text);
	fresh = strings_add(out, text.data ? text.data : "");
	buf_fini(&text);
	return fresh;
}

static void add_extended(struct strings *out, const char *reading)
{
	struct buf bytes = {0};
	char *charset = take_charset(&reading);

	percent_decode(reading, &bytes);
	add_decoded(out, &bytes, charset);
	free(charset);
	buf_fini(&bytes);
}

static int by_section(const void *a, const void *b)
{
	const struct param *const *left = a, *const *right = b;

	if ((*left)->section != (*right)->section)
		return (*left)->section < (*right)->section ? -1 : 1;
	return *left < *right ? -1 : *left > *right;
}

/* How sections are joined: past gaps or up to the first, all of them percent-decoded or those that
 * say so, and of several with one number all, the first or the last. */
struct joining {
	int gaps, all;
	enum { EACH, FIRST, LAST } same;
};

static int is_joined(
        struct param *const *sections, size_t count, size_t at, const struct joining *how)
{
	if (how->same == FIRST)
		return !at || sections[at]->section != sections[at - 1]->section;
	if (how->same == LAST)
		return at + 1 == count || sections[at]->section != sections[at + 1]->section;
	return how->gaps || sections[at]->section == (long)at;
}

static void join(
        struct strings *out, struct param *const *sections, size_t count, const struct joining *how)
{
	struct buf bytes = {0};
	char *charset = NULL;
	size_t at;

	for (at = 0; at < count; at++) {
		const char *text = sections[at]->readings[0];

		if (!is_joined(sections, count, at, how)) {
			if (how->same == EACH)
				break;
			continue;
		}
		if (!at && sections[at]->extended)
			charset = take_charset(&text);
		if (how->all || sections[at]->extended)
			percent_decode(text, &bytes);
		else
			buf_add_string(&bytes, text);
	}
	add_decoded(out, &bytes, charset ? charset : "");
	free(charset);
	buf_fini(&bytes);
}

static size_t add_sections(struct params *params, const char *name, struct strings *out)
{
	static const struct joining ways[] = {
	        {1, 0, EACH}, {1, 1, EACH}, {0, 0, EACH}, {1, 0, FIRST}, {1, 0, LAST}};
	struct param **sections = alloc_zero(params->count ? params->count : 1, sizeof *sections);
	size_t count = 0, at;

	for (at = 0; at < params->count; at++)
		if (params->items[at].section >= 0 && strcmp(params->items[at].name, name) == 0)
			sections[count++] = &params->items[at];
	qsort(sections, count, sizeof *sections, by_section);
	for (at = 0; at < count; at++)
		params->odd |= sections[at]->section != (long)at;
	for (at = 0; count && at < sizeof ways / sizeof ways[0]; at++)
		join(out, sections, count, &ways[at]);
	free(sections);
	return count > 0;
}

static void add_readings(struct strings *out, const struct param *param, size_t from, size_t to)
{
	for (; from < to && from < param->reading_count; from++) {
		if (param->extended)
			add_extended(out, param->readings[from]);
		else
			strings_add(out, param->readings[from]);
	}
}

size_t params_values(struct params *params, const char *name, struct strings *out)
{
	struct strings stated = {.most = 16}, other = {.most = 32};
	size_t at, count;

	for (at = 0; at < params->count; at++) {
		struct param *param = &params->items[at];

		if (param->section >= 0 || strcmp(param->name, name) != 0)
			continue;
		add_readings(&stated, param, 0, 1);
		add_readings(&other, param, 1, PARAM_READINGS);
	}
	add_sections(params, name, &stated);
	count = stated.count;
	for (at = 0; at < stated.count; at++)
		strings_add(out, stated.items[at]);
	for (at = 0; at < other.count; at++)
		strings_add(out, other.items[at]);
	params->too_many |= stated.is_full || other.is_full || out->is_full;
	strings_fini(&stated);
	strings_fini(&other);
	return count;
}
