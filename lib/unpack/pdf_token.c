#include "lib/unpack/pdf_token.h"

#include <string.h>

#include "lib/base/text.h"
static int is_blank(unsigned char c)
{
	return !c || c == ' ' || (c >= '\t' && c <= '\r' && c != '\v');
}

static int is_regular(unsigned char c)
{
	return !is_blank(c) && !strchr("()<>[]{}/%", c);
}

static void skip_blanks(struct piece *rest)
{
	int is_comment = 0;

	for (; rest->left; piece_take_run(rest, 1)) {
		unsigned char c = *rest->at;

		if (c == '\r' || c == '\n')
			is_comment = 0;
		else if (c == '%')
			is_comment = 1;
		else if (!is_comment && !is_blank(c))
			return;
	}
}

/* The escape is undone in names; in words there is none (7.3.5). */
static void take_name(struct piece *rest, struct pdf_token *token, int has_escapes)
{
	size_t length = 0;

	while (rest->left && is_regular(*rest->at)) {
		unsigned char c = (unsigned char)piece_take(rest, 1);

		if (has_escapes && c == '#' && rest->left >= 2 &&
		        text_hex_value(rest->at[0]) >= 0 && text_hex_value(rest->at[1]) >= 0) {
			c = (unsigned char)(text_hex_value(rest->at[0]) << 4 |
			                    text_hex_value(rest->at[1]));
			piece_take_run(rest, 2);
		}
		if (length < PDF_NAME_ROOM)
			token->name[length] = (char)c;
		length++;
	}
	token->name[length < PDF_NAME_ROOM ? length : 0] = '\0';
}

static void take_number(struct piece *rest, struct pdf_token *token)
{
	int is_whole = 1;

	for (; rest->left && is_regular(*rest->at); piece_take_run(rest, 1)) {
		unsigned char c = *rest->at;

		is_whole &= c >= '0' && c <= '9';
		if (is_whole && token->number < UINT32_MAX / 10 - 1)
			token->number = token->number * 10 + (c - '0');
	}
}

/* Brackets in it are balanced or escaped (7.3.4.2). */
static void take_string(struct piece *rest, struct pdf_token *token)
{
	const unsigned char *start = rest->at;
	size_t depth = 1, length = 0;

	while (rest->left && depth) {
		unsigned char c = (unsigned char)piece_take(rest, 1);

		if (c == '\\')
			piece_take_run(rest, 1);
		depth += c == '(';
		depth -= c == ')';
	}
	length = (size_t)(rest->at - start);
	token->text = (struct piece){start, length - (depth ? 0 : 1)};
}

static void take_hex(struct piece *rest, struct pdf_token *token)
{
	const unsigned char *end = rest->left ? memchr(rest->at, '>', rest->left) : NULL;

	token->text = piece_take_run(rest, end ? (size_t)(end - rest->at) : rest->left);
	piece_take_run(rest, 1);
}

static enum pdf_kind take_sign(struct piece *rest, struct pdf_token *token)
{
	unsigned char c = (unsigned char)piece_take(rest, 1);
	int doubled = rest->left && *rest->at == c;

	if (c == '(') {
		take_string(rest, token);
		return PDF_STRING;
	}
	if (c == '[' || c == ']')
		return c == '[' ? PDF_ARRAY : PDF_ARRAY_END;
	if ((c == '<' || c == '>') && doubled) {
		piece_take_run(rest, 1);
		return c == '<' ? PDF_DICTIONARY : PDF_DICTIONARY_END;
	}
	if (c != '<')
		return PDF_OTHER;
	take_hex(rest, token);
	return PDF_HEX;
}

void pdf_take(struct piece *rest, struct pdf_token *token)
{
	token->number = 0;
	token->name[0] = '\0';
	token->text = (struct piece){rest->at, 0};
	skip_blanks(rest);
	if (!rest->left) {
		token->kind = PDF_END;
	} else if (*rest->at == '/') {
		piece_take_run(rest, 1);
		take_name(rest, token, 1);
		token->kind = PDF_NAME;
	} else if (*rest->at && strchr("+-.0123456789", *rest->at)) {
		take_number(rest, token);
		token->kind = PDF_NUMBER;
	} else if (is_regular(*rest->at)) {
		take_name(rest, token, 0);
		token->kind = PDF_WORD;
	} else {
		token->kind = take_sign(rest, token);
	}
}

/* ---------------------------------------------------------------- strings */

static unsigned char octal(struct piece *text)
{
	unsigned value = 0, count;

	for (count = 0; count < 3 && text->left && *text->at >= '0' && *text->at <= '7'; count++)
		value = value * 8 + (piece_take(text, 1) - '0');
	return (unsigned char)value;
}

static size_t read_literal(struct piece text, unsigned char *bytes, size_t room)
{
	size_t length = 0;

	while (text.left && length < room) {
		unsigned char c = (unsigned char)piece_take(&text, 1);

		if (c == '\\' && text.left) {
			if (*text.at >= '0' && *text.at <= '7')
				c = octal(&text);
			else
				c = (unsigned char)piece_take(&text, 1);
			if (c == '\r' || c == '\n')
				continue;
		}
		bytes[length++] = c;
	}
	return length;
}

size_t pdf_string(const struct pdf_token *token, unsigned char *bytes, size_t room)
{
	size_t length = 0, at;
	int high = -1, value;

	if (token->kind != PDF_HEX)
		return read_literal(token->text, bytes, room);
	for (at = 0; at < token->text.left && length < room; at++) {
		value = text_hex_value(token->text.at[at]);
		if (value < 0)
			continue;
		if (high >= 0)
			bytes[length++] = (unsigned char)(high << 4 | value);
		high = high >= 0 ? -1 : value;
	}
	return length;
}
