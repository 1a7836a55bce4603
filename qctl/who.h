/*
 * Who asks, as it is kept with what was asked.
 */
#ifndef QCTL_WHO_H
#define QCTL_WHO_H

#include "qctl/qctl.h"

/* What --by says; else the account, and whom sudo says is behind it. To be freed. */
char *qctl_who(const struct qctl *qctl);

#endif
