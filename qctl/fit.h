/*
 * model fit: how many points the model's logit is worth on this site's own mail.
 */
#ifndef QCTL_FIT_H
#define QCTL_FIT_H

#include "qctl/qctl.h"

/* Gives the exit code. Each of the two paths is a mail, an mbox, or a folder of them. */
int fit_run(struct qctl *qctl, const char *spam, const char *ham);

#endif
