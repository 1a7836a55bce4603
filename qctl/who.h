/*
 * On whose behalf something is changed.
 */
#ifndef QCTL_WHO_H
#define QCTL_WHO_H

#include "qctl/qctl.h"

/* What --by says, else the account, and whom sudo says is behind it. To be freed. */
char *who_asks(const struct qctl *qctl);

#endif
