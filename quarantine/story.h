/*
 * The quarantine's lines in the log: what was kept, confirmed, released, deleted, for whom and by
 * whom, and what was refused. A message's own id comes first where it is known.
 */
#ifndef QUARANTINE_STORY_H
#define QUARANTINE_STORY_H

#include "quarantine/requests.h"

/* A store_gone: what went though nobody deleted it. */
void story_gone(const char *message_id, const char *item, const char *event);

void story_tell(const struct wire_message *request, const struct answer *answer);

#endif
