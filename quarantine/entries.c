#include "quarantine/entries.h"

#include <string.h>

#include "quarantine/key.h"
#include "quarantine/states.h"
#include "quarantine/words.h"

/* A walk over the entries of an item. */
struct walk {
	const Lz__Item *item;
	entry_visit *visit;
	void *context;
	struct err *err;
	enum result result;
};

static struct backend_key entry_of(
        const Lz__Item *item, enum backend_table table, const struct backend_key *prefix)
{
	struct backend_key spanned;

	if (table != TABLE_BY_TERM)
		return key_entry(prefix, item->stored_ms, item->id);
	spanned = key_in_span(key_span_of(item->stored_ms), prefix);
	return key_entry(&spanned, item->stored_ms, item->id);
}

static void visit(struct walk *walk, enum backend_table table, const struct backend_key *prefix)
{
	struct backend_key key = entry_of(walk->item, table, prefix);

	if (walk->result == RESULT_OK)
		walk->result = walk->visit(walk->context, table, &key, walk->err);
}

static void visit_text(struct walk *walk, enum backend_table table, const char *text)
{
	struct backend_key prefix = key_indexed_prefix(text);

	visit(walk, table, &prefix);
}

static void visit_term(struct walk *walk, enum term kind, const char *term)
{
	struct backend_key prefix = key_term_prefix((char)kind, term);

	visit(walk, TABLE_BY_TERM, &prefix);
}

/* ---- domains ---- */

/* From where on a domain has so many labels; NULL: it has fewer. */
static const char *from_label(const char *domain, int labels)
{
	const char *at = domain + strlen(domain);

	while (at > domain && labels) {
		at--;
		if (*at == '.' && !--labels)
			return at + 1;
	}
	return labels == 1 && at == domain ? domain : NULL;
}

const char *entry_domain(const char *domain)
{
	const char *end = from_label(domain, ENTRIES_LABELS);

	return end ? end : domain;
}

static void visit_domain(struct walk *walk, enum term kind, const char *address)
{
	const char *at = strrchr(address, '@'), *end;
	int labels;

	if (!at)
		return;
	if (!from_label(at + 1, 2))
		visit_term(walk, kind, at + 1);
	for (labels = 2; labels <= ENTRIES_LABELS; labels++) {
		end = from_label(at + 1, labels);
		if (!end)
			return;
		visit_term(walk, kind, end);
	}
}

/* Many recipients are of the domain of the one before. */
static int is_of_same_domain(const Lz__Item *item, size_t at)
{
	const char *here, *before;

	if (!at)
		return 0;
	here = strrchr(item->recipients[at]->address, '@');
	before = strrchr(item->recipients[at - 1]->address, '@');
	return here && before && !strcmp(here, before);
}

static void visit_domains(struct walk *walk)
{
	size_t at;

	visit_domain(walk, TERM_SENDER, walk->item->reverse_path);
	for (at = 0; at < walk->item->n_recipients; at++)
		if (!is_of_same_domain(walk->item, at))
			visit_domain(walk, TERM_RECIPIENT, walk->item->recipients[at]->address);
}

/* ---- words and names ---- */

static int visit_words(struct walk *walk, enum term kind, const char *text, int most)
{
	struct words words = words_of(text);
	char word[WORD_ROOM];
	int count;

	for (count = 0; count < most && words_next(&words, word); count++)
		visit_term(walk, kind, word);
	return count;
}

static void visit_parts(struct walk *walk)
{
	int words = ENTRIES_FILE_WORDS;
	size_t at;

	for (at = 0; at < walk->item->n_parts; at++) {
		const Lz__Part *part = walk->item->parts[at];

		words -= visit_words(walk, TERM_FILE, part->name,
		        words < ENTRIES_NAME_WORDS ? words : ENTRIES_NAME_WORDS);
		if (at < ENTRIES_HASHES && *part->sha256)
			visit_term(walk, TERM_HASH, part->sha256);
	}
}

const char *entry_virus(const Lz__Symbol *symbol)
{
	static const char prefix[] = "VIRUS_";

	if (strncmp(symbol->name, prefix, sizeof(prefix) - 1) != 0)
		return NULL;
	return symbol->name + sizeof(prefix) - 1;
}

static void visit_viruses(struct walk *walk)
{
	const char *virus;
	size_t at;
	int count = 0;

	for (at = 0; at < walk->item->n_symbols && count < ENTRIES_VIRUSES; at++) {
		virus = entry_virus(walk->item->symbols[at]);
		if (!virus)
			continue;
		visit_term(walk, TERM_VIRUS, virus);
		count++;
	}
}

/* ---- all of them ---- */

static struct backend_key state_prefix(const Lz__Item *item)
{
	int state = ITEM_PENDING + (int)item->state;

	return key_term_prefix(
	        TERM_STATE, state > 0 && state < ITEM_STATES ? item_machine.states[state] : "");
}

struct backend_key entry_of_state(const Lz__Item *item)
{
	struct backend_key prefix = state_prefix(item);

	return entry_of(item, TABLE_BY_TERM, &prefix);
}

const char entry_requested[] = "requested";

struct backend_key entry_of_request(const Lz__Item *item)
{
	struct backend_key prefix = key_term_prefix(TERM_STATE, entry_requested);

	return entry_of(item, TABLE_BY_TERM, &prefix);
}

static void walk_terms(struct walk *walk)
{
	struct backend_key state = state_prefix(walk->item);

	visit(walk, TABLE_BY_TERM, &state);
	if (walk->item->hold_ms)
		visit_term(walk, TERM_HOLD, "hold");
	if (walk->item->n_requested_by)
		visit_term(walk, TERM_STATE, entry_requested);
	visit_domains(walk);
	visit_words(walk, TERM_SUBJECT, walk->item->subject, ENTRIES_SUBJECT_WORDS);
	visit_parts(walk);
	visit_viruses(walk);
}

enum result entries_each_term(
        const Lz__Item *item, entry_visit *visitor, void *context, struct err *err)
{
	struct walk walk = {item, visitor, context, err, RESULT_OK};

	walk_terms(&walk);
	return walk.result;
}

enum result entries_each(const Lz__Item *item, entry_visit *visitor, void *context, struct err *err)
{
	struct walk walk = {item, visitor, context, err, RESULT_OK};
	struct backend_key all = {0};
	size_t at;

	visit(&walk, TABLE_BY_TIME, &all);
	visit_text(&walk, TABLE_BY_SENDER, item->reverse_path);
	visit_text(&walk, TABLE_BY_REASON, item->reason);
	for (at = 0; at < item->n_recipients; at++)
		visit_text(&walk, TABLE_BY_RECIPIENT, item->recipients[at]->address);
	walk_terms(&walk);
	return walk.result;
}

/* ---- looking for one ---- */

struct wanted {
	enum backend_table table;
	struct backend_key start;
};

static enum result compare(
        void *context, enum backend_table table, const struct backend_key *key, struct err *err)
{
	const struct wanted *wanted = context;

	return table == wanted->table && key_starts(key, &wanted->start) ? RESULT_NONE : RESULT_OK;
}

int entries_have(const Lz__Item *item, enum backend_table table, const struct backend_key *start)
{
	struct wanted wanted = {table, *start};

	return entries_each(item, compare, &wanted, NULL) == RESULT_NONE;
}

int entries_have_term(const Lz__Item *item, const struct backend_key *prefix)
{
	struct backend_key start = key_in_span(key_span_of(item->stored_ms), prefix);

	return entries_have(item, TABLE_BY_TERM, &start);
}
