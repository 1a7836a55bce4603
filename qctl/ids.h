/*
 * Items that a command is about to change: all of them are named before the first is touched, so
 * that a person can be asked about their number.
 */
#ifndef QCTL_IDS_H
#define QCTL_IDS_H

#include "qctl/selection.h"

enum { IDS_ROOM = 17 };

struct ids {
	size_t count;
	char (*list)[IDS_ROOM];
};

/* All that the selection chooses, newest first. Free them with ids_free(), whatever it gives. */
enum result ids_collect(struct ids *ids, struct selection *selection, struct err *err);
void ids_free(struct ids *ids);

/*
 * May `verb` ("release") be done to so many? --yes N says so, where N is their number; without it a
 * terminal is asked. Gives QCTL_OK; QCTL_NO where a person said no; QCTL_FAILED where N is another
 * number; EX_USAGE where nobody can be asked. The last three were told.
 */
int ids_confirm(const struct qctl *qctl, const char *verb, size_t count);

#endif
