/*
 * What an administrator does with the database itself, and with the model beside it, in a process
 * of its own: verify them and copy them while they are served, and put a copy in their place while
 * they are not.
 */
#ifndef QUARANTINE_CARE_H
#define QUARANTINE_CARE_H

#include "lib/config/config.h"

enum care_what { CARE_NOTHING, CARE_VERIFY, CARE_BACKUP, CARE_RESTORE };

struct care {
	enum care_what what;
	const char *folder; /* of a copy; NULL: verify the one that is served */
};

/* Takes "--verify [FOLDER]", "--backup FOLDER" and "--restore FOLDER" out of the arguments. 0:
 * wrong usage. */
int care_arguments(struct care *care, int *argc, char **argv);

/* Gives the exit code: 0; 1 where something is wrong with the database; else as daemon_failed(). */
int care_run(const struct config *config, const struct care *care);

#endif
