/*
 * Where messages come in. A door is a module: it hears what the MTA's own way has to say, reads the
 * message whole, hands both in, and later gives the one answer in that way's terms. The pipe's is
 * door_pipe.c.
 */
#ifndef SUBMITTER_QFRONT_DOOR_H
#define SUBMITTER_QFRONT_DOOR_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/wire/loop.h"
#include "submitter/door/letter.h"
#include "submitter/qfront/budget.h"

/* Who waits for an answer. The door's own begins with one. */
struct door_guest {
	/* Gives the answer and ends the guest. */
	void (*answer)(struct door_guest *guest, int status, const char *text);
	void *hand; /* the caller's, from arrived(); NULL before */
};

/* A message read to its end. */
struct door_message {
	char *bytes; /* malloc'ed; taken by arrived() */
	size_t size;
	uint64_t counted; /* bytes of the budget, to be given back with budget_leave() */
	int64_t since_ms; /* when the guest came */
};

struct door_calls {
	/* The letter is lent, the message taken. Sets guest->hand, or answers at once. */
	void (*arrived)(void *context, struct door_guest *guest, const struct letter *letter,
	        struct door_message *message);
	/* The guest went without waiting for the answer, and is no more. Never called before
	 * arrived(). */
	void (*left)(void *context, void *hand);
};

struct door;

struct door_options {
	const char *path;    /* of the Unix socket */
	const char *group;   /* who may connect besides our own account; "": nobody */
	int64_t deadline_ms; /* for the letter and the message to be read */
	struct budget *budget;
	struct door_calls calls;
	void *context;
};

/* Lends the loop and what the options point to. Gives *out. */
enum result door_pipe_open(
        struct loop *loop, const struct door_options *options, struct door **out, struct err *err);
void door_pipe_stop(struct door *door); /* takes no more guests; those there stay */
/* Guests that are still waited for, for the letter or the message. */
size_t door_pipe_reading(const struct door *door);
/* All guests must be answered or gone, but for those who are still being read. */
void door_pipe_close(struct door **door);

#endif
