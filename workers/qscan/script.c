#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/safe.h"
#include "lib/base/text.h"
#include "lib/mime/cut.h"
#include "workers/qscan/verdict.h"
#include "workers/qscan/words.h"

enum { NAME_ROOM = 200, TEXT_ROOM = 2000 };

/* The finding to name: the first that asked for the cut. */
static const struct finding *reason_for(
        const struct scan *scan, const struct group *group, size_t part)
{
	size_t i;

	for (i = 0; i < scan->finding_count; i++)
		if (scan->findings[i].part == (int)part &&
		        finding_concerns(&scan->findings[i], group->recipients[0]) &&
		        policy_asks(group->outcome.policy, scan, &scan->findings[i],
		                group->recipients[0]) == ACTION_CUT)
			return &scan->findings[i];
	return NULL;
}

static void add_closing(struct buf *out, const struct config_site *site)
{
	buf_add_string(out, "\nThe original is kept in quarantine for a while. If you need it, ");
	if (*site->admin)
		buf_add_format(out, "write to\n%s and name the item.\n", site->admin);
	else
		buf_add_string(out, "name the\nitem to your administrator.\n");
}

/* A reader's program will say that the signature is wrong, and must not be a riddle to him. */
static int is_signed(const struct scan *scan, size_t index)
{
	while (index) {
		index = scan->map->parts[index].parent;
		if (text_same(scan->map->parts[index].type, "multipart/signed"))
			return 1;
	}
	return 0;
}

/* What a recipient reads where the part was. */
static char *replacement(
        const struct scan *scan, const struct group *group, size_t index, const char *item)
{
	const struct mime_part *part = &scan->map->parts[index];
	const struct finding *finding = reason_for(scan, group, index);
	char *name = safe_text(part->name_count ? part->names[0].text : part->type, NAME_ROOM);
	char *words = finding ? words_of_part(finding) : alloc_string(group->outcome.detail);
	char *text = safe_text(finding ? finding->text : "", TEXT_ROOM);
	const char *site = scan->config->site.name;
	struct buf out = {0};

	buf_add_format(&out, "A part of this message was removed by the mail filter%s%s.\n\n",
	        *site ? " of\n" : "", site);
	buf_add_format(&out, "File:   %s\nReason: %s\nItem:   %s\n", name, words, item);
	if (*text)
		buf_add_format(&out, "\n%s\n", text);
	if (is_signed(scan, index))
		buf_add_string(&out, "\nThe sender's signature doesn't fit the message any more "
		                     "because of this.\n");
	add_closing(&out, &scan->config->site);
	free(name);
	free(words);
	free(text);
	return buf_give(&out);
}

static const char *in_words(const char *word)
{
	static const struct {
		const char *word, *words;
	} known[] = {{"signed", "a cut would break its signature"},
	        {"encrypted", "it is encrypted"}, {"encoded", "it is inside an encoded part"},
	        {"ambiguous", "what is around it can be read in several ways"},
	        {"header", "its header can be read in several ways"},
	        {"truncated", "it has more parts than are looked at"}};
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(known[i].word, word) == 0)
			return known[i].words;
	return word;
}

static enum result cut_parts(const struct scan *scan, const struct group *group, const char *item,
        struct cut *cut, struct err *err)
{
	enum result result = RESULT_OK;
	size_t i;
	char *text;

	for (i = 0; group->outcome.cuts && i < scan->map->part_count && !result; i++) {
		if (!group->outcome.cuts[i])
			continue;
		text = replacement(scan, group, i, item);
		result = cut_part(cut, scan->map, i, text, err);
		free(text);
		if (result)
			return err_set(err, RESULT_PERMANENT, "part %s can't be cut: %s",
			        scan->map->parts[i].path, in_words(err->text));
	}
	return RESULT_OK;
}

static void take_cuts(struct edits *edits, struct cut *cut)
{
	size_t i;

	for (i = 0; i < cut->count; i++) {
		struct buf bytes = {0};

		buf_add(&bytes, cut->edits[i].bytes, cut->edits[i].size);
		edits_add(edits, cut->edits[i].offset, cut->edits[i].length, &bytes);
	}
}

enum result script_make(const struct scan *scan, const struct group *group, const char *item,
        struct edits *out, struct err *err)
{
	const struct outcome *outcome = &group->outcome;
	struct cut cut = {.may_break_signatures = outcome->policy->cut_signed};
	enum result result;

	if (!scan->map)
		return RESULT_OK; /* nobody has read it: only fields in front can be added */
	result = cut_parts(scan, group, item, &cut, err);
	if (!result) {
		take_cuts(out, &cut);
		edits_strip_fields(out, scan->map);
		if (outcome->spam && *outcome->policy->subject_prefix)
			edits_prefix_subject(out, scan->map, outcome->policy->subject_prefix);
		if (!edits_settle(out))
			result = err_set(err, RESULT_PERMANENT, "its cuts and fields overlap");
	}
	cut_fini(&cut);
	if (result)
		edits_fini(out);
	return result;
}
