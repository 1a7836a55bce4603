#include "lib/smtp/client.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/smtp/body.h"
#include "lib/smtp/command.h"
#include "lib/smtp/reply.h"

enum { BODY_RUN = 65536 };

enum step {
	STEP_GREETING,
	STEP_EHLO,
	STEP_HELO,
	STEP_IDLE,
	STEP_ENVELOPE, /* RSET, XFORWARD, MAIL, RCPT */
	STEP_ASKING,
	STEP_DATA,
	STEP_BODY,
	STEP_DOT, /* the whole message is with the connection: its fate is the server's to tell */
	STEP_DONE,
	STEP_QUIT,
	STEP_CLOSED,
};

#define TO(step) (1u << STEP_##step)
static const unsigned moves[] = {
        [STEP_GREETING] = TO(EHLO) | TO(CLOSED),
        [STEP_EHLO] = TO(HELO) | TO(IDLE) | TO(CLOSED),
        [STEP_HELO] = TO(IDLE) | TO(CLOSED),
        [STEP_IDLE] = TO(ENVELOPE) | TO(QUIT) | TO(CLOSED),
        [STEP_ENVELOPE] = TO(ASKING) | TO(DATA) | TO(DONE) | TO(CLOSED),
        [STEP_ASKING] = TO(DATA) | TO(DONE) | TO(CLOSED),
        [STEP_DATA] = TO(BODY) | TO(DONE) | TO(CLOSED),
        [STEP_BODY] = TO(DOT) | TO(CLOSED),
        [STEP_DOT] = TO(DONE) | TO(CLOSED),
        [STEP_DONE] = TO(IDLE) | TO(QUIT) | TO(CLOSED),
        [STEP_QUIT] = TO(CLOSED),
        [STEP_CLOSED] = 0,
};

static const char *const step_names[] = {
        [STEP_GREETING] = "connect",
        [STEP_EHLO] = "EHLO",
        [STEP_HELO] = "HELO",
        [STEP_ENVELOPE] = "MAIL and RCPT",
        [STEP_DATA] = "DATA",
        [STEP_BODY] = "the message's bytes",
        [STEP_DOT] = "the end of the message",
        [STEP_QUIT] = "QUIT",
};

enum verb { VERB_RSET, VERB_XFORWARD, VERB_MAIL, VERB_RCPT };

struct command {
	enum verb verb;
	size_t recipient; /* of a RCPT */
	size_t size;      /* of its line */
};

enum stage { STAGE_OPEN, STAGE_TAKEN, STAGE_DECIDED };

struct outcome {
	enum stage stage;
	enum result result;
	struct smtp_reply reply;
};

struct smtp_client {
	enum step step;
	char *helo;
	int64_t timeout_ms, deadline_ms;
	struct smtp_offer offer;
	struct reply_reader reader;
	struct buf out;
	size_t written; /* of out */
	struct err err;

	int reset_needed; /* the server may still hold an open transaction */
	int untouched;
	const struct smtp_message *message; /* lent; NULL outside a transaction */
	struct outcome *outcomes;
	size_t outcome_count;
	struct buf lines; /* of the envelope's commands, in their order */
	struct command *commands;
	size_t command_count, sent, answered, sent_bytes;
	int mail_refused;
	struct body body;
};

/* ---- the one place where the step changes ---- */

static void move(struct smtp_client *client, enum step to, int64_t now_ms)
{
	assert(moves[client->step] & 1u << to);
	client->step = to;
	if (to == STEP_IDLE || to == STEP_ASKING || to == STEP_DONE || to == STEP_CLOSED)
		client->deadline_ms = INT64_MAX;
	else
		client->deadline_ms = now_ms + client->timeout_ms;
	if (to == STEP_DONE || to == STEP_CLOSED)
		client->message = NULL;
}

static void own_reply(struct smtp_reply *reply, const char *text)
{
	reply->code = 0;
	snprintf(reply->text, sizeof(reply->text), "%.*s", (int)sizeof(reply->text) - 1, text);
}

static void decide(struct outcome *outcome, enum result result, const struct smtp_reply *reply)
{
	outcome->stage = STAGE_DECIDED;
	outcome->result = result;
	outcome->reply = *reply;
}

/* Decides every recipient that is not decided yet. */
static void settle(struct smtp_client *client, enum result result, const struct smtp_reply *reply)
{
	size_t i;

	for (i = 0; i < client->outcome_count; i++)
		if (client->outcomes[i].stage != STAGE_DECIDED)
			decide(&client->outcomes[i], result, reply);
}

static void settle_own(struct smtp_client *client, enum result result, const char *text)
{
	struct smtp_reply reply;

	own_reply(&reply, text);
	settle(client, result, &reply);
}

static void fail(struct smtp_client *client, const char *why)
{
	struct smtp_reply reply = {0};
	size_t i;

	if (client->step == STEP_CLOSED)
		return;
	client->untouched = client->step == STEP_ENVELOPE && client->answered == 0;
	err_set(&client->err, RESULT_TEMPORARY, "%s", why);
	snprintf(reply.text, sizeof(reply.text), "4.4.2 %s", why);
	if (client->message) {
		for (i = 0; client->step == STEP_DOT && i < client->outcome_count; i++)
			if (client->outcomes[i].stage == STAGE_TAKEN)
				decide(&client->outcomes[i], RESULT_UNSURE, &reply);
		settle(client, RESULT_TEMPORARY, &reply);
	}
	move(client, STEP_CLOSED, 0);
	buf_clear(&client->out);
	client->written = 0;
}

/* ---- life ---- */

struct smtp_client *smtp_client_new(const char *helo, int64_t now_ms, int64_t timeout_ms)
{
	struct smtp_client *client = alloc_zero(1, sizeof(*client));

	client->helo = alloc_string(helo);
	client->timeout_ms = timeout_ms;
	client->deadline_ms = now_ms + timeout_ms;
	return client;
}

void smtp_client_free(struct smtp_client **client)
{
	if (!*client)
		return;
	free((*client)->helo);
	free((*client)->outcomes);
	free((*client)->commands);
	buf_fini(&(*client)->out);
	buf_fini(&(*client)->lines);
	reply_fini(&(*client)->reader);
	free(*client);
	*client = NULL;
}

enum smtp_state smtp_client_state(const struct smtp_client *client)
{
	static const enum smtp_state states[] = {
	        [STEP_GREETING] = SMTP_CONNECTING,
	        [STEP_EHLO] = SMTP_CONNECTING,
	        [STEP_HELO] = SMTP_CONNECTING,
	        [STEP_IDLE] = SMTP_IDLE,
	        [STEP_ENVELOPE] = SMTP_BUSY,
	        [STEP_ASKING] = SMTP_ASKING,
	        [STEP_DATA] = SMTP_BUSY,
	        [STEP_BODY] = SMTP_BUSY,
	        [STEP_DOT] = SMTP_BUSY,
	        [STEP_DONE] = SMTP_DONE,
	        [STEP_QUIT] = SMTP_BUSY,
	        [STEP_CLOSED] = SMTP_CLOSED,
	};

	return states[client->step];
}

const char *smtp_client_error(const struct smtp_client *client)
{
	return client->err.text;
}

int smtp_client_untouched(const struct smtp_client *client)
{
	return client->untouched;
}

enum result smtp_client_result(
        const struct smtp_client *client, size_t recipient, struct smtp_reply *reply)
{
	const struct outcome *outcome;

	assert(recipient < client->outcome_count);
	outcome = &client->outcomes[recipient];
	if (reply)
		*reply = outcome->reply;
	return outcome->stage == STAGE_DECIDED ? outcome->result : RESULT_NONE;
}

/* ---- sending an envelope ---- */

static void add_command(struct smtp_client *client, enum verb verb, size_t recipient, size_t start)
{
	client->commands[client->command_count++] =
	        (struct command){verb, recipient, client->lines.size - start};
}

static void add_xforward(struct smtp_client *client)
{
	struct buf all = {0};
	int count = command_xforward(&all, client->message, &client->offer), i;
	const char *at = all.data, *end;
	size_t start;

	for (i = 0; i < count; i++, at = end) {
		end = strstr(at, "\r\n") + 2;
		start = client->lines.size;
		buf_add(&client->lines, at, (size_t)(end - at));
		add_command(client, VERB_XFORWARD, 0, start);
	}
	buf_fini(&all);
}

static void add_recipient(struct smtp_client *client, size_t index)
{
	const struct smtp_recipient *recipient = &client->message->recipients[index];
	size_t start = client->lines.size;
	struct smtp_reply reply;
	struct err err;

	if (command_needs_smtputf8(recipient->address) && !client->offer.smtputf8) {
		own_reply(&reply, "5.6.7 the next hop does not offer SMTPUTF8");
		decide(&client->outcomes[index], RESULT_PERMANENT, &reply);
	} else if (command_rcpt(&client->lines, recipient, &client->offer, &err)) {
		own_reply(&reply, err.text);
		decide(&client->outcomes[index], RESULT_PERMANENT, &reply);
	} else {
		add_command(client, VERB_RCPT, index, start);
	}
}

/* What the server told us that it will not take; it is spared the try. */
static int is_refused_here(struct smtp_client *client, uint64_t size)
{
	const struct smtp_message *message = client->message;

	if (client->offer.max_size && size > client->offer.max_size)
		settle_own(client, RESULT_PERMANENT, "5.3.4 message too large for the next hop");
	else if ((message->smtputf8 || command_needs_smtputf8(message->reverse_path)) &&
	         !client->offer.smtputf8)
		settle_own(client, RESULT_PERMANENT, "5.6.7 the next hop does not offer SMTPUTF8");
	else
		return 0;
	return 1;
}

/* Writes the envelope's commands. 0: there is nothing to send, and every recipient is decided. */
static int make_envelope(struct smtp_client *client)
{
	const struct smtp_message *message = client->message;
	uint64_t size = body_size(message->pieces, message->piece_count);
	size_t rcpt_from, i, start;
	struct err err;

	if (is_refused_here(client, size))
		return 0;
	if (client->reset_needed) {
		buf_add_string(&client->lines, "RSET\r\n");
		add_command(client, VERB_RSET, 0, 0);
	}
	add_xforward(client);
	start = client->lines.size;
	if (command_mail(&client->lines, message, &client->offer, size, &err)) {
		settle_own(client, RESULT_PERMANENT, err.text);
		return 0;
	}
	add_command(client, VERB_MAIL, 0, start);
	rcpt_from = client->command_count;
	for (i = 0; i < message->recipient_count; i++)
		add_recipient(client, i);
	return client->command_count > rcpt_from;
}

static void begin_message(struct smtp_client *client, const struct smtp_message *message)
{
	enum { OTHER_COMMANDS = 10 }; /* RSET, MAIL, and XFORWARD at most once an attribute */
	size_t count = message->recipient_count;

	client->message = message;
	client->outcome_count = count;
	client->outcomes = alloc_grow(client->outcomes, count, sizeof(*client->outcomes));
	memset(client->outcomes, 0, count * sizeof(*client->outcomes));
	client->commands =
	        alloc_grow(client->commands, count + OTHER_COMMANDS, sizeof(*client->commands));
	buf_clear(&client->lines);
	client->command_count = client->sent = client->answered = client->sent_bytes = 0;
	client->mail_refused = client->untouched = 0;
	body_init(&client->body, message->pieces, message->piece_count);
}

static void send_commands(struct smtp_client *client)
{
	do {
		buf_add(&client->out, client->lines.data + client->sent_bytes,
		        client->commands[client->sent].size);
		client->sent_bytes += client->commands[client->sent++].size;
	} while (client->offer.pipelining && client->sent < client->command_count);
}

void smtp_client_send(
        struct smtp_client *client, const struct smtp_message *message, int64_t now_ms)
{
	assert(client->step == STEP_IDLE && message->recipient_count > 0);
	begin_message(client, message);
	move(client, STEP_ENVELOPE, now_ms);
	if (!make_envelope(client)) {
		move(client, STEP_DONE, now_ms);
		return;
	}
	send_commands(client);
	client->reset_needed = 1;
}

/* ---- replies ---- */

static enum result result_of(int code)
{
	return code / 100 == 2 ? RESULT_OK : code / 100 == 5 ? RESULT_PERMANENT : RESULT_TEMPORARY;
}

static void send_data(struct smtp_client *client, int64_t now_ms)
{
	buf_add_string(&client->out, "DATA\r\n");
	move(client, STEP_DATA, now_ms);
}

static const struct outcome *find_refused_for_now(const struct smtp_client *client)
{
	size_t i;

	for (i = 0; i < client->outcome_count; i++)
		if (client->outcomes[i].stage == STAGE_DECIDED &&
		        client->outcomes[i].result == RESULT_TEMPORARY)
			return &client->outcomes[i];
	return NULL;
}

static void end_envelope(struct smtp_client *client, int64_t now_ms)
{
	const struct outcome *refused = find_refused_for_now(client);
	struct smtp_reply reply;
	size_t i, taken = 0;

	for (i = 0; i < client->outcome_count; i++)
		taken += client->outcomes[i].stage == STAGE_TAKEN;
	if (taken && refused && client->message->all_or_none) {
		reply = refused->reply;
		settle(client, RESULT_TEMPORARY, &reply);
		taken = 0;
	}
	if (!taken)
		move(client, STEP_DONE, now_ms);
	else if (client->message->ask)
		move(client, STEP_ASKING, now_ms);
	else
		send_data(client, now_ms);
}

void smtp_client_proceed(struct smtp_client *client, int go, int64_t now_ms)
{
	assert(client->step == STEP_ASKING);
	if (go) {
		send_data(client, now_ms);
		return;
	}
	settle_own(client, RESULT_TEMPORARY, "4.3.0 given up before the message was sent");
	move(client, STEP_DONE, now_ms);
}

static void on_rcpt(
        struct smtp_client *client, struct outcome *outcome, const struct smtp_reply *reply)
{
	enum result result = result_of(reply->code);

	/* 552 is an old way to say 452, too many recipients (RFC 5321 section 4.5.3.1.10). */
	if (reply->code == 552)
		result = RESULT_TEMPORARY;
	if (result == RESULT_OK) {
		outcome->stage = STAGE_TAKEN;
		outcome->reply = *reply;
	} else {
		decide(outcome, result, reply);
	}
}

static void on_envelope(struct smtp_client *client, const struct smtp_reply *reply, int64_t now_ms)
{
	const struct command *command = &client->commands[client->answered];

	if (client->answered == client->sent) {
		fail(client, "the server replied unasked");
		return;
	}
	if (reply->code == 421)
		return; /* says nothing of the command; on_reply() closes */
	client->answered++;
	if (command->verb == VERB_MAIL && result_of(reply->code) != RESULT_OK) {
		client->mail_refused = 1;
		settle(client, result_of(reply->code), reply);
	} else if (command->verb == VERB_RCPT && !client->mail_refused) {
		on_rcpt(client, &client->outcomes[command->recipient], reply);
	}
	if (client->mail_refused && !client->offer.pipelining)
		client->answered = client->command_count;
	if (client->answered == client->command_count)
		end_envelope(client, now_ms);
	else if (client->answered == client->sent)
		send_commands(client);
}

static void on_data(struct smtp_client *client, const struct smtp_reply *reply, int64_t now_ms)
{
	if (reply->code == 354) {
		move(client, STEP_BODY, now_ms);
		return;
	}
	settle(client, reply->code / 100 == 5 ? RESULT_PERMANENT : RESULT_TEMPORARY, reply);
	if (reply->code / 100 == 4 || reply->code / 100 == 5)
		move(client, STEP_DONE, now_ms);
	else
		fail(client, "the server's reply to DATA makes no sense");
}

/* A reply before the message is whole: it can only be a refusal, and where the next one begins is
 * lost. */
static void on_body(struct smtp_client *client, const struct smtp_reply *reply)
{
	if (reply->code / 100 == 5)
		settle(client, RESULT_PERMANENT, reply);
	else if (reply->code / 100 == 4)
		settle(client, RESULT_TEMPORARY, reply);
	fail(client, "the server replied before the message was sent whole");
}

static void on_dot(struct smtp_client *client, const struct smtp_reply *reply, int64_t now_ms)
{
	if (reply->code / 100 == 3) {
		fail(client, "the server's reply to the message makes no sense");
		return;
	}
	settle(client, result_of(reply->code), reply);
	client->reset_needed = 0;
	move(client, STEP_DONE, now_ms);
}

static void on_greeting(struct smtp_client *client, const struct smtp_reply *reply, int64_t now_ms)
{
	if (reply->code / 100 != 2)
		return;
	buf_add_format(&client->out, "EHLO %s\r\n", client->helo);
	move(client, STEP_EHLO, now_ms);
}

static void on_hello(struct smtp_client *client, const struct smtp_reply *reply, int64_t now_ms)
{
	const char *rest = strchr(client->reader.texts.data, '\n') + 1;

	if (reply->code / 100 == 2) {
		command_read_offer(client->step == STEP_EHLO ? rest : "", &client->offer);
		move(client, STEP_IDLE, now_ms);
	} else if (client->step == STEP_EHLO && reply->code / 100 == 5 && reply->code != 554) {
		buf_add_format(&client->out, "HELO %s\r\n", client->helo);
		move(client, STEP_HELO, now_ms);
	}
}

static void refused(struct smtp_client *client, const struct smtp_reply *reply)
{
	char why[sizeof(reply->text) + 40];

	snprintf(why, sizeof(why), "the server said: %d %s", reply->code, reply->text);
	fail(client, why);
}

/* A reply to a command that is not written yet. Where commands are pipelined replies may overtake
 * them; in the middle of a message on_body() judges. */
static int is_early(const struct smtp_client *client)
{
	if (client->step == STEP_BODY ||
	        (client->step == STEP_ENVELOPE && client->offer.pipelining))
		return 0;
	return client->written < client->out.size;
}

static void on_reply(struct smtp_client *client, const struct smtp_reply *reply, int64_t now_ms)
{
	enum step before = client->step;

	if (is_early(client)) {
		fail(client, "the server replied before it was asked");
		return;
	}
	switch (client->step) {
	case STEP_GREETING:
		on_greeting(client, reply, now_ms);
		break;
	case STEP_EHLO:
	case STEP_HELO:
		on_hello(client, reply, now_ms);
		break;
	case STEP_ENVELOPE:
		on_envelope(client, reply, now_ms);
		before = STEP_CLOSED;
		break;
	case STEP_DATA:
		on_data(client, reply, now_ms);
		break;
	case STEP_BODY:
		on_body(client, reply);
		break;
	case STEP_DOT:
		on_dot(client, reply, now_ms);
		break;
	case STEP_IDLE:
	case STEP_ASKING:
	case STEP_DONE:
	case STEP_QUIT:
	case STEP_CLOSED:
		break;
	}
	/* Nothing came of it, or the server takes its leave. */
	if (client->step == before || reply->code == 421)
		refused(client, reply);
}

void smtp_client_input(struct smtp_client *client, const void *bytes, size_t size, int64_t now_ms)
{
	const char *at = bytes;
	struct smtp_reply reply;
	enum result result;
	struct err err;
	size_t used;

	while (size && client->step != STEP_CLOSED) {
		result = reply_read(&client->reader, at, size, &used, &err);
		if (result == RESULT_PERMANENT)
			fail(client, err.text);
		if (result != RESULT_OK)
			return;
		at += used;
		size -= used;
		reply.code = client->reader.code;
		reply_text(&client->reader, reply.text, sizeof(reply.text));
		if (client->deadline_ms != INT64_MAX)
			client->deadline_ms = now_ms + client->timeout_ms;
		on_reply(client, &reply, now_ms);
	}
}

void smtp_client_eof(struct smtp_client *client, const char *why)
{
	fail(client, why ? why : "the server closed the connection");
}

/* ---- writing ---- */

size_t smtp_client_output(struct smtp_client *client, const char **bytes)
{
	if (client->written == client->out.size && client->step == STEP_BODY) {
		buf_clear(&client->out);
		client->written = 0;
		body_make(&client->body, &client->out, BODY_RUN);
	}
	*bytes = client->out.data ? client->out.data + client->written : "";
	return client->out.size - client->written;
}

void smtp_client_written(struct smtp_client *client, size_t size, int64_t now_ms)
{
	assert(size <= client->out.size - client->written);
	client->written += size;
	if (size && client->deadline_ms != INT64_MAX)
		client->deadline_ms = now_ms + client->timeout_ms;
	if (client->written < client->out.size)
		return;
	buf_clear(&client->out);
	client->written = 0;
	if (client->step == STEP_BODY && client->body.finished)
		move(client, STEP_DOT, now_ms);
}

int64_t smtp_client_deadline(const struct smtp_client *client)
{
	return client->deadline_ms;
}

void smtp_client_tick(struct smtp_client *client, int64_t now_ms)
{
	char why[80];

	if (now_ms < client->deadline_ms)
		return;
	snprintf(why, sizeof(why), "the server did not answer in time to %s",
	        step_names[client->step]);
	fail(client, why);
}

void smtp_client_next(struct smtp_client *client)
{
	assert(client->step == STEP_DONE);
	move(client, STEP_IDLE, 0);
}

void smtp_client_quit(struct smtp_client *client, int64_t now_ms)
{
	buf_add_string(&client->out, "QUIT\r\n");
	move(client, STEP_QUIT, now_ms);
}
