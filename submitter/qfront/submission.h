/*
 * Makes the submission from what the door heard and read. Pure.
 */
#ifndef SUBMITTER_QFRONT_SUBMISSION_H
#define SUBMITTER_QFRONT_SUBMISSION_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/crypto/digest.h"
#include "protos/messages.h"
#include "submitter/door/letter.h"

/*
 * Gives *out, to be freed with lz__submission__free_unpacked(); its deadline is set when it is
 * sent. What only describes the client is made fit for the wire (not UTF-8, control characters:
 * '?'). RESULT_PERMANENT where an address can't be said at all.
 *
 * *mail names the mail as the MTA has it, whoever of its recipients are in this letter.
 */
enum result submission_make(const struct letter *letter, const void *bytes, size_t size,
        Lz__Submission **out, struct digest *mail, struct err *err);

/*
 * Whether the message ended early, held against what the MTA announced.
 *
 * Postfix counts the records of its queue file, not the bytes it writes: each line costs its length
 * and 2 or 3 bytes where we read its length and an LF, and a line over 2048 bytes is several
 * records [3.7: ${size} = bytes + lines + lines of 128 bytes and more]. What milters delete from
 * the header stays counted, what they add is not. So the announced size may be larger than the most
 * that our bytes can have cost by SUBMISSION_SLACK_BYTES, which is room for deleted fields; a
 * message that lost more did not end where the MTA thinks.
 */
enum { SUBMISSION_SLACK_BYTES = 16384 };
int submission_is_short(const void *bytes, size_t size, uint64_t announced);

#endif
