/*
 * Telling the qstore that serves what is done beside it, so that it stands in the audit.
 */
#ifndef QUARANTINE_CARE_TELL_H
#define QUARANTINE_CARE_TELL_H

#include "lib/config/config.h"

/* Over its ipc:// endpoint, by the account that this process has now. Gives 0 where there is none,
 * nobody answers, or it is refused. */
int care_tell(const struct config *config, const char *action);

#endif
