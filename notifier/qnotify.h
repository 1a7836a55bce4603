/*
 * qnotify drains the quarantine's outbox, one record at a time: takes it under a lease, makes the
 * mail (a notice from its template, a release from the original's bytes), hands it to the next hop,
 * and tells the quarantine what became of it. It keeps nothing: killed at any moment, the record's
 * lease runs out and it is done again.
 */
#ifndef NOTIFIER_QNOTIFY_H
#define NOTIFIER_QNOTIFY_H

#include "lib/base/err.h"
#include "lib/config/config.h"

struct qnotify;

/* Lends the configuration until closed. Reads the keys and the templates, of which none has to be
 * right, and resolves the next hop. Gives *out. */
enum result qnotify_open(const struct config *config, struct qnotify **out, struct err *err);
/* To the quarantine; by the account that is to be known to it. */
enum result qnotify_connect(struct qnotify *qnotify, struct err *err);
void qnotify_run(struct qnotify *qnotify); /* until SIGTERM or SIGINT */
void qnotify_close(struct qnotify **qnotify);

#endif
