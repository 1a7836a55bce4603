/*
 * What a scanner is asked for a job: the packed ScanOrder that goes before the message. Pure.
 */
#ifndef WORKERS_QWORKER_ORDER_H
#define WORKERS_QWORKER_ORDER_H

#include "lib/base/buf.h"
#include "lib/pair/pair.h"
#include "workers/qworker/job.h"

/* Adds the order to `out`; `time_ms` is what a look has before its scanner is killed. Gives the
 * kind of parcel that it goes in. */
enum pair_kind order_make(struct job *job, int64_t time_ms, struct buf *out);

/* The kind that answers it. */
enum pair_kind order_answer(const struct job *job);

#endif
