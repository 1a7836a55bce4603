/*
 * One message in hand, from the door to its one answer. Plain data; its state changes in
 * message_move() and nowhere else, by the table in message.c, which docs/STATES.md shows with what
 * a crash in each state means. Nothing of it is on disk: the MTA's queue has the message until we
 * answer.
 */
#ifndef SUBMITTER_QFRONT_MESSAGE_H
#define SUBMITTER_QFRONT_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

#include "lib/crypto/digest.h"
#include "lib/smtp/client.h"
#include "lib/wire/wire.h"
#include "protos/messages.h"
#include "submitter/qfront/edit.h"
#include "submitter/qfront/plan.h"

enum front_state {
	FRONT_READING,    /* the door reads it */
	FRONT_SUBMITTED,  /* a broker has it */
	FRONT_DELIVERING, /* on its way to the next hop, group after group */
	FRONT_KEEPING,    /* refused recipients are given to the quarantine before DATA */
	FRONT_CONFIRMING, /* the quarantine is told how it ended */
	FRONT_ANSWERED,
	FRONT_STATES,
};

enum front_event {
	FRONT_READ,      /* the door has all of it */
	FRONT_VERDICT,   /* a broker's verdict that fits */
	FRONT_REFUSED,   /* some of a group's recipients, for good */
	FRONT_KEPT,      /* the quarantine has it for them, or could not take it */
	FRONT_SETTLED,   /* every recipient is served; the quarantine has to know */
	FRONT_CONFIRMED, /* it knows, or does not answer */
	FRONT_ANSWER,    /* the answer is known: done, rejected, or try again later */
	FRONT_LEFT,      /* nobody waits for the answer any more */
	FRONT_EVENTS,
};

struct door_guest;
struct front;
struct question;
struct sending;

/* Times are monotonic milliseconds. */
struct message {
	enum front_state state;
	struct front *front;
	struct message *next, *previous; /* in the front's list */
	struct door_guest *guest;        /* who waits; NULL: has left, or is answered */

	uint64_t number; /* the request number of its SUBMIT */
	Lz__Submission *submission;
	struct digest identity; /* of the mail, whoever of its recipients are here */
	struct wire_body body;
	int64_t came_ms, read_ms, verdict_ms, delivered_ms, deadline_ms; /* 0: not yet */

	unsigned tried;   /* brokers of this round, a bit each */
	size_t broker;    /* who has it */
	int64_t asked_ms; /* since when, or when the broker last said that it has it */

	struct wire_message verdict_message; /* holds the verdict */
	const Lz__Verdict *verdict;
	struct plan plan;
	size_t leg; /* the one under way, and what is lent to its sending: */
	struct edit edit;
	struct smtp_recipient *recipients;
	struct smtp_message mail;
	struct sending *sending;
	struct question *question; /* to the quarantine */
	char **delivered; /* recipients that the next hop has taken; lends the submission's texts */
	size_t delivered_count;
	size_t kept_count; /* recipients given to the quarantine as undeliverable */
	size_t keeping;    /* those of them that are on their way there */
	uint64_t counted;  /* bytes of the budget */
};

/* Gives the state after the event, or FRONT_STATES where the table has no such move. */
enum front_state message_next(enum front_state from, enum front_event event);
/* Makes the move; asserts that the table has it. */
void message_move(struct message *message, enum front_event event);

const char *message_state_name(enum front_state state);
const char *message_event_name(enum front_event event);

/* Frees it all; the guest and the sending must be gone. */
void message_free_whole(struct message **message);

#endif
