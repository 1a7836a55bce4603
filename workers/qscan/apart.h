/*
 * Looking at mail at a person's command: each message in a process of its own, which gives up its
 * rights for good before it meets the message and ends behind it. Whoever asks may be root.
 */
#ifndef WORKERS_QSCAN_APART_H
#define WORKERS_QSCAN_APART_H

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/config/config.h"

enum { APART_MAIL_MOST = 1 << 30 };

/* The one folder that stays open to the readers. To be removed and freed. NULL: err says why. */
char *apart_make_tmp(const struct config *config, struct err *err);

/* Has `task` done in a process of its own, and empties the folder behind it. `name` is the
 * message's, for errors. `task` gives an exit code, and so does this. */
int apart_do(const char *tmp, const char *name, int (*task)(void *context), void *context);

/* In there: becomes site.scan_user where it was root, and goes behind the scanners' fences. */
enum result apart_enter(const struct config *config, const char *tmp, struct err *err);

#endif
