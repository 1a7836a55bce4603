/*
 * The rules of attachments.exceptions and attachments.rules against a content. Pure, but for the
 * compiled patterns.
 */
#ifndef WORKERS_QSCAN_ATTACHMENT_RULES_H
#define WORKERS_QSCAN_ATTACHMENT_RULES_H

#include "lib/config/config.h"
#include "workers/qscan/scan.h"

struct attachment_rules;

/* Lends the configuration. RESULT_PERMANENT: a regular expression is none. Gives *out. */
enum result attachment_rules_new(
        const struct config_attachments *config, struct attachment_rules **out, struct err *err);
void attachment_rules_free(struct attachment_rules **rules);
size_t attachment_rules_count(const struct attachment_rules *rules); /* exceptions are among them */

/* A content as rules look at it. */
struct attachment {
	struct content *content;
	char **normalised; /* each of its names, as it would be opened */
	enum config_direction direction;
	const char *sender; /* the reverse-path, lent; NULL: not known, and no rule's */
};

void attachment_init(
        struct attachment *attachment, struct content *content, enum config_direction direction);
void attachment_fini(struct attachment *attachment);

/* What matched. The texts are lent, from the configuration or what was asked about. */
struct attachment_match {
	const struct config_attachment_rule *rule;
	const char *what; /* "name", "type", "true type", "trait" or "size of" */
	const char *text; /* what matched, of these */
	size_t next;      /* where to go on, for recipients whom this rule is not for */
};

/* The first rule at or behind `from` that matches, whomever it is for. RESULT_OK: it does.
 * RESULT_NONE: none does. RESULT_TEMPORARY: a regular expression took too long, and it isn't known.
 */
enum result attachment_rules_match(const struct attachment_rules *rules, size_t from,
        const struct attachment *attachment, struct attachment_match *match);

/* The traits that the rule asks for: a bit set (1 << enum trait). */
unsigned attachment_rule_traits(const struct config_attachment_rule *rule);

int attachment_rule_is_for(const struct config_attachment_rule *rule, const char *recipient);

#endif
