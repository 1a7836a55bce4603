/*
 * A child that makes features of mails: qscan --features, in its sandbox. A mail that ends it costs
 * that mail; the next one gets another child.
 */
#ifndef QCTL_PUPIL_H
#define QCTL_PUPIL_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"

struct pupil;

enum { PUPIL_DIGEST = 16 };

/* What a mail becomes; to be emptied with buf_fini(). */
struct lesson {
	uint8_t digest[PUPIL_DIGEST];
	struct buf features; /* 4 bytes each, the lowest first */
	uint32_t words;      /* so many of them, the first ones */
	double points;       /* by rules, where these were wanted */
};

/* The configuration's path is lent. */
struct pupil *pupil_new(const char *config_path, uint64_t seed, int with_points);
void pupil_free(struct pupil **pupil);

/* Replaces what is in *out. RESULT_NONE: the mail ended the child. RESULT_TEMPORARY: no child can
 * be started. */
enum result pupil_read(
        struct pupil *pupil, const char *mail, size_t size, struct lesson *out, struct err *err);

#endif
