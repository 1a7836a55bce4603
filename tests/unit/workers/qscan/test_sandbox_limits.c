#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <grp.h>
#include <iconv.h>
#include <poll.h>
#include <seccomp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "lib/daemon/fences.h"
#include "lib/match/match.h"
#include "tests/unit/workers/qscan/behind.h"
#include "workers/qscan/core.h"

static const char *in_folder(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

/* ---------------------------------------------------------------- files */

static int work_with_files(void)
{
	char name[128];
	char *memory = malloc(8 << 20);
	int fd;

	snprintf(name, sizeof(name), "%s/XXXXXX", folder);
	fd = mkstemp(name);
	if (fd < 0 || !memory || write(fd, memory, 1000) != 1000 || ftruncate(fd, 10) < 0 ||
	        unlink(name) < 0)
		return FAILED;
	free(memory);
	if (mkdir(in_folder("a"), 0700) < 0 || open(in_folder("a/b"), O_CREAT | O_RDWR, 0600) < 0)
		return 2;
	tmp_empty(folder);
	return access(in_folder("a"), F_OK) < 0 ? HOLDS : 3;
}

static int read_outside(void)
{
	return is_refused(open("/etc/passwd", O_RDONLY), EACCES) == HOLDS
	               ? is_refused(open("/", O_RDONLY | O_DIRECTORY), EACCES)
	               : FAILED;
}

static int write_outside(void)
{
	return is_refused(open(outside, O_WRONLY), EACCES) == HOLDS &&
	                       is_refused(open("/tmp/sandbox-new", O_CREAT | O_RDWR, 0600),
	                               EACCES) == HOLDS &&
	                       is_refused(mkdir("/tmp/sandbox-new", 0700), EACCES) == HOLDS
	               ? is_refused(unlink(outside), EACCES)
	               : FAILED;
}

static int change_the_mode_outside(void)
{
	return is_refused(chmod(outside, 04777), EPERM);
}

static int change_the_owner_outside(void)
{
	return is_refused(chown(outside, 0, 0), EPERM);
}

static int link_from_outside(void)
{
	return symlink("/etc/passwd", in_folder("link")) < 0;
}

static int truncate_by_name(void)
{
	return truncate(outside, 0) < 0;
}

static void files_and_memory_still_work(void **state)
{
	assert_holds(work_with_files);
}

static void files_outside_its_folder_are_neither_read_nor_written(void **state)
{
	if (!fence_stands(FENCE_LANDLOCK))
		skip();
	assert_holds(read_outside);
	assert_holds(write_outside);
}

static void modes_owners_links_and_lengths_by_name_are_out_of_reach(void **state)
{
	assert_holds(change_the_mode_outside);
	assert_holds(change_the_owner_outside);
	assert_killed(link_from_outside);
	assert_killed(truncate_by_name);
}

/* ---------------------------------------------------------------- code */

static int map_code(void)
{
	void *map = mmap(
	        NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return is_refused(map == MAP_FAILED ? -1 : 0, EPERM);
}

static int make_code_of_memory(void)
{
	void *map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return is_refused(mprotect(map, 4096, PROT_READ | PROT_EXEC), EPERM);
}

static int load_a_library(void)
{
	return iconv_open("UTF-8", "IBM1390") == (iconv_t)-1 ? HOLDS : FAILED;
}

static int maps_fd;
static struct match *pattern;

static void enter_with_code(void)
{
	if (match_new("(a|b)+c", 0, &pattern, NULL) != RESULT_OK)
		_exit(97);
	maps_fd = open("/proc/self/maps", O_RDONLY);
	enter();
}

static int no_page_is_for_both(void)
{
	static char text[1 << 20];
	size_t size = 0;
	ssize_t got;

	if (match_find(pattern, "xxababc", 7, 0, NULL, NULL) != RESULT_OK)
		return FAILED;
	while ((got = read(maps_fd, text + size, sizeof(text) - 1 - size)) > 0)
		size += (size_t)got;
	return size && !strstr(text, " rwxp ") ? HOLDS : 2;
}

static void new_code_cannot_be_made(void **state)
{
	assert_holds(map_code);
	assert_holds(make_code_of_memory);
	assert_holds(load_a_library);
}

static void compiled_patterns_run_but_can_no_longer_be_written(void **state)
{
	assert_holds_behind(enter_with_code, no_page_is_for_both);
}

/* ---------------------------------------------------------------- limits */

static int take_too_long(void)
{
	sandbox_clock(50);
	poll(NULL, 0, 10000);
	return FAILED;
}

/* As when a message has switched the other clock off. */
static int use_too_much_processor(void)
{
	volatile unsigned spin = 1;

	signal(SIGALRM, SIG_IGN);
	sandbox_clock(1);
	while (spin)
		spin |= 1;
	return FAILED;
}

static int take_memory(void)
{
	return malloc(16 << 20) && !malloc(128 << 20) ? HOLDS : FAILED;
}

static int take_descriptors(void)
{
	int count = 0;

	while (dup(0) >= 0 && count < 10000)
		count++;
	return count < 300 && errno == EMFILE ? HOLDS : FAILED;
}

static int write_a_large_file(void)
{
	int fd = open(in_folder("large"), O_CREAT | O_RDWR, 0600);

	return fd >= 0 && pwrite(fd, "x", 1, 63 << 20) == 1
	               ? is_refused(pwrite(fd, "x", 1, INT64_C(1) << 30), EFBIG)
	               : FAILED;
}

static int recurse(int left)
{
	volatile char room[1 << 20];

	memset((char *)room, left, sizeof(room));
	return left ? recurse(left - 1) + room[0] : 0;
}

static int take_stack(void)
{
	return recurse(64);
}

static int dump_core(void)
{
	struct rlimit core;

	return getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_max == 0 ? HOLDS : FAILED;
}

/* As a scanner of somebody who wants cores. */
static void enter_with_cores(void)
{
	const struct config cores = {.workers = {.memory = 64 << 20, .keep_crashes = 1}};

	if (chdir(folder) < 0 || sandbox_limit(&cores, getppid(), NULL) != RESULT_OK)
		_exit(98);
	enter();
}

static int crash(void)
{
	signal(SIGSEGV, SIG_DFL);
	raise(SIGSEGV);
	return FAILED;
}

static int can_be_dumped(void)
{
	struct rlimit core;

	return getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_max <= CORE_MOST ? HOLDS : FAILED;
}

enum { NOBODY = 65534 };

/* Without their own account, for limits that are none to root. */
static void become_nobody(void)
{
	if (geteuid() == 0 && (setgroups(0, NULL) || setgid(NOBODY) || setuid(NOBODY)))
		_exit(97);
}

static void limit_nobody(void)
{
	become_nobody();
	limit();
}

static int fork_behind_limits(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return is_refused(pid, EAGAIN);
}

static void a_message_has_its_time(void **state)
{
	assert_ends_by(enter, take_too_long, SIGALRM);
}

static void a_message_has_its_share_of_the_processor(void **state)
{
	assert_ends_by(enter, use_too_much_processor, SIGXCPU);
}

/* Without a sanitizer, which lives in an address space of its own size. */
static void memory_ends_at_the_limit(void **state)
{
#ifdef __SANITIZE_ADDRESS__
	skip();
#endif
	assert_holds_behind(limit, take_memory);
}

static void the_stack_ends_at_the_limit(void **state)
{
#ifdef __SANITIZE_ADDRESS__
	skip();
#endif
	assert_ends_by(limit, take_stack, SIGSEGV);
}

static void descriptors_end_at_the_limit(void **state)
{
	assert_holds_behind(limit, take_descriptors);
}

static void a_file_ends_at_the_limit(void **state)
{
	assert_holds_behind(limit, write_a_large_file);
}

static void there_is_no_core(void **state)
{
	assert_holds_behind(limit, dump_core);
}

static void a_core_is_bounded_and_stands_in_its_own_folder(void **state)
{
	const struct config cores = {.workers.keep_crashes = 1};
	struct rlimit limit;
	struct stat st;
	int core;

	assert_holds_behind(enter_with_cores, can_be_dumped);
	if (!core_is_kept(&cores) || getrlimit(RLIMIT_CORE, &limit) < 0 || limit.rlim_max == 0)
		skip();
#ifdef __SANITIZE_ADDRESS__
	skip();
#endif
	assert_int_equal(core_open(folder), -1);
	assert_ends_by(enter_with_cores, crash, SIGSEGV);
	core = core_open(folder);
	assert_true(core >= 0);
	assert_int_equal(fstat(core, &st), 0);
	assert_in_range(st.st_size, 1, CORE_MOST);
	close(core);
	tmp_empty(folder);
}

static void processes_end_at_the_limit_even_without_the_filter(void **state)
{
	assert_holds_behind(limit_nobody, fork_behind_limits);
}

/* ---------------------------------------------------------------- hosts that have less */

static void refuse(int number)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);

	if (!filter || seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), number, 0) ||
	        seccomp_load(filter))
		_exit(96);
	seccomp_release(filter);
}

static void in_a_container_without_landlock(void)
{
	refuse(SCMP_SYS(landlock_create_ruleset));
}

static void in_a_container_without_seccomp(void)
{
	refuse(SCMP_SYS(seccomp));
}

static void count_warnings(void *context, const char *sentence)
{
	++*(int *)context;
	if (!strstr(sentence, "on this host"))
		_exit(95);
}

static int enters_without_landlock(void)
{
	int warnings = 0;

	if (sandbox_check(&config, count_warnings, &warnings, NULL) != RESULT_OK || warnings != 1)
		return FAILED;
	enter();
	return is_refused(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0), EPERM);
}

static int will_not_start(void)
{
	const struct sandbox sandbox = {.tmp = folder, .pair = -1, .is_required = 1};
	int warnings = 0;
	struct err err;

	return sandbox_check(&config, count_warnings, &warnings, &err) == RESULT_PERMANENT &&
	                       strstr(err.text, "best_effort") && !warnings &&
	                       sandbox_enter(&sandbox, &err) == RESULT_PERMANENT
	               ? HOLDS
	               : FAILED;
}

static int starts_in_words(void)
{
	const struct config lax = {.workers.sandbox = SANDBOX_BEST_EFFORT};
	const struct sandbox sandbox = {.tmp = folder, .pair = -1};
	int warnings = 0;

	return sandbox_check(&lax, count_warnings, &warnings, NULL) == RESULT_OK && warnings == 1 &&
	                       sandbox_enter(&sandbox, NULL) == RESULT_OK
	               ? HOLDS
	               : FAILED;
}

static void a_host_without_landlock_is_told_of_and_served(void **state)
{
	assert_holds_behind(in_a_container_without_landlock, enters_without_landlock);
}

static void a_host_without_seccomp_starts_no_scanner_unless_told_to(void **state)
{
	assert_holds_behind(in_a_container_without_seccomp, will_not_start);
	assert_holds_behind(in_a_container_without_seccomp, starts_in_words);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(files_and_memory_still_work),
	        cmocka_unit_test(files_outside_its_folder_are_neither_read_nor_written),
	        cmocka_unit_test(modes_owners_links_and_lengths_by_name_are_out_of_reach),
	        cmocka_unit_test(new_code_cannot_be_made),
	        cmocka_unit_test(compiled_patterns_run_but_can_no_longer_be_written),
	        cmocka_unit_test(a_message_has_its_time),
	        cmocka_unit_test(a_message_has_its_share_of_the_processor),
	        cmocka_unit_test(memory_ends_at_the_limit),
	        cmocka_unit_test(the_stack_ends_at_the_limit),
	        cmocka_unit_test(descriptors_end_at_the_limit),
	        cmocka_unit_test(a_file_ends_at_the_limit),
	        cmocka_unit_test(there_is_no_core),
	        cmocka_unit_test(a_core_is_bounded_and_stands_in_its_own_folder),
	        cmocka_unit_test(processes_end_at_the_limit_even_without_the_filter),
	        cmocka_unit_test(a_host_without_landlock_is_told_of_and_served),
	        cmocka_unit_test(a_host_without_seccomp_starts_no_scanner_unless_told_to),
	};

	return cmocka_run_group_tests(tests, open_all, close_all);
}
