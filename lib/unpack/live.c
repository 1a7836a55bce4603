#include "lib/unpack/live.h"

#include <string.h>

#include "lib/base/text.h"
#include "lib/unpack/encoded.h"

enum { HANDLER_LEAST = 2 }; /* letters behind "on" */

/* How far a word has been matched; none of the words repeats its first letter. */
struct matcher {
	const char *word;
	size_t length;
};

struct look {
	const unsigned char *at, *end;
	struct live live;
	int has_root, has_entities;
};

static int is_letter(unsigned char c)
{
	return (c | 32) >= 'a' && (c | 32) <= 'z';
}

static int is_name(unsigned char c)
{
	return is_letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' ||
	       c == ':' || c >= 128;
}

static int is_blank(unsigned char c)
{
	return c && strchr(" \t\r\n\f", c);
}

/* Behind the prefix of a namespace. */
static void take_element(struct look *look)
{
	static const char *const running[] = {"script", "iframe", "embed", "object"};
	const unsigned char *name = look->at;
	size_t length, at;

	for (; look->at < look->end && is_name(*look->at); look->at++)
		if (*look->at == ':')
			name = look->at + 1;
	length = (size_t)(look->at - name);
	if (!look->has_root)
		look->live.is_picture = text_same_bytes((const char *)name, length, "svg");
	look->has_root = 1;
	for (at = 0; at < (look->live.is_picture ? sizeof(running) / sizeof(running[0]) : 1); at++)
		look->live.has_script |= text_same_bytes((const char *)name, length, running[at]);
}

static int match(struct matcher *matcher, unsigned long c)
{
	if (c >= 'A' && c <= 'Z')
		c |= 32;
	/* Browsers leave such out of an address. */
	if (c <= ' ')
		return 0;
	if (c != (unsigned char)matcher->word[matcher->length])
		matcher->length = 0;
	matcher->length += c == (unsigned char)matcher->word[matcher->length];
	if (matcher->word[matcher->length])
		return 0;
	matcher->length = 0;
	return 1;
}

/* A value, in quotes or up to a blank, with its references undone. */
static void take_value(struct look *look)
{
	struct matcher java = {"javascript:", 0}, visual = {"vbscript:", 0};
	unsigned char quote =
	        look->at < look->end && (*look->at == '"' || *look->at == '\'') ? *look->at++ : 0;

	while (look->at < look->end &&
	        (quote ? *look->at != quote : !is_blank(*look->at) && *look->at != '>')) {
		const unsigned char *next = look->at;
		unsigned long value = *look->at;

		if (*look->at == '&')
			next = encoded_reference(look->at, look->end, &value);
		look->at = next == look->at ? next + 1 : next;
		look->live.has_script |= match(&java, value) | match(&visual, value);
	}
	look->at += quote && look->at < look->end;
}

static void skip_blanks(struct look *look)
{
	while (look->at < look->end && is_blank(*look->at))
		look->at++;
}

/* "onload = x". */
static void take_attribute(struct look *look)
{
	const unsigned char *name = look->at;
	int is_handler;

	while (look->at < look->end && is_name(*look->at))
		look->at++;
	is_handler = look->at - name >= 2 + HANDLER_LEAST && (name[0] | 32) == 'o' &&
	             (name[1] | 32) == 'n' && !memchr(name, ':', (size_t)(look->at - name));
	if (look->at == name)
		look->at++;
	skip_blanks(look);
	if (look->at == look->end || *look->at != '=')
		return;
	look->at++;
	skip_blanks(look);
	look->live.has_script |= is_handler;
	take_value(look);
}

static void take_tag(struct look *look)
{
	take_element(look);
	while (look->at < look->end && *look->at != '>' && *look->at != '<' &&
	        !look->live.has_script)
		take_attribute(look);
}

/* Up to the end of a comment or instruction. */
static void skip_to(struct look *look, const char *word)
{
	const unsigned char *found =
	        memmem(look->at, (size_t)(look->end - look->at), word, strlen(word));

	look->at = found ? found + strlen(word) : look->end;
}

/* A declaration, up to what it may have in brackets. An entity of markup, or of parts of words, has
 * no honest use in a picture: honest ones are addresses and styles. */
static void take_declaration(struct look *look)
{
	const unsigned char *start = look->at;
	const char *text = (const char *)start;
	unsigned char quote = 0;
	size_t size;

	for (; look->at < look->end && (quote || !strchr("[>", *look->at)); look->at++) {
		if (quote)
			quote = *look->at == quote ? 0 : quote;
		else if (*look->at == '"' || *look->at == '\'')
			quote = *look->at;
	}
	size = (size_t)(look->at - start);
	if (size < 8 || !text_same_bytes(text, 7, "!entity"))
		return;
	look->has_entities |= memchr(text, '&', size) || memchr(text, '<', size) ||
	                      text_find(text, size, "entity %") || text_find(text, size, "java") ||
	                      text_find(text, size, "script");
}

static void take_markup(struct look *look)
{
	size_t left = (size_t)(look->end - look->at);

	if (left && is_letter(*look->at))
		take_tag(look);
	else if (look->has_root)
		return;
	else if (left > 3 && !memcmp(look->at, "!--", 3))
		skip_to(look, "-->");
	else if (left && *look->at == '?')
		skip_to(look, "?>");
	else if (left && *look->at == '!')
		take_declaration(look);
}

struct live live_look(const unsigned char *bytes, size_t size)
{
	struct look look = {.at = bytes, .end = bytes + size};

	while (!(look.has_root && look.live.has_script) &&
	        (look.at = memchr(look.at, '<', (size_t)(look.end - look.at)))) {
		look.at++;
		take_markup(&look);
	}
	/* What a tag that is never closed swallows here it may not swallow elsewhere. */
	look.live.has_script |= (look.live.is_picture && look.has_entities) ||
	                        text_find((const char *)bytes, size, "<script") != NULL;
	return look.live;
}

/* `word`, blanks, and one of `behind`. */
static int says(const char *bytes, size_t size, const char *word, const char *behind)
{
	const char *end = bytes + size, *at = bytes;

	while ((at = text_find(at, (size_t)(end - at), word))) {
		at += strlen(word);
		while (at < end && is_blank((unsigned char)*at))
			at++;
		if (!*behind || (at < end && strchr(behind, *at) && *at))
			return 1;
	}
	return 0;
}

int live_builds_files(const unsigned char *bytes, size_t size)
{
	static const struct {
		const char *word, *behind;
	} signs[] = {
	        {"msSaveOrOpenBlob", ""},
	        {"msSaveBlob", ""},
	        {"createObjectURL", "("},
	        {"new Blob", "("},
	        {"new File", "("},
	        {"atob", "("},
	        {".download", "="},
	};
	size_t at;

	for (at = 0; at < sizeof(signs) / sizeof(signs[0]); at++)
		if (says((const char *)bytes, size, signs[at].word, signs[at].behind))
			return 1;
	return 0;
}
