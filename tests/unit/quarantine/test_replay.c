/*
 * A store lives through a history (history.h) while every write, sync and acknowledgement goes into
 * a log (tests/faults/disk.h). Then the disk stops (medium.h) at every write, in every way that
 * there is, and what is on it is opened: that must be the store as it was when the last group was
 * acknowledged, or as the group in flight leaves it, and nothing else; it must be whole; and it
 * must live on from there as it would have.
 *
 * SEED, CRASH_GROUPS and CRASH_POINTS (power cuts within one group) make it another or a longer
 * one.
 */
#include "tests/unit/quarantine/history.h"
#include "tests/unit/quarantine/medium.h"

#include <sys/mman.h>
#include <sys/wait.h>

#ifdef __SANITIZE_ADDRESS__
enum { POINTS = 5 }; /* each is a process, and those are slow then */
#else
enum { POINTS = 20 };
#endif

enum { GROUPS = 60, MAP = 32 * 1024 * 1024, DEEP = 8 };

/* What may be wrong with a store, or with a disk: each must be found out. */
enum wrong {
	WRONG_NOTHING,
	WRONG_EARLY,  /* acknowledged before it is on disk */
	WRONG_HALVES, /* a group in several transactions */
	WRONG_SYNC,   /* nothing is synced before the new root is written */
	WRONG_ROOT,   /* the new root is not synced */
};

enum mark_kind { MARK_TOLD, MARK_DIGEST };

struct mark {
	enum mark_kind kind;
	unsigned group; /* 0: the opening */
	struct digest digest;
};

static uint64_t number_from(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 10) : otherwise;
}

static void set_options(struct fixture *f, const char *folder)
{
	memset(f, 0, sizeof(*f));
	snprintf(f->path, sizeof(f->path), "%s", folder);
	f->options.backend.path = f->path;
	f->options.backend.size = MAP;
	f->options.reserve = MAP / 8;
	f->options.max_item_size = 1024 * 1024;
	f->options.confirm_timeout_ms = CONFIRM_MS;
	f->options.rules.keep_ms = 2 * HOUR_MS;
	f->options.lease_ms = LEASE_MS;
}

/* ---------------------------------------------------------------- the life, in its own process */

static void need(const struct fixture *f, int is_good)
{
	if (is_good)
		return;
	fprintf(stderr, "a life without a crash: %s\n", f->err.text);
	exit(1);
}

static void mark(enum mark_kind kind, unsigned group, const struct digest *digest)
{
	struct mark one;

	memset(&one, 0, sizeof(one));
	one.kind = kind;
	one.group = group;
	if (digest)
		one.digest = *digest;
	disk_mark(&one, sizeof(one));
}

static void live_group(struct fixture *f, const struct group *group, enum wrong wrong)
{
	struct group one = *group;
	unsigned at;

	if (wrong != WRONG_HALVES || group->kind != GROUP_REQUESTS) {
		need(f, group_run(f, group) == RESULT_OK);
		return;
	}
	one.count = 1;
	for (at = 0; at < group->count; at++) {
		one.steps[0] = group->steps[at];
		need(f, group_run(f, &one) == RESULT_OK);
	}
}

static int live(const char *folder, uint64_t seed, unsigned groups, enum wrong wrong)
{
	struct history history;
	struct digest digest;
	struct fixture f;
	struct group group;
	unsigned at;

	set_options(&f, folder);
	history_init(&history, seed);
	for (at = 0; at <= groups; at++) {
		if (wrong == WRONG_EARLY)
			mark(MARK_TOLD, at, NULL);
		if (at) {
			history_next(&history, &f.options, &group);
			live_group(&f, &group, wrong);
		} else {
			need(&f, !store_open(&backend_lmdb, &f.options, &f.store, &f.err));
		}
		if (wrong != WRONG_EARLY)
			mark(MARK_TOLD, at, NULL);
		need(&f, !digest_all(&f, &digest) && !model_differs(&f, &history, &f.err));
		mark(MARK_DIGEST, at, &digest);
	}
	store_close(&f.store);
	return 0;
}

/* ---------------------------------------------------------------- what a stopped disk is held
 * against */

struct verdict {
	int bad;
	char text[300];
};

struct run {
	char folder[64], *log;
	uint64_t seed, random;
	unsigned groups, cuts_most;
	enum wrong wrong;
	struct tape tape;
	struct digest *digests; /* of the store behind each group */
	struct medium medium;
	int told; /* the last acknowledged group; -1: none */
	unsigned points, bad_points;
	struct verdict *verdict; /* shared with the processes that open */
	char first[400];
};

static struct run the_run;

static int which_moment(const struct run *run, const struct digest *digest)
{
	int at;

	for (at = run->told < 0 ? 0 : run->told; at <= run->told + 1 && at <= (int)run->groups;
	        at++)
		if (!memcmp(digest, &run->digests[at], sizeof(*digest)))
			return at;
	return -1;
}

static void history_to(
        struct history *history, const struct run *run, struct fixture *f, unsigned groups)
{
	struct group group;

	history_init(history, run->seed);
	while (groups--)
		history_next(history, &f->options, &group);
}

/* The MTA and the notifiers try again: what was lost with the crash is done now. */
static int lives_on(struct run *run, struct fixture *f, struct history *history, int moment)
{
	struct digest digest;
	struct group group;

	if (moment == (int)run->groups)
		return 1;
	history_next(history, &f->options, &group);
	if (group_run(f, &group) || digest_all(f, &digest))
		return 0;
	if (memcmp(&digest, &run->digests[moment + 1], sizeof(digest)) != 0) {
		err_set(&f->err, RESULT_PERMANENT, "the next group leads elsewhere");
		return 0;
	}
	return 1;
}

static int is_whole(struct fixture *f)
{
	struct store_report report = {0};

	if (store_verify(f->store, &report, &f->err))
		return 0;
	if (report.problems)
		f->err = report.first;
	return !report.problems;
}

static int look(struct run *run, struct fixture *f)
{
	struct history history;
	struct digest digest;
	int moment;

	if (store_open(&backend_lmdb, &f->options, &f->store, &f->err) || digest_all(f, &digest))
		return 0;
	moment = which_moment(run, &digest);
	if (moment < 0) {
		err_set(&f->err, RESULT_PERMANENT,
		        "neither what was acknowledged nor what was in flight");
		return 0;
	}
	history_to(&history, run, f, (unsigned)moment);
	if (!is_whole(f) || model_differs(f, &history, &f->err))
		return 0;
	return run->points % DEEP || lives_on(run, f, &history, moment);
}

static void look_and_exit(struct run *run)
{
	struct fixture f;

	set_options(&f, run->folder);
	run->verdict->bad = !look(run, &f);
	snprintf(run->verdict->text, sizeof(run->verdict->text), "%.299s", f.err.text);
	store_close(&f.store);
	_exit(0);
}

static void note_bad(struct run *run, const char *how, size_t at, const char *why)
{
	if (!run->bad_points++)
		snprintf(run->first, sizeof(run->first),
		        "seed %llu, behind group %d, %s, record %zu: %s",
		        (unsigned long long)run->seed, run->told, how, at, why);
}

/* The disk stops with the first `count` pending writes on their way, by their fates. */
static void stop_here(struct run *run, size_t count, const char *how, size_t at)
{
	int status;
	pid_t pid;

	medium_show(&run->medium, count);
	snprintf(run->verdict->text, sizeof(run->verdict->text), "it crashed");
	run->verdict->bad = 1;
	pid = fork();
	assert_true(pid >= 0);
	if (!pid)
		look_and_exit(run);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (status || run->verdict->bad)
		note_bad(run, how, at, run->verdict->text);
	medium_used(&run->medium);
	run->points++;
}

/* ---------------------------------------------------------------- the ways to stop */

static uint64_t next_random(struct run *run)
{
	run->random = run->random * 6364136223846793005u + 1442695040888963407u;
	return run->random >> 17;
}

static void all_have(struct medium *medium, enum fate_kind kind)
{
	size_t at;

	for (at = 0; at < medium->pending_count; at++)
		medium->fates[at] = (struct fate){.kind = kind};
}

static struct fate random_fate(struct run *run, const struct tape_entry *entry)
{
	uint64_t sectors = entry->head.size / SECTOR + 1;

	return (struct fate){.kind = (enum fate_kind)(next_random(run) % 4),
	        .cut = next_random(run) % sectors * SECTOR,
	        .random = next_random(run)};
}

/* All but this write: not there, cut at a page or at a sector, or there in pieces. */
static void one_is_lost(struct run *run, size_t one, unsigned way, size_t at)
{
	static const char *const ways[] = {
	        "one write lost", "one write cut", "one write cut in a page", "one in pieces"};
	struct medium *medium = &run->medium;
	size_t size = medium->pending[one]->head.size;
	struct fate *fate = &medium->fates[one];

	all_have(medium, FATE_WHOLE);
	*fate = (struct fate){.kind = FATE_GONE, .random = next_random(run)};
	if (way == 1)
		*fate = (struct fate){FATE_CUT, next_random(run) % (size / PAGE + 1) * PAGE, 0};
	else if (way == 2)
		*fate = (struct fate){FATE_CUT, next_random(run) % (size / SECTOR + 1) * SECTOR, 0};
	else if (way == 3)
		fate->kind = FATE_SECTORS;
	stop_here(run, medium->pending_count, ways[way], at);
}

static void some_are_lost(struct run *run, size_t at)
{
	struct medium *medium = &run->medium;
	size_t one;

	for (one = 0; one < medium->pending_count; one++)
		medium->fates[one] = random_fate(run, medium->pending[one]);
	stop_here(run, medium->pending_count, "some writes lost", at);
}

/* Just before the pending writes are durable: any of them may be there or not. */
static void cut_power(struct run *run, size_t at)
{
	struct medium *medium = &run->medium;
	size_t ways = medium->pending_count * 4, way;
	unsigned cuts = 0;

	stop_here(run, 0, "all writes lost", at);
	for (way = 0; way < ways; way++) {
		/* Of many, some. */
		if (ways > run->cuts_most / 2 && next_random(run) % ways >= run->cuts_most / 2)
			continue;
		one_is_lost(run, way / 4, way % 4, at);
		cuts++;
	}
	for (; cuts && cuts < run->cuts_most; cuts += 2)
		some_are_lost(run, at);
}

static int is_synced(const struct run *run, const struct tape_entry *entry)
{
	return entry->head.kind == DISK_SYNC ? run->wrong != WRONG_SYNC
	                                     : entry->head.is_synced && run->wrong != WRONG_ROOT;
}

/* A name that is not durable may be lost. */
static void lose_name(struct run *run, size_t at)
{
	if (run->medium.is_named)
		return;
	medium_swap_names(&run->medium);
	all_have(&run->medium, FATE_WHOLE);
	stop_here(run, run->medium.pending_count, "the new name lost", at);
	medium_swap_names(&run->medium);
}

static void take_mark(struct run *run, const struct tape_entry *entry, size_t at)
{
	struct mark one;

	assert_int_equal(entry->head.size, sizeof(one));
	memcpy(&one, entry->bytes, sizeof(one));
	if (one.kind != MARK_TOLD)
		return;
	run->told = (int)one.group;
	if (run->wrong == WRONG_NOTHING)
		lose_name(run, at);
}

static void take_rename(struct run *run, size_t at)
{
	medium_swap_names(&run->medium);
	lose_name(run, at);
	all_have(&run->medium, FATE_WHOLE);
	stop_here(run, run->medium.pending_count, "killed behind the rename", at);
}

/* As nothing of a synced write is left pending, what was before it is where it was. */
static void take_synced_write(struct run *run, const struct tape_entry *entry, size_t at)
{
	struct medium *medium = &run->medium;
	static const struct fate whole = {FATE_WHOLE, 0, 0};

	medium_pend(medium, entry);
	cut_power(run, at);
	medium->pending_count--;
	apply(&medium->durable, entry, &whole);
}

static void take_write(struct run *run, const struct tape_entry *entry, size_t at)
{
	if (is_synced(run, entry))
		take_synced_write(run, entry, at);
	else
		medium_pend(&run->medium, entry);
	all_have(&run->medium, FATE_WHOLE);
	stop_here(run, run->medium.pending_count, "killed behind a write", at);
}

static void take_sync(struct run *run, const struct tape_entry *entry, size_t at)
{
	if (!run->medium.pending_count)
		return;
	cut_power(run, at);
	if (is_synced(run, entry))
		medium_sync(&run->medium);
}

/* What happens to the one file, under either of its names. */
static void take_of_file(struct run *run, const struct tape_entry *entry, size_t at)
{
	if (entry->head.kind == DISK_SYNC)
		take_sync(run, entry, at);
	else if (entry->head.kind == DISK_RENAME)
		take_rename(run, at);
	else if (entry->head.kind == DISK_WRITE || entry->head.kind == DISK_CUT)
		take_write(run, entry, at);
}

static void replay(struct run *run)
{
	size_t at;

	run->told = -1;
	for (at = 0; at < run->tape.count; at++) {
		const struct tape_entry *entry = &run->tape.list[at];

		if (run->wrong != WRONG_NOTHING && run->bad_points)
			return;
		if (entry->head.kind == DISK_MARK)
			take_mark(run, entry, at);
		else if (entry->head.kind == DISK_SYNC && !*entry->head.name)
			run->medium.is_named = 1;
		else if (!strcmp(entry->head.name, "data.mdb") ||
		         !strcmp(entry->head.name, "fresh/data.mdb"))
			take_of_file(run, entry, at);
	}
}

/* ---------------------------------------------------------------- from the log to the verdict */

static void live_and_log(struct run *run)
{
	char seed[24], groups[24], wrong[8];
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid) {
		snprintf(seed, sizeof(seed), "%llu", (unsigned long long)run->seed);
		snprintf(groups, sizeof(groups), "%u", run->groups);
		snprintf(wrong, sizeof(wrong), "%d", (int)run->wrong);
		setenv("DISK_WATCH", run->folder, 1);
		setenv("DISK_LOG", run->log, 1);
		execl("/proc/self/exe", "test_replay", "live", run->folder, seed, groups, wrong,
		        NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void read_digests(struct run *run)
{
	struct mark one;
	size_t at;

	run->digests = alloc_zero(run->groups + 2, sizeof(*run->digests));
	for (at = 0; at < run->tape.count; at++) {
		if (run->tape.list[at].head.kind != DISK_MARK)
			continue;
		memcpy(&one, run->tape.list[at].bytes, sizeof(one));
		assert_true(one.group <= run->groups);
		if (one.kind == MARK_DIGEST)
			run->digests[one.group] = one.digest;
	}
}

static void empty_folder(const char *folder)
{
	char *line = alloc_format("rm -rf %s/*", folder);

	if (system(line))
		print_message("# %s is not empty\n", folder);
	free(line);
}

static void run_begin(struct run *run, enum wrong wrong)
{
	const char *root = access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm";

	*run = (struct run){.seed = number_from("SEED", 1),
	        .random = number_from("SEED", 1),
	        .groups = (unsigned)number_from("CRASH_GROUPS", GROUPS),
	        .cuts_most = (unsigned)number_from("CRASH_POINTS", POINTS),
	        .wrong = wrong};
	snprintf(run->folder, sizeof(run->folder), "%s/lazaret-test-XXXXXX", root);
	assert_non_null(mkdtemp(run->folder));
	run->log = alloc_format("%s.log", run->folder);
	run->verdict = mmap(NULL, sizeof(*run->verdict), PROT_READ | PROT_WRITE,
	        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(run->verdict != MAP_FAILED);
	live_and_log(run);
	tape_read(run->log, &run->tape);
	read_digests(run);
	empty_folder(run->folder);
	medium_init(&run->medium, run->folder);
}

/* Behind each test, whatever became of it. */
static int run_end(void **state)
{
	struct run *run = &the_run;

	if (!run->log)
		return 0;
	empty_folder(run->folder);
	rmdir(run->folder);
	unlink(run->log);
	free(run->log);
	free(run->digests);
	tape_free(&run->tape);
	medium_free(&run->medium);
	munmap(run->verdict, sizeof(*run->verdict));
	*run = (struct run){.log = NULL};
	return 0;
}

/* Else the crashes would not be in every state. */
static void the_history_passes_through_every_state(void **state)
{
	unsigned items = 0, outbox = 0, groups = GROUPS, at;
	struct history history;
	struct fixture f;
	struct group group;

	set_options(&f, "");
	history_init(&history, 1);
	while (groups--) {
		history_next(&history, &f.options, &group);
		for (at = 0; at < SLOTS * OUTGOING_SLOTS; at++) {
			const struct model_item *item = &history.items[at / OUTGOING_SLOTS];

			items |= 1u << item->state;
			outbox |= 1u << item->outbox[at % OUTGOING_SLOTS].state;
		}
	}
	assert_int_equal(items, (1u << ITEM_STATES) - 1);
	/* notices are gathered where a notifier's configuration says so, which this one has not */
	assert_int_equal(outbox | 1u << OUTGOING_GATHERED, (1u << OUTGOING_STATES) - 1);
}

static void nothing_acknowledged_is_missing_or_altered_wherever_the_disk_stops(void **state)
{
	struct run *run = &the_run;

	run_begin(run, WRONG_NOTHING);
	replay(run);
	print_message("# %u groups, %zu writes, syncs and marks, %u crashes\n", run->groups,
	        run->tape.count, run->points);
	if (run->bad_points)
		fail_msg("%u of %u: %s", run->bad_points, run->points, run->first);
	assert_true(run->points > run->groups * 10);
}

static void is_found_out(enum wrong wrong)
{
	run_begin(&the_run, wrong);
	replay(&the_run);
	if (!the_run.bad_points)
		fail_msg("%u crashes have shown nothing", the_run.points);
}

static void an_answer_before_the_commit_is_found_out(void **state)
{
	is_found_out(WRONG_EARLY);
}

static void a_group_that_is_not_one_transaction_is_found_out(void **state)
{
	is_found_out(WRONG_HALVES);
}

static void a_root_before_what_it_names_is_found_out(void **state)
{
	is_found_out(WRONG_SYNC);
}

static void an_answer_before_the_root_is_durable_is_found_out(void **state)
{
	is_found_out(WRONG_ROOT);
}

#define TEST(name) cmocka_unit_test_teardown(name, run_end)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	        TEST(the_history_passes_through_every_state),
	        TEST(nothing_acknowledged_is_missing_or_altered_wherever_the_disk_stops),
	        TEST(an_answer_before_the_commit_is_found_out),
	        TEST(a_group_that_is_not_one_transaction_is_found_out),
	        TEST(a_root_before_what_it_names_is_found_out),
	        TEST(an_answer_before_the_root_is_durable_is_found_out),
	};

	if (!disk_is_loaded())
		return disk_load(argv);
	if (argc == 6 && !strcmp(argv[1], "live"))
		return live(argv[2], strtoull(argv[3], NULL, 10),
		        (unsigned)strtoul(argv[4], NULL, 10), (enum wrong)atoi(argv[5]));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
