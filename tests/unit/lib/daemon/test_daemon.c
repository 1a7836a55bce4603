#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/base/buf.h"
#include "lib/base/file.h"
#include "lib/daemon/daemon.h"

static const struct daemon_options options = {.program = "qtest", .usage = "qtest [-c FILE]\n"};

static const char good[] = "site: {name: mail.example.org, admin: a@example.org}\n"
                           "front: {next_hop: \"127.0.0.1:10026\"}\n";

/* Runs daemon_start() in a child; gives its exit code, and what it wrote on both channels. */
static int start(char **argv, void (*then)(struct config *config), struct buf *said)
{
	int argc = 0, channel[2], status;
	struct config *config;
	struct err err;
	pid_t pid;

	while (argv[argc])
		argc++;
	assert_int_equal(pipe(channel), 0);
	pid = fork();
	if (pid == 0) {
		dup2(channel[1], 1);
		dup2(channel[1], 2);
		config = daemon_start(argc, argv, &options);
		then(config);
		config_free(&config);
		_exit(42);
	}
	close(channel[1]);
	assert_int_equal(file_read_fd(channel[0], 1 << 16, said, &err), RESULT_OK);
	close(channel[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void do_nothing(struct config *config)
{
	assert_non_null(config);
}

static char *write_config(const char *text)
{
	char *path = alloc_string("/tmp/test-daemon-XXXXXX");
	int fd = mkstemp(path);
	struct err err;

	assert_true(fd >= 0);
	assert_int_equal(file_write_fd(fd, text, strlen(text), &err), RESULT_OK);
	close(fd);
	return path;
}

static void a_wrong_option_is_a_usage_error(void **state)
{
	char *argv[] = {"qtest", "--nonsense", NULL}, *extra[] = {"qtest", "more", NULL};
	struct buf said = {0};

	optind = 1;
	assert_int_equal(start(argv, do_nothing, &said), EX_USAGE);
	assert_non_null(strstr(said.data, "see qtest --help"));
	buf_clear(&said);
	assert_int_equal(start(extra, do_nothing, &said), EX_USAGE);
	assert_non_null(strstr(said.data, "found \"more\", expected no more arguments"));
	buf_fini(&said);
}

static void help_and_version_end_well(void **state)
{
	char *help[] = {"qtest", "--help", NULL}, *version[] = {"qtest", "--version", NULL};
	struct buf said = {0};

	assert_int_equal(start(help, do_nothing, &said), EX_OK);
	assert_non_null(strstr(said.data, "qtest [-c FILE]"));
	buf_clear(&said);
	assert_int_equal(start(version, do_nothing, &said), EX_OK);
	assert_non_null(strstr(said.data, LAZARET_VERSION));
	buf_fini(&said);
}

static void a_wrong_configuration_ends_with_file_and_line(void **state)
{
	char *path = write_config("site:\n  nane: x\n");
	char *argv[] = {"qtest", "-c", path, NULL};
	struct buf said = {0};

	assert_int_equal(start(argv, do_nothing, &said), EX_CONFIG);
	assert_non_null(strstr(said.data, ":2: site."));
	assert_non_null(strstr(said.data, "did you mean name?"));
	unlink(path);
	free(path);
	buf_fini(&said);
}

static void check_says_ok_and_what_is_doubtful(void **state)
{
	char *path = write_config("site: {name: a.example, admin: a@a.example}\n"
	                          "front: {next_hop: \"127.0.0.1:10026\"}\n"
	                          "virus: {enabled: no}\n");
	char *argv[] = {"qtest", "-c", path, "--check", NULL};
	struct buf said = {0};

	assert_int_equal(start(argv, do_nothing, &said), EX_OK);
	assert_non_null(strstr(said.data, ":3: virus.enabled: mail is not scanned for viruses"));
	assert_non_null(strstr(said.data, ": ok\n"));
	unlink(path);
	free(path);
	buf_fini(&said);
}

static void show_process(struct config *config)
{
	sigset_t blocked;
	int flags = fcntl(7, F_GETFD);

	sigprocmask(SIG_BLOCK, NULL, &blocked);
	printf("term=%d child=%d usr1=%d cloexec=%d ready=%d\n", sigismember(&blocked, SIGTERM),
	        sigismember(&blocked, SIGCHLD), sigismember(&blocked, SIGUSR1), flags == FD_CLOEXEC,
	        getenv("LAZARET_READY_FD") != NULL);
	fflush(stdout);
	daemon_ready();
}

static void a_started_program_is_settled_and_tells_that_it_is_ready(void **state)
{
	char *path = write_config(good), answer[32] = "";
	char *argv[] = {"qtest", "-c", path, NULL};
	struct buf said = {0};
	int channel[2];

	assert_int_equal(pipe(channel), 0);
	assert_int_equal(dup2(channel[1], 7), 7);
	setenv("LAZARET_READY_FD", "7", 1);
	assert_int_equal(start(argv, show_process, &said), 42);
	unsetenv("LAZARET_READY_FD");
	assert_non_null(strstr(said.data, "term=1 child=1 usr1=0 cloexec=1 ready=0"));
	assert_int_equal(read(channel[0], answer, sizeof(answer) - 1), 6);
	assert_string_equal(answer, "ready\n");
	close(channel[0]);
	close(channel[1]);
	close(7);
	unlink(path);
	free(path);
	buf_fini(&said);
}

static void an_orphan_ends_by_itself(void **state)
{
	char *path = write_config(good);
	char *argv[] = {"qtest", "-c", path, NULL};
	struct buf said = {0};

	setenv("LAZARET_SUPERVISED", "1", 1);
	setenv("LAZARET_PARENT", "1", 1); /* not who really is */
	assert_int_equal(start(argv, do_nothing, &said), -SIGTERM);
	unsetenv("LAZARET_SUPERVISED");
	unsetenv("LAZARET_PARENT");
	unlink(path);
	free(path);
	buf_fini(&said);
}

/* Never returns: waits to be ended by a signal. */
static void wait_as_a_child(int channel)
{
	char *parent = alloc_format("%d", (int)getppid());

	setenv("LAZARET_PARENT", parent, 1);
	daemon_die_with_parent();
	if (write(channel, "x", 1) != 1)
		_exit(1);
	for (;;)
		pause();
}

static void a_child_dies_with_its_parent(void **state)
{
	struct pollfd ended = {.events = POLLIN};
	int channel[2];
	pid_t parent;
	char byte;

	assert_int_equal(pipe(channel), 0);
	parent = fork();
	if (parent == 0) {
		if (fork() == 0)
			wait_as_a_child(channel[1]);
		close(channel[1]);
		for (;;)
			pause();
	}
	close(channel[1]);
	assert_int_equal(read(channel[0], &byte, 1), 1);
	kill(parent, SIGKILL);
	waitpid(parent, NULL, 0);
	/* the child held the last end of the pipe */
	ended.fd = channel[0];
	assert_int_equal(poll(&ended, 1, 5000), 1);
	assert_int_equal(read(channel[0], &byte, 1), 0);
	close(channel[0]);
}

static void an_unknown_account_is_refused(void **state)
{
	struct err err = {0};

	assert_int_equal(daemon_drop("no-such-account-here", &err), RESULT_PERMANENT);
	assert_non_null(strstr(err.text, "no such account: \"no-such-account-here\""));
	assert_int_equal(daemon_drop("", &err), RESULT_OK);
}

static void only_what_a_person_must_mend_is_a_wrong_configuration(void **state)
{
	struct err err = {"made up"};

	assert_int_equal(daemon_failed(RESULT_PERMANENT, &err), EX_CONFIG);
	assert_int_equal(daemon_failed(RESULT_TEMPORARY, &err), EX_TEMPFAIL);
	assert_int_equal(daemon_failed(RESULT_UNSURE, &err), EX_TEMPFAIL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_wrong_option_is_a_usage_error),
	        cmocka_unit_test(help_and_version_end_well),
	        cmocka_unit_test(a_wrong_configuration_ends_with_file_and_line),
	        cmocka_unit_test(check_says_ok_and_what_is_doubtful),
	        cmocka_unit_test(a_started_program_is_settled_and_tells_that_it_is_ready),
	        cmocka_unit_test(an_orphan_ends_by_itself),
	        cmocka_unit_test(a_child_dies_with_its_parent),
	        cmocka_unit_test(an_unknown_account_is_refused),
	        cmocka_unit_test(only_what_a_person_must_mend_is_a_wrong_configuration),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
