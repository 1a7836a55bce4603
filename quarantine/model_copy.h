/*
 * The model in a backup of the quarantine: in the folder `model` of it, as it is in
 * spam.model.path. A backup from before that, or of a quarantine without a model, does not have
 * that folder.
 */
#ifndef QUARANTINE_MODEL_COPY_H
#define QUARANTINE_MODEL_COPY_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"

struct model_summary {
	uint64_t spam, ham; /* learned */
	uint64_t messages;  /* that are known */
};

/* Where a backup has it. To be freed. */
char *model_copy_path(const char *backup);

/* Looks through all of a model, while it may be in use. RESULT_NONE: there is none at `path`.
 * RESULT_PERMANENT: it is damaged, or of another version. */
enum result model_copy_check(const char *path, struct model_summary *out, struct err *err);

/* Copies the model at `path` of one moment into a backup, while it may be in use. It has its name
 * there when it is whole. RESULT_NONE: there is none. */
enum result model_copy_make(const char *path, const char *backup, struct err *err);

/* Puts the backup's model in the place of the one at `path`, which nobody may have open and which
 * is kept there under the name given to `kept`, of at least 64 bytes ("": there was none). It has
 * another epoch then, so that workers which have later lessons take it whole. RESULT_NONE: the
 * backup has none, and nothing has changed. */
enum result model_copy_restore(
        const char *path, const char *backup, char *kept, size_t room, struct err *err);

#endif
