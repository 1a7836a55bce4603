/*
 * The model as a scanner has it: mapped from what its qworker has sealed, the same memory for all
 * scanners of the host. It never changes; a later one takes its place.
 */
#ifndef WORKERS_QSCAN_SNAPSHOT_H
#define WORKERS_QSCAN_SNAPSHOT_H

#include "lib/model/model.h"
#include "lib/pair/pair.h"

/* {0} is none. */
struct snapshot {
	struct pair_parcel parcel;
	struct model model;
};

/* Takes the parcel of kind PAIR_MODEL. RESULT_PERMANENT: it is none, and stays the caller's. */
enum result snapshot_take(struct snapshot *snapshot, struct pair_parcel *parcel, struct err *err);

/* Lent until another one is taken; NULL: there is none. */
const struct model *snapshot_model(const struct snapshot *snapshot);

void snapshot_fini(struct snapshot *snapshot);

#endif
