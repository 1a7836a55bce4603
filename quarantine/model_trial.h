/*
 * Whether the model's database can be used at all, tried by a process that may die of it: LMDB
 * trusts its pages, so that a damaged one, or a file that was cut off, ends who reads it. The
 * quarantine is not to end with a model, which mail can do without.
 */
#ifndef QUARANTINE_MODEL_TRIAL_H
#define QUARANTINE_MODEL_TRIAL_H

#include <stdint.h>

#include "lib/base/err.h"

/* Which file was found damaged; {0}: none was. */
struct model_trial {
	uint64_t inode, size;
	int64_t changed_ns;
	char *why; /* owned; NULL: none was */
};

/* Reads all tables of the environment in the folder, as they have to be in order, and begins a
 * lesson that is not committed: the file stays as it is. Nobody else may have it open. A file that
 * was found damaged is not tried again.
 * RESULT_PERMANENT: it is damaged. RESULT_OK where there is none. */
enum result model_trial(const char *path, struct model_trial *trial, struct err *err);
/* What the trial did not find was found later: `why`. */
void model_trial_fail(const char *path, struct model_trial *trial, const char *why);
void model_trial_fini(struct model_trial *trial);

#endif
