/*
 * reload: has every worker start a new generation of scanners, and waits for what becomes of it.
 * The brokers know the workers, the quarantine what became of them.
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
#include "qctl/workers.h"

enum { BROKER_MS = 2000, WAIT_DEFAULT_MS = 120 * 1000, POLL_US = 300 * 1000 };

struct reload {
	struct qctl *qctl;
	uint64_t number;
	char **names; /* of the workers that were told */
	size_t count;
	int unheard; /* brokers that did not answer */
	struct wire_message stats;
	int has_stats;
};

/* ---- telling them ---- */

static void add_name(struct reload *reload, const char *name)
{
	size_t at;

	for (at = 0; at < reload->count; at++)
		if (!strcmp(reload->names[at], name))
			return; /* another broker told it, too */
	reload->names = alloc_grow(reload->names, reload->count + 1, sizeof(*reload->names));
	reload->names[reload->count++] = alloc_string(name);
}

/* A broker that doesn't answer is a line on standard error: the others may. */
static void tell_broker(struct reload *reload, const char *endpoint)
{
	Lz__Reload request = LZ__RELOAD__INIT;
	const Lz__Reloading *reloading;
	struct wire_message answer;
	enum result result;
	struct err err;
	size_t at;

	request.number = reload->number;
	result = qctl_ask_at(
	        reload->qctl, endpoint, MESSAGE_RELOAD, &request, BROKER_MS, &answer, &err);
	if (result) {
		qctl_fail(result, &err);
		reload->unheard++;
		return;
	}
	reloading = (const Lz__Reloading *)answer.envelope;
	for (at = 0; at < reloading->n_workers; at++)
		add_name(reload, reloading->workers[at]);
	wire_message_free(&answer);
}

/* ---- what became of them ---- */

static enum result ask_stats(struct reload *reload, struct err *err)
{
	Lz__StatsRequest request = LZ__STATS_REQUEST__INIT;
	struct wire_message answer;
	enum result result = qctl_ask(reload->qctl, MESSAGE_STATS_REQUEST, &request, &answer, err);

	if (result)
		return result;
	if (reload->has_stats)
		wire_message_free(&reload->stats);
	reload->stats = answer;
	reload->has_stats = 1;
	return RESULT_OK;
}

static const Lz__WorkerState *state_of(const struct reload *reload, const char *name)
{
	const Lz__Stats *stats = (const Lz__Stats *)reload->stats.envelope;
	size_t at;

	for (at = 0; reload->has_stats && at < stats->n_workers; at++)
		if (!strcmp(stats->workers[at]->worker, name))
			return stats->workers[at];
	return NULL;
}

/* Its state, where a generation that was started for us serves or was refused; else NULL. */
static const Lz__WorkerState *outcome_of(const struct reload *reload, const char *name)
{
	const Lz__WorkerState *state = state_of(reload, name);

	return state && state->reload >= reload->number ? state : NULL;
}

/* Greater than all before, though the clock was set back. Where the quarantine can't be asked, the
 * clock must do: the workers are told all the same. */
static void choose_number(struct reload *reload)
{
	const Lz__Stats *stats;
	struct err err;
	size_t at;

	reload->number = (uint64_t)clock_wall_ms();
	if (ask_stats(reload, &err))
		return;
	stats = (const Lz__Stats *)reload->stats.envelope;
	for (at = 0; at < stats->n_workers; at++)
		if (stats->workers[at]->reload >= reload->number)
			reload->number = stats->workers[at]->reload + 1;
}

static size_t count_done(const struct reload *reload)
{
	size_t at, done = 0;

	for (at = 0; at < reload->count; at++)
		done += outcome_of(reload, reload->names[at]) != NULL;
	return done;
}

static void show_progress(const struct reload *reload, int64_t since_ms)
{
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r%zu of %zu workers, %d s ", count_done(reload), reload->count,
		        (int)((clock_monotonic_ms() - since_ms) / 1000));
}

static void end_progress(void)
{
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r%40s\r", "");
}

static enum result wait_for_all(struct reload *reload, int64_t wait_ms, struct err *err)
{
	int64_t since_ms = clock_monotonic_ms();
	enum result result = ask_stats(reload, err);

	while (!result && count_done(reload) < reload->count &&
	        clock_monotonic_ms() - since_ms < wait_ms) {
		show_progress(reload, since_ms);
		usleep(POLL_US);
		result = ask_stats(reload, err);
	}
	end_progress();
	return result;
}

/* ---- telling the user ---- */

static void show_json(const struct reload *reload, const char *name, const char *outcome,
        const Lz__WorkerState *state)
{
	struct json json = {0};

	json_object(&json, NULL);
	json_text(&json, "outcome", outcome);
	if (state)
		worker_json(&json, state, &qctl_config(reload->qctl)->virus, clock_wall_ms());
	else
		json_text(&json, "worker", name);
	json_end_object(&json);
	json_flush(&json);
}

static void show_text(const char *name, const char *text)
{
	struct buf out = {0};

	columns_safe(&out, name, 0);
	buf_add_string(&out, ": ");
	columns_safe(&out, text, 0);
	buf_add_char(&out, '\n');
	qctl_print(&out);
}

/* Gives the exit code of this one. */
static int show(const struct reload *reload, const char *name)
{
	const Lz__WorkerState *state = outcome_of(reload, name);
	const char *outcome = !state ? "no answer" : state->refused ? "refused" : "serving";
	char *text;

	if (reload->qctl->json) {
		show_json(reload, name, outcome, state);
	} else {
		if (!state)
			text = alloc_string("no answer yet");
		else if (state->refused)
			text = alloc_format("refused: %s; generation %llu serves on", state->error,
			        (unsigned long long)state->generation);
		else
			text = worker_text(state, clock_wall_ms());
		show_text(name, text);
		free(text);
	}
	if (!state)
		return EX_TEMPFAIL;
	return state->refused ? QCTL_NO : QCTL_OK;
}

/* A refusal is worse than silence. */
static int show_all(const struct reload *reload)
{
	int code = reload->unheard ? EX_TEMPFAIL : QCTL_OK, one;
	size_t at;

	for (at = 0; at < reload->count; at++) {
		one = show(reload, reload->names[at]);
		if (one == QCTL_NO || code == QCTL_OK)
			code = one;
	}
	return code;
}

static int run(struct reload *reload, int64_t wait_ms)
{
	const struct config_list *brokers = &qctl_config(reload->qctl)->front.brokers;
	enum result result;
	struct err err;
	size_t at;

	choose_number(reload);
	for (at = 0; at < brokers->count; at++)
		tell_broker(reload, brokers->items[at]);
	if (!reload->count) {
		err_set(&err, RESULT_TEMPORARY, "no broker has a worker to tell");
		return qctl_fail(RESULT_TEMPORARY, &err);
	}
	result = wait_for_all(reload, wait_ms, &err);
	return result ? qctl_fail(result, &err) : show_all(reload);
}

int command_reload(struct qctl *qctl)
{
	const char *wait = arguments_value(&qctl->arguments, "wait");
	struct reload reload = {.qctl = qctl};
	int64_t wait_ms = WAIT_DEFAULT_MS;
	struct err err;
	int code;

	if (wait && when_duration(wait, &wait_ms, &err))
		return qctl_wrong(qctl, &err);
	code = run(&reload, wait_ms);
	while (reload.count)
		free(reload.names[--reload.count]);
	free(reload.names);
	if (reload.has_stats)
		wire_message_free(&reload.stats);
	return code;
}
