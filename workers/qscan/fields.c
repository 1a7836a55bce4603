#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/safe.h"
#include "workers/qscan/verdict.h"

enum { FIELDS_ROOM = 8, TESTS_ROOM = 800, LINE_ROOM = 76 };

static void add_field(Lz__Group *group, const char *name, char *value)
{
	Lz__Field *field = alloc(sizeof(*field));

	lz__field__init(field);
	field->name = alloc_string(name);
	field->value = value;
	if (!group->fields)
		group->fields = alloc_zero(FIELDS_ROOM, sizeof(*group->fields));
	group->fields[group->n_fields++] = field;
}

static int ran(const struct scan *scan, const char *check)
{
	size_t i;

	for (i = 0; i < scan->cost_count; i++)
		if (strcmp(scan->costs[i].name, check) == 0)
			return !scan->costs[i].skipped;
	return 0;
}

static int could_not(const struct scan *scan, const char *check)
{
	size_t i;

	for (i = 0; i < scan->finding_count; i++)
		if (strcmp(scan->findings[i].check, check) == 0 &&
		        scan->findings[i].unscanned != UNSCANNED_NOT)
			return 1;
	return 0;
}

/* "a,b,c", folded where a line would be longer than it should be (RFC 5322 section 2.1.1). */
static char *spam_tests(const struct scan *scan)
{
	struct buf out = {0};
	size_t i, line = 40;
	char *name;

	buf_add_string(&out, "");
	for (i = 0; i < scan->finding_count && out.size < TESTS_ROOM; i++) {
		if (strcmp(scan->findings[i].check, "spam") != 0 &&
		        strcmp(scan->findings[i].check, "model") != 0)
			continue;
		name = safe_ascii(scan->findings[i].symbol, LINE_ROOM);
		if (out.size)
			buf_add_char(&out, ',');
		if (line + strlen(name) > LINE_ROOM) {
			buf_add_string(&out, "\r\n\t");
			line = 8;
		}
		buf_add_string(&out, name);
		line += strlen(name) + 1;
		free(name);
	}
	if (!out.size)
		buf_add_string(&out, "none");
	return buf_give(&out);
}

static char *stars(double score)
{
	char level[51];
	size_t count = score <= 0 ? 0 : score >= 50 ? 50 : (size_t)score;

	memset(level, '*', count);
	level[count] = '\0';
	return alloc_string(level);
}

/* Rounded to tenths it would be told as what it does not reach. */
static double shown_score(double score, double threshold)
{
	int is_told_more = score < threshold && round(score * 10) / 10 >= threshold;

	return is_told_more ? floor(score * 10) / 10 : score;
}

static void add_spam_fields(const struct scan *scan, const struct outcome *outcome, Lz__Group *out)
{
	double shown = shown_score(scan->score, outcome->policy->spam_tag);
	char *tests, *status;

	if (!ran(scan, "spam") || outcome->allowed)
		return;
	tests = spam_tests(scan);
	if (outcome->spam)
		add_field(out, "X-Spam-Flag", alloc_string("YES"));
	add_field(out, "X-Spam-Score", alloc_format("%.1f", shown));
	if (scan->score >= 1)
		add_field(out, "X-Spam-Level", stars(scan->score));
	status = alloc_format("%s, score=%.1f required=%.1f tests=%s%s%s",
	        outcome->spam ? "Yes" : "No", shown, outcome->policy->spam_tag, tests,
	        scan->model_said ? "\r\n\tmodel=" : "", scan->model_said ? scan->model_said : "");
	add_field(out, "X-Spam-Status", status);
	free(tests);
}

/* In the order of what a reader must know first. What was not scanned is never called clean. */
static const char *state_of(const struct group *group)
{
	if (group->outcome.cuts)
		return "cut";
	if (group->disposition == LZ__DISPOSITION__REDIRECT)
		return "redirected";
	if (group->outcome.tagged)
		return "tagged";
	return group->outcome.unscanned ? "unscanned" : "clean";
}

static char *our_state(const struct scan *scan, const struct group *group)
{
	struct buf out = {0};
	enum unscanned why;
	const char *before = ";\r\n\tunscanned=";

	buf_add_format(&out, "%s; id=%s", state_of(group), scan->submission->message_id);
	for (why = UNSCANNED_LIMIT; why <= UNSCANNED_LAST; why++) {
		if (!(group->outcome.unscanned & 1u << why))
			continue;
		buf_add_format(&out, "%s%s", before, unscanned_name(why));
		before = ",";
	}
	return buf_give(&out);
}

static void add_missing_subject(
        const struct scan *scan, const struct outcome *outcome, Lz__Group *out)
{
	if (outcome->spam && *outcome->policy->subject_prefix && scan->map &&
	        !mime_field(scan->map, 0, "Subject", 0))
		add_field(out, "Subject", edits_word(outcome->policy->subject_prefix));
}

/* Says whom a redirected message was for: its new reader has no other way to know. */
static void add_recipients(const struct scan *scan, const struct group *group, Lz__Group *out)
{
	enum { NAMED = 50 };
	struct buf text = {0};
	size_t i;
	char *safe;

	for (i = 0; i < group->count && i < NAMED; i++) {
		safe = safe_ascii(scan->submission->recipients[group->recipients[i]]->address, 500);
		buf_add_format(&text, "%s%s", i ? ",\r\n\t" : "", safe);
		free(safe);
	}
	if (group->count > NAMED)
		buf_add_format(&text, ",\r\n\tand %zu more", group->count - NAMED);
	add_field(out, "X-Lazaret-Recipients", buf_give(&text));
}

void fields_make(const struct scan *scan, const struct group *group, Lz__Group *out)
{
	const struct outcome *outcome = &group->outcome;

	add_field(out, "X-Lazaret", our_state(scan, group));
	if (group->disposition == LZ__DISPOSITION__REDIRECT)
		add_recipients(scan, group, out);
	/* The engine finds an archive clean that nobody could open. */
	if (ran(scan, "virus") && !could_not(scan, "virus") && !could_not(scan, "attachments"))
		add_field(out, "X-Virus-Scanned",
		        alloc_format("Lazaret " LAZARET_VERSION " at %s", scan->config->site.name));
	add_spam_fields(scan, outcome, out);
	add_missing_subject(scan, outcome, out);
}
