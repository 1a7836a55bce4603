#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "lib/crypto/mark.h"
#include "workers/qscan/authentic.h"

static char *mx_items[] = {"mx.example.net"};
static const struct config_list mx = {1, mx_items};

static int passes(const char *results, const char *reverse_path)
{
	return authentic_by_results(&mx, results, strlen(results), reverse_path);
}

static void an_spf_pass_for_the_reverse_path_counts(void **state)
{
	assert_true(
	        passes("mx.example.net; spf=pass smtp.mailfrom=a@example.org", "a@example.org"));
	assert_true(
	        passes("mx.example.net 1;\r\n\tspf = pass (why not)\r\n\tsmtp.mailfrom=example.org",
	                "a@example.org"));
}

static void a_dmarc_pass_for_its_domain_or_one_above_counts(void **state)
{
	assert_true(passes("MX.example.net; dkim=fail; dmarc=pass header.from=example.org",
	        "a@bounce.example.org"));
	assert_false(
	        passes("mx.example.net; dmarc=pass header.from=mail.example.org", "a@example.org"));
}

static void a_pass_for_another_domain_does_not_count(void **state)
{
	assert_false(
	        passes("mx.example.net; spf=pass smtp.mailfrom=evil.example", "a@example.org"));
	assert_false(
	        passes("mx.example.net; dmarc=pass header.from=bad-example.org", "a@example.org"));
	assert_false(passes("mx.example.net; spf=pass smtp.helo=example.org", "a@example.org"));
}

static void what_is_not_a_pass_does_not_count(void **state)
{
	assert_false(
	        passes("mx.example.net; spf=softfail smtp.mailfrom=example.org", "a@example.org"));
	assert_false(
	        passes("mx.example.net; xspf=pass smtp.mailfrom=example.org", "a@example.org"));
	assert_false(passes("mx.example.net; none", "a@example.org"));
	assert_false(passes("", "a@example.org"));
}

static void another_server_does_not_count(void **state)
{
	assert_false(
	        passes("mx.evil.example; spf=pass smtp.mailfrom=example.org", "a@example.org"));
	assert_false(
	        passes("(mx.example.net) x; spf=pass smtp.mailfrom=example.org", "a@example.org"));
}

static void a_result_inside_a_comment_or_quotes_does_not_count(void **state)
{
	assert_false(passes("mx.example.net; spf=fail (; spf=pass smtp.mailfrom=example.org)",
	        "a@example.org"));
	assert_false(
	        passes("mx.example.net; spf=fail reason=\"; spf=pass smtp.mailfrom=example.org\"",
	                "a@example.org"));
	assert_false(passes("mx.example.net; spf=fail reason=\"x\\\"; spf=pass "
	                    "smtp.mailfrom=example.org",
	        "a@example.org"));
}

static void the_null_reverse_path_is_nobody(void **state)
{
	Lz__Submission submission = LZ__SUBMISSION__INIT;
	struct config config = {0};

	submission.sasl_username = (char *)"anna";
	assert_false(authentic_sender(&config, &submission, NULL));
	assert_true(authentic_automatic(&submission, NULL));
}

static void an_authenticated_or_internal_sender_is_authentic(void **state)
{
	Lz__Submission submission = LZ__SUBMISSION__INIT;
	char *nets[] = {(char *)"192.0.2.0/24"};
	struct config config = {.site.networks = {1, nets}};

	submission.reverse_path = (char *)"a@example.org";
	submission.client_address = (char *)"127.0.0.1";
	assert_false(authentic_sender(&config, &submission, NULL));
	submission.client_address = (char *)"192.0.2.7";
	assert_true(authentic_sender(&config, &submission, NULL));
	submission.client_address = (char *)"203.0.113.1";
	submission.sasl_username = (char *)"anna";
	assert_true(authentic_sender(&config, &submission, NULL));
}

static int automatic(const char *header, const char *reverse_path)
{
	Lz__Submission submission = LZ__SUBMISSION__INIT;
	struct mime_map *map = mime_map_new(header, strlen(header), NULL);
	int result;

	submission.reverse_path = (char *)reverse_path;
	result = authentic_automatic(&submission, map);
	mime_map_free(&map);
	return result;
}

static void lists_and_programs_are_automatic(void **state)
{
	assert_true(automatic("List-Id: <x.example>\r\n\r\n", "a@example.org"));
	assert_true(automatic("Precedence: Bulk\r\n\r\n", "a@example.org"));
	assert_true(automatic("Auto-Submitted: auto-replied\r\n\r\n", "a@example.org"));
	assert_true(automatic("Subject: x\r\n\r\n", "x-bounces@lists.example"));
}

static void a_person_is_not_automatic(void **state)
{
	assert_false(automatic("Subject: x\r\nAuto-Submitted: no\r\n\r\n", "a@example.org"));
}

static void only_the_topmost_results_are_believed(void **state)
{
	static const char mail[] = "Authentication-Results: mx.other.example; spf=none\r\n"
	                           "Authentication-Results: mx.example.net; spf=pass "
	                           "smtp.mailfrom=example.org\r\n\r\n";
	struct config config = {.notifier.trusted_auth_results = {1, mx_items}};
	struct mime_map *map = mime_map_new(mail, strlen(mail), NULL);
	Lz__Submission submission = LZ__SUBMISSION__INIT;

	submission.reverse_path = (char *)"a@example.org";
	assert_false(authentic_sender(&config, &submission, map));
	mime_map_free(&map);
	map = mime_map_new(mail + 48, strlen(mail + 48), NULL);
	assert_true(authentic_sender(&config, &submission, map));
	mime_map_free(&map);
}

/* ---- who asks ---- */

static int owns(const char *user, const char *reverse_path, const char *client)
{
	char *domains[] = {(char *)"example.org"}, *networks[] = {(char *)"192.0.2.0/24"};
	struct config config = {.site = {.domains = {1, domains}, .networks = {1, networks}}};
	Lz__Submission submission = LZ__SUBMISSION__INIT;

	submission.sasl_username = (char *)user;
	submission.reverse_path = (char *)reverse_path;
	submission.client_address = (char *)client;
	return authentic_owner(&config, &submission, NULL);
}

static void who_is_authenticated_owns_the_address_of_that_name_alone(void **state)
{
	assert_true(owns("anna@example.org", "Anna@Example.org", "203.0.113.1"));
	assert_true(owns("anna", "anna@example.org", "203.0.113.1"));
	assert_false(owns("anna", "anna@example.com", "203.0.113.1"));
	assert_false(owns("ann", "anna@example.org", "203.0.113.1"));
	assert_false(owns("bert@example.org", "anna@example.org", "203.0.113.1"));
	/* not even where he would be believed without a name */
	assert_false(owns("bert@example.org", "anna@example.org", "192.0.2.1"));
}

static void who_is_not_authenticated_owns_his_address_inside_only(void **state)
{
	assert_true(owns("", "anna@example.org", "192.0.2.1"));
	assert_false(owns("", "anna@example.org", "203.0.113.1"));
	assert_false(owns("", "", "192.0.2.1"));
	assert_false(owns("anna", "anna", "192.0.2.1"));
}

/* ---- notices that come back ---- */

static int is_notice(const char *mail, const char *reverse_path)
{
	struct config config = {.site.admin = (char *)"admin@example.org"};
	struct mime_map *map = mime_map_new(mail, strlen(mail), NULL);
	Lz__Submission submission = LZ__SUBMISSION__INIT;
	int is;

	submission.reverse_path = (char *)reverse_path;
	is = authentic_notice(&config, &submission, map);
	mime_map_free(&map);
	return is;
}

static void our_notices_are_known_by_their_mark(void **state)
{
	char mark[17], mail[100];

	mark_of_site("admin@example.org", mark);
	snprintf(mail, sizeof(mail), "X-Lazaret-Mark: %s\r\n\r\n", mark);
	assert_true(is_notice(mail, "a@example.org"));
	assert_true(is_notice(mail, ""));
	mark_of_site("admin@example.com", mark);
	snprintf(mail, sizeof(mail), "X-Lazaret-Mark: %s\r\n\r\n", mark);
	assert_false(is_notice(mail, "a@example.org"));
}

static void others_notices_are_known_by_all_that_a_notice_has(void **state)
{
	assert_true(is_notice("X-Lazaret-Notice: x\r\nAuto-Submitted: auto-generated\r\n\r\n", ""));
	assert_false(is_notice(
	        "X-Lazaret-Notice: x\r\nAuto-Submitted: auto-generated\r\n\r\n", "a@example.org"));
	assert_false(is_notice("X-Lazaret-Notice: x\r\nAuto-Submitted: no\r\n\r\n", ""));
	assert_false(is_notice("X-Lazaret-Notice: x\r\n\r\n", ""));
	assert_false(is_notice("Auto-Submitted: auto-replied\r\n\r\n", ""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(an_spf_pass_for_the_reverse_path_counts),
	        cmocka_unit_test(a_dmarc_pass_for_its_domain_or_one_above_counts),
	        cmocka_unit_test(a_pass_for_another_domain_does_not_count),
	        cmocka_unit_test(what_is_not_a_pass_does_not_count),
	        cmocka_unit_test(another_server_does_not_count),
	        cmocka_unit_test(a_result_inside_a_comment_or_quotes_does_not_count),
	        cmocka_unit_test(the_null_reverse_path_is_nobody),
	        cmocka_unit_test(an_authenticated_or_internal_sender_is_authentic),
	        cmocka_unit_test(lists_and_programs_are_automatic),
	        cmocka_unit_test(a_person_is_not_automatic),
	        cmocka_unit_test(only_the_topmost_results_are_believed),
	        cmocka_unit_test(who_is_authenticated_owns_the_address_of_that_name_alone),
	        cmocka_unit_test(who_is_not_authenticated_owns_his_address_inside_only),
	        cmocka_unit_test(our_notices_are_known_by_their_mark),
	        cmocka_unit_test(others_notices_are_known_by_all_that_a_notice_has),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
