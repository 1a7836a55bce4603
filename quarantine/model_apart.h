/*
 * What a damaged model may end: LMDB trusts its pages, so who reads a damaged one may die of it, or
 * go round in circles. That is done by a process of its own.
 */
#ifndef QUARANTINE_MODEL_APART_H
#define QUARANTINE_MODEL_APART_H

#include "lib/base/err.h"

/* In the other process; what it leaves behind is its number, 0 to 255, and what it wrote into
 * memory that is shared, or on disk. */
typedef int model_apart_work(void *context);

/* Does it and gives *code. RESULT_PERMANENT: the process was ended by what it read, and err says
 * how. RESULT_TEMPORARY: there could be none, or somebody else ended it. */
enum result model_apart(model_apart_work *work, void *context, int *code, struct err *err);

#endif
