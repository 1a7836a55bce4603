#include "workers/qscan/apart.h"

#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/daemon/daemon.h"
#include "workers/qscan/sandbox.h"
#include "workers/qscan/tmp.h"

enum result apart_enter(const struct config *config, const char *tmp, struct err *err)
{
	const struct sandbox sandbox = {
	        .tmp = tmp, .pair = -1, .is_required = config->workers.sandbox == SANDBOX_REQUIRED};
	enum result result = RESULT_OK;

	sandbox_bound();
	if (geteuid() == 0 && *config->site.scan_user)
		result = daemon_drop(config->site.scan_user, err);
	setenv("TMPDIR", tmp, 1);
	/* Nobody waits any more for who ended; giving up rights would take this back. */
	if (!result && prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		result = err_sys(err, RESULT_TEMPORARY, "to end with who asked");
	return result ? result : sandbox_enter(&sandbox, err);
}

/* The sandbox has no way back, and a message that ends its reader must not end the others. */
int apart_do(const char *tmp, const char *name, int (*task)(void *context), void *context)
{
	pid_t pid;
	int status;

	fflush(stdout);
	pid = fork();
	if (!pid)
		_exit(task(context));
	if (pid < 0 || waitpid(pid, &status, 0) != pid) {
		fprintf(stderr, "qscan: %s: can't start a process\n", name);
		return EX_OSERR;
	}
	tmp_empty(tmp);
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	fprintf(stderr, "qscan: %s: its reader was ended by signal %d (%s)\n", name,
	        WTERMSIG(status), strsignal(WTERMSIG(status)));
	return EX_SOFTWARE;
}

char *apart_make_tmp(const struct config *config, struct err *err)
{
	const char *base = getenv("TMPDIR"), *user = config->site.scan_user;
	char *folder = alloc_format("%s/qscan-XXXXXX", base && *base == '/' ? base : "/tmp");
	const struct passwd *account = geteuid() == 0 && *user ? getpwnam(user) : NULL;

	if (!mkdtemp(folder)) {
		err_sys(err, RESULT_PERMANENT, "make the folder %s", folder);
		free(folder);
		return NULL;
	}
	if (!account || chown(folder, account->pw_uid, account->pw_gid) == 0)
		return folder;
	err_sys(err, RESULT_PERMANENT, "give %s to %s", folder, user);
	rmdir(folder);
	free(folder);
	return NULL;
}
