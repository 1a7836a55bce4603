/*
 * Who asks for something: for what is kept of it.
 */
#ifndef QCTL_WHO_H
#define QCTL_WHO_H

#include "qctl/qctl.h"

/* --by, or the account, and whom sudo says is behind it. To be freed. */
char *who_asks(const struct qctl *qctl);

#endif
