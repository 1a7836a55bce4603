/* The lines of a rule file. Each key has a row in the table at the end, and a function. */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/alloc.h"
#include "lib/base/buf.h"
#include "lib/base/file.h"
#include "lib/base/text.h"
#include "lib/spam/condition.h"
#include "lib/spam/regex.h"
#include "lib/spam/rule.h"

enum {
	IF_DEPTH_MOST = 64,
	INCLUDE_DEPTH_MOST = 10,
	INCLUDE_MOST_BYTES = 16 * 1024 * 1024,
};

struct parser {
	struct rules *rules;
	const char *file;
	const char *folder;
	unsigned line;
	int include_depth;
	int stopped;              /* by require_version */
	int holds[IF_DEPTH_MOST]; /* of each open `if`: is its branch taken? */
	char unknown[61];         /* the key that was last not known */
	int if_depth;
};

static void skip(struct parser *parser, const char *format, ...)
        __attribute__((format(printf, 2, 3)));

static void skip(struct parser *parser, const char *format, ...)
{
	char why[400];
	va_list args;

	va_start(args, format);
	vsnprintf(why, sizeof(why), format, args);
	va_end(args);
	rules_skip(parser->rules, parser->file, parser->line, "%s", why);
}

/* ------------------------------------------------------------ words */

static char *trim(char *text)
{
	size_t size;

	text += strspn(text, " \t\r");
	size = strlen(text);
	while (size && strchr(" \t\r", text[size - 1]))
		size--;
	text[size] = '\0';
	return text;
}

/* Cuts the first word off *rest and gives it; "" when there is none. */
static char *next_word(char **rest)
{
	char *word = *rest + strspn(*rest, " \t");
	size_t size = strcspn(word, " \t");

	*rest = word + size + strspn(word + size, " \t");
	if (word[size])
		word[size] = '\0';
	return word;
}

/* `#` begins a comment unless it is written `\#`. */
static void drop_comment(char *line)
{
	char *out = line;

	for (; *line && *line != '#'; line++) {
		if (line[0] == '\\' && line[1] == '#')
			line++;
		*out++ = *line;
	}
	*out = '\0';
}

static int is_rule_name(const char *name)
{
	size_t size = strlen(name);

	if (!size || size > RULE_NAME_MOST || isdigit((unsigned char)*name))
		return 0;
	for (; *name; name++) {
		if (!isalnum((unsigned char)*name) && *name != '_')
			return 0;
	}
	return 1;
}

/* Takes the rule's name off *rest; NULL, and the line is reported, where there is none. */
static struct rule *named_rule(struct parser *parser, char **rest)
{
	char *name = next_word(rest);

	if (is_rule_name(name))
		return rules_name(parser->rules, name);
	skip(parser, "not a rule's name: \"%.60s\"", name);
	return NULL;
}

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
	skip(parser, "rule %s: %s", rule->name, why);
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
	struct rule *rule = named_rule(parser, &rest);

	if (rule)
		set_pattern(parser, rule, kind, rest);
}

static void do_body(struct parser *parser, char *rest)
{
	pattern_rule(parser, RULE_BODY, rest);
}

static void do_rawbody(struct parser *parser, char *rest)
{
	pattern_rule(parser, RULE_RAWBODY, rest);
}

static void do_uri(struct parser *parser, char *rest)
{
	pattern_rule(parser, RULE_URI, rest);
}

static void do_full(struct parser *parser, char *rest)
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
	trim(text);
	return alloc_string(trim(found + strlen(word)));
}

static void header_match(struct parser *parser, struct rule *rule, enum rule_kind kind, char *rest)
{
	char *header = next_word(&rest), *relation = next_word(&rest), *if_unset;
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
	const char *why = read_header_key(trim(header), &key);

	if (why) {
		refuse(parser, rule, why);
		return;
	}
	begin(parser, rule, kind);
	rule->header = key;
}

static void header_rule(struct parser *parser, enum rule_kind kind, char *rest)
{
	struct rule *rule = named_rule(parser, &rest);

	if (!rule)
		return;
	if (is_eval(rest))
		refuse(parser, rule, "eval: is not supported");
	else if (strncmp(rest, "exists:", 7) == 0)
		header_exists(parser, rule, kind, rest + 7);
	else
		header_match(parser, rule, kind, rest);
}

static void do_header(struct parser *parser, char *rest)
{
	header_rule(parser, RULE_HEADER, rest);
}

static void do_mimeheader(struct parser *parser, char *rest)
{
	header_rule(parser, RULE_MIMEHEADER, rest);
}

static void do_meta(struct parser *parser, char *rest)
{
	struct rule *rule = named_rule(parser, &rest);
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

static void do_network_rule(struct parser *parser, char *rest)
{
	struct rule *rule = named_rule(parser, &rest);

	if (rule)
		refuse(parser, rule, "it asks the network");
}

/* ------------------------------------------------------------ what is said about rules */

/* A number, or "(number)", which is added to what was there. 0 if it is neither. */
static int read_score(const char *word, double before, double *score)
{
	int relative = *word == '(';
	char *end;
	double number = strtod(word + relative, &end);

	if (end == word + relative || (relative ? strcmp(end, ")") != 0 : *end != '\0'))
		return 0;
	if (!(number > -100000 && number < 100000))
		return 0;
	*score = relative ? before + number : number;
	return 1;
}

static void do_score(struct parser *parser, char *rest)
{
	struct rule *rule = named_rule(parser, &rest);
	double given[4], before;
	size_t count = 0;

	if (!rule)
		return;
	while (*rest && count < 4) {
		before = rule->given_count ? rule->given[count % rule->given_count] : 1;
		if (!read_score(next_word(&rest), before, &given[count]))
			break;
		count++;
	}
	if (*rest || (count != 1 && count != 4)) {
		skip(parser, "score %s: one or four numbers were expected", rule->name);
		return;
	}
	memcpy(rule->given, given, sizeof(given));
	rule->given_count = count;
}

static void do_describe(struct parser *parser, char *rest)
{
	struct rule *rule = named_rule(parser, &rest);

	if (!rule)
		return;
	free(rule->describe);
	rule->describe = alloc_string(rest);
}

static void set_flag(struct parser *parser, struct rule *rule, const char *word)
{
	static const char *const others[] = {"learn", "userconf", "noautolearn", "publish",
	        "autolearn_force", "autolearn_body", "autolearn_header", "noawl", "domains_only",
	        "ips_only", "ns", "a"};
	uint64_t number;

	if (strcmp(word, "multiple") == 0)
		rule->multiple = 1;
	else if (strcmp(word, "nice") == 0)
		rule->nice = 1;
	else if (strcmp(word, "net") == 0)
		rule->net = 1;
	else if (strcmp(word, "nosubject") == 0)
		rule->no_subject = 1;
	else if (strncmp(word, "maxhits=", 8) == 0 && text_number(word + 8, 1000000, &number))
		rule->max_hits = number;
	else {
		for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
			if (strcmp(word, others[i]) == 0)
				return;
		}
		skip(parser, "tflags %s: \"%.60s\" is not known", rule->name, word);
	}
}

static void do_tflags(struct parser *parser, char *rest)
{
	struct rule *rule = named_rule(parser, &rest);

	if (!rule)
		return;
	rule->nice = rule->net = rule->multiple = rule->no_subject = 0;
	rule->max_hits = 0;
	while (*rest)
		set_flag(parser, rule, next_word(&rest));
}

static void do_priority(struct parser *parser, char *rest)
{
	struct rule *rule = named_rule(parser, &rest);
	char *end;
	long number;

	if (!rule)
		return;
	number = strtol(rest, &end, 10);
	if (end == rest || *end || number < -100000 || number > 100000)
		skip(parser, "priority %s: a number was expected", rule->name);
	else
		rule->priority = (int)number;
}

/* ------------------------------------------------------------ tags */

static void add_tag(struct parser *parser, int kind, char *rest)
{
	struct rules *rules = parser->rules;
	char *name = next_word(&rest);

	if (!is_rule_name(name)) {
		skip(parser, "not a tag's name: \"%.60s\"", name);
		return;
	}
	rules->tags = alloc_grow(rules->tags, rules->tag_count + 1, sizeof(*rules->tags));
	rules->tags[rules->tag_count].kind = kind;
	rules->tags[rules->tag_count].name = alloc_string(name);
	rules->tags[rules->tag_count++].value = alloc_string(rest);
}

static void do_replace_tag(struct parser *parser, char *rest)
{
	add_tag(parser, TAG_REPLACE, rest);
}

static void do_replace_pre(struct parser *parser, char *rest)
{
	add_tag(parser, TAG_PRE, rest);
}

static void do_replace_inter(struct parser *parser, char *rest)
{
	add_tag(parser, TAG_INTER, rest);
}

static void do_replace_post(struct parser *parser, char *rest)
{
	add_tag(parser, TAG_POST, rest);
}

static void do_replace_rules(struct parser *parser, char *rest)
{
	struct rule *rule;

	while (*rest) {
		rule = named_rule(parser, &rest);
		if (rule)
			rule->replace = 1;
	}
}

/* ------------------------------------------------------------ files in files, conditions */

static void parse_line(struct parser *parser, char *line);

static void do_include(struct parser *parser, char *rest)
{
	struct buf text = {0};
	struct err err;
	char *path;

	if (!parser->folder || parser->include_depth == INCLUDE_DEPTH_MOST) {
		skip(parser, "include is refused here");
		return;
	}
	path = *rest == '/' ? alloc_string(rest) : alloc_format("%s/%s", parser->folder, rest);
	if (file_read(path, INCLUDE_MOST_BYTES, &text, &err))
		skip(parser, "%s", err.text);
	else
		rules_parse(parser->rules, rules_keep_file(parser->rules, path), parser->folder,
		        text.data, parser->include_depth + 1);
	free(path);
	buf_fini(&text);
}

/* We have no locale: rules' descriptions stay in English. */
static void do_lang(struct parser *parser, char *rest)
{
	if (strcmp(next_word(&rest), "en") == 0 && *rest)
		parse_line(parser, rest);
}

static void do_require_version(struct parser *parser, char *rest)
{
	if (condition_is_our_version(rest))
		return;
	skip(parser, "the rest of the file is for version %.40s only", rest);
	parser->stopped = 1;
}

static void do_nothing(struct parser *parser, char *rest)
{
}

static int is_taken(const struct parser *parser)
{
	for (int i = 0; i < parser->if_depth; i++) {
		if (!parser->holds[i])
			return 0;
	}
	return 1;
}

/* A condition that can't be read counts as false, so what it guards is left out. */
static void open_if(struct parser *parser, int is_plugin, const char *text)
{
	struct err err;
	int holds = 0;

	if (parser->if_depth == IF_DEPTH_MOST) {
		skip(parser, "conditions are nested too deep; the rest of the file is skipped");
		parser->stopped = 1;
		return;
	}
	if (is_plugin) {
		holds = condition_has_plugin(text);
	} else if (is_taken(parser)) {
		switch (condition_holds(text, &err)) {
		case RESULT_OK:
			holds = 1;
			break;
		case RESULT_NONE:
			break;
		default:
			skip(parser, "%s", err.text);
		}
	}
	parser->holds[parser->if_depth++] = holds;
}

/* 1 where the line was about conditions. */
static int parse_condition(struct parser *parser, const char *key, const char *rest)
{
	int is_else = strcmp(key, "else") == 0;

	if (strcmp(key, "if") == 0 || strcmp(key, "ifplugin") == 0) {
		open_if(parser, key[2] != '\0', rest);
		return 1;
	}
	if (!is_else && strcmp(key, "endif") != 0)
		return 0;
	if (!parser->if_depth)
		skip(parser, "%s without if", key);
	else if (is_else)
		parser->holds[parser->if_depth - 1] ^= 1;
	else
		parser->if_depth--;
	return 1;
}

/* Keys whose lines change nothing about what is found are known, and do nothing. */
static const struct {
	const char *key;
	void (*run)(struct parser *parser, char *rest);
} keys[] = {
        {"header", do_header},
        {"body", do_body},
        {"rawbody", do_rawbody},
        {"full", do_full},
        {"uri", do_uri},
        {"meta", do_meta},
        {"mimeheader", do_mimeheader},
        {"score", do_score},
        {"describe", do_describe},
        {"tflags", do_tflags},
        {"priority", do_priority},
        {"replace_tag", do_replace_tag},
        {"replace_pre", do_replace_pre},
        {"replace_inter", do_replace_inter},
        {"replace_post", do_replace_post},
        {"replace_rules", do_replace_rules},
        {"include", do_include},
        {"lang", do_lang},
        {"require_version", do_require_version},
        {"askdns", do_network_rule},
        {"urirhssub", do_network_rule},
        {"urirhsbl", do_network_rule},
        {"uridnsbl", do_network_rule},
        {"uridnssub", do_network_rule},
        {"urinsrhsbl", do_network_rule},
        {"urinsrhssub", do_network_rule},
        {"urifullnsrhsbl", do_network_rule},
        {"urifullnsrhssub", do_network_rule},
        {"report", do_nothing},
        {"clear_report_template", do_nothing},
        {"unsafe_report", do_nothing},
        {"clear_unsafe_report_template", do_nothing},
        {"report_contact", do_nothing},
        {"add_header", do_nothing},
        {"remove_header", do_nothing},
        {"clear_headers", do_nothing},
        {"reuse", do_nothing},
        {"test", do_nothing},
        {"bayes_ignore_header", do_nothing},
        {"dns_local_ports_avoid", do_nothing},
        {"dns_block_rule", do_nothing},
        {"uridnsbl_skip_domain", do_nothing},
        {"rule_version", do_nothing},
        {"url", do_nothing},
};

/* Lists of a plugin's settings go on for hundreds of lines: each is counted, the first is told. */
static void skip_unknown(struct parser *parser, const char *key)
{
	if (strncmp(parser->unknown, key, sizeof(parser->unknown) - 1) == 0) {
		parser->rules->skipped++;
		return;
	}
	snprintf(parser->unknown, sizeof(parser->unknown), "%s", key);
	skip(parser, "\"%.60s\" is not supported", key);
}

/* Keys are the same in any case, and with - for _. */
static void plain_key(char *key)
{
	text_lower(key);
	for (; *key; key++) {
		if (*key == '-')
			*key = '_';
	}
}

static void parse_line(struct parser *parser, char *line)
{
	char *rest = line, *key = next_word(&rest);

	plain_key(key);
	if (parse_condition(parser, key, rest) || !is_taken(parser))
		return;
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		if (strcmp(key, keys[i].key) == 0) {
			keys[i].run(parser, rest);
			return;
		}
	}
	skip_unknown(parser, key);
}

void rules_parse(struct rules *rules, const char *file, const char *folder, char *text, int depth)
{
	struct parser parser = {
	        .rules = rules, .file = file, .folder = folder, .include_depth = depth};
	char *line;

	while (!parser.stopped && (line = strsep(&text, "\n")) != NULL) {
		parser.line++;
		drop_comment(line);
		line = trim(line);
		if (*line)
			parse_line(&parser, line);
	}
	if (parser.if_depth)
		skip(&parser, "an if is left open");
}
