#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/base/file.h"
#include "lib/model/chunk.h"
#include "lib/model/facts.h"
#include "tests/unit/quarantine/teaching.h"

enum { FEATURES = 60, DIGEST = 16 };

static struct err err;

static void open_it(void)
{
	teach = teach_open(path);
}

/* ---- asking ---- */

static enum result ask(enum message_type type, void *envelope, struct buf *body, struct answer *out)
{
	struct wire_message message = {.type = type, .envelope = envelope};
	enum result result;

	if (body)
		wire_body_copy(body->data, body->size, &message.body);
	result = teach_handle(teach, &message, 1000, out, &err);
	wire_body_free(&message.body);
	return result;
}

/* Mail number n, whose words depend on its kind. */
static Lz__Example *example(unsigned number, Lz__Lesson lesson, int is_spam)
{
	Lz__Example *out = alloc(sizeof(*out));
	uint8_t *bytes = alloc_zero(FEATURES, 4);
	size_t at;

	lz__example__init(out);
	out->lesson = lesson;
	out->words = FEATURES;
	out->digest.data = alloc_zero(DIGEST, 1);
	out->digest.len = DIGEST;
	memcpy(out->digest.data, &number, sizeof(number));
	for (at = 0; at < FEATURES; at++) {
		uint32_t index = (is_spam ? 1000U : 50000U) + (uint32_t)(number * 7 + at * 5) % 500;

		bytes[4 * at] = (uint8_t)index;
		bytes[4 * at + 1] = (uint8_t)(index >> 8);
		bytes[4 * at + 2] = (uint8_t)(index >> 16);
	}
	out->features.data = bytes;
	out->features.len = 4 * FEATURES;
	return out;
}

static uint64_t seed_of(void)
{
	return teach_facts(teach)->seed;
}

static int as_report; /* learn_one() says so */

/* Gives what is answered; all zeroes where it was refused. */
static Lz__Learned learn_one(unsigned number, Lz__Lesson lesson, int is_spam)
{
	Lz__Learn learn = LZ__LEARN__INIT;
	Lz__Learned learned = LZ__LEARNED__INIT;
	Lz__Example *one = example(number, lesson, is_spam);
	struct answer answer;

	learn.examples = &one;
	learn.n_examples = 1;
	learn.seed = seed_of();
	learn.version = MODEL_FEATURES_VERSION;
	learn.as_report = as_report;
	if (!ask(MESSAGE_LEARN, &learn, NULL, &answer)) {
		learned = *(const Lz__Learned *)answer.envelope;
		learned.model = NULL;
		answer_free(&answer);
	}
	lz__example__free_unpacked(one, NULL);
	return learned;
}

/* All of it, as a worker fetches it; to be ended with model_fini(). */
static void fetch(uint64_t epoch, uint64_t since, struct model *out, size_t *chunks)
{
	Lz__ModelFetch request = LZ__MODEL_FETCH__INIT;
	const Lz__ModelPiece *piece;
	struct answer answer;

	model_init(out, 0, 0);
	*chunks = 0;
	request.epoch = epoch;
	request.since = since;
	request.limit = 100;
	do {
		assert_int_equal(ask(MESSAGE_MODEL_FETCH, &request, NULL, &answer), RESULT_OK);
		piece = (const Lz__ModelPiece *)answer.envelope;
		assert_true(chunks_take(
		        out, wire_body_data(&answer.body), wire_body_size(&answer.body)));
		*chunks += wire_body_size(&answer.body) / CHUNK_BYTES;
		facts_take(&out->facts, piece->model);
		out->facts.epoch = piece->model->epoch;
		out->facts.generation = piece->model->generation;
		request.from = piece->next;
		answer_free(&answer);
	} while (request.from);
}

static double logit_of(unsigned number, int is_spam)
{
	Lz__Example *one = example(number, LZ__LESSON__LEARN_HAM, is_spam);
	uint32_t index[FEATURES];
	struct model_features features = {index, FEATURES, FEATURES};
	struct model model;
	size_t at, chunks;
	double logit;

	for (at = 0; at < FEATURES; at++)
		index[at] = one->features.data[4 * at] | one->features.data[4 * at + 1] << 8U |
		            one->features.data[4 * at + 2] << 16U;
	fetch(0, 0, &model, &chunks);
	logit = model_raw(&model, &features);
	model_fini(&model);
	lz__example__free_unpacked(one, NULL);
	return logit;
}

static void learn_both(unsigned count)
{
	unsigned number;

	for (number = 0; number < count; number++)
		learn_one(number, (Lz__Lesson)(number % 2), (int)(number % 2));
}

/* ---- lessons ---- */

static void what_was_learned_is_there_after_a_restart(void **state)
{
	double before;

	learn_both(20);
	before = logit_of(101, 1);
	assert_true(before > 1);
	assert_true(logit_of(100, 0) < -1);
	teach_close(&teach);
	open_it();
	assert_true(logit_of(101, 1) == before);
	assert_int_equal(teach_facts(teach)->spam, 10);
	assert_int_equal(teach_facts(teach)->ham, 10);
}

static void learning_twice_is_learning_once(void **state)
{
	struct model once, twice;
	size_t chunks;

	assert_int_equal(learn_one(1, LZ__LESSON__LEARN_SPAM, 1).learned, 1);
	fetch(0, 0, &once, &chunks);
	assert_int_equal(learn_one(1, LZ__LESSON__LEARN_SPAM, 1).already, 1);
	fetch(0, 0, &twice, &chunks);
	assert_memory_equal(once.records, twice.records, MODEL_RECORDS * sizeof(*once.records));
	assert_int_equal(teach_facts(teach)->spam, 1);
	model_fini(&once);
	model_fini(&twice);
}

static void learning_it_as_the_other_kind_corrects(void **state)
{
	learn_both(20);
	assert_int_equal(learn_one(3, LZ__LESSON__LEARN_HAM, 1).corrected, 1);
	assert_int_equal(teach_facts(teach)->spam, 9);
	assert_int_equal(teach_facts(teach)->ham, 11);
	assert_int_equal(learn_one(3, LZ__LESSON__LEARN_HAM, 1).already, 1);
}

static void what_is_forgotten_can_be_learned_again(void **state)
{
	double before;

	learn_both(21);
	before = logit_of(101, 1);
	assert_int_equal(learn_one(77, LZ__LESSON__LEARN_SPAM, 1).learned, 1);
	assert_true(logit_of(101, 1) != before);
	assert_int_equal(learn_one(77, LZ__LESSON__LEARN_FORGET, 1).forgotten, 1);
	assert_true(logit_of(101, 1) - before < 1e-4 && before - logit_of(101, 1) < 1e-4);
	assert_int_equal(learn_one(77, LZ__LESSON__LEARN_FORGET, 1).unknown, 1);
	assert_int_equal(learn_one(77, LZ__LESSON__LEARN_HAM, 1).learned, 1);
}

static void features_of_another_seed_or_version_are_refused(void **state)
{
	Lz__Learn learn = LZ__LEARN__INIT;
	Lz__Example *one = example(1, LZ__LESSON__LEARN_SPAM, 1);
	struct answer answer;

	learn.examples = &one;
	learn.n_examples = 1;
	learn.seed = seed_of() + 1;
	learn.version = MODEL_FEATURES_VERSION;
	assert_int_equal(ask(MESSAGE_LEARN, &learn, NULL, &answer), RESULT_TEMPORARY);
	learn.seed--;
	learn.version++;
	assert_int_equal(ask(MESSAGE_LEARN, &learn, NULL, &answer), RESULT_PERMANENT);
	assert_int_equal(teach_facts(teach)->spam, 0);
	lz__example__free_unpacked(one, NULL);
}

static void a_lesson_with_one_bad_mail_teaches_nothing(void **state)
{
	Lz__Learn learn = LZ__LEARN__INIT;
	Lz__Example *two[] = {
	        example(1, LZ__LESSON__LEARN_SPAM, 1), example(2, LZ__LESSON__LEARN_SPAM, 1)};
	struct answer answer;

	learn_both(4);
	two[1]->features.data[3] = 0xff;
	learn.examples = two;
	learn.n_examples = 2;
	learn.seed = seed_of();
	learn.version = MODEL_FEATURES_VERSION;
	two[0]->digest.data[15] = 1;
	assert_int_equal(ask(MESSAGE_LEARN, &learn, NULL, &answer), RESULT_PERMANENT);
	assert_int_equal(learn_one(0, LZ__LESSON__LEARN_HAM, 0).already, 1);
	assert_int_equal(teach_facts(teach)->spam, 2);
	lz__example__free_unpacked(two[0], NULL);
	lz__example__free_unpacked(two[1], NULL);
}

static void what_is_kept_for_rehearsal_is_there_after_a_restart(void **state)
{
	unsigned number;

	for (number = 0; number < 100; number++)
		learn_one(number, LZ__LESSON__LEARN_SPAM, 1);
	assert_int_equal(learn_one(7, LZ__LESSON__LEARN_FORGET, 1).forgotten, 1);
	teach_close(&teach);
	open_it();
	for (number = 1000; number < 1100; number++)
		learn_one(number, LZ__LESSON__LEARN_HAM, 0);
	assert_true(logit_of(501, 1) > 1);
	assert_true(logit_of(500, 0) < -1);
	assert_int_equal(learn_one(9, LZ__LESSON__LEARN_FORGET, 1).forgotten, 1);
}

/* ---- following ---- */

static void who_follows_gets_what_has_changed_and_no_more(void **state)
{
	struct model all, later;
	size_t chunks, few;

	learn_both(20);
	fetch(0, 0, &all, &chunks);
	assert_true(chunks > 0);
	fetch(all.facts.epoch, all.facts.generation, &later, &few);
	assert_int_equal(few, 0);
	model_fini(&later);
	learn_one(500, LZ__LESSON__LEARN_SPAM, 1);
	fetch(all.facts.epoch, all.facts.generation, &later, &few);
	assert_true(few > 0 && few <= chunks);
	model_fini(&later);
	fetch(all.facts.epoch + 1, all.facts.generation, &later, &few);
	assert_true(few >= chunks);
	model_fini(&later);
	model_fini(&all);
}

/* ---- as a whole ---- */

/* An older copy, in which later generations are lessons that it never had. */
static void who_follows_gets_all_of_a_copy_that_was_put_back(void **state)
{
	struct buf copy = {0};
	struct model now, all, later;
	size_t chunks;
	char name[128];

	learn_both(20);
	teach_close(&teach);
	snprintf(name, sizeof(name), "%s/data.mdb", path);
	assert_int_equal(file_read(name, 64 << 20, &copy, &err), RESULT_OK);
	open_it();
	learn_one(100, LZ__LESSON__LEARN_SPAM, 0);
	learn_one(101, LZ__LESSON__LEARN_SPAM, 0);
	fetch(0, 0, &now, &chunks);
	teach_close(&teach);
	assert_int_equal(file_write(name, copy.data, copy.size, 0600, &err), RESULT_OK);
	open_it();
	learn_one(102, LZ__LESSON__LEARN_HAM, 0);
	learn_one(103, LZ__LESSON__LEARN_HAM, 0);
	fetch(0, 0, &all, &chunks);
	fetch(now.facts.epoch, now.facts.generation, &later, &chunks);
	assert_memory_equal(later.records, all.records, MODEL_RECORDS * sizeof(*all.records));
	model_fini(&now);
	model_fini(&all);
	model_fini(&later);
	buf_fini(&copy);
}

static void a_reset_leaves_an_empty_model_of_another_epoch(void **state)
{
	Lz__ModelReset reset = LZ__MODEL_RESET__INIT;
	uint64_t epoch, seed;
	struct answer answer;

	learn_both(20);
	epoch = teach_facts(teach)->epoch;
	seed = seed_of();
	assert_int_equal(ask(MESSAGE_MODEL_RESET, &reset, NULL, &answer), RESULT_OK);
	answer_free(&answer);
	assert_true(teach_facts(teach)->epoch != epoch);
	assert_true(seed_of() != seed);
	assert_int_equal(teach_facts(teach)->spam, 0);
	assert_true(logit_of(101, 1) == 0);
	assert_int_equal(learn_one(1, LZ__LESSON__LEARN_SPAM, 1).learned, 1);
}

static void a_model_that_is_loaded_takes_its_place(void **state)
{
	Lz__ModelLoad load = LZ__MODEL_LOAD__INIT;
	Lz__ModelState facts;
	struct model saved;
	struct buf body = {0};
	struct answer answer;
	size_t chunks;
	uint32_t number;
	double before;

	learn_both(20);
	before = logit_of(101, 1);
	fetch(0, 0, &saved, &chunks);
	facts_tell(&saved.facts, &facts);
	for (number = 0; number < MODEL_CHUNKS; number++)
		chunk_add(&saved, number, &body);
	learn_one(500, LZ__LESSON__LEARN_HAM, 1);
	load.model = &facts;
	assert_int_equal(ask(MESSAGE_MODEL_LOAD, &load, &body, &answer), RESULT_OK);
	answer_free(&answer);
	assert_true(logit_of(101, 1) == before);
	body.data[0] = (char)0xff;
	body.data[3] = (char)0xff;
	assert_int_equal(ask(MESSAGE_MODEL_LOAD, &load, &body, &answer), RESULT_PERMANENT);
	assert_true(logit_of(101, 1) == before);
	buf_fini(&body);
	model_fini(&saved);
}

/* ---- crashes ---- */

/* In a process that is killed while it learns; tells each lesson that is committed. */
static void learn_until_killed(int told)
{
	unsigned number;

	open_it();
	for (number = 0;; number++) {
		learn_one(number, LZ__LESSON__LEARN_SPAM, 1);
		if (write(told, &number, sizeof(number)) != sizeof(number))
			_exit(1);
	}
}

static void what_was_answered_survives_a_kill(void **state)
{
	unsigned number, last = 0, at;
	int ends[2], round;
	pid_t pid;

	for (round = 0; round < 3; round++) {
		teach_close(&teach);
		assert_int_equal(pipe(ends), 0);
		pid = fork();
		if (!pid)
			learn_until_killed(ends[1]);
		close(ends[1]);
		for (at = 0; at < 5 + 4U * (unsigned)round; at++)
			assert_int_equal(read(ends[0], &number, sizeof(number)), sizeof(number));
		kill(pid, SIGKILL);
		while (read(ends[0], &number, sizeof(number)) == sizeof(number))
			continue;
		last = number > last ? number : last;
		waitpid(pid, NULL, 0);
		close(ends[0]);
		open_it();
		assert_true(teach_facts(teach)->spam >= last + 1);
		assert_true(teach_facts(teach)->spam <= last + 2);
		assert_int_equal(learn_one(last, LZ__LESSON__LEARN_SPAM, 1).already, 1);
	}
}

static void a_model_that_is_damaged_is_no_reason_not_to_start(void **state)
{
	static const char junk[] = "this is no database";
	char name[128];

	teach_close(&teach);
	snprintf(name, sizeof(name), "%s/data.mdb", path);
	assert_int_equal(file_write(name, junk, sizeof(junk), 0600, &err), RESULT_OK);
	open_it();
	assert_int_equal(learn_one(1, LZ__LESSON__LEARN_SPAM, 1).learned, 0);
	assert_int_equal(unlink(name), 0);
	assert_true(logit_of(1, 1) == 0); /* there is one again, with a seed of its own */
	assert_int_equal(learn_one(1, LZ__LESSON__LEARN_SPAM, 1).learned, 1);
}

static void a_reset_takes_a_damaged_model_out_of_the_way(void **state)
{
	static const char junk[] = "this is no database";
	Lz__ModelReset reset = LZ__MODEL_RESET__INIT;
	struct answer answer;
	char name[128];

	teach_close(&teach);
	snprintf(name, sizeof(name), "%s/data.mdb", path);
	assert_int_equal(file_write(name, junk, sizeof(junk), 0600, &err), RESULT_OK);
	open_it();
	assert_int_equal(learn_one(1, LZ__LESSON__LEARN_SPAM, 1).learned, 0);
	assert_int_equal(ask(MESSAGE_MODEL_RESET, &reset, NULL, &answer), RESULT_OK);
	answer_free(&answer);
	assert_true(logit_of(1, 1) == 0);
	assert_int_equal(learn_one(1, LZ__LESSON__LEARN_SPAM, 1).learned, 1);
	snprintf(name, sizeof(name), "%s/damaged.mdb", path);
	assert_int_equal(unlink(name), 0);
}

/* ---- reports ---- */

static const int64_t day = INT64_C(24) * 3600 * 1000;

/* The fate of a report of one mail; "" where it could not be learned. */
static const char *report_one(const char *message_id, const char *reporter, unsigned number,
        Lz__Lesson lesson, int64_t now_ms)
{
	static char fate[32];
	static Lz__Reported reported;
	Lz__Report report = LZ__REPORT__INIT;
	Lz__Example *one = example(number, lesson, 1);

	lz__reported__init(&reported);
	report.examples = &one;
	report.n_examples = 1;
	report.lesson = lesson;
	report.reporter = (char *)reporter;
	report.seed = seed_of();
	report.version = MODEL_FEATURES_VERSION;
	fate[0] = '\0';
	if (!teach_report(teach, &report, message_id, 3, now_ms, &reported, &err)) {
		snprintf(fate, sizeof(fate), "%s%s%s", reported.fate,
		        reported.again ? " again" : "", reported.first_excess ? " first" : "");
		free(reported.fate);
	}
	lz__example__free_unpacked(one, NULL);
	return fate;
}

#define SPAM LZ__LESSON__LEARN_SPAM
#define HAM LZ__LESSON__LEARN_HAM

static void a_report_that_comes_again_is_the_same_lesson(void **state)
{
	assert_string_equal(report_one("m1", "anna", 1, SPAM, day), "learned");
	assert_string_equal(report_one("m2", "anna", 1, HAM, day), "learned");
	teach_close(&teach);
	open_it();
	assert_string_equal(report_one("m1", "anna", 1, SPAM, 3 * day), "learned again");
	assert_int_equal(teach_facts(teach)->spam, 0); /* what was said later stays */
	assert_int_equal(teach_facts(teach)->ham, 1);
	assert_string_equal(report_one("m3", "bert", 1, HAM, day), "known");
}

static void what_an_administrator_said_holds_against_reports(void **state)
{
	learn_one(1, HAM, 1);
	assert_string_equal(report_one("m1", "anna", 1, SPAM, day), "contradicted");
	assert_int_equal(teach_facts(teach)->ham, 1);
	assert_string_equal(report_one("m2", "anna", 2, SPAM, day), "learned");
	assert_int_equal(learn_one(2, SPAM, 1).already, 1); /* it is his word, too, now */
	teach_close(&teach);
	open_it();
	assert_string_equal(report_one("m3", "bert", 2, HAM, day), "contradicted");
	assert_int_equal(learn_one(2, HAM, 1).corrected, 1);
}

static void users_lessons_of_a_tool_are_reports_as_well(void **state)
{
	learn_one(1, SPAM, 1);
	as_report = 1;
	assert_int_equal(learn_one(1, HAM, 1).contradicted, 1);
	assert_int_equal(learn_one(1, LZ__LESSON__LEARN_FORGET, 1).contradicted, 1);
	assert_int_equal(learn_one(1, SPAM, 1).already, 1);
	assert_int_equal(learn_one(2, SPAM, 1).learned, 1);
	assert_int_equal(learn_one(2, HAM, 1).corrected, 1);
	assert_int_equal(learn_one(2, LZ__LESSON__LEARN_FORGET, 1).forgotten, 1);
	as_report = 0;
	assert_int_equal(learn_one(1, HAM, 1).corrected, 1);
}

static void one_reporter_teaches_so_many_times_a_day(void **state)
{
	char id[8];
	unsigned number;

	for (number = 0; number < 3; number++) {
		snprintf(id, sizeof(id), "m%u", number);
		assert_string_equal(report_one(id, "anna", number, SPAM, day), "learned");
	}
	assert_string_equal(report_one("m3", "Anna", 3, SPAM, day), "excess first");
	assert_string_equal(report_one("m4", "anna", 4, SPAM, day), "excess");
	assert_string_equal(report_one("m4", "anna", 4, SPAM, day), "excess again");
	assert_string_equal(report_one("m5", "bert", 5, SPAM, day), "learned");
	assert_string_equal(report_one("m6", "anna", 6, SPAM, 2 * day), "learned");
	assert_int_equal(teach_facts(teach)->spam, 5);
}

static void a_report_for_another_model_comes_again(void **state)
{
	Lz__Report report = LZ__REPORT__INIT;
	Lz__Reported reported = LZ__REPORTED__INIT;

	report.version = MODEL_FEATURES_VERSION;
	report.seed = 0; /* of a scanner that has no model yet */
	assert_int_equal(
	        teach_report(teach, &report, "m1", 3, day, &reported, &err), RESULT_TEMPORARY);
	assert_string_equal(report_one("m1", "anna", 1, SPAM, day), "learned");
}

static void features_that_no_mail_has_are_no_lesson_and_spoil_none(void **state)
{
	Lz__Report report = LZ__REPORT__INIT;
	Lz__Reported reported = LZ__REPORTED__INIT;
	Lz__Example *bad = example(2, SPAM, 1), *both[] = {example(1, SPAM, 1), bad};

	memset(bad->features.data, 0xff, bad->features.len);
	report.examples = both;
	report.n_examples = 2;
	report.seed = seed_of();
	report.version = MODEL_FEATURES_VERSION;
	assert_int_equal(
	        teach_report(teach, &report, "m1", 3, day, &reported, &err), RESULT_PERMANENT);
	lz__example__free_unpacked(both[0], NULL);
	lz__example__free_unpacked(bad, NULL);
	assert_string_equal(report_one("m2", "anna", 1, SPAM, day), "learned");
	assert_int_equal(teach_facts(teach)->spam, 1);
}

static void reports_of_long_ago_are_forgotten(void **state)
{
	assert_string_equal(report_one("m1", "anna", 1, SPAM, day), "learned");
	assert_string_equal(report_one("m2", "anna", 2, SPAM, 40 * day), "learned");
	assert_string_equal(report_one("m1", "anna", 1, SPAM, 40 * day), "known");
}

/* Writes `size` bytes of `byte` into the database at `offset`, or cuts it off there: size 0. */
static void damage(off_t offset, int byte, size_t size)
{
	char name[128], bytes[4096];
	int fd;

	assert_true(size <= sizeof(bytes));
	snprintf(name, sizeof(name), "%s/data.mdb", path);
	memset(bytes, byte, sizeof(bytes));
	fd = open(name, O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	if (size)
		assert_int_equal(pwrite(fd, bytes, size, offset), size);
	else
		assert_int_equal(ftruncate(fd, offset), 0);
	close(fd);
}

static off_t database_size(void)
{
	char name[128];
	struct stat st;

	snprintf(name, sizeof(name), "%s/data.mdb", path);
	assert_int_equal(stat(name, &st), 0);
	return st.st_size;
}

static void expect_another_after_a_reset(void)
{
	Lz__ModelReset reset = LZ__MODEL_RESET__INIT;
	struct answer answer;
	char name[128];

	assert_int_equal(ask(MESSAGE_MODEL_RESET, &reset, NULL, &answer), RESULT_OK);
	answer_free(&answer);
	assert_int_equal(learn_one(1, LZ__LESSON__LEARN_SPAM, 1).learned, 1);
	snprintf(name, sizeof(name), "%s/damaged.mdb", path);
	assert_int_equal(unlink(name), 0);
}

static void a_database_that_was_cut_off_ends_nobody(void **state)
{
	learn_both(30);
	teach_close(&teach);
	damage(database_size() / 2 / 4096 * 4096, 0, 0);
	open_it();
	assert_int_equal(learn_one(99, LZ__LESSON__LEARN_SPAM, 1).learned, 0);
	assert_non_null(strstr(err.text, "damaged"));
	assert_int_equal(learn_one(99, LZ__LESSON__LEARN_SPAM, 1).learned, 0);
	expect_another_after_a_reset();
}

/* Of one page or another, it makes no difference which: some are free, the others are missed. */
static void a_page_that_is_garbage_ends_nobody(void **state)
{
	off_t pages, page;
	size_t found = 0;

	learn_both(30);
	teach_close(&teach);
	pages = database_size() / 4096;
	for (page = 2; page < pages; page += pages / 8 + 1) {
		damage(page * 4096, 0xff, 4096);
		open_it();
		found += learn_one(99, LZ__LESSON__LEARN_SPAM, 1).learned == 0;
		teach_close(&teach);
	}
	assert_true(found > 0);
	open_it();
	expect_another_after_a_reset();
}

static void files_may_have(rlim_t bytes)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* As where a page's number that was damaged is far behind the file's end. */
static void what_fails_as_damage_does_is_not_tried_again_but_replaced(void **state)
{
	learn_both(2);
	signal(SIGXFSZ, SIG_IGN);
	files_may_have(4096);
	assert_int_equal(learn_one(90, LZ__LESSON__LEARN_SPAM, 1).learned, 0);
	assert_non_null(strstr(err.text, "File too large"));
	files_may_have(RLIM_INFINITY);
	assert_int_equal(learn_one(90, LZ__LESSON__LEARN_SPAM, 1).learned, 0);
	assert_non_null(strstr(err.text, "damaged"));
	expect_another_after_a_reset();
}

/* Learns until it fails, and says why; gives how many were learned. */
static unsigned learn_until_full(unsigned from, unsigned most, enum result *result)
{
	Lz__Learn learn = LZ__LEARN__INIT;
	Lz__Example *one;
	struct answer answer;
	unsigned at;

	learn.examples = &one;
	learn.n_examples = 1;
	learn.seed = seed_of();
	learn.version = MODEL_FEATURES_VERSION;
	for (at = 0, *result = RESULT_OK; at < most && !*result; at++) {
		one = example(from + at, LZ__LESSON__LEARN_SPAM, 1);
		*result = ask(MESSAGE_LEARN, &learn, NULL, &answer);
		if (!*result)
			answer_free(&answer);
		lz__example__free_unpacked(one, NULL);
	}
	return *result ? at - 1 : at;
}

static uint64_t spam_of(void)
{
	struct model model;
	uint64_t spam;
	size_t chunks;

	fetch(0, 0, &model, &chunks);
	spam = model.facts.spam;
	model_fini(&model);
	return spam;
}

static void a_full_disk_is_told_as_that_and_ends_with_it(void **state)
{
	enum result result;
	unsigned learned;

	teach_close(&teach);
	if (geteuid() != 0 || mount("tmpfs", path, "tmpfs", 0, "size=400k") < 0) {
		print_message("# needs to mount a file system: root only\n");
		open_it();
		skip();
	}
	open_it();
	learned = learn_until_full(0, 5000, &result);
	assert_int_equal(result, RESULT_TEMPORARY);
	assert_non_null(strstr(err.text, "No space left"));
	assert_int_equal(spam_of(), learned);
	assert_int_equal(mount("tmpfs", path, "tmpfs", MS_REMOUNT, "size=64m"), 0);
	assert_int_equal(learn_until_full(learned, 20, &result), 20);
	assert_int_equal(spam_of(), learned + 20);
	teach_close(&teach);
	umount2(path, MNT_DETACH);
	open_it();
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, take_down)
	const struct CMUnitTest tests[] = {
	        TEST(what_was_learned_is_there_after_a_restart),
	        TEST(learning_twice_is_learning_once),
	        TEST(learning_it_as_the_other_kind_corrects),
	        TEST(what_is_forgotten_can_be_learned_again),
	        TEST(features_of_another_seed_or_version_are_refused),
	        TEST(a_lesson_with_one_bad_mail_teaches_nothing),
	        TEST(what_is_kept_for_rehearsal_is_there_after_a_restart),
	        TEST(who_follows_gets_what_has_changed_and_no_more),
	        TEST(who_follows_gets_all_of_a_copy_that_was_put_back),
	        TEST(a_reset_leaves_an_empty_model_of_another_epoch),
	        TEST(a_model_that_is_loaded_takes_its_place),
	        TEST(what_was_answered_survives_a_kill),
	        TEST(a_model_that_is_damaged_is_no_reason_not_to_start),
	        TEST(a_reset_takes_a_damaged_model_out_of_the_way),
	        TEST(a_report_that_comes_again_is_the_same_lesson),
	        TEST(what_an_administrator_said_holds_against_reports),
	        TEST(users_lessons_of_a_tool_are_reports_as_well),
	        TEST(one_reporter_teaches_so_many_times_a_day),
	        TEST(a_report_for_another_model_comes_again),
	        TEST(features_that_no_mail_has_are_no_lesson_and_spoil_none),
	        TEST(reports_of_long_ago_are_forgotten),
	        TEST(a_database_that_was_cut_off_ends_nobody),
	        TEST(a_page_that_is_garbage_ends_nobody),
	        TEST(what_fails_as_damage_does_is_not_tried_again_but_replaced),
	        TEST(a_full_disk_is_told_as_that_and_ends_with_it),
	};
#undef TEST

	return cmocka_run_group_tests(tests, NULL, NULL);
}
