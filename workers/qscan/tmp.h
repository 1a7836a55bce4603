/*
 * Private folders for temporary files, one a scanner, that never outlive what filled them: kill -9
 * leaves files, and so does a library that is interrupted.
 */
#ifndef WORKERS_QSCAN_TMP_H
#define WORKERS_QSCAN_TMP_H

#include "lib/base/err.h"
#include "lib/config/config.h"

/* Where all of them are: workers.tmp_dir, or run_dir/tmp. To be freed. */
char *tmp_root(const struct config *config);

/* The folder of this process's n-th scanner. To be freed. */
char *tmp_path(const char *root, int supervisor, unsigned slot);

enum result tmp_make(const char *path, struct err *err);
void tmp_empty(const char *path);  /* keeps the folder; links are removed, never followed */
void tmp_remove(const char *path); /* the folder, too */

/* Removes the folders of supervisors that are gone. */
void tmp_sweep(const char *root);

#endif
