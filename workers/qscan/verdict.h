/*
 * A decision in the form of the protocol: groups with their edits and header fields, the items that
 * the quarantine is to keep, the notices these will make, and what every check answered.
 *
 * An item is made for each group that does not get the whole message although its sender may think
 * so: cut, held or discarded. A rejected message is not kept: its sender has it and is told. Nobody
 * is told of what was discarded.
 */
#ifndef WORKERS_QSCAN_VERDICT_H
#define WORKERS_QSCAN_VERDICT_H

#include "protos/messages.h"
#include "workers/qscan/edits.h"
#include "workers/qscan/policy.h"
#include "workers/qscan/scan.h"

/* Gives the result; free with lz__scan_result__free_unpacked(). A cut that can't be made safely
 * turns its group into a held one, in `decision`. */
Lz__ScanResult *verdict_make(const struct scan *scan, struct decision *decision);

/* ---- its parts ---- */

/* The item's id: from message, disposition and recipients, so that a second run gives the same. */
void item_id(const struct scan *scan, const struct group *group, char out[17]);
Lz__Item *item_make(const struct scan *scan, const struct group *group);

/* The script of a delivered or redirected group. RESULT_PERMANENT: it can't be cut safely, err says
 * why; *out is empty then. `item` is the id that the replacement texts name. */
enum result script_make(const struct scan *scan, const struct group *group, const char *item,
        struct edits *out, struct err *err);

/* Header fields of a delivered or redirected group. */
void fields_make(const struct scan *scan, const struct group *group, Lz__Group *out);

/* Which DKIM signatures (RFC 6376) its edits and fields break, and says so in X-Lazaret. */
void breaks_make(const struct scan *scan, Lz__Group *out);

/* At most `most`, in the order found. */
Lz__Symbol **symbols_make(const struct scan *scan, size_t most, size_t *count);
Lz__Check **checks_make(const struct scan *scan, size_t *count);

#endif
