/*
 * Carries a message from the door to its one answer. Every way on goes through a move of the table
 * in message.c; every end goes through end().
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/log.h"
#include "submitter/qfront/edit.h"
#include "submitter/qfront/front.h"
#include "submitter/qfront/keep.h"
#include "submitter/qfront/report.h"
#include "submitter/qfront/submission.h"

enum {
	KEEP_TIMEOUT_MS = 30000,
	CONFIRM_TIMEOUT_MS = 10000,
};

static void advance(struct message *message);

static int64_t now_of(const struct message *message)
{
	return loop_now_ms(message->front->loop);
}

/* ---- ends ---- */

static void end(struct message *message, enum front_event event, int status, const char *text)
{
	struct front *front = message->front;

	message_move(message, event);
	report_done(message, status, text, now_of(message));
	if (message->guest)
		message->guest->answer(message->guest, status, text);
	message->guest = NULL;
	if (message->previous)
		message->previous->next = message->next;
	else
		front->messages = message->next;
	if (message->next)
		message->next->previous = message->previous;
	budget_leave(&front->budget, message->counted);
	message_free_whole(&message);
}

/* What is delivered stays delivered: the next run must not do it again. */
static void remember(struct message *message)
{
	if (message->plan.confirm && message->delivered_count)
		desk_confirm_later(message->front->desk, message->submission->message_id,
		        message->delivered, message->delivered_count, 0);
}

static void later(struct message *message, const char *text)
{
	char line[320];

	remember(message);
	plan_text(ANSWER_LATER, "", text, line, sizeof(line));
	end(message, FRONT_ANSWER, ANSWER_LATER, line);
}

/* ---- to a broker ---- */

static void submit(struct message *message)
{
	struct front *front = message->front;
	int broker;

	while ((broker = brokers_next(&front->brokers, message->tried, now_of(message))) >= 0) {
		message->tried |= 1u << broker;
		message->broker = (size_t)broker;
		message->asked_ms = now_of(message);
		if (front_submit(front, (size_t)broker, message) == RESULT_OK)
			return;
		brokers_failed(&front->brokers, (size_t)broker, now_of(message));
	}
	later(message, "4.3.2 no broker takes mail now");
}

/* The broker is passed over. When all have been, the round begins again: a broker that was started
 * anew has forgotten what it had. */
static void broker_is_silent(struct message *message)
{
	struct front *front = message->front;

	log_event(LOG_LEVEL_WARNING, message->submission->message_id, "broker-silent", "broker=%s",
	        log_quote(front->config->front.brokers.items[message->broker]));
	brokers_failed(&front->brokers, message->broker, now_of(message));
	if (brokers_next(&front->brokers, message->tried, now_of(message)) < 0)
		message->tried = 0;
	submit(message);
}

static struct message *find(struct front *front, uint64_t number)
{
	struct message *message = front->messages;

	while (message && message->number != number)
		message = message->next;
	return message;
}

void carry_alive(struct front *front, size_t broker, uint64_t request)
{
	struct message *message = find(front, request);

	if (message && message->state == FRONT_SUBMITTED && message->broker == broker)
		message->asked_ms = now_of(message);
}

void carry_busy(struct front *front, size_t broker, const struct wire_message *answer)
{
	struct message *message = find(front, answer->request);
	const Lz__Busy *busy = (const Lz__Busy *)answer->envelope;

	if (!message || message->state != FRONT_SUBMITTED || message->broker != broker)
		return;
	log_event(LOG_LEVEL_INFO, message->submission->message_id, "broker-busy", "why=%s",
	        log_quote(busy->why));
	submit(message);
}

/* Without a queue id two mails that are alike can't be told from one that comes again. */
static int is_named(const struct message *message)
{
	return *message->submission->queue_id != '\0';
}

static void make_plan(struct message *message)
{
	const Lz__Submission *submission = message->submission;
	unsigned char *served = alloc_zero(submission->n_recipients, 1);
	size_t count = 0, i;

	for (i = 0; is_named(message) && i < submission->n_recipients; i++) {
		served[i] = (unsigned char)served_has(message->front->served, &message->identity,
		        submission->recipients[i]->address);
		count += served[i];
	}
	if (count)
		log_event(LOG_LEVEL_INFO, submission->message_id, "served-before", "recipients=%zu",
		        count);
	plan_make(message->verdict, submission, served, &message->plan);
	free(served);
}

/* The first verdict counts, whoever gives it: one that comes late from a broker that was passed
 * over is as good. */
void carry_verdict(struct front *front, size_t broker, struct wire_message *answer)
{
	struct message *message = find(front, answer->request);
	struct err err;

	if (!message || message->state != FRONT_SUBMITTED)
		return;
	message->broker = broker;
	if (verdict_fits((const Lz__Verdict *)answer->envelope, message->submission, &err)) {
		log_event(LOG_LEVEL_ERROR, message->submission->message_id, "bad-verdict",
		        "error=%s", log_quote(err.text));
		submit(message);
		return;
	}
	message->verdict_message = *answer;
	*answer = (struct wire_message){0};
	message->verdict = (const Lz__Verdict *)message->verdict_message.envelope;
	message->verdict_ms = now_of(message);
	make_plan(message);
	message_move(message, FRONT_VERDICT);
	advance(message);
}

/* ---- recipients whom the next hop refuses for good while others are served ---- */

static const struct leg *leg_of(const struct message *message)
{
	return &message->plan.legs[message->leg];
}

/* How many recipients the server answers for: a redirect has one for all. */
static size_t mailed(const struct message *message)
{
	return message->mail.recipient_count;
}

static void on_kept(
        void *context, enum result result, const ProtobufCMessage *answer, const struct err *err)
{
	struct message *message = context;

	message_move(message, FRONT_KEPT);
	if (result != RESULT_OK) {
		if (!message->sending || delivery_cancel(message->sending))
			later(message, err->text);
		return;
	}
	message->kept_count += message->keeping;
	message->plan.confirm = 1;
	if (message->sending) {
		delivery_proceed(message->sending, 1);
		return;
	}
	message->leg++;
	advance(message);
}

/* Gives the refused ones to the quarantine, before the others' copy is sent. */
static void keep(struct message *message, const size_t *refused, size_t count, const char *reply)
{
	const struct keep kept = {
	        message->submission, message->verdict, reply, message->front->config->site.admin};
	Lz__Store *store = keep_make(&kept, refused, count);

	message_move(message, FRONT_REFUSED);
	message->keeping = count;
	desk_ask(message->front->desk, MESSAGE_STORE, &store->base, &message->body, MESSAGE_STORED,
	        KEEP_TIMEOUT_MS, on_kept, message, &message->question);
}

/* Those of the leg whose result is `want`; the first one's reply. */
static size_t collect(const struct message *message, const struct smtp_client *client,
        enum result want, size_t *out, struct smtp_reply *first)
{
	const struct leg *leg = leg_of(message);
	struct smtp_reply reply;
	size_t count = 0, i;

	for (i = 0; i < leg->count; i++) {
		if (smtp_client_result(client, i % mailed(message), &reply) != want)
			continue;
		if (!count)
			*first = reply;
		out[count++] = leg->recipients[i];
	}
	return count;
}

static void on_ask(void *context, const struct smtp_client *client)
{
	struct message *message = context;
	size_t *refused = alloc_zero(leg_of(message)->count, sizeof(*refused));
	struct smtp_reply reply;
	size_t count = collect(message, client, RESULT_PERMANENT, refused, &reply);

	if (count)
		keep(message, refused, count, reply.text);
	else
		delivery_proceed(message->sending, 1);
	free(refused);
}

/* ---- to the next hop ---- */

static void fill_recipients(struct message *message)
{
	const struct leg *leg = leg_of(message);
	const Lz__Recipient *from;
	size_t i;

	free(message->recipients);
	message->recipients = alloc_zero(leg->count, sizeof(*message->recipients));
	message->mail.recipients = message->recipients;
	message->mail.recipient_count = leg->count;
	if (leg->group->disposition == LZ__DISPOSITION__REDIRECT) {
		/* The mailbox is not whom the sender asked about. */
		message->recipients[0] =
		        (struct smtp_recipient){.address = leg->group->redirect, .notify = "NEVER"};
		message->mail.recipient_count = 1;
		return;
	}
	for (i = 0; i < leg->count; i++) {
		from = message->submission->recipients[leg->recipients[i]];
		message->recipients[i] =
		        (struct smtp_recipient){from->address, from->orcpt, from->notify};
	}
}

static void fill_mail(struct message *message)
{
	const Lz__Submission *from = message->submission;

	message->mail = (struct smtp_message){.reverse_path = from->reverse_path,
	        .pieces = message->edit.pieces,
	        .piece_count = message->edit.piece_count,
	        .eight_bit = from->eight_bit,
	        .smtputf8 = from->smtputf8,
	        .envid = from->envid,
	        .ret = from->ret,
	        .xforward_name = from->client_name,
	        .xforward_addr = from->client_address,
	        .xforward_port = from->client_port,
	        .xforward_proto = from->client_protocol,
	        .xforward_helo = from->helo,
	        .xforward_ident = from->queue_id,
	        .all_or_none = 1,
	        .ask = 1};
	fill_recipients(message);
}

static void add_delivered(struct message *message, const size_t *recipients, size_t count)
{
	size_t i;

	message->delivered = alloc_grow(
	        message->delivered, message->delivered_count + count, sizeof(*message->delivered));
	for (i = 0; i < count; i++) {
		char *address = message->submission->recipients[recipients[i]]->address;

		message->delivered[message->delivered_count++] = address;
		served_add(message->front->served, &message->identity, address);
	}
}

/* Nobody of the leg got it. With one group for all that is the answer; beside other groups it can't
 * be, so the quarantine takes it. */
static void leg_refused(
        struct message *message, const size_t *refused, size_t count, const char *reply)
{
	if (!message->plan.alone) {
		keep(message, refused, count, reply);
		return;
	}
	message->plan.status = ANSWER_REJECT;
	plan_text(ANSWER_REJECT, "", reply, message->plan.text, sizeof(message->plan.text));
	message->leg++;
	advance(message);
}

static void leg_later(struct message *message, enum result result, const char *reply)
{
	if (result == RESULT_UNSURE)
		log_event(LOG_LEVEL_WARNING, message->submission->message_id, "unsure",
		        "text=\"the next hop may have the message and it will be sent again\" "
		        "reply=%s",
		        log_quote(reply));
	later(message, reply);
}

static void leg_results(struct message *message, const struct smtp_client *client, size_t *found)
{
	struct smtp_reply reply;
	size_t count;

	count = collect(message, client, RESULT_OK, found, &reply);
	if (count) {
		add_delivered(message, found, count);
		message->delivered_ms = now_of(message);
	} else if ((count = collect(message, client, RESULT_UNSURE, found, &reply))) {
		leg_later(message, RESULT_UNSURE, reply.text);
		return;
	} else if ((count = collect(message, client, RESULT_TEMPORARY, found, &reply))) {
		leg_later(message, RESULT_TEMPORARY, reply.text);
		return;
	} else {
		count = collect(message, client, RESULT_PERMANENT, found, &reply);
		leg_refused(message, found, count, reply.text);
		return;
	}
	if (++message->leg < message->plan.leg_count)
		remember(message);
	advance(message);
}

static void on_done(void *context, const struct smtp_client *client, const char *error)
{
	struct message *message = context;
	struct err err;
	size_t *found;

	/* The server left while the quarantine was being asked. What it keeps it will find again.
	 */
	if (message->state == FRONT_KEEPING) {
		desk_forget(&message->question);
		message_move(message, FRONT_KEPT);
	}
	if (!client) {
		err_set(&err, RESULT_TEMPORARY, "4.4.1 the next hop: %s", error);
		later(message, err.text);
		return;
	}
	found = alloc_zero(leg_of(message)->count, sizeof(*found));
	leg_results(message, client, found);
	free(found);
}

static void start_leg(struct message *message)
{
	static const struct sending_calls calls = {on_ask, on_done};
	struct err err;

	edit_fini(&message->edit);
	if (edit_apply(wire_body_data(&message->body), wire_body_size(&message->body),
	            leg_of(message)->group, &message->edit, &err)) {
		log_event(LOG_LEVEL_ERROR, message->submission->message_id, "bad-verdict",
		        "error=%s", log_quote(err.text));
		later(message, "4.3.0 the verdict can't be applied");
		return;
	}
	fill_mail(message);
	delivery_send(message->front->delivery, &message->mail, &calls, message, &message->sending);
}

/* ---- the end of it ---- */

/* Never "later" once the next hop has it: it would come twice. */
static void on_confirmed(
        void *context, enum result result, const ProtobufCMessage *answer, const struct err *err)
{
	struct message *message = context;
	char line[320];

	if (result == RESULT_OK) {
		end(message, FRONT_CONFIRMED, message->plan.status, message->plan.text);
	} else if (message->delivered_count) {
		desk_confirm_later(message->front->desk, message->submission->message_id,
		        message->delivered, message->delivered_count, 1);
		end(message, FRONT_CONFIRMED, message->plan.status, message->plan.text);
	} else {
		plan_text(ANSWER_LATER, "", err->text, line, sizeof(line));
		end(message, FRONT_CONFIRMED, ANSWER_LATER, line);
	}
}

static void settle(struct message *message)
{
	const struct plan *plan = &message->plan;

	if (plan->status == ANSWER_LATER) {
		later(message, plan->text);
	} else if (!plan->confirm) {
		end(message, FRONT_ANSWER, plan->status, plan->text);
	} else {
		message_move(message, FRONT_SETTLED);
		desk_ask(message->front->desk, MESSAGE_CONFIRM,
		        desk_confirm_make(message->submission->message_id, message->delivered,
		                message->delivered_count, 1),
		        NULL, MESSAGE_CONFIRMED, CONFIRM_TIMEOUT_MS, on_confirmed, message,
		        &message->question);
	}
}

static void advance(struct message *message)
{
	if (!message->guest) {
		/* Whoever waited has left while the last bytes were on their way. */
		remember(message);
		end(message, FRONT_LEFT, ANSWER_LATER, "4.3.2 nobody waits for the answer");
	} else if (message->leg < message->plan.leg_count) {
		start_leg(message);
	} else {
		settle(message);
	}
}

/* ---- the door's calls ---- */

static struct message *message_new(
        struct front *front, struct door_guest *guest, struct door_message *from)
{
	struct message *message = alloc_zero(1, sizeof(*message));

	message->front = front;
	message->guest = guest;
	guest->hand = message;
	message->number = ++front->last_number;
	message->counted = from->counted;
	message->came_ms = from->since_ms;
	message->read_ms = now_of(message);
	message->deadline_ms = from->since_ms + front->config->front.deadline_ms;
	wire_body_take(from->bytes, from->size, &message->body);
	message->next = front->messages;
	if (message->next)
		message->next->previous = message;
	front->messages = message;
	return message;
}

/* Whoever waited for the earlier run has left it, and the next hop has all its bytes. Whether they
 * have to be sent again is known when that replies. */
static int is_still_on_its_way(const struct message *message)
{
	const struct message *other = message->front->messages;

	while (other &&
	        (other->guest || !is_named(other) ||
	                memcmp(&other->identity, &message->identity, sizeof(other->identity)) != 0))
		other = other->next;
	return other != NULL;
}

void carry_arrived(void *context, struct door_guest *guest, const struct letter *letter,
        struct door_message *from)
{
	struct message *message = message_new(context, guest, from);
	struct err err, text;

	if (submission_make(letter, wire_body_data(&message->body), from->size,
	            &message->submission, &message->identity, &err)) {
		err_set(&text, RESULT_PERMANENT, "4.3.5 %.300s", err.text);
		later(message, text.text);
		return;
	}
	if (is_still_on_its_way(message)) {
		later(message, "4.3.2 an earlier run of this message still waits for the next hop");
		return;
	}
	message_move(message, FRONT_READ);
	log_event(LOG_LEVEL_INFO, message->submission->message_id, "arrived",
	        "queue=%s size=%zu recipients=%zu from=%s",
	        log_quote(message->submission->queue_id), from->size,
	        message->submission->n_recipients, log_quote(message->submission->reverse_path));
	submit(message);
}

/* Takes back what is still ours. 0: the message is on its way to the next hop, and its reply has to
 * be waited for. */
static int take_back(struct message *message)
{
	if (message->sending && !delivery_cancel(message->sending))
		return 0;
	desk_forget(&message->question);
	return 1;
}

void carry_left(void *context, void *hand)
{
	struct message *message = hand;

	message->guest = NULL;
	if (!take_back(message))
		return;
	remember(message);
	end(message, FRONT_LEFT, ANSWER_LATER, "4.3.2 nobody waits for the answer");
}

/* ---- time ---- */

static void check_time(struct message *message, int64_t now_ms)
{
	if (now_ms >= message->deadline_ms && message->state != FRONT_CONFIRMING) {
		if (take_back(message))
			later(message, "4.4.1 no verdict and delivery in time");
		return;
	}
	if (message->state == FRONT_SUBMITTED &&
	        now_ms - message->asked_ms >= message->front->config->front.silence_ms)
		broker_is_silent(message);
}

void carry_tick(struct front *front, int64_t now_ms)
{
	struct message *message, *next;

	for (message = front->messages; message; message = next) {
		next = message->next;
		check_time(message, now_ms);
	}
}

void carry_give_up(struct front *front, const char *text)
{
	struct message *message, *next;

	for (message = front->messages; message; message = next) {
		next = message->next;
		if (message->state != FRONT_CONFIRMING && take_back(message))
			later(message, text);
	}
}
