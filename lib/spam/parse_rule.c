/* Lines that say what a rule looks for. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/text.h"
#include "lib/spam/parser.h"
#include "lib/spam/regex.h"

/* ------------------------------------------------------------ what rules look for */

static void begin(struct parser *parser, struct rule *rule, enum rule_kind kind)
{
	rule_undefine(rule);
	rule->kind = kind;
	rule->file = parser->file;
	rule->line = parser->line;
}

/* The rule exists, but what it asks can't be answered here. */
static void refuse(struct parser *parser, struct rule *rule, const char *why)
{
	begin(parser, rule, RULE_UNKNOWN);
	parser_skip(parser, "rule %s: %s", rule->name, why);
}

static int is_eval(const char *text)
{
	return strncmp(text, "eval:", 5) == 0 || strncmp(text, "rbleval:", 8) == 0;
}

static void set_pattern(
        struct parser *parser, struct rule *rule, enum rule_kind kind, const char *text)
{
	struct err err;
	char *pattern;
	unsigned flags;

	if (is_eval(text)) {
		refuse(parser, rule, "eval: is not supported");
	} else if (regex_read(text, &pattern, &flags, &err)) {
		refuse(parser, rule, err.text);
	} else {
		begin(parser, rule, kind);
		rule->pattern = pattern;
		rule->flags = flags;
	}
}

static void pattern_rule(struct parser *parser, enum rule_kind kind, char *rest)
{
	struct rule *rule = parser_rule(parser, &rest);

	if (rule)
		set_pattern(parser, rule, kind, rest);
}

void parser_body(struct parser *parser, char *rest)
{
	pattern_rule(parser, RULE_BODY, rest);
}

void parser_rawbody(struct parser *parser, char *rest)
{
	pattern_rule(parser, RULE_RAWBODY, rest);
}

void parser_uri(struct parser *parser, char *rest)
{
	pattern_rule(parser, RULE_URI, rest);
}

void parser_full(struct parser *parser, char *rest)
{
	pattern_rule(parser, RULE_FULL, rest);
}

static const struct {
	const char *word;
	int is_pick;
	int value;
} header_forms[] = {
        {"raw", 0, FORM_RAW},
        {"addr", 0, FORM_ADDR},
        {"name", 0, FORM_NAME},
        {"first", 1, PICK_FIRST},
        {"last", 1, PICK_LAST},
};

/* One word behind a colon; 0 if it isn't known. */
static int read_form(const char *word, struct header_key *key)
{
	for (size_t i = 0; i < sizeof(header_forms) / sizeof(*header_forms); i++) {
		if (strcmp(word, header_forms[i].word) != 0)
			continue;
		if (header_forms[i].is_pick)
			key->pick = (enum header_pick)header_forms[i].value;
		else
			key->form = (enum header_form)header_forms[i].value;
		return 1;
	}
	return 0;
}

/* Headers that SpamAssassin makes up from its own study of the Received lines. */
static int is_relay_header(const char *name)
{
	return text_starts(name, "X-Spam-Relays-") || strncmp(name, "ALL-", 4) == 0;
}

/* Reads "Name:form:pick". NULL, or why it can't be used. Cuts `text`; *key gets a name of its own.
 */
static const char *read_header_key(char *text, struct header_key *key)
{
	char *word, *colon = strchr(text, ':');

	memset(key, 0, sizeof(*key));
	if (colon)
		*colon++ = '\0';
	if (!*text || strlen(text) > RULE_NAME_MOST)
		return "not a header's name";
	if (is_relay_header(text))
		return "headers made from the study of relays are not supported";
	while ((word = colon) != NULL && *word) {
		colon = strchr(word, ':');
		if (colon)
			*colon++ = '\0';
		if (!read_form(word, key))
			return "this part of a header is not supported";
	}
	key->name = alloc_string(text);
	return NULL;
}

/* Takes "[if-unset: text]" off the end of a header rule; NULL if there is none, else to be freed.
 */
static char *take_if_unset(char *text)
{
	static const char word[] = "[if-unset:";
	char *found = strstr(text, word), *end;

	if (!found)
		return NULL;
	end = strrchr(found, ']');
	if (!end || end[1])
		return NULL;
	*end = '\0';
	*found = '\0';
	parser_trim(text);
	return alloc_string(parser_trim(found + strlen(word)));
}

static void header_match(struct parser *parser, struct rule *rule, enum rule_kind kind, char *rest)
{
	char *header = parser_word(&rest), *relation = parser_word(&rest), *if_unset;
	int negated = strcmp(relation, "!~") == 0;
	struct header_key key;
	const char *why;

	if (!negated && strcmp(relation, "=~") != 0) {
		refuse(parser, rule, "neither =~ nor !~");
		return;
	}
	why = read_header_key(header, &key);
	if (why) {
		refuse(parser, rule, why);
		return;
	}
	if_unset = take_if_unset(rest);
	set_pattern(parser, rule, kind, rest);
	if (rule->kind == RULE_UNKNOWN) {
		free(key.name);
		free(if_unset);
		return;
	}
	rule->header = key;
	rule->negated = negated;
	rule->if_unset = if_unset;
}

static void header_exists(
        struct parser *parser, struct rule *rule, enum rule_kind kind, char *header)
{
	struct header_key key;
	const char *why = read_header_key(parser_trim(header), &key);

	if (why) {
		refuse(parser, rule, why);
		return;
	}
	begin(parser, rule, kind);
	rule->header = key;
}

static void header_rule(struct parser *parser, enum rule_kind kind, char *rest)
{
	struct rule *rule = parser_rule(parser, &rest);

	if (!rule)
		return;
	if (is_eval(rest))
		refuse(parser, rule, "eval: is not supported");
	else if (strncmp(rest, "exists:", 7) == 0)
		header_exists(parser, rule, kind, rest + 7);
	else
		header_match(parser, rule, kind, rest);
}

void parser_header(struct parser *parser, char *rest)
{
	header_rule(parser, RULE_HEADER, rest);
}

void parser_mimeheader(struct parser *parser, char *rest)
{
	header_rule(parser, RULE_MIMEHEADER, rest);
}

void parser_meta(struct parser *parser, char *rest)
{
	struct rule *rule = parser_rule(parser, &rest);
	struct meta *meta = NULL;
	struct err err;

	if (!rule)
		return;
	if (rules_read_meta(parser->rules, rest, &meta, &err)) {
		refuse(parser, rule, err.text);
		return;
	}
	begin(parser, rule, RULE_META);
	rule->meta = meta;
}

void parser_network_rule(struct parser *parser, char *rest)
{
	struct rule *rule = parser_rule(parser, &rest);

	if (rule)
		refuse(parser, rule, "it asks the network");
}
