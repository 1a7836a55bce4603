/*
 * The line to one broker: READY with our credit, heartbeats both ways, and a fresh beginning when
 * the broker has been silent, or does not know us (it was started again). Each beginning is an
 * epoch: jobs of a former one are nobody's any more, as the broker has given them to others.
 */
#ifndef WORKERS_QWORKER_LINK_H
#define WORKERS_QWORKER_LINK_H

#include "lib/config/config.h"
#include "lib/wire/loop.h"

struct link {
	const struct config *config;
	struct wire *wire;
	struct loop *loop;
	const char *endpoint; /* lent by the configuration */
	const char *name;     /* ours, for others' logs; lent */
	struct wire_socket *socket;
	struct loop_source *source;
	uint64_t epoch;
	uint64_t beats;
	int64_t heard_ms, sent_ms;
	int64_t ready_ms; /* READY not before */
	int is_serving;   /* there are scanners, so credit is offered */
	int is_said;      /* READY was sent: before the first connection it can't be */
	uint32_t credit;
	void (*take)(void *context, struct link *link, struct wire_message *message);
	void (*began)(void *context, struct link *link); /* a new epoch */
	void *context;
};

/* Connects. The struct is the caller's, filled with config, wire, loop, endpoint and the callbacks,
 * and must stay where it is until link_close(). */
enum result link_open(struct link *link, struct err *err);
void link_close(struct link *link);

/* How many jobs we hold at most for this broker; 0: no more for now. */
void link_offer(struct link *link, uint32_t credit);

enum result link_send(struct link *link, enum message_type type, const ProtobufCMessage *envelope,
        struct err *err);

void link_tick(struct link *link, int64_t now_ms);

/* What is due. Pure: on the times above and the configuration alone. */
enum link_due { LINK_NOTHING, LINK_HEARTBEAT, LINK_READY, LINK_BEGIN };
enum link_due link_due(const struct link *link, int64_t now_ms);

#endif
