/*
 * Times as people type them. All of them are UTC, as everything that we show.
 */
#ifndef QCTL_WHEN_H
#define QCTL_WHEN_H

#include <stdint.h>

#include "lib/base/err.h"

/* "2026-11-22", "2026-11-22 10:30", "2026-11-22T10:30:15Z", "today", "yesterday", or how long ago:
 * "90s", "30m", "2h", "3d", "1w". RESULT_PERMANENT: none of these. */
enum result when_parse(const char *text, int64_t now_ms, int64_t *out, struct err *err);

/* A duration alone, in milliseconds: "90s", "30m", … */
enum result when_duration(const char *text, int64_t *out, struct err *err);

#endif
