/* daemon_spawn() and daemon_sibling(). */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/daemon/daemon.h"

extern char **environ;

enum { FIRST_KEPT = 3, KEPT_MOST = 32 };

/* Our environment, and who the child's parent is (see daemon_die_with_parent()). The array and its
 * last but one text are to be freed. */
static char **make_environment(char *parent)
{
	size_t count = 0, kept = 0, i;
	char **copy;

	while (environ[count])
		count++;
	copy = alloc_zero(count + 2, sizeof(*copy));
	for (i = 0; i < count; i++)
		if (strncmp(environ[i], "LAZARET_PARENT=", 15) != 0)
			copy[kept++] = environ[i];
	copy[kept] = parent;
	return copy;
}

/*
 * The child must see keep[i] at 3 + i, whatever their numbers are here: dup2() in order could
 * overwrite one that is still needed, so each is first copied above all targets.
 */
static enum result lift(const int *keep, int lifted[KEPT_MOST], int *count, struct err *err)
{
	int i;

	*count = 0;
	for (i = 0; keep && keep[i] >= 0; i++) {
		if (i == KEPT_MOST)
			return err_set(err, RESULT_PERMANENT, "more than %d descriptors to keep",
			        KEPT_MOST);
		lifted[i] = fcntl(keep[i], F_DUPFD_CLOEXEC, FIRST_KEPT + KEPT_MOST);
		if (lifted[i] < 0)
			return err_sys(err, RESULT_TEMPORARY, "copy descriptor %d", keep[i]);
		++*count;
	}
	return RESULT_OK;
}

static void set_signals(posix_spawnattr_t *attributes)
{
	sigset_t none, ignored;

	sigemptyset(&none);
	sigemptyset(&ignored);
	sigaddset(&ignored, SIGPIPE);
	posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setsigmask(attributes, &none);
	posix_spawnattr_setsigdefault(attributes, &ignored);
}

static int spawn(const char *path, char *const argv[], char **environment, const int *lifted,
        int count, pid_t *pid)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	int code, i;

	posix_spawn_file_actions_init(&files);
	posix_spawnattr_init(&attributes);
	for (i = 0; i < count; i++)
		posix_spawn_file_actions_adddup2(&files, lifted[i], FIRST_KEPT + i);
	posix_spawn_file_actions_addclosefrom_np(&files, FIRST_KEPT + count);
	set_signals(&attributes);
	code = posix_spawn(pid, path, &files, &attributes, argv, environment);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attributes);
	return code;
}

enum result daemon_spawn(
        const char *path, char *const argv[], const int *keep, int *pid, struct err *err)
{
	int lifted[KEPT_MOST], count, i, code;
	enum result result = lift(keep, lifted, &count, err);
	char *parent = alloc_format("LAZARET_PARENT=%d", (int)getpid());
	char **environment = make_environment(parent);
	pid_t child = 0;

	if (!result) {
		code = spawn(path, argv, environment, lifted, count, &child);
		errno = code;
		if (code)
			result = err_sys(err, RESULT_PERMANENT, "start %s", path);
		*pid = (int)child;
	}
	for (i = 0; i < count; i++)
		close(lifted[i]);
	free(environment);
	free(parent);
	return result;
}

char *daemon_sibling(const char *program)
{
	char self[PATH_MAX], *slash, *path;
	ssize_t size = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (size > 0) {
		self[size] = '\0';
		slash = strrchr(self, '/');
		path = alloc_format("%.*s/%s", (int)(slash - self), self, program);
		if (access(path, X_OK) == 0)
			return path;
		free(path);
	}
	return alloc_format("%s/%s", LAZARET_LIBEXECDIR, program);
}
