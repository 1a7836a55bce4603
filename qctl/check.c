/*
 * check: would it run, and does it? Each question is a line; the exit code says whether one of them
 * failed.
 */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "lib/daemon/fences.h"
#include "lib/notice/notice.h"
#include "qctl/operators.h"
#include "qctl/print.h"
#include "qctl/qctl.h"
#include "qctl/workers.h"

enum { ANSWER_MS = 2000, WORLD = 0007 };

enum grade { GRADE_OK, GRADE_WARNING, GRADE_FAILED };

struct check {
	struct qctl *qctl;
	unsigned counts[3];
};

static void say(struct check *check, enum grade grade, const char *what, const char *why)
{
	static const char *const names[] = {"ok", "warning", "failed"};
	struct json json = {0};
	struct buf out = {0};

	check->counts[grade]++;
	if (check->qctl->json) {
		json_object(&json, NULL);
		json_text(&json, "result", names[grade]);
		json_text(&json, "what", what);
		json_text(&json, "why", why);
		json_end_object(&json);
		json_flush(&json);
		return;
	}
	buf_add_format(&out, "%-8s ", names[grade]);
	columns_safe(&out, what, 0);
	if (*why) {
		buf_add_string(&out, ": ");
		columns_safe(&out, why, 0);
	}
	buf_add_char(&out, '\n');
	qctl_print(&out);
}

static void say_warning(void *context, const char *sentence)
{
	say(context, GRADE_WARNING, sentence, "");
}

/* ---- this host ---- */

static void check_folder(struct check *check, const char *path, int secret)
{
	char *what = alloc_format("folder %s", path);
	struct stat st;

	if (stat(path, &st) < 0)
		say(check, errno == ENOENT ? GRADE_WARNING : GRADE_FAILED, what,
		        errno == ENOENT ? "is made at the first start" : strerror(errno));
	else if (!S_ISDIR(st.st_mode))
		say(check, GRADE_FAILED, what, "is not a folder");
	else if (secret && st.st_mode & WORLD)
		say(check, GRADE_FAILED, what, "is open to everybody on this host");
	else
		say(check, GRADE_OK, what, "");
	free(what);
}

static void check_readable(struct check *check, const char *path, const char *why)
{
	char *what = alloc_format("%s", path);

	if (access(path, R_OK) < 0)
		say(check, GRADE_FAILED, what, why);
	else
		say(check, GRADE_OK, what, "");
	free(what);
}

static void check_user(struct check *check, const char *key, const char *name)
{
	char *what;

	if (!*name)
		return; /* config_warn() has a sentence for it */
	what = alloc_format("%s: account %s", key, name);
	say(check, getpwnam(name) ? GRADE_OK : GRADE_FAILED, what,
	        getpwnam(name) ? "" : "is not on this host");
	free(what);
}

static void check_accounts(struct check *check, const struct config_site *site)
{
	check_user(check, "site.user", site->user);
	check_user(check, "site.scan_user", site->scan_user);
	if (*site->user && !strcmp(site->user, site->scan_user))
		say(check, GRADE_WARNING, "site.scan_user",
		        "is site.user: a scanner that was broken into could reach the quarantine");
	if (*site->front_group && !getgrnam(site->front_group))
		say(check, GRADE_FAILED, "site.front_group", "is not on this host");
}

static void check_keys(struct check *check, const struct config_curve *curve)
{
	struct stat st;

	if (!*curve->secret_key)
		return;
	if (stat(curve->secret_key, &st) < 0)
		say(check, GRADE_FAILED, "curve.secret_key", strerror(errno));
	else if (st.st_mode & (WORLD | S_IWGRP))
		say(check, GRADE_FAILED, "curve.secret_key", "others may read or change it");
	else
		say(check, GRADE_OK, "curve.secret_key", "");
}

/* Asked with the account that runs this; a container can treat the scanners' another way, which
 * they say in their log. */
static void check_fences(struct check *check, const struct config *config)
{
	enum grade missing;
	char *what;
	int at;

	for (at = 0; at < FENCES; at++) {
		enum fence fence = (enum fence)at;
		int stands = fence_stands(fence);

		missing = fence == FENCE_SECCOMP && config->workers.sandbox == SANDBOX_REQUIRED
		                  ? GRADE_FAILED
		                  : GRADE_WARNING;
		what = alloc_format("sandbox: %s", fence_name(fence));
		say(check, stands ? GRADE_OK : missing, what, stands ? "" : fence_loss(fence));
		free(what);
	}
}

static void say_complaint(struct check *check, char *what, char *complaint)
{
	say(check, complaint ? GRADE_FAILED : GRADE_OK, what, complaint ? complaint : "");
	free(complaint);
	free(what);
}

static void check_operators(struct check *check, const struct config *config)
{
	const struct config_operators *operators = &config->quarantine.operators;
	const struct config_list *listen = &config->quarantine.listen;
	size_t at;

	for (at = 0; at < operators->count; at++)
		say_complaint(check, alloc_format("operator %s", operators->rules[at].name),
		        operator_complaint(config, &operators->rules[at]));
	for (at = 0; *config->quarantine.group && at < listen->count; at++)
		say_complaint(check, alloc_format("%s for operators", listen->items[at]),
		        socket_complaint(config, listen->items[at]));
}

static void say_wrong_text(void *context, const char *sentence)
{
	say(context, GRADE_FAILED, sentence, "");
}

/* Every language that is there, whether the configuration names it or not. */
static void check_texts(struct check *check, const struct config *config)
{
	unsigned failed = check->counts[GRADE_FAILED];
	struct notices *notices = notices_open(config, say_wrong_text, check);
	char *what = alloc_format("texts of notices in %s", config->notifier.templates);

	if (check->counts[GRADE_FAILED] == failed)
		say(check, GRADE_OK, what, "");
	free(what);
	notices_close(&notices);
}

static void check_host(struct check *check, const struct config *config)
{
	check_accounts(check, &config->site);
	check_folder(check, config->site.run_dir, 0);
	check_folder(check, config->quarantine.path, 1);
	check_folder(check, config->spam.model.path, 1);
	check_keys(check, &config->curve);
	check_operators(check, config);
	check_fences(check, config);
	check_texts(check, config);
	if (config->virus.enabled)
		check_readable(check, config->virus.database,
		        "no signatures can be read: mail would be unscanned(database)");
}

/* ---- the programs ---- */

static void check_worker(
        struct check *check, const Lz__WorkerState *state, const struct config_virus *config)
{
	char *what = alloc_format("worker %s", state->worker);
	char *complaint = worker_complaint(state, config, clock_wall_ms());

	say(check, complaint ? GRADE_WARNING : GRADE_OK, what, complaint ? complaint : "");
	free(what);
	free(complaint);
}

/* How old the signatures are is the workers' to say: they may be on other hosts. */
static void check_workers(
        struct check *check, const Lz__Stats *stats, const struct config_virus *config)
{
	size_t at;

	if (!stats->n_workers)
		say(check, GRADE_WARNING, "workers",
		        "none has told the quarantine that it is there");
	for (at = 0; at < stats->n_workers; at++)
		check_worker(check, stats->workers[at], config);
}

/* Gives 1 with an answer, to be freed. */
static int check_endpoint(struct check *check, const char *program, const char *endpoint,
        enum message_type type, const void *request, struct wire_message *answer)
{
	char *what = alloc_format("%s at %s", program, endpoint);
	struct err err;
	int failed =
	        qctl_ask_at(check->qctl, endpoint, type, request, ANSWER_MS, answer, &err) != 0;

	say(check, failed ? GRADE_FAILED : GRADE_OK, what, failed ? err.text : "");
	free(what);
	return !failed;
}

static void check_front(struct check *check, const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char *what = alloc_format("submitter at %s", path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), failed;

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	failed = connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0;
	if (failed && errno == EPROTOTYPE) { /* it is there, and speaks in packets */
		close(fd);
		fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
		failed = connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0;
	}
	say(check, failed ? GRADE_FAILED : GRADE_OK, what, failed ? strerror(errno) : "");
	close(fd);
	free(what);
}

static void check_programs(struct check *check, const struct config *config)
{
	Lz__StatsRequest stats = LZ__STATS_REQUEST__INIT;
	Lz__BrokerStatusRequest status = LZ__BROKER_STATUS_REQUEST__INIT;
	struct wire_message answer;
	size_t at;

	if (check_endpoint(check, "quarantine", config->front.quarantine, MESSAGE_STATS_REQUEST,
	            &stats, &answer)) {
		check_workers(check, (const Lz__Stats *)answer.envelope, &config->virus);
		wire_message_free(&answer);
	}
	for (at = 0; at < config->front.brokers.count; at++)
		if (check_endpoint(check, "broker", config->front.brokers.items[at],
		            MESSAGE_BROKER_STATUS_REQUEST, &status, &answer))
			wire_message_free(&answer);
	check_front(check, config->front.socket);
}

int command_check(struct qctl *qctl)
{
	struct check check = {.qctl = qctl};
	const struct config *config = qctl_config(qctl);

	say(&check, GRADE_OK, qctl->config_path, "");
	config_warn(config, say_warning, &check);
	check_host(&check, config);
	if (!arguments_value(&qctl->arguments, "offline"))
		check_programs(&check, config);
	return check.counts[GRADE_FAILED] ? QCTL_NO : QCTL_OK;
}
