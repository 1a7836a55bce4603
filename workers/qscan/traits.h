/*
 * The traits that a content has by its names and its bytes together. Pure.
 */
#ifndef WORKERS_QSCAN_TRAITS_H
#define WORKERS_QSCAN_TRAITS_H

#include "workers/qscan/attachment_rules.h"

/* Sets TRAIT_DISGUISED and TRAIT_MISMATCH, from the names, the true type and the other traits. */
void traits_of_names(struct attachment *attachment);

#endif
