#include "quarantine/query.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/text.h"
#include "quarantine/entries.h"
#include "quarantine/key.h"
#include "quarantine/states.h"
#include "quarantine/words.h"

/* ---- reading ---- */

static int is_glob(const char *text)
{
	return strpbrk(text, "*?[") != NULL;
}

static const char *bare(const char *address)
{
	return strcmp(address, "<>") ? address : "";
}

/* What is asked of an index that can't be walked becomes a test of the record. */
static struct source *add(struct query *query, enum backend_table table, int has_terms)
{
	struct source *source = table == TABLE_BY_TERM && !has_terms
	                                ? &query->tests[query->test_count++]
	                                : &query->sources[query->count++];

	*source = (struct source){.table = table};
	return source;
}

static void add_prefix(struct source *source, struct backend_key prefix)
{
	source->prefixes[source->count++] = prefix;
}

static void add_text(struct query *query, enum backend_table table, const char *text)
{
	add_prefix(add(query, table, 1), key_indexed_prefix(text));
}

static void add_term(struct query *query, int has_terms, enum term kind, const char *term)
{
	add_prefix(add(query, TABLE_BY_TERM, has_terms), key_term_prefix((char)kind, term));
}

static void add_address(struct query *query, int has_terms, const char *wanted,
        enum backend_table table, enum term kind)
{
	if (*wanted == '@' || *wanted == '.')
		add_term(query, has_terms, kind, entry_domain(wanted + 1));
	else if (*wanted && !is_glob(wanted))
		add_text(query, table, bare(wanted));
}

static const char *domain_of(const char *wanted)
{
	return wanted + (*wanted == '@' || *wanted == '.');
}

static void add_domain(struct query *query, int has_terms, const char *wanted)
{
	const char *end = entry_domain(domain_of(wanted));
	struct source *source = add(query, TABLE_BY_TERM, has_terms);

	add_prefix(source, key_term_prefix(TERM_SENDER, end));
	add_prefix(source, key_term_prefix(TERM_RECIPIENT, end));
}

static enum result add_words(struct query *query, int has_terms, enum term kind, const char *text,
        const char *what, struct err *err)
{
	struct words words = words_of(text);
	char word[WORD_ROOM];
	int count;

	for (count = 0; words_next(&words, word); count++) {
		if (count == QUERY_WORDS_MOST)
			return err_set(err, RESULT_PERMANENT, "%s: more than %d words", what,
			        QUERY_WORDS_MOST);
		add_term(query, has_terms, kind, word);
	}
	if (!count && *text)
		return err_set(err, RESULT_PERMANENT, "%s: no word in it", what);
	return RESULT_OK;
}

/* One of each state: what is asked for twice is in the list already. */
static void add_states(struct query *query, int has_terms)
{
	const Lz__List *request = query->request;
	struct source *source;
	int seen[ITEM_STATES] = {0}, state;
	size_t at;

	if (!request->n_states)
		return;
	source = add(query, TABLE_BY_TERM, has_terms);
	for (at = 0; at < request->n_states; at++) {
		state = ITEM_PENDING + (int)request->states[at];
		if (state <= ITEM_ABSENT || state >= ITEM_STATES || seen[state])
			continue;
		seen[state] = 1;
		add_prefix(source, key_term_prefix(TERM_STATE, item_machine.states[state]));
	}
}

_Static_assert(ITEM_STATES - 1 <= QUERY_PREFIXES_MOST, "every state has room");
_Static_assert(2 * QUERY_WORDS_MOST + 9 <= QUERY_SOURCES_MOST, "everything that may be asked has");

enum result query_read(struct query *query, const Lz__List *request, int has_terms, struct err *err)
{
	enum result result;

	*query = (struct query){.request = request};
	query->sources = alloc_zero(QUERY_SOURCES_MOST, sizeof(*query->sources));
	query->tests = alloc_zero(QUERY_SOURCES_MOST, sizeof(*query->tests));
	add_address(query, has_terms, request->recipient, TABLE_BY_RECIPIENT, TERM_RECIPIENT);
	add_address(query, has_terms, request->sender, TABLE_BY_SENDER, TERM_SENDER);
	if (*request->domain)
		add_domain(query, has_terms, request->domain);
	if (*request->reason)
		add_text(query, TABLE_BY_REASON, request->reason);
	if (*request->virus && !is_glob(request->virus))
		add_term(query, has_terms, TERM_VIRUS, request->virus);
	if (*request->sha256)
		add_term(query, has_terms, TERM_HASH, request->sha256);
	add_states(query, has_terms);
	if (request->on_hold)
		add_term(query, has_terms, TERM_HOLD, "hold");
	if (request->requested)
		add_term(query, has_terms, TERM_STATE, entry_requested);
	result = add_words(query, has_terms, TERM_SUBJECT, request->subject, "subject", err);
	if (!result)
		result = add_words(query, has_terms, TERM_FILE, request->file, "file", err);
	if (!query->count)
		add_prefix(add(query, TABLE_BY_TIME, 1), (struct backend_key){0});
	return result;
}

void query_limit(struct query *query, const struct actor *actor, int has_terms)
{
	struct source *source;
	const char *end;
	size_t at;

	if (!has_terms || !actor || !actor->domains ||
	        actor->domains->count > QUERY_PREFIXES_MOST / 2)
		return;
	source = add(query, TABLE_BY_TERM, has_terms);
	for (at = 0; at < actor->domains->count; at++) {
		end = entry_domain(domain_of(actor->domains->items[at]));
		add_prefix(source, key_term_prefix(TERM_RECIPIENT, end));
		add_prefix(source, key_term_prefix(TERM_SENDER, end));
	}
}

void query_fini(struct query *query)
{
	free(query->sources);
	free(query->tests);
	*query = (struct query){0};
}

/* ---- looking at a record ---- */

static int is_in_domain(const char *wanted, const char *address)
{
	const char *at = strrchr(address, '@');
	size_t size = strlen(wanted), length;

	if (!at)
		return 0;
	if (text_same(at + 1, wanted + 1))
		return 1;
	length = strlen(at + 1);
	return *wanted == '.' && length > size && text_same(at + 1 + length - size, wanted);
}

int query_address(const char *wanted, const char *address)
{
	if (!strcmp(wanted, "<>"))
		return !*address;
	if (*wanted == '@' || *wanted == '.')
		return is_in_domain(wanted, address);
	if (is_glob(wanted))
		return text_glob(wanted, address, strlen(address));
	return text_same(wanted, address);
}

static int recipient_matches(const char *wanted, const Lz__Item *item)
{
	size_t at;

	for (at = 0; at < item->n_recipients; at++)
		if (query_address(wanted, item->recipients[at]->address))
			return 1;
	return 0;
}

static int domain_matches(const char *wanted, const Lz__Item *item)
{
	char *domain = alloc_format("%c%s", *wanted == '.' ? '.' : '@', domain_of(wanted));
	int matches = query_address(domain, item->reverse_path) || recipient_matches(domain, item);

	free(domain);
	return matches;
}

static int text_matches(const char *wanted, const Lz__Item *item)
{
	size_t at;

	if (text_find(item->subject, strlen(item->subject), wanted))
		return 1;
	for (at = 0; at < item->n_parts; at++)
		if (text_find(item->parts[at]->name, strlen(item->parts[at]->name), wanted))
			return 1;
	return 0;
}

static int virus_matches(const char *wanted, const Lz__Item *item)
{
	const char *virus;
	size_t at;

	for (at = 0; at < item->n_symbols; at++) {
		virus = entry_virus(item->symbols[at]);
		if (virus && text_glob(wanted, virus, strlen(virus)))
			return 1;
	}
	return 0;
}

static int name_has(const char *name, const char *wanted)
{
	struct words words = words_of(wanted);
	char word[WORD_ROOM];

	while (words_next(&words, word))
		if (!words_has(name, word))
			return 0;
	return 1;
}

/* All the words in one name: that they are in the index tells only that each is in some. */
static int file_matches(const char *wanted, const Lz__Item *item)
{
	size_t at;

	for (at = 0; at < item->n_parts; at++)
		if (name_has(item->parts[at]->name, wanted))
			return 1;
	return 0;
}

static int numbers_match(const Lz__List *request, const Lz__Item *item)
{
	return (!request->larger_than || item->size > request->larger_than) &&
	       (!request->smaller_than || item->size < request->smaller_than) &&
	       (!request->has_score || item->score >= request->score);
}

static int is_in(const struct source *source, const Lz__Item *item)
{
	size_t at;

	for (at = 0; at < source->count; at++)
		if (entries_have_term(item, &source->prefixes[at]))
			return 1;
	return 0;
}

static int tests_hold(const struct query *query, const Lz__Item *item)
{
	size_t at;

	for (at = 0; at < query->test_count; at++)
		if (!is_in(&query->tests[at], item))
			return 0;
	return 1;
}

int query_matches(const struct query *query, const Lz__Item *item)
{
	const Lz__List *request = query->request;

	return numbers_match(request, item) && (!request->requested || item->n_requested_by) &&
	       (!*request->sender || query_address(request->sender, item->reverse_path)) &&
	       (!*request->recipient || recipient_matches(request->recipient, item)) &&
	       (!*request->domain || domain_matches(request->domain, item)) &&
	       (!*request->text || text_matches(request->text, item)) &&
	       (!is_glob(request->virus) || virus_matches(request->virus, item)) &&
	       (!*request->file || file_matches(request->file, item)) && tests_hold(query, item);
}
