/* Lines that say something about a rule that other lines define, and tags. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/text.h"
#include "lib/spam/parser.h"

/* ------------------------------------------------------------ what is said about rules */

/* A number, or "(number)", which is added to what was there. 0 if it is neither. */
static int read_score(const char *word, double *number, int *is_relative)
{
	char *end;

	*is_relative = *word == '(';
	*number = strtod(word + *is_relative, &end);
	if (end == word + *is_relative || (*is_relative ? strcmp(end, ")") != 0 : *end != '\0'))
		return 0;
	return *number > -100000 && *number < 100000;
}

/* One number is for all four score sets. */
static void set_scores(
        struct parser *parser, struct rule *rule, const double *given, size_t count, int relative)
{
	if (relative && !rule->has_score) {
		parser_skip(parser, "score %s: there is no score yet that this could be added to",
		        rule->name);
		return;
	}
	for (size_t i = 0; i < SCORE_SETS; i++)
		rule->given[i] = (relative ? rule->given[i] : 0) + given[count == 1 ? 0 : i];
	rule->has_score = 1;
}

void parser_score(struct parser *parser, char *rest)
{
	struct rule *rule = parser_rule(parser, &rest);
	int is_relative, relative = 0;
	double given[SCORE_SETS];
	size_t count = 0;

	if (!rule)
		return;
	while (*rest && count < SCORE_SETS) {
		if (!read_score(parser_word(&rest), &given[count], &is_relative))
			break;
		relative |= is_relative;
		count++;
	}
	if (*rest || (count != 1 && count != SCORE_SETS))
		parser_skip(parser, "score %s: one or four numbers were expected", rule->name);
	else
		set_scores(parser, rule, given, count, relative);
}

void parser_describe(struct parser *parser, char *rest)
{
	struct rule *rule = parser_rule(parser, &rest);

	if (!rule)
		return;
	free(rule->describe);
	rule->describe = alloc_string(rest);
}

/* "2", "2-", "-3" or "2-3"; 0 where it is neither. */
static int read_parts(const char *text, struct rule *rule)
{
	uint64_t first = 0, last = 0;
	size_t size = strcspn(text, "-");
	int has_end = text[size] == '-';
	char *start = alloc_bytes(text, size);
	int good = (!size && has_end) || text_number(start, 1000, &first);

	free(start);
	if (has_end && text[size + 1])
		good &= text_number(text + size + 1, 1000, &last);
	rule->first_part = first;
	rule->last_part = has_end ? last : first;
	return good && (first || last);
}

static void set_flag(struct parser *parser, struct rule *rule, const char *word)
{
	static const char *const others[] = {"userconf", "nolog", "notrim", "noautolearn",
	        "publish", "autolearn_force", "autolearn_body", "autolearn_header", "noawl",
	        "domains_only", "ips_only", "ns", "a"};
	uint64_t number;

	if (strcmp(word, "multiple") == 0)
		rule->multiple = 1;
	else if (strcmp(word, "nice") == 0)
		rule->nice = 1;
	else if (strcmp(word, "net") == 0)
		rule->net = 1;
	else if (strcmp(word, "learn") == 0)
		rule->learn = 1;
	else if (strcmp(word, "nosubject") == 0)
		rule->no_subject = 1;
	else if (strcmp(word, "concat") == 0)
		rule->concat = 1;
	else if (strncmp(word, "range=", 6) == 0 && read_parts(word + 6, rule))
		return;
	else if (strncmp(word, "maxhits=", 8) == 0 && text_number(word + 8, 1000000, &number))
		rule->max_hits = number;
	else {
		for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
			if (strcmp(word, others[i]) == 0)
				return;
		}
		parser_skip(parser, "tflags %s: \"%.60s\" is not known", rule->name, word);
	}
}

void parser_tflags(struct parser *parser, char *rest)
{
	struct rule *rule = parser_rule(parser, &rest);

	if (!rule)
		return;
	rule->nice = rule->net = rule->learn = rule->multiple = rule->no_subject = 0;
	rule->max_hits = rule->first_part = rule->last_part = 0;
	rule->concat = 0;
	while (*rest)
		set_flag(parser, rule, parser_word(&rest));
}

void parser_priority(struct parser *parser, char *rest)
{
	struct rule *rule = parser_rule(parser, &rest);
	char *end;
	long number;

	if (!rule)
		return;
	number = strtol(rest, &end, 10);
	if (end == rest || *end || number < -100000 || number > 100000)
		parser_skip(parser, "priority %s: a number was expected", rule->name);
	else
		rule->priority = (int)number;
}

/* ------------------------------------------------------------ tags */

static void add_tag(struct parser *parser, int kind, char *rest)
{
	struct rules *rules = parser->rules;
	char *name = parser_word(&rest);

	if (!parser_is_rule_name(name)) {
		parser_skip(parser, "not a tag's name: \"%.60s\"", name);
		return;
	}
	rules->tags = alloc_grow(rules->tags, rules->tag_count + 1, sizeof(*rules->tags));
	rules->tags[rules->tag_count].kind = kind;
	rules->tags[rules->tag_count].name = alloc_string(name);
	rules->tags[rules->tag_count++].value = alloc_string(rest);
}

void parser_replace_tag(struct parser *parser, char *rest)
{
	add_tag(parser, TAG_REPLACE, rest);
}

void parser_replace_pre(struct parser *parser, char *rest)
{
	add_tag(parser, TAG_PRE, rest);
}

void parser_replace_inter(struct parser *parser, char *rest)
{
	add_tag(parser, TAG_INTER, rest);
}

void parser_replace_post(struct parser *parser, char *rest)
{
	add_tag(parser, TAG_POST, rest);
}

void parser_replace_rules(struct parser *parser, char *rest)
{
	struct rule *rule;

	while (*rest) {
		rule = parser_rule(parser, &rest);
		if (rule)
			rule->replace = 1;
	}
}
