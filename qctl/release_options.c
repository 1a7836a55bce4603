#include "qctl/release_options.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "qctl/when.h"

enum { WAIT_DEFAULT_MS = 60 * 1000 };

static int is_given(const struct qctl *qctl, const char *name)
{
	return arguments_value(&qctl->arguments, name) != NULL;
}

static enum result read_recipients(
        struct release_options *options, const struct qctl *qctl, struct err *err)
{
	const char *to;

	while ((to = arguments_nth(&qctl->arguments, "to", options->to_count)) != NULL) {
		if (!*to)
			return err_set(err, RESULT_PERMANENT, "--to: ADDRESS is empty");
		options->to = alloc_grow(options->to, options->to_count + 1, sizeof(*options->to));
		options->to[options->to_count++] = (char *)to;
	}
	return RESULT_OK;
}

static enum result read_wait(
        struct release_options *options, const struct qctl *qctl, struct err *err)
{
	const char *timeout = arguments_value(&qctl->arguments, "timeout");

	if (!is_given(qctl, "wait"))
		return RESULT_OK;
	options->wait_ms = WAIT_DEFAULT_MS;
	return timeout ? when_duration(timeout, &options->wait_ms, err) : RESULT_OK;
}

/* ---------------------------------------------------------------- --reason, of two meanings */

static int is_word_of_items(const char *text)
{
	static const char *const words[] = {"virus", "pua", "heuristic", "attachment", "subject",
	        "spam", "access", "size", "unscanned", "undeliverable", "report"};
	size_t at;

	for (at = 0; at < sizeof(words) / sizeof(words[0]); at++)
		if (!strcmp(text, words[at]))
			return 1;
	return 0;
}

/* Among options that choose it chooses, too, where it is one of the words that items have. What is
 * neither that nor a sentence is a word misspelt: it must not choose everything. */
static enum result read_reason_of_search(struct release_options *options,
        struct selection *selection, const char *text, struct err *err)
{
	if (is_word_of_items(text)) {
		selection->request.reason = (char *)text;
		return RESULT_OK;
	}
	if (!strchr(text, ' '))
		return err_set(err, RESULT_PERMANENT,
		        "--reason %s: no reason that items have; why it is done needs more than a "
		        "word, or --why",
		        text);
	options->why = text;
	return RESULT_OK;
}

static enum result read_reasons(struct release_options *options, struct selection *selection,
        const struct qctl *qctl, struct err *err)
{
	enum result result = RESULT_OK;
	const char *text;
	size_t at;

	options->why = "";
	selection->request.reason = (char *)"";
	for (at = 0; !result && (text = arguments_nth(&qctl->arguments, "reason", at)); at++) {
		if (options->is_search)
			result = read_reason_of_search(options, selection, text, err);
		else
			options->why = text;
	}
	text = arguments_value(&qctl->arguments, "why");
	if (text)
		options->why = text;
	return result;
}

/* ---------------------------------------------------------------- all of it */

static int chooses(const struct qctl *qctl, const struct selection *selection)
{
	int is_part = is_given(qctl, "part"); /* then --file is where it goes */
	const struct argument_option *option;

	for (option = selecting_options; option->name; option++)
		if (strcmp(option->name, "reason") != 0 && is_given(qctl, option->name) &&
		        !(is_part && !strcmp(option->name, "file")))
			return 1;
	return *selection->request.reason || is_given(qctl, "limit");
}

static enum result check(const struct release_options *options, const struct selection *selection,
        const struct qctl *qctl, struct err *err)
{
	if (options->is_search && !chooses(qctl, selection))
		return err_set(err, RESULT_PERMANENT, "ids, or options that choose");
	if (!options->is_search && chooses(qctl, selection))
		return err_set(err, RESULT_PERMANENT, "either ids or options that choose");
	if (options->is_forced && !*options->why)
		return err_set(err, RESULT_PERMANENT, "--force needs a --reason");
	return RESULT_OK;
}

enum result release_options_read(struct release_options *options, struct selection *selection,
        struct qctl *qctl, struct err *err)
{
	enum result result = selection_read(selection, qctl, 0, err);

	*options = (struct release_options){0};
	options->is_search = !qctl->arguments.word_count;
	options->is_forced = is_given(qctl, "force");
	options->is_again = is_given(qctl, "again");
	options->is_lesson =
	        is_given(qctl, "learn") || qctl_config(qctl)->spam.model.learn_releases;
	options->is_dry = is_given(qctl, "dry-run");
	options->is_suggestion = is_given(qctl, "suggest");
	if (!result)
		result = read_recipients(options, qctl, err);
	if (!result)
		result = read_wait(options, qctl, err);
	if (!result)
		result = read_reasons(options, selection, qctl, err);
	return result ? result : check(options, selection, qctl, err);
}

void release_options_fini(struct release_options *options)
{
	free(options->to);
	options->to = NULL;
}
