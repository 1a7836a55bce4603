/*
 * Have the files that scanners were started with changed? By stat alone, and only when they have
 * come to rest: a list that is being copied into its place must not start a generation with half of
 * it. What never comes to rest is taken as it is after a while.
 */
#ifndef WORKERS_QSCAN_WATCH_H
#define WORKERS_QSCAN_WATCH_H

#include <stdint.h>

#include "lib/config/config.h"

enum { WATCH_RESTLESS_MOST = 300 }; /* looks in a row that may find something moving */

struct watch {
	struct config_list files;
	uint64_t known, last;
	int restless;
};

void watch_init(struct watch *watch, const struct config *config);
/* 1, once, when they differ and did not move since last time, or moved too often. */
int watch_look(struct watch *watch);
void watch_fini(struct watch *watch);

/* A number for the state of a list of files and folders (with what is directly in them). */
uint64_t watch_state(const struct config_list *files);

#endif
