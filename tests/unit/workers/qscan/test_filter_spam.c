#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/base/alloc.h"
#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "workers/qscan/scan.h"

static char path[] = "/tmp/lazaret-spam-XXXXXX";
static char *paths[] = {path};
static struct config config;
static char state_dir[] = "/tmp/lazaret-state-XXXXXX";
static Lz__Submission submission = LZ__SUBMISSION__INIT;
static double probability = -1; /* by the model; below 0: it doesn't speak */
static size_t warnings;
static char last_warning[300];

static void warned(void *context, const char *sentence)
{
	warnings++;
	strncpy(last_warning, sentence, sizeof(last_warning) - 1);
}

static int set_up(void **state)
{
	int fd;

	strcpy(path, "/tmp/lazaret-spam-XXXXXX");
	fd = mkstemp(path);
	if (fd < 0)
		return -1;
	close(fd);
	strcpy(state_dir, "/tmp/lazaret-state-XXXXXX");
	if (!mkdtemp(state_dir))
		return -1;
	config.site.state_dir = state_dir;
	config.spam.enabled = 1;
	config.spam.score_set = SCORE_SET_AUTO;
	config.spam.model = (struct config_model){.enabled = 1};
	config.spam.max_size = 10000;
	config.spam.rules = (struct config_list){1, paths};
	config.workers.timeout_ms = 10000;
	warnings = 0;
	probability = -1;
	return 0;
}

static int take_down(void **state)
{
	char *database = config_rules_database(&config);

	unlink(database);
	free(database);
	return unlink(path) || rmdir(state_dir);
}

/* Opens the filter with these rules and looks at this mail; the scan is to be ended. */
static void look(const char *rules, const char *mail, int64_t deadline_us, struct scan *scan)
{
	struct err err = {""};
	void *state = NULL;

	assert_int_equal(file_write(path, rules, strlen(rules), 0600, NULL), RESULT_OK);
	if (filter_spam.open(&config, &state, warned, NULL, &err))
		fail_msg("%s", err.text);
	scan_init(scan, &config, &submission, mail, strlen(mail));
	scan->map = mime_map_new(mail, strlen(mail), NULL);
	scan->probability = probability;
	scan->model_speaks = probability >= 0;
	if (deadline_us)
		scan->deadline_us = deadline_us;
	assert_true(filter_spam.wanted(state, scan));
	filter_spam.scan(state, scan);
	filter_spam.close(&state);
	assert_null(state);
}

static void each_hit_is_a_finding_with_points_and_what_matched(void **state)
{
	struct scan scan;

	look("body BUY /buy/\nscore BUY 2.5\ndescribe BUY It sells\nbody NO /x/\n",
	        "Subject: s\n\nbuy it\n", 0, &scan);
	assert_int_equal(scan.finding_count, 1);
	assert_string_equal(scan.findings[0].symbol, "BUY");
	assert_string_equal(scan.findings[0].detail, "It sells (\"buy\")");
	assert_true(scan.findings[0].points == 2.5);
	assert_int_equal(scan.findings[0].unscanned, UNSCANNED_NOT);
	assert_int_equal(scan.findings[0].action, ACTION_NONE);
	scan_fini(&scan);
}

static void text_beyond_the_limit_is_unscanned(void **state)
{
	struct buf mail = {0};
	struct scan scan;

	buf_add_string(&mail, "Subject: s\n\n");
	while (mail.size < 20000)
		buf_add_string(&mail, "words and words\n");
	look("body BUY /buy/\n", mail.data, 0, &scan);
	assert_int_equal(scan.finding_count, 1);
	assert_int_equal(scan.findings[0].unscanned, UNSCANNED_LIMIT);
	assert_non_null(strstr(scan.findings[0].detail, "spam.max_size"));
	scan_fini(&scan);
	buf_fini(&mail);
}

static void rules_that_took_too_long_are_unscanned(void **state)
{
	struct scan scan;

	look("body BUY /buy/\n", "Subject: s\n\nbuy\n", 1, &scan);
	assert_int_equal(scan.finding_count, 1);
	assert_int_equal(scan.findings[0].unscanned, UNSCANNED_TIMEOUT);
	scan_fini(&scan);
}

static void a_pattern_that_gives_up_is_unscanned_and_named(void **state)
{
	struct scan scan;

	look("body SLOW /^(a+)+$/\n",
	        "Subject: s\n\naaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\n", 0, &scan);
	assert_int_equal(scan.finding_count, 1);
	assert_int_equal(scan.findings[0].unscanned, UNSCANNED_LIMIT);
	assert_non_null(strstr(scan.findings[0].detail, "SLOW"));
	scan_fini(&scan);
}

static void what_is_allowed_or_switched_off_is_not_looked_at(void **state)
{
	struct scan scan = {.allowed = 1};
	void *opened = NULL;

	assert_int_equal(filter_spam.open(&config, &opened, warned, NULL, NULL), RESULT_OK);
	assert_false(filter_spam.wanted(opened, &scan));
	scan.allowed = 0;
	assert_true(filter_spam.wanted(opened, &scan));
	filter_spam.close(&opened);
	config.spam.enabled = 0;
	assert_int_equal(filter_spam.open(&config, &opened, warned, NULL, NULL), RESULT_OK);
	assert_false(filter_spam.wanted(opened, &scan));
	filter_spam.close(&opened);
}

static void many_warnings_end_in_a_count(void **state)
{
	struct buf rules = {0};
	struct scan scan;

	for (int i = 0; i < 200; i++)
		buf_add_format(&rules, "strange%d x\n", i);
	look(rules.data, "Subject: s\n\nx\n", 0, &scan);
	assert_int_equal(warnings, 51);
	assert_string_equal(last_warning, "spam.rules: 150 more lines were passed over");
	scan_fini(&scan);
	buf_fini(&rules);
}

static void the_score_set_is_the_configurations(void **state)
{
	struct scan scan;

	config.spam.score_set = SCORE_SET_2;
	look("body BUY /buy/\nscore BUY 1 2 3 4\n", "Subject: s\n\nbuy it\n", 0, &scan);
	assert_true(scan.findings[0].points == 3);
	scan_fini(&scan);
	config.spam.score_set = SCORE_SET_AUTO;
	look("body BUY /buy/\nscore BUY 1 2 3 4\n", "Subject: s\n\nbuy it\n", 0, &scan);
	assert_true(scan.findings[0].points == 1);
	scan_fini(&scan);
}

static const char bayes[] =
        "body BAYES_99 eval:check_bayes('0.99', '1.00')\ntflags BAYES_99 learn\n"
        "score BAYES_99 0 0 3.8 3.5\nmeta SURE BAYES_99\nscore SURE 1\n"
        "body BUY /buy/\nscore BUY 3 0 2 0\n";

/* Gives the points. */
static double points_with(enum config_bayes use, double said, size_t findings)
{
	struct scan scan;
	double sum = 0;

	config.spam.model.bayes = use;
	probability = said;
	look(bayes, "Subject: s\n\nbuy it\n", 0, &scan);
	assert_int_equal(scan.finding_count, findings);
	for (size_t i = 0; i < scan.finding_count; i++)
		sum += scan.findings[i].points;
	scan_fini(&scan);
	return sum;
}

static void rules_hear_the_model_as_the_configuration_wants_it(void **state)
{
	assert_true(points_with(BAYES_OFF, 0.995, 1) == 3);
	assert_true(points_with(BAYES_NAMES, 0.995, 3) == 3 + 1);
	assert_true(points_with(BAYES_NAMES, 0.5, 1) == 3);
	assert_true(points_with(BAYES_POINTS, 0.995, 3) == 2 + 3.8 + 1);
	config.spam.model.enabled = 0;
	assert_true(points_with(BAYES_POINTS, 0.995, 1) == 3);
}

/* As a SpamAssassin does whose Bayes has not learned enough yet. */
static void where_no_model_speaks_the_points_are_those_without_one(void **state)
{
	assert_true(points_with(BAYES_POINTS, 0.5, 1) == 2);
	assert_true(points_with(BAYES_POINTS, -1, 1) == 3);
	config.spam.score_set = SCORE_SET_2;
	assert_true(points_with(BAYES_POINTS, -1, 1) == 2);
}

static void a_model_whose_points_nobody_has_is_told(void **state)
{
	struct scan scan;

	config.spam.model.bayes = BAYES_POINTS;
	look("body BUY /buy/\n", "Subject: s\n\nbuy it\n", 0, &scan);
	assert_int_equal(warnings, 1);
	assert_non_null(strstr(last_warning, "no rule with points asks the model"));
	scan_fini(&scan);
	look(bayes, "Subject: s\n\nbuy it\n", 0, &scan);
	assert_int_equal(warnings, 1);
	scan_fini(&scan);
}

static void a_database_that_does_not_fit_is_told_and_all_works(void **state)
{
	char *database = config_rules_database(&config);
	struct scan scan;

	look("body BUY /buy/\n", "Subject: s\n\nbuy it\n", 0, &scan);
	assert_int_equal(warnings, 0);
	scan_fini(&scan);
	assert_int_equal(file_write(database, "of another kind", 15, 0644, NULL), RESULT_OK);
	look("body BUY /buy/\n", "Subject: s\n\nbuy it\n", 0, &scan);
	assert_int_equal(warnings, 1);
	assert_non_null(strstr(last_warning, "rules are matched one by one"));
	assert_non_null(strstr(last_warning, "rules.hyper"));
	assert_int_equal(scan.finding_count, 1);
	scan_fini(&scan);
	free(database);
}

static void rules_that_cannot_be_read_stop_the_start(void **state)
{
	char *missing[] = {"/nonexistent/rules"};
	struct err err = {""};
	void *opened = NULL;

	config.spam.rules.items = missing;
	assert_int_equal(filter_spam.open(&config, &opened, warned, NULL, &err), RESULT_PERMANENT);
	assert_null(opened);
	assert_non_null(strstr(err.text, "spam.rules: /nonexistent/rules"));
}

int main(void)
{
#define WITH_FILE(test) cmocka_unit_test_setup_teardown(test, set_up, take_down)
	const struct CMUnitTest tests[] = {
	        WITH_FILE(each_hit_is_a_finding_with_points_and_what_matched),
	        WITH_FILE(text_beyond_the_limit_is_unscanned),
	        WITH_FILE(rules_that_took_too_long_are_unscanned),
	        WITH_FILE(a_pattern_that_gives_up_is_unscanned_and_named),
	        WITH_FILE(what_is_allowed_or_switched_off_is_not_looked_at),
	        WITH_FILE(many_warnings_end_in_a_count),
	        WITH_FILE(the_score_set_is_the_configurations),
	        WITH_FILE(rules_hear_the_model_as_the_configuration_wants_it),
	        WITH_FILE(where_no_model_speaks_the_points_are_those_without_one),
	        WITH_FILE(a_model_whose_points_nobody_has_is_told),
	        WITH_FILE(a_database_that_does_not_fit_is_told_and_all_works),
	        WITH_FILE(rules_that_cannot_be_read_stop_the_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
