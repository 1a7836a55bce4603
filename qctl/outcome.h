/*
 * What becomes of a release that is in the outbox.
 */
#ifndef QCTL_OUTCOME_H
#define QCTL_OUTCOME_H

#include "qctl/qctl.h"

/* Waits until it is delivered or has failed, and tells. Gives the exit code: EX_TEMPFAIL where it
 * is neither within so much time. */
int outcome_wait(struct qctl *qctl, char *item, const char *outgoing, int64_t wait_ms);

#endif
