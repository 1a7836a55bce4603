/*
 * What disk.so does for a test: loaded before libc (LD_PRELOAD), it stands in front of the calls
 * that change files. It counts those on files below DISK_WATCH (a folder, from the environment),
 * writes them into DISK_LOG (a file) in their order and with their bytes, and where it is told to
 * ends the process at one of them, as kill -9 or a power cut would, or lets it fail.
 *
 * A test that is not started with disk.so has none of these functions: see disk_is_loaded().
 */
#ifndef TESTS_FAULTS_DISK_H
#define TESTS_FAULTS_DISK_H

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum disk_kind {
	DISK_WRITE,
	DISK_SYNC,   /* fsync, fdatasync: of what was written to this file before */
	DISK_CUT,    /* to `offset` bytes */
	DISK_RENAME, /* of `name`; the new name is the content */
	DISK_LINK,
	DISK_UNLINK,
	DISK_MARK, /* the test's own */
};

enum { DISK_NAME_ROOM = 48 };

/* In the log; `size` bytes follow. */
struct disk_record {
	uint32_t kind;
	uint32_t is_synced; /* a write through O_DSYNC or O_SYNC: durable when it returns */
	uint64_t offset, size;
	char name[DISK_NAME_ROOM]; /* below DISK_WATCH; "" is the folder itself */
};

enum { DISK_KILL = -1, DISK_FULL = -2 };

/*
 * From the n-th call on (0: the next one) each fails with the errno `what`. DISK_KILL: the process
 * ends before it. DISK_FULL: what would make a file longer is written in half and then not at all,
 * as on a disk without room; all else goes on. `what` 0: nothing fails any more.
 *
 * A process that can't call this finds the same two numbers in the file that DISK_ORDER names, and
 * takes it away.
 */
void disk_fault(unsigned nth, int what) __attribute__((weak));

/* Calls since disk_fault() or the start. */
unsigned disk_calls(void) __attribute__((weak));

void disk_mark(const void *bytes, size_t size) __attribute__((weak));

static inline int disk_is_loaded(void)
{
	return disk_fault != NULL;
}

/* Starts a unit test again, with disk.so of the same build. Comes back only where that fails. */
static inline int disk_load(char **argv)
{
	char program[PATH_MAX], library[PATH_MAX];
	ssize_t size = readlink("/proc/self/exe", program, sizeof(program) - 1);
	const char *end;

	program[size < 0 ? 0 : size] = '\0';
	end = strstr(program, "/tests/unit/");
	snprintf(library, sizeof(library), "%.*s/tests/faults/disk.so",
	        end ? (int)(end - program) : 0, program);
	if (access(library, R_OK) == 0) {
		setenv("LD_PRELOAD", library, 1);
		/* The sanitizers want to be the first. */
		setenv("ASAN_OPTIONS", "verify_asan_link_order=0", 0);
		execv(program, argv);
	}
	fprintf(stderr, "%s: %s\n", library, strerror(errno));
	return 1;
}

#endif
