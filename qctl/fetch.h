/*
 * The bytes of an item, fetched piece after piece.
 */
#ifndef QCTL_FETCH_H
#define QCTL_FETCH_H

#include "qctl/qctl.h"

typedef enum result fetch_piece(void *context, const void *bytes, size_t size, struct err *err);

/* What `request` names, from its offset on, which moves along. The digest of all of it is compared
 * with the quarantine's at the end. RESULT_NONE: there is no such item. */
enum result fetch_all(
        struct qctl *qctl, Lz__Fetch *request, fetch_piece *take, void *context, struct err *err);

#endif
