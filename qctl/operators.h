/*
 * Can the operators that the configuration names get at the quarantine's socket? For `qctl check`.
 */
#ifndef QCTL_OPERATORS_H
#define QCTL_OPERATORS_H

#include "lib/config/config.h"

/* What keeps one away, to be freed; NULL: nothing that is seen from here. */
char *operator_complaint(const struct config *config, const struct config_operator *rule);

/* The same of an endpoint that quarantine.group should be able to open. */
char *socket_complaint(const struct config *config, const char *endpoint);

#endif
