#include "lib/spam/regex.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/buf.h"

enum { REPLACE_ROUNDS = 6, PATTERN_MOST_BYTES = 200 * 1024 };

static char closing(char opening)
{
	static const char pairs[] = "(){}[]<>";
	const char *found = strchr(pairs, opening);

	return found && (found - pairs) % 2 == 0 ? found[1] : opening;
}

/* Puts *text behind the m or qr; gives the delimiter, or 0. */
static char opening_of(const char **text)
{
	const char *at = *text;

	if (at[0] == 'q' && at[1] == 'r')
		at += 2;
	else if (at[0] == 'm')
		at++;
	else if (at[0] != '/')
		return '\0';
	if (!*at || isalnum((unsigned char)*at) || isspace((unsigned char)*at) || *at == '_')
		return '\0';
	*text = at + 1;
	return *at;
}

static enum result read_modifiers(const char *mods, unsigned *flags, struct err *err)
{
	*flags = MATCH_LATIN1;
	for (; *mods; mods++) {
		switch (*mods) {
		case 'i':
			*flags |= MATCH_CASELESS;
			break;
		case 'm':
			*flags |= MATCH_MULTILINE;
			break;
		case 's':
			*flags |= MATCH_DOTALL;
			break;
		case 'x':
			*flags |= MATCH_EXTENDED;
			break;
		/* Bytes with ASCII classes are what we match anyway; the others ask for nothing
		 * here. */
		case 'a':
		case 'g':
		case 'o':
		case 'p':
			break;
		default:
			return err_set(err, RESULT_PERMANENT, "unknown modifier %c", *mods);
		}
	}
	return RESULT_OK;
}

enum result regex_read(const char *text, char **pattern, unsigned *flags, struct err *err)
{
	char open = opening_of(&text);
	const char *end = text + strlen(text);
	enum result result;

	if (!open)
		return err_set(err, RESULT_PERMANENT, "not a pattern: %.40s", text);
	while (end > text && isalpha((unsigned char)end[-1]))
		end--;
	if (end == text || end[-1] != closing(open))
		return err_set(err, RESULT_PERMANENT, "the pattern has no end");
	result = read_modifiers(end, flags, err);
	if (result)
		return result;
	if (strstr(text, "(?{") || strstr(text, "(??{"))
		return err_set(err, RESULT_PERMANENT, "Perl code in a pattern");
	*pattern = alloc_bytes(text, (size_t)(end - 1 - text));
	return RESULT_OK;
}

/* ------------------------------------------------------------ tags */

/* Size of the <NAME> at `at`, or 0. */
static size_t tag_size(const char *at)
{
	size_t size = 1;

	if (*at != '<')
		return 0;
	while (isalnum((unsigned char)at[size]) || at[size] == '_')
		size++;
	return size > 1 && at[size] == '>' ? size + 1 : 0;
}

/* Takes "<pre NAME>", "<inter NAME>" or "<post NAME>" out of the pattern, gives its tag's value. */
static const char *take_out(const struct rules *rules, char *pattern, const char *word, int kind)
{
	size_t word_size = strlen(word), size;
	const struct rule_tag *tag;
	char *at = pattern, *name;

	while ((at = strstr(at, word)) != NULL) {
		name = at + word_size;
		size = strcspn(name, " <>");
		if (name[size] != '>') {
			at++;
			continue;
		}
		tag = rules_tag(rules, name, size, kind);
		memmove(at, name + size + 1, strlen(name + size + 1) + 1);
		return tag ? tag->value : "";
	}
	return "";
}

/* A tag's frame: what stands before and behind it, and between two that touch. */
struct frame {
	const char *pre, *inter, *post;
};

static void frame_tags(const struct rules *rules, char *pattern, struct buf *out)
{
	struct frame frame = {
	        take_out(rules, pattern, "<pre ", TAG_PRE),
	        take_out(rules, pattern, "<inter ", TAG_INTER),
	        take_out(rules, pattern, "<post ", TAG_POST),
	};
	size_t size;

	while (*pattern) {
		size = tag_size(pattern);
		if (!size) {
			buf_add_char(out, *pattern++);
			continue;
		}
		buf_add_string(out, frame.pre);
		buf_add(out, pattern, size);
		buf_add_string(out, frame.post);
		pattern += size;
		if (tag_size(pattern))
			buf_add_string(out, frame.inter);
	}
}

/* One round of putting values in; gives how many there were. */
static size_t put_values(const struct rules *rules, const char *pattern, struct buf *out)
{
	const struct rule_tag *tag;
	size_t count = 0, size;

	while (*pattern && out->size <= PATTERN_MOST_BYTES) {
		size = tag_size(pattern);
		tag = size ? rules_tag(rules, pattern + 1, size - 2, TAG_REPLACE) : NULL;
		if (!tag) {
			buf_add_char(out, *pattern++);
			continue;
		}
		buf_add_string(out, tag->value);
		pattern += size;
		count++;
	}
	return count;
}

/* The pattern with its frames put in, to be freed. */
static char *framed(const struct rules *rules, const char *pattern)
{
	char *copy = alloc_string(pattern);
	struct buf out = {0};

	frame_tags(rules, copy, &out);
	free(copy);
	return out.data ? buf_give(&out) : alloc_string("");
}

char *regex_replace_tags(const struct rules *rules, const char *pattern)
{
	char *now = framed(rules, pattern);
	size_t replaced = 1;

	for (int round = 0; replaced && round < REPLACE_ROUNDS; round++) {
		struct buf next = {0};

		buf_add_string(&next, "");
		replaced = put_values(rules, now, &next);
		free(now);
		now = buf_give(&next);
		if (strlen(now) > PATTERN_MOST_BYTES) {
			free(now);
			return NULL;
		}
	}
	return now;
}

/* ------------------------------------------------------------ tags as groups */

/* Size of the class, group, escape or character that `at` begins with; 0 where it has no end. */
static size_t item_size(const char *at)
{
	size_t size = 0, depth = 0;
	int in_class = 0;

	do {
		if (!at[size])
			return 0;
		if (at[size] == '\\' && at[size + 1])
			size++;
		else if (in_class)
			in_class = at[size] != ']';
		else if (at[size] == '[') {
			in_class = 1;
			size += at[size + 1] == '^';
			size += at[size + 1] == ']';
		} else if (at[size] == '(')
			depth++;
		else if (at[size] == ')' && depth)
			depth--;
		size++;
	} while (depth || in_class);
	return size;
}

/* Only what is one item means the same as text and as a group, whatever stands behind it. A name of
 * PCRE2's has 32 letters at most. */
static int is_whole(const struct rule_tag *tag)
{
	return strlen(tag->name) < 30 && *tag->value && item_size(tag->value) == strlen(tag->value);
}

struct definer {
	const struct rules *rules;
	struct buf groups; /* "(?<t_A>...)" of each tag that was met */
	struct buf met;    /* "<A>" of each */
	int depth;
};

static void define_text(struct definer *definer, const char *text, struct buf *out);

/* 0 if it was met before. */
static int meet(struct definer *definer, const struct rule_tag *tag)
{
	char *mark = alloc_format("<%s>", tag->name);
	int is_new = !definer->met.data || !strstr(definer->met.data, mark);

	if (is_new)
		buf_add_string(&definer->met, mark);
	free(mark);
	return is_new;
}

/* Each tag's group is made once, before what is in it: so tags in tags cost no more than they are.
 */
static void define_tag(struct definer *definer, const struct rule_tag *tag, struct buf *out)
{
	struct buf value = {0};

	if (!is_whole(tag)) {
		define_text(definer, tag->value, out);
		return;
	}
	buf_add_format(out, "(?&t_%s)", tag->name);
	if (!meet(definer, tag))
		return;
	define_text(definer, tag->value, &value);
	buf_add_format(&definer->groups, "(?<t_%s>%s)", tag->name, value.data ? value.data : "");
	buf_fini(&value);
}

static void define_text(struct definer *definer, const char *text, struct buf *out)
{
	const struct rule_tag *tag;
	size_t size;

	if (++definer->depth > REPLACE_ROUNDS) {
		buf_add_string(out, text);
		definer->depth--;
		return;
	}
	while (*text && out->size <= PATTERN_MOST_BYTES) {
		size = tag_size(text);
		tag = size ? rules_tag(definer->rules, text + 1, size - 2, TAG_REPLACE) : NULL;
		if (tag)
			define_tag(definer, tag, out);
		else
			buf_add_char(out, *text);
		text += tag ? size : 1;
	}
	definer->depth--;
}

char *regex_define_tags(const struct rules *rules, const char *pattern)
{
	struct definer definer = {.rules = rules};
	struct buf body = {0};
	char *text = framed(rules, pattern), *whole = NULL;

	define_text(&definer, text, &body);
	if (body.size + definer.groups.size <= PATTERN_MOST_BYTES)
		whole = alloc_format("(?(DEFINE)%s)%s",
		        definer.groups.data ? definer.groups.data : "", body.data ? body.data : "");
	buf_fini(&definer.groups);
	buf_fini(&definer.met);
	buf_fini(&body);
	free(text);
	return whole;
}

/* ------------------------------------------------------------ what other rules captured */

/* Size of the "%{NAME}" at `at`, or 0. */
static size_t template_size(const char *at)
{
	size_t size = 2;

	if (at[0] != '%' || at[1] != '{' || !isupper((unsigned char)at[2]))
		return 0;
	while (isupper((unsigned char)at[size]) || isdigit((unsigned char)at[size]) ||
	        at[size] == '_')
		size++;
	return at[size] == '}' ? size + 1 : 0;
}

int regex_is_template(const char *pattern)
{
	for (; *pattern; pattern++) {
		if (*pattern == '\\' && pattern[1])
			pattern++;
		else if (template_size(pattern))
			return 1;
	}
	return 0;
}

char *regex_fill_template(const char *pattern, regex_fill *fill, void *context)
{
	struct buf out = {0};
	char *value;
	size_t size;

	buf_add_string(&out, "");
	while (*pattern && out.size <= PATTERN_MOST_BYTES) {
		size = template_size(pattern);
		if (!size) {
			size = *pattern == '\\' && pattern[1] ? 2 : 1;
			buf_add(&out, pattern, size);
			pattern += size;
			continue;
		}
		value = fill(context, pattern + 2, size - 3);
		if (!value)
			break;
		buf_add_string(&out, value);
		free(value);
		pattern += size;
	}
	if (*pattern) {
		buf_fini(&out);
		return NULL;
	}
	return buf_give(&out);
}

void regex_quote(const char *bytes, size_t size, struct buf *out)
{
	for (size_t i = 0; i < size; i++) {
		if (isalnum((unsigned char)bytes[i]))
			buf_add_char(out, bytes[i]);
		else
			buf_add_format(out, "\\x%02x", (unsigned char)bytes[i]);
	}
}
