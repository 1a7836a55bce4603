/*
 * What workers tell of themselves, for stats, check and reload.
 */
#ifndef QCTL_WORKERS_H
#define QCTL_WORKERS_H

#include "lib/config/config.h"
#include "protos/messages.h"
#include "qctl/json.h"

/* A worker tells every 10 s that it lives. */
enum { WORKERS_SILENT_MS = 30 * 1000 };

/* What is wrong with it, in words, to be freed; NULL: nothing. `now_ms` is the wall clock's. */
char *worker_complaint(
        const Lz__WorkerState *state, const struct config_virus *config, int64_t now_ms);

/* "2 scanners, generation 3, signatures of 2026-11-20 08:30:00Z, 5 days old (daily:27500/…)", to be
 * freed. */
char *worker_text(const Lz__WorkerState *state, int64_t now_ms);

/* Its members, in an object. */
void worker_json(struct json *json, const Lz__WorkerState *state, const struct config_virus *config,
        int64_t now_ms);

#endif
