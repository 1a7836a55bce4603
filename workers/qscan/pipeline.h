/*
 * The filters in their order, run over one message: each is timed, one whose answer can't change
 * the outcome any more is skipped, and one whose turn comes too late is unscanned(timeout).
 */
#ifndef WORKERS_QSCAN_PIPELINE_H
#define WORKERS_QSCAN_PIPELINE_H

#include "lib/base/err.h"
#include "workers/qscan/scan.h"

struct pipeline;

/* The stage behind all filters: what was found becomes what happens. */
enum { PIPELINE_VERDICT = 16 };

/* Opens every filter, once, before scanners are forked. `warn` hears of rules that were left out.
 * Gives *out; an error says which filter. */
enum result pipeline_open(const struct config *config,
        void (*warn)(void *context, const char *sentence), void *context, struct pipeline **out,
        struct err *err);

/* What the signatures are, and when they were made (Unix seconds; 0: there are none), as
 * lib/virus/virus.h tells it. "" where nobody looks for viruses. Lent as long as the pipeline. */
const char *pipeline_engine(const struct pipeline *pipeline, int64_t *signatures_s);

/* In each scanner, before its first message. */
enum result pipeline_settle(struct pipeline *pipeline, struct err *err);

/* Looks at one message; adds findings and costs, and sums the score. */
void pipeline_run(struct pipeline *pipeline, struct scan *scan);

/* Looks at what a probe (scan->is_probe) is to look at, and nothing else. Whoever lives to see its
 * end learns how many parts the message has. */
size_t pipeline_probe(struct pipeline *pipeline, struct scan *scan);

/* For a message that killed who looked at it: a finding that says so, and nothing else. */
void pipeline_decline(struct scan *scan, enum unscanned why);

/* The filter's name, as a marker has its index; "none" for any other number. */
const char *pipeline_stage(int stage);

void pipeline_close(struct pipeline **pipeline);

#endif
