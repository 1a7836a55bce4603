/*
 * What an administrator needs to find out why a scanner died: the message, a report and the core,
 * in a folder of its own under <site.state_dir>/crashes. There are never more than
 * workers.keep_crashes of them; whoever has looked at one removes it. A message, and a content, is
 * kept once. Nothing here ever fails a job: what can't be written is told once.
 */
#ifndef WORKERS_QWORKER_CRASHES_H
#define WORKERS_QWORKER_CRASHES_H

#include "lib/config/config.h"
#include "workers/qworker/death.h"
#include "workers/qworker/job.h"

struct crashes;

struct crashes *crashes_new(const struct config *config);
void crashes_free(struct crashes **crashes);

/* The death is lent, its core as well. `engine` is the signatures' state, as far as it is known. */
void crashes_keep(struct crashes *crashes, const struct job *job, const struct death *death,
        const char *engine);

#endif
