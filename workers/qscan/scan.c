#include "workers/qscan/scan.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/clock.h"

static const char *const whys[] = {"", "limit", "error", "timeout", "encrypted", "format",
        "malformed", "ambiguous", "crash", "database", "memory"};
_Static_assert(sizeof(whys) / sizeof(whys[0]) == UNSCANNED_LAST + 1, "a name for each");

const char *unscanned_name(enum unscanned why)
{
	return (size_t)why < sizeof(whys) / sizeof(whys[0]) ? whys[why] : "error";
}

enum unscanned unscanned_named(const char *name)
{
	size_t why;

	for (why = 1; why < sizeof(whys) / sizeof(whys[0]); why++)
		if (strcmp(whys[why], name) == 0)
			return (enum unscanned)why;
	return UNSCANNED_ERROR;
}

/* Three quarters of the time in which qworker ends the scanner: late enough to use it, early enough
 * to say what was not looked at. */
static int64_t time_for(const struct config *config, const Lz__Submission *submission)
{
	int64_t ms = config->workers.timeout_ms - config->workers.timeout_ms / 4;

	if (submission->deadline_ms && submission->deadline_ms < (uint64_t)ms)
		ms = (int64_t)submission->deadline_ms;
	return ms * 1000;
}

void scan_init(struct scan *scan, const struct config *config, const Lz__Submission *submission,
        const void *bytes, size_t size)
{
	memset(scan, 0, sizeof(*scan));
	scan->config = config;
	scan->submission = submission;
	scan->bytes = bytes;
	scan->size = size;
	scan->now_ms = clock_wall_ms();
	scan->deadline_us = clock_monotonic_us() + time_for(config, submission);
	scan->engine = "";
	scan->subject = alloc_string("");
	scan->header_from = alloc_string("");
	scan->header_message_id = alloc_string("");
}

static void finding_fini(struct finding *finding)
{
	free(finding->symbol);
	free(finding->text);
	free(finding->rule);
	free(finding->where);
	free(finding->detail);
	free(finding->only);
}

static void texts_fini(char **texts, size_t count)
{
	while (count)
		free(texts[--count]);
	free(texts);
}

static void content_fini(struct content *content)
{
	free(content->path);
	texts_fini(content->names, content->name_count);
	texts_fini(content->types, content->type_count);
	free(content->true_type);
	free(content->allowed);
	buf_fini(&content->owned);
}

void scan_fini(struct scan *scan)
{
	size_t i;

	for (i = 0; i < scan->finding_count; i++)
		finding_fini(&scan->findings[i]);
	for (i = 0; i < scan->content_count; i++)
		content_fini(&scan->contents[i]);
	if (scan->spare.symbol)
		finding_fini(&scan->spare);
	free(scan->findings);
	free(scan->contents);
	free(scan->bad);
	free(scan->subject);
	free(scan->header_from);
	free(scan->header_message_id);
	free(scan->model_said);
	view_free(&scan->view);
	mime_map_free(&scan->map);
	memset(scan, 0, sizeof(*scan));
}

int scan_late(const struct scan *scan)
{
	return clock_monotonic_us() > scan->deadline_us;
}

static struct finding *finding_init(
        struct finding *finding, const char *check, const char *reason, const char *symbol)
{
	memset(finding, 0, sizeof(*finding));
	finding->check = check;
	finding->reason = reason;
	finding->symbol = alloc_string(symbol);
	finding->text = alloc_string("");
	finding->rule = alloc_string("");
	finding->where = alloc_string("");
	finding->detail = alloc_string("");
	finding->part = SCAN_NO_PART;
	finding->content = SCAN_NO_CONTENT;
	return finding;
}

static size_t findings_of(const struct scan *scan, const char *check)
{
	size_t i, count = 0;

	for (i = 0; i < scan->finding_count; i++)
		count += strcmp(scan->findings[i].check, check) == 0;
	return count;
}

static struct finding *append(
        struct scan *scan, const char *check, const char *reason, const char *symbol)
{
	size_t count = scan->finding_count;

	if ((count & (count - 1)) == 0) /* at each power of two */
		scan->findings =
		        alloc_grow(scan->findings, count ? 2 * count : 1, sizeof(*scan->findings));
	scan->finding_count++;
	return finding_init(&scan->findings[count], check, reason, symbol);
}

static struct finding *lend_spare(struct scan *scan, const char *check)
{
	if (scan->spare.symbol)
		finding_fini(&scan->spare);
	return finding_init(&scan->spare, check, "unscanned", "");
}

struct finding *scan_find(
        struct scan *scan, const char *check, const char *reason, const char *symbol)
{
	size_t already = findings_of(scan, check);
	struct finding *finding;

	if (already > SCAN_MAX_FINDINGS)
		return lend_spare(scan, check);
	if (already < SCAN_MAX_FINDINGS)
		return append(scan, check, reason, symbol);
	finding = append(scan, check, "unscanned", "TOO_MANY_FINDINGS");
	finding->unscanned = UNSCANNED_LIMIT;
	finding->action = ACTION_QUARANTINE;
	return lend_spare(scan, check);
}

struct finding *scan_unscanned(
        struct scan *scan, const char *check, enum unscanned why, const char *detail)
{
	char symbol[32];
	struct finding *finding;
	size_t i;

	snprintf(symbol, sizeof(symbol), "UNSCANNED_%s", unscanned_name(why));
	for (i = 0; symbol[i]; i++)
		if (symbol[i] >= 'a' && symbol[i] <= 'z')
			symbol[i] = (char)(symbol[i] - 'a' + 'A');
	finding = scan_find(scan, check, "unscanned", symbol);
	finding->unscanned = why;
	finding_text(&finding->detail, "%s", detail);
	return finding;
}

void finding_text(char **field, const char *format, ...)
{
	va_list ap;
	char *text = NULL;

	va_start(ap, format);
	if (vasprintf(&text, format, ap) < 0)
		text = alloc_string("");
	va_end(ap);
	free(*field);
	*field = text;
}

void finding_concern(struct finding *finding, const struct scan *scan, size_t recipient)
{
	if (!finding->only)
		finding->only = alloc_zero(scan->submission->n_recipients, 1);
	finding->only[recipient] = 1;
}

int finding_concerns(const struct finding *finding, size_t recipient)
{
	return !finding->only || finding->only[recipient];
}

struct content *scan_add_content(struct scan *scan, int part, int level, const char *path)
{
	size_t count = scan->content_count;
	struct content *content;

	if ((count & (count - 1)) == 0)
		scan->contents =
		        alloc_grow(scan->contents, count ? 2 * count : 1, sizeof(*scan->contents));
	content = &scan->contents[scan->content_count++];
	memset(content, 0, sizeof(*content));
	content->part = part;
	content->level = level;
	content->parent = SCAN_NO_CONTENT;
	content->path = alloc_string(path);
	content->true_type = alloc_string("");
	content->kind = "";
	return content;
}

static void add_text(char ***texts, size_t *count, const char *text)
{
	if (!*text || *count == SCAN_MOST_TEXTS)
		return;
	*texts = alloc_grow(*texts, *count + 1, sizeof(**texts));
	(*texts)[(*count)++] = alloc_string(text);
}

void content_add_name(struct content *content, const char *name)
{
	add_text(&content->names, &content->name_count, name);
}

void content_add_type(struct content *content, const char *type)
{
	add_text(&content->types, &content->type_count, type);
}

const char *content_name(const struct content *content)
{
	return content->name_count ? content->names[0] : "";
}

int content_has(const struct content *content, enum trait trait)
{
	return (content->traits >> trait & 1) != 0;
}

const struct digest *content_digest(struct content *content)
{
	if (!content->has_digest)
		digest_of(content->bytes, content->size, &content->digest);
	content->has_digest = 1;
	return &content->digest;
}

void scan_leave_out(struct scan *scan, size_t part, enum unscanned why)
{
	if (part >= scan->bad_count) {
		scan->bad = alloc_grow(scan->bad, part + 1, 1);
		memset(scan->bad + scan->bad_count, UNSCANNED_NOT, part + 1 - scan->bad_count);
		scan->bad_count = part + 1;
	}
	scan->bad[part] = (unsigned char)why;
}

enum unscanned scan_left_out(const struct scan *scan, size_t part)
{
	return part < scan->bad_count ? (enum unscanned)scan->bad[part] : UNSCANNED_NOT;
}
