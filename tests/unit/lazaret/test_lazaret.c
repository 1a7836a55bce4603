#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "lazaret/lazaret.h"
#include "lib/base/alloc.h"
#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"

/*
 * The supervisor with real processes: this program itself, through links that have the names of the
 * programs, is what it starts. Each stand-in writes what it lives through into a journal.
 */
static const char *const names[] = {"qstore", "qbroker", "qworker", "qfront", "qnotify"};
enum { PROGRAMS = 5 };

static char folder[] = "/tmp/test-lazaret-XXXXXX";
static char *journal;

/* ---- the stand-in ---- */

static void note(const char *what, const char *name)
{
	int fd = open(getenv("JOURNAL"), O_WRONLY | O_APPEND | O_CLOEXEC);

	dprintf(fd, "%s %s %d\n", what, name, (int)getpid());
	close(fd);
}

static int stand_in(const char *name)
{
	const char *broken = getenv("BROKEN");
	sigset_t set;
	int number;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	note("start", name);
	if (broken && !strcmp(broken, name))
		return 9;
	if (write(atoi(getenv("LAZARET_READY_FD")), "ready\n", 6) != 6)
		return 8;
	while (!sigwait(&set, &number) && number == SIGHUP)
		note("hup", name);
	note("end", name);
	return 0;
}

/* ---- the supervisor, in a process of its own ---- */

static struct config *read_config(void)
{
	static const char text[] = "site: {name: a.b, admin: a@b.c}\nfront: {next_hop: a.b:5}\n";
	struct config *config = NULL;
	struct err err = {0};

	if (config_parse("l.yaml", text, strlen(text), &config, &err))
		fail_msg("%s", err.text);
	return config;
}

static pid_t supervise(void)
{
	struct lazaret *lazaret;
	struct config *config;
	sigset_t set;
	int code, log;
	pid_t pid = fork();

	if (pid)
		return pid;
	/* its log goes to the journal as well: that is how the tests see that all are ready */
	log = open(journal, O_WRONLY | O_APPEND | O_CLOEXEC);
	dup2(log, STDERR_FILENO);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	config = read_config();
	lazaret = lazaret_new(config);
	code = lazaret_run(lazaret);
	lazaret_free(&lazaret);
	config_free(&config);
	_exit(code);
}

/* Reads the journal until it holds `want` lines that begin so, or fails after ten seconds. */
static char *await(const char *what, unsigned want)
{
	int64_t end = clock_monotonic_ms() + 10000;
	struct buf text = {0};
	unsigned found = 0;
	struct err err;
	char *line;

	while (clock_monotonic_ms() < end) {
		buf_clear(&text);
		assert_int_equal(file_read(journal, 1 << 20, &text, &err), RESULT_OK);
		for (found = 0, line = text.data; (line = strstr(line, what)) != NULL; line++)
			found++;
		if (found >= want)
			return buf_give(&text);
		poll(NULL, 0, 10);
	}
	fail_msg("found %u times \"%s\", expected %u in:\n%s", found, what, want, text.data);
	return NULL;
}

static int pid_of(const char *text, const char *what)
{
	const char *line = strstr(text, what);

	assert_non_null(line);
	return atoi(line + strlen(what));
}

static int wait_for_end(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void in_order(const char *text, const char *what, int backwards)
{
	const char *at = text;
	char *line;
	int i;

	for (i = 0; i < PROGRAMS; i++) {
		line = alloc_format("%s %s ", what, names[backwards ? PROGRAMS - 1 - i : i]);
		at = strstr(at, line);
		if (!at)
			fail_msg("%snot in order in:\n%s", line, text);
		free(line);
	}
}

static int fresh_journal(void **state)
{
	struct err err;

	return file_write(journal, "", 0, 0600, &err) != RESULT_OK;
}

/* ---- tests ---- */

static void programs_start_in_order_and_stop_in_reverse(void **state)
{
	pid_t pid = supervise();
	char *text = await("event=ready ", 1);

	in_order(text, "start", 0);
	free(text);
	kill(pid, SIGTERM);
	assert_int_equal(wait_for_end(pid), EX_OK);
	text = await("end ", PROGRAMS);
	in_order(text, "end", 1);
	free(text);
}

static void what_is_killed_is_started_again(void **state)
{
	pid_t pid = supervise();
	char *text = await("event=ready ", 1);

	kill(pid_of(text, "start qworker "), SIGKILL);
	free(text);
	text = await("start qworker", 2);
	free(text);
	kill(pid, SIGINT);
	assert_int_equal(wait_for_end(pid), EX_OK);
	free(await("end qworker", 1));
}

static void a_hangup_is_passed_on(void **state)
{
	pid_t pid = supervise();

	free(await("event=ready ", 1));
	kill(pid, SIGHUP);
	free(await("hup ", PROGRAMS));
	kill(pid, SIGTERM);
	assert_int_equal(wait_for_end(pid), EX_OK);
}

static void one_that_cannot_start_ends_all_with_an_error(void **state)
{
	char *text;
	pid_t pid;

	setenv("BROKEN", "qworker", 1);
	pid = supervise();
	assert_int_equal(wait_for_end(pid), EX_UNAVAILABLE);
	unsetenv("BROKEN");
	text = await("end qstore", 1);
	assert_non_null(strstr(text, "end qbroker"));
	assert_null(strstr(text, "start qfront"));
	free(text);
}

/* ---- links to ourselves ---- */

static char *link_path(const char *name)
{
	char self[PATH_MAX] = "";

	assert_true(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
	return alloc_format("%s/%s", dirname(self), name);
}

static int link_to_self(const char *path)
{
	char self[PATH_MAX] = "";

	assert_true(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
	return symlink(self, path);
}

static int set_up(void **state)
{
	char *path;
	int i;

	assert_non_null(mkdtemp(folder));
	journal = alloc_format("%s/journal", folder);
	setenv("JOURNAL", journal, 1);
	for (i = 0; i < PROGRAMS; i++) {
		path = link_path(names[i]);
		unlink(path);
		assert_int_equal(link_to_self(path), 0);
		free(path);
	}
	return 0;
}

static int tear_down(void **state)
{
	char *path;
	int i;

	for (i = 0; i < PROGRAMS; i++) {
		path = link_path(names[i]);
		unlink(path);
		free(path);
	}
	unlink(journal);
	rmdir(folder);
	free(journal);
	return 0;
}

static int is_stand_in(const char *name)
{
	int i;

	for (i = 0; i < PROGRAMS; i++)
		if (!strcmp(names[i], name))
			return 1;
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup(programs_start_in_order_and_stop_in_reverse, fresh_journal),
	        cmocka_unit_test_setup(what_is_killed_is_started_again, fresh_journal),
	        cmocka_unit_test_setup(a_hangup_is_passed_on, fresh_journal),
	        cmocka_unit_test_setup(one_that_cannot_start_ends_all_with_an_error, fresh_journal),
	};

	if (is_stand_in(argv[0]))
		return stand_in(argv[0]);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
