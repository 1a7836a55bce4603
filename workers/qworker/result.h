/*
 * What a scanner answered, and what it asks for. A scanner may have been taken over by the message
 * it read: it must not be able to do more than to give a wrong verdict on that message. Pure.
 */
#ifndef WORKERS_QWORKER_RESULT_H
#define WORKERS_QWORKER_RESULT_H

#include "lib/base/err.h"
#include "lib/config/config.h"
#include "protos/messages.h"

/* Unpacks and checks an answer: well formed, within all limits, on this submission, every recipient
 * in exactly one group, every edit and part inside the message, every item named once and kept for
 * recipients of the group that names it, every notice to them, the sender or the administrator, and
 * every redirect to a mailbox of the configuration. Gives it on RESULT_OK; anything else is
 * RESULT_PERMANENT. A lesson that the envelope does not allow is taken out, and its fate is
 * "stranger": the scanner may know another configuration. */
enum result result_read(const struct config *config, const Lz__Submission *submission,
        const void *bytes, size_t size, Lz__ScanResult **out, struct err *err);

/* Must the quarantine be asked before this verdict may be told? If something is to be kept, or if
 * there are several groups: then a former run may have served some of them; or if it brings a pass,
 * or a lesson. Never for a dry run. */
int result_needs_store(const Lz__ScanResult *result, const Lz__Submission *submission);

/* Takes the word of the quarantine on its pass (as in Stored.pass; "" where it brought none). With
 * "redeemed" the message goes through to all, and nothing is kept of it; else the pass is a
 * finding.
 */
void result_take_pass(Lz__ScanResult *result, const char *fate);

/* Are all its items among those that the quarantine has? */
int result_is_stored(const Lz__ScanResult *result, const Lz__Stored *stored);

/* What the model is to learn of it; NULL: nothing. Lent. */
Lz__Report *result_lesson(const Lz__ScanResult *result);

/* Puts into the verdict who was served by a former run. Takes the names out of `stored`. */
void result_take_delivered(Lz__ScanResult *result, Lz__Stored *stored);

#endif
