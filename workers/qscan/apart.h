/*
 * Reading mail for somebody at a terminal, who may be root: in a folder of its own, without rights,
 * in the sandbox that scanners have.
 */
#ifndef WORKERS_QSCAN_APART_H
#define WORKERS_QSCAN_APART_H

#include "lib/config/config.h"

/* The one folder that stays open to the reader. To be removed and freed. NULL: err says why. */
char *apart_tmp(const struct config *config, struct err *err);

/* There is no way back. */
enum result apart_enter(const struct config *config, const char *tmp, struct err *err);

#endif
