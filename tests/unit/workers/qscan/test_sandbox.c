#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <pthread.h>
#include <seccomp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "tests/unit/workers/qscan/behind.h"

/* ---------------------------------------------------------------- programs, processes, threads */

static int start_a_program(void)
{
	char *argv[] = {(char *)"/bin/true", NULL};

	execv(argv[0], argv);
	return FAILED;
}

static int start_a_program_from_memory(void)
{
	int fd = memfd_create("program", 0);

	return fd < 0 ? 2 : (int)syscall(SYS_execveat, fd, "", NULL, NULL, AT_EMPTY_PATH);
}

static int start_a_process(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return is_refused(pid, EPERM);
}

static void *do_nothing(void *context)
{
	return context;
}

static int start_a_thread(void)
{
	pthread_t thread;

	return pthread_create(&thread, NULL, do_nothing, NULL) == EPERM ? HOLDS : FAILED;
}

static int clone_into_namespaces(void)
{
	struct {
		uint64_t flags, rest[10];
	} arguments = {0x10000000 /* CLONE_NEWUSER */, {0}};

	return is_refused(syscall(SYS_clone3, &arguments, sizeof(arguments)), ENOSYS);
}

static void a_program_cannot_be_started(void **state)
{
	assert_killed(start_a_program);
	assert_killed(start_a_program_from_memory);
}

static void a_process_is_refused_without_harm(void **state)
{
	assert_holds(start_a_process);
	assert_holds(clone_into_namespaces);
}

static void a_thread_is_refused_without_harm(void **state)
{
	assert_holds(start_a_thread);
}

/* ---------------------------------------------------------------- sockets */

static int open_a_socket(void)
{
	return socket(AF_INET, SOCK_STREAM, 0) < 0;
}

static int make_a_pair(void)
{
	int pair[2];

	return socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0;
}

static int connect_its_end(void)
{
	struct sockaddr address = {.sa_family = AF_UNIX};

	return connect(ends[1], &address, sizeof(address)) < 0;
}

static int bind_its_end(void)
{
	struct sockaddr address = {.sa_family = AF_UNIX};

	return bind(ends[1], &address, sizeof(sa_family_t)) < 0;
}

static int accept_at_its_end(void)
{
	return accept(ends[1], NULL, NULL) < 0;
}

static int send_through_another(void)
{
	struct err err;

	return pair_send(ends[0], PAIR_RESULT, "x", 1, NULL, 0, &err) == RESULT_OK;
}

static int answer_on_its_pair(void)
{
	static char large[PAIR_INLINE_BYTES + 1];
	struct pair_parcel parcel;
	struct err err;

	if (pair_receive(ends[1], 100, &parcel, &err) != RESULT_OK)
		return FAILED;
	pair_parcel_free(&parcel);
	return pair_send(ends[1], PAIR_RESULT, "x", 1, NULL, 0, &err) == RESULT_OK &&
	                       pair_send(ends[1], PAIR_RESULT, large, sizeof(large), NULL, 0,
	                               &err) == RESULT_OK
	               ? HOLDS
	               : FAILED;
}

static void no_socket_can_be_made_or_connected(void **state)
{
	assert_killed(open_a_socket);
	assert_killed(make_a_pair);
	assert_killed(connect_its_end);
	assert_killed(bind_its_end);
	assert_killed(accept_at_its_end);
}

static void packets_go_through_its_own_pair_alone(void **state)
{
	struct pair_parcel parcel;
	struct err err;

	assert_int_equal(pair_send(ends[0], PAIR_SCAN, "job", 3, NULL, 0, &err), RESULT_OK);
	assert_holds(answer_on_its_pair);
	assert_int_equal(pair_receive(ends[0], 100, &parcel, &err), RESULT_OK);
	pair_parcel_free(&parcel);
	assert_int_equal(pair_receive(ends[0], 1 << 20, &parcel, &err), RESULT_OK);
	assert_int_equal(parcel.sizes[0], PAIR_INLINE_BYTES + 1);
	pair_parcel_free(&parcel);
	assert_killed(send_through_another);
}

/* ---------------------------------------------------------------- other processes */

static int trace_the_parent(void)
{
	return ptrace(PTRACE_ATTACH, getppid(), 0, 0) < 0;
}

static int signal_others(void)
{
	return is_refused(kill(getppid(), SIGKILL), EPERM) == HOLDS &&
	                       is_refused(kill(0, SIGKILL), EPERM) == HOLDS &&
	                       is_refused(kill(-1, SIGKILL), EPERM) == HOLDS &&
	                       is_refused(syscall(SYS_tkill, getppid(), SIGKILL), EPERM) == HOLDS
	               ? is_refused(syscall(SYS_tgkill, getppid(), getppid(), SIGKILL), EPERM)
	               : FAILED;
}

static int signal_others_by_a_descriptor(void)
{
	return fcntl(ends[1], F_SETOWN, getppid()) < 0;
}

static int signal_itself(void)
{
	return kill(getpid(), 0) == 0 && syscall(SYS_tgkill, getpid(), getpid(), 0) == 0 ? HOLDS
	                                                                                 : FAILED;
}

static int abort_itself(void)
{
	abort();
}

static int limit_the_parent(void)
{
	struct rlimit none = {0, 0};

	return prlimit(getppid(), RLIMIT_CPU, &none, NULL) < 0;
}

static void another_process_cannot_be_traced(void **state)
{
	assert_killed(trace_the_parent);
}

static void another_process_cannot_be_signalled(void **state)
{
	assert_holds(signal_others);
	assert_killed(signal_others_by_a_descriptor);
	assert_holds(signal_itself);
}

static void another_process_cannot_be_limited(void **state)
{
	assert_killed(limit_the_parent);
}

static void an_abort_is_still_an_abort(void **state)
{
	assert_ends_by(enter, abort_itself, SIGABRT);
}

static pid_t start_at(int end, int (*act)(void))
{
	pid_t pid = fork();

	if (pid == 0) {
		close(ends[1]);
		ends[1] = end;
		enter();
		_exit(act());
	}
	return pid;
}

/* The end that each scanner holds is closed by its death, and tells who waits. */
static void what_ends_one_scanner_ends_no_other(void **state)
{
	int first[2], second[2], status;
	struct pair_parcel parcel;
	struct err err;
	pid_t broken, other;

	assert_int_equal(pair_new(first, &err), RESULT_OK);
	assert_int_equal(pair_new(second, &err), RESULT_OK);
	broken = start_at(first[1], open_a_socket);
	close(first[1]);
	other = start_at(second[1], answer_on_its_pair);
	close(second[1]);
	assert_int_equal(waitpid(broken, &status, 0), broken);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
	assert_int_equal(pair_receive(first[0], 100, &parcel, &err), RESULT_PERMANENT);
	assert_string_equal(err.text, "closed");
	assert_int_equal(pair_send(second[0], PAIR_SCAN, "job", 3, NULL, 0, &err), RESULT_OK);
	assert_int_equal(pair_receive(second[0], 100, &parcel, &err), RESULT_OK);
	pair_parcel_free(&parcel);
	close(first[0]);
	close(second[0]);
	assert_int_equal(waitpid(other, &status, 0), other);
	assert_true(WIFEXITED(status));
}

/* ---------------------------------------------------------------- who it is */

static int become_root(void)
{
	return setuid(0);
}

static int change_personality(void)
{
	return personality(PER_LINUX | READ_IMPLIES_EXEC) < 0;
}

static int become_dumpable(void)
{
	return is_refused(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0), EPERM);
}

static int allow_a_tracer(void)
{
	return is_refused(prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0), EPERM);
}

/* Asked of a process that has no filter yet: nothing may be asked behind it. */
static int is_bound(void)
{
	return prctl(PR_CAPBSET_READ, CAP_SYS_ADMIN, 0, 0, 0) == 0 &&
	                       prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_SYS_ADMIN, 0, 0) < 0
	               ? HOLDS
	               : FAILED;
}

static int has_settled(void)
{
	return prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0 &&
	                       prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1
	               ? HOLDS
	               : FAILED;
}

static int status_fd;

static void enter_with_status_open(void)
{
	status_fd = open("/proc/self/status", O_RDONLY);
	enter();
}

static int has_no_capabilities(void)
{
	char text[4096];
	ssize_t size = pread(status_fd, text, sizeof(text) - 1, 0);

	text[size > 0 ? size : 0] = '\0';
	return strstr(text, "CapPrm:\t0000000000000000") &&
	                       strstr(text, "CapEff:\t0000000000000000") &&
	                       strstr(text, "CapAmb:\t0000000000000000") &&
	                       strstr(text, "NoNewPrivs:\t1") && strstr(text, "Seccomp:\t2")
	               ? HOLDS
	               : FAILED;
}

static void another_user_cannot_be_become(void **state)
{
	assert_killed(become_root);
	assert_killed(change_personality);
}

static void what_it_gave_up_cannot_be_taken_back(void **state)
{
	assert_holds(become_dumpable);
	assert_holds(allow_a_tracer);
}

static void it_can_neither_be_looked_into_nor_gain_privileges(void **state)
{
	assert_holds_behind(limit, has_settled);
}

static void root_loses_every_capability_for_good(void **state)
{
	if (geteuid() != 0)
		skip();
	assert_holds_behind(sandbox_bound, is_bound);
	assert_holds_behind(enter_with_status_open, has_no_capabilities);
}

/* ---------------------------------------------------------------- the system */

static int mount_something(void)
{
	return mount("none", folder, "tmpfs", 0, NULL) < 0;
}

static int leave_the_namespace(void)
{
	return (int)syscall(SYS_unshare, 0x10000000);
}

static int make_a_ring(void)
{
	return (int)syscall(SYS_io_uring_setup, 1, NULL);
}

static int ask_for_keys(void)
{
	return (int)syscall(SYS_keyctl, 0, 0, 0, 0, 0);
}

static int load_into_the_kernel(void)
{
	return (int)syscall(SYS_bpf, 0, NULL, 0);
}

static int stall_page_faults(void)
{
	return (int)syscall(SYS_userfaultfd, 0);
}

static int call_by_another_number(void)
{
	return (int)syscall(0x40000000 + SYS_getpid); /* x32 */
}

static int type_for_others(void)
{
	char letter = 'x';

	return is_refused(ioctl(0, TIOCSTI, &letter), ENOTTY);
}

static void the_system_cannot_be_changed(void **state)
{
	assert_killed(mount_something);
	assert_killed(leave_the_namespace);
}

static void the_corners_of_the_kernel_are_closed(void **state)
{
	assert_killed(make_a_ring);
	assert_killed(ask_for_keys);
	assert_killed(load_into_the_kernel);
	assert_killed(stall_page_faults);
	assert_holds(type_for_others);
#ifdef __x86_64__
	assert_killed(call_by_another_number);
#endif
}

/* ---------------------------------------------------------------- the table */

static void every_row_names_a_system_call(void **state)
{
	size_t i;

	for (i = 0; i < sandbox_call_count; i++)
		if (seccomp_syscall_resolve_name(sandbox_calls[i].name) == __NR_SCMP_ERROR)
			fail_msg("%s", sandbox_calls[i].name);
}

static void no_row_stands_twice(void **state)
{
	size_t i, j;

	for (i = 0; i < sandbox_call_count; i++)
		for (j = 0; j < i; j++)
			assert_string_not_equal(sandbox_calls[i].name, sandbox_calls[j].name);
}

static void filter_only(void)
{
	if (sandbox_filter(ends[1], NULL) != RESULT_OK)
		_exit(99);
}

static int ask_what_is_not_there(void)
{
	return (int)syscall(1000);
}

static void a_call_that_is_not_in_the_table_ends_the_process(void **state)
{
	assert_ends_by(filter_only, ask_what_is_not_there, SIGSYS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_program_cannot_be_started),
	        cmocka_unit_test(a_process_is_refused_without_harm),
	        cmocka_unit_test(a_thread_is_refused_without_harm),
	        cmocka_unit_test(no_socket_can_be_made_or_connected),
	        cmocka_unit_test(packets_go_through_its_own_pair_alone),
	        cmocka_unit_test(another_process_cannot_be_traced),
	        cmocka_unit_test(another_process_cannot_be_signalled),
	        cmocka_unit_test(another_process_cannot_be_limited),
	        cmocka_unit_test(an_abort_is_still_an_abort),
	        cmocka_unit_test(what_ends_one_scanner_ends_no_other),
	        cmocka_unit_test(another_user_cannot_be_become),
	        cmocka_unit_test(what_it_gave_up_cannot_be_taken_back),
	        cmocka_unit_test(it_can_neither_be_looked_into_nor_gain_privileges),
	        cmocka_unit_test(root_loses_every_capability_for_good),
	        cmocka_unit_test(the_system_cannot_be_changed),
	        cmocka_unit_test(the_corners_of_the_kernel_are_closed),
	        cmocka_unit_test(every_row_names_a_system_call),
	        cmocka_unit_test(no_row_stands_twice),
	        cmocka_unit_test(a_call_that_is_not_in_the_table_ends_the_process),
	};

	return cmocka_run_group_tests(tests, open_all, close_all);
}
