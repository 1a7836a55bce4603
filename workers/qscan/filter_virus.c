/*
 * Viruses: libclamav over the raw message and over each piece that was taken out of it. Each sees
 * what the other misses: the whole has signatures over mail itself and libclamav's own reading of
 * MIME, the pieces have ours.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/base/text.h"
#include "lib/virus/virus.h"
#include "workers/qscan/remembered.h"
#include "workers/qscan/scan.h"

static const char check[] = "virus";

struct viruses {
	struct virus_engine *engine;
	struct remembered *remembered; /* NULL: nothing is */
};

/* What the whole message was found to be, told only where no piece explains it. */
struct whole {
	enum virus_answer answer;
	char name[VIRUS_NAME_ROOM];
	int explained;
};

struct search {
	const struct viruses *viruses;
	struct scan *scan;
	struct whole whole;
	int64_t end_us; /* of the time for viruses */
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
	};
	enum result result = virus_open(virus->database, &limits, &viruses->engine, err);

	if (!result && virus->remember)
		result = remembered_new((size_t)virus->remember, &viruses->remembered, err);
	return result;
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
	else if (!strcmp(virus_state(viruses->engine), "none") && warn)
		warn(context, "virus.database holds no signatures: every message is unscanned");
	return result;
}

static int virus_wanted(const void *state, const struct scan *scan)
{
	return state != NULL;
}

/* ---------------------------------------------------------------- findings */

static struct finding *tell(struct scan *scan, enum virus_answer answer, const char *name)
{
	static const enum unscanned whys[] = {
	        [VIRUS_LIMIT] = UNSCANNED_LIMIT,
	        [VIRUS_TIMEOUT] = UNSCANNED_TIMEOUT,
	        [VIRUS_ENCRYPTED] = UNSCANNED_ENCRYPTED,
	        [VIRUS_ERROR] = UNSCANNED_ERROR,
	        [VIRUS_DATABASE] = UNSCANNED_DATABASE,
	};
	struct finding *finding;

	if (answer != VIRUS_HIT)
		return scan_unscanned(scan, check, whys[answer], name);
	finding = scan_find(scan, check, "virus", "");
	finding_text(&finding->symbol, "VIRUS_%s", name);
	finding_text(&finding->detail, "%s", name);
	return finding;
}

static int is_same(const struct whole *whole, enum virus_answer answer, const char *name)
{
	return whole->answer == answer && (answer != VIRUS_HIT || !strcmp(whole->name, name));
}

/* A container and the member in it that is the virus are one finding: that of the container, which
 * comes first. */
static int is_told(const struct scan *scan, int part, const char *symbol)
{
	const struct finding *finding;
	size_t at;

	for (at = scan->finding_count; at; at--) {
		finding = &scan->findings[at - 1];
		if (!strcmp(finding->check, check) && finding->part == part &&
		        !strcmp(finding->symbol, symbol))
			return 1;
	}
	return 0;
}

static void tell_content(struct search *search, const struct content *content,
        enum virus_answer answer, const char *name)
{
	struct finding *finding;
	char *symbol = alloc_format("VIRUS_%s", name);

	if (is_same(&search->whole, answer, name))
		search->whole.explained = 1;
	if (answer != VIRUS_HIT || !is_told(search->scan, content->part, symbol)) {
		finding = tell(search->scan, answer, name);
		finding->part = content->part;
		finding->content = content - search->scan->contents;
		finding_text(&finding->where, "%s", content->path);
	}
	free(symbol);
}

/* ---------------------------------------------------------------- scanning */

static int64_t time_left_ms(const struct search *search)
{
	return (search->end_us - clock_monotonic_us()) / 1000;
}

/* Bytes that were found clean before, `as` what they are now, are clean: the table ends with the
 * engine that said so. */
static enum virus_answer examine(struct search *search, const char *as, const void *bytes,
        size_t size, char name[VIRUS_NAME_ROOM])
{
	struct remembered *remembered = search->viruses->remembered;
	struct digest_state state;
	enum virus_answer answer;
	struct digest digest;

	if (remembered) {
		digest_init(&state);
		digest_add_string(&state, as);
		digest_add(&state, bytes, size);
		digest_final(&state, &digest);
		if (remembered_has(remembered, &digest)) {
			search->scan->remembered++;
			return VIRUS_CLEAN;
		}
	}
	search->scan->examined++;
	answer = virus_scan(search->viruses->engine, bytes, size, time_left_ms(search), name);
	if (remembered && answer == VIRUS_CLEAN)
		remembered_add(remembered, &digest);
	return answer;
}

/* libclamav takes bytes for mail by their first field, and knows only the usual ones: a message
 * that begins with any other would be scanned as text. */
static void scan_whole(struct search *search)
{
	const struct scan *scan = search->scan;
	struct whole *whole = &search->whole;
	struct buf marked = {0};

	if (scan->size >= 9 && text_same_bytes((const char *)scan->bytes, 9, "Received:")) {
		whole->answer = examine(search, "mail", scan->bytes, scan->size, whole->name);
		return;
	}
	buf_add_string(&marked, "Received: by localhost\r\n");
	buf_add(&marked, scan->bytes, scan->size);
	whole->answer = examine(search, "mail", marked.data, marked.size, whole->name);
	buf_fini(&marked);
}

static void scan_contents(struct search *search)
{
	size_t at;

	for (at = 0; at < search->scan->content_count; at++) {
		const struct content *content = &search->scan->contents[at];
		char name[VIRUS_NAME_ROOM];
		enum virus_answer answer;

		if (!content->bytes)
			continue;
		if (time_left_ms(search) <= 0) {
			tell_content(search, content, VIRUS_TIMEOUT, "no time left");
			return;
		}
		answer = examine(search, "content", content->bytes, content->size, name);
		if (answer != VIRUS_CLEAN)
			tell_content(search, content, answer, name);
	}
}

static void virus_filter_scan(void *state, struct scan *scan)
{
	const struct viruses *viruses = state;
	struct search search = {.viruses = viruses, .scan = scan};

	search.end_us = clock_monotonic_us() + scan->config->virus.max_scan_time_ms * 1000;
	if (search.end_us > scan->deadline_us)
		search.end_us = scan->deadline_us;
	scan->engine = virus_state(viruses->engine);
	scan_whole(&search);
	if (search.whole.answer != VIRUS_DATABASE)
		scan_contents(&search);
	/* The whole message is what is left to hold where no part could be named. */
	if (search.whole.answer != VIRUS_CLEAN && !search.whole.explained)
		tell(scan, search.whole.answer, search.whole.name);
}

const struct filter filter_virus = {
        .name = check,
        .open = virus_filter_open,
        .wanted = virus_wanted,
        .scan = virus_filter_scan,
        .close = virus_filter_close,
};
