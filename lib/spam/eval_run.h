/*
 * One run of a set of rules over a message: what the files eval*.c share. For this folder only.
 *
 * Half of all rules add nothing themselves and are there for metas. These are put off: their answer
 * is not known, as that of one which gave up, and they are asked when a meta that counts can't be
 * worked out without them.
 */
#ifndef LIB_SPAM_EVAL_RUN_H
#define LIB_SPAM_EVAL_RUN_H

#include "lib/spam/eval.h"
#include "lib/spam/rule.h"

/* What is known of one rule in this message. */
struct answer {
	unsigned long hits;
	double value;   /* what metas see */
	int is_unknown; /* it is between value and most */
	double most;
	char *excerpt;       /* NULL of a rule that isn't told */
	struct match *match; /* of a pattern with %{NAME} in it */
	int has_match;       /* it was tried to make that one */
	int is_touched;      /* the rule is in run->touched */
	int is_put_off;      /* it has not been asked yet, so it is unknown */
	/* If it hits, then in one of these: its chain in run->later, by index + 1; 0: in any piece.
	 */
	size_t first_piece, last_piece;
};

/* A piece that a rule could match, and the rule's next one, by index + 1; 0 ends it. */
struct later {
	size_t piece, next;
};

/* A text that a named group matched. */
struct captured {
	char *name, *value;
};

enum { CAPTURED_MOST = 100, CAPTURED_MOST_BYTES = 1000 };

struct run {
	const struct rules *rules;
	const struct eval_input *input;
	struct eval *eval;
	struct answer *answers;      /* one for each rule, by its place in rules->all */
	const struct rule **touched; /* those whose answer is not that they didn't hit */
	size_t touched_count;
	unsigned char *is_due; /* of each meta, by its place in the list: it may be true */
	struct later *later;
	size_t later_count;
	const struct texts *texts;
	struct functions_view view;
	struct captured captured[CAPTURED_MOST];
	size_t captured_count;
	int is_first; /* now it is the turn of rules that capture, else of the others */
};

/* For who only reads, and for who is going to write. */
struct answer *run_answer(struct run *run, const struct rule *rule);
struct answer *run_touch(struct run *run, const struct rule *rule);
int run_is_late(struct run *run);

/* The rule's pattern met a limit: there is no answer. */
void run_give_up(struct run *run, const struct rule *rule);

/* There was no time to ask. */
void run_set_unknown(struct run *run, const struct rule *rule);

void run_note_hit(struct run *run, const struct rule *rule, const char *bytes, size_t size);

/* All rules with patterns that have their turn now (eval_match.c). */
void run_patterns(struct run *run, const struct texts *texts);

/* One that was put off, over its pieces. */
void run_pattern_now(struct run *run, const struct rule *rule);

void run_function(struct run *run, const struct rule *rule);

/* All metas that count, and what they need of what was put off (eval_metas.c). */
void run_metas(struct run *run);

/* May it wait in this run? Then it is put off: as a whole, or where it can only match in some
 * pieces of its text, piece by piece. */
int run_may_wait(const struct run *run, const struct rule *rule);
void run_put_off(struct run *run, const struct rule *rule);
void run_put_off_piece(struct run *run, const struct rule *rule, size_t piece);

/* All uri_detail rules (eval_details.c). */
void run_details(struct run *run, const struct details *details);

/* The rule's pattern in this message; NULL where it has %{NAME} for which nothing was captured
 * (eval_names.c). */
const struct match *run_pattern(struct run *run, const struct rule *rule);

/* Keeps what a named group matched; a match_group. */
void run_capture(void *run, const char *name, const char *bytes, size_t size);

void run_forget_names(struct run *run);

#endif
