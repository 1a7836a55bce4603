/*
 * The rule that would have let an item's message through: as narrow as the findings allow, for its
 * sender's domain and its recipients. Made from what is known of the item alone. Pure.
 */
#ifndef QCTL_SUGGEST_H
#define QCTL_SUGGEST_H

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "protos/messages.h"

/* Adds the rules as YAML for lazaret.yaml. RESULT_NONE: there is no such rule, err says why. */
enum result suggest_rules(const Lz__Item *item, struct buf *out, struct err *err);

#endif
