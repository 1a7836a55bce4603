/*
 * When a digest is due, in the local time of the host. Pure but for the time zone, which the C
 * library reads.
 */
#ifndef QUARANTINE_SCHEDULE_H
#define QUARANTINE_SCHEDULE_H

#include <stdint.h>

#include "lib/config/config.h"

/*
 * The next time after `now_ms` that the clock shows `minutes` since midnight, each day or each
 * Monday. Once a day, also where the clock is put back over it: the first of the two then. What a
 * clock that is put forward leaves out is due as much later.
 */
int64_t schedule_next(int64_t now_ms, enum config_every every, unsigned minutes);

#endif
