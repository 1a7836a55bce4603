/*
 * One scanner: a process that takes messages from its end of a pair, one at a time, and answers
 * each with a ScanResult. It ends when the other side closes the pair, and it is meant to be killed
 * at any time.
 */
#ifndef WORKERS_QSCAN_SCANNER_H
#define WORKERS_QSCAN_SCANNER_H

#include "lib/base/buf.h"
#include "lib/pair/pair.h"
#include "workers/qscan/pipeline.h"
#include "workers/qscan/snapshot.h"

struct scanner {
	const struct config *config;
	struct pipeline *pipeline;
	int end;                     /* of the pair, its own */
	const char *tmp;             /* its folder, made already */
	int supervisor;              /* pid */
	struct marker *marker;       /* its own; NULL: nobody watches it */
	struct snapshot *snapshot;   /* the model; NULL: never any */
	const struct poison *poison; /* NULL: everything is looked at */
};

/* Gives the process's exit code. */
int scanner_run(const struct scanner *scanner);

/* One parcel's answer, packed: a ScanResult, or what a probe tells. RESULT_PERMANENT: it was no
 * order. */
enum result scanner_answer(const struct scanner *scanner, const struct pair_parcel *parcel,
        struct buf *out, struct err *err);

#endif
