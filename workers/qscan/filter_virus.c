/*
 * Viruses: libclamav over each piece that was taken out of the message, and over the raw message
 * itself. Each sees what the other misses: the pieces have our reading of MIME, the whole has
 * libclamav's own, and signatures over mail itself. The whole is left out where it can't see more.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/age.h"
#include "lib/base/alloc.h"
#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/base/text.h"
#include "lib/virus/virus.h"
#include "workers/qscan/blame.h"
#include "workers/qscan/policy.h"
#include "workers/qscan/remembered.h"
#include "workers/qscan/scan.h"
#include "workers/qscan/whole.h"

static const char check[] = "virus";

struct viruses {
	struct virus_engine *engine;
	struct remembered *remembered; /* NULL: nothing is */
};

struct search {
	const struct viruses *viruses;
	struct scan *scan;
	int64_t end_us; /* of the time for viruses */
	unsigned told;  /* bit set (1 << enum virus_answer) of what was said of pieces */
	unsigned char
	        *settled; /* one byte a part: no virus in it would change a thing; NULL: none */
};

static void virus_filter_close(void **state)
{
	struct viruses *viruses = *state;

	if (!viruses)
		return;
	if (viruses->engine)
		virus_close(&viruses->engine);
	remembered_free(&viruses->remembered);
	free(viruses);
	*state = NULL;
}

static unsigned heuristics_of(const struct config_list *names)
{
	static const struct {
		const char *name;
		enum virus_heuristic heuristic;
	} table[] = {
	        {"phishing", VIRUS_PHISHING},
	        {"cloaked", VIRUS_CLOAKED},
	        {"ssl_mismatch", VIRUS_SSL_MISMATCH},
	        {"macros", VIRUS_MACROS},
	        {"broken", VIRUS_BROKEN},
	        {"broken_media", VIRUS_BROKEN_MEDIA},
	};
	unsigned wanted = 0;
	size_t at, row;

	for (at = 0; at < names->count; at++)
		for (row = 0; row < sizeof(table) / sizeof(table[0]); row++)
			if (text_same(names->items[at], table[row].name))
				wanted |= 1u << table[row].heuristic;
	return wanted;
}

static enum result open_engine(
        struct viruses *viruses, const struct config_virus *virus, struct err *err)
{
	struct virus_limits limits = {
	        .scan_bytes = virus->max_scan_size,
	        .file_bytes = virus->max_file_size,
	        .files = (uint32_t)virus->max_files,
	        .recursion = (uint32_t)virus->max_recursion,
	        .time_ms = virus->max_scan_time_ms,
	        .pua = virus->pua,
	        .heuristics = heuristics_of(&virus->heuristics),
	        .sieve = virus->whole == WHOLE_NEEDED,
	};
	enum result result = virus_open(virus->database, &limits, &viruses->engine, err);

	if (!result && virus->remember)
		result = remembered_new((size_t)virus->remember, &viruses->remembered, err);
	return result;
}

static void warn_of(const struct virus_engine *engine, const struct config *config,
        void (*warn)(void *context, const char *sentence), void *context)
{
	const char *obstacle = virus_needs(engine)->obstacle;
	char *sentence;

	if (!strcmp(virus_state(engine), "none")) {
		warn(context, "virus.database holds no signatures: every message is unscanned");
	} else if (config->virus.whole == WHOLE_NEEDED && obstacle) {
		sentence = alloc_format(
		        "every message is scanned whole beside its parts: %s", obstacle);
		warn(context, sentence);
		free(sentence);
	}
}

static enum result virus_filter_open(const struct config *config, void **state,
        void (*warn)(void *context, const char *sentence), void *context, struct err *err)
{
	struct viruses *viruses;
	enum result result;

	if (!config->virus.enabled)
		return RESULT_OK;
	viruses = alloc_zero(1, sizeof(*viruses));
	*state = viruses;
	result = open_engine(viruses, &config->virus, err);
	if (result)
		virus_filter_close(state);
	else if (warn)
		warn_of(viruses->engine, config, warn, context);
	return result;
}

static const char *virus_filter_engine(const void *state, int64_t *signatures_s)
{
	const struct viruses *viruses = state;

	*signatures_s = virus_built(viruses->engine);
	return virus_state(viruses->engine);
}

/* What they find is found; what they don't find may be newer than they are. */
static void tell_outdated(struct scan *scan)
{
	char age[AGE_ROOM], text[AGE_ROOM + 32];

	if (!age_exceeds(scan->signatures_s, scan->now_ms, scan->config->virus.max_age_ms))
		return;
	age_text(age_ms(scan->signatures_s, scan->now_ms), age);
	snprintf(text, sizeof(text), "signatures are %s old", age);
	scan_unscanned(scan, check, UNSCANNED_DATABASE, text);
}

/* A dry run asks what is in the message, whatever was decided. */
static int names_all(const struct scan *scan)
{
	return scan->config->virus.name_decided || scan->submission->dry_run;
}

static int virus_wanted(const void *state, const struct scan *scan)
{
	return state != NULL && (names_all(scan) || !policy_is_settled(scan, SCAN_NO_PART));
}

/* ---------------------------------------------------------------- findings */

static const char *behind(const char *name, const char *beginning)
{
	return text_starts(name, beginning) ? name + strlen(beginning) : name;
}

/* "VIRUS_Eicar-Signature", "PUA_Win.Tool", "HEURISTIC_Phishing.Email.SpoofedDomain"; NULL: none. */
static char *symbol_of(const struct virus_found *found)
{
	switch (found->answer) {
	case VIRUS_HIT:
		return alloc_format("VIRUS_%s", found->name);
	case VIRUS_PUA:
		return alloc_format("PUA_%s", behind(found->name, "PUA."));
	case VIRUS_HEURISTIC:
		return alloc_format("HEURISTIC_%s", behind(found->name, "Heuristics."));
	default:
		return NULL;
	}
}

static const char *reason_of(enum virus_answer answer)
{
	return answer == VIRUS_PUA ? "pua" : answer == VIRUS_HEURISTIC ? "heuristic" : "virus";
}

static struct finding *tell_unscanned(struct scan *scan, const struct virus_found *found)
{
	static const enum unscanned whys[VIRUS_ANSWERS] = {
	        [VIRUS_LIMIT] = UNSCANNED_LIMIT,
	        [VIRUS_TIMEOUT] = UNSCANNED_TIMEOUT,
	        [VIRUS_ENCRYPTED] = UNSCANNED_ENCRYPTED,
	        [VIRUS_ERROR] = UNSCANNED_ERROR,
	        [VIRUS_DATABASE] = UNSCANNED_DATABASE,
	        [VIRUS_MEMORY] = UNSCANNED_MEMORY,
	};

	return scan_unscanned(scan, check, whys[found->answer], found->name);
}

static struct finding *tell(struct scan *scan, const struct virus_found *found, const char *symbol)
{
	struct finding *finding;

	if (!symbol)
		return tell_unscanned(scan, found);
	finding = scan_find(scan, check, reason_of(found->answer), symbol);
	finding_text(&finding->detail, "%s", found->name);
	return finding;
}

enum { ANYWHERE = -2 };

/* A container and the member in it that is the virus are one finding: that of the container, which
 * comes first. */
static int is_told(const struct scan *scan, int part, const char *symbol)
{
	const struct finding *finding;
	size_t at;

	for (at = scan->finding_count; at; at--) {
		finding = &scan->findings[at - 1];
		if (!strcmp(finding->check, check) && (part == ANYWHERE || finding->part == part) &&
		        !strcmp(finding->symbol, symbol))
			return 1;
	}
	return 0;
}

static void tell_content(
        struct search *search, const struct content *content, const struct virus_found *found)
{
	struct finding *finding;
	char *symbol = symbol_of(found);

	search->told |= 1u << found->answer;
	if (!symbol || !is_told(search->scan, content->part, symbol)) {
		finding = tell(search->scan, found, symbol);
		finding->part = content->part;
		finding->content = content - search->scan->contents;
		finding_text(&finding->where, "%s", content->path);
	}
	free(symbol);
}

/* The whole message is what is left to hold where no part could be named. */
static void tell_whole(struct search *search, const struct virus_found *found)
{
	char *symbol = symbol_of(found);
	int is_explained = symbol ? is_told(search->scan, ANYWHERE, symbol)
	                          : (search->told >> found->answer & 1) != 0;

	if (!is_explained)
		tell(search->scan, found, symbol);
	free(symbol);
}

/* ---------------------------------------------------------------- scanning */

static int64_t time_left_ms(const struct search *search)
{
	return (search->end_us - clock_monotonic_us()) / 1000;
}

/* Bytes that were found clean before, `as` what they are now, are clean: the table ends with the
 * engine that said so. */
static void examine(struct search *search, const char *as, const void *bytes, size_t size,
        struct virus_report *report)
{
	struct remembered *remembered = search->viruses->remembered;
	struct digest_state state;
	struct digest digest;

	report->count = 0;
	if (remembered) {
		digest_init(&state);
		digest_add_string(&state, as);
		digest_add(&state, bytes, size);
		digest_final(&state, &digest);
		if (remembered_has(remembered, &digest)) {
			search->scan->remembered++;
			return;
		}
	}
	search->scan->examined++;
	virus_scan(search->viruses->engine, bytes, size, time_left_ms(search), report);
	if (remembered && !report->count)
		remembered_add(remembered, &digest);
}

static int is_settled(const struct search *search, const struct content *content)
{
	return search->settled && content->part >= 0 && search->settled[content->part];
}

/* `bytes` are its own, or what libclamav makes of them. */
static void scan_content(
        struct search *search, const struct content *content, const void *bytes, size_t size)
{
	static const struct virus_found late = {VIRUS_TIMEOUT, "no time left"};
	struct virus_report report;
	size_t at;

	if (time_left_ms(search) <= 0) {
		tell_content(search, content, &late);
		return;
	}
	examine(search, "content", bytes, size, &report);
	for (at = 0; at < report.count; at++)
		tell_content(search, content, &report.found[at]);
}

static void scan_contents(struct search *search)
{
	unsigned late = 1u << VIRUS_TIMEOUT;
	size_t at;

	for (at = 0; at < search->scan->content_count; at++) {
		const struct content *content = &search->scan->contents[at];

		if (!content->bytes || is_settled(search, content) ||
		        !blame_content(search->scan, check, at))
			continue;
		scan_content(search, content, content->bytes, content->size);
		if (search->told & late && time_left_ms(search) <= 0)
			return;
	}
}

static void add_line_end(struct buf *out, const struct content *content)
{
	buf_clear(out);
	buf_add(out, content->bytes, content->size);
	buf_add_char(out, '\n');
}

/* What the whole would have shown of texts beside what they are. */
static void scan_line_ends(struct search *search)
{
	struct buf longer = {0};
	size_t at;

	for (at = 0; at < search->scan->content_count; at++) {
		const struct content *content = &search->scan->contents[at];

		if (!whole_adds_line_end(search->scan, content) || is_settled(search, content) ||
		        !blame_content(search->scan, check, at))
			continue;
		add_line_end(&longer, content);
		scan_content(search, content, longer.data, longer.size);
	}
	buf_fini(&longer);
}

/* Parts that are to be left out of the whole, too: one byte a part; NULL: none. A text that only
 * GMime sees can't be left out. */
static unsigned char *left_out(const struct search *search)
{
	const struct scan *scan = search->scan;
	unsigned char *parts;
	size_t at, count = 0;

	if (!scan->map)
		return NULL;
	parts = alloc_zero(scan->map->part_count, 1);
	for (at = 0; at < scan->map->part_count; at++)
		count += parts[at] = (search->settled && search->settled[at]) ||
		                     scan_left_out(scan, at) != UNSCANNED_NOT;
	if (count)
		return parts;
	free(parts);
	return NULL;
}

static void scan_whole(struct search *search, const struct whole *whole)
{
	static const struct virus_found more = {VIRUS_HIT, "more than are named"};
	struct virus_report report;
	size_t at;

	examine(search, "mail", whole->bytes, whole->size, &report);
	for (at = 0; at < report.count; at++)
		tell_whole(search, &report.found[at]);
	if (report.count && report.is_cut)
		tell_whole(search, &more);
}

/* In either form that it has for libclamav. */
static int is_part_marked(
        const struct search *search, const struct content *content, struct buf *longer)
{
	struct virus_engine *engine = search->viruses->engine;

	if (virus_marks_inside(engine, content->bytes, content->size))
		return 1;
	if (!whole_adds_line_end(search->scan, content))
		return 0;
	add_line_end(longer, content);
	return virus_marks_inside(engine, longer->data, longer->size);
}

/* What is for files inside mail only would not match a part that has lost its mail. Without time
 * to ask it may match. */
static int is_content_marked(const struct search *search)
{
	struct buf longer = {0};
	size_t at;
	int marked = 0;

	if (!virus_needs(search->viruses->engine)->inside)
		return 0;
	for (at = 0; at < search->scan->content_count && !marked; at++) {
		const struct content *content = &search->scan->contents[at];

		if (content->bytes && !content->level && !is_settled(search, content) &&
		        blame_content(search->scan, check, at))
			marked = time_left_ms(search) <= 0 ||
			         is_part_marked(search, content, &longer);
	}
	buf_fini(&longer);
	return marked;
}

static int is_whole_needed(struct search *search, const struct whole *whole)
{
	struct virus_engine *engine = search->viruses->engine;
	struct scan *scan = search->scan;

	if (scan->config->virus.whole == WHOLE_ALWAYS)
		scan->whole = "virus.whole asks for it";
	else
		scan->whole = whole_needed(scan, virus_needs(engine));
	if (!scan->whole &&
	        (virus_marks(engine, whole->bytes, whole->size) || is_content_marked(search)))
		scan->whole = "a signature for mail may match";
	return scan->whole != NULL;
}

/* One byte a part that is settled whatever is found in it; NULL: none is, or names are wanted. */
static unsigned char *settled_parts(const struct scan *scan)
{
	unsigned char *settled;
	size_t at, count = 0;

	if (names_all(scan) || !scan->map)
		return NULL;
	settled = alloc_zero(scan->map->part_count, 1);
	for (at = 0; at < scan->map->part_count; at++)
		count += settled[at] = (unsigned char)policy_is_settled(scan, (int)at);
	if (count)
		return settled;
	free(settled);
	return NULL;
}

/* A text that GMime alone sees and that has ended scanners can't be left out of the whole. */
static int may_scan_whole(struct search *search)
{
	if (search->scan->is_view_bad)
		return 0;
	return blame_bytes(search->scan, check);
}

static void search_all(struct search *search)
{
	unsigned char *without;
	struct buf copy = {0};
	struct whole whole;

	if (strcmp(search->scan->engine, "none") != 0)
		scan_contents(search);
	if (!may_scan_whole(search))
		return;
	without = left_out(search);
	whole = whole_bytes(search->scan, without, &copy);
	if (is_whole_needed(search, &whole)) {
		/* Again, as parts may have been asked about, and would be blamed. */
		if (may_scan_whole(search))
			scan_whole(search, &whole);
	} else {
		scan_line_ends(search);
		search->scan->left_out = 1;
	}
	buf_fini(&copy);
	free(without);
}

static void virus_filter_scan(void *state, struct scan *scan)
{
	const struct viruses *viruses = state;
	struct search search = {.viruses = viruses, .scan = scan, .settled = settled_parts(scan)};

	search.end_us = clock_monotonic_us() + scan->config->virus.max_scan_time_ms * 1000;
	if (search.end_us > scan->deadline_us)
		search.end_us = scan->deadline_us;
	scan->engine = virus_state(viruses->engine);
	scan->signatures_s = virus_built(viruses->engine);
	search_all(&search);
	tell_outdated(scan);
	free(search.settled);
}

const struct filter filter_virus = {
        .name = check,
        .open = virus_filter_open,
        .engine = virus_filter_engine,
        .wanted = virus_wanted,
        .scan = virus_filter_scan,
        .close = virus_filter_close,
        .blames_itself = 1,
};
