#include "lib/virus/virus.h"

#include <clamav.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/alloc.h"
#include "lib/base/buf.h"
#include "lib/base/text.h"
#include "lib/virus/sieve.h"

struct virus_engine {
	struct cl_engine *clamav; /* NULL: no signatures */
	struct sieve *sieve;      /* NULL: not asked for */
	struct virus_limits limits;
	char *state;
	int64_t built_s;
};

/* When each kind of signatures was made, in Unix seconds; 0: there are none of it. */
struct built {
	int64_t daily_s, packed_s, loose_s;
};

/* What cl_load() takes from a folder: its CLI_DBEXT. Everything else there is not a signature. */
static const char *const extensions[] = {"cvd", "cld", "cud", "db", "hdb", "hdu", "fp", "mdb",
        "mdu", "hsb", "hsu", "sfp", "msb", "msu", "ndb", "ndu", "ldb", "ldu", "sdb", "zmd", "rmd",
        "pdb", "gdb", "wdb", "cbc", "ftm", "cfg", "cdb", "cat", "crb", "idb", "ioc", "yar", "yara",
        "pwdb", "ign", "ign2", "imp"};

/* libclamav's last complaint while it loads: it prints to standard error otherwise, and the return
 * code alone says only "Malformed database". */
static char complaint[256];

static void hear(enum cl_msg severity, const char *full, const char *text, void *context)
{
	if (severity == CL_MSG_ERROR)
		snprintf(complaint, sizeof(complaint), "%s", text);
}

static enum result start_library(struct err *err)
{
	static int started;
	cl_error_t code;

	if (started)
		return RESULT_OK;
	cl_set_clcb_msg(hear);
	code = cl_init(CL_INIT_DEFAULT);
	if (code != CL_SUCCESS)
		return err_set(err, RESULT_PERMANENT, "libclamav: %s", cl_strerror(code));
	started = 1;
	return RESULT_OK;
}

/* ---------------------------------------------------------------- what is loaded */

static const char *extension_of(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot ? dot + 1 : "";
}

static int is_packed(const char *name)
{
	const char *extension = extension_of(name);

	return text_same(extension, "cvd") || text_same(extension, "cld") ||
	       text_same(extension, "cud");
}

static int is_database(const struct dirent *entry)
{
	const char *extension = extension_of(entry->d_name);
	size_t at;

	if (entry->d_name[0] == '.')
		return 0;
	for (at = 0; at < sizeof(extensions) / sizeof(extensions[0]); at++)
		if (text_same(extension, extensions[at]))
			return 1;
	return 0;
}

static int64_t newer(int64_t a_s, int64_t b_s)
{
	return a_s > b_s ? a_s : b_s;
}

/* ClamAV's daily file has what is new. The others are of any age: main is years old, and a file of
 * one's own may be a day's whim. */
static int64_t built_of(const struct built *built)
{
	if (built->daily_s)
		return built->daily_s;
	return built->packed_s ? built->packed_s : built->loose_s;
}

static int is_daily(const char *name)
{
	return text_same_bytes(name, (size_t)(extension_of(name) - name), "daily.");
}

static void add_packed(struct buf *state, struct built *built, const char *path, const char *name)
{
	struct cl_cvd *head = cl_cvdhead(path);

	if (!head)
		return;
	buf_add_format(state, "%s%.*s:%u/%s", state->size ? ", " : "",
	        (int)(extension_of(name) - 1 - name), name, head->version, head->time);
	if (is_daily(name))
		built->daily_s = newer(built->daily_s, head->stime);
	built->packed_s = newer(built->packed_s, head->stime);
	cl_cvdfree(head);
}

static void add_loose(struct buf *list, struct built *built, const char *path, const char *name)
{
	struct stat status;

	if (stat(path, &status))
		return;
	buf_add_format(list, "%s %lld %lld.%09ld\n", name, (long long)status.st_size,
	        (long long)status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
	built->loose_s = newer(built->loose_s, status.st_mtim.tv_sec);
}

static void add_digest(struct buf *state, const struct buf *list)
{
	unsigned char digest[SHA256_HASH_SIZE];
	unsigned size = sizeof(digest);
	char hex[9];

	if (!list->size || !cl_sha256(list->data, list->size, digest, &size))
		return;
	text_hex(digest, 4, hex);
	buf_add_format(state, "%sloose:%s", state->size ? ", " : "", hex);
}

static void describe(const char *folder, struct dirent **files, int count, unsigned signatures,
        struct virus_engine *engine)
{
	struct buf state = {0}, list = {0};
	struct built built = {0};
	int at;

	for (at = 0; at < count; at++) {
		char *path = alloc_format("%s/%s", folder, files[at]->d_name);

		if (is_packed(files[at]->d_name))
			add_packed(&state, &built, path, files[at]->d_name);
		else
			add_loose(&list, &built, path, files[at]->d_name);
		free(path);
	}
	add_digest(&state, &list);
	buf_fini(&list);
	buf_add_format(&state, "; %u signatures", signatures);
	engine->state = buf_give(&state);
	engine->built_s = built_of(&built);
}

/* ---------------------------------------------------------------- loading */

static cl_error_t set_limits(struct cl_engine *clamav, const struct virus_limits *limits)
{
	const struct {
		enum cl_engine_field field;
		long long value;
	} table[] = {
	        {CL_ENGINE_MAX_SCANSIZE, (long long)limits->scan_bytes},
	        {CL_ENGINE_MAX_FILESIZE, (long long)limits->file_bytes},
	        {CL_ENGINE_MAX_FILES, limits->files},
	        {CL_ENGINE_MAX_RECURSION, limits->recursion},
	        {CL_ENGINE_MAX_SCANTIME, (long long)limits->time_ms},
	        /* Beyond these it would look less closely and say nothing. */
	        {CL_ENGINE_MAX_EMBEDDEDPE, (long long)limits->file_bytes},
	        {CL_ENGINE_MAX_HTMLNORMALIZE, (long long)limits->file_bytes},
	        {CL_ENGINE_MAX_HTMLNOTAGS, (long long)limits->file_bytes},
	        {CL_ENGINE_MAX_SCRIPTNORMALIZE, (long long)limits->file_bytes},
	        {CL_ENGINE_MAX_ZIPTYPERCG, (long long)limits->file_bytes},
	        {CL_ENGINE_PCRE_MAX_FILESIZE, (long long)limits->file_bytes},
	        {CL_ENGINE_BYTECODE_MODE, CL_BYTECODE_MODE_INTERPRETER},
	};
	cl_error_t code;
	size_t at;

	for (at = 0; at < sizeof(table) / sizeof(table[0]); at++) {
		code = cl_engine_set_num(clamav, table[at].field, table[at].value);
		if (code != CL_SUCCESS)
			return code;
	}
	return CL_SUCCESS;
}

/* Links are looked at only where a list says whose are worth it: that comes with the signatures. */
static unsigned load_options(const struct virus_limits *limits)
{
	const unsigned links =
	        1u << VIRUS_PHISHING | 1u << VIRUS_CLOAKED | 1u << VIRUS_SSL_MISMATCH;
	unsigned options = CL_DB_STDOPT;

	if (!(limits->heuristics & links))
		options &= ~(unsigned)CL_DB_PHISHING_URLS;
	return limits->pua ? options | CL_DB_PUA : options;
}

/* libclamav reads a folder without end, and waits for somebody to write into a pipe. */
static enum result check_files(
        const char *folder, struct dirent **files, int count, struct err *err)
{
	enum result result = RESULT_OK;
	struct stat status;
	int at;

	for (at = 0; at < count && !result; at++) {
		char *path = alloc_format("%s/%s", folder, files[at]->d_name);

		if (stat(path, &status) == 0 && !S_ISREG(status.st_mode))
			result = err_set(
			        err, RESULT_PERMANENT, "signatures in %s: not a file", path);
		free(path);
	}
	return result;
}

static enum result load(const char *folder, const struct virus_limits *limits,
        struct cl_engine *clamav, unsigned *signatures, struct err *err)
{
	unsigned options = load_options(limits);
	cl_error_t code = set_limits(clamav, limits);

	complaint[0] = '\0';
	if (code == CL_SUCCESS)
		code = cl_load(folder, clamav, signatures, options);
	if (code == CL_SUCCESS)
		code = cl_engine_compile(clamav);
	if (code == CL_SUCCESS)
		return RESULT_OK;
	return err_set(err, RESULT_PERMANENT, "signatures in %s: %s%s%s", folder, cl_strerror(code),
	        complaint[0] ? ": " : "", complaint);
}

static void take_match(int fd, const char *name, void *context);

/* All that stat() tells of them. */
static void look_at_files(
        const char *folder, struct dirent *const *files, int count, struct buf *out)
{
	struct built unused = {0};
	char *path;
	int at;

	buf_add(out, "", 0);
	for (at = 0; at < count; at++) {
		path = alloc_format("%s/%s", folder, files[at]->d_name);
		add_loose(out, &unused, path, files[at]->d_name);
		free(path);
	}
}

/* It reads the files after libclamav did: only if they are the same it knows what is loaded. */
static void open_sieve(const char *folder, struct dirent *const *files, int count,
        const struct buf *before, struct virus_engine *engine)
{
	struct buf after = {0};

	engine->sieve = sieve_new(folder, files, count, &engine->limits);
	look_at_files(folder, files, count, &after);
	if (after.size != before->size || memcmp(after.data, before->data, after.size) != 0)
		sieve_doubt(engine->sieve, "the signatures changed while they were read");
	buf_fini(&after);
}

static enum result open_engine(const char *folder, struct dirent **files, int count,
        struct virus_engine *engine, struct err *err)
{
	struct buf before = {0};
	unsigned signatures = 0;
	enum result result;

	if (start_library(err) || check_files(folder, files, count, err))
		return RESULT_PERMANENT;
	engine->clamav = cl_engine_new();
	if (!engine->clamav)
		return err_set(err, RESULT_TEMPORARY, "libclamav: no engine");
	look_at_files(folder, files, count, &before);
	result = load(folder, &engine->limits, engine->clamav, &signatures, err);
	if (!result) {
		cl_engine_set_clcb_virus_found(engine->clamav, take_match);
		describe(folder, files, count, signatures, engine);
		if (engine->limits.sieve)
			open_sieve(folder, files, count, &before, engine);
	}
	buf_fini(&before);
	return result;
}

enum result virus_open(const char *folder, const struct virus_limits *limits,
        struct virus_engine **out, struct err *err)
{
	struct virus_engine *engine;
	struct dirent **files = NULL;
	enum result result = RESULT_OK;
	int count = scandir(folder, &files, is_database, alphasort), at;

	if (count < 0)
		return err_sys(err, RESULT_PERMANENT, "signatures in %s", folder);
	engine = alloc_zero(1, sizeof(*engine));
	engine->limits = *limits;
	if (count)
		result = open_engine(folder, files, count, engine, err);
	else
		engine->state = alloc_string("none");
	for (at = 0; at < count; at++)
		free(files[at]);
	free(files);
	if (result)
		virus_close(&engine);
	else
		*out = engine;
	return result;
}

void virus_close(struct virus_engine **engine)
{
	if (!*engine)
		return;
	if ((*engine)->clamav)
		cl_engine_free((*engine)->clamav);
	sieve_free(&(*engine)->sieve);
	free((*engine)->state);
	free(*engine);
	*engine = NULL;
}

const char *virus_state(const struct virus_engine *engine)
{
	return engine->state;
}

int64_t virus_built(const struct virus_engine *engine)
{
	return engine->built_s;
}

/* ---------------------------------------------------------------- what is for mail */

const struct virus_needs *virus_needs(const struct virus_engine *engine)
{
	static const struct virus_needs unknown = {.obstacle = "it was not asked for"};

	return engine->sieve ? sieve_needs(engine->sieve) : &unknown;
}

int virus_marks(struct virus_engine *engine, const void *bytes, size_t size)
{
	return !engine->sieve || sieve_marks(engine->sieve, bytes, size);
}

int virus_marks_inside(struct virus_engine *engine, const void *bytes, size_t size)
{
	return !engine->sieve || sieve_marks_inside(engine->sieve, bytes, size);
}

/* ---------------------------------------------------------------- scanning */

/* Names that libclamav gives to what is no signature's. Other heuristics are its own ways to
 * recognise a virus, and count as one. */
static enum virus_answer classify(const char *name)
{
	static const struct {
		const char *beginning;
		enum virus_answer answer;
	} table[] = {
	        {"PUA.", VIRUS_PUA},
	        {"Heuristics.Limits.Exceeded.MaxScanTime", VIRUS_TIMEOUT},
	        {"Heuristics.Limits.Exceeded", VIRUS_LIMIT},
	        {"Heuristics.Encrypted", VIRUS_ENCRYPTED},
	        {"Heuristics.Phishing", VIRUS_HEURISTIC},
	        {"Heuristics.OLE2.ContainsMacros", VIRUS_HEURISTIC},
	        {"Heuristics.Broken", VIRUS_HEURISTIC},
	        {"Heuristics.Structured", VIRUS_HEURISTIC},
	};
	size_t at;

	for (at = 0; at < sizeof(table) / sizeof(table[0]); at++)
		if (!strncmp(name, table[at].beginning, strlen(table[at].beginning)))
			return table[at].answer;
	return VIRUS_HIT;
}

static enum virus_answer failure(cl_error_t code)
{
	switch (code) {
	case CL_EMAXREC:
	case CL_EMAXSIZE:
	case CL_EMAXFILES:
		return VIRUS_LIMIT;
	case CL_ETIMEOUT:
		return VIRUS_TIMEOUT;
	case CL_EMEM:
		return VIRUS_MEMORY;
	default:
		return VIRUS_ERROR;
	}
}

static int is_found(const struct virus_report *report, enum virus_answer answer, const char *name)
{
	size_t at;

	for (at = 0; at < report->count; at++)
		if (report->found[at].answer == answer && !strcmp(report->found[at].name, name))
			return 1;
	return 0;
}

static int was_said(const struct virus_report *report, enum virus_answer answer)
{
	return (report->answers >> answer & 1) != 0;
}

static void say(struct virus_report *report, enum virus_answer answer, const char *name)
{
	struct virus_found *found;
	int is_first = !was_said(report, answer);

	report->answers |= 1u << answer;
	if (is_found(report, answer, name))
		return;
	if (report->count >= VIRUS_FOUND_MOST && !is_first) {
		report->is_cut = 1;
		return;
	}
	found = &report->found[report->count++];
	found->answer = answer;
	snprintf(found->name, sizeof(found->name), "%s", name);
}

/* Called for each match, as "all matches" is on. */
static void take_match(int fd, const char *name, void *context)
{
	say(context, classify(name), name);
}

static unsigned heuristics_of(const struct virus_engine *engine)
{
	static const unsigned flags[VIRUS_HEURISTICS] = {
	        [VIRUS_CLOAKED] = CL_SCAN_HEURISTIC_PHISHING_CLOAK,
	        [VIRUS_SSL_MISMATCH] = CL_SCAN_HEURISTIC_PHISHING_SSL_MISMATCH,
	        [VIRUS_MACROS] = CL_SCAN_HEURISTIC_MACROS,
	        [VIRUS_BROKEN] = CL_SCAN_HEURISTIC_BROKEN,
	        [VIRUS_BROKEN_MEDIA] = CL_SCAN_HEURISTIC_BROKEN_MEDIA,
	};
	unsigned at, wanted = CL_SCAN_HEURISTIC_EXCEEDS_MAX | CL_SCAN_HEURISTIC_ENCRYPTED_ARCHIVE |
	                      CL_SCAN_HEURISTIC_ENCRYPTED_DOC;

	for (at = 0; at < VIRUS_HEURISTICS; at++)
		if (engine->limits.heuristics >> at & 1)
			wanted |= flags[at];
	return wanted;
}

/* All matches, as libclamav keeps one finding of the weaker kinds only: a suspicion would hide that
 * a limit was met. */
static cl_error_t scan_map(struct virus_engine *engine, cl_fmap_t *map, struct virus_report *report)
{
	struct cl_scan_options options = {
	        .general = CL_SCAN_GENERAL_HEURISTICS | CL_SCAN_GENERAL_UNPRIVILEGED |
	                   CL_SCAN_GENERAL_ALLMATCHES,
	        .parse = ~0U,
	        .heuristic = heuristics_of(engine),
	};
	unsigned long scanned = 0;
	const char *found = NULL;
	cl_error_t code =
	        cl_scanmap_callback(map, NULL, &found, &scanned, engine->clamav, &options, report);

	if (code == CL_VIRUS && found)
		say(report, classify(found), found);
	return code;
}

/* The limit is set before each scan: a message's parts share one time, and the process has one
 * thread, so nobody else is in the engine. */
static void limit_time(struct virus_engine *engine, int64_t time_ms)
{
	if (time_ms > engine->limits.time_ms)
		time_ms = engine->limits.time_ms;
	if (time_ms < 1)
		time_ms = 1; /* 0 would be "no limit" */
	cl_engine_set_num(engine->clamav, CL_ENGINE_MAX_SCANTIME, time_ms);
}

/* libclamav answers a map above its limit with CL_VIRUS and no name. */
static int is_too_large(const struct virus_engine *engine, size_t size)
{
	return size > engine->limits.file_bytes || size > engine->limits.scan_bytes;
}

static void scan_memory(struct virus_engine *engine, const void *bytes, size_t size,
        int64_t time_ms, struct virus_report *report)
{
	cl_fmap_t *map = cl_fmap_open_memory(bytes, size);
	cl_error_t code;

	if (!map) {
		say(report, VIRUS_ERROR, "no map");
		return;
	}
	limit_time(engine, time_ms);
	code = scan_map(engine, map, report);
	cl_fmap_close(map);
	if (code != CL_CLEAN && code != CL_VERIFIED && code != CL_VIRUS)
		say(report, failure(code), cl_strerror(code));
	else if (code == CL_VIRUS && !report->answers)
		say(report, VIRUS_HIT, "");
}

void virus_scan(struct virus_engine *engine, const void *bytes, size_t size, int64_t time_ms,
        struct virus_report *report)
{
	report->count = 0;
	report->answers = 0;
	report->is_cut = 0;
	if (!engine->clamav)
		say(report, VIRUS_DATABASE, "");
	else if (is_too_large(engine, size))
		say(report, VIRUS_LIMIT, "Heuristics.Limits.Exceeded.MaxFileSize");
	else if (size)
		scan_memory(engine, bytes, size, time_ms, report);
}
