/*
 * Group commit: requests that change something wait here for each other, are done in one
 * transaction with one fsync, and are answered when that is on disk and what was stored has been
 * read back.
 *
 * Where one of them can't be done, none is: then each is tried in a transaction of its own, so that
 * only those fail that don't fit.
 */
#ifndef QUARANTINE_BATCH_H
#define QUARANTINE_BATCH_H

#include "quarantine/requests.h"

struct batch;

/* Called once for each request. Both are lent; the answer may be sent from here. */
typedef void batch_tell(void *context, const struct wire_message *request, struct answer *answer);

struct batch *batch_new(struct store *store, batch_tell *tell, void *context); /* lends the store */
/* Copies it; what it names is lent. Without one everybody may everything. */
void batch_guard(struct batch *batch, const struct guard *guard);
void batch_free(struct batch **batch); /* what still waits is dropped, unanswered */

void batch_add(struct batch *batch, struct wire_message *request); /* takes its content */
size_t batch_count(const struct batch *batch);
int batch_is_full(const struct batch *batch); /* by number or bytes: it should be run now */

/* Does all that waits. RESULT_UNSURE: whether it is on disk is unknown; all were answered "try
 * again", and the process must end. Everything else is RESULT_OK: failures were told. */
enum result batch_run(struct batch *batch, int64_t now_ms, struct err *err);

#endif
