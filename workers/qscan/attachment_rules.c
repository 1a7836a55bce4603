#include "workers/qscan/attachment_rules.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/mime/name.h"

static int matches_any(const struct config_list *patterns, const char *text)
{
	size_t at;

	for (at = 0; at < patterns->count; at++)
		if (text_glob(patterns->items[at], text, strlen(text)))
			return 1;
	return 0;
}

/* A name is tried as it would be opened, and as it was written: a rule may be about just that what
 * the normalising takes off, such as an ending that is a class id. */
static int matches_name(const struct config_list *patterns, const char *name)
{
	char *normalised = name_normalise(name);
	int found = matches_any(patterns, normalised) || matches_any(patterns, name);

	free(normalised);
	return found;
}

static const char *matching_name(
        const struct config_list *patterns, const struct extracted *extracted)
{
	size_t at;

	for (at = 0; patterns->count && at < extracted->name_count; at++)
		if (matches_name(patterns, extracted->names[at]))
			return extracted->names[at];
	return NULL;
}

static const char *matching_type(
        const struct config_list *patterns, const struct extracted *extracted)
{
	size_t at;

	for (at = 0; at < extracted->type_count; at++)
		if (matches_any(patterns, extracted->types[at]))
			return extracted->types[at];
	return NULL;
}

static int rule_matches(const struct config_attachment_rule *rule,
        const struct extracted *extracted, const char *true_type, struct attachment_match *match)
{
	if (extracted->level && !rule->inside)
		return 0;
	match->rule = rule;
	match->what = "name";
	match->text = matching_name(&rule->names, extracted);
	if (match->text)
		return 1;
	match->what = "type";
	match->text = matching_type(&rule->types, extracted);
	if (match->text)
		return 1;
	match->what = "true type";
	match->text = true_type;
	return *true_type && matches_any(&rule->true_types, true_type);
}

int attachment_rules_match(const struct config_attachments *config,
        const struct extracted *extracted, const char *true_type, struct attachment_match *match)
{
	size_t at;

	for (at = 0; at < config->count; at++)
		if (rule_matches(&config->rules[at], extracted, true_type, match))
			return 1;
	return 0;
}

const struct config_attachment_rule *attachment_rules_for_programs(
        const struct config_attachments *config, int level)
{
	struct extracted program = {
	        .level = level, .names = {"x.exe"}, .name_count = 1, .content = EXTRACT_NO_CONTENT};
	struct attachment_match match;

	return attachment_rules_match(
	               config, &program, "application/vnd.microsoft.portable-executable", &match)
	               ? match.rule
	               : NULL;
}

int attachment_name_is_harmless(const char *name)
{
	static const char *const extensions[] = {"pdf", "doc", "docx", "docm", "xls", "xlsx",
	        "xlsm", "ppt", "pptx", "odt", "ods", "odp", "rtf", "txt", "csv", "htm", "html",
	        "xml", "jpg", "jpeg", "png", "gif", "bmp", "tif", "tiff", "svg", "webp", "heic",
	        "mp3", "mp4", "wav", "avi", "mov", "zip", "rar", "7z", "gz", "eml", "msg", "ics",
	        "vcf"};
	char *normalised = name_normalise(name);
	const char *extension = name_extension(normalised);
	int found = 0;
	size_t at;

	for (at = 0; !found && at < sizeof(extensions) / sizeof(extensions[0]); at++)
		found = !strcmp(extension, extensions[at]);
	free(normalised);
	return found;
}
