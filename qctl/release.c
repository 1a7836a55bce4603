/*
 * release, delete: what changes the quarantine.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "qctl/print.h"
#include "qctl/qctl.h"
#include "qctl/when.h"
#include "qctl/who.h"

enum { WAIT_DEFAULT_MS = 60 * 1000, POLL_US = 500 * 1000 };

static enum result show_item(
        struct qctl *qctl, char *id, struct wire_message *answer, struct err *err)
{
	Lz__Show request = LZ__SHOW__INIT;

	request.id = id;
	return qctl_ask(qctl, MESSAGE_SHOW, &request, answer, err);
}

/* ---- release ---- */

/* The record's state now, to be freed; NULL where it is gone. */
static char *state_of(struct qctl *qctl, char *item, const char *outgoing)
{
	struct wire_message answer;
	const Lz__Shown *shown;
	char *state = NULL;
	struct err err;
	size_t at;

	if (show_item(qctl, item, &answer, &err))
		return NULL;
	shown = (const Lz__Shown *)answer.envelope;
	for (at = 0; at < shown->n_outbox; at++)
		if (!strcmp(shown->outbox[at]->id, outgoing))
			state = alloc_format(
			        "%s\n%s", shown->outbox[at]->state, shown->outbox[at]->last);
	wire_message_free(&answer);
	return state;
}

static int is_final(const char *state)
{
	return !strncmp(state, "done\n", 5) || !strncmp(state, "dead\n", 5);
}

static int tell_outcome(const char *item, const char *state)
{
	struct buf text = {0};
	int done = !strncmp(state, "done", 4);
	const char *last = strchr(state, '\n') + 1;

	buf_add_format(&text, "%s: %s", item, done ? "delivered" : "failed");
	if (*last) {
		buf_add_string(&text, ": ");
		columns_safe(&text, last, 0);
	}
	fprintf(stderr, "%s\n", text.data);
	buf_fini(&text);
	return done ? QCTL_OK : QCTL_FAILED;
}

static int wait_for(struct qctl *qctl, char *item, const char *outgoing, int64_t wait_ms)
{
	int64_t until_ms = clock_monotonic_ms() + wait_ms;
	char *state;
	int code;

	do {
		state = state_of(qctl, item, outgoing);
		if (state && is_final(state)) {
			code = tell_outcome(item, state);
			free(state);
			return code;
		}
		free(state);
		usleep(POLL_US);
	} while (clock_monotonic_ms() < until_ms);
	fprintf(stderr, "%s: not delivered yet\n", item);
	return EX_TEMPFAIL;
}

static void tell_released(const struct qctl *qctl, const Lz__Released *released)
{
	struct json json = {0};

	if (!qctl->json) {
		printf("%s: %s (%s)\n", released->id,
		        released->already ? "was released before" : "released", released->outgoing);
		return;
	}
	json_object(&json, NULL);
	json_text(&json, "id", released->id);
	json_text(&json, "release", released->outgoing);
	json_bool(&json, "already", released->already);
	json_end_object(&json);
	json_flush(&json);
}

static int release_one(struct qctl *qctl, Lz__Release *request, char *word, int64_t wait_ms)
{
	struct wire_message item, answer;
	struct err err;
	enum result result = show_item(qctl, word, &item, &err);
	int code = QCTL_OK;

	if (result)
		return qctl_fail(result, &err);
	request->id = ((Lz__Shown *)item.envelope)->item->id;
	result = qctl_ask(qctl, MESSAGE_RELEASE, request, &answer, &err);
	if (result) {
		code = qctl_fail(result, &err);
	} else {
		const Lz__Released *released = (const Lz__Released *)answer.envelope;

		tell_released(qctl, released);
		fflush(stdout);
		if (wait_ms)
			code = wait_for(qctl, request->id, released->outgoing, wait_ms);
		wire_message_free(&answer);
	}
	wire_message_free(&item);
	return code;
}

static void read_recipients(const struct qctl *qctl, Lz__Release *request)
{
	const char *to;

	while ((to = arguments_nth(&qctl->arguments, "to", request->n_to)) != NULL) {
		request->to = alloc_grow(request->to, request->n_to + 1, sizeof(*request->to));
		request->to[request->n_to++] = (char *)to;
	}
}

static enum result read_wait(const struct qctl *qctl, int64_t *wait_ms, struct err *err)
{
	const char *timeout = arguments_value(&qctl->arguments, "timeout");

	*wait_ms = 0;
	if (!arguments_value(&qctl->arguments, "wait"))
		return RESULT_OK;
	*wait_ms = WAIT_DEFAULT_MS;
	return timeout ? when_duration(timeout, wait_ms, err) : RESULT_OK;
}

int command_release(struct qctl *qctl)
{
	Lz__Release request = LZ__RELEASE__INIT;
	const char *why = arguments_value(&qctl->arguments, "why");
	int code = QCTL_OK, one;
	int64_t wait_ms;
	struct err err;
	size_t at;

	if (read_wait(qctl, &wait_ms, &err))
		return qctl_wrong(qctl, &err);
	read_recipients(qctl, &request);
	request.by = qctl_who(qctl);
	request.why = (char *)(why ? why : "");
	request.again = arguments_value(&qctl->arguments, "again") != NULL;
	for (at = 0; at < qctl->arguments.word_count; at++) {
		one = release_one(qctl, &request, qctl->arguments.words[at], wait_ms);
		code = one ? one : code;
	}
	free(request.by);
	free(request.to);
	return code;
}

/* ---- delete ---- */

static void tell_deleted(const struct qctl *qctl, const char *id)
{
	struct json json = {0};

	if (!qctl->json) {
		printf("%s: deleted\n", id);
		return;
	}
	json_object(&json, NULL);
	json_text(&json, "id", id);
	json_bool(&json, "deleted", 1);
	json_end_object(&json);
	json_flush(&json);
}

static enum result delete_one(struct qctl *qctl, Lz__Delete *request, char *word, struct err *err)
{
	struct wire_message item, answer;
	enum result result = show_item(qctl, word, &item, err);

	if (result)
		return result;
	request->id = ((Lz__Shown *)item.envelope)->item->id;
	result = qctl_ask(qctl, MESSAGE_DELETE, request, &answer, err);
	if (!result) {
		tell_deleted(qctl, request->id);
		wire_message_free(&answer);
	}
	wire_message_free(&item);
	return result;
}

int command_delete(struct qctl *qctl)
{
	Lz__Delete request = LZ__DELETE__INIT;
	const char *why = arguments_value(&qctl->arguments, "why");
	enum result result;
	int code = QCTL_OK;
	struct err err;
	size_t at;

	request.by = qctl_who(qctl);
	request.why = (char *)(why ? why : "");
	for (at = 0; at < qctl->arguments.word_count; at++) {
		result = delete_one(qctl, &request, qctl->arguments.words[at], &err);
		if (result)
			code = qctl_fail(result, &err);
	}
	free(request.by);
	return code;
}
