/*
 * A stage for conversations with an exchange: peers are single letters (fronts in capitals), time
 * moves when the test says so, and everything that the broker sends is kept.
 */
#ifndef TESTS_UNIT_BROKER_STAGE_H
#define TESTS_UNIT_BROKER_STAGE_H

/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/exchange.h"
#include "lib/base/alloc.h"
#include "lib/base/log.h"

struct sent {
	char peer;
	enum message_type type;
	uint64_t request;
	unsigned number; /* of the message it is about */
	uint64_t job;
	uint32_t attempt;
	int singly;
	uint64_t deadline_ms;
	size_t body_size;
	char why[64];
};

struct stage {
	struct config_broker config;
	struct exchange *exchange;
	int64_t now_ms;
	struct sent *sent;
	size_t count;
	ProtobufCMessage *status; /* the last BROKER_STATUS */
	int dry_run;              /* of what is submitted */
	const char *gone;         /* letters of peers that can't be reached */
	void (*watch)(void *context, const struct sent *sent);
	void *context;
};

static unsigned number_of(const char *message_id)
{
	return (unsigned)strtoul(message_id + 24, NULL, 16);
}

static struct sent describe(char peer, enum message_type type, uint64_t request,
        const ProtobufCMessage *envelope, const struct wire_body *body)
{
	const Lz__Job *job = (const Lz__Job *)envelope;
	const Lz__Busy *busy = (const Lz__Busy *)envelope;
	struct sent sent = {.peer = peer, .type = type, .request = request};

	if (type == MESSAGE_JOB) {
		sent.number = number_of(job->submission->message_id);
		sent.job = job->job;
		sent.attempt = job->attempt;
		sent.singly = job->singly;
		sent.deadline_ms = job->submission->deadline_ms;
		sent.body_size = wire_body_size(body);
	} else if (type == MESSAGE_BUSY) {
		sent.number = number_of(busy->message_id);
		snprintf(sent.why, sizeof(sent.why), "%s", busy->why);
	} else if (type == MESSAGE_VERDICT) {
		sent.number = number_of(((const Lz__Verdict *)envelope)->message_id);
		sent.attempt = ((const Lz__Verdict *)envelope)->attempts;
	} else if (type == MESSAGE_GOODBYE) {
		snprintf(sent.why, sizeof(sent.why), "%s", ((const Lz__Goodbye *)envelope)->why);
	}
	return sent;
}

static void keep_status(struct stage *stage, const ProtobufCMessage *status)
{
	size_t size = protobuf_c_message_get_packed_size(status);
	unsigned char *bytes = alloc(size);

	message_free(stage->status);
	protobuf_c_message_pack(status, bytes);
	stage->status = protobuf_c_message_unpack(status->descriptor, NULL, size, bytes);
	free(bytes);
}

static enum result stage_send(void *context, enum exchange_side side, const struct wire_peer *peer,
        enum message_type type, uint64_t request, const ProtobufCMessage *envelope,
        struct wire_body *body)
{
	struct stage *stage = context;
	char letter = (char)peer->bytes[0];

	assert_int_equal(side == EXCHANGE_FRONT, letter >= 'A' && letter <= 'Z');
	/* what a broker sends must be what a peer takes */
	assert_int_equal(
	        message_check(type, envelope, body ? wire_body_size(body) : 0, NULL), RESULT_OK);
	if (type == MESSAGE_BROKER_STATUS)
		keep_status(stage, envelope);
	if (strchr(stage->gone, letter))
		return RESULT_TEMPORARY;
	stage->sent = alloc_grow(stage->sent, stage->count + 1, sizeof(*stage->sent));
	stage->sent[stage->count] = describe(letter, type, request, envelope, body);
	if (stage->watch)
		stage->watch(stage->context, &stage->sent[stage->count]);
	stage->count++;
	if (body)
		wire_body_free(body);
	return RESULT_OK;
}

static void stage_open(struct stage *stage)
{
	*stage = (struct stage){.now_ms = 1000, .gone = ""};
	log_open("test", LOG_LEVEL_ERROR, 0);
	stage->config.max_messages = 100;
	stage->config.max_bytes = 64 << 20;
	stage->config.heartbeat_ms = 1000;
	stage->config.silence_ms = 5000;
	stage->config.attempts = 2;
	stage->config.drain_ms = 10000;
	stage->exchange = exchange_new(&stage->config, stage_send, stage, stage->now_ms);
}

static void stage_close(struct stage *stage)
{
	exchange_free(&stage->exchange);
	message_free(stage->status);
	free(stage->sent);
}

/* ---- what peers say ---- */

static void say(struct stage *stage, char peer, enum message_type type, uint64_t request,
        ProtobufCMessage *envelope, const char *body, size_t size)
{
	enum exchange_side side = peer <= 'Z' ? EXCHANGE_FRONT : EXCHANGE_WORKER;
	struct wire_message message = {.type = type, .request = request};
	size_t packed = protobuf_c_message_get_packed_size(envelope);
	unsigned char *bytes = alloc(packed);
	struct err err;

	message.peer.size = 1;
	message.peer.bytes[0] = (uint8_t)peer;
	protobuf_c_message_pack(envelope, bytes);
	if (message_unpack(type, bytes, packed, size, &message.envelope, &err) != RESULT_OK)
		fail_msg("%s", err.text);
	if (body)
		wire_body_copy(body, size, &message.body);
	exchange_take(stage->exchange, side, &message, stage->now_ms);
	exchange_verify(stage->exchange);
	wire_message_free(&message);
	free(bytes);
}

static void message_id_of(unsigned number, char out[33])
{
	/* the first digits differ too, so that the table's buckets do */
	snprintf(out, 33, "%03x%021x%08x", number % 0xfff, 0u, number);
}

static void submit(struct stage *stage, char front, uint64_t request, unsigned number, size_t size,
        uint64_t deadline_ms)
{
	Lz__Submission submission = LZ__SUBMISSION__INIT;
	Lz__Recipient recipient = LZ__RECIPIENT__INIT, *list = &recipient;
	char *body = alloc_zero(1, size);
	char id[33];

	message_id_of(number, id);
	recipient.address = "a@example.org";
	submission.message_id = id;
	submission.recipients = &list;
	submission.n_recipients = 1;
	submission.size = size;
	submission.deadline_ms = deadline_ms;
	submission.dry_run = stage->dry_run;
	say(stage, front, MESSAGE_SUBMIT, request, &submission.base, body, size);
	free(body);
}

static void ready(struct stage *stage, char worker, uint32_t credit)
{
	Lz__Ready message = LZ__READY__INIT;

	message.worker = "host";
	message.credit = credit;
	say(stage, worker, MESSAGE_READY, 1, &message.base, NULL, 0);
}

static void done(struct stage *stage, char worker, const struct sent *job)
{
	Lz__Done message = LZ__DONE__INIT;
	Lz__Verdict verdict = LZ__VERDICT__INIT;
	Lz__Group group = LZ__GROUP__INIT, *groups = &group;
	uint32_t recipient = 0;
	char id[33];

	message_id_of(job->number, id);
	verdict.message_id = id;
	verdict.groups = &groups;
	verdict.n_groups = 1;
	group.recipients = &recipient;
	group.n_recipients = 1;
	message.job = job->job;
	message.attempt = job->attempt;
	message.verdict = &verdict;
	say(stage, worker, MESSAGE_DONE, 0, &message.base, NULL, 0);
}

static void failed(
        struct stage *stage, char worker, const struct sent *job, const char *why, int poison)
{
	Lz__Failed message = LZ__FAILED__INIT;

	message.job = job->job;
	message.attempt = job->attempt;
	message.why = (char *)why;
	message.poison = poison;
	say(stage, worker, MESSAGE_FAILED, 0, &message.base, NULL, 0);
}

static void ask_for(struct stage *stage, char peer, uint64_t request)
{
	Lz__Heartbeat message = LZ__HEARTBEAT__INIT;

	say(stage, peer, MESSAGE_HEARTBEAT, request, &message.base, NULL, 0);
}

static void beat(struct stage *stage, char peer)
{
	ask_for(stage, peer, 0);
}

static void bye(struct stage *stage, char peer)
{
	Lz__Goodbye message = LZ__GOODBYE__INIT;

	say(stage, peer, MESSAGE_GOODBYE, 0, &message.base, NULL, 0);
}

/* Asks the broker itself. */
static uint64_t counter(struct stage *stage, const char *name)
{
	Lz__BrokerStatusRequest request = LZ__BROKER_STATUS_REQUEST__INIT;
	const Lz__BrokerStatus *status;
	size_t at;

	say(stage, 'Q', MESSAGE_BROKER_STATUS_REQUEST, 5, &request.base, NULL, 0);
	status = (const Lz__BrokerStatus *)stage->status;
	for (at = 0; at < status->n_counters; at++)
		if (strcmp(status->counters[at]->name, name) == 0)
			return status->counters[at]->value;
	fail_msg("no counter %s", name);
	return 0;
}

static void tick(struct stage *stage, int64_t step_ms)
{
	stage->now_ms += step_ms;
	exchange_tick(stage->exchange, stage->now_ms);
	exchange_verify(stage->exchange);
}

#endif
