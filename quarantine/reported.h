/*
 * What became of a report is written down in the transaction that stores its mail: in the audit
 * and in the statistics. The lesson itself was committed before, in the model's own.
 */
#ifndef QUARANTINE_REPORTED_H
#define QUARANTINE_REPORTED_H

#include "quarantine/inside.h"

/* Fills report->reported with what nothing was learned for. */
void reported_failed(Lz__Report *report);

/* Tells in *out what became of the STORE's report, where it has one. A report that was here before
 * is written down once more, as nobody knows whether it was the first time, and says so. */
enum result reported_put(
        struct store *store, const Lz__Store *request, Lz__Stored *out, struct err *err);

#endif
