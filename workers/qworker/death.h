/*
 * What a supervisor says of a scanner that died: "died <pid> <why> <stage> <part> <signal>
 * <digest>". The
 * supervisor has read it from the dead, so each word is held against those that there are. Pure.
 */
#ifndef WORKERS_QWORKER_DEATH_H
#define WORKERS_QWORKER_DEATH_H

enum { DEATH_NO_PART = -1 };

struct death {
	const char *why; /* "crash", "timeout", "memory" */
	char stage[16];  /* of the filter, letters only; "" is not known */
	int part;        /* of the message's map, or DEATH_NO_PART */
	int signal;      /* 0: it exited, or it is not known */
	char digest[65]; /* of what it looked at, hex; "" is not known */
	int core;        /* a descriptor, the owner's to close; -1: none */
};

/* One of which nothing but the reason is known. */
struct death death_bare(const char *why);

/* 0: it is no such word. Nothing is done with *out then. */
int death_read(const char *text, int *pid, struct death *out);

#endif
