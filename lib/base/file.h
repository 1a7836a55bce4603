/*
 * Whole files, bounded, and writes that are not cut short.
 */
#ifndef LIB_BASE_FILE_H
#define LIB_BASE_FILE_H

#include <stddef.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"

/* Adds the file's content to `out`. RESULT_PERMANENT where it is larger than `limit` bytes, not
 * there, or unreadable. */
enum result file_read(const char *path, size_t limit, struct buf *out, struct err *err);

/* The same from a descriptor, to its end. */
enum result file_read_fd(int fd, size_t limit, struct buf *out, struct err *err);

/* Writes beside `path`, syncs, renames over it, syncs the folder. */
enum result file_write(
        const char *path, const void *bytes, size_t size, unsigned mode, struct err *err);

/* All of it, through short writes and EINTR. */
enum result file_write_fd(int fd, const void *bytes, size_t size, struct err *err);

/* A folder, with its missing parents, owner and mode as asked for the last one; an existing one is
 * left as it is. */
enum result file_make_folder(const char *path, unsigned mode, struct err *err);

/* Close-on-exec and (with nonblock) O_NONBLOCK. */
void file_flags(int fd, int nonblock);

#endif
