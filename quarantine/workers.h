/*
 * What the workers say of themselves, for whoever asks: kept in memory only, of a bounded number,
 * and forgotten when one has been silent for minutes. Pure: the time (monotonic) is given.
 */
#ifndef QUARANTINE_WORKERS_H
#define QUARANTINE_WORKERS_H

#include <stdint.h>

#include "protos/messages.h"

enum { WORKERS_MOST = 256, WORKERS_FORGET_MS = 5 * 60 * 1000 };

struct workers;

struct workers *workers_new(void);
void workers_free(struct workers **workers);

/* `who` proved to be its host. Takes the place of what the same worker said before. With too many
 * of them, a new one is not heard. */
void workers_hear(
        struct workers *workers, const Lz__WorkerState *state, const char *who, int64_t now_ms);

/* One that has told of another generation or other signatures since it was asked for here, and who
 * it was that told; NULL: there is none (any more). Lent until the next call. */
const Lz__WorkerState *workers_next_news(struct workers *workers, const char **who);

/* Adds them to an answer, by name. */
void workers_tell(struct workers *workers, int64_t now_ms, Lz__Stats *out);

#endif
