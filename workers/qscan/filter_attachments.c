/*
 * Attachments: takes everything out of the message that is in it, and holds each piece against the
 * rules by every name it might have, every type it claims, and the type it is.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/text.h"
#include "lib/filetype/filetype.h"
#include "lib/mime/name.h"
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

/* A picture that runs a script in the browser that shows it. */
static int is_live_picture(const struct content *content, const char *name)
{
	static const char *const signs[] = {"<script", "javascript:", "onload=", "onclick=",
	        "onerror=", "onbegin=", "onmouseover=", "onfocus=", "onactivate="};
	char *normalised = name_normalise(name);
	int found = 0;
	size_t at;

	if (!strcmp(name_extension(normalised), "svg"))
		for (at = 0; !found && at < sizeof(signs) / sizeof(signs[0]); at++)
			found = text_find((const char *)content->bytes, content->size, signs[at]) !=
			        NULL;
	free(normalised);
	return found;
}

/* Office keeps macros out of files with these endings; one that has them was renamed. `where` is a
 * path to what is inside: "2/a.docx/word/vbaProject.bin/_VBA_PROJECT". */
static int is_without_macros(const char *where)
{
	static const char *const endings[] = {
	        ".docx/", ".dotx/", ".xlsx/", ".xltx/", ".pptx/", ".potx/", ".ppsx/"};
	size_t at;

	for (at = 0; at < sizeof(endings) / sizeof(endings[0]); at++)
		if (text_find(where, strlen(where), endings[at]))
			return 1;
	return 0;
}

static const char *disguised(const struct content *content, const struct extracted *extracted)
{
	const char *program = filetype_program(content->bytes, content->size);
	const char *name = harmless_name(extracted);

	if (program && name)
		return program;
	if (name && is_live_picture(content, name))
		return "a script";
	if (extracted->name_count && !strcmp(extracted->names[0], "_VBA_PROJECT") &&
	        is_without_macros(extracted->path))
		return "macros";
	return NULL;
}

/* A program under a document's name is what no rule by name sees, and what nobody sends honestly.
 */
static void look_for_disguise(struct scan *scan, const struct extracted *extracted)
{
	const char *what = disguised(&scan->contents[extracted->content], extracted);

	if (what)
		add_finding(scan, extracted, "ATTACHMENT_DISGUISED",
		        attachment_rules_for_programs(&scan->config->attachments, extracted->level),
		        what, "under the name of something else");
}

/* "r00", "z01", "001": the second and later volumes of an archive. */
static int is_volume(const char *extension)
{
	return strlen(extension) == 3 && strchr("rz0123456789", extension[0]) &&
	       strspn(extension + 1, "0123456789") == 2;
}

/* Formats that begin with nothing to tell them by. Of all others it is known by now that the bytes
 * are none: no program would open them for their name. */
static int says_archive(const struct extracted *extracted)
{
	static const char *const endings[] = {
	        "br", "uha", "uc2", "pea", "arc", "sit", "lzo", "dar", "paq8", "bcm"};
	int found = 0;
	size_t name, at;

	for (name = 0; !found && name < extracted->name_count; name++) {
		char *normalised = name_normalise(extracted->names[name]);
		const char *extension = name_extension(normalised);

		found = is_volume(extension);
		for (at = 0; !found && at < sizeof(endings) / sizeof(endings[0]); at++)
			found = !strcmp(extension, endings[at]);
		free(normalised);
	}
	return found;
}

/* Nothing but the name says that it is packed, or a piece of something packed: a program may know
 * how to open it, and we don't. */
static void look_for_unknown(struct scan *scan, const struct extracted *extracted)
{
	const struct content *content = &scan->contents[extracted->content];
	struct finding *finding;

	if (!content->size || !says_archive(extracted) ||
	        unpack_kind(content->bytes, content->size) ||
	        filetype_text(content->bytes, content->size))
		return;
	finding = scan_unscanned(scan, check, UNSCANNED_FORMAT,
	        "an archive by its name, of a kind that isn't known");
	finding->part = extracted->part;
	finding_text(&finding->where, "%s", extracted->path);
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
	if (extracted->content == EXTRACT_NO_CONTENT)
		return;
	look_for_disguise(scan, extracted);
	look_for_unknown(scan, extracted);
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
