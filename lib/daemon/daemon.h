/*
 * How every program starts, never varied: args → config → log → privileged opens → drop groups,
 * gid, uid → rlimits, sandbox → ready → loop → stop in reverse.
 */
#ifndef LIB_DAEMON_DAEMON_H
#define LIB_DAEMON_DAEMON_H

#include "lib/base/err.h"
#include "lib/config/config.h"

struct daemon_options {
	const char *program;
	const char *usage; /* shown by --help; the common options are added */
};

/*
 * Reads `-c FILE` (default /etc/lazaret/lazaret.yaml), `--check`, `--help`, `--version`; loads the
 * configuration; opens the log; blocks SIGTERM, SIGINT, SIGHUP and SIGCHLD for a loop's signalfd;
 * ignores SIGPIPE; sets no-new-privileges, no core of secrets, and close-on-exec on everything
 * inherited but 0 to 2. With LAZARET_SUPERVISED in the environment the process dies with its
 * parent. Wrong usage or a wrong configuration ends the
 * process with its sysexits code and one clear line on standard error. Gives the configuration.
 */
struct config *daemon_start(int argc, char **argv, const struct daemon_options *options);

/* Gives up root for `user` (its groups included); "" stays. Refuses to stay root quietly: it warns.
 */
enum result daemon_drop(const char *user, struct err *err);

/* Tells whoever started us that we serve: one line "ready" on the descriptor that LAZARET_READY_FD
 * names. */
void daemon_ready(void);

/*
 * Logs why the program does not start, or can't go on, and gives its exit status: EX_CONFIG (78)
 * where a person has to change something first (RESULT_PERMANENT), EX_TEMPFAIL (75) where the same
 * start may succeed later.
 */
int daemon_failed(enum result result, const struct err *err);

/* From now on the process gets SIGTERM when its parent dies (PR_SET_PDEATHSIG), also after
 * daemon_drop(); at once if the parent is no longer the one that daemon_spawn()ed it. */
void daemon_die_with_parent(void);

/* Starts a program without a shell, with this process's environment, no signal blocked or ignored,
 * and the given descriptors (ended by -1; NULL for none) open at 3, 4, …, and no others but 0 to 2.
 * Safe beside a ZeroMQ context, as nothing of ours runs between fork and exec. Gives the pid. */
enum result daemon_spawn(
        const char *path, char *const argv[], const int *keep, int *pid, struct err *err);

/* The path of a sibling program: beside our own executable, or where programs are installed that
 * nobody starts by hand. To be freed. */
char *daemon_sibling(const char *program);

#endif
