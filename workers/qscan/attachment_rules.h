/*
 * The rules of attachments.rules against something that has names and types. Pure.
 */
#ifndef WORKERS_QSCAN_ATTACHMENT_RULES_H
#define WORKERS_QSCAN_ATTACHMENT_RULES_H

#include "lib/config/config.h"
#include "workers/qscan/extract.h"

/* What matched. The texts are lent, from the configuration or what was asked about. */
struct attachment_match {
	const struct config_attachment_rule *rule;
	const char *what; /* "name", "type" or "true type" */
	const char *text; /* the name or type that matched */
};

/* The first rule that matches decides. True if one does. `true_type` is "" where it isn't known. */
int attachment_rules_match(const struct config_attachments *config,
        const struct extracted *extracted, const char *true_type, struct attachment_match *match);

/* The rule for programs: the first one that a program named "x.exe" falls under; NULL if none. */
const struct config_attachment_rule *attachment_rules_for_programs(
        const struct config_attachments *config, int level);

/* True where a name claims to be a document, a picture or the like, which nobody expects to run. */
int attachment_name_is_harmless(const char *name);

#endif
