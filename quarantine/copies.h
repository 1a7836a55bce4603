/*
 * Files of databases that are copied, put in the place of others, and made durable under their
 * names. What is in them is not looked at.
 */
#ifndef QUARANTINE_COPIES_H
#define QUARANTINE_COPIES_H

#include <stddef.h>

#include "lib/base/err.h"

/* What is at `path`, a file or a folder, is on disk. */
enum result copies_sync(const char *path, struct err *err);

/* So are the names in the folder, and its own. */
enum result copies_sync_names(const char *folder, struct err *err);

/* `to` must not be there yet, and is on disk afterwards, but for its name. What failed leaves
 * nothing. */
enum result copies_file(const char *from, const char *to, struct err *err);

/* Gives `data`, a file in the folder `path`, a second name in there, replaced-N.mdb, that nothing
 * has yet. `kept` gets it, or "" where there is no such file; 64 bytes are room enough. */
enum result copies_set_aside(
        const char *path, const char *data, char *kept, size_t room, struct err *err);

#endif
