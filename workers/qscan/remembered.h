/*
 * Contents that were found clean, by their SHA-256, for all scanners of a generation: the table is
 * in memory that they share, and ends with them, so that it never outlives the signatures and
 * options under which it was filled. It remembers nothing else: what was unscanned is looked at
 * again.
 *
 * The table has a fixed size and forgets the oldest in each of its rows. There are no locks: an
 * entry that is being written, or whose writer died, is no answer.
 */
#ifndef WORKERS_QSCAN_REMEMBERED_H
#define WORKERS_QSCAN_REMEMBERED_H

#include <stddef.h>

#include "lib/base/err.h"
#include "lib/crypto/digest.h"

struct remembered;

/* Before the fork. `entries` is rounded up to whole rows. RESULT_TEMPORARY: no memory. Gives *out.
 */
enum result remembered_new(size_t entries, struct remembered **out, struct err *err);
void remembered_free(struct remembered **remembered);

int remembered_has(const struct remembered *remembered, const struct digest *digest);
void remembered_add(struct remembered *remembered, const struct digest *digest);

#endif
