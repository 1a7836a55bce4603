#include "qctl/suggest.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/text.h"
#include "lib/base/utf8.h"

enum { RECIPIENTS_MOST = 20, TEXTS_MOST = 50 };

/* Texts that a rule lists, each once. */
struct texts {
	size_t count;
	char **list;
};

struct suggestion {
	const Lz__Item *item;
	int is_access;         /* access, subject and spam: an access rule allows them */
	struct texts names;    /* of contents that a rule forbids */
	struct texts types;    /* of those that have no name */
	struct texts unopened; /* names of contents that could not be scanned, */
	struct texts traits;   /* and what they are */
};

static void add(struct texts *texts, const char *text)
{
	size_t at;

	for (at = 0; at < texts->count; at++)
		if (!strcmp(texts->list[at], text))
			return;
	if (texts->count == TEXTS_MOST || !*text)
		return;
	texts->list = alloc_grow(texts->list, texts->count + 1, sizeof(*texts->list));
	texts->list[texts->count++] = alloc_string(text);
}

static void texts_fini(struct texts *texts)
{
	while (texts->count)
		free(texts->list[--texts->count]);
	free(texts->list);
}

/* ---------------------------------------------------------------- names */

/* Names are compared without regard to case, of ASCII alone: others are given as they are compared.
 * To be freed. */
static char *folded(const char *name)
{
	const unsigned char *in = (const unsigned char *)name;
	size_t left = strlen(name), run;
	struct buf out = {0};
	uint32_t code;
	char bytes[4];

	buf_add_string(&out, "");
	for (; left; in += run, left -= run) {
		run = utf8_decode(in, left, &code);
		if (run)
			buf_add(&out, bytes, utf8_encode(utf8_fold(code), bytes));
		else
			run = 1;
	}
	return buf_give(&out);
}

/* As it was written, and as it would be opened: without trailing dots and blanks. */
static void add_name(struct texts *names, const char *name)
{
	char *text = folded(name);
	size_t size = strlen(text);

	add(names, text);
	while (size && strchr(". ", text[size - 1]))
		text[--size] = '\0';
	add(names, text);
	free(text);
}

static const Lz__Part *part_at(const Lz__Item *item, const char *path)
{
	size_t at;

	for (at = 0; at < item->n_parts; at++)
		if (!strcmp(item->parts[at]->path, path))
			return item->parts[at];
	return NULL;
}

/* A member of a container is named by its path, a part by what is known of it. */
static void add_names_of(
        const Lz__Item *item, const Lz__Symbol *symbol, struct texts *names, struct texts *types)
{
	static const char by_name[] = "name ";
	const char *member = strrchr(symbol->where, '/');
	const Lz__Part *part = part_at(item, symbol->where);

	if (member)
		add_name(names, member + 1);
	else if (part && *part->name)
		add_name(names, part->name);
	else if (part && types)
		add(types, part->type);
	if (!strncmp(symbol->detail, by_name, sizeof(by_name) - 1))
		add_name(names, symbol->detail + sizeof(by_name) - 1);
}

/* ---------------------------------------------------------------- what was found */

static const char *trait_of(const char *symbol)
{
	static const char *const pairs[][2] = {{"UNSCANNED_ENCRYPTED", "encrypted"},
	        {"UNSCANNED_FORMAT", "broken"}, {"UNSCANNED_AMBIGUOUS", "ambiguous"}};
	size_t at;

	for (at = 0; at < sizeof(pairs) / sizeof(pairs[0]); at++)
		if (!strcmp(symbol, pairs[at][0]))
			return pairs[at][1];
	return NULL;
}

static void take(struct suggestion *suggestion, const Lz__Symbol *symbol)
{
	const Lz__Item *item = suggestion->item;
	const char *trait = trait_of(symbol->name);

	if (text_starts(symbol->name, "ATTACHMENT_"))
		add_names_of(item, symbol, &suggestion->names, &suggestion->types);
	else if (text_starts(symbol->name, "SUBJECT_") || text_starts(symbol->name, "ACCESS_"))
		suggestion->is_access = 1;
	else if (trait && *symbol->where) {
		add(&suggestion->traits, trait);
		add_names_of(item, symbol, &suggestion->unopened, NULL);
	}
}

static enum result refuse(struct err *err, const char *why)
{
	return err_set(
	        err, RESULT_NONE, "there is no rule that would have let it through: %s", why);
}

/* What no rule decides about. */
static enum result check_reason(const Lz__Item *item, struct err *err)
{
	size_t at;

	for (at = 0; at < item->n_symbols; at++) {
		if (text_starts(item->symbols[at]->name, "VIRUS_"))
			return refuse(err, "it has a virus");
		if (!strcmp(item->symbols[at]->name, "ACCESS_NULL_SENDER"))
			return refuse(err, "access.null_sender_one_recipient decides");
	}
	if (!strcmp(item->reason, "virus"))
		return refuse(err, "it has a virus");
	if (!strcmp(item->reason, "pua") || !strcmp(item->reason, "heuristic"))
		return refuse(err, "policy.pua and policy.heuristic decide for all mail");
	if (!strcmp(item->reason, "size"))
		return refuse(err, "size.max_size decides for all mail");
	if (!strcmp(item->reason, "request"))
		return refuse(err, "it asked for a release, which notifier.requests decides");
	if (!strcmp(item->reason, "report"))
		return refuse(err, "it is a report of spam, which spam.model.reports discards");
	if (!strcmp(item->reason, "undeliverable"))
		return refuse(err, "the next hop has refused it");
	return RESULT_OK;
}

/* A name that was altered to be kept can't be told exactly. */
static enum result check_names(const struct texts *names, struct err *err)
{
	size_t at;

	for (at = 0; at < names->count; at++)
		if (strpbrk(names->list[at], "?") || strstr(names->list[at], "\xe2\x80\xa6"))
			return refuse(err, "a name in it has characters that nobody sees");
	return RESULT_OK;
}

static enum result check(const struct suggestion *suggestion, struct err *err)
{
	const char *reason = suggestion->item->reason;
	enum result result = check_names(&suggestion->names, err);

	if (!result)
		result = check_names(&suggestion->unopened, err);
	if (result)
		return result;
	if (!strcmp(reason, "attachment") && !suggestion->names.count && !suggestion->types.count)
		return refuse(err, "what was cut has neither a name nor a type");
	if (!strcmp(reason, "unscanned") && !suggestion->unopened.count)
		return refuse(err, "policy.unscanned decides on what could not be looked at");
	if (!suggestion->is_access && !suggestion->names.count && !suggestion->types.count &&
	        !suggestion->unopened.count)
		return refuse(err, "none of what was found is what a rule could allow");
	return RESULT_OK;
}

/* ---------------------------------------------------------------- as YAML */

static void add_quoted(struct buf *out, const char *text)
{
	buf_add_char(out, '\'');
	for (; *text; text++) {
		if (*text == '\'')
			buf_add_char(out, '\'');
		buf_add_char(out, *text);
	}
	buf_add_char(out, '\'');
}

static void add_list(struct buf *out, const char *key, const struct texts *texts)
{
	size_t at;

	if (!texts->count)
		return;
	buf_add_format(out, "      %s: [", key);
	for (at = 0; at < texts->count; at++) {
		if (at)
			buf_add_string(out, ", ");
		add_quoted(out, texts->list[at]);
	}
	buf_add_string(out, "]\n");
}

/* Whose mail it is; a list of very many recipients is nobody's exception. */
static void add_envelope(struct buf *out, const Lz__Item *item)
{
	const char *domain = strrchr(item->reverse_path, '@');
	struct texts senders = {0}, recipients = {0};
	size_t at;

	add(&senders, domain ? domain : *item->reverse_path ? item->reverse_path : "<>");
	for (at = 0; at < item->n_recipients && item->n_recipients <= RECIPIENTS_MOST; at++)
		add(&recipients, item->recipients[at]->address);
	add_list(out, "senders", &senders);
	add_list(out, "recipients", &recipients);
	texts_fini(&senders);
	texts_fini(&recipients);
}

static void add_access(const struct suggestion *suggestion, struct buf *out)
{
	buf_add_format(out,
	        "access:\n  rules: # in front of those that are there\n    - name: allow-%.8s\n",
	        suggestion->item->id);
	add_envelope(out, suggestion->item);
	buf_add_string(out, "      action: allow\n");
}

static void add_exception(const struct suggestion *suggestion, const struct texts *names,
        const struct texts *types, const struct texts *traits, struct buf *out)
{
	buf_add_format(
	        out, "    - name: allow-%.8s%s\n", suggestion->item->id, traits ? "-unopened" : "");
	if (names->count)
		buf_add_string(out, "      match: exact\n");
	add_list(out, "names", names);
	if (types)
		add_list(out, "types", types);
	if (traits)
		add_list(out, "traits", traits);
	add_envelope(out, suggestion->item);
	buf_add_string(out, "      action: allow\n");
}

/* The one with traits first: what it lets through passes the other, too, and not the other way. */
static void add_exceptions(const struct suggestion *suggestion, struct buf *out)
{
	if (!suggestion->names.count && !suggestion->types.count && !suggestion->unopened.count)
		return;
	buf_add_string(out, "attachments:\n  exceptions:\n");
	if (suggestion->unopened.count)
		add_exception(suggestion, &suggestion->unopened, NULL, &suggestion->traits, out);
	if (suggestion->names.count || suggestion->types.count)
		add_exception(suggestion, &suggestion->names, &suggestion->types, NULL, out);
}

enum result suggest_rules(const Lz__Item *item, struct buf *out, struct err *err)
{
	struct suggestion suggestion = {.item = item};
	enum result result = check_reason(item, err);
	size_t at;

	if (result)
		return result;
	suggestion.is_access = !strcmp(item->reason, "spam") || !strcmp(item->reason, "subject") ||
	                       !strcmp(item->reason, "access");
	for (at = 0; at < item->n_symbols; at++)
		take(&suggestion, item->symbols[at]);
	result = check(&suggestion, err);
	if (!result && suggestion.is_access)
		add_access(&suggestion, out);
	if (!result)
		add_exceptions(&suggestion, out);
	texts_fini(&suggestion.names);
	texts_fini(&suggestion.types);
	texts_fini(&suggestion.unopened);
	texts_fini(&suggestion.traits);
	return result;
}
