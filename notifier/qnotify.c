#include "notifier/qnotify.h"

#include <assert.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/crypto/digest.h"
#include "lib/notice/notice.h"
#include "lib/smtp/line.h"
#include "lib/wire/loop.h"
#include "notifier/record.h"

enum {
	ASK_AGAIN_MS = 2000, /* a question to the quarantine without an answer is asked again */
	TICK_MS = 100,
	STOP_MS = 8000, /* at SIGTERM, for the mail in hand */
	SMTP_TIMEOUT_MS = 60000,
	FETCH_BYTES = 1 << 20,
	LEAST_LEASE_MS = 1000,
};

/* Where the one record in hand is. */
enum stage {
	STAGE_IDLE,      /* none in hand */
	STAGE_TAKING,    /* TAKE is asked */
	STAGE_FETCHING,  /* a release's bytes are coming */
	STAGE_PASSING,   /* a pass for them is asked for */
	STAGE_SENDING,   /* with the next hop */
	STAGE_FINISHING, /* FINISH is asked */
};

struct qnotify {
	const struct config *config;
	struct wire *wire;
	struct wire_socket *store;
	struct loop *loop;
	struct notices *notices;
	struct notice_from from;
	struct smtp_target *target;
	struct smtp_line *line;
	struct loop_source *line_source;

	enum stage stage;
	uint64_t request; /* the number of the last question */
	int is_again;     /* it is being repeated */
	int64_t asked_ms;
	int64_t poll_ms; /* when to look into the outbox again */
	int64_t stop_ms; /* 0: running; else when to give up waiting */

	struct wire_message taken; /* holds the record and its item */
	Lz__Outgoing *outgoing;
	Lz__Item *item; /* an empty one where the record is of none */
	Lz__Item none;
	struct buf mail;
	struct buf pass;             /* a header field for the mail's top; empty: none */
	struct smtp_message message; /* with the two below, lent to the line while it sends */
	struct smtp_recipient *recipients;
	struct smtp_piece pieces[2]; /* a pass, and the mail */
	int sent;                    /* the mail was given to the line */
	struct record_outcome outcome;
};

static void begin_record(struct qnotify *q);
static void drive_line(struct qnotify *q);

/* ---------------------------------------------------------------- asking the quarantine */

/* What can't be sent now is asked again by the tick, as is what gets no answer. It is the same
 * question then, under its number: a quarantine that is slower than our patience is heard too. */
static void ask(struct qnotify *q, enum message_type type, const ProtobufCMessage *envelope)
{
	struct err err;

	if (!q->is_again)
		q->request++;
	q->asked_ms = loop_now_ms(q->loop);
	if (wire_send(q->store, NULL, type, q->request, envelope, NULL, &err))
		log_event(LOG_LEVEL_DEBUG, NULL, "ask-failed", "error=%s", log_quote(err.text));
}

static void ask_take(struct qnotify *q)
{
	Lz__Take take = LZ__TAKE__INIT;

	take.by = q->config->site.name;
	take.limit = 1;
	take.lease_ms = (uint64_t)q->config->quarantine.lease_ms;
	if (take.lease_ms < LEAST_LEASE_MS)
		take.lease_ms = LEAST_LEASE_MS;
	q->stage = STAGE_TAKING;
	ask(q, MESSAGE_TAKE, &take.base);
}

static void ask_fetch(struct qnotify *q)
{
	Lz__Fetch fetch = LZ__FETCH__INIT;

	fetch.id = q->item->id;
	fetch.outgoing = q->outgoing->id;
	fetch.offset = q->mail.size;
	fetch.limit = FETCH_BYTES;
	q->stage = STAGE_FETCHING;
	ask(q, MESSAGE_FETCH, &fetch.base);
}

/* Of the message as it will be where the pass is looked at: with LF line ends, the last one too. */
static void hash_of_lines(const struct buf *mail, char hex[DIGEST_HEX_ROOM])
{
	struct digest digest;

	digest_of_lines(mail->data, mail->size, &digest);
	text_hex(digest.bytes, DIGEST_SIZE, hex);
}

static void ask_pass(struct qnotify *q)
{
	Lz__PassRequest request = LZ__PASS_REQUEST__INIT;
	char hex[DIGEST_HEX_ROOM];

	hash_of_lines(&q->mail, hex);
	request.outgoing = q->outgoing->id;
	request.sha256 = hex;
	q->stage = STAGE_PASSING;
	ask(q, MESSAGE_PASS_REQUEST, &request.base);
}

static void ask_finish(struct qnotify *q)
{
	Lz__Finish finish = LZ__FINISH__INIT;

	finish.id = q->outgoing->id;
	finish.done = q->outcome.done;
	finish.dead = q->outcome.dead;
	finish.retry_ms = q->outcome.retry_ms;
	finish.text = q->outcome.text.data;
	finish.remaining = q->outcome.remaining;
	finish.n_remaining = q->outcome.remaining_count;
	q->stage = STAGE_FINISHING;
	ask(q, MESSAGE_FINISH, &finish.base);
}

static void ask_again(struct qnotify *q)
{
	q->is_again = 1;
	if (q->stage == STAGE_TAKING)
		ask_take(q);
	else if (q->stage == STAGE_FETCHING)
		ask_fetch(q);
	else if (q->stage == STAGE_PASSING)
		ask_pass(q);
	else if (q->stage == STAGE_FINISHING)
		ask_finish(q);
	q->is_again = 0;
}

/* ---------------------------------------------------------------- the record in hand */

static void drop_record(struct qnotify *q)
{
	wire_message_free(&q->taken);
	q->outgoing = NULL;
	q->item = NULL;
	buf_clear(&q->mail);
	buf_clear(&q->pass);
	free(q->recipients);
	q->recipients = NULL;
	q->sent = 0;
	record_outcome_fini(&q->outcome);
	q->stage = STAGE_IDLE;
}

static void settle(struct qnotify *q)
{
	const struct record_limits limits = {
	        .retry_ms = q->config->notifier.retry_ms,
	        .attempts = q->config->notifier.attempts,
	};
	const char *outcome;

	/* This one is counted already: when it was taken. */
	record_outcome_settle(
	        &q->outcome, q->outgoing->attempts ? q->outgoing->attempts - 1 : 0, &limits);
	outcome = q->outcome.done ? "done" : q->outcome.dead ? "dead" : "retry";
	log_event(q->outcome.dead ? LOG_LEVEL_WARNING : LOG_LEVEL_INFO,
	        *q->item->message_id ? q->item->message_id : NULL,
	        q->outgoing->kind == LZ__NOTICE_KIND__NOTICE_RELEASE ? "release" : "notice",
	        "item=%s record=%s to=%s outcome=%s attempt=%u reply=%s", q->item->id,
	        q->outgoing->id, log_quote(q->outgoing->n_to ? q->outgoing->to[0] : ""), outcome,
	        q->outgoing->attempts, log_quote(q->outcome.text.data));
	ask_finish(q);
}

/* The record can't be served by trying: all its recipients have this result. */
static void fail_record(struct qnotify *q, enum result result, const char *why)
{
	size_t at;

	for (at = 0; at < q->outgoing->n_to; at++)
		record_outcome_add(&q->outcome, q->outgoing->to[at], result, why);
	if (!q->outgoing->n_to)
		q->outcome.dead = 1;
	settle(q);
}

static void collect_results(struct qnotify *q)
{
	const struct smtp_client *client = smtp_line_client(q->line);
	struct smtp_reply reply;
	enum result result;
	size_t at;

	for (at = 0; at < q->outgoing->n_to; at++) {
		result = smtp_client_result(client, at, &reply);
		record_outcome_add(&q->outcome, q->outgoing->to[at], result, reply.text);
	}
}

static const Lz__Recipient *recipient_of(const Lz__Item *item, const char *address)
{
	size_t at;

	for (at = 0; at < item->n_recipients; at++)
		if (strcmp(item->recipients[at]->address, address) == 0)
			return item->recipients[at];
	return NULL;
}

static void fill_recipients(struct qnotify *q, int is_release)
{
	size_t at;

	free(q->recipients);
	q->recipients = alloc_zero(q->outgoing->n_to, sizeof(*q->recipients));
	for (at = 0; at < q->outgoing->n_to; at++) {
		const Lz__Recipient *known =
		        is_release ? recipient_of(q->item, q->outgoing->to[at]) : NULL;

		q->recipients[at] = (struct smtp_recipient){.address = q->outgoing->to[at],
		        .orcpt = known ? known->orcpt : NULL,
		        .notify = known        ? known->notify
		                  : is_release ? NULL
		                               : "NEVER"};
	}
}

/* A release is the original with its envelope; a notice, and a mail of ours that carries a part,
 * has the null reverse-path (RFC 3834 section 3.3), and nobody is told where it ends. */
static void send_mail(struct qnotify *q)
{
	int is_release = q->outgoing->kind == LZ__NOTICE_KIND__NOTICE_RELEASE && !q->outgoing->part;

	fill_recipients(q, is_release);
	q->pieces[0] = (struct smtp_piece){.bytes = q->pass.data, .size = q->pass.size};
	q->pieces[1] = (struct smtp_piece){.bytes = q->mail.data, .size = q->mail.size};
	q->message = (struct smtp_message){.reverse_path = is_release ? q->item->reverse_path : "",
	        .recipients = q->recipients,
	        .recipient_count = q->outgoing->n_to,
	        .pieces = q->pass.size ? q->pieces : q->pieces + 1,
	        .piece_count = q->pass.size ? 2 : 1,
	        .eight_bit = is_release && q->item->eight_bit,
	        .smtputf8 = is_release && q->item->smtputf8,
	        .envid = is_release ? q->item->envid : NULL,
	        .ret = is_release ? q->item->ret : NULL};
	q->sent = 1;
	smtp_line_send(q->line, &q->message, clock_monotonic_ms());
}

/* ---------------------------------------------------------------- the connection to the next hop
 */

static void close_line(struct qnotify *q)
{
	if (q->line_source)
		loop_remove(&q->line_source);
	if (q->line)
		smtp_line_close(&q->line);
}

static void on_line(void *context, unsigned events)
{
	struct qnotify *q = context;

	smtp_line_ready(q->line, clock_monotonic_ms());
	drive_line(q);
}

static void open_line(struct qnotify *q)
{
	q->line = smtp_line_open(
	        q->target, q->config->site.name, clock_monotonic_ms(), SMTP_TIMEOUT_MS);
	if (smtp_line_fd(q->line) >= 0)
		q->line_source = loop_add_fd(
		        q->loop, smtp_line_fd(q->line), LOOP_READ | LOOP_WRITE, on_line, q);
}

static void line_closed(struct qnotify *q)
{
	const struct smtp_client *client = smtp_line_client(q->line);
	int in_hand = q->stage == STAGE_SENDING;
	int fresh = in_hand && q->sent && smtp_client_untouched(client);
	struct err why;

	err_set(&why, RESULT_TEMPORARY, "4.4.1 %s", smtp_client_error(client));
	if (in_hand && q->sent && !fresh)
		collect_results(q);
	close_line(q);
	if (fresh) {
		q->sent = 0;
		open_line(q);
	} else if (in_hand && q->sent) {
		settle(q);
	} else if (in_hand) {
		fail_record(q, RESULT_TEMPORARY, why.text);
	}
}

/* Brings the line and the record in hand as far as they go without waiting. */
static void drive_line(struct qnotify *q)
{
	enum smtp_state state;

	while (q->line) {
		state = smtp_line_state(q->line);
		if (state == SMTP_CLOSED) {
			line_closed(q);
		} else if (state == SMTP_IDLE && q->stage == STAGE_SENDING && !q->sent) {
			send_mail(q);
		} else if (state == SMTP_DONE) {
			collect_results(q);
			smtp_line_next(q->line);
			settle(q);
		} else {
			break;
		}
	}
	if (q->line && q->line_source)
		loop_change(q->line_source,
		        (smtp_line_wants(q->line) & SMTP_LINE_READ ? LOOP_READ : 0u) |
		                (smtp_line_wants(q->line) & SMTP_LINE_WRITE ? LOOP_WRITE : 0u));
}

static void begin_sending(struct qnotify *q)
{
	q->stage = STAGE_SENDING;
	q->sent = 0;
	if (q->line)
		smtp_line_ready(q->line,
		        clock_monotonic_ms()); /* has a kept connection been closed meanwhile? */
	if (q->line && smtp_line_state(q->line) == SMTP_CLOSED)
		close_line(q);
	if (!q->line)
		open_line(q);
	drive_line(q);
}

/* ---------------------------------------------------------------- answers */

/* One that was taken more often than it may be tried never came to its end: whatever it does to us,
 * the others behind it must not wait for it. */
static void begin_record(struct qnotify *q)
{
	if (q->outgoing->attempts > q->config->notifier.attempts) {
		fail_record(q, RESULT_TEMPORARY, "4.3.0 taken too often without an end");
		return;
	}
	if (q->outgoing->kind == LZ__NOTICE_KIND__NOTICE_RELEASE) {
		ask_fetch(q);
		return;
	}
	notice_compose(q->notices, &q->from, q->outgoing, q->item, clock_wall_ms(), &q->mail);
	begin_sending(q);
}

static void take_answer(struct qnotify *q, struct wire_message *message)
{
	const Lz__Taken *taken = (const Lz__Taken *)message->envelope;

	if (!taken->n_outbox) {
		q->stage = STAGE_IDLE;
		q->poll_ms = loop_now_ms(q->loop) + q->config->notifier.poll_ms;
		return;
	}
	q->taken = *message;
	*message = (struct wire_message){0};
	q->outgoing = taken->outbox[0];
	q->item = taken->n_items ? taken->items[0] : &q->none;
	begin_record(q);
}

/* The bytes that leave must be the bytes that were kept. */
static int is_whole(const struct qnotify *q, const char *sha256)
{
	struct digest digest;
	char hex[DIGEST_HEX_ROOM];

	digest_of(q->mail.data, q->mail.size, &digest);
	text_hex(digest.bytes, DIGEST_SIZE, hex);
	return text_same(hex, sha256);
}

static int wants_pass(const struct qnotify *q)
{
	return q->config->notifier.release_pass && !q->outgoing->part;
}

static void pass_answer(struct qnotify *q, const struct wire_message *message)
{
	const Lz__PassGiven *given = (const Lz__PassGiven *)message->envelope;

	buf_clear(&q->pass);
	buf_add_format(&q->pass, "X-Lazaret-Pass: %s\r\n", given->text);
	begin_sending(q);
}

static void fetch_answer(struct qnotify *q, const struct wire_message *message)
{
	const Lz__Fetched *fetched = (const Lz__Fetched *)message->envelope;
	size_t size = wire_body_size(&message->body);

	if (fetched->offset != q->mail.size ||
	        fetched->size > q->config->quarantine.max_item_size ||
	        size > fetched->size - fetched->offset ||
	        (!size && fetched->offset < fetched->size)) {
		fail_record(q, RESULT_TEMPORARY,
		        "4.3.0 the quarantine's answer does not fit the question");
		return;
	}
	buf_add(&q->mail, wire_body_data(&message->body), size);
	if (q->mail.size < fetched->size)
		ask_fetch(q);
	else if (is_whole(q, fetched->sha256) && wants_pass(q))
		ask_pass(q);
	else if (is_whole(q, fetched->sha256))
		begin_sending(q);
	else
		fail_record(q, RESULT_PERMANENT,
		        "5.3.0 the kept message does not have its hash any more");
}

static void error_answer(struct qnotify *q, const struct wire_message *message)
{
	const Lz__Error *error = (const Lz__Error *)message->envelope;
	int temporary = error->result == RESULT_TEMPORARY;

	log_event(LOG_LEVEL_WARNING, q->item ? q->item->message_id : NULL, "quarantine-error",
	        "error=%s", log_quote(error->text));
	q->poll_ms = loop_now_ms(q->loop) + q->config->notifier.poll_ms;
	if (temporary)
		return; /* the tick asks again */
	if (q->stage == STAGE_FETCHING || q->stage == STAGE_PASSING)
		fail_record(q, RESULT_PERMANENT, error->text);
	else
		drop_record(q);
}

static void on_answer(struct qnotify *q, struct wire_message *message)
{
	if (message->request != q->request)
		return; /* of a question that was asked again since */
	if (message->type == MESSAGE_ERROR)
		error_answer(q, message);
	else if (message->type == MESSAGE_TAKEN && q->stage == STAGE_TAKING)
		take_answer(q, message);
	else if (message->type == MESSAGE_FETCHED && q->stage == STAGE_FETCHING)
		fetch_answer(q, message);
	else if (message->type == MESSAGE_PASS_GIVEN && q->stage == STAGE_PASSING)
		pass_answer(q, message);
	else if (message->type == MESSAGE_FINISHED && q->stage == STAGE_FINISHING)
		drop_record(q);
	if (q->stage == STAGE_IDLE && !q->stop_ms && q->poll_ms <= loop_now_ms(q->loop))
		ask_take(q);
	if (q->stage == STAGE_IDLE && q->stop_ms)
		loop_end(q->loop);
}

static void on_store(void *context, unsigned events)
{
	struct qnotify *q = context;
	struct wire_message message;
	enum result result;
	struct err err;

	for (;;) {
		message = (struct wire_message){0};
		result = wire_receive(q->store, &message, &err);
		if (result == RESULT_NONE)
			return;
		if (result == RESULT_OK)
			on_answer(q, &message);
		else
			log_event(LOG_LEVEL_WARNING, NULL, "garbage", "from=quarantine error=%s",
			        log_quote(err.text));
		wire_message_free(&message);
	}
}

static void on_tick(void *context, int64_t now_ms)
{
	struct qnotify *q = context;

	if (q->stop_ms && (q->stage <= STAGE_TAKING || now_ms >= q->stop_ms)) {
		loop_end(q->loop);
		return;
	}
	if (q->line && now_ms >= smtp_line_deadline(q->line)) {
		smtp_line_tick(q->line, now_ms);
		drive_line(q);
	}
	if (q->stage == STAGE_IDLE && now_ms >= q->poll_ms)
		ask_take(q);
	else if (now_ms - q->asked_ms >= ASK_AGAIN_MS)
		ask_again(q);
}

/* ---------------------------------------------------------------- life */

/* Counts what is wrong with the templates in *context. */
static void on_wrong_template(void *context, const char *sentence)
{
	unsigned *wrong = context;

	++*wrong;
	log_event(LOG_LEVEL_WARNING, NULL, "template-refused", "error=%s", log_quote(sentence));
}

/* The old ones are better than what would take the place of a broken one. */
static void reload_templates(struct qnotify *q)
{
	unsigned wrong = 0;
	struct notices *fresh = notices_open(q->config, on_wrong_template, &wrong);

	if (wrong) {
		notices_close(&fresh);
		log_event(LOG_LEVEL_WARNING, NULL, "templates-kept", "refused=%u", wrong);
		return;
	}
	notices_close(&q->notices);
	q->notices = fresh;
	log_event(LOG_LEVEL_INFO, NULL, "templates-read", NULL);
}

static void on_signal(void *context, int signal_number)
{
	struct qnotify *q = context;

	if (signal_number == SIGHUP)
		reload_templates(q);
	else if (!q->stop_ms)
		q->stop_ms = loop_now_ms(q->loop) + STOP_MS;
}

static enum result open_parts(struct qnotify *q, struct err *err)
{
	const struct config *config = q->config;
	const char *next_hop =
	        *config->notifier.next_hop ? config->notifier.next_hop : config->front.next_hop;
	enum result result = smtp_target_new(next_hop, &q->target, err);
	unsigned wrong = 0;

	notice_from_config(config, &q->from);
	q->notices = notices_open(config, on_wrong_template, &wrong);
	if (!result)
		result = wire_open(&config->curve, &q->wire, err);
	return result;
}

enum result qnotify_connect(struct qnotify *q, struct err *err)
{
	const struct wire_limits limits = {
	        .max_bytes = q->config->quarantine.max_item_size + (1 << 20),
	        .high_water = 100,
	};
	enum result result =
	        wire_connect(q->wire, q->config->notifier.quarantine, &limits, &q->store, err);

	if (!result)
		loop_add_socket(q->loop, q->store, on_store, q);
	return result;
}

enum result qnotify_open(const struct config *config, struct qnotify **out, struct err *err)
{
	struct qnotify *q = alloc_zero(1, sizeof(*q));
	enum result result;

	q->config = config;
	lz__item__init(&q->none);
	result = open_parts(q, err);
	if (result) {
		qnotify_close(&q);
		return result;
	}
	q->loop = loop_new(q->wire);
	loop_add_timer(q->loop, TICK_MS, on_tick, q);
	loop_on_signal(q->loop, on_signal, q);
	*out = q;
	return RESULT_OK;
}

void qnotify_run(struct qnotify *q)
{
	loop_run(q->loop);
}

void qnotify_close(struct qnotify **qnotify)
{
	struct qnotify *q = *qnotify;

	if (!q)
		return;
	close_line(q);
	wire_message_free(&q->taken);
	record_outcome_fini(&q->outcome);
	free(q->recipients);
	buf_fini(&q->mail);
	buf_fini(&q->pass);
	loop_free(&q->loop);
	wire_socket_close(&q->store);
	wire_close(&q->wire);
	smtp_target_free(&q->target);
	notices_close(&q->notices);
	free(q);
	*qnotify = NULL;
}
