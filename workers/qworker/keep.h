/*
 * The line to the quarantine: what is to be kept is sent with the message behind it, and told as
 * kept only when the quarantine says so. The statistics go the same way.
 */
#ifndef WORKERS_QWORKER_KEEP_H
#define WORKERS_QWORKER_KEEP_H

#include "lib/config/config.h"
#include "lib/wire/loop.h"
#include "workers/qworker/count.h"
#include "workers/qworker/job.h"

struct keep;

struct keep_events {
	void (*stored)(void *context, struct job *job); /* its verdict says who was served before */
	void (*refused)(void *context, struct job *job, const char *why);
	void *context;
};

/* Lends the jobs. */
enum result keep_open(const struct config *config, struct wire *wire, struct loop *loop,
        struct jobs *jobs, const struct keep_events *events, struct keep **out, struct err *err);
void keep_close(struct keep **keep);

/* Sends the STORE of a job in JOB_STORING; its body is shared, not copied. Anything but RESULT_OK:
 * the quarantine can't be reached. */
enum result keep_store(struct keep *keep, struct job *job, struct err *err);

/* Tells what we are. Nobody answers for it: what is lost is told again. Anything but RESULT_OK: the
 * quarantine can't be reached. */
enum result keep_state(struct keep *keep, Lz__WorkerState *state, struct err *err);

/* What is to be reported; add to it at any time. */
struct count *keep_counts(struct keep *keep);

#endif
