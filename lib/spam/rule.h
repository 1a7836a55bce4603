/*
 * What rules.h hides: a rule, and the set of them. For the files of this folder only.
 */
#ifndef LIB_SPAM_RULE_H
#define LIB_SPAM_RULE_H

#include <stddef.h>

#include "lib/base/buf.h"
#include "lib/hyper/hyper.h"
#include "lib/match/match.h"
#include "lib/spam/details.h"
#include "lib/spam/functions.h"
#include "lib/spam/lists.h"
#include "lib/spam/meta.h"
#include "lib/spam/rules.h"

enum rule_kind {
	RULE_UNDEFINED, /* a name that is only spoken of: counts 0 */
	RULE_NOT_RUN,   /* defined, but not run, and `why`: counts 0, too */
	RULE_HEADER,
	RULE_MIMEHEADER,
	RULE_BODY,
	RULE_RAWBODY,
	RULE_URI,
	RULE_URI_DETAIL,
	RULE_FULL,
	RULE_EVAL,
	RULE_META,
	RULE_KINDS
};

/* Why a rule that is defined is not run. */
enum rule_why {
	WHY_RUN, /* it is */
	WHY_NOT_UNDERSTOOD,
	WHY_NETWORK,  /* it asks the network */
	WHY_MODEL,    /* it asks the model, and rules don't */
	WHY_LEARNING, /* it is for score sets beside a model, and another is used */
	WHY_POINTS,   /* it has 0 points in the score set that is used */
	WHY_NEEDS,    /* it names a meta that is never worked out, because that has 0 points */
	WHY_CIRCLE,   /* it names itself, through others or not */
	RULE_WHYS
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

/* Case counts, because "ALL" isn't a field that is called "All". */
int rule_same_text(const struct header_key *a, const struct header_key *b);

enum { RULE_NAME_MOST = 100, SCORE_SETS = 4 };

/* One condition of a uri_detail rule. */
struct rule_detail {
	enum details_key key;
	int negated;
	char *pattern;
	unsigned flags;
	struct match *match;
};

struct rule {
	char *name;
	size_t number;  /* its place in the set */
	char *describe; /* "" if none */
	enum rule_kind kind;
	enum rule_why why;
	enum rule_kind was; /* of one that is not run: what it would be */
	const char *file;   /* owned by the set */
	unsigned line;
	char *text;    /* the line that defines it, NULL while it is undefined */
	char *pattern; /* NULL: `exists:` or not a pattern rule */
	unsigned flags;
	struct match *match; /* NULL: no pattern, or one that is made for each message */
	int captures;        /* what its named groups match is what %{NAME} stands for in others */
	int is_template;     /* its pattern has %{NAME} in it */
	struct header_key header;
	int negated;     /* !~ */
	char *if_unset;  /* NULL if not given */
	int needs_field; /* of a header rule: it can't hit where there is no such field */
	const struct functions_entry *function; /* of an eval: rule; owned by nobody */
	char **arguments;
	size_t argument_count;
	struct rule_detail *details; /* of a uri_detail rule: all of them hold of one address */
	size_t detail_count;
	char *expression; /* of a meta with rules_matching() in it, until all names are known */
	int may_wait; /* it adds nothing itself, so it is asked only where a meta wants to know */
	double cost;  /* of asking it then, beside that of others */
	struct meta *meta;
	/* Which metas may be true where it hits, by their places in the list of metas; since
	 * rules_compile(). */
	size_t *guarded, guarded_count;
	double given[SCORE_SETS];
	int has_score; /* `given` was given */
	double score;  /* of one hit, in the score set that is used */
	int replace;   /* named by replace_rules */
	int nice, net, learn, multiple, no_subject;
	unsigned long max_hits; /* of a multiple rule; 0: no end */
	/* Of a mimeheader rule: which parts, from 1, the message's own header; 0: no such end. And
	 * whether their fields are one text. */
	unsigned long first_part, last_part;
	int concat;
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

/* Header rules for the same text: places in the list of their kind. First those stand that can hit
 * where there is no such field. */
struct rule_text {
	size_t first, needing, end; /* from `needing` on there must be one */
	int captures;               /* one of them does */
};

struct rule_texts {
	struct rule_text *items;
	size_t count;
};

/* Rules of one kind that look at the same text, and stand side by side in the list of their kind.
 */
struct many_set {
	enum rule_kind kind;
	size_t first, count;
	struct hyper *hyper; /* finds which of them could match */
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
	struct lists *lists;
	struct lists
	        *without_meaning; /* keys of lines that change nothing here, as one list "key" */
	size_t meaningless;       /* lines with such a key */
	int score_set;
	enum rules_model model;
	int captures[RULE_KINDS]; /* does one of that kind? */
	unsigned char
	        *always_due;   /* of each meta, by its place: it is not false where nothing hits */
	struct many_set *many; /* rules that are in no set are asked one by one */
	size_t many_count;
	struct rule **named; /* all that are defined, by name; since rules_compile() */
	size_t named_count;
	struct rule_list
	        of[RULE_KINDS]; /* what is run; header rules ordered by text, metas by need */
	struct rule_texts header_texts, mime_header_texts;
};

/* The rule of that name, and its index in `all`; made, undefined, if it is new. */
struct rule *rules_name(struct rules *rules, const char *name);
size_t rules_number(void *rules, const char *name); /* a meta_name */
const struct rule_tag *rules_tag(
        const struct rules *rules, const char *name, size_t size, int kind);

/* Counts a line as passed over and says why. */
void rules_skip(struct rules *rules, const char *file, unsigned line, const char *format, ...)
        __attribute__((format(printf, 4, 5)));

/* The text of one more file of the set. Files that include each other over and over, larger ones
 * than anybody writes, and what is no regular file, are refused. */
enum result rules_read_file(
        const struct rules *rules, const char *path, struct buf *text, struct err *err);

/* Keeps the name of a file, which rules point to, as long as the set. */
const char *rules_keep_file(struct rules *rules, const char *name);

/* Takes away what a rule looks for, not what is said about it (score, describe, tflags). */
void rule_undefine(struct rule *rule);

/* The rule stays defined, but isn't run. */
void rule_put_aside(struct rule *rule, enum rule_why why);

/* What is known of it is not of use: a line is counted and told, and the rule put aside. */
void rules_give_up(struct rules *rules, struct rule *rule, const char *why);

/* Names that begin with two underscores are run for metas, and add nothing themselves. */
int rule_is_hidden(const struct rule *rule);

/*
 * Parses a meta's expression; the names in it get numbers in `all`. Gives *out. rules_matching()
 * stands for the sum of all rules that are known and match, but for `self`, and for 0 where that is
 * NULL; *has_globs (may be NULL) tells whether there is one.
 */
enum result rules_read_meta(struct rules *rules, const char *text, const struct rule *self,
        struct meta **out, int *has_globs, struct err *err);

/* Reads one file's text, which it cuts, into the set (parse.c). `folder` is where an `include` is
 * looked for, or NULL to refuse it; `depth` counts includes. */
void rules_parse(
        struct rules *rules, const char *file, const char *folder, struct buf *text, int depth);

#endif
