#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "workers/qscan/sandbox.h"

/* Runs `act` in a child that is in the sandbox; gives its wait status. */
static int in_sandbox(int (*act)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (sandbox_enter(NULL) != RESULT_OK)
			_exit(99);
		_exit(act());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void assert_killed(int (*act)(void))
{
	int status = in_sandbox(act);

	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGSYS);
}

static void assert_exits(int (*act)(void), int code)
{
	int status = in_sandbox(act);

	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), code);
}

static int start_a_program(void)
{
	char *argv[] = {(char *)"/bin/true", NULL};

	execv(argv[0], argv);
	return 1;
}

static int open_a_socket(void)
{
	return socket(AF_INET, SOCK_STREAM, 0) < 0;
}

static int trace_the_parent(void)
{
	return ptrace(PTRACE_ATTACH, getppid(), 0, 0) < 0;
}

static int become_root(void)
{
	return setuid(0);
}

static int start_a_process(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return pid < 0 && errno == EPERM ? 42 : 1;
}

static int signal_the_parent(void)
{
	return kill(getppid(), SIGKILL) < 0 && errno == EPERM ? 42 : 1;
}

static int work_with_files(void)
{
	char name[] = "/tmp/sandbox-XXXXXX";
	int fd = mkstemp(name);
	char *memory = malloc(8 << 20);

	if (fd < 0 || !memory || write(fd, memory, 1000) != 1000 || unlink(name) < 0)
		return 1;
	free(memory);
	return 42;
}

static int abort_itself(void)
{
	abort();
}

static void a_program_cannot_be_started(void **state)
{
	assert_killed(start_a_program);
}

static void a_socket_cannot_be_opened(void **state)
{
	assert_killed(open_a_socket);
}

static void another_process_cannot_be_traced(void **state)
{
	assert_killed(trace_the_parent);
}

static void another_user_cannot_be_become(void **state)
{
	assert_killed(become_root);
}

static void a_process_is_refused_without_harm(void **state)
{
	assert_exits(start_a_process, 42);
}

static void another_process_cannot_be_killed(void **state)
{
	assert_exits(signal_the_parent, 42);
}

static void files_and_memory_still_work(void **state)
{
	assert_exits(work_with_files, 42);
}

static void an_abort_is_still_an_abort(void **state)
{
	int status = in_sandbox(abort_itself);

	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
}

static void every_rule_names_a_system_call(void **state)
{
	size_t i;

	for (i = 0; i < sandbox_rule_count; i++)
		if (seccomp_syscall_resolve_name(sandbox_rules[i].name) == __NR_SCMP_ERROR)
			fail_msg("%s", sandbox_rules[i].name);
}

static void no_rule_stands_twice(void **state)
{
	size_t i, j;

	for (i = 0; i < sandbox_rule_count; i++)
		for (j = 0; j < i; j++)
			assert_string_not_equal(sandbox_rules[i].name, sandbox_rules[j].name);
}

static int take_too_long(void)
{
	sandbox_clock(50);
	pause();
	return 1;
}

static void a_message_has_its_time(void **state)
{
	int status = in_sandbox(take_too_long);

	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGALRM);
}

static int take_memory(void)
{
	struct config config = {.workers.memory = 64 << 20};

	if (sandbox_limit(&config, getppid(), NULL) != RESULT_OK)
		return 1;
	return malloc(16 << 20) && !malloc(128 << 20) ? 42 : 2;
}

/* Without a sanitizer, which lives in an address space of its own size. */
static void memory_ends_at_the_limit(void **state)
{
#ifdef __SANITIZE_ADDRESS__
	skip();
#endif
	assert_exits(take_memory, 42);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_program_cannot_be_started),
	        cmocka_unit_test(a_socket_cannot_be_opened),
	        cmocka_unit_test(another_process_cannot_be_traced),
	        cmocka_unit_test(another_user_cannot_be_become),
	        cmocka_unit_test(a_process_is_refused_without_harm),
	        cmocka_unit_test(another_process_cannot_be_killed),
	        cmocka_unit_test(files_and_memory_still_work),
	        cmocka_unit_test(an_abort_is_still_an_abort),
	        cmocka_unit_test(every_rule_names_a_system_call),
	        cmocka_unit_test(no_rule_stands_twice),
	        cmocka_unit_test(a_message_has_its_time),
	        cmocka_unit_test(memory_ends_at_the_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
