/*
 * What rules.h hides: a rule, and the set of them. For the files of this folder only.
 */
#ifndef LIB_SPAM_RULE_H
#define LIB_SPAM_RULE_H

#include <stddef.h>

#include "lib/match/match.h"
#include "lib/spam/meta.h"
#include "lib/spam/rules.h"

enum rule_kind {
	RULE_UNDEFINED, /* a name that is only spoken of: counts 0 */
	RULE_UNKNOWN,   /* defined, but can't be run here: counts "not known" */
	RULE_HEADER,
	RULE_MIMEHEADER,
	RULE_BODY,
	RULE_RAWBODY,
	RULE_URI,
	RULE_FULL,
	RULE_META,
	RULE_KINDS
};

enum header_form {
	FORM_VALUE,
	FORM_RAW,
	FORM_ADDR,
	FORM_NAME,
	FORM_HOST,   /* the host names in it: what stands behind @ in an address, or in a link */
	FORM_DOMAIN, /* of each of these what was registered */
	FORM_IP,     /* the IP addresses in it */
	FORM_REVIP,  /* these, backwards, as lists in the DNS want them */
};
enum header_pick { PICK_ALL, PICK_FIRST, PICK_LAST };

/*
 * Which text of a message a header rule looks at. Names that are no field's are made up: ALL (and
 * its cuts ALL-TRUSTED, ALL-UNTRUSTED, ALL-INTERNAL, ALL-EXTERNAL), MESSAGEID, ToCc, EnvelopeFrom,
 * X-Spam-Relays-Trusted and its like.
 */
struct header_key {
	char *name;
	enum header_form form;
	enum header_pick pick;
	int is_raw; /* FORM_RAW, or one of the others made of what was not decoded */
};

enum { RULE_NAME_MOST = 100 };

struct rule {
	char *name;
	size_t number;  /* its place in the set */
	char *describe; /* "" if none */
	enum rule_kind kind;
	const char *file; /* owned by the set */
	unsigned line;
	char *pattern; /* NULL: `exists:` or not a pattern rule */
	unsigned flags;
	struct match *match;
	struct header_key header;
	int negated;    /* !~ */
	char *if_unset; /* NULL if not given */
	struct meta *meta;
	double given[4];
	size_t given_count;
	double score; /* of one hit */
	int replace;  /* named by replace_rules */
	int nice, net, multiple, no_subject;
	unsigned long max_hits; /* of a multiple rule; 0: no end */
	int priority;
	int visit; /* while metas are put in order */
};

struct rule_tag {
	char *name;
	char *value;
	enum { TAG_REPLACE, TAG_PRE, TAG_INTER, TAG_POST } kind;
};

struct rule_list {
	struct rule **items;
	size_t count;
};

struct rules {
	rules_warn *warn;
	void *context;
	struct rule **all;
	size_t count, room;
	size_t *slots; /* open addressing: index + 1 into `all` */
	size_t slot_count;
	struct rule_tag *tags;
	size_t tag_count;
	char **files;
	size_t file_count;
	size_t skipped;
	struct rule_list
	        of[RULE_KINDS]; /* what is run; header rules ordered by key, metas by need */
};

/* The rule of that name; made, undefined, if it is new. */
struct rule *rules_name(struct rules *rules, const char *name);
const struct rule_tag *rules_tag(
        const struct rules *rules, const char *name, size_t size, int kind);

/* Counts a line as passed over and says why. */
void rules_skip(struct rules *rules, const char *file, unsigned line, const char *format, ...)
        __attribute__((format(printf, 4, 5)));

/* Keeps the name of a file, which rules point to, as long as the set. */
const char *rules_keep_file(struct rules *rules, const char *name);

/* Takes away what a rule looks for, not what is said about it (score, describe, tflags). */
void rule_undefine(struct rule *rule);

/* Names that begin with two underscores are run for metas, and add nothing themselves. */
int rule_is_hidden(const struct rule *rule);

/* Parses a meta's expression; the names in it get numbers in `all`. Gives *out. */
enum result rules_read_meta(
        struct rules *rules, const char *text, struct meta **out, struct err *err);

/* Reads one file's text into the set (parse.c). `folder` is where an `include` is looked for, or
 * NULL to refuse it; `depth` counts includes. */
void rules_parse(struct rules *rules, const char *file, const char *folder, char *text, int depth);

#endif
