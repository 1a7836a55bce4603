#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/base/buf.h"
#include "lib/base/file.h"
#include "workers/qworker/crashes.h"

static char state_dir[] = "/tmp/test-crashes-XXXXXX";
static struct config config;
static struct crashes *crashes;
static struct jobs jobs;

static int begin(void **state)
{
	snprintf(state_dir, sizeof(state_dir), "/tmp/test-crashes-XXXXXX");
	if (!mkdtemp(state_dir))
		return -1;
	config.site.state_dir = state_dir;
	config.workers.keep_crashes = 2;
	crashes = crashes_new(&config);
	return 0;
}

static int end(void **state)
{
	char *line = alloc_format("rm -r %s", state_dir);
	int result = system(line);

	free(line);
	crashes_free(&crashes);
	jobs_fini(&jobs);
	return result;
}

static struct job *message(unsigned number)
{
	struct wire_message message = {.type = MESSAGE_JOB};
	Lz__Job *order = alloc(sizeof(*order));
	char *mail;

	lz__job__init(order);
	order->submission = alloc(sizeof(*order->submission));
	lz__submission__init(order->submission);
	order->submission->message_id = alloc_format("%032u", number);
	message.envelope = &order->base;
	mail = alloc_format("Subject: x\r\nX-Id: %u\r\n\r\npoison %u\r\n", number, number % 10);
	wire_body_copy(mail, strlen(mail), &message.body);
	free(mail);
	return jobs_add(&jobs, 0, 0, &message, 0);
}

/* Of so many contents, each named by a letter. */
static struct death death_of(char letter)
{
	struct death death = death_bare("crash");

	memset(death.digest, letter, 64);
	snprintf(death.stage, sizeof(death.stage), "virus");
	death.part = 3;
	death.signal = 11;
	return death;
}

static void keep(unsigned number, char letter)
{
	const struct death death = death_of(letter);

	crashes_keep(crashes, message(number), &death, "daily:27500; 12 signatures");
}

/* How many there are; the path of the one of that message in `found`, if it is wanted. */
static size_t count(unsigned number, char *found, size_t room)
{
	char *folder = alloc_format("%s/crashes", state_dir), *id = alloc_format("-%032u", number);
	const struct dirent *entry;
	DIR *listing = opendir(folder);
	size_t kept = 0;

	while (listing && (entry = readdir(listing)) != NULL) {
		kept += entry->d_name[0] != '.';
		if (found && strstr(entry->d_name, id))
			snprintf(found, room, "%s/%s", folder, entry->d_name);
	}
	if (listing)
		closedir(listing);
	free(folder);
	free(id);
	return kept;
}

static void assert_file(const char *folder, const char *name, const char *has)
{
	char *path = alloc_format("%s/%s", folder, name);
	struct buf bytes = {0};
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(file_read(path, 1 << 20, &bytes, NULL), RESULT_OK);
	if (!strstr(bytes.data, has))
		fail_msg("%s: %s", name, bytes.data);
	buf_fini(&bytes);
	free(path);
}

static void a_message_that_killed_is_kept_with_a_report(void **state)
{
	char folder[400] = "";
	struct stat st;

	keep(1, 'a');
	assert_int_equal(count(1, folder, sizeof(folder)), 1);
	assert_int_equal(stat(folder, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_file(folder, "message.eml", "Subject: x\r\nX-Id: 1\r\n\r\npoison 1\r\n");
	assert_file(folder, "report.txt",
	        "id: 00000000000000000000000000000001\nwhy: crash\n"
	        "signal: 11\nstage: virus\npart: 3\nbody: ");
	assert_file(folder, "report.txt", "\ndigest: aaaa");
	assert_file(folder, "report.txt", "engine: daily:27500; 12 signatures\ncore: none");
}

static void a_core_is_kept_with_it_up_to_a_limit(void **state)
{
	char name[] = "/tmp/test-crashes-core-XXXXXX", folder[200] = "", *path;
	struct death death = death_of('a');
	struct stat st;

	death.core = mkstemp(name);
	unlink(name);
	assert_int_equal(ftruncate(death.core, 70 << 20), 0);
	assert_int_equal(pwrite(death.core, "CORE", 4, 0), 4);
	crashes_keep(crashes, message(1), &death, "");
	close(death.core);
	count(1, folder, sizeof(folder));
	assert_file(folder, "report.txt", "core: beside this\n");
	path = alloc_format("%s/core", folder);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 64 << 20);
	assert_int_equal(st.st_mode & 07777, 0600);
	free(path);
}

static void the_same_message_or_content_is_kept_once(void **state)
{
	keep(1, 'a');
	keep(1, 'b');
	keep(2, 'a');
	keep(11, 'e'); /* a copy of the first, with another header */
	assert_int_equal(count(0, NULL, 0), 1);
	keep(3, 'c');
	assert_int_equal(count(0, NULL, 0), 2);
}

static void no_more_are_kept_than_there_may_be_until_some_are_removed(void **state)
{
	char folder[400] = "", *line;

	keep(1, 'a');
	keep(2, 'b');
	keep(3, 'c');
	assert_int_equal(count(1, folder, sizeof(folder)), 2);
	line = alloc_format("rm -r %s", folder);
	assert_int_equal(system(line), 0);
	free(line);
	keep(3, 'c');
	assert_int_equal(count(0, NULL, 0), 2);
}

static void a_folder_that_cannot_be_made_stops_nothing(void **state)
{
	crashes_free(&crashes);
	config.site.state_dir = (char *)"/proc/nowhere";
	crashes = crashes_new(&config);
	keep(1, 'a');
	keep(2, 'b');
	assert_int_equal(count(0, NULL, 0), 0);
}

/* As on a full disk. */
static void limit_files(rlim_t bytes)
{
	const struct rlimit limit = {bytes, RLIM_INFINITY};

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void where_there_is_no_room_no_half_message_is_left(void **state)
{
	limit_files(20);
	keep(1, 'a');
	limit_files(100); /* for the message, not for its report */
	keep(2, 'b');
	limit_files(RLIM_INFINITY);
	assert_int_equal(count(0, NULL, 0), 0);
	keep(3, 'c');
	assert_int_equal(count(0, NULL, 0), 1);
}

static void without_room_for_the_core_the_message_is_kept(void **state)
{
	struct death death = death_of('a');
	char folder[400] = "", *path;
	struct stat st;

	path = alloc_format("%s/core", state_dir);
	death.core = open(path, O_RDWR | O_CREAT, 0600);
	assert_int_equal(ftruncate(death.core, 1 << 20), 0);
	free(path);
	limit_files(64 << 10);
	crashes_keep(crashes, message(1), &death, "");
	limit_files(RLIM_INFINITY);
	close(death.core);
	count(1, folder, sizeof(folder));
	assert_file(folder, "message.eml", "poison 1");
	assert_file(folder, "report.txt", "core: none");
	path = alloc_format("%s/core", folder);
	assert_int_equal(stat(path, &st), -1);
	free(path);
}

static void nothing_is_kept_where_nothing_is_wanted(void **state)
{
	crashes_free(&crashes);
	config.workers.keep_crashes = 0;
	crashes = crashes_new(&config);
	keep(1, 'a');
	assert_int_equal(count(0, NULL, 0), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(a_message_that_killed_is_kept_with_a_report),
	        TEST(a_core_is_kept_with_it_up_to_a_limit),
	        TEST(the_same_message_or_content_is_kept_once),
	        TEST(no_more_are_kept_than_there_may_be_until_some_are_removed),
	        TEST(a_folder_that_cannot_be_made_stops_nothing),
	        TEST(where_there_is_no_room_no_half_message_is_left),
	        TEST(without_room_for_the_core_the_message_is_kept),
	        TEST(nothing_is_kept_where_nothing_is_wanted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
