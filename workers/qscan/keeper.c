#include "workers/qscan/keeper.h"

#include <errno.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "lib/base/log.h"
#include "lib/daemon/daemon.h"
#include "lib/pair/pair.h"
#include "workers/qscan/tmp.h"

enum { REAP_MS = 1000 };

/* The folder that scanners make theirs in is theirs. */
static enum result prepare_tmp(const struct config *config, struct err *err)
{
	const struct passwd *account = NULL;
	char *root = tmp_root(config);
	enum result result = tmp_make(root, err);

	if (!result && *config->site.scan_user && geteuid() == 0) {
		account = getpwnam(config->site.scan_user);
		if (!account)
			result = err_set(err, RESULT_PERMANENT, "site.scan_user: no such account");
		else if (chown(root, account->pw_uid, account->pw_gid) < 0)
			result = err_sys(err, RESULT_PERMANENT, "give %s to the scanners", root);
	}
	free(root);
	return result;
}

static void start(const struct config *config, int control)
{
	const char *path = config->path;
	char *program = daemon_sibling("qscan");
	char *argv[] = {(char *)"qscan", (char *)"-c", (char *)path, (char *)"--control-fd",
	        (char *)"3", NULL};
	int keep[] = {control, -1}, pid;
	struct err err;

	if (daemon_spawn(program, argv, keep, &pid, &err) != RESULT_OK)
		log_event(LOG_LEVEL_ERROR, NULL, "generation", "error=%s", log_quote(err.text));
	free(program);
	close(control);
}

static void reap(void)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
			log_event(LOG_LEVEL_WARNING, NULL, "generation_died", "pid=%d status=%d",
			        (int)pid, status);
}

/* 0: the other side is gone. */
static int hear(const struct config *config, int end)
{
	char word[16];
	struct err err;
	int fd = -1;

	if (pair_receive_fd(end, &fd, word, sizeof(word), &err) != RESULT_OK)
		return 0;
	if (strcmp(word, "start") == 0 && fd >= 0)
		start(config, fd);
	else if (fd >= 0)
		close(fd);
	return 1;
}

int keeper_run(const struct config *config, int end)
{
	struct pollfd wanted = {.fd = end, .events = POLLIN};
	struct err err;
	enum result result = prepare_tmp(config, &err);
	sigset_t stops;
	int open = 1;

	if (result)
		return daemon_failed(result, &err);
	/* A stop that reaches our whole group is qworker's to order: it lets scanners finish. */
	sigemptyset(&stops);
	sigaddset(&stops, SIGINT);
	sigaddset(&stops, SIGHUP);
	sigprocmask(SIG_SETMASK, &stops, NULL);
	while (open) {
		if (poll(&wanted, 1, REAP_MS) > 0)
			open = hear(config, end);
		reap();
	}
	return EX_OK;
}
