/*
 * Patterns over the Subject or another header field, decoded, as it came, and folded: whatever a
 * recipient would read there must match what the administrator wrote. The first rule that matches
 * decides.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/text.h"
#include "lib/match/match.h"
#include "lib/mime/decode.h"
#include "workers/qscan/header_text.h"
#include "workers/qscan/lists.h"
#include "workers/qscan/scan.h"
#include "workers/qscan/symbol.h"

static const char check[] = "subject";

enum { FIELDS_MOST = 20 };

/* One pattern in the form its rule needs. */
struct pattern {
	char *text, *folded;
	struct match *match; /* of a regular expression */
};

struct rule {
	const struct config_subject_rule *config;
	struct pattern *patterns;
	size_t count;
};

struct subject {
	struct rule *rules;
	size_t count;
};

/* One way to read a field. */
struct reading {
	const char *text;
	int is_folded;
};

/* ---------------------------------------------------------------- opening */

static void rule_fini(struct rule *rule)
{
	size_t at;

	for (at = 0; at < rule->count; at++) {
		free(rule->patterns[at].text);
		free(rule->patterns[at].folded);
		match_free(&rule->patterns[at].match);
	}
	free(rule->patterns);
}

static void subject_close(void **state)
{
	struct subject *subject = *state;
	size_t at;

	if (!subject)
		return;
	for (at = 0; at < subject->count; at++)
		rule_fini(&subject->rules[at]);
	free(subject->rules);
	free(subject);
	*state = NULL;
}

static enum result make_pattern(struct pattern *pattern, const char *text,
        const struct config_subject_rule *config, struct err *err)
{
	pattern->text = alloc_string(text);
	if (config->match != MATCH_REGEX) {
		pattern->folded = header_text_fold(text);
		return RESULT_OK;
	}
	if (match_new(text, MATCH_CASELESS | MATCH_UTF, &pattern->match, err))
		return err_wrap(err, RESULT_PERMANENT, "rule %.30s%s%.60s: \"%.40s\"", config->name,
		        *config->patterns_file ? ", with " : "", config->patterns_file, text);
	return RESULT_OK;
}

static enum result make_rule(
        struct rule *rule, const struct config_subject_rule *config, struct err *err)
{
	struct list *list = NULL;
	enum result result =
	        list_new(&config->patterns, config->patterns_file, LISTS_TEXT, &list, err);
	size_t at;

	if (result)
		return result;
	rule->config = config;
	rule->patterns = alloc_zero(list_count(list), sizeof(*rule->patterns));
	rule->count = list_count(list);
	for (at = 0; !result && at < rule->count; at++)
		result = make_pattern(&rule->patterns[at], list_item(list, at), config, err);
	list_free(&list);
	return result;
}

static enum result subject_open(const struct config *config, void **state,
        void (*warn)(void *context, const char *sentence), void *context, struct err *err)
{
	struct subject *subject = alloc_zero(1, sizeof(*subject));
	enum result result = RESULT_OK;
	size_t at;

	subject->rules = alloc_zero(config->subject.count, sizeof(*subject->rules));
	subject->count = config->subject.count;
	*state = subject;
	for (at = 0; !result && at < subject->count; at++)
		result = make_rule(&subject->rules[at], &config->subject.rules[at], err);
	if (result)
		subject_close(state);
	return result;
}

/* An allow rule of the access list that is for everybody switches this off. */
static int subject_wanted(const void *state, const struct scan *scan)
{
	const struct subject *subject = state;

	return subject->count && !scan->allowed;
}

/* ---------------------------------------------------------------- matching */

/* RESULT_TEMPORARY where a regular expression gave up. */
static enum result pattern_matches(
        const struct pattern *pattern, enum pattern_match kind, const struct reading *reading)
{
	const char *wanted = reading->is_folded ? pattern->folded : pattern->text;
	int found = 0;

	switch (kind) {
	case MATCH_EXACT:
		found = text_same(reading->text, wanted);
		break;
	case MATCH_PREFIX:
		found = text_starts(reading->text, wanted);
		break;
	case MATCH_GLOB:
		found = text_glob(wanted, reading->text, strlen(reading->text));
		break;
	case MATCH_REGEX:
		return match_find(
		        pattern->match, reading->text, strlen(reading->text), 0, NULL, NULL);
	}
	return found ? RESULT_OK : RESULT_NONE;
}

static void tell(struct scan *scan, const struct rule *rule, const struct pattern *pattern)
{
	const struct config_subject_rule *config = rule->config;
	char *symbol = symbol_of("SUBJECT", config->name);
	struct finding *finding;

	finding = scan_find(scan, check, "subject", symbol);
	finding->action = config->action;
	finding->code = config->code;
	finding->quiet = !config->notify;
	finding_text(&finding->rule, "subject.%s", config->name);
	finding_text(&finding->text, "%s", config->text);
	finding_text(&finding->where, "%s", config->field);
	finding_text(&finding->detail, "%s", pattern->text);
	free(symbol);
}

static void tell_unsure(struct scan *scan, const struct rule *rule)
{
	struct finding *finding = scan_unscanned(
	        scan, check, UNSCANNED_LIMIT, "a regular expression would take too long");

	finding_text(&finding->rule, "subject.%s", rule->config->name);
	finding_text(&finding->where, "%s", rule->config->field);
}

static int try_reading(struct scan *scan, const struct rule *rule, const struct reading *reading)
{
	enum result result;
	size_t at;

	for (at = 0; at < rule->count; at++) {
		result = pattern_matches(&rule->patterns[at], rule->config->match, reading);
		if (result == RESULT_TEMPORARY) {
			tell_unsure(scan, rule);
			return 0;
		}
		if (result != RESULT_OK)
			continue;
		if (rule->config->action != ACTION_ALLOW)
			tell(scan, rule, &rule->patterns[at]);
		return 1;
	}
	return 0;
}

/* The field without its folds and the blanks around it, otherwise as it came. To be freed. */
static char *raw_text(const struct scan *scan, const struct mime_field *field)
{
	const char *from = (const char *)scan->bytes + field->value.offset;
	size_t size = field->value.length, at, length = 0;
	char *text;

	while (size && strchr(" \t\r\n", *from)) {
		from++;
		size--;
	}
	text = alloc_bytes(from, size);
	for (at = 0; at < size; at++)
		if (text[at] && text[at] != '\r' && text[at] != '\n')
			text[length++] = text[at];
	text[length] = '\0';
	return text;
}

static int try_field(
        struct scan *scan, const struct rule *rule, const char *decoded, const char *raw)
{
	char *folded = header_text_fold(decoded);
	struct reading readings[] = {{decoded, 0}, {raw, 0}, {folded, 1}};
	size_t at;
	int found = 0;

	for (at = 0; !found && at < sizeof(readings) / sizeof(readings[0]); at++) {
		if (rule->config->strip_prefixes)
			readings[at].text = header_text_strip(readings[at].text);
		found = try_reading(scan, rule, &readings[at]);
	}
	free(folded);
	return found;
}

/* Clients differ in which of several fields they show: each is tried. */
static int try_rule(struct scan *scan, const struct rule *rule)
{
	const struct mime_field *field;
	char *decoded, *raw;
	int found = 0;
	size_t nth;

	for (nth = 0; !found && nth < FIELDS_MOST; nth++) {
		field = mime_field(scan->map, 0, rule->config->field, nth);
		if (!field)
			break;
		decoded = decode_field(scan->map, 0, rule->config->field, nth);
		raw = raw_text(scan, field);
		found = try_field(scan, rule, decoded ? decoded : raw, raw);
		free(decoded);
		free(raw);
	}
	return found;
}

static void subject_scan(void *state, struct scan *scan)
{
	const struct subject *subject = state;
	size_t at;

	for (at = 0; scan->map && at < subject->count; at++)
		if (try_rule(scan, &subject->rules[at]))
			return;
}

const struct filter filter_subject = {
        .name = check,
        .open = subject_open,
        .wanted = subject_wanted,
        .scan = subject_scan,
        .close = subject_close,
};
