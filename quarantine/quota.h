/*
 * What happens where a domain or a recipient has more than its quota: what is oldest in the lowest
 * class goes, for him alone where others have it, too; or nothing more is taken.
 */
#ifndef QUARANTINE_QUOTA_H
#define QUARANTINE_QUOTA_H

#include "quarantine/inside.h"

/* The item was just added. RESULT_TEMPORARY: there is no room for it in some quota, and it must not
 * stay. */
enum result quota_make_room(struct store *store, const Lz__Item *item, struct err *err);

/* Lets one item of somebody go who has too much, as quotas may have become smaller. RESULT_NONE:
 * there is none, or enough was looked at for now. */
enum result quota_sweep(struct store *store, struct err *err);

#endif
