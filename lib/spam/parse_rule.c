/* Lines that say what a rule looks for. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/text.h"
#include "lib/spam/parser.h"
#include "lib/spam/pattern.h"
#include "lib/spam/regex.h"

enum { ARGUMENTS_MOST = 100 };

static void begin(struct parser *parser, struct rule *rule, enum rule_kind kind)
{
	rule_undefine(rule);
	rule->kind = rule->was = kind;
	rule->why = WHY_RUN;
	rule->file = parser->file;
	rule->line = parser->line;
	rule->text = alloc_string(parser->text);
}

/* The rule exists, but isn't run. */
static void put_aside(
        struct parser *parser, struct rule *rule, enum rule_kind kind, enum rule_why why)
{
	begin(parser, rule, kind);
	rule_put_aside(rule, why);
}

/* What it asks can't be answered here. */
static void refuse(struct parser *parser, struct rule *rule, enum rule_kind kind, const char *why)
{
	put_aside(parser, rule, kind, WHY_NOT_UNDERSTOOD);
	parser_skip(parser, "rule %s: %s", rule->name, why);
}

/* ------------------------------------------------------------ functions */

/* Puts *text behind the `eval:`; 0 where it doesn't begin so. */
static int take_eval(char **text)
{
	static const char *const words[] = {"eval:", "rbleval:"};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (strncmp(*text, words[i], strlen(words[i])) != 0)
			continue;
		*text += strlen(words[i]);
		return 1;
	}
	return 0;
}

/* The first argument in *text, cut off it: quoted, or a plain word. NULL where it is neither. */
static char *take_argument(char **text)
{
	char *start = *text + strspn(*text, " \t"), *end;
	int is_quoted = *start == '\'' || *start == '"';

	if (is_quoted) {
		end = strchr(start + 1, *start);
		start++;
	} else {
		end = start + strcspn(start, ", \t");
	}
	if (!end || end == start - is_quoted)
		return NULL;
	*text = end + is_quoted;
	*text += strspn(*text, " \t");
	if (**text && **text != ',')
		return NULL;
	*text += **text == ',';
	*end = '\0';
	return start;
}

/* Reads "a, 'b', ..." into the rule's arguments. 0 where it is no such list. */
static int read_arguments(struct rule *rule, char *text)
{
	char *argument;

	while (text[strspn(text, " \t")]) {
		argument = take_argument(&text);
		if (!argument || rule->argument_count == ARGUMENTS_MOST)
			return 0;
		rule->arguments = alloc_grow(
		        rule->arguments, rule->argument_count + 1, sizeof(*rule->arguments));
		rule->arguments[rule->argument_count++] = alloc_string(argument);
	}
	return 1;
}

/* "name(arguments)" */
static void set_function(struct parser *parser, struct rule *rule, enum rule_kind kind, char *text)
{
	const struct functions_entry *function;
	char *open = strchr(text, '('), *close = strrchr(text, ')');
	char *unknown;

	if (!open || !close || close < open || close[1]) {
		refuse(parser, rule, kind, "a function's name and ( ) were expected");
		return;
	}
	*open = *close = '\0';
	function = functions_find(parser_trim(text));
	if (!function) {
		unknown = alloc_format("the function %.100s is not here", text);
		refuse(parser, rule, kind, unknown);
		free(unknown);
	} else if (function->is_net) {
		put_aside(parser, rule, kind, WHY_NETWORK);
	} else {
		begin(parser, rule, RULE_EVAL);
		rule->was = kind;
		rule->function = function;
		if (!read_arguments(rule, open + 1))
			refuse(parser, rule, kind, "its arguments can't be read");
	}
}

/* ------------------------------------------------------------ patterns */

static void set_pattern(struct parser *parser, struct rule *rule, enum rule_kind kind, char *text)
{
	struct err err;
	char *pattern;
	unsigned flags;

	if (take_eval(&text)) {
		set_function(parser, rule, kind, text);
	} else if (regex_read(text, &pattern, &flags, &err)) {
		refuse(parser, rule, kind, err.text);
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
        {"host", 0, FORM_HOST},
        {"domain", 0, FORM_DOMAIN},
        {"ip", 0, FORM_IP},
        {"revip", 0, FORM_REVIP},
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
		else if (header_forms[i].value != FORM_RAW)
			key->form = (enum header_form)header_forms[i].value;
		else
			key->is_raw = 1;
		return 1;
	}
	return 0;
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
	while ((word = colon) != NULL && *word) {
		colon = strchr(word, ':');
		if (colon)
			*colon++ = '\0';
		if (!read_form(word, key))
			return "this part of a header is not supported";
	}
	if (key->is_raw && key->form == FORM_VALUE)
		key->form = FORM_RAW;
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

/* Cuts "Name:form =~" off *rest, with blanks around the operator or none. Gives the header; NULL
 * where there is no operator. */
static char *take_header(char **rest, int *negated)
{
	char *header = *rest, *end = header, *relation;

	while (isalnum((unsigned char)*end) || (*end && strchr("_.:-", *end)))
		end++;
	relation = end + strspn(end, " \t");
	*negated = *relation == '!';
	if ((*relation != '=' && *relation != '!') || relation[1] != '~')
		return NULL;
	*rest = relation + 2 + strspn(relation + 2, " \t");
	*end = '\0';
	return header;
}

static void header_match(struct parser *parser, struct rule *rule, enum rule_kind kind, char *rest)
{
	char *header, *if_unset;
	struct header_key key;
	const char *why;
	int negated;

	header = take_header(&rest, &negated);
	why = header ? read_header_key(header, &key) : "neither =~ nor !~";
	if (why) {
		refuse(parser, rule, kind, why);
		return;
	}
	if_unset = take_if_unset(rest);
	set_pattern(parser, rule, kind, rest);
	if (rule->kind != kind) {
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
		refuse(parser, rule, kind, why);
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
	if (take_eval(&rest))
		set_function(parser, rule, kind, rest);
	else if (strncmp(rest, "exists:", 7) == 0)
		header_exists(parser, rule, kind, rest + 7);
	else
		header_match(parser, rule, kind, rest);
}

void parser_header(struct parser *parser, char *rest)
{
	header_rule(parser, RULE_HEADER, rest);
}

/* Parts have no addresses: of all forms there is only the raw one. */
void parser_mimeheader(struct parser *parser, char *rest)
{
	struct rule *rule = parser_rule(parser, &rest);

	if (!rule)
		return;
	header_match(parser, rule, RULE_MIMEHEADER, rest);
	if (rule->kind == RULE_MIMEHEADER &&
	        ((rule->header.form != FORM_VALUE && rule->header.form != FORM_RAW) ||
	                rule->header.pick != PICK_ALL))
		refuse(parser, rule, RULE_MIMEHEADER, "only :raw can be asked for");
}

/* With rules_matching() in it, it can be read when all names are known; until then it is read as if
 * nothing matched, so that what is wrong is told with its line. */
void parser_meta(struct parser *parser, char *rest)
{
	struct rule *rule = parser_rule(parser, &rest);
	struct meta *meta = NULL;
	struct err err;
	int has_globs;

	if (!rule)
		return;
	if (rules_read_meta(parser->rules, rest, NULL, &meta, &has_globs, &err)) {
		refuse(parser, rule, RULE_META, err.text);
		return;
	}
	begin(parser, rule, RULE_META);
	rule->meta = meta;
	if (has_globs)
		rule->expression = alloc_string(rest);
}

void parser_network_rule(struct parser *parser, char *rest)
{
	struct rule *rule = parser_rule(parser, &rest);

	if (rule)
		put_aside(parser, rule, RULE_HEADER, WHY_NETWORK);
}

/* ------------------------------------------------------------ details of addresses */

static int details_key_of(const char *name, size_t size, enum details_key *key)
{
	static const char *const names[DETAILS_KEYS] = {
	        [DETAILS_RAW] = "raw",
	        [DETAILS_TYPE] = "type",
	        [DETAILS_CLEANED] = "cleaned",
	        [DETAILS_TEXT] = "text",
	        [DETAILS_DOMAIN] = "domain",
	        [DETAILS_HOST] = "host",
	};

	for (int i = 0; i < DETAILS_KEYS; i++) {
		if (strlen(names[i]) == size && memcmp(names[i], name, size) == 0) {
			*key = (enum details_key)i;
			return 1;
		}
	}
	return 0;
}

/* Of a key that is given twice the last condition counts. */
static struct rule_detail *new_detail(struct rule *rule, enum details_key key)
{
	for (size_t i = 0; i < rule->detail_count; i++) {
		if (rule->details[i].key == key) {
			free(rule->details[i].pattern);
			return &rule->details[i];
		}
	}
	rule->details = alloc_grow(rule->details, rule->detail_count + 1, sizeof(*rule->details));
	return &rule->details[rule->detail_count++];
}

/* "key =~ /…/i" in groups 1 to 3 of `text`. Gives why it can't be, or NULL. */
static const char *add_detail(struct rule *rule, const char *text, const struct match_range *groups)
{
	struct rule_detail *detail;
	enum details_key key;
	struct err err;
	char *source, *pattern;
	unsigned flags;
	enum result result;

	if (!details_key_of(text + groups[1].start, groups[1].end - groups[1].start, &key))
		return "only raw, type, cleaned, text, domain and host can be asked for";
	source = alloc_bytes(text + groups[3].start, groups[3].end - groups[3].start);
	result = regex_read(source, &pattern, &flags, &err);
	free(source);
	if (result)
		return "a pattern that can't be read";
	detail = new_detail(rule, key);
	*detail = (struct rule_detail){key, text[groups[2].start] == '!', pattern, flags, NULL};
	return NULL;
}

static const char *add_details(struct rule *rule, const char *text)
{
	static struct pattern one = {
	        "\\G\\s*(\\w+)\\s*([=!])~\\s*((?:/.*?/|m(\\W).*?\\4)[imsx]*)(?:\\s+|$)"};
	struct match_range groups[5];
	size_t size = strlen(text), at = 0;
	const char *why = NULL;

	while (at < size && !why) {
		if (!pattern_groups(&one, text, size, at, groups, 5))
			return "key =~ /pattern/ was expected";
		why = add_detail(rule, text, groups);
		at = groups[0].end;
	}
	return why ? why : rule->detail_count ? NULL : "key =~ /pattern/ was expected";
}

void parser_uri_detail(struct parser *parser, char *rest)
{
	struct rule *rule = parser_rule(parser, &rest);
	const char *why;

	if (!rule)
		return;
	begin(parser, rule, RULE_URI_DETAIL);
	why = add_details(rule, rest);
	if (why)
		refuse(parser, rule, RULE_URI_DETAIL, why);
}
