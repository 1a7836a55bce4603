/*
 * Everything that the quarantine writes, with a disk that fails: at each call that changes a file
 * the process is killed, or the disk is full, or broken, or the map is full. What was being done is
 * answered "later" or is unknown, never refused for good; what is there is as before or as behind
 * it, and whole; and done again it leads to where it leads without a fault.
 */
#include "tests/unit/quarantine/history.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include "lib/base/file.h"
#include "quarantine/key.h"
#include "quarantine/record.h"
#include "tests/faults/disk.h"

enum { MAP = 32 * 1024 * 1024, MOST_CALLS = 2000, MOST_PAGES = 1500, PAGE = 4096 };

enum outcome { OUTCOME_BAD = 1, OUTCOME_FAULT = 0, OUTCOME_UNDISTURBED = 2 };

struct deed {
	const char *name;
	enum result (*act)(struct fixture *f);
	const struct group *group; /* instead of act() */
	int from_before;           /* the store has no index of terms yet */
};

static char folder[64], copy_folder[80];
static uint64_t map_size = MAP;
static int is_roomless; /* nobody counts the room: only the map itself says that it is full */
static struct digest before, behind;
static struct buf base; /* the file as each attempt finds it */

/* ---- what is done ---- */

static const struct group life[] = {
        {GROUP_REQUESTS, 0, 8,
                {{.kind = STEP_STORE, .item = 0}, {.kind = STEP_STORE, .item = 1},
                        {.kind = STEP_STORE, .item = 2}, {.kind = STEP_STORE, .item = 4},
                        {.kind = STEP_STORE, .item = 5}, {.kind = STEP_STORE, .item = 6},
                        {.kind = STEP_STORE, .item = 7}, {.kind = STEP_STORE, .item = 9}}},
        {GROUP_REQUESTS, 1000, 5,
                {{.kind = STEP_CONFIRM, .item = 0}, {.kind = STEP_CONFIRM, .item = 1},
                        {.kind = STEP_CONFIRM, .item = 2}, {.kind = STEP_CONFIRM, .item = 4},
                        {.kind = STEP_CONFIRM, .item = 9}}},
        {GROUP_REQUESTS, 2000, 1, {{.kind = STEP_RELEASE, .item = 1, .slot = SLOT_RELEASE}}},
        {GROUP_REQUESTS, 3000, 1, {{.kind = STEP_TAKE}}},
};

static const struct group storing = {GROUP_REQUESTS, 4000, 4,
        {{.kind = STEP_STORE, .item = 10}, {.kind = STEP_STORE, .item = 11},
                {.kind = STEP_STORE, .item = 12}, {.kind = STEP_STORE, .item = 2}}};
static const struct group confirming = {GROUP_REQUESTS, 4000, 2,
        {{.kind = STEP_CONFIRM, .item = 5}, {.kind = STEP_CONFIRM, .item = 6}}};
static const struct group releasing = {GROUP_REQUESTS, 4000, 2,
        {{.kind = STEP_RELEASE, .item = 0, .slot = SLOT_RELEASE},
                {.kind = STEP_RELEASE, .item = 1, .slot = SLOT_ELSEWHERE}}};
static const struct group taking = {GROUP_REQUESTS, 4000 + 2 * LEASE_MS, 1, {{.kind = STEP_TAKE}}};
static const struct group finishing = {GROUP_REQUESTS, 4000, 2,
        {{STEP_FINISH, 1, SLOT_RELEASE, OUTGOING_SENT},
                {STEP_FINISH, 0, SLOT_NOTICE, OUTGOING_GIVE_UP}}};
static const struct group retrying = {
        GROUP_REQUESTS, 4000, 1, {{STEP_FINISH, 2, SLOT_NOTICE, OUTGOING_RETRY}}};
static const struct group deleting = {GROUP_REQUESTS, 4000, 2,
        {{.kind = STEP_DELETE, .item = 9}, {.kind = STEP_DELETE, .item = 6}}};
static const struct group settling = {GROUP_SETTLE, 2 * CONFIRM_MS, 0, {{0}}};
static const struct group expiring = {GROUP_EXPIRE, 3 * HOUR_MS, 0, {{0}}};

static enum result act_group(struct fixture *f, const struct group *group)
{
	struct group now = *group;

	now.now_ms += start_ms;
	return group_run(f, &now);
}

static enum result act_index(struct fixture *f)
{
	uint64_t count;
	enum result result = RESULT_OK;

	while (!result && !store_is_indexed(f->store))
		result = store_index(f->store, start_ms, &count, &f->err);
	return result;
}

static void empty(const char *path)
{
	char *line = alloc_format("rm -rf %s", path);

	if (system(line))
		_exit(OUTCOME_BAD);
	free(line);
}

static enum result act_copy(struct fixture *f)
{
	empty(copy_folder);
	mkdir(copy_folder, 0700);
	return store_copy(f->store, copy_folder, &f->err);
}

static const struct deed deeds[] = {
        {"store", NULL, &storing, 0},
        {"confirm", NULL, &confirming, 0},
        {"release", NULL, &releasing, 0},
        {"take", NULL, &taking, 0},
        {"finish", NULL, &finishing, 0},
        {"retry", NULL, &retrying, 0},
        {"delete", NULL, &deleting, 0},
        {"settle", NULL, &settling, 0},
        {"expire", NULL, &expiring, 0},
        {"index", act_index, NULL, 1},
        {"backup", act_copy, NULL, 0},
};

static enum result act(const struct deed *deed, struct fixture *f)
{
	return deed->group ? act_group(f, deed->group) : deed->act(f);
}

/* ---- the store as each attempt finds it ---- */

static enum result much_room(struct backend_txn *txn, struct backend_space *out, struct err *err)
{
	*out = (struct backend_space){.total_bytes = UINT64_C(1) << 40};
	return RESULT_OK;
}

static enum result open_store(struct fixture *f)
{
	static struct backend_engine roomless;
	enum result result;

	memset(f, 0, sizeof(*f));
	snprintf(f->path, sizeof(f->path), "%s", folder);
	f->options.backend.path = f->path;
	f->options.backend.size = map_size;
	f->options.reserve = 0;
	f->options.max_item_size = 1024 * 1024;
	f->options.confirm_timeout_ms = CONFIRM_MS;
	f->options.rules.keep_ms = 2 * HOUR_MS;
	f->options.lease_ms = LEASE_MS;
	result = store_open(&backend_lmdb, &f->options, &f->store, &f->err);
	roomless = backend_lmdb;
	roomless.space = much_room;
	if (!result && is_roomless)
		f->store->backend->engine = &roomless;
	return result;
}

static void need(const struct fixture *f, int is_good)
{
	if (!is_good)
		fail_msg("%s", f->err.text);
}

/* As a store of the schema before, which had no terms. */
static void forget_terms(struct fixture *f)
{
	struct backend_key name = key_text("schema"), terms = key_text("terms"),
	                   key = key_bytes("", 1);

	need(f, !store_begin(f->store, start_ms, &f->err));
	number_put(f->store->txn, TABLE_META, &name, 1, &f->err);
	number_put(f->store->txn, TABLE_META, &terms, 0, &f->err);
	while (!backend_step(f->store->txn, TABLE_BY_TERM, BACKEND_AFTER, &key, NULL, &f->err))
		need(f, !backend_drop(f->store->txn, TABLE_BY_TERM, &key, &f->err));
	need(f, !store_commit(f->store, &f->err));
	store_close(&f->store);
	need(f, !open_store(f));
}

static char *data_path(void)
{
	return alloc_format("%s/data.mdb", folder);
}

static void write_base(void)
{
	char *path = data_path();
	struct err err;

	unlink(path);
	if (file_write(path, base.data, base.size, 0600, &err))
		fail_msg("%s", err.text);
	free(path);
}

/* Without a page that is free: everything that is done needs some. Notes where the deed leads when
 * nothing fails. */
static void set_scene(const struct deed *deed)
{
	char *path = alloc_format("%s/data.mdb", copy_folder);
	struct fixture f;
	size_t at;

	need(&f, !open_store(&f));
	for (at = 0; at < sizeof(life) / sizeof(life[0]); at++)
		need(&f, !act_group(&f, &life[at]));
	if (deed->from_before)
		forget_terms(&f);
	need(&f, !digest_all(&f, &before) && !act_copy(&f));
	store_close(&f.store);
	buf_clear(&base);
	need(&f, !file_read(path, MAP, &base, &f.err));
	write_base();
	need(&f, !open_store(&f));
	need(&f, !act(deed, &f) && !digest_all(&f, &behind));
	store_close(&f.store);
	free(path);
}

static int set_up(void **state)
{
	const char *root = access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm";

	snprintf(folder, sizeof(folder), "%s/lazaret-test-XXXXXX", root);
	assert_non_null(mkdtemp(folder));
	snprintf(copy_folder, sizeof(copy_folder), "%s/copy", folder);
	setenv("DISK_WATCH", folder, 1);
	map_size = MAP;
	is_roomless = 0;
	return 0;
}

static int tear_down(void **state)
{
	empty(folder);
	buf_fini(&base);
	return 0;
}

/* ---- one attempt, in a process of its own ---- */

static int is_whole(struct fixture *f)
{
	struct store_report report = {0};

	if (store_verify(f->store, &report, &f->err))
		return 0;
	if (report.problems)
		f->err = report.first;
	return !report.problems;
}

static int is_at(struct fixture *f, const struct digest *moment)
{
	struct digest now;

	return !digest_all(f, &now) && !memcmp(&now, moment, sizeof(now));
}

static int bad(const struct deed *deed, const struct fixture *f, unsigned nth, const char *what)
{
	fprintf(stderr, "%s, call %u: %s (%s)\n", deed->name, nth, what, f->err.text);
	return OUTCOME_BAD;
}

/* There is a copy, and it is whole; or, with `may_lack`, there is none under that name. */
static int copy_is_good(int may_lack)
{
	struct fixture f = {.store = NULL};
	char *path = alloc_format("%s/data.mdb", copy_folder);
	int is_there = access(path, F_OK) == 0, is_good;

	free(path);
	if (!is_there)
		return may_lack;
	f.options.backend = (struct backend_options){.path = copy_folder, .size = MAP, .beside = 1};
	is_good = !store_open(&backend_lmdb, &f.options, &f.store, &f.err) && is_whole(&f) &&
	          is_at(&f, &before);
	store_close(&f.store);
	return is_good;
}

/* From the one side of the deed to the other. */
static int does_it_again(const struct deed *deed, struct fixture *f, unsigned nth)
{
	if (!is_whole(f))
		return bad(deed, f, nth, "it is not whole");
	if (deed->act == act_copy && !copy_is_good(1))
		return bad(deed, f, nth, "half a copy has its name");
	if (!is_at(f, &before) && !is_at(f, &behind))
		return bad(deed, f, nth, "it is neither as before nor as behind it");
	if ((deed->act || is_at(f, &before)) && act(deed, f))
		return bad(deed, f, nth, "it can't be done again");
	if (!is_at(f, &behind) || !is_whole(f))
		return bad(deed, f, nth, "done again it leads elsewhere");
	if (deed->act == act_copy && !copy_is_good(0))
		return bad(deed, f, nth, "the copy is not whole");
	return OUTCOME_FAULT;
}

static int looks_again(const struct deed *deed, unsigned nth)
{
	struct fixture f;
	int code;

	if (open_store(&f))
		return bad(deed, &f, nth, "it can't be opened");
	code = does_it_again(deed, &f, nth);
	store_close(&f.store);
	return code;
}

static int goes_on(const struct deed *deed, struct fixture *f, unsigned nth, enum result result)
{
	if (result == RESULT_UNSURE) {
		store_close(&f->store);
		return looks_again(deed, nth);
	}
	/* Where a copy can't be written, a person is told. */
	if (result == RESULT_PERMANENT && deed->act != act_copy)
		return bad(deed, f, nth, "refused for good");
	if (result && !is_at(f, &before))
		return bad(deed, f, nth, "it was not done, and something has changed");
	if (result == RESULT_OK && !is_at(f, &behind))
		return bad(deed, f, nth, "it was done, and is not there");
	return does_it_again(deed, f, nth);
}

static int attempt(const struct deed *deed, unsigned nth, int what)
{
	struct fixture f;
	enum result result;
	int is_reached;

	if (open_store(&f))
		return bad(deed, &f, nth, "it can't be opened");
	disk_fault(nth, what);
	result = act(deed, &f);
	is_reached = disk_calls() > nth;
	disk_fault(0, 0);
	if (!is_reached)
		return result || !is_at(&f, &behind) ? bad(deed, &f, nth, "without a fault")
		                                     : OUTCOME_UNDISTURBED;
	return goes_on(deed, &f, nth, result);
}

static int in_a_child(int (*work)(const struct deed *, unsigned, int), const struct deed *deed,
        unsigned nth, int what)
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid)
		_exit(work(deed, nth, what));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : OUTCOME_BAD;
}

static int after_the_kill(const struct deed *deed, unsigned nth, int what)
{
	return looks_again(deed, nth);
}

static unsigned each_call(const struct deed *deed, int what)
{
	unsigned nth;
	int outcome = OUTCOME_FAULT;

	for (nth = 0; nth < MOST_CALLS && outcome == OUTCOME_FAULT; nth++) {
		write_base();
		empty(copy_folder);
		outcome = in_a_child(attempt, deed, nth, what);
		if (outcome < 0)
			outcome = in_a_child(after_the_kill, deed, nth, what);
	}
	assert_int_equal(outcome, OUTCOME_UNDISTURBED);
	return nth - 1;
}

static void each_deed(int what)
{
	size_t at;

	for (at = 0; at < sizeof(deeds) / sizeof(deeds[0]); at++) {
		set_scene(&deeds[at]);
		assert_true(each_call(&deeds[at], what) >= 3);
		empty(folder);
		mkdir(folder, 0700);
	}
}

/* ---- a database that is new, and one in the place of another ---- */

static int opens_at_last(const struct deed *deed, unsigned nth)
{
	struct fixture f;
	int is_good = !open_store(&f) && is_whole(&f) && is_at(&f, &behind);

	store_close(&f.store);
	return is_good ? OUTCOME_FAULT : bad(deed, &f, nth, "it can't be opened");
}

static int attempt_opening(const struct deed *deed, unsigned nth, int what)
{
	struct fixture f;
	enum result result;
	int is_reached;

	disk_fault(nth, what);
	result = open_store(&f);
	is_reached = disk_calls() > nth;
	disk_fault(0, 0);
	store_close(&f.store);
	if (is_reached)
		return opens_at_last(deed, nth);
	return result ? bad(deed, &f, nth, "without a fault") : OUTCOME_UNDISTURBED;
}

static int opens_after_the_kill(const struct deed *deed, unsigned nth, int what)
{
	return opens_at_last(deed, nth);
}

static enum result replace(struct err *err)
{
	const struct backend_options options = {.path = folder, .size = MAP};
	char kept[BACKEND_NAME_ROOM];

	return backend_lmdb.replace(&options, copy_folder, kept, err);
}

/* The one or the other; and then the other. */
static int is_replaced_at_last(const struct deed *deed, unsigned nth)
{
	struct fixture f;
	int code = OUTCOME_FAULT;

	if (open_store(&f) || !is_whole(&f) || (!is_at(&f, &before) && !is_at(&f, &behind)))
		code = bad(deed, &f, nth, "it is neither the one nor the other");
	store_close(&f.store);
	if (!code && (replace(&f.err) || open_store(&f) || !is_at(&f, &before)))
		code = bad(deed, &f, nth, "it can't be done again");
	store_close(&f.store);
	return code;
}

static int attempt_restoring(const struct deed *deed, unsigned nth, int what)
{
	struct err err;
	enum result result;
	int is_reached;

	disk_fault(nth, what);
	result = replace(&err);
	is_reached = disk_calls() > nth;
	disk_fault(0, 0);
	if (is_reached || result)
		return is_replaced_at_last(deed, nth);
	return is_replaced_at_last(deed, nth) ? OUTCOME_BAD : OUTCOME_UNDISTURBED;
}

static int is_replaced_after_the_kill(const struct deed *deed, unsigned nth, int what)
{
	return is_replaced_at_last(deed, nth);
}

/* ---- the tests ---- */

static const int faults[] = {DISK_KILL, DISK_FULL, ENOSPC, EIO};

static void a_new_store_opens_after_whatever_befell_its_making(void **state)
{
	static const struct deed opening = {.name = "open"};
	size_t at;

	for (at = 0; at < sizeof(faults) / sizeof(faults[0]); at++) {
		struct fixture f;
		unsigned nth;
		int outcome = OUTCOME_FAULT;

		need(&f, !open_store(&f) && !digest_all(&f, &behind));
		store_close(&f.store);
		for (nth = 0; nth < MOST_CALLS && outcome == OUTCOME_FAULT; nth++) {
			empty(folder);
			outcome = in_a_child(attempt_opening, &opening, nth, faults[at]);
			if (outcome < 0)
				outcome = in_a_child(opens_after_the_kill, &opening, nth, 0);
		}
		assert_int_equal(outcome, OUTCOME_UNDISTURBED);
		assert_true(nth > 5);
	}
}

static void a_restore_that_is_disturbed_leaves_the_one_or_the_other(void **state)
{
	static const struct deed restoring = {.name = "restore"}, *store = &deeds[0];
	size_t at;

	for (at = 0; at < sizeof(faults) / sizeof(faults[0]); at++) {
		unsigned nth;
		int outcome = OUTCOME_FAULT;

		set_scene(store);
		for (nth = 0; nth < MOST_CALLS && outcome == OUTCOME_FAULT; nth++) {
			char *kept = alloc_format("%s/replaced-*", folder);
			struct fixture f;

			empty(kept);
			free(kept);
			write_base();
			need(&f, !open_store(&f) && !act(store, &f));
			store_close(&f.store);
			outcome = in_a_child(attempt_restoring, &restoring, nth, faults[at]);
			if (outcome < 0)
				outcome =
				        in_a_child(is_replaced_after_the_kill, &restoring, nth, 0);
		}
		assert_int_equal(outcome, OUTCOME_UNDISTURBED);
		assert_true(nth > 5);
		empty(folder);
		mkdir(folder, 0700);
	}
}

static void killed_at_any_call_it_is_done_or_not_and_can_be_done_again(void **state)
{
	each_deed(DISK_KILL);
}

static void a_disk_that_is_full_at_any_call_defers_and_changes_nothing(void **state)
{
	each_deed(DISK_FULL);
	each_deed(ENOSPC);
}

static void a_disk_that_breaks_at_any_call_defers_or_ends_the_process(void **state)
{
	each_deed(EIO);
}

/* With so many pages more than it has. Of a group that does not fit, what fits alone is done. */
static enum result with_map(const struct deed *deed, size_t pages)
{
	int is_one = !deed->group || deed->group->count <= 1;
	struct fixture f;
	enum result result;

	write_base();
	map_size = base.size + pages * PAGE;
	is_roomless = 1;
	result = open_store(&f);
	if (!result)
		result = act(deed, &f);
	if (f.store && (!is_whole(&f) || (result == RESULT_OK && !is_at(&f, &behind)) ||
	                       (result && is_one && !is_at(&f, &before))))
		fail_msg("%s, %zu pages: %s", deed->name, pages, f.err.text);
	store_close(&f.store);
	map_size = MAP;
	is_roomless = 0;
	need(&f, !result || !open_store(&f));
	if (result && (act(deed, &f) || !is_at(&f, &behind)))
		fail_msg("%s, %zu pages, again: %s", deed->name, pages, f.err.text);
	store_close(&f.store);
	return result;
}

/* A page more each time, so that the map is full at every depth. */
static void a_map_that_is_full_in_the_middle_defers_and_changes_nothing(void **state)
{
	enum result result;
	size_t at, pages;

	for (at = 0; at < sizeof(deeds) / sizeof(deeds[0]); at++) {
		set_scene(&deeds[at]);
		for (result = RESULT_TEMPORARY, pages = 0; result && pages < MOST_PAGES; pages++) {
			result = with_map(&deeds[at], pages);
			assert_true(result == RESULT_OK || result == RESULT_TEMPORARY);
		}
		assert_int_equal(result, RESULT_OK);
		empty(folder);
		mkdir(folder, 0700);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	        TEST(a_new_store_opens_after_whatever_befell_its_making),
	        TEST(a_restore_that_is_disturbed_leaves_the_one_or_the_other),
	        TEST(killed_at_any_call_it_is_done_or_not_and_can_be_done_again),
	        TEST(a_disk_that_is_full_at_any_call_defers_and_changes_nothing),
	        TEST(a_disk_that_breaks_at_any_call_defers_or_ends_the_process),
	        TEST(a_map_that_is_full_in_the_middle_defers_and_changes_nothing),
	};

	if (!disk_is_loaded())
		return disk_load(argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
