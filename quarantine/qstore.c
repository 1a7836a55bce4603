#include "quarantine/qstore.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/wire/loop.h"
#include "quarantine/audit.h"
#include "quarantine/batch.h"
#include "quarantine/done.h"
#include "quarantine/pass.h"
#include "quarantine/pieces.h"
#include "quarantine/policy.h"
#include "quarantine/reported.h"
#include "quarantine/requests.h"
#include "quarantine/store.h"
#include "quarantine/story.h"
#include "quarantine/teach.h"
#include "quarantine/workers.h"

enum {
	SETTLE_EVERY_MS = 1000,
	EXPIRE_EVERY_MS = 60 * 1000,
	INDEX_EVERY_MS = 50,
	PIECES_A_TICK = 8, /* of settling or expiring, so that requests are not kept waiting */
	MESSAGES_A_TURN = 256,
	HIGH_WATER = 64,
	ENVELOPE_ROOM = 4 * 1024 * 1024,
	MODEL_ROOM = 20 * 1024 * 1024, /* for lessons, and for a model that is loaded */
	GARBAGE_LOGGED = 10,           /* lines a minute */
};

struct qstore {
	const struct config *config;
	struct store *store;
	struct batch *batch;
	struct workers *workers;
	struct rights *rights;
	struct refusals *refusals;
	struct pieces *pieces;
	struct guard guard;           /* rights and refusals, lent */
	struct config *rights_config; /* what the rights lend from, where it was read again */
	struct stat policy_seen;      /* lazaret.yaml, as it was last looked at */
	struct seal_key key;          /* of tokens */
	struct teach *teach;
	struct loop *loop;
	struct wire_socket *socket;
	struct loop_source *ready, *settle, *expire;
	struct loop_source *index;  /* while a store from before gets its index of terms */
	struct loop_source *refile; /* while items are filed by new rules */
	struct loop_source *commit; /* while a group waits for company */
	size_t group;               /* requests in the last one */
	unsigned garbage;           /* since the last minute */
	enum result fate;           /* RESULT_UNSURE ends the loop */
	uint8_t pass_key[PASS_KEY_SIZE];
	struct err err;
};

/* ---- answering ---- */

static void tell(void *context, const struct wire_message *request, struct answer *answer)
{
	struct qstore *q = context;
	struct err err;

	if (answer->type == MESSAGE_FETCHED && request_kind(request) == REQUEST_WRITES &&
	        !pieces_go_on(q->pieces, request, loop_now_ms(q->loop)))
		pieces_begin(q->pieces, request, loop_now_ms(q->loop));
	story_tell(request, answer);
	if (wire_send(q->socket, &request->peer, answer->type, request->request, answer->envelope,
	            answer->body.present ? &answer->body : NULL, &err))
		log_event(LOG_LEVEL_WARNING, NULL, "answer-lost", "type=%s reason=%s",
		        message_info(answer->type)->name, log_quote(err.text));
}

static void refuse(struct qstore *q, const struct wire_message *request, enum result result,
        const struct err *err)
{
	struct answer answer = {0};

	answer_error(&answer, result, err);
	tell(q, request, &answer);
	answer_free(&answer);
}

/* Nobody but a new process can say what is on disk. */
static void give_up(struct qstore *q, const struct err *err)
{
	q->err = *err;
	q->fate = RESULT_UNSURE;
	loop_end(q->loop);
}

static void answer_now(struct qstore *q, const struct wire_message *request)
{
	struct answer answer;
	struct err err = {""};
	enum result result = request_handle(q->store, &q->guard, request, &answer, &err);

	if (result == RESULT_UNSURE) {
		give_up(q, &err);
		result = RESULT_TEMPORARY;
	}
	if (result) {
		refuse(q, request, result, &err);
		return;
	}
	if (answer.type == MESSAGE_STATS)
		workers_tell(q->workers, loop_now_ms(q->loop), (Lz__Stats *)answer.envelope);
	tell(q, request, &answer);
	answer_free(&answer);
}

/* What is written beside requests must not fail silently, nor end anything. */
static void complain(struct qstore *q, const char *what, enum result result, const struct err *err)
{
	if (!result)
		return;
	log_event(LOG_LEVEL_ERROR, NULL, what, "result=%s reason=%s", result_name(result),
	        log_quote(err->text));
	if (result == RESULT_UNSURE)
		give_up(q, err);
}

/* How many messages were told as what, and what that has changed; "" where it is nothing. */
static void lessons_told(
        const Lz__Learn *request, const Lz__Learned *learned, char *out, size_t room)
{
	size_t spam = 0, ham = 0;

	*out = '\0';
	for (size_t i = 0; i < request->n_examples; i++) {
		spam += request->examples[i]->lesson == LZ__LESSON__LEARN_SPAM;
		ham += request->examples[i]->lesson == LZ__LESSON__LEARN_HAM;
	}
	if (learned->learned || learned->corrected || learned->forgotten)
		snprintf(out, room,
		        "spam=%zu ham=%zu learned=%u corrected=%u forgotten=%u already=%u%s", spam,
		        ham, learned->learned, learned->corrected, learned->forgotten,
		        learned->already, request->as_report ? " report" : "");
}

/* What makes the model another model at once is a change of policy. */
static void note_of_model(struct qstore *q, const struct wire_message *request,
        const struct answer *answer, const struct actor *actor)
{
	struct audit_fact fact = {.who = actor->name, .action = "policy"};
	char lessons[200] = "";
	struct err err;

	if (request->type == MESSAGE_LEARN) {
		lessons_told((const Lz__Learn *)request->envelope,
		        (const Lz__Learned *)answer->envelope, lessons, sizeof(lessons));
		fact.action = "learn";
	}
	fact.detail = request->type == MESSAGE_MODEL_RESET  ? "model reset"
	              : request->type == MESSAGE_MODEL_LOAD ? "model import"
	              : request->type == MESSAGE_MODEL_FIT  ? "model fit"
	                                                    : lessons;
	if (*fact.detail)
		complain(q, "audit-failed", audit_note(q->store, &fact, clock_wall_ms(), &err),
		        &err);
}

static void note_refusal(
        struct qstore *q, const struct wire_message *request, const struct actor *actor)
{
	int64_t now_ms = clock_wall_ms();
	struct err err;
	enum result result = store_begin(q->store, now_ms, &err);

	if (!result) {
		result = record_refused(q->store, q->refusals, request, actor, now_ms, &err);
		if (result)
			store_abort(q->store);
		else
			result = store_commit(q->store, &err);
		if (result)
			refusals_abort(q->refusals);
		else
			refusals_commit(q->refusals, now_ms);
	}
	complain(q, "audit-failed", result, &err);
}

/* The model has transactions of its own. */
static void answer_of_model(struct qstore *q, const struct wire_message *request)
{
	struct answer answer;
	struct actor actor;
	struct err err = {""};
	enum result result = rights_check(q->rights, request, &actor, &err);

	if (result)
		note_refusal(q, request, &actor);
	else
		result = teach_handle(q->teach, request, clock_wall_ms(), &answer, &err);
	if (!result)
		note_of_model(q, request, &answer, &actor);
	if (result) {
		refuse(q, request, result, &err);
		return;
	}
	tell(q, request, &answer);
	answer_free(&answer);
}

static void commit(struct qstore *q)
{
	struct err err = {""};

	loop_remove(&q->commit);
	q->group = batch_count(q->batch);
	if (batch_run(q->batch, clock_wall_ms(), &err) == RESULT_UNSURE)
		give_up(q, &err);
}

static void on_commit(void *context, int64_t now_ms)
{
	commit(context);
}

/* ---- taking ---- */

static void count_garbage(struct qstore *q, const struct err *err)
{
	if (q->garbage++ < GARBAGE_LOGGED)
		log_event(LOG_LEVEL_WARNING, NULL, "garbage", "reason=%s", log_quote(err->text));
}

/* What a worker is, beside what it has counted: that never reaches the disk. */
static void take_state(struct qstore *q, const struct wire_message *message)
{
	const Lz__Count *count = (const Lz__Count *)message->envelope;
	struct actor actor;

	if (message->type != MESSAGE_COUNT || !count->state ||
	        rights_check(q->rights, message, &actor, NULL))
		return;
	workers_hear(q->workers, count->state, actor.name, loop_now_ms(q->loop));
}

/* What is refused may have to be written down, and so does the first piece of what is read. */
static enum request_kind kind_of(struct qstore *q, const struct wire_message *message)
{
	enum request_kind kind = request_kind(message);

	if (kind != REQUEST_UNKNOWN && !request_is_allowed(&q->guard, message))
		return REQUEST_WRITES;
	if (message->type == MESSAGE_FETCH &&
	        pieces_go_on(q->pieces, message, loop_now_ms(q->loop)))
		return REQUEST_READS;
	return kind;
}

/* A lesson is on disk before the quarantine writes that it was given, and before anybody is told.
 * RESULT_TEMPORARY: the mail has to come again. One that can never be learned is kept and delivered
 * all the same. */
static enum result teach_first(
        struct qstore *q, const struct wire_message *message, struct err *err)
{
	Lz__Report *report = ((const Lz__Store *)message->envelope)->report;
	const char *message_id = ((const Lz__Store *)message->envelope)->message_id;
	enum result result;

	if (!report || *report->fate || !request_is_allowed(&q->guard, message))
		return RESULT_OK;
	report->reported = alloc(sizeof(*report->reported));
	lz__reported__init(report->reported);
	result = teach_report(q->teach, report, message_id, q->config->spam.model.report_mails,
	        clock_wall_ms(), report->reported, err);
	if (result != RESULT_PERMANENT)
		return result;
	log_event(
	        LOG_LEVEL_WARNING, message_id, "report-failed", "reason=%s", log_quote(err->text));
	reported_failed(report);
	return RESULT_OK;
}

static void take(struct qstore *q, struct wire_message *message)
{
	struct err err;

	take_state(q, message);
	if (message->type == MESSAGE_STORE && teach_first(q, message, &err)) {
		refuse(q, message, RESULT_TEMPORARY, &err);
		wire_message_free(message);
		return;
	}
	if (teach_answers(message->type)) {
		answer_of_model(q, message);
		wire_message_free(message);
		return;
	}
	switch (kind_of(q, message)) {
	case REQUEST_READS:
		answer_now(q, message);
		break;
	case REQUEST_WRITES:
		batch_add(q->batch, message);
		if (batch_is_full(q->batch))
			commit(q);
		break;
	default:
		err_set(&err, RESULT_PERMANENT, "the quarantine does not answer %s",
		        message_info(message->type)->name);
		count_garbage(q, &err);
		refuse(q, message, RESULT_PERMANENT, &err);
	}
	wire_message_free(message);
}

/*
 * A single writer is committed at once. Where the last group was larger, its writers are likely to
 * be on their way again: they are waited for, but not long.
 */
static void commit_or_wait(struct qstore *q)
{
	int64_t delay_ms = q->config->quarantine.commit_delay_ms;
	size_t waiting = batch_count(q->batch);

	if (!waiting)
		return;
	if (waiting >= q->group || delay_ms <= 0)
		commit(q);
	else if (!q->commit)
		q->commit = loop_add_timer(q->loop, delay_ms, on_commit, q);
}

static void on_ready(void *context, unsigned events)
{
	struct qstore *q = context;
	struct wire_message message;
	enum result result = RESULT_OK;
	struct err err;
	int turn;

	for (turn = 0; turn < MESSAGES_A_TURN && q->fate == RESULT_OK; turn++) {
		result = wire_receive(q->socket, &message, &err);
		if (result == RESULT_OK)
			take(q, &message);
		else if (result == RESULT_PERMANENT)
			count_garbage(q, &err);
		else
			break;
	}
	commit_or_wait(q);
}

/* ---- time ---- */

static void in_pieces(struct qstore *q, const char *what,
        enum result (*piece)(struct store *, int64_t, int *, struct err *))
{
	struct err err;
	enum result result = RESULT_OK;
	int more = 0, done;

	for (done = 0; !result && (!done || more) && done < PIECES_A_TICK; done++)
		result = piece(q->store, clock_wall_ms(), &more, &err);
	if (!result)
		return;
	log_event(LOG_LEVEL_ERROR, NULL, what, "result=%s reason=%s", result_name(result),
	        log_quote(err.text));
	if (result == RESULT_UNSURE)
		give_up(q, &err);
}

static void on_settle(void *context, int64_t now_ms)
{
	struct qstore *q = context;
	struct err err;

	in_pieces(q, "settle-failed", store_settle);
	complain(q, "audit-failed",
	        policy_note_workers(q->store, q->workers, clock_wall_ms(), &err), &err);
	complain(q, "audit-failed",
	        policy_note_refusals(q->store, q->refusals, clock_wall_ms(), &err), &err);
}

/* ---- the configuration ---- */

static void note_policy(struct qstore *q)
{
	struct err err;
	int is_new = 0;
	enum result result =
	        policy_note_file(q->store, q->config->path, clock_wall_ms(), &is_new, &err);

	complain(q, "policy-unread", result, &err);
	if (is_new)
		log_event(LOG_LEVEL_INFO, NULL, "policy-noted", "path=%s",
		        log_quote(q->config->path));
}

/* It takes effect where programs read it again; that it is another one is told at once. */
static void look_at_policy(struct qstore *q)
{
	struct stat now;

	if (!q->config->path || stat(q->config->path, &now) < 0)
		return;
	if (now.st_ino == q->policy_seen.st_ino && now.st_size == q->policy_seen.st_size &&
	        now.st_mtim.tv_sec == q->policy_seen.st_mtim.tv_sec &&
	        now.st_mtim.tv_nsec == q->policy_seen.st_mtim.tv_nsec)
		return;
	q->policy_seen = now;
	note_policy(q);
}

static void set_guard(struct qstore *q)
{
	q->guard = (struct guard){.rights = q->rights, .refusals = q->refusals};
	batch_guard(q->batch, &q->guard);
}

/* Who may do what is read again; a file that is wrong leaves the rules as they were. */
static void reload_rights(struct qstore *q)
{
	struct config *fresh = NULL;
	struct err err;

	if (config_load(q->config->path, &fresh, &err)) {
		log_event(LOG_LEVEL_WARNING, NULL, "rights-kept", "error=%s", log_quote(err.text));
		return;
	}
	rights_free(&q->rights);
	config_free(&q->rights_config);
	q->rights_config = fresh;
	q->rights = rights_new(fresh);
	set_guard(q);
	log_event(LOG_LEVEL_INFO, NULL, "rights-read", "operators=%zu",
	        fresh->quarantine.operators.count);
}

static void end_index(struct qstore *q, enum result result, uint64_t count, const struct err *err)
{
	loop_remove(&q->index);
	if (!result) {
		log_event(LOG_LEVEL_INFO, NULL, "indexed", "items=%llu", (unsigned long long)count);
		return;
	}
	log_event(LOG_LEVEL_ERROR, NULL, "index-failed", "result=%s reason=%s", result_name(result),
	        log_quote(err->text));
	if (result == RESULT_UNSURE)
		give_up(q, err);
}

/* Where it fails, lists stay right and slow, and the next start tries again. */
static void on_index(void *context, int64_t now_ms)
{
	struct qstore *q = context;
	uint64_t count = 0;
	struct err err;
	enum result result = store_index(q->store, clock_wall_ms(), &count, &err);

	if (result || store_is_indexed(q->store))
		end_index(q, result, count, &err);
}

/* Where it fails, items expire no earlier than the new rules say, and the next start tries again.
 */
static void on_refile(void *context, int64_t now_ms)
{
	struct qstore *q = context;
	struct err err;
	int more;
	enum result result = store_refile(q->store, clock_wall_ms(), &more, &err);

	if (!result && more)
		return;
	loop_remove(&q->refile);
	if (!result) {
		log_event(LOG_LEVEL_INFO, NULL, "filed", "path=%s",
		        log_quote(q->config->quarantine.path));
		return;
	}
	log_event(LOG_LEVEL_ERROR, NULL, "filing-failed", "result=%s reason=%s",
	        result_name(result), log_quote(err.text));
	if (result == RESULT_UNSURE)
		give_up(q, &err);
}

/* Said before it is full, when there is still time to do something. */
static void warn_of_space(struct qstore *q)
{
	uint64_t reserve = q->config->quarantine.reserve;
	struct backend_space space;
	enum store_alarm alarm;
	struct err err;

	if (store_space(q->store, &space, &err))
		return;
	alarm = store_alarm(&space, reserve);
	if (alarm == ALARM_NONE)
		return;
	log_event(alarm == ALARM_FULL ? LOG_LEVEL_ERROR : LOG_LEVEL_WARNING, NULL,
	        alarm == ALARM_FULL ? "full" : "nearly-full",
	        "used_bytes=%llu total_bytes=%llu reserve_bytes=%llu",
	        (unsigned long long)space.used_bytes, (unsigned long long)space.total_bytes,
	        (unsigned long long)reserve);
}

static void on_expire(void *context, int64_t now_ms)
{
	struct qstore *q = context;
	unsigned dead = store_upkeep(q->store);

	if (dead)
		log_event(LOG_LEVEL_WARNING, NULL, "dead-readers", "count=%u", dead);
	if (q->garbage > GARBAGE_LOGGED)
		log_event(LOG_LEVEL_WARNING, NULL, "garbage", "count=%u", q->garbage);
	q->garbage = 0;
	warn_of_space(q);
	look_at_policy(q);
	in_pieces(q, "expire-failed", store_expire);
	in_pieces(q, "trim-failed", audit_trim);
}

static void on_signal(void *context, int signal_number)
{
	struct qstore *q = context;

	if (signal_number == SIGHUP && q->config->path) {
		commit(q); /* by the rights that it came under */
		reload_rights(q);
		look_at_policy(q);
	}
	if (signal_number != SIGTERM && signal_number != SIGINT)
		return;
	commit(q);
	loop_end(q->loop);
}

/* ---- opening and closing ---- */

static struct store_options options_of(const struct config *whole)
{
	const struct config_quarantine *config = &whole->quarantine;

	return (struct store_options){
	        .backend = {.path = config->path, .size = config->map_size},
	        .reserve = config->reserve,
	        .max_item_size = config->max_item_size,
	        .confirm_timeout_ms = config->confirm_timeout_ms,
	        .gone = story_gone,
	        .rules = {.keep_ms = config->keep_ms,
	                .retention = config->retention,
	                .quotas = config->quotas,
	                .over_quota = config->over_quota},
	        .compress_level = config->compress ? (int)config->compress_level : 0,
	        .lease_ms = config->lease_ms,
	        .keep_audit_ms = config->keep_audit_ms,
	        .notifier = &whole->notifier,
	        .admin = whole->site.admin,
	};
}

/* Beside the database, as its folder is ours alone. */
static enum result open_key(const struct config *config, struct seal_key *key,
        struct store_options *options, struct err *err)
{
	char *path;
	enum result result;

	if (!*config->notifier.request_address)
		return RESULT_OK;
	path = alloc_format("%s/request.key", config->quarantine.path);
	result = file_make_folder(config->quarantine.path, 0700, err);
	if (!result)
		result = seal_key_open(path, key, err);
	options->key = key;
	free(path);
	return result;
}

enum result qstore_open(
        const struct config *config, struct wire *wire, struct qstore **out, struct err *err)
{
	struct qstore *q = alloc_zero(1, sizeof(*q));
	struct store_options options = options_of(config);
	char *key = alloc_format("%s/pass.key", config->quarantine.path);
	struct wire_limits limits = {
	        .max_bytes = config->quarantine.max_item_size + ENVELOPE_ROOM,
	        .high_water = HIGH_WATER,
	};
	enum result result = open_key(config, &q->key, &options, err);

	if (limits.max_bytes < MODEL_ROOM)
		limits.max_bytes = MODEL_ROOM;
	options.pass_lifetime_ms = config->notifier.pass_lifetime_ms;
	options.pass_key = q->pass_key;
	q->config = config;
	if (!result)
		result = store_open(&backend_lmdb, &options, &q->store, err);
	if (!result)
		result = pass_key_load(key, q->pass_key, err); /* the folder is there by now */
	free(key);
	if (!result)
		q->teach = teach_open(config->spam.model.path);
	if (!result)
		result = wire_bind(wire, &config->quarantine.listen, &limits, &q->socket, err);
	if (result) {
		qstore_close(&q);
		return result;
	}
	q->batch = batch_new(q->store, tell, q);
	q->workers = workers_new();
	q->rights = rights_new(config);
	q->refusals = refusals_new();
	q->pieces = pieces_new();
	set_guard(q);
	q->loop = loop_new(wire);
	q->ready = loop_add_socket(q->loop, q->socket, on_ready, q);
	q->settle = loop_add_timer(q->loop, SETTLE_EVERY_MS, on_settle, q);
	q->expire = loop_add_timer(q->loop, EXPIRE_EVERY_MS, on_expire, q);
	if (!store_is_indexed(q->store)) {
		log_event(LOG_LEVEL_INFO, NULL, "indexing", "path=%s",
		        log_quote(config->quarantine.path));
		q->index = loop_add_timer(q->loop, INDEX_EVERY_MS, on_index, q);
	}
	if (!store_is_filed(q->store)) {
		log_event(LOG_LEVEL_INFO, NULL, "filing", "path=%s",
		        log_quote(config->quarantine.path));
		q->refile = loop_add_timer(q->loop, INDEX_EVERY_MS, on_refile, q);
	}
	loop_on_signal(q->loop, on_signal, q);
	look_at_policy(q);
	if (q->fate) {
		*err = q->err;
		result = q->fate;
		qstore_close(&q);
		return result;
	}
	*out = q;
	return RESULT_OK;
}

enum result qstore_run(struct qstore *q, struct err *err)
{
	log_event(LOG_LEVEL_INFO, NULL, "ready", "path=%s", log_quote(q->config->quarantine.path));
	warn_of_space(q);
	loop_run(q->loop);
	if (q->fate == RESULT_UNSURE)
		return err_set(err, q->fate, "%s", q->err.text);
	return RESULT_OK;
}

void qstore_close(struct qstore **qstore)
{
	struct qstore *q = *qstore;

	if (!q)
		return;
	if (q->loop) {
		loop_remove(&q->commit);
		loop_remove(&q->refile);
		loop_remove(&q->index);
		loop_remove(&q->expire);
		loop_remove(&q->settle);
		loop_remove(&q->ready);
		loop_free(&q->loop);
	}
	batch_free(&q->batch);
	workers_free(&q->workers);
	pieces_free(&q->pieces);
	refusals_free(&q->refusals);
	rights_free(&q->rights);
	config_free(&q->rights_config);
	if (q->socket)
		wire_socket_close(&q->socket);
	teach_close(&q->teach);
	store_close(&q->store);
	explicit_bzero(q->pass_key, sizeof(q->pass_key));
	free(q);
	*qstore = NULL;
}
