/*
 * What has killed scanners, by its SHA-256: so that a hundred copies of one message don't kill a
 * hundred of them. The supervisor alone writes it, after a death; scanners have it where they can
 * only read. It lives as long as the generation.
 *
 * The table has a fixed size, forgets the oldest in each of its rows, and what is an hour old.
 */
#ifndef WORKERS_QSCAN_POISON_H
#define WORKERS_QSCAN_POISON_H

#include <stdint.h>

#include "lib/base/err.h"
#include "lib/crypto/digest.h"
#include "workers/qscan/scan.h"

enum { POISON_ENTRIES = 1024, POISON_KEPT_MS = 60 * 60 * 1000 };

struct poison;

/* Before the fork: a child sees it, and can't write it whatever it tries. RESULT_TEMPORARY: no
 * memory. Gives *out. */
enum result poison_new(struct poison **out, struct err *err);
void poison_free(struct poison **poison);

/* For the supervisor: so many more deaths of it. Times are monotonic. */
void poison_add(struct poison *poison, const struct digest *digest, unsigned deaths,
        enum unscanned why, int64_t now_ms);

/* For the supervisor: somebody died, whatever it was of. */
void poison_note(struct poison *poison, int64_t now_ms);

/* Has nobody died within the hour? Then nothing needs a digest, which would cost a tenth of all
 * time and more. */
int poison_is_quiet(const struct poison *poison, int64_t now_ms);

/* Why not to look at it: what it last ended a scanner by, if it has ended `least` of them;
 * UNSCANNED_NOT else. */
enum unscanned poison_why(
        const struct poison *poison, const struct digest *digest, unsigned least, int64_t now_ms);

#endif
