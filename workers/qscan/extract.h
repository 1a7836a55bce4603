/*
 * Everything that is in a message, made once: each leaf part decoded under each encoding that a
 * client might believe, mail inside parts, containers and what is in them, down to the limits of
 * the configuration. It becomes scan->contents, with its names, types and traits; what could not be
 * opened becomes an unscanned finding of the check "attachments".
 *
 * It judges nothing.
 */
#ifndef WORKERS_QSCAN_EXTRACT_H
#define WORKERS_QSCAN_EXTRACT_H

#include "workers/qscan/scan.h"

/* Contents that are in the scan already are opened, too. The map must be there. */
void extract_all(struct scan *scan);

#endif
