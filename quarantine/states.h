/*
 * The two state machines of the quarantine: what may become of an item, and of a record of the
 * outbox. Each is a table of moves; what isn't in it is refused. docs/STATES.md shows the same
 * tables, with what is on disk and what a crash means; a test compares them.
 */
#ifndef QUARANTINE_STATES_H
#define QUARANTINE_STATES_H

#include <stddef.h>

#include "lib/base/err.h"

enum item_state {
	ITEM_ABSENT,
	ITEM_PENDING,     /* stored; its message's outcome is open */
	ITEM_HELD,        /* confirmed */
	ITEM_RELEASED,    /* at least one release was asked for */
	ITEM_UNCONFIRMED, /* nobody confirmed in time */
	ITEM_STATES
};

enum item_event {
	ITEM_STORE,
	ITEM_CONFIRM,
	ITEM_TIMEOUT,
	ITEM_RELEASE,
	ITEM_DELETE,
	ITEM_EXPIRE,
	ITEM_DISPLACE, /* to make room for others of the same quota */
	ITEM_ERASE,    /* with a person */
	ITEM_EVENTS
};

enum outgoing_state {
	OUTGOING_ABSENT,
	OUTGOING_WAITING, /* a notice of an item whose message is open */
	OUTGOING_DUE,
	OUTGOING_LEASED, /* in a notifier's hands until its lease ends */
	OUTGOING_DONE,
	OUTGOING_DEAD,     /* given up */
	OUTGOING_GATHERED, /* one of many: another record tells of it */
	OUTGOING_STATES
};

enum outgoing_event {
	OUTGOING_NOTICE,  /* stored with its item */
	OUTGOING_RELEASE, /* asked for by a person */
	OUTGOING_CONFIRM,
	OUTGOING_TIMEOUT,
	OUTGOING_TAKE, /* of a leased one: only when its lease has ended */
	OUTGOING_SENT,
	OUTGOING_RETRY,
	OUTGOING_GIVE_UP,
	OUTGOING_DELETE, /* with its item; of none: when it is old */
	OUTGOING_GATHER, /* instead of becoming due */
	OUTGOING_BEGIN,  /* a digest, a flood, an answer: of what is confirmed already */
	OUTGOING_ADD,    /* one more is gathered into it, or one is gone */
	OUTGOING_AGAIN,  /* asked for by a person */
	OUTGOING_DROP,   /* likewise */
	OUTGOING_EVENTS
};

struct state_move {
	int from, event, to;
};

struct state_machine {
	const char *name; /* heading in docs/STATES.md */
	const char *const *states, *const *events;
	size_t state_count, event_count, move_count;
	const struct state_move *moves;
};

extern const struct state_machine item_machine, outgoing_machine;

/* RESULT_OK: *state was changed (maybe to itself). RESULT_PERMANENT: there is no such move. */
enum result state_move(const struct state_machine *machine, int *state, int event, struct err *err);

/* The number of a state's name, or -1. */
int state_named(const struct state_machine *machine, const char *name);

#endif
