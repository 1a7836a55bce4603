/*
 * Attachments: takes everything out of the message that is in it, and holds each piece against the
 * rules by every name it might have, every type it claims, the type it is, and what it has in it.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/text.h"
#include "lib/filetype/filetype.h"
#include "lib/mime/name.h"
#include "lib/unpack/unpack.h"
#include "workers/qscan/attachment_rules.h"
#include "workers/qscan/authentic.h"
#include "workers/qscan/blame.h"
#include "workers/qscan/extract.h"
#include "workers/qscan/scan.h"
#include "workers/qscan/symbol.h"
#include "workers/qscan/traits.h"

static const char check[] = "attachments";

enum { TRAITS_TOLD = 1000 };

struct attachments {
	struct filetype *types;
	struct attachment_rules *rules;
};

static void attachments_close(void **state)
{
	struct attachments *attachments = *state;

	if (!attachments)
		return;
	filetype_close(&attachments->types);
	attachment_rules_free(&attachments->rules);
	free(attachments);
	*state = NULL;
}

/* libmagic's database is loaded once and only read: the forked scanners share it, and each has one
 * thread. */
static enum result attachments_open(const struct config *config, void **state,
        void (*warn)(void *context, const char *sentence), void *context, struct err *err)
{
	struct attachments *attachments = alloc_zero(1, sizeof(*attachments));
	enum result result;

	*state = attachments;
	result = filetype_open(&attachments->types, err);
	if (!result)
		result = attachment_rules_new(&config->attachments, &attachments->rules, err);
	if (result)
		attachments_close(state);
	else
		unpack_start();
	return result;
}

/* ---------------------------------------------------------------- findings */

static void place(struct finding *finding, const struct scan *scan, const struct content *content)
{
	finding->part = content->part;
	finding->content = content - scan->contents;
	finding_text(&finding->where, "%s", content->path);
}

/* What is to be told of a content: by a rule, or of a trait of it. */
struct told {
	const char *symbol;
	const struct config_attachment_rule *rule; /* NULL: none */
	const unsigned char *only;                 /* as in a finding */
};

/* Rules may share a name, and one rule may be for others each time. */
static int says(const struct finding *finding, const struct scan *scan, const struct told *told)
{
	if (strcmp(finding->symbol, told->symbol))
		return 0;
	if (told->rule &&
	        (finding->action != told->rule->action || strcmp(finding->text, told->rule->text)))
		return 0;
	return !finding->only ||
	       (told->only && !memcmp(finding->only, told->only, scan->submission->n_recipients));
}

/* A part is looked at under each encoding, and its name matches every time. These contents stand
 * beside each other: to look further back would only take time. */
static int is_told(const struct scan *scan, const struct content *content, const struct told *told)
{
	enum { BESIDE = 16 };
	long index = content - scan->contents;
	const struct finding *finding;
	size_t at;

	for (at = scan->finding_count; at; at--) {
		finding = &scan->findings[at - 1];
		if (strcmp(finding->check, check) || finding->part != content->part ||
		        finding->content < index - BESIDE)
			return 0;
		if (says(finding, scan, told) && !strcmp(finding->where, content->path))
			return 1;
	}
	return 0;
}

/* NULL where it was told already. */
static struct finding *find(
        struct scan *scan, const struct content *content, const struct told *told)
{
	struct finding *finding;

	if (is_told(scan, content, told))
		return NULL;
	finding = scan_find(scan, check, "attachment", told->symbol);
	place(finding, scan, content);
	return finding;
}

/* What has findings of its own kind: that it could not be scanned. */
static int is_unscanned(enum trait trait)
{
	return trait == TRAIT_ENCRYPTED || trait == TRAIT_AMBIGUOUS || trait == TRAIT_BROKEN;
}

/* Named, whether a rule asks for it or not. */
static void tell_traits(struct scan *scan, const struct content *content)
{
	struct finding *finding;
	enum trait trait;
	char *symbol;

	/* A thousand are told enough: too many findings would hold the message. */
	for (trait = 0; trait < TRAITS && scan->finding_count < TRAITS_TOLD; trait++) {
		if (!content_has(content, trait) || is_unscanned(trait))
			continue;
		symbol = symbol_of("TRAIT", trait_name(trait));
		finding = find(scan, content, &(struct told){.symbol = symbol});
		if (finding)
			finding_text(&finding->detail, "%s%s%s", trait_text(trait),
			        *content->true_type ? ": " : "", content->true_type);
		free(symbol);
	}
}

/* "r00", "z01", "001": the second and later volumes of an archive. */
static int is_volume(const char *extension)
{
	return strlen(extension) == 3 && strchr("rz0123456789", extension[0]) &&
	       strspn(extension + 1, "0123456789") == 2;
}

/* Formats that begin with nothing to tell them by. Of all others it is known by now that the bytes
 * are none: no program would open them for their name. */
static int says_archive(const struct attachment *attachment)
{
	static const char *const endings[] = {
	        "br", "uha", "uc2", "pea", "arc", "sit", "lzo", "dar", "paq8", "bcm"};
	int found = 0;
	size_t name, at;

	for (name = 0; !found && name < attachment->content->name_count; name++) {
		const char *extension = name_extension(attachment->normalised[name]);

		found = is_volume(extension);
		for (at = 0; !found && at < sizeof(endings) / sizeof(endings[0]); at++)
			found = !strcmp(extension, endings[at]);
	}
	return found;
}

/* Nothing but the name says that it is packed, or a piece of something packed: a program may know
 * how to open it, and we don't. */
static void look_for_unknown(struct scan *scan, const struct attachment *attachment)
{
	struct content *content = attachment->content;
	struct finding *finding;

	if (!content->size || *content->kind || !says_archive(attachment) ||
	        unpack_kind(content->bytes, content->size) ||
	        filetype_text(content->bytes, content->size))
		return;
	finding = scan_unscanned(scan, check, UNSCANNED_FORMAT,
	        "an archive by its name, of a kind that isn't known");
	place(finding, scan, content);
	content->traits |= 1u << TRAIT_BROKEN;
}

static void find_type(struct filetype *types, struct content *content)
{
	const char *type;
	int weak;

	if (!content->bytes)
		return;
	type = filetype_of(types, content->bytes, content->size, &weak);
	if (weak)
		return;
	free(content->true_type);
	content->true_type = alloc_string(type);
}

/* ---------------------------------------------------------------- rules */

/* Whom each rule is for, asked once a message: one byte a recipient. NULL: not asked yet. */
struct audiences {
	unsigned char **list;
	size_t count;
};

static const unsigned char *audience_of(const struct audiences *audiences,
        const Lz__Submission *submission, const struct attachment_match *match)
{
	unsigned char **audience = &audiences->list[match->next - 1];
	size_t at;

	if (*audience)
		return *audience;
	*audience = alloc_zero(submission->n_recipients, 1);
	for (at = 0; at < submission->n_recipients; at++)
		(*audience)[at] = attachment_rule_is_for(
		                          match->rule, submission->recipients[at]->address) != 0;
	return *audience;
}

static void audiences_fini(struct audiences *audiences)
{
	while (audiences->count)
		free(audiences->list[--audiences->count]);
	free(audiences->list);
}

/* A content before the rules; `left` has one byte a recipient for whom none has decided yet. */
struct hearing {
	struct scan *scan;
	const struct audiences *audiences;
	const struct attachment *attachment;
	unsigned char *left;
	size_t left_count;
};

/* Takes those out of `left` whom the rule is for, and gives them: one byte a recipient, to be
 * freed.
 */
static unsigned char *decide_for(
        struct hearing *hearing, const struct attachment_match *match, size_t *count)
{
	const Lz__Submission *submission = hearing->scan->submission;
	const unsigned char *audience = audience_of(hearing->audiences, submission, match);
	unsigned char *only = alloc_zero(submission->n_recipients, 1);
	size_t at;

	*count = 0;
	for (at = 0; at < submission->n_recipients; at++) {
		only[at] = hearing->left[at] & audience[at];
		hearing->left[at] -= only[at];
		*count += only[at];
	}
	hearing->left_count -= *count;
	return only;
}

/* What the rule asks for by name counts as allowed where it could not be scanned. */
static void allow(struct hearing *hearing, const struct config_attachment_rule *rule,
        const unsigned char *only)
{
	struct content *content = hearing->attachment->content;
	size_t at, count = hearing->scan->submission->n_recipients;
	unsigned traits = attachment_rule_traits(rule);

	if (!traits)
		return;
	if (!content->allowed)
		content->allowed = alloc_zero(count, sizeof(*content->allowed));
	for (at = 0; at < count; at++)
		if (only[at])
			content->allowed[at] |= traits;
}

static void forbid(struct hearing *hearing, const struct attachment_match *match,
        unsigned char **only, size_t count)
{
	const struct config_attachment_rule *rule = match->rule;
	int is_for_all = count == hearing->scan->submission->n_recipients;
	char *symbol = symbol_of("ATTACHMENT", rule->name);
	struct told told = {symbol, rule, is_for_all ? NULL : *only};
	struct finding *finding = find(hearing->scan, hearing->attachment->content, &told);

	free(symbol);
	if (!finding)
		return;
	finding->action = rule->action;
	finding_text(&finding->rule, "attachments.%s", rule->name);
	finding_text(&finding->text, "%s", rule->text);
	finding_text(&finding->detail, "%s %s", match->what, match->text);
	if (is_for_all)
		return;
	finding->only = *only;
	*only = NULL;
}

static void apply_rule(struct hearing *hearing, const struct attachment_match *match)
{
	size_t count;
	unsigned char *only = decide_for(hearing, match, &count);

	if (count && match->rule->action == ACTION_ALLOW)
		allow(hearing, match->rule, only);
	else if (count)
		forbid(hearing, match, &only, count);
	free(only);
}

static void tell_unsure(
        struct scan *scan, const struct content *content, const struct config_attachment_rule *rule)
{
	struct finding *finding = scan_unscanned(
	        scan, check, UNSCANNED_LIMIT, "a regular expression would take too long");

	place(finding, scan, content);
	finding_text(&finding->rule, "attachments.%s", rule->name);
}

static void apply_rules(const struct attachment_rules *rules, const struct audiences *audiences,
        struct scan *scan, const struct attachment *attachment)
{
	size_t count = scan->submission->n_recipients;
	struct hearing hearing = {scan, audiences, attachment, alloc_zero(count, 1), count};
	struct attachment_match match = {0};
	enum result result = RESULT_OK;

	memset(hearing.left, 1, count);
	while (hearing.left_count && result != RESULT_NONE) {
		result = attachment_rules_match(rules, match.next, attachment, &match);
		if (result == RESULT_TEMPORARY)
			tell_unsure(scan, attachment->content, match.rule);
		else if (result == RESULT_OK)
			apply_rule(&hearing, &match);
	}
	free(hearing.left);
}

static void judge(const struct attachments *attachments, const struct audiences *audiences,
        struct scan *scan, struct content *content, enum config_direction direction)
{
	struct attachment attachment;

	if (blame_content(scan, check, (size_t)(content - scan->contents)))
		find_type(attachments->types, content);
	attachment_init(&attachment, content, direction);
	attachment.sender = scan->submission->reverse_path;
	traits_of_names(&attachment);
	look_for_unknown(scan, &attachment);
	apply_rules(attachments->rules, audiences, scan, &attachment);
	tell_traits(scan, content);
	attachment_fini(&attachment);
}

static void attachments_scan(void *state, struct scan *scan)
{
	const struct attachments *attachments = state;
	struct audiences audiences = {.count = attachment_rules_count(attachments->rules)};
	enum config_direction direction;
	size_t at;

	if (!scan->map)
		return;
	direction =
	        authentic_insider(scan->config, scan->submission) ? DIRECTION_OUT : DIRECTION_IN;
	extract_all(scan);
	audiences.list = alloc_zero(audiences.count, sizeof(*audiences.list));
	for (at = 0; at < scan->content_count && !scan_late(scan); at++)
		judge(state, &audiences, scan, &scan->contents[at], direction);
	if (at < scan->content_count)
		scan_unscanned(scan, check, UNSCANNED_TIMEOUT, "no time left for the rules");
	audiences_fini(&audiences);
}

const struct filter filter_attachments = {
        .name = check,
        .open = attachments_open,
        .scan = attachments_scan,
        .close = attachments_close,
};
