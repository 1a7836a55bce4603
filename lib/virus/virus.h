/*
 * libclamav behind five functions: load a folder of signatures, look at bytes in memory, say hit,
 * clean, or why it could not look. The one folder that knows clamav.h.
 *
 * "Clean" from libclamav alone is not clean: by default it says so, too, of what went over one of
 * its limits or is encrypted. Here those heuristics are always on and have answers of their own.
 *
 * One process may hold one engine; it is loaded before any fork and shared copy-on-write. A scan
 * can only be ended by its time limit or by killing the process, so it is never run in a thread.
 * libclamav makes temporary files in $TMPDIR, which the caller sets and empties.
 */
#ifndef LIB_VIRUS_VIRUS_H
#define LIB_VIRUS_VIRUS_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"

struct virus_engine;

struct virus_limits {
	uint64_t scan_bytes; /* of everything unpacked in one scan */
	uint64_t file_bytes; /* of one file in it */
	uint32_t files;
	uint32_t recursion;
	int64_t time_ms; /* of one scan */
	int pua;         /* also what is only possibly unwanted */
};

enum virus_answer {
	VIRUS_CLEAN,
	VIRUS_HIT,
	VIRUS_LIMIT,     /* too large, too deep, too many */
	VIRUS_TIMEOUT,   /* the time limit */
	VIRUS_ENCRYPTED, /* something in it can't be read without a password */
	VIRUS_ERROR,     /* libclamav gave up */
	VIRUS_DATABASE,  /* there are no signatures */
};

enum { VIRUS_NAME_ROOM = 160 };

/*
 * Loads every signature in `folder`, from .cvd, .cld and loose files. A folder without any gives an
 * engine whose state is "none" and whose scans answer VIRUS_DATABASE. RESULT_PERMANENT where the
 * folder can't be read or a file in it is broken; err has libclamav's words. Gives *out.
 */
enum result virus_open(const char *folder, const struct virus_limits *limits,
        struct virus_engine **out, struct err *err);
void virus_close(struct virus_engine **engine);

/* "daily:27500/20 Nov 2026 08-30 +0000; 2050123 signatures", lent as long as the engine. Loose
 * files are named by a digest of their names, sizes and times. */
const char *virus_state(const struct virus_engine *engine);

/*
 * Looks at `size` bytes for at most `time_ms` (or the engine's own limit, if less). `name` gets the
 * signature's or the heuristic's name, or libclamav's error; it has VIRUS_NAME_ROOM bytes.
 */
enum virus_answer virus_scan(struct virus_engine *engine, const void *bytes, size_t size,
        int64_t time_ms, char name[VIRUS_NAME_ROOM]);

#endif
