#include "qctl/fresh.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "qctl/columns.h"
#include "qctl/compare.h"
#include "qctl/look.h"

enum { TURN_MS = 200, UNSCANNED_TOLD = 5 };

struct fresh {
	struct qctl *qctl;
	struct judge *judge;
	char *engine; /* of the scanners that answered first; NULL: nobody has yet */
	int64_t wait_ms;
};

const char *fresh_word(enum fresh_answer answer)
{
	static const char *const words[] = {"clean", "unscanned", "unknown", "virus"};

	return words[answer];
}

void fresh_look_fini(struct fresh_look *look)
{
	buf_fini(&look->text);
}

/* ---------------------------------------------------------------- what a verdict says */

/* The worst of several is told. */
static int takes_over(struct fresh_look *look, enum fresh_answer answer)
{
	if (answer < look->answer)
		return 0;
	if (answer > look->answer)
		buf_clear(&look->text);
	look->answer = answer;
	return 1;
}

static void add_words(struct fresh_look *look, const char *words)
{
	if (look->text.size)
		buf_add_string(&look->text, "; ");
	columns_safe(&look->text, words, 0);
}

static int add_viruses(struct fresh_look *look, const Lz__Verdict *verdict)
{
	struct found found = {0};
	struct buf text = {0};
	int is_virus;

	found_in_verdict(&found, verdict);
	is_virus = found.virus_count || !strcmp(found.reason, "virus");
	if (is_virus && takes_over(look, FRESH_VIRUS)) {
		if (look->text.size)
			buf_add_string(&look->text, "; ");
		found_tell(&found, &text);
		buf_add(&look->text, text.data, text.size);
	}
	buf_fini(&text);
	found_fini(&found);
	return is_virus;
}

/* A text too long to be weighed as spam does no harm; what killed who weighed it can. */
static int counts(const Lz__Check *check)
{
	if (check->answer != LZ__ANSWER__UNSCANNED)
		return 0;
	return strcmp(check->name, "spam") != 0 || !strcmp(check->why, "crash") ||
	       !strcmp(check->why, "memory");
}

static void add_unscanned(struct fresh_look *look, const Lz__Verdict *verdict)
{
	size_t at, told = 0;
	char *words;

	for (at = 0; at < verdict->n_checks; at++) {
		const Lz__Check *check = verdict->checks[at];

		if (!counts(check) || !takes_over(look, FRESH_UNSCANNED) ||
		        told++ == UNSCANNED_TOLD)
			continue;
		words = alloc_format("%s%s%s (%s)", check->name, *check->where ? " in " : "",
		        check->where, check->why);
		add_words(look, words);
		free(words);
	}
}

/* Where there are signatures, somebody must have looked with them. */
static void add_not_looked_for(struct fresh_look *look, const Lz__Verdict *verdict)
{
	size_t at;

	if (!*verdict->engine)
		return;
	for (at = 0; at < verdict->n_checks; at++)
		if (!strcmp(verdict->checks[at]->name, "virus") &&
		        verdict->checks[at]->answer != LZ__ANSWER__SKIPPED)
			return;
	if (takes_over(look, FRESH_UNSCANNED))
		add_words(look, "not looked at for viruses");
}

void fresh_add(struct fresh_look *look, const Lz__Verdict *verdict)
{
	if (add_viruses(look, verdict))
		return;
	add_unscanned(look, verdict);
	add_not_looked_for(look, verdict);
	if (look->answer == FRESH_CLEAN && !look->text.size && !*verdict->engine)
		add_words(look, "no scanner looks for viruses here");
}

/* ---------------------------------------------------------------- asking */

struct fresh *fresh_new(struct qctl *qctl, int64_t wait_ms)
{
	struct fresh *fresh = alloc_zero(1, sizeof(*fresh));

	fresh->qctl = qctl;
	fresh->wait_ms = wait_ms;
	return fresh;
}

void fresh_free(struct fresh **fresh)
{
	if (!*fresh)
		return;
	judge_close(&(*fresh)->judge);
	free((*fresh)->engine);
	free(*fresh);
	*fresh = NULL;
}

/* A few words first: whoever answers them will answer for the rest. */
static enum result begin(struct fresh *fresh, struct err *err)
{
	struct wire *wire;
	enum result result = RESULT_OK;

	if (!fresh->judge) {
		result = qctl_wire(fresh->qctl, &wire, err);
		if (!result)
			result = judge_open(
			        wire, &qctl_config(fresh->qctl)->front, &fresh->judge, err);
	}
	if (!result && !fresh->engine)
		result =
		        look_engine(fresh->qctl, fresh->judge, fresh->wait_ms, &fresh->engine, err);
	return result;
}

static void take(struct fresh_look *look, struct judgement *judgement)
{
	if (judgement->result == RESULT_OK) {
		fresh_add(look, judgement->verdict);
		message_free(&judgement->verdict->base);
	} else if (judgement->result == RESULT_PERMANENT) {
		if (takes_over(look, FRESH_UNSCANNED))
			add_words(look, judgement->err.text);
	} else if (takes_over(look, FRESH_UNKNOWN)) {
		add_words(look, judgement->err.text);
	}
}

static void wait_for_all(struct fresh *fresh, size_t questions, struct fresh_look *look)
{
	struct judgement judgement;

	while (questions) {
		if (judge_wait(fresh->judge, TURN_MS, &judgement) != RESULT_OK)
			continue;
		take(look, &judgement);
		questions--;
	}
}

enum result fresh_ask(struct fresh *fresh, const Lz__Item *item, uint32_t part,
        struct fresh_look *look, struct err *err)
{
	size_t questions = 0;
	struct err why;
	enum result result;

	*look = (struct fresh_look){0};
	if (begin(fresh, &why)) {
		look->answer = FRESH_UNKNOWN;
		add_words(look, why.text);
		return RESULT_OK;
	}
	if (part) {
		result = look_ask(fresh->qctl, fresh->judge, item, part, NULL, err);
		questions = !result;
	} else {
		result = look_ask_all(fresh->qctl, fresh->judge, item, NULL, &questions, err);
	}
	wait_for_all(fresh, questions, look);
	if (look->answer == FRESH_UNKNOWN) {
		free(fresh->engine); /* whoever answered before is asked for anew */
		fresh->engine = NULL;
	}
	if (result)
		fresh_look_fini(look);
	return result;
}
