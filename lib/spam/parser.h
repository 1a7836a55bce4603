/*
 * The reader of rule files while it is at a line: what parse.c, parse_rule.c, parse_about.c and
 * settings.c share. For this folder only.
 */
#ifndef LIB_SPAM_PARSER_H
#define LIB_SPAM_PARSER_H

#include "lib/spam/rule.h"

enum { IF_DEPTH_MOST = 64 };

struct parser {
	struct rules *rules;
	const char *file;
	const char *folder;
	const char *text; /* the whole line, without its comment */
	unsigned line;
	int include_depth;
	int stopped;              /* by require_version */
	int holds[IF_DEPTH_MOST]; /* of each open `if`: is its branch taken? */
	int if_depth;
	char unknown[61]; /* the key that was last not known */
	size_t binary;    /* lines that were no text */
};

/* What stands behind a key. The function may cut it. */
typedef void parser_run(struct parser *parser, char *rest);

/* Counts the line as passed over and says why. */
void parser_skip(struct parser *parser, const char *format, ...)
        __attribute__((format(printf, 2, 3)));

/* Cuts the first word off *rest and gives it; "" when there is none. */
char *parser_word(char **rest);

/* Cuts blanks off both ends. */
char *parser_trim(char *text);

/* Takes the rule's name off *rest; NULL, and the line is reported, where there is none. */
struct rule *parser_rule(struct parser *parser, char **rest);
int parser_is_rule_name(const char *name);

/* Lines that define a rule (parse_rule.c). */
parser_run parser_header, parser_mimeheader, parser_body, parser_rawbody, parser_uri, parser_full,
        parser_meta, parser_network_rule, parser_uri_detail;

/* Lines that say something about one (parse_about.c). */
parser_run parser_score, parser_describe, parser_tflags, parser_priority, parser_replace_tag,
        parser_replace_pre, parser_replace_inter, parser_replace_post, parser_replace_rules;

/* Everything that is no rule (settings.c). 0: the key is not known. */
int parser_setting(struct parser *parser, const char *key, char *rest);

#endif
