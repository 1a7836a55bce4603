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
	*flags = 0;
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
	if (strstr(text, "%{"))
		return err_set(err, RESULT_PERMANENT, "a captured tag in a pattern");
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

char *regex_replace_tags(const struct rules *rules, char *pattern)
{
	struct buf now = {0}, next = {0};
	size_t replaced = 1;

	frame_tags(rules, pattern, &now);
	for (int round = 0; replaced && round < REPLACE_ROUNDS; round++) {
		buf_clear(&next);
		replaced = put_values(rules, now.data ? now.data : "", &next);
		if (next.size > PATTERN_MOST_BYTES) {
			buf_fini(&now);
			buf_fini(&next);
			return NULL;
		}
		buf_clear(&now);
		buf_add(&now, next.data ? next.data : "", next.size);
	}
	buf_fini(&next);
	free(pattern);
	return buf_give(&now);
}
