#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/age.h"
#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "lib/base/safe.h"
#include "lib/base/utf8.h"
#include "lib/model/model.h"
#include "workers/qscan/explain.h"
#include "workers/qscan/member.h"

enum { SHOWN = 200 };

static const char *const dispositions[] = {
        "deliver", "quarantine", "reject", "discard", "redirect", "defer"};
static const char *const answers[] = {"clean", "hit", "unscanned", "skipped"};

/* Everything that a mail can have chosen is shown through this. */
static void put(FILE *out, const char *format, const char *text)
{
	char *safe = safe_text(text, SHOWN);

	fputs(format, out);
	fputs(safe, out);
	free(safe);
}

/* ---------------------------------------------------------------- for people */

static void text_traits(FILE *out, const struct content *content)
{
	enum trait trait;

	for (trait = 0; trait < TRAITS; trait++)
		if (content_has(content, trait))
			fprintf(out, "  [%s]", trait_name(trait));
}

/* What was found in the part or in its members, each below what it was found in. */
static void text_content(FILE *out, const struct scan *scan, size_t index, int indent)
{
	const struct content *content = &scan->contents[index];
	size_t i;

	fprintf(out, "  %*s       > ", indent, "");
	if (content->bytes)
		fprintf(out, "%zu bytes", content->size);
	else
		fprintf(out, "no content");
	for (i = 0; content->level && i < content->name_count; i++)
		put(out, i ? ", " : "  name ", content->names[i]);
	put(out, *content->true_type ? "  is " : "", content->true_type);
	put(out, *content->kind ? "  opened as " : "", content->kind);
	text_traits(out, content);
	fputc('\n', out);
	for (i = index + 1; i < scan->content_count; i++)
		if (scan->contents[i].parent == (long)index)
			text_content(out, scan, i, indent + 2);
}

static void text_contents(FILE *out, const struct scan *scan, int part, int indent)
{
	size_t i;

	for (i = 0; i < scan->content_count; i++)
		if (scan->contents[i].part == part && scan->contents[i].parent == SCAN_NO_CONTENT &&
		        (scan->contents[i].bytes || scan->contents[i].traits))
			text_content(out, scan, i, indent);
}

static void text_part(FILE *out, const struct scan *scan, size_t index)
{
	const struct mime_part *part = &scan->map->parts[index];
	size_t i;

	fprintf(out, "  %*s%-8s %9zu-%-9zu %-16s", (int)(2 * part->depth), "", part->path,
	        part->whole.offset, part->whole.offset + part->whole.length,
	        mime_encoding_name(part->encoding));
	put(out, " ", part->type);
	for (i = 0; i < part->other_type_count; i++)
		put(out, " or ", part->other_types[i]);
	for (i = 0; i < part->name_count; i++)
		put(out, i ? ", " : "  name ", part->names[i].text);
	fputc('\n', out);
	for (i = 0; i < scan->map->anomaly_count; i++)
		if (scan->map->anomalies[i].part == index)
			fprintf(out, "  %*s       ! %s at %zu: %s\n", (int)(2 * part->depth), "",
			        mime_anomaly_name(scan->map->anomalies[i].kind),
			        scan->map->anomalies[i].offset,
			        mime_anomaly_text(scan->map->anomalies[i].kind));
	text_contents(out, scan, (int)index, (int)(2 * part->depth));
}

static void text_checks(FILE *out, const Lz__Verdict *verdict)
{
	size_t i;

	fprintf(out, "\nChecks\n");
	for (i = 0; i < verdict->n_checks; i++) {
		const Lz__Check *check = verdict->checks[i];

		fprintf(out, "  %-12s %-10s %8.3f ms", check->name, answers[check->answer],
		        (double)check->cost_us / 1000);
		put(out, *check->why ? "  " : "", check->why);
		put(out, *check->where ? " in " : "", check->where);
		fputc('\n', out);
	}
}

static void text_whole(FILE *out, const struct scan *scan)
{
	if (scan->whole)
		fprintf(out, "  whole message scanned beside its parts: %s\n", scan->whole);
	else if (scan->left_out)
		fputs("  whole message left out: its parts are all there is to scan\n", out);
}

static void text_signatures(FILE *out, const struct scan *scan)
{
	char date[32], age[AGE_ROOM];

	if (!*scan->engine)
		return;
	put(out, "\nSignatures ", scan->engine);
	if (scan->signatures_s) {
		clock_text(scan->signatures_s * 1000, date, sizeof(date));
		age_text(age_ms(scan->signatures_s, scan->now_ms), age);
		fprintf(out, "\n  of %s, %s old", date, age);
	}
	fputc('\n', out);
}

static void text_model(FILE *out, const struct scan *scan)
{
	if (!scan->model_said)
		return;
	if (!scan->model)
		fputs("\nModel: there is none, so the rules score alone\n", out);
	else if (strcmp(scan->model_said, "young") == 0)
		fprintf(out,
		        "\nModel: of %" PRIu64 " spam and %" PRIu64
		        " ham, too few yet, so the rules score alone\n",
		        scan->model->facts.spam, scan->model->facts.ham);
	else if (strcmp(scan->model_said, "rules") == 0)
		fprintf(out,
		        "\nModel: heard by rules, which have its points, of %" PRIu64
		        " spam and %" PRIu64 " ham\n",
		        scan->model->facts.spam, scan->model->facts.ham);
	else
		fprintf(out, "\nModel: %s points, of %" PRIu64 " spam and %" PRIu64 " ham\n",
		        scan->model_said, scan->model->facts.spam, scan->model->facts.ham);
}

static void text_findings(FILE *out, const struct scan *scan)
{
	size_t i;

	if (scan->finding_count)
		fprintf(out, "\nFindings (score %.1f)\n", scan->score);
	for (i = 0; i < scan->finding_count; i++) {
		const struct finding *finding = &scan->findings[i];

		fprintf(out, "  %6.1f %-10s", finding->points, action_name(finding->action));
		put(out, " ", finding->symbol);
		put(out, *finding->where ? " in " : "", finding->where);
		put(out, *finding->rule ? " by " : "", finding->rule);
		put(out, *finding->detail ? ": " : "", finding->detail);
		fputc('\n', out);
	}
}

static void text_group(FILE *out, const struct scan *scan, const Lz__Group *group)
{
	size_t i;

	for (i = 0; i < group->n_recipients; i++) {
		put(out, "  ", scan->submission->recipients[group->recipients[i]]->address);
		fprintf(out, ": %s", dispositions[group->disposition]);
		put(out, *group->rule ? " by " : "", group->rule);
		fputc('\n', out);
	}
	if (group->code)
		fprintf(out, "      %u %s %s\n", group->code, group->enhanced, group->text);
	for (i = 0; i < group->n_edits; i++)
		fprintf(out, "      bytes %" PRIu64 "-%" PRIu64 " give way to %zu others\n",
		        group->edits[i]->offset, group->edits[i]->offset + group->edits[i]->length,
		        group->edits[i]->replacement.len);
	for (i = 0; i < group->n_fields; i++)
		fprintf(out, "      %s: %s\n", group->fields[i]->name, group->fields[i]->value);
	for (i = 0; i < group->n_breaks; i++)
		fprintf(out, "      breaks the DKIM signature %s\n", group->breaks[i]);
}

static void text_items(FILE *out, const Lz__ScanResult *result)
{
	static const char *const kinds[] = {"sender", "recipient", "admin", "release"};
	size_t i, j;

	if (result->n_items)
		fprintf(out, "\nKept\n");
	for (i = 0; i < result->n_items; i++) {
		const Lz__Item *item = result->items[i];

		fprintf(out, "  %s %s: %s\n", item->id, item->reason, item->detail);
		for (j = 0; j < item->n_parts; j++) {
			fprintf(out, "      part %s", item->parts[j]->path);
			put(out, " ", item->parts[j]->name);
			put(out, " ", item->parts[j]->reason);
			fputc('\n', out);
		}
		for (j = 0; j < item->n_notices; j++)
			fprintf(out, "      notice to %s %s\n", kinds[item->notices[j]->kind],
			        item->notices[j]->to);
	}
}

void explain_text(
        FILE *out, const char *path, const struct scan *scan, const Lz__ScanResult *result)
{
	size_t i;

	fprintf(out, "Message %s, %zu bytes\n", scan->submission->message_id, scan->size);
	put(out, "  file ", path);
	fputc('\n', out);
	put(out, "  subject ", scan->subject);
	fprintf(out, "\n  sender %s, %s\n", scan->sender_authentic ? "authentic" : "not authentic",
	        scan->automatic ? "automatic mail" : "not automatic");
	if (scan->map)
		fprintf(out, "\nParts\n");
	for (i = 0; scan->map && i < scan->map->part_count; i++)
		text_part(out, scan, i);
	text_contents(out, scan, SCAN_NO_PART, 0); /* what only the second view sees */
	text_checks(out, result->verdict);
	text_whole(out, scan);
	text_signatures(out, scan);
	text_model(out, scan);
	text_findings(out, scan);
	fprintf(out, "\nDecision\n");
	for (i = 0; i < result->verdict->n_groups; i++)
		text_group(out, scan, result->verdict->groups[i]);
	text_items(out, result);
}

/* ---------------------------------------------------------------- for programs */

static void json_texts(FILE *out, const char *name, char *const *texts, size_t count)
{
	size_t i;

	fprintf(out, ",\"%s\":[", name);
	for (i = 0; i < count; i++)
		member_text(out, NULL, texts[i], i == 0);
	fputc(']', out);
}

static void json_part(FILE *out, const struct mime_map *map, size_t index)
{
	const struct mime_part *part = &map->parts[index];
	size_t i, first = 1;

	fputs(index ? ",{" : "{", out);
	member_text(out, "path", part->path, 1);
	member_text(out, "type", part->type, 0);
	member_text(out, "encoding", mime_encoding_name(part->encoding), 0);
	json_texts(out, "other_types", part->other_types, part->other_type_count);
	fprintf(out,
	        ",\"offset\":%zu,\"length\":%zu,\"body_offset\":%zu,\"body_length\":%zu,\"names\":"
	        "[",
	        part->whole.offset, part->whole.length, part->body.offset, part->body.length);
	for (i = 0; i < part->name_count; i++)
		member_text(out, NULL, part->names[i].text, i == 0);
	fputs("],\"anomalies\":[", out);
	for (i = 0; i < map->anomaly_count; i++) {
		if (map->anomalies[i].part != index)
			continue;
		member_text(out, NULL, mime_anomaly_name(map->anomalies[i].kind), (int)first);
		first = 0;
	}
	fputs("]}", out);
}

static void json_content(FILE *out, const struct scan *scan, size_t index)
{
	const struct content *content = &scan->contents[index];
	int first = 1;
	enum trait trait;

	fputs(index ? ",{" : "{", out);
	member_text(out, "path", content->path, 1);
	member_text(out, "part", content->part < 0 ? "" : scan->map->parts[content->part].path, 0);
	fprintf(out, ",\"level\":%d,\"inside\":%ld,\"size\":", content->level, content->parent);
	if (content->bytes)
		fprintf(out, "%zu", content->size);
	else
		fputs("null", out);
	member_text(out, "true_type", content->true_type, 0);
	member_text(out, "opened_as", content->kind, 0);
	json_texts(out, "names", content->names, content->name_count);
	json_texts(out, "types", content->types, content->type_count);
	fputs(",\"traits\":[", out);
	for (trait = 0; trait < TRAITS; trait++) {
		if (!content_has(content, trait))
			continue;
		member_text(out, NULL, trait_name(trait), first);
		first = 0;
	}
	fputs("]}", out);
}

static void json_contents(FILE *out, const struct scan *scan)
{
	size_t i;

	fputs(",\"contents\":[", out);
	for (i = 0; i < scan->content_count; i++)
		json_content(out, scan, i);
	fputc(']', out);
}

static void json_findings(FILE *out, const struct scan *scan)
{
	size_t i;

	fputs(",\"findings\":[", out);
	for (i = 0; i < scan->finding_count; i++) {
		const struct finding *finding = &scan->findings[i];

		fputs(i ? ",{" : "{", out);
		member_text(out, "check", finding->check, 1);
		member_text(out, "symbol", finding->symbol, 0);
		member_text(out, "reason", finding->reason, 0);
		member_text(out, "unscanned", unscanned_name(finding->unscanned), 0);
		member_text(out, "action", action_name(finding->action), 0);
		member_text(out, "rule", finding->rule, 0);
		member_text(out, "where", finding->where, 0);
		member_text(out, "detail", finding->detail, 0);
		fprintf(out, ",\"points\":%.3f}", finding->points);
	}
	fputc(']', out);
}

static void json_model(FILE *out, const struct scan *scan)
{
	if (!scan->model_said)
		return;
	member_text(out, "model", scan->model_said, 0);
	if (scan->model)
		fprintf(out, ",\"model_spam\":%" PRIu64 ",\"model_ham\":%" PRIu64,
		        scan->model->facts.spam, scan->model->facts.ham);
}

static void json_checks(FILE *out, const Lz__Verdict *verdict)
{
	size_t i;

	fputs(",\"checks\":[", out);
	for (i = 0; i < verdict->n_checks; i++) {
		fputs(i ? ",{" : "{", out);
		member_text(out, "name", verdict->checks[i]->name, 1);
		member_text(out, "answer", answers[verdict->checks[i]->answer], 0);
		member_text(out, "why", verdict->checks[i]->why, 0);
		member_text(out, "where", verdict->checks[i]->where, 0);
		fprintf(out, ",\"cost_us\":%" PRIu64 "}", verdict->checks[i]->cost_us);
	}
	fputc(']', out);
}

static void json_groups(FILE *out, const struct scan *scan, const Lz__Verdict *verdict)
{
	size_t i, j;

	fputs(",\"decisions\":[", out);
	for (i = 0; i < verdict->n_groups; i++) {
		const Lz__Group *group = verdict->groups[i];

		fputs(i ? ",{\"recipients\":[" : "{\"recipients\":[", out);
		for (j = 0; j < group->n_recipients; j++)
			member_text(out, NULL,
			        scan->submission->recipients[group->recipients[j]]->address,
			        j == 0);
		fputs("]", out);
		member_text(out, "disposition", dispositions[group->disposition], 0);
		member_text(out, "rule", group->rule, 0);
		member_text(out, "text", group->text, 0);
		fprintf(out, ",\"code\":%u,\"edits\":%zu,\"items\":[", group->code, group->n_edits);
		for (j = 0; j < group->n_items; j++)
			member_text(out, NULL, group->items[j], j == 0);
		fputs("],\"breaks\":[", out);
		for (j = 0; j < group->n_breaks; j++)
			member_text(out, NULL, group->breaks[j], j == 0);
		fputs("]}", out);
	}
	fputc(']', out);
}

void explain_json(
        FILE *out, const char *path, const struct scan *scan, const Lz__ScanResult *result)
{
	size_t i;

	fputc('{', out);
	member_text(out, "message", scan->submission->message_id, 1);
	member_text(out, "file", path, 0);
	member_text(out, "subject", scan->subject, 0);
	member_text(out, "engine", scan->engine, 0);
	fprintf(out, ",\"signatures_s\":%" PRId64, scan->signatures_s);
	fprintf(out, ",\"size\":%zu,\"score\":%.3f,\"authentic\":%s,\"automatic\":%s,\"parts\":[",
	        scan->size, scan->score, scan->sender_authentic ? "true" : "false",
	        scan->automatic ? "true" : "false");
	for (i = 0; scan->map && i < scan->map->part_count; i++)
		json_part(out, scan->map, i);
	fputc(']', out);
	json_contents(out, scan);
	json_model(out, scan);
	json_checks(out, result->verdict);
	member_text(out, "whole_scanned", scan->whole ? scan->whole : "", 0);
	fprintf(out, ",\"whole_left_out\":%s", scan->left_out ? "true" : "false");
	json_findings(out, scan);
	json_groups(out, scan, result->verdict);
	fputs("}\n", out);
}
