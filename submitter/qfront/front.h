/*
 * What qfront's own files share: everything that is open, and the messages in hand. qfront.c owns
 * it and talks to brokers; carry.c carries each message from the door to its answer.
 */
#ifndef SUBMITTER_QFRONT_FRONT_H
#define SUBMITTER_QFRONT_FRONT_H

#include <stddef.h>
#include <stdint.h>

#include "lib/config/config.h"
#include "lib/smtp/line.h"
#include "lib/wire/loop.h"
#include "lib/wire/wire.h"
#include "submitter/qfront/brokers.h"
#include "submitter/qfront/budget.h"
#include "submitter/qfront/confirm.h"
#include "submitter/qfront/delivery.h"
#include "submitter/qfront/door.h"
#include "submitter/qfront/message.h"
#include "submitter/qfront/served.h"

struct broker_link {
	struct front *front;
	size_t index;
	struct wire_socket *socket;
	struct loop_source *source;
};

struct front {
	const struct config *config;
	struct wire *wire;
	struct loop *loop;
	struct loop_source *timer;
	struct budget budget;
	struct door *door;
	struct brokers brokers;
	struct broker_link links[BROKERS_MAX];
	struct smtp_target *target;
	struct delivery *delivery;
	struct desk *desk;
	struct served *served;
	struct message *messages;
	uint64_t last_number;
	int64_t beat_ms; /* when the brokers were last asked whether they live */
	int64_t stop_ms; /* when SIGTERM came; 0: running */
};

/* ---- qfront.c ---- */
/* Sends the SUBMIT. RESULT_TEMPORARY: this broker does not take it. */
enum result front_submit(struct front *front, size_t broker, const struct message *message);

/* ---- carry.c ---- */
/* The door's two calls; `context` is the front. */
void carry_arrived(void *context, struct door_guest *guest, const struct letter *letter,
        struct door_message *message);
void carry_left(void *context, void *hand);

/* A broker's answers; what is taken of the message is gone from it. */
void carry_verdict(struct front *front, size_t broker, struct wire_message *answer);
void carry_busy(struct front *front, size_t broker, const struct wire_message *answer);
void carry_alive(struct front *front, size_t broker, uint64_t request);

void carry_tick(struct front *front, int64_t now_ms);
/* Answers "later" to all that can still be taken back. */
void carry_give_up(struct front *front, const char *text);

#endif
