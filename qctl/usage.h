/*
 * Quotas: what domains and recipients have of them.
 */
#ifndef QCTL_USAGE_H
#define QCTL_USAGE_H

#include "qctl/qctl.h"

enum result usage_show(struct qctl *qctl, struct err *err);

#endif
