/*
 * stats: the numbers of the quarantine and of the brokers, and the workers with their signatures.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/text.h"
#include "qctl/print.h"
#include "qctl/qctl.h"
#include "qctl/usage.h"
#include "qctl/workers.h"

enum { DAYS_DEFAULT = 7, DAYS_MOST = 400, BROKER_MS = 2000 };

/* A heading and its numbers, in the manner that was asked for. */
static void show_counters(const struct qctl *qctl, const char *kind, const char *name,
        Lz__Counter *const *counters, size_t count)
{
	struct columns *columns;
	struct json json = {0};
	struct buf out = {0};
	char number[32];
	size_t at;

	if (qctl->json) {
		json_object(&json, NULL);
		json_text(&json, kind, name);
		for (at = 0; at < count; at++)
			json_number(&json, counters[at]->name, (int64_t)counters[at]->value);
		json_end_object(&json);
		json_flush(&json);
		return;
	}
	columns = columns_new(3, 0);
	for (at = 0; at < count; at++) {
		columns_add(columns, "");
		columns_add(columns, counters[at]->name);
		snprintf(number, sizeof(number), "%llu", (unsigned long long)counters[at]->value);
		columns_add(columns, number);
	}
	columns_safe(&out, name, 0);
	buf_add_char(&out, '\n');
	columns_print(columns, &out);
	qctl_print(&out);
	columns_free(&columns);
}

static void add_worker(
        struct columns *columns, const Lz__WorkerState *state, const struct config_virus *config)
{
	int64_t now_ms = clock_wall_ms();
	char *text = worker_text(state, now_ms);
	char *complaint = worker_complaint(state, config, now_ms);

	columns_add(columns, "");
	columns_add(columns, state->worker);
	columns_add(columns, text);
	if (complaint) {
		columns_add(columns, "");
		columns_add(columns, "!");
		columns_add(columns, complaint);
	}
	free(text);
	free(complaint);
}

static void show_workers(struct qctl *qctl, Lz__WorkerState *const *workers, size_t count)
{
	const struct config_virus *config = &qctl_config(qctl)->virus;
	struct columns *columns;
	struct json json = {0};
	struct buf out = {0};
	size_t at;

	for (at = 0; qctl->json && at < count; at++) {
		json_object(&json, NULL);
		worker_json(&json, workers[at], config, clock_wall_ms());
		json_end_object(&json);
		json_flush(&json);
	}
	if (qctl->json || !count)
		return;
	columns = columns_new(3, 0);
	for (at = 0; at < count; at++)
		add_worker(columns, workers[at], config);
	buf_add_string(&out, "workers\n");
	columns_print(columns, &out);
	qctl_print(&out);
	columns_free(&columns);
}

/* As qstore(8) logs it. */
static void show_alarm(const struct qctl *qctl, Lz__Counter *const *counters, size_t count)
{
	static const char *const alarms[] = {NULL, "the quarantine is nearly full",
	        "the quarantine is full: mail that would be kept is deferred"};
	struct json json = {0};
	size_t at;

	for (at = 0; at < count; at++)
		if (!strcmp(counters[at]->name, "store.alarm"))
			break;
	if (at == count || !counters[at]->value ||
	        counters[at]->value >= sizeof(alarms) / sizeof(alarms[0]))
		return;
	if (!qctl->json) {
		printf("! %s\n", alarms[counters[at]->value]);
		return;
	}
	json_object(&json, NULL);
	json_text(&json, "alarm", alarms[counters[at]->value]);
	json_end_object(&json);
	json_flush(&json);
}

static enum result show_store(struct qctl *qctl, uint32_t days, struct err *err)
{
	Lz__StatsRequest request = LZ__STATS_REQUEST__INIT;
	struct wire_message answer;
	const Lz__Stats *stats;
	enum result result;
	size_t at;

	request.days = days;
	result = qctl_ask(qctl, MESSAGE_STATS_REQUEST, &request, &answer, err);
	if (result)
		return result;
	stats = (const Lz__Stats *)answer.envelope;
	show_counters(qctl, "quarantine", "now", stats->now, stats->n_now);
	show_alarm(qctl, stats->now, stats->n_now);
	show_workers(qctl, stats->workers, stats->n_workers);
	for (at = 0; at < stats->n_days; at++)
		show_counters(qctl, "day", stats->days[at]->day, stats->days[at]->counters,
		        stats->days[at]->n_counters);
	wire_message_free(&answer);
	return RESULT_OK;
}

/* A broker that doesn't answer is a line on standard error: the others may. */
static enum result show_broker(struct qctl *qctl, const char *endpoint)
{
	Lz__BrokerStatusRequest request = LZ__BROKER_STATUS_REQUEST__INIT;
	struct wire_message answer;
	const Lz__BrokerStatus *status;
	struct err err;
	enum result result = qctl_ask_at(
	        qctl, endpoint, MESSAGE_BROKER_STATUS_REQUEST, &request, BROKER_MS, &answer, &err);

	if (result) {
		qctl_fail(result, &err);
		return result;
	}
	status = (const Lz__BrokerStatus *)answer.envelope;
	show_counters(qctl, "broker", endpoint, status->counters, status->n_counters);
	wire_message_free(&answer);
	return RESULT_OK;
}

int command_stats(struct qctl *qctl)
{
	const struct config_list *brokers = &qctl_config(qctl)->front.brokers;
	const char *text = arguments_value(&qctl->arguments, "days");
	uint64_t days = DAYS_DEFAULT;
	enum result result;
	struct err err;
	size_t at;

	if (text && !text_number(text, DAYS_MOST, &days)) {
		err_set(&err, RESULT_PERMANENT, "--days %s: a number up to %d is expected", text,
		        DAYS_MOST);
		return qctl_wrong(qctl, &err);
	}
	if (arguments_value(&qctl->arguments, "quotas")) {
		result = usage_show(qctl, &err);
		return result ? qctl_fail(result, &err) : QCTL_OK;
	}
	result = show_store(qctl, (uint32_t)days, &err);
	for (at = 0; at < brokers->count; at++)
		show_broker(qctl, brokers->items[at]);
	return result ? qctl_fail(result, &err) : QCTL_OK;
}
