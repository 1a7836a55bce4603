#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "lib/features/features.h"
#include "workers/qscan/scan.h"

static const char spam_mail[] = "Subject: cheap watches\n\nbuy cheap watches now for no money\n",
                  ham_mail[] = "Subject: the minutes\n\nwe met on monday to talk of the garden\n";

static struct config config;
static Lz__Submission submission = LZ__SUBMISSION__INIT;
static struct model model;

static void learn(const char *mail, int is_spam)
{
	struct mime_map *map = mime_map_new(mail, strlen(mail), NULL);
	struct model_features features;

	features_of(map, model.facts.seed, &features);
	model_learn(&model, &features, is_spam);
	features_free(&features);
	mime_map_free(&map);
}

static int set_up(void **state)
{
	unsigned round;

	config.spam.enabled = config.spam.model.enabled = 1;
	config.spam.model.least = 3;
	config.spam.model.weight = 2;
	config.spam.model.toll = 0.5;
	config.spam.model.most = 4;
	config.spam.model.bayes = BAYES_OFF;
	config.workers.timeout_ms = 10000;
	model_init(&model, 1, 5);
	for (round = 0; round < 3; round++) {
		learn(spam_mail, 1);
		learn(ham_mail, 0);
	}
	return 0;
}

static int take_down(void **state)
{
	model_fini(&model);
	return 0;
}

static void look(const char *mail, const struct model *with, struct scan *scan)
{
	scan_init(scan, &config, &submission, mail, strlen(mail));
	scan->map = mime_map_new(mail, strlen(mail), NULL);
	scan->model = with;
	scan->is_explained = 1;
	assert_true(filter_model.wanted(NULL, scan));
	filter_model.scan(NULL, scan);
}

static void spam_gets_points_and_ham_loses_some(void **state)
{
	struct scan scan;

	look(spam_mail, &model, &scan);
	assert_int_equal(scan.finding_count, 1);
	assert_string_equal(scan.findings[0].symbol, "MODEL_SPAM");
	assert_true(scan.findings[0].points > 1);
	assert_true(scan.findings[0].quiet);
	scan_fini(&scan);
	look(ham_mail, &model, &scan);
	assert_string_equal(scan.findings[0].symbol, "MODEL_HAM");
	assert_true(scan.findings[0].points < -0.5);
	scan_fini(&scan);
}

static void the_points_are_the_logit_weighed_and_the_toll(void **state)
{
	struct model_features features;
	struct scan scan;
	double logit;

	config.spam.model.most = 1000;
	look(spam_mail, &model, &scan);
	features_of(scan.map, model.facts.seed, &features);
	logit = model_logit(&model, &features);
	assert_true(scan.findings[0].points == 2 * logit + 0.5);
	features_free(&features);
	scan_fini(&scan);
}

static void what_was_fitted_goes_before_the_configuration(void **state)
{
	struct scan scan, fitted;

	config.spam.model.most = 1000;
	look(spam_mail, &model, &scan);
	model.facts.weight = 4;
	model.facts.toll = 1;
	look(spam_mail, &model, &fitted);
	assert_true(fitted.findings[0].points == 2 * scan.findings[0].points);
	scan_fini(&scan);
	scan_fini(&fitted);
}

static void points_have_a_bound_either_way(void **state)
{
	struct scan scan;

	model.facts.slope = 5;
	look(spam_mail, &model, &scan);
	assert_true(scan.findings[0].points == 4);
	scan_fini(&scan);
	look(ham_mail, &model, &scan);
	assert_true(scan.findings[0].points == -4);
	scan_fini(&scan);
}

static void explained_it_names_what_counted_most(void **state)
{
	struct scan scan;

	look(spam_mail, &model, &scan);
	assert_non_null(strstr(scan.findings[0].detail, "strongest: \""));
	assert_null(strstr(scan.findings[0].detail, "\"?\""));
	scan_fini(&scan);
}

static void without_a_model_it_says_so_and_nothing_is_unscanned(void **state)
{
	struct scan scan;

	look(spam_mail, NULL, &scan);
	assert_int_equal(scan.finding_count, 0);
	assert_string_equal(scan.model_said, "none");
	scan_fini(&scan);
}

static void with_too_few_lessons_it_says_so(void **state)
{
	struct scan scan;

	model.facts.ham = 2;
	look(spam_mail, &model, &scan);
	assert_int_equal(scan.finding_count, 0);
	assert_string_equal(scan.model_said, "young");
	scan_fini(&scan);
}

static void what_it_says_is_there_for_the_rules_behind_it(void **state)
{
	struct scan scan;

	look(spam_mail, &model, &scan);
	assert_true(scan.model_speaks);
	assert_true(scan.probability > 0.5 && scan.probability <= 1);
	scan_fini(&scan);
	look(ham_mail, &model, &scan);
	assert_true(scan.model_speaks && scan.probability < 0.5);
	scan_fini(&scan);
	look(ham_mail, NULL, &scan);
	assert_false(scan.model_speaks);
	scan_fini(&scan);
	model.facts.ham = 2;
	look(ham_mail, &model, &scan);
	assert_false(scan.model_speaks);
	scan_fini(&scan);
}

static void its_points_are_none_where_rules_add_theirs_for_it(void **state)
{
	struct scan scan;

	config.spam.model.bayes = BAYES_POINTS;
	look(spam_mail, &model, &scan);
	assert_int_equal(scan.finding_count, 1);
	assert_string_equal(scan.findings[0].symbol, "MODEL_SPAM");
	assert_true(scan.findings[0].points == 0);
	assert_string_equal(scan.model_said, "rules");
	scan_fini(&scan);
	config.spam.model.bayes = BAYES_NAMES;
	look(spam_mail, &model, &scan);
	assert_true(scan.findings[0].points > 1);
	assert_string_not_equal(scan.model_said, "rules");
	scan_fini(&scan);
}

static void it_is_wanted_where_the_configuration_wants_it(void **state)
{
	struct scan scan = {.config = &config};

	assert_true(filter_model.wanted(NULL, &scan));
	scan.allowed = 1;
	assert_false(filter_model.wanted(NULL, &scan));
	scan.allowed = 0;
	config.spam.model.enabled = 0;
	assert_false(filter_model.wanted(NULL, &scan));
	config.spam.model.enabled = 1;
	config.spam.enabled = 0;
	assert_false(filter_model.wanted(NULL, &scan));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, take_down)
	const struct CMUnitTest tests[] = {
	        TEST(spam_gets_points_and_ham_loses_some),
	        TEST(the_points_are_the_logit_weighed_and_the_toll),
	        TEST(what_was_fitted_goes_before_the_configuration),
	        TEST(points_have_a_bound_either_way),
	        TEST(explained_it_names_what_counted_most),
	        TEST(without_a_model_it_says_so_and_nothing_is_unscanned),
	        TEST(with_too_few_lessons_it_says_so),
	        TEST(what_it_says_is_there_for_the_rules_behind_it),
	        TEST(its_points_are_none_where_rules_add_theirs_for_it),
	        TEST(it_is_wanted_where_the_configuration_wants_it),
	};
#undef TEST

	return cmocka_run_group_tests(tests, NULL, NULL);
}
