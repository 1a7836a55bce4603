/*
 * `qscan --explain MAIL...`: the pipeline run once a message, and told: the tree of parts as we
 * read it, what each check answered and cost, every finding, and for each recipient the decision
 * and the rule that made it. Each message is read by a process of its own inside the same sandbox
 * as in a scanner; nothing is stored or sent.
 */
#ifndef WORKERS_QSCAN_EXPLAIN_H
#define WORKERS_QSCAN_EXPLAIN_H

#include <stdio.h>

#include "workers/qscan/arguments.h"
#include "workers/qscan/policy.h"
#include "workers/qscan/scan.h"

/* Gives the process's exit code: 0 whatever the decisions are, else that of the first message that
 * could not be told about. */
int explain_run(const struct config *config, const struct arguments *arguments);

/* What is told of the message in `path`. `result` is verdict_make()'s of `scan`. */
void explain_text(
        FILE *out, const char *path, const struct scan *scan, const Lz__ScanResult *result);
void explain_json(
        FILE *out, const char *path, const struct scan *scan, const Lz__ScanResult *result);

#endif
