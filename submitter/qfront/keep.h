/*
 * The item that keeps a message for recipients whom the next hop refuses for good while others get
 * it: through a door with one answer that can't be told in the answer. Pure.
 */
#ifndef SUBMITTER_QFRONT_KEEP_H
#define SUBMITTER_QFRONT_KEEP_H

#include "protos/messages.h"

struct keep {
	const Lz__Submission *submission;
	const Lz__Verdict *verdict;
	const char *reply; /* of the next hop */
	const char *admin;
};

/*
 * Gives a STORE with one item of reason "undeliverable", to be freed with
 * lz__store__free_unpacked(). `recipients` are indexes into the submission's. The sender is told,
 * as a bounce would, where the address can't be forged (authenticated, or mail from this host) and
 * somebody wrote it, else the administrator `admin` is; of a notice that came back nobody.
 */
Lz__Store *keep_make(const struct keep *keep, const size_t *recipients, size_t count);

#endif
