/*
 * `qscan --rules check|list|show|compile`: what is known of the spam rules that the configuration
 * names, and their database. No mail is read.
 */
#ifndef WORKERS_QSCAN_RULES_TELL_H
#define WORKERS_QSCAN_RULES_TELL_H

#include "lib/config/config.h"
#include "workers/qscan/arguments.h"

/* Gives the process's exit code: 0; 1 where the answer is no (lines were passed over, there is no
 * such rule); a sysexits code where the rules can't be read. */
int rules_tell(const struct config *config, const struct arguments *arguments);

#endif
