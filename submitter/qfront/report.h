/*
 * The one final line of a message: what became of it, why, and what each hop took.
 */
#ifndef SUBMITTER_QFRONT_REPORT_H
#define SUBMITTER_QFRONT_REPORT_H

#include <stdint.h>

#include "submitter/qfront/message.h"

void report_done(const struct message *message, int status, const char *text, int64_t now_ms);

/* Its middle, for tests: " disposition=… score=…" and the rest of what the verdict says. */
void report_verdict(const Lz__Verdict *verdict, struct buf *out);

#endif
