/* A model in a folder of its own, for tests of what teaches it. */
#ifndef TESTS_UNIT_QUARANTINE_TEACHING_H
#define TESTS_UNIT_QUARANTINE_TEACHING_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "quarantine/teach.h"

static char path[64];
static struct teach *teach;

static int set_up(void **state)
{
	strcpy(path, "/tmp/lazaret-teach-XXXXXX");
	if (!mkdtemp(path))
		return -1;
	teach = teach_open(path);
	return 0;
}

static int take_down(void **state)
{
	static const char *const files[] = {"data.mdb", "lock.mdb"};
	char name[128];
	size_t at;

	teach_close(&teach);
	for (at = 0; at < 2; at++) {
		snprintf(name, sizeof(name), "%s/%s", path, files[at]);
		unlink(name);
	}
	return rmdir(path);
}

#endif
