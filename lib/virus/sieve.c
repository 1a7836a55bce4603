#include "lib/virus/sieve.h"

#include <clamav.h>
#include <errno.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/base/buf.h"
#include "lib/base/file.h"
#include "lib/base/text.h"
#include "lib/unpack/stream.h"
#include "lib/virus/cover.h"
#include "lib/virus/runs.h"

enum {
	LINE_MOST = 4 << 20,
	FIELDS_MOST = 80,
	CVD_HEAD = 512,
	FILE_MOST = 1 << 30,
	LEAST_LEVEL = 51, /* that libclamav has asked for since these forms exist */
};

struct sieve {
	struct runs *runs;
	struct cl_engine *clamav; /* NULL: all that is for mail is among the runs */
	struct cl_engine *inside; /* NULL: nothing is for what is inside mail */
	struct virus_needs needs;
};

/* ---------------------------------------------------------------- reading signatures */

struct survey;

/* What a kind of file's lines are read by. Other kinds have nothing that is for mail. */
struct kind {
	const char *extension;
	int is_pua;
	void (*read)(struct survey *survey, char *line);
};

struct survey {
	struct virus_needs *needs;
	struct runs *runs;
	struct buf bodies, logicals; /* of the small engine */
	struct buf insides;          /* of that for what is inside mail */
	int pua;
	unsigned heuristics;
	const struct kind *kind; /* of the file in hand */
	int is_packed;           /* it came so, from ClamAV itself */
	size_t lines;            /* of it */
	struct buf line;
};

static void object(struct survey *survey, const char *why)
{
	if (!survey->needs->obstacle)
		survey->needs->obstacle = why;
}

/* In place. */
static size_t split(char *line, char separator, char *fields[FIELDS_MOST])
{
	size_t count = 0;

	while (line && count < FIELDS_MOST) {
		fields[count++] = line;
		line = strchr(line, separator);
		if (line)
			*line++ = '\0';
	}
	return count;
}

/* libclamav passes over what is for a later version of itself. */
static int is_for_later(const char *level)
{
	return atoi(level) > (int)cl_retflevel();
}

static unsigned char byte_of(const char *digits)
{
	return (unsigned char)(text_hex_value((unsigned char)digits[0]) << 4 |
	                       text_hex_value((unsigned char)digits[1]));
}

/* What can't be looked for as a run is asked as a signature, if it is one that may stand anywhere.
 */
static void add_body(struct survey *survey, const char *pattern)
{
	unsigned char run[RUNS_LONGEST];
	size_t start, at, size = cover_run(pattern, strlen(pattern), &start);

	if (size < 2) {
		object(survey, "a signature is too short to be looked for");
	} else if (size < RUNS_SHORTEST) {
		buf_add_format(&survey->bodies, "Mail:0:*:%s\n", pattern);
	} else {
		size = size < RUNS_LONGEST ? size : RUNS_LONGEST;
		for (at = 0; at < size; at++)
			run[at] = byte_of(pattern + start + 2 * at);
		runs_add(survey->runs, run, size);
	}
}

/* Name:target:offset:pattern[:least[:most]] */
static void read_body(struct survey *survey, char *line)
{
	char *fields[FIELDS_MOST];
	size_t count = split(line, ':', fields);

	if (count < 4 || !cover_is_for_mail(fields[1], strlen(fields[1])))
		return;
	if (count > 4 && is_for_later(fields[4]))
		return;
	add_body(survey, fields[3]);
}

/* Name=pattern, or Name (Clam)=pattern */
static void read_old_body(struct survey *survey, char *line)
{
	char *pattern = strrchr(line, '=');

	if (pattern)
		add_body(survey, pattern + 1);
}

struct description {
	int is_for_mail, is_in_mail, is_for_later;
	const char *target;
};

/* "CL_TYPE_ANY" stands for a container of any kind, or for none. */
static int is_around_mail(const char *containers)
{
	size_t size = strlen(containers);

	return text_find(containers, size, "MAIL") || text_find(containers, size, "ANY");
}

/* "Engine:81-255,Target:0,Container:CL_TYPE_MAIL"; without a target it is for any file. */
static struct description describe(char *text)
{
	struct description found = {.is_for_mail = 1, .target = "0"};
	char *words[FIELDS_MOST];
	size_t at, count = split(text, ',', words);

	for (at = 0; at < count; at++) {
		if (text_starts(words[at], "Target:"))
			found.target = words[at] + 7;
		else if (text_starts(words[at], "Engine:"))
			found.is_for_later = is_for_later(words[at] + 7);
		else if (text_starts(words[at], "Container:") ||
		         text_starts(words[at], "Intermediates:"))
			found.is_in_mail |= is_around_mail(words[at]);
	}
	found.is_for_mail = cover_is_for_mail(found.target, strlen(found.target));
	return found;
}

static void add_patterns(struct survey *survey, struct buf *patterns)
{
	char *at = patterns->data, *end;

	while ((end = strchr(at, '\n'))) {
		*end = '\0';
		add_body(survey, at);
		at = end + 1;
	}
}

/* As it is, but for a file of that target of any size anywhere. */
static void add_logical(struct buf *out, const char *target, char *const *fields, size_t count)
{
	size_t at;

	buf_add_format(out, "Mail;Engine:%d-255,Target:%s", LEAST_LEVEL, target);
	for (at = 0; at < count; at++)
		buf_add_format(out, ";%s", fields[at]);
	buf_add_char(out, '\n');
}

/* Name;description;expression;pattern;pattern… What is only for files inside mail may match what
 * libclamav makes of a part: a text without its capitals, a member of an archive. */
static void read_logical(struct survey *survey, char *line)
{
	char *fields[FIELDS_MOST];
	size_t count = split(line, ';', fields);
	struct description found;
	struct buf patterns = {0};

	if (count < 4)
		return;
	found = describe(fields[1]);
	if (found.is_for_later)
		return;
	if (found.is_in_mail)
		add_logical(&survey->insides, found.target, fields + 2, count - 2);
	survey->needs->inside |= found.is_in_mail;
	if (!found.is_for_mail)
		return;
	if (cover_find(fields + 2, count - 2, &patterns))
		add_patterns(survey, &patterns);
	else
		add_logical(&survey->logicals, "0", fields + 2, count - 2);
	buf_fini(&patterns);
}

/* The second line of a bytecode program is the logical signature that starts it. */
static void read_bytecode(struct survey *survey, char *line)
{
	if (survey->lines == 2)
		read_logical(survey, line);
}

static void read_rule(struct survey *survey, char *line)
{
	object(survey, "there are YARA rules, which may be about mail");
}

static int is_matched_by_name(const char *expression, int flags)
{
	static const char *const invented[] = {"attachment", "mixedtextportion", "textportion",
	        "textpart", "unknown", "bounce", ""};
	regex_t compiled;
	size_t at, missed = 0, count = sizeof(invented) / sizeof(invented[0]);

	if (regcomp(&compiled, expression, REG_EXTENDED | REG_NOSUB | flags))
		return 1;
	for (at = 0; at < count; at++)
		missed += regexec(&compiled, invented[at], 0, NULL, 0) == REG_NOMATCH;
	regfree(&compiled);
	return missed < count;
}

/* Parts without a name have one for libclamav. */
static int is_for_unnamed(const char *expression)
{
	if (!strcmp(expression, "*"))
		return 1;
	if (text_starts(expression, "(?i)"))
		return is_matched_by_name(expression + 4, REG_ICASE);
	return is_matched_by_name(expression, 0);
}

/* Name:container:size:name:… */
static void read_container(struct survey *survey, char *line)
{
	char *fields[FIELDS_MOST];
	size_t count = split(line, ':', fields);

	if (count < 4 || (strcmp(fields[1], "*") != 0 && strcmp(fields[1], "CL_TYPE_MAIL") != 0))
		return;
	survey->needs->names = 1;
	survey->needs->unnamed |= is_for_unnamed(fields[3]);
}

/* ClamAV's own know mail by its first field. */
static void read_type(struct survey *survey, char *line)
{
	if (!survey->is_packed)
		object(survey, "there are types of files that may be about mail");
}

static void read_links(struct survey *survey, char *line)
{
	survey->needs->links |= (survey->heuristics >> VIRUS_PHISHING & 1) != 0;
}

static void read_addresses(struct survey *survey, char *line)
{
	survey->needs->addresses = 1;
}

static const struct kind kinds[] = {
        {"ndb", 0, read_body},
        {"ndu", 1, read_body},
        {"sdb", 0, read_body},
        {"db", 0, read_old_body},
        {"ldb", 0, read_logical},
        {"ldu", 1, read_logical},
        {"cbc", 0, read_bytecode},
        {"yar", 0, read_rule},
        {"yara", 0, read_rule},
        {"cdb", 0, read_container},
        {"ftm", 0, read_type},
        {"pdb", 0, read_links},
        {"wdb", 0, read_links},
        {"gdb", 0, read_addresses},
};

static const struct kind *kind_of(const struct survey *survey, const char *name)
{
	const char *dot = strrchr(name, '.');
	size_t at;

	for (at = 0; dot && at < sizeof(kinds) / sizeof(kinds[0]); at++)
		if (text_same(dot + 1, kinds[at].extension))
			return kinds[at].is_pua && !survey->pua ? NULL : &kinds[at];
	return NULL;
}

/* ---------------------------------------------------------------- lines */

static void end_line(struct survey *survey)
{
	struct buf *line = &survey->line;

	buf_add(line, "", 0);
	while (line->size && strchr("\r ", line->data[line->size - 1]))
		line->data[--line->size] = '\0';
	survey->lines++;
	if (line->size && line->data[0] != '#')
		survey->kind->read(survey, line->data);
	buf_clear(line);
}

static int want(void *context, const char *name)
{
	struct survey *survey = context;

	survey->kind = kind_of(survey, name);
	survey->lines = 0;
	return survey->kind != NULL;
}

static void take(void *context, const void *bytes, size_t size)
{
	struct survey *survey = context;
	const char *at = bytes, *end = at + size, *stop;

	while (at < end) {
		stop = memchr(at, '\n', (size_t)(end - at));
		buf_add(&survey->line, at, (size_t)((stop ? stop : end) - at));
		if (survey->line.size > LINE_MOST) {
			object(survey, "a signature is too long to be read");
			buf_clear(&survey->line);
		}
		if (stop)
			end_line(survey);
		at = stop ? stop + 1 : end;
	}
}

static void end(void *context)
{
	struct survey *survey = context;

	if (survey->line.size)
		end_line(survey);
}

/* ---------------------------------------------------------------- files */

static void read_loose(struct survey *survey, const char *path, const char *name)
{
	char bytes[64 << 10];
	size_t size;
	FILE *file;

	if (!want(survey, name))
		return;
	file = fopen(path, "re");
	if (!file) {
		object(survey, "a file of signatures could not be read again");
		return;
	}
	while ((size = fread(bytes, 1, sizeof(bytes), file)) > 0)
		take(survey, bytes, size);
	end(survey);
	fclose(file);
}

static void read_packed(struct survey *survey, const char *path)
{
	struct unpack_reader reader = {want, take, end, survey};
	struct err err;

	if (unpack_stream(path, CVD_HEAD, &reader, &err) != RESULT_OK)
		object(survey, "a packed file of signatures could not be read again");
}

static void read_file(struct survey *survey, const char *folder, const char *name)
{
	char *path = alloc_format("%s/%s", folder, name);
	const char *dot = strrchr(name, '.');

	survey->is_packed =
	        dot && (text_same(dot, ".cvd") || text_same(dot, ".cld") || text_same(dot, ".cud"));
	if (survey->is_packed)
		read_packed(survey, path);
	else
		read_loose(survey, path, name);
	free(path);
}

/* ---------------------------------------------------------------- the small engine */

/* libclamav loads from files alone. */
static int write_lines(const char *folder, const char *name, const struct buf *lines)
{
	char *path = alloc_format("%s/%s", folder, name);
	enum result result =
	        lines->size ? file_write(path, lines->data, lines->size, 0600, NULL) : RESULT_OK;

	free(path);
	return result == RESULT_OK;
}

static void remove_file(const char *folder, const char *name)
{
	char *path = alloc_format("%s/%s", folder, name);

	unlink(path);
	free(path);
}

static struct cl_engine *load(const char *folder, const struct virus_limits *limits)
{
	const struct {
		enum cl_engine_field field;
		long long value;
	} table[] = {
	        {CL_ENGINE_DISABLE_CACHE, 1},
	        {CL_ENGINE_MAX_SCANSIZE, (long long)limits->scan_bytes},
	        {CL_ENGINE_MAX_FILESIZE, (long long)limits->file_bytes},
	        {CL_ENGINE_MAX_FILES, limits->files},
	        {CL_ENGINE_MAX_RECURSION, limits->recursion},
	        {CL_ENGINE_MAX_SCANTIME, (long long)limits->time_ms},
	};
	struct cl_engine *clamav = cl_engine_new();
	cl_error_t code = clamav ? CL_SUCCESS : CL_EMEM;
	unsigned signatures = 0;
	size_t at;

	for (at = 0; at < sizeof(table) / sizeof(table[0]) && code == CL_SUCCESS; at++)
		code = cl_engine_set_num(clamav, table[at].field, table[at].value);
	if (code == CL_SUCCESS && cl_load(folder, clamav, &signatures, 0) == CL_SUCCESS &&
	        cl_engine_compile(clamav) == CL_SUCCESS)
		return clamav;
	if (clamav)
		cl_engine_free(clamav);
	return NULL;
}

/* NULL where there is nothing to look for, or where it could not be made, which is told. */
static struct cl_engine *make_engine(struct survey *survey, const struct buf *bodies,
        const struct buf *logicals, const struct virus_limits *limits)
{
	const char *scratch = getenv("TMPDIR");
	struct cl_engine *clamav = NULL;
	char *folder;

	if (!bodies->size && !logicals->size)
		return NULL;
	folder = alloc_format("%s/sieve.XXXXXX", scratch && *scratch ? scratch : "/tmp");
	if (!mkdtemp(folder)) {
		object(survey, "there is no folder for temporary files");
		free(folder);
		return NULL;
	}
	if (write_lines(folder, "mail.ndb", bodies) && write_lines(folder, "mail.ldb", logicals))
		clamav = load(folder, limits);
	if (!clamav)
		object(survey, "the signatures for mail could not be loaded by themselves");
	remove_file(folder, "mail.ndb");
	remove_file(folder, "mail.ldb");
	rmdir(folder);
	free(folder);
	return clamav;
}

/* What the raw bytes are asked for is looked for in all of them, however many. */
static void make_engines(
        struct sieve *sieve, struct survey *survey, const struct virus_limits *limits)
{
	const struct buf none = {0};
	struct virus_limits wide = *limits;

	wide.scan_bytes = wide.file_bytes = FILE_MOST;
	sieve->clamav = make_engine(survey, &survey->bodies, &survey->logicals, &wide);
	if (!survey->needs->obstacle)
		sieve->inside = make_engine(survey, &none, &survey->insides, limits);
}

struct sieve *sieve_new(const char *folder, struct dirent *const *files, int count,
        const struct virus_limits *limits)
{
	const unsigned any_link = 1u << VIRUS_CLOAKED | 1u << VIRUS_SSL_MISMATCH;
	struct sieve *sieve = alloc_zero(1, sizeof(*sieve));
	struct survey survey = {.needs = &sieve->needs,
	        .runs = sieve->runs = runs_new(),
	        .pua = limits->pua,
	        .heuristics = limits->heuristics};
	int at;

	sieve->needs.links = (limits->heuristics & any_link) != 0;
	for (at = 0; at < count && !sieve->needs.obstacle; at++)
		read_file(&survey, folder, files[at]->d_name);
	if (!sieve->needs.obstacle)
		make_engines(sieve, &survey, limits);
	runs_settle(sieve->runs);
	buf_fini(&survey.bodies);
	buf_fini(&survey.logicals);
	buf_fini(&survey.insides);
	buf_fini(&survey.line);
	return sieve;
}

void sieve_free(struct sieve **sieve)
{
	if (!*sieve)
		return;
	runs_free(&(*sieve)->runs);
	if ((*sieve)->clamav)
		cl_engine_free((*sieve)->clamav);
	if ((*sieve)->inside)
		cl_engine_free((*sieve)->inside);
	free(*sieve);
	*sieve = NULL;
}

void sieve_doubt(struct sieve *sieve, const char *why)
{
	sieve->needs.obstacle = why;
}

const struct virus_needs *sieve_needs(const struct sieve *sieve)
{
	return &sieve->needs;
}

/* No heuristic but that a limit was met. What can't be asked is a mark. */
static int is_matched(struct cl_engine *clamav, unsigned parse, const void *bytes, size_t size)
{
	struct cl_scan_options options = {
	        .general = CL_SCAN_GENERAL_UNPRIVILEGED | CL_SCAN_GENERAL_HEURISTICS,
	        .parse = parse,
	        .heuristic = CL_SCAN_HEURISTIC_EXCEEDS_MAX};
	cl_fmap_t *map = size <= FILE_MOST ? cl_fmap_open_memory(bytes, size) : NULL;
	unsigned long scanned = 0;
	const char *found = NULL;
	cl_error_t code;

	if (!map)
		return 1;
	code = cl_scanmap_callback(map, NULL, &found, &scanned, clamav, &options, NULL);
	cl_fmap_close(map);
	return code != CL_CLEAN && code != CL_VERIFIED;
}

int sieve_marks(struct sieve *sieve, const void *bytes, size_t size)
{
	if (sieve->needs.obstacle)
		return 1;
	if (!size)
		return 0;
	return runs_found(sieve->runs, bytes, size) ||
	       (sieve->clamav && is_matched(sieve->clamav, 0, bytes, size));
}

int sieve_marks_inside(struct sieve *sieve, const void *bytes, size_t size)
{
	if (sieve->needs.obstacle)
		return 1;
	return size && sieve->inside && is_matched(sieve->inside, ~0U, bytes, size);
}
