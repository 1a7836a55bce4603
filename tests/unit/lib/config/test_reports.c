#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "lib/config/reports.h"

static struct config *config;
static const struct config_report *rule;

static void read_rules(const char *rules)
{
	static const char head[] = "site: {name: a.b, admin: a@b.c}\nfront: {next_hop: a.b:5}\n"
	                           "spam:\n  model:\n    reports:\n";
	char text[1024];
	struct err err;

	config_free(&config);
	strcpy(text, head);
	strcat(text, rules);
	if (config_parse("l.yaml", text, strlen(text), &config, &err))
		fail_msg("%s", err.text);
}

static int tear_down(void **state)
{
	config_free(&config);
	return 0;
}

static enum reports_kind find(const char *recipient, const char *login, const char *client)
{
	const struct reports_sender sender = {login, client};

	return reports_find(config, recipient, &sender, &rule);
}

static void who_is_authenticated_may_by_default_and_nobody_else(void **state)
{
	read_rules("    - {spam_to: [spam@example.org], ham_to: [ham@example.org]}\n");
	assert_int_equal(find("Spam@Example.org", "anna", "203.0.113.9"), REPORTS_SPAM);
	assert_int_equal(rule->then, THEN_DELIVER);
	assert_int_equal(find("ham@example.org", "anna", ""), REPORTS_HAM);
	assert_int_equal(find("spam@example.org", "", "203.0.113.9"), REPORTS_NONE);
	assert_int_equal(find("spam@example.org", "", ""), REPORTS_NONE);
	assert_null(rule);
	assert_int_equal(find("other@example.org", "anna", ""), REPORTS_NONE);
}

static void a_client_of_the_networks_needs_no_name(void **state)
{
	read_rules("    - spam_to: [spam@example.org]\n      users: []\n"
	           "      networks: [192.0.2.0/24, \"2001:db8::/32\"]\n");
	assert_int_equal(find("spam@example.org", "", "192.0.2.7"), REPORTS_SPAM);
	assert_int_equal(find("spam@example.org", "", "IPv6:2001:db8::5"), REPORTS_SPAM);
	assert_int_equal(find("spam@example.org", "", "192.0.3.7"), REPORTS_NONE);
	assert_int_equal(find("spam@example.org", "anna", "192.0.3.7"), REPORTS_NONE);
}

static void the_first_rule_that_names_both_decides(void **state)
{
	read_rules("    - {spam_to: [spam@example.org], users: [guest*], allow: never}\n"
	           "    - {spam_to: [spam@example.org], users: [anna], then: discard}\n"
	           "    - {spam_to: [spam@example.org]}\n");
	assert_int_equal(find("spam@example.org", "guest7", ""), REPORTS_NONE);
	assert_int_equal(find("spam@example.org", "anna", ""), REPORTS_SPAM);
	assert_int_equal(rule->then, THEN_DISCARD);
	assert_int_equal(find("spam@example.org", "bert", ""), REPORTS_SPAM);
	assert_int_equal(rule->then, THEN_DELIVER);
}

static void without_a_model_nothing_is_a_report(void **state)
{
	read_rules("    - {spam_to: [spam@example.org]}\n");
	assert_true(reports_names(config, "spam@example.org"));
	assert_false(reports_names(config, "anna@example.org"));
	config->spam.model.enabled = 0;
	assert_int_equal(find("spam@example.org", "anna", ""), REPORTS_NONE);
	assert_false(reports_names(config, "spam@example.org"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_teardown(
	                who_is_authenticated_may_by_default_and_nobody_else, tear_down),
	        cmocka_unit_test_teardown(a_client_of_the_networks_needs_no_name, tear_down),
	        cmocka_unit_test_teardown(the_first_rule_that_names_both_decides, tear_down),
	        cmocka_unit_test_teardown(without_a_model_nothing_is_a_report, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
