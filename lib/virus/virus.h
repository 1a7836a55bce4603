/*
 * libclamav behind few functions: load a folder of signatures, look at bytes in memory, say hit,
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
	int64_t time_ms;     /* of one scan */
	int pua;             /* also what is only possibly unwanted */
	unsigned heuristics; /* bit set (1 << enum virus_heuristic) */
	int sieve;           /* make what virus_needs() and virus_marks() need */
};

/* What libclamav can be asked to suspect beyond its signatures. */
enum virus_heuristic {
	VIRUS_PHISHING,     /* links that show another place than they lead to (needs .pdb, .wdb) */
	VIRUS_CLOAKED,      /* links whose place is hidden by encoding */
	VIRUS_SSL_MISMATCH, /* links that show https: and lead to http: */
	VIRUS_MACROS,       /* any macro in an office document */
	VIRUS_BROKEN,       /* programs that are damaged */
	VIRUS_BROKEN_MEDIA, /* pictures that are damaged */
	VIRUS_HEURISTICS,
};

enum virus_answer {
	VIRUS_HIT,
	VIRUS_PUA,       /* a signature of something possibly unwanted */
	VIRUS_HEURISTIC, /* a suspicion, no signature */
	VIRUS_LIMIT,     /* too large, too deep, too many */
	VIRUS_TIMEOUT,   /* the time limit */
	VIRUS_ENCRYPTED, /* something in it can't be read without a password */
	VIRUS_ERROR,     /* libclamav gave up */
	VIRUS_DATABASE,  /* there are no signatures */
	VIRUS_MEMORY,    /* it would take more than there is */
	VIRUS_ANSWERS,
};

enum { VIRUS_NAME_ROOM = 160 };

/* So many different findings of one scan are named, and the first of each answer beyond that: what
 * was not scanned is never lost among names. */
enum { VIRUS_FOUND_MOST = 12 };

struct virus_found {
	enum virus_answer answer;
	char name[VIRUS_NAME_ROOM]; /* the signature's or heuristic's, or libclamav's error; "" */
};

/* All that one scan found, each thing once: a suspicion hides neither a limit nor a password, nor
 * the other way round. Nothing found: clean. */
struct virus_report {
	struct virus_found found[VIRUS_FOUND_MOST + VIRUS_ANSWERS];
	size_t count;
	unsigned answers; /* bit set (1 << enum virus_answer), of those beyond the limit, too */
	int is_cut;       /* there were more than are named */
};

/*
 * Loads every signature in `folder`, from .cvd, .cld, .cud and loose files. A folder without any
 * gives an engine whose state is "none" and whose scans answer VIRUS_DATABASE. RESULT_PERMANENT
 * where the folder can't be read or a file in it is broken; err has libclamav's words. Gives *out.
 */
enum result virus_open(const char *folder, const struct virus_limits *limits,
        struct virus_engine **out, struct err *err);
void virus_close(struct virus_engine **engine);

/* "daily:27500/20 Nov 2026 08-30 +0000; 2050123 signatures", lent as long as the engine. Loose
 * files are named by a digest of their names, sizes and times. */
const char *virus_state(const struct virus_engine *engine);

/* When its signatures were made, in Unix seconds: the daily file's own time where there is one,
 * else the newest packed file's, else the newest time of change of a loose one. 0: there are none.
 */
int64_t virus_built(const struct virus_engine *engine);
/* Looks at `size` bytes for at most `time_ms` (or the engine's own limit, if less), to their end,
 * whatever is found before. */
void virus_scan(struct virus_engine *engine, const void *bytes, size_t size, int64_t time_ms,
        struct virus_report *report);

/*
 * What the raw bytes of a mail must be scanned for beside its parts, as far as the signatures tell.
 * Where a member is set, it concerns the mails of which its comment speaks.
 */
struct virus_needs {
	const char *obstacle; /* all: why it can't be told; NULL: it can */
	int inside;    /* signatures for what is inside mail: virus_marks_inside() of the parts */
	int names;     /* signatures over the names of files in mail */
	int unnamed;   /* those that match names which libclamav invents for parts without one */
	int links;     /* lists of links that are watched */
	int addresses; /* lists of addresses on the web */
};

const struct virus_needs *virus_needs(const struct virus_engine *engine);

/* May a signature match these bytes of a mail as they stand? 1 where that can't be ruled out. Far
 * cheaper than virus_scan(). */
int virus_marks(struct virus_engine *engine, const void *bytes, size_t size);

/* May one that is for files inside mail match this part, or what is inside it? Where virus_needs()
 * says that there are such; takes as long as unpacking the part. */
int virus_marks_inside(struct virus_engine *engine, const void *bytes, size_t size);

#endif
