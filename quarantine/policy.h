/*
 * What the audit tells of policy: that lazaret.yaml has changed, that a worker has other scanners
 * or signatures, and how often a peer was refused since that was last written. Each in transactions
 * of its own, beside what is asked of the store.
 */
#ifndef QUARANTINE_POLICY_H
#define QUARANTINE_POLICY_H

#include <stdint.h>

#include "lib/config/config.h"
#include "quarantine/refusals.h"
#include "quarantine/store.h"
#include "quarantine/workers.h"

/* Writes the digest of the file into the audit, where it is another one than the last. *is_new
 * tells whether it is. RESULT_PERMANENT: it can't be read. */
enum result policy_note_file(
        struct store *store, const char *path, int64_t now_ms, int *is_new, struct err *err);

/* A bounded number of them at once. */
enum result policy_note_workers(
        struct store *store, struct workers *workers, int64_t now_ms, struct err *err);
enum result policy_note_refusals(
        struct store *store, struct refusals *refusals, int64_t now_ms, struct err *err);

#endif
