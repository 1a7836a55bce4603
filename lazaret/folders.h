/*
 * The folders that must be there, and belong to the right accounts, before any program starts: the
 * permissions of those under run_dir are what guards sockets that have no keys.
 */
#ifndef LAZARET_FOLDERS_H
#define LAZARET_FOLDERS_H

#include "lib/base/err.h"
#include "lib/config/config.h"

/*
 * Makes run_dir (0755) with front (0750, for the group that submits), broker and quarantine (0700),
 * the scanners' scratch folder (0700, theirs), state_dir (0755), the quarantine's own folder
 * (0700) and that for mail that killed scanners (0700). Those that are there get the right owner
 * and mode. Without root, all are our own.
 */
enum result folders_make(const struct config *config, struct err *err);

#endif
