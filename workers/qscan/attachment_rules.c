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

/* What mail clients call a part that has no name, by its type; only where that name is one to run.
 */
static const char *implied_name(const char *type)
{
	static const struct {
		const char *type, *name;
	} table[] = {
	        {"application/x-msdownload", "noname.exe"},
	        {"application/x-msdos-program", "noname.exe"},
	        {"application/x-dosexec", "noname.exe"},
	        {"application/x-exe", "noname.exe"},
	        {"application/exe", "noname.exe"},
	        {"application/vnd.microsoft.portable-executable", "noname.exe"},
	        {"application/x-msi", "noname.msi"},
	        {"application/hta", "noname.hta"},
	        {"application/x-bat", "noname.bat"},
	        {"application/bat", "noname.bat"},
	        {"application/java-archive", "noname.jar"},
	        {"application/x-java-jnlp-file", "noname.jnlp"},
	        {"application/javascript", "noname.js"},
	        {"application/x-javascript", "noname.js"},
	        {"text/javascript", "noname.js"},
	        {"text/vbscript", "noname.vbs"},
	        {"text/scriptlet", "noname.sct"},
	        {"application/x-ms-shortcut", "noname.lnk"},
	        {"application/x-mswinurl", "noname.url"},
	        {"application/x-iso9660-image", "noname.iso"},
	        {"application/vnd.android.package-archive", "noname.apk"},
	};
	size_t at;

	for (at = 0; at < sizeof(table) / sizeof(table[0]); at++)
		if (!strcmp(type, table[at].type))
			return table[at].name;
	return NULL;
}

static const char *matching_name(
        const struct config_list *patterns, const struct extracted *extracted)
{
	const char *name;
	size_t at;

	for (at = 0; patterns->count && at < extracted->name_count; at++)
		if (matches_name(patterns, extracted->names[at]))
			return extracted->names[at];
	for (at = 0; !extracted->name_count && at < extracted->type_count; at++) {
		name = implied_name(extracted->types[at]);
		if (name && matches_name(patterns, name))
			return name;
	}
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
