#include "quarantine/states.h"

#include <string.h>

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static const char *const item_states[] = {"absent", "pending", "held", "released", "unconfirmed"};
static const char *const item_events[] = {
        "store", "confirm", "timeout", "release", "delete", "expire", "displace", "erase"};

static const struct state_move item_moves[] = {
        {ITEM_ABSENT, ITEM_STORE, ITEM_PENDING},
        /* A second run of the same message finds its item and changes nothing. */
        {ITEM_PENDING, ITEM_STORE, ITEM_PENDING},
        {ITEM_HELD, ITEM_STORE, ITEM_HELD},
        {ITEM_RELEASED, ITEM_STORE, ITEM_RELEASED},
        {ITEM_UNCONFIRMED, ITEM_STORE, ITEM_UNCONFIRMED},
        {ITEM_PENDING, ITEM_CONFIRM, ITEM_HELD},
        {ITEM_HELD, ITEM_CONFIRM, ITEM_HELD},
        {ITEM_RELEASED, ITEM_CONFIRM, ITEM_RELEASED},
        {ITEM_UNCONFIRMED, ITEM_CONFIRM, ITEM_HELD},
        {ITEM_PENDING, ITEM_TIMEOUT, ITEM_UNCONFIRMED},
        {ITEM_HELD, ITEM_TIMEOUT, ITEM_HELD},
        {ITEM_RELEASED, ITEM_TIMEOUT, ITEM_RELEASED},
        {ITEM_UNCONFIRMED, ITEM_TIMEOUT, ITEM_UNCONFIRMED},
        {ITEM_PENDING, ITEM_RELEASE, ITEM_RELEASED},
        {ITEM_HELD, ITEM_RELEASE, ITEM_RELEASED},
        {ITEM_RELEASED, ITEM_RELEASE, ITEM_RELEASED},
        {ITEM_UNCONFIRMED, ITEM_RELEASE, ITEM_RELEASED},
        {ITEM_PENDING, ITEM_DELETE, ITEM_ABSENT},
        {ITEM_HELD, ITEM_DELETE, ITEM_ABSENT},
        {ITEM_RELEASED, ITEM_DELETE, ITEM_ABSENT},
        {ITEM_UNCONFIRMED, ITEM_DELETE, ITEM_ABSENT},
        /* Not from pending: the MTA may still hold the message and ask about it. */
        {ITEM_HELD, ITEM_EXPIRE, ITEM_ABSENT},
        {ITEM_RELEASED, ITEM_EXPIRE, ITEM_ABSENT},
        {ITEM_UNCONFIRMED, ITEM_EXPIRE, ITEM_ABSENT},
        {ITEM_HELD, ITEM_DISPLACE, ITEM_ABSENT},
        {ITEM_RELEASED, ITEM_DISPLACE, ITEM_ABSENT},
        {ITEM_UNCONFIRMED, ITEM_DISPLACE, ITEM_ABSENT},
        {ITEM_HELD, ITEM_ERASE, ITEM_ABSENT},
        {ITEM_RELEASED, ITEM_ERASE, ITEM_ABSENT},
        {ITEM_UNCONFIRMED, ITEM_ERASE, ITEM_ABSENT},
};

const struct state_machine item_machine = {
        .name = "item",
        .states = item_states,
        .events = item_events,
        .state_count = COUNT(item_states),
        .event_count = COUNT(item_events),
        .moves = item_moves,
        .move_count = COUNT(item_moves),
};

static const char *const outgoing_states[] = {
        "absent", "waiting", "due", "leased", "done", "dead", "gathered"};
static const char *const outgoing_events[] = {"notice", "release", "confirm", "timeout", "take",
        "sent", "retry", "give up", "delete", "gather", "begin", "add", "again", "drop"};

static const struct state_move outgoing_moves[] = {
        {OUTGOING_ABSENT, OUTGOING_NOTICE, OUTGOING_WAITING},
        {OUTGOING_ABSENT, OUTGOING_RELEASE, OUTGOING_DUE},
        {OUTGOING_WAITING, OUTGOING_CONFIRM, OUTGOING_DUE},
        {OUTGOING_WAITING, OUTGOING_TIMEOUT, OUTGOING_DUE},
        {OUTGOING_DUE, OUTGOING_TAKE, OUTGOING_LEASED},
        {OUTGOING_LEASED, OUTGOING_TAKE, OUTGOING_LEASED},
        {OUTGOING_LEASED, OUTGOING_SENT, OUTGOING_DONE},
        /* An answer that was lost is given again. */
        {OUTGOING_DONE, OUTGOING_SENT, OUTGOING_DONE},
        {OUTGOING_LEASED, OUTGOING_RETRY, OUTGOING_DUE},
        {OUTGOING_LEASED, OUTGOING_GIVE_UP, OUTGOING_DEAD},
        {OUTGOING_DEAD, OUTGOING_GIVE_UP, OUTGOING_DEAD},
        {OUTGOING_WAITING, OUTGOING_DELETE, OUTGOING_ABSENT},
        {OUTGOING_DUE, OUTGOING_DELETE, OUTGOING_ABSENT},
        {OUTGOING_LEASED, OUTGOING_DELETE, OUTGOING_ABSENT},
        {OUTGOING_DONE, OUTGOING_DELETE, OUTGOING_ABSENT},
        {OUTGOING_DEAD, OUTGOING_DELETE, OUTGOING_ABSENT},
        {OUTGOING_GATHERED, OUTGOING_DELETE, OUTGOING_ABSENT},
        {OUTGOING_WAITING, OUTGOING_GATHER, OUTGOING_GATHERED},
        {OUTGOING_ABSENT, OUTGOING_BEGIN, OUTGOING_DUE},
        {OUTGOING_DUE, OUTGOING_ADD, OUTGOING_DUE},
        {OUTGOING_DEAD, OUTGOING_AGAIN, OUTGOING_DUE},
        {OUTGOING_WAITING, OUTGOING_DROP, OUTGOING_ABSENT},
        {OUTGOING_DUE, OUTGOING_DROP, OUTGOING_ABSENT},
        {OUTGOING_DEAD, OUTGOING_DROP, OUTGOING_ABSENT},
};

const struct state_machine outgoing_machine = {
        .name = "outgoing",
        .states = outgoing_states,
        .events = outgoing_events,
        .state_count = COUNT(outgoing_states),
        .event_count = COUNT(outgoing_events),
        .moves = outgoing_moves,
        .move_count = COUNT(outgoing_moves),
};

_Static_assert(COUNT(item_states) == ITEM_STATES, "every item state has a name");
_Static_assert(COUNT(item_events) == ITEM_EVENTS, "every item event has a name");
_Static_assert(COUNT(outgoing_states) == OUTGOING_STATES, "every outgoing state has a name");
_Static_assert(COUNT(outgoing_events) == OUTGOING_EVENTS, "every outgoing event has a name");

enum result state_move(const struct state_machine *machine, int *state, int event, struct err *err)
{
	size_t at;

	for (at = 0; at < machine->move_count; at++) {
		const struct state_move *move = &machine->moves[at];

		if (move->from == *state && move->event == event) {
			*state = move->to;
			return RESULT_OK;
		}
	}
	return err_set(err, RESULT_PERMANENT, "%s: no %s while it is %s", machine->name,
	        machine->events[event], machine->states[*state]);
}

int state_named(const struct state_machine *machine, const char *name)
{
	size_t at;

	for (at = 0; at < machine->state_count; at++)
		if (!strcmp(machine->states[at], name))
			return (int)at;
	return -1;
}
