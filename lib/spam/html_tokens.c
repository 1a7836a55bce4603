#include "lib/spam/html_tokens.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "lib/base/text.h"

/* Elements whose content is text, whatever it looks like. */
static const struct literal {
	const char *name;
	int plain;  /* references in it aren't decoded */
	int quoted; /* an end tag inside of quotes is none */
	enum { TO_END, EMPTY, LIKE_ANY } unclosed;
} literals[] = {
        {"script", 1, 1, EMPTY},
        {"style", 1, 1, EMPTY},
        {"xmp", 1, 0, TO_END},
        {"iframe", 1, 0, TO_END},
        {"plaintext", 1, 0, TO_END},
        {"title", 0, 0, LIKE_ANY},
        {"textarea", 0, 0, TO_END},
};
enum { LITERALS = sizeof(literals) / sizeof(*literals) };

struct reader {
	const char *bytes;
	size_t size;
	size_t at;
	const struct html_handlers *to;
	int no_comment_end;       /* there is no further "-->" */
	int not_closed[LITERALS]; /* its end tag doesn't come any more */
	struct html_attribute attributes[HTML_ATTRIBUTES_MOST];
};

/* How the thing that begins with a "<" was taken. */
enum took { TOOK, NO_MARKUP, NO_END };

static int is_blank(char byte)
{
	return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

static int is_name(char byte)
{
	return !is_blank(byte) && byte != '>';
}

static size_t skip_blanks(const struct reader *reader, size_t at)
{
	while (at < reader->size && is_blank(reader->bytes[at]))
		at++;
	return at;
}

static size_t skip_name(const struct reader *reader, size_t at)
{
	while (at < reader->size && is_name(reader->bytes[at]))
		at++;
	return at;
}

static size_t find(const struct reader *reader, size_t at, char byte)
{
	const char *found =
	        at < reader->size ? memchr(reader->bytes + at, byte, reader->size - at) : NULL;

	return found ? (size_t)(found - reader->bytes) : reader->size;
}

static struct html_range range(const struct reader *reader, size_t from, size_t to)
{
	return (struct html_range){reader->bytes + from, to - from};
}

static void give_text(struct reader *reader, size_t from, size_t to, int plain)
{
	if (to > from)
		reader->to->text(reader->to->context, reader->bytes + from, to - from, plain);
}

static enum took give_comment(struct reader *reader, size_t end)
{
	if (end >= reader->size)
		return NO_END;
	reader->to->comment(reader->to->context, reader->bytes + reader->at, end + 1 - reader->at);
	reader->at = end + 1;
	return TOOK;
}

/* ------------------------------------------------------------ literal text */

static const struct literal *literal_of(struct html_range name)
{
	for (size_t i = 0; i < LITERALS; i++) {
		if (text_same_bytes(name.bytes, name.size, literals[i].name))
			return &literals[i];
	}
	return NULL;
}

/* What a "<" is looked for in: not in quotes, which end with the line. */
struct quotes {
	char open;
	int escaped;
};

static void pass_quotes(struct quotes *quotes, char byte)
{
	if (quotes->escaped)
		quotes->escaped = 0;
	else if (byte == '\\')
		quotes->escaped = 1;
	else if (byte == '\r' || byte == '\n' || (quotes->open && byte == quotes->open))
		quotes->open = 0;
	else if (!quotes->open && (byte == '"' || byte == '\''))
		quotes->open = byte;
}

/* "</name >" at `at`: gives what is behind it, else 0. */
static size_t end_tag_at(const struct reader *reader, size_t at, const char *name)
{
	size_t length = strlen(name), end = at + 2 + length;

	if (end > reader->size || reader->bytes[at + 1] != '/' ||
	        strncasecmp(reader->bytes + at + 2, name, length) != 0)
		return 0;
	end = skip_blanks(reader, end);
	return end < reader->size && reader->bytes[end] == '>' ? end + 1 : 0;
}

/* Where the literal's end tag begins; reader->size where there is none. */
static size_t find_end_tag(struct reader *reader, const struct literal *literal, size_t *behind)
{
	struct quotes quotes = {0};
	size_t at = reader->at;

	if (strcmp(literal->name, "plaintext") == 0)
		return reader->size;
	for (; at < reader->size; at++) {
		if (reader->bytes[at] == '<' && !quotes.open) {
			*behind = end_tag_at(reader, at, literal->name);
			if (*behind)
				return at;
		} else if (literal->quoted) {
			pass_quotes(&quotes, reader->bytes[at]);
		}
	}
	return reader->size;
}

static void end_literal(struct reader *reader, const struct literal *literal)
{
	struct html_tag tag = {.name = {literal->name, strlen(literal->name)}, .is_end = 1};

	reader->to->tag(reader->to->context, &tag);
}

/* Behind the start tag of a literal element. */
static void read_literal(struct reader *reader, const struct literal *literal)
{
	size_t which = (size_t)(literal - literals), behind = 0, end = reader->size;

	if (!reader->not_closed[which])
		end = find_end_tag(reader, literal, &behind);
	if (end == reader->size) {
		reader->not_closed[which] = 1;
		if (literal->unclosed == LIKE_ANY)
			return;
		behind = reader->size;
	}
	give_text(reader, reader->at, end, literal->plain);
	reader->at = behind;
	if (end != reader->size || literal->unclosed == EMPTY)
		end_literal(reader, literal);
}

/* ------------------------------------------------------------ tags */

/* A value behind "=", and blanks; *at is moved behind it. */
static enum took read_value(struct reader *reader, size_t *at, struct html_range *value)
{
	size_t start = skip_blanks(reader, *at), end;
	char quote = start < reader->size ? reader->bytes[start] : 0;

	if (start == reader->size)
		return NO_END;
	if (quote == '"' || quote == '\'') {
		end = find(reader, start + 1, quote);
		*value = range(reader, start + 1, end);
		end += end < reader->size;
		if (end == reader->size)
			return NO_END;
	} else {
		end = skip_name(reader, start);
		*value = range(reader, start, end);
	}
	*at = end;
	return end == reader->size ? NO_END : TOOK;
}

static enum took read_attribute(struct reader *reader, size_t *at, struct html_attribute *attribute)
{
	size_t start = *at, end = start + 1;

	while (end < reader->size && is_name(reader->bytes[end]) && reader->bytes[end] != '=')
		end++;
	attribute->name = attribute->value = range(reader, start, end);
	*at = skip_blanks(reader, end);
	if (*at >= reader->size)
		return NO_END;
	if (reader->bytes[*at] != '=')
		return TOOK;
	++*at;
	return read_value(reader, at, &attribute->value);
}

static enum took read_start(struct reader *reader)
{
	size_t end = skip_name(reader, reader->at + 2), at = skip_blanks(reader, end), count = 0;
	struct html_attribute spare;
	struct html_tag tag = {.name = range(reader, reader->at + 1, end)};
	const struct literal *literal;

	while (at < reader->size && reader->bytes[at] != '>') {
		if (read_attribute(reader, &at,
		            count < HTML_ATTRIBUTES_MOST ? &reader->attributes[count] : &spare) ==
		        NO_END)
			return NO_END;
		count += count < HTML_ATTRIBUTES_MOST;
		at = skip_blanks(reader, at);
	}
	if (at >= reader->size)
		return NO_END;
	tag.attributes = reader->attributes;
	tag.count = count;
	reader->at = at + 1;
	reader->to->tag(reader->to->context, &tag);
	literal = literal_of(tag.name);
	if (literal)
		read_literal(reader, literal);
	return TOOK;
}

/* The ">" that ends an end tag: quotes that begin behind a blank hide one. */
static size_t find_gt(const struct reader *reader, size_t at)
{
	char quote = 0, before = ' ';

	for (; at < reader->size; before = reader->bytes[at++]) {
		char byte = reader->bytes[at];

		if (byte == '>' && !quote)
			return at;
		if (byte == quote)
			quote = 0;
		else if (!quote && (byte == '"' || byte == '\'') && is_blank(before))
			quote = byte;
	}
	return at;
}

static enum took read_end(struct reader *reader)
{
	size_t start = reader->at + 2, end;
	struct html_tag tag = {.is_end = 1};

	if (start < reader->size && !is_name(reader->bytes[start]))
		return give_comment(reader, find_gt(reader, start));
	end = skip_name(reader, start);
	tag.name = range(reader, start, end);
	end = find_gt(reader, end);
	if (end >= reader->size)
		return NO_END;
	reader->at = end + 1;
	reader->to->tag(reader->to->context, &tag);
	return TOOK;
}

/* ------------------------------------------------------------ declarations */

/* "--" and blanks and ">": gives where the ">" is. */
static size_t find_comment_end(const struct reader *reader, size_t at)
{
	const char *dashes;
	size_t end;

	while (at < reader->size &&
	        (dashes = memmem(reader->bytes + at, reader->size - at, "--", 2))) {
		end = skip_blanks(reader, (size_t)(dashes - reader->bytes) + 2);
		if (end < reader->size && reader->bytes[end] == '>')
			return end;
		/* All of these dashes have the same end, or the lack of it. */
		at = end < reader->size && reader->bytes[end] == '-'
		             ? (size_t)(dashes - reader->bytes) + 1
		             : end;
	}
	return reader->size;
}

static enum took read_comment(struct reader *reader)
{
	size_t end = reader->size;

	if (!reader->no_comment_end)
		end = find_comment_end(reader, reader->at + 4);
	if (end == reader->size) {
		reader->no_comment_end = 1;
		end = find(reader, reader->at + 4, '>');
	}
	return give_comment(reader, end);
}

/* <![CDATA[ … ]]>: text as it stands. Other marked sections are comments up to a ">". */
static enum took read_marked(struct reader *reader)
{
	static const char opening[] = "<![CDATA[";
	size_t start = reader->at + sizeof(opening) - 1;
	const char *end;

	if (start > reader->size ||
	        strncasecmp(reader->bytes + reader->at, opening, sizeof(opening) - 1) != 0)
		return give_comment(reader, find(reader, reader->at, '>'));
	end = memmem(reader->bytes + start, reader->size - start, "]]>", 3);
	give_text(reader, start, end ? (size_t)(end - reader->bytes) : reader->size, 1);
	reader->at = end ? (size_t)(end - reader->bytes) + 3 : reader->size;
	return TOOK;
}

/* The ">" of "<!DOCTYPE words "quoted" >"; reader->size if there is none. */
static size_t find_declaration_end(const struct reader *reader, size_t at)
{
	while ((at = skip_blanks(reader, at)) < reader->size && reader->bytes[at] != '>') {
		char byte = reader->bytes[at];

		if (byte == '"' || byte == '\'')
			at = find(reader, at + 1, byte) + 1;
		else
			at = skip_name(reader, at + 1);
	}
	return at < reader->size ? at : reader->size;
}

static enum took read_declaration(struct reader *reader)
{
	const char *start = reader->bytes + reader->at;
	size_t left = reader->size - reader->at, end;

	if (left >= 4 && memcmp(start, "<!--", 4) == 0)
		return read_comment(reader);
	if (left >= 3 && start[2] == '[')
		return read_marked(reader);
	if (left < 10 || (strncasecmp(start + 2, "DOCTYPE", 7) != 0 &&
	                         strncasecmp(start + 2, "ENTITY", 6) != 0))
		return give_comment(reader, find(reader, reader->at + 2, '>'));
	end = find_declaration_end(reader, reader->at + 8);
	if (end == reader->size)
		return NO_END;
	reader->to->declaration(reader->to->context, start, end + 1 - reader->at);
	reader->at = end + 1;
	return TOOK;
}

static enum took read_process(struct reader *reader)
{
	size_t end = find(reader, reader->at + 2, '>');

	if (end == reader->size)
		return NO_END;
	reader->at = end + 1;
	return TOOK;
}

/* ------------------------------------------------------------ the pass */

static enum took read_markup(struct reader *reader)
{
	char next = reader->bytes[reader->at + 1];

	if (isalpha((unsigned char)next) || next == '_')
		return read_start(reader);
	if (next == '/')
		return read_end(reader);
	if (next == '!')
		return read_declaration(reader);
	return next == '?' ? read_process(reader) : NO_MARKUP;
}

void html_tokens(const char *bytes, size_t size, const struct html_handlers *handlers)
{
	struct reader reader = {.bytes = bytes, .size = size, .to = handlers};
	size_t text = 0, next;
	enum took took;

	while ((next = find(&reader, reader.at, '<')) + 2 < size) {
		give_text(&reader, text, next, 0);
		reader.at = text = next;
		took = read_markup(&reader);
		if (took == NO_END) {
			handlers->comment(handlers->context, bytes + next, size - next);
			return;
		}
		reader.at += took == NO_MARKUP;
		text = took == NO_MARKUP ? next : reader.at;
	}
	give_text(&reader, text, size, 0);
}
