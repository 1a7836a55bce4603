#include "qctl/selection.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "lib/base/text.h"
#include "lib/config/form.h"
#include "qctl/print.h"
#include "qctl/when.h"

enum { PAGE = 200 };

static char *value_of(const struct qctl *qctl, const char *name)
{
	const char *value = arguments_value(&qctl->arguments, name);

	return (char *)(value ? value : "");
}

static enum result read_time(
        const struct qctl *qctl, const char *name, int64_t *out, struct err *err)
{
	const char *value = arguments_value(&qctl->arguments, name);

	return value ? when_parse(value, clock_wall_ms(), out, err) : RESULT_OK;
}

static enum result read_states(struct selection *selection, struct err *err)
{
	const struct arguments *arguments = &selection->qctl->arguments;
	const char *name;
	size_t at;

	for (at = 0; (name = arguments_nth(arguments, "state", at)) != NULL; at++)
		if (at == SELECTION_STATES_MOST || !print_state_named(name, &selection->states[at]))
			return err_set(err, RESULT_PERMANENT,
			        "--state %s: pending, held, released or unconfirmed is expected",
			        name);
	selection->request.states = selection->states;
	selection->request.n_states = at;
	return RESULT_OK;
}

/* As sha256sum prints it, or in capitals. */
static enum result read_hash(struct selection *selection, struct err *err)
{
	const char *text = arguments_value(&selection->qctl->arguments, "hash");
	size_t at;

	selection->request.sha256 = selection->hash;
	if (!text)
		return RESULT_OK;
	if (strlen(text) != DIGEST_HEX_ROOM - 1)
		return err_set(err, RESULT_PERMANENT,
		        "--hash: the 64 hexadecimal digits of a SHA-256 are expected");
	for (at = 0; text[at]; at++)
		if (text_hex_value((unsigned char)text[at]) < 0)
			return err_set(err, RESULT_PERMANENT, "--hash: %c is no hexadecimal digit",
			        text[at]);
	memcpy(selection->hash, text, DIGEST_HEX_ROOM);
	text_lower(selection->hash);
	return RESULT_OK;
}

static enum result read_size(
        const struct qctl *qctl, const char *name, uint64_t *out, struct err *err)
{
	const char *text = arguments_value(&qctl->arguments, name);

	if (text && (!form_size(text, out) || !*out))
		return err_set(err, RESULT_PERMANENT,
		        "--%s %s: a size such as 800k or 25M is expected", name, text);
	return RESULT_OK;
}

static enum result read_score(const struct qctl *qctl, Lz__List *request, struct err *err)
{
	const char *text = arguments_value(&qctl->arguments, "score");

	if (text && !form_points(text, &request->score))
		return err_set(err, RESULT_PERMANENT, "--score %s: a number is expected", text);
	request->has_score = text != NULL;
	return RESULT_OK;
}

static enum result read_limit(struct selection *selection, uint64_t usual, struct err *err)
{
	const char *text = arguments_value(&selection->qctl->arguments, "limit");

	selection->left = usual;
	if (text && !text_number(text, UINT32_MAX, &selection->left))
		return err_set(err, RESULT_PERMANENT, "--limit %s: a number is expected", text);
	if (!selection->left)
		selection->left = UINT64_MAX;
	return RESULT_OK;
}

/* Of a variable that was never set, as a script may have it, nothing is meant: it must not choose
 * everything. */
static enum result check_values(const struct qctl *qctl, struct err *err)
{
	const struct argument_option *option;
	const char *value;
	size_t at;

	for (option = selecting_options; option->name; option++)
		for (at = 0; option->value &&
		             (value = arguments_nth(&qctl->arguments, option->name, at)) != NULL;
		        at++)
			if (!*value)
				return err_set(err, RESULT_PERMANENT, "--%s: %s is empty",
				        option->name, option->value);
	return RESULT_OK;
}

enum result selection_read(
        struct selection *selection, struct qctl *qctl, uint64_t usual_limit, struct err *err)
{
	Lz__List *request = &selection->request;
	enum result result;

	*selection = (struct selection){.qctl = qctl};
	lz__list__init(request);
	request->sender = value_of(qctl, "sender");
	request->recipient = value_of(qctl, "recipient");
	request->reason = value_of(qctl, "reason");
	request->requested = arguments_value(&qctl->arguments, "requested") != NULL;
	request->text = value_of(qctl, "text");
	request->domain = value_of(qctl, "domain");
	request->subject = value_of(qctl, "subject");
	request->virus = value_of(qctl, "virus");
	request->file = value_of(qctl, "file");
	request->on_hold = arguments_value(&qctl->arguments, "on-hold") != NULL;
	selection->next = alloc_string(value_of(qctl, "after"));
	result = check_values(qctl, err);
	if (!result)
		result = read_time(qctl, "since", &request->since_ms, err);
	if (!result)
		result = read_time(qctl, "until", &request->until_ms, err);
	if (!result)
		result = read_states(selection, err);
	if (!result)
		result = read_hash(selection, err);
	if (!result)
		result = read_size(qctl, "larger-than", &request->larger_than, err);
	if (!result)
		result = read_size(qctl, "smaller-than", &request->smaller_than, err);
	if (!result)
		result = read_score(qctl, request, err);
	return result ? result : read_limit(selection, usual_limit, err);
}

int selection_chooses(const struct qctl *qctl)
{
	const struct argument_option *option;

	for (option = selecting_options; option->name; option++)
		if (arguments_value(&qctl->arguments, option->name))
			return 1;
	return arguments_value(&qctl->arguments, "limit") != NULL;
}

uint64_t selection_estimate(struct qctl *qctl)
{
	Lz__StatsRequest request = LZ__STATS_REQUEST__INIT;
	struct wire_message answer;
	const Lz__Stats *stats;
	uint64_t total = 0;
	struct err err;
	size_t at;

	if (qctl->arguments.word_count)
		return qctl->arguments.word_count;
	if (selection_chooses(qctl) ||
	        qctl_ask(qctl, MESSAGE_STATS_REQUEST, &request, &answer, &err))
		return 0;
	stats = (const Lz__Stats *)answer.envelope;
	for (at = 0; at < stats->n_now; at++)
		if (!strncmp(stats->now[at]->name, "items.", 6))
			total += stats->now[at]->value;
	wire_message_free(&answer);
	return total;
}

void selection_fini(struct selection *selection)
{
	free(selection->next);
	selection->next = NULL;
}

enum result selection_page(struct selection *selection, struct wire_message *page, struct err *err)
{
	Lz__List *request = &selection->request;
	const Lz__Items *items;
	enum result result;

	if (!selection->left || (selection->is_begun && !*selection->next))
		return RESULT_NONE;
	request->after = selection->next;
	request->limit = selection->left < PAGE ? (uint32_t)selection->left : PAGE;
	result = qctl_ask(selection->qctl, MESSAGE_LIST, request, page, err);
	if (result)
		return result == RESULT_NONE ? RESULT_PERMANENT : result;
	items = (const Lz__Items *)page->envelope;
	selection->is_begun = 1;
	selection->left -= items->n_items < selection->left ? items->n_items : selection->left;
	free(selection->next);
	selection->next = alloc_string(items->next);
	return RESULT_OK;
}
