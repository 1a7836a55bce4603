/*
 * Attachments: takes everything out of the message that is in it, and holds each piece against the
 * rules by every name it might have, every type it claims, and the type it is.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/filetype/filetype.h"
#include "lib/unpack/unpack.h"
#include "workers/qscan/attachment_rules.h"
#include "workers/qscan/extract.h"
#include "workers/qscan/scan.h"
#include "workers/qscan/symbol.h"

static const char check[] = "attachments";

/* libmagic's database is loaded once and only read: the forked scanners share it, and each has one
 * thread. */
static enum result attachments_open(const struct config *config, void **state,
        void (*warn)(void *context, const char *sentence), void *context, struct err *err)
{
	struct filetype *types = NULL;
	enum result result = filetype_open(&types, err);

	if (result)
		return result;
	unpack_start();
	*state = types;
	return RESULT_OK;
}

static void attachments_close(void **state)
{
	struct filetype *types = *state;

	if (types)
		filetype_close(&types);
	*state = NULL;
}

/* A part is looked at under each encoding, and its name matches every time. */
static int is_told(const struct scan *scan, const char *symbol, const struct extracted *extracted)
{
	const struct finding *finding;
	size_t at;

	for (at = scan->finding_count; at; at--) {
		finding = &scan->findings[at - 1];
		if (strcmp(finding->check, check))
			return 0;
		if (finding->part == extracted->part && !strcmp(finding->symbol, symbol) &&
		        !strcmp(finding->where, extracted->path))
			return 1;
		if (finding->part != extracted->part)
			return 0;
	}
	return 0;
}

static void add_finding(struct scan *scan, const struct extracted *extracted, const char *symbol,
        const struct config_attachment_rule *rule, const char *what, const char *text)
{
	struct finding *finding;

	if (is_told(scan, symbol, extracted))
		return;
	finding = scan_find(scan, check, "attachment", symbol);
	finding->part = extracted->part;
	finding_text(&finding->where, "%s", extracted->path);
	finding_text(&finding->detail, "%s %s", what, text);
	if (!rule)
		return;
	finding->action = rule->action;
	finding_text(&finding->rule, "attachments.%s", rule->name);
	finding_text(&finding->text, "%s", rule->text);
}

static const char *harmless_name(const struct extracted *extracted)
{
	size_t at;

	for (at = 0; at < extracted->name_count; at++)
		if (attachment_name_is_harmless(extracted->names[at]))
			return extracted->names[at];
	return NULL;
}

/* A program under a document's name is what no rule by name sees, and what nobody sends honestly.
 */
static void look_for_disguise(struct scan *scan, const struct extracted *extracted)
{
	const struct content *content = &scan->contents[extracted->content];
	const char *program = filetype_program(content->bytes, content->size);
	const char *name = program ? harmless_name(extracted) : NULL;

	if (name)
		add_finding(scan, extracted, "ATTACHMENT_DISGUISED",
		        attachment_rules_for_programs(&scan->config->attachments, extracted->level),
		        program, "under the name of something else");
}

static const char *find_type(
        struct filetype *types, struct scan *scan, const struct extracted *extracted)
{
	struct content *content = &scan->contents[extracted->content];
	const char *type;
	int weak;

	type = filetype_of(types, content->bytes, content->size, &weak);
	if (!weak) {
		free(content->true_type);
		content->true_type = alloc_string(type);
	}
	return content->true_type;
}

static void judge(void *context, struct scan *scan, const struct extracted *extracted)
{
	const char *true_type = "";
	struct attachment_match match;

	if (extracted->content != EXTRACT_NO_CONTENT)
		true_type = find_type(context, scan, extracted);
	if (attachment_rules_match(&scan->config->attachments, extracted, true_type, &match)) {
		char *symbol = symbol_of("ATTACHMENT", match.rule->name);

		if (match.rule->action != ACTION_ALLOW)
			add_finding(scan, extracted, symbol, match.rule, match.what, match.text);
		free(symbol);
		if (match.rule->action == ACTION_ALLOW)
			return;
	}
	if (extracted->content != EXTRACT_NO_CONTENT)
		look_for_disguise(scan, extracted);
}

static void attachments_scan(void *state, struct scan *scan)
{
	if (scan->map)
		extract_all(scan, judge, state);
}

const struct filter filter_attachments = {
        .name = check,
        .open = attachments_open,
        .scan = attachments_scan,
        .close = attachments_close,
};
