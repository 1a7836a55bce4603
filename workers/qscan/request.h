/*
 * Mail to notifier.request_address: recipients of notices ask there for the release of what was
 * kept. Such mail is delivered to nobody and answered by no bounce; the quarantine decides what
 * becomes of the request. Pure.
 */
#ifndef WORKERS_QSCAN_REQUEST_H
#define WORKERS_QSCAN_REQUEST_H

#include "lib/config/config.h"
#include "protos/messages.h"
#include "workers/qscan/scan.h"

enum { REQUEST_TOKEN_SIZE = 46, REQUESTS_MOST = 20 };

/* Is this the address where a release is asked for, with a token behind a "+" or without? */
int request_is_for(const struct config *config, const char *recipient);

/* The requests of a mail to these recipients (indexes), each with its token: that of the address,
 * else of the subject. Gives the array and its messages. */
Lz__Request **requests_make(
        const struct scan *scan, const uint32_t *recipients, size_t count, size_t *made);

#endif
