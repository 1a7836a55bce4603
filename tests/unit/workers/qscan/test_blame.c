#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "tests/unit/workers/qscan/made.h"
#include "workers/qscan/blame.h"
#include "workers/qscan/marker.h"
#include "workers/qscan/pipeline.h"
#include "workers/qscan/poison.h"

static const char yaml[] = "site: {name: mx.example.org, admin: postmaster@example.org}\n"
                           "front: {next_hop: 'localhost:26'}\n"
                           "broker: {attempts: 2}\n"
                           "virus: {enabled: false}\n"
                           "spam: {enabled: false}\n";

static struct config *config;
static struct pipeline *pipeline;
static struct poison *poison;
static struct marker *marker;
static struct made *made;

static const char text[] =
        "the first part, of enough words to be known again by itself: and so it goes on and on,\r\n"
        "as letters do that are written by people who have all the time there is in the world.\r\n",
                  file[] = "PK is what this is not, nor poison\r\n";

static int open_all(void **state)
{
	struct err err;

	if (config_parse("test", yaml, strlen(yaml), &config, &err) != RESULT_OK ||
	        pipeline_open(config, NULL, NULL, &pipeline, &err) != RESULT_OK ||
	        pipeline_settle(pipeline, &err) != RESULT_OK) {
		print_error("%s\n", err.text);
		return -1;
	}
	return 0;
}

static int close_all(void **state)
{
	pipeline_close(&pipeline);
	config_free(&config);
	return 0;
}

static int begin(void **state)
{
	if (poison_new(&poison, NULL) || marker_new(&marker, NULL))
		return -1;
	return 0;
}

static int end(void **state)
{
	if (made)
		made_free(&made);
	marker_free(&marker);
	poison_free(&poison);
	return 0;
}

/* A mail of a text, a file that is read as it stands, and a line more of header. */
static void compose(const char *header, const char *second)
{
	char *mail = alloc_format("%sFrom: a@example.com\r\nMIME-Version: 1.0\r\n"
	                          "Content-Type: multipart/mixed; boundary=\"b\"\r\n\r\n"
	                          "--b\r\nContent-Type: text/plain\r\n\r\n%s\r\n"
	                          "--b\r\nContent-Type: text/x-log; name=\"x.log\"\r\n\r\n%s\r\n"
	                          "--b--\r\n",
	        header, text, second);

	if (made)
		made_free(&made);
	made = made_start(mail);
	free(mail);
	made_add_recipient(made, "anna@example.org");
	scan_init(&made->scan, config, made->submission, made->mail, strlen(made->mail));
	made->scan.poison = poison;
	made->scan.marker = marker;
}

static void run(void)
{
	pipeline_run(pipeline, &made->scan);
}

static void add(const void *bytes, size_t size, unsigned deaths, enum unscanned why)
{
	struct digest digest;

	digest_of(bytes, size, &digest);
	poison_add(poison, &digest, deaths, why, clock_monotonic_ms());
}

/* As a supervisor after a death at what was last looked at. */
static void die_of_it(enum unscanned why)
{
	assert_true(marker->is_set);
	poison_add(poison, &marker->digest, 2, why, clock_monotonic_ms());
}

static const struct content *content_of(int part)
{
	size_t at;

	for (at = 0; at < made->scan.content_count; at++)
		if (made->scan.contents[at].part == part)
			return &made->scan.contents[at];
	fail_msg("no content of part %d", part);
	return NULL;
}

static const struct check_cost *cost(const char *check)
{
	size_t at;

	for (at = 0; at < made->scan.cost_count; at++)
		if (strcmp(made->scan.costs[at].name, check) == 0)
			return &made->scan.costs[at];
	fail_msg("no check is called %s", check);
	return NULL;
}

static void nothing_is_left_out_where_nothing_has_killed(void **state)
{
	compose("", file);
	run();
	assert_int_equal(made->scan.finding_count, 0);
	assert_non_null(content_of(2)->bytes);
}

static void a_content_that_has_killed_is_left_out_where_it_stands(void **state)
{
	const struct finding *finding;

	add(file, strlen(file), 2, UNSCANNED_MEMORY);
	compose("", file);
	run();
	assert_int_equal(made->scan.finding_count, 1);
	finding = &made->scan.findings[0];
	assert_int_equal(finding->unscanned, UNSCANNED_MEMORY);
	assert_int_equal(finding->part, 2);
	assert_string_equal(finding->where, "2/x.log");
	assert_null(content_of(2)->bytes);
	assert_non_null(content_of(1)->bytes);
	assert_int_equal(scan_left_out(&made->scan, 2), UNSCANNED_MEMORY);
	assert_int_equal(scan_left_out(&made->scan, 1), UNSCANNED_NOT);
}

static void one_death_may_be_chance(void **state)
{
	add(file, strlen(file), 1, UNSCANNED_CRASH);
	compose("", file);
	run();
	assert_int_equal(made->scan.finding_count, 0);
}

static void without_a_supervisor_everything_is_looked_at(void **state)
{
	add(file, strlen(file), 2, UNSCANNED_CRASH);
	compose("", file);
	made->scan.poison = NULL;
	made->scan.marker = NULL;
	run();
	assert_int_equal(made->scan.finding_count, 0);
	assert_non_null(content_of(2)->bytes);
}

static void without_digests_the_part_is_told_all_the_same(void **state)
{
	compose("", file);
	made->scan.poison = NULL;
	marker_stage(marker, 1);
	assert_true(blame_message(&made->scan, "map"));
	assert_int_equal(marker->part, MARKER_NO_PART);
	run();
	assert_true(blame_content(&made->scan, "virus", 1));
	assert_int_equal(marker->part, made->scan.contents[1].part);
	assert_false(marker->is_set);
}

static void a_part_named_by_the_order_is_left_out_and_told(void **state)
{
	compose("", file);
	scan_leave_out(&made->scan, 2, UNSCANNED_TIMEOUT);
	scan_leave_out(&made->scan, 4000, UNSCANNED_CRASH); /* there is none */
	run();
	assert_int_equal(made->scan.finding_count, 1);
	assert_int_equal(made->scan.findings[0].unscanned, UNSCANNED_TIMEOUT);
	assert_int_equal(made->scan.findings[0].part, 2);
	assert_null(content_of(2)->bytes);
	assert_string_equal(content_name(content_of(2)), "x.log");
}

static void a_copy_with_other_fields_on_top_is_the_same_message(void **state)
{
	compose("Received: from a by b; today\r\n", file);
	assert_true(blame_message(&made->scan, "map"));
	die_of_it(UNSCANNED_CRASH);
	compose("Received: from c by d; tomorrow\r\nX-Other: y\r\n", file);
	assert_false(blame_message(&made->scan, "map"));
	assert_true(blame_message(&made->scan, "subject")); /* it has not killed that */
	compose("", "another file\r\n");
	assert_true(blame_message(&made->scan, "map"));
}

static void a_short_message_is_the_same_with_the_same_header_only(void **state)
{
	static const char one[] = "Subject: a\r\n\r\nhello\r\n",
	                  two[] = "Subject: b\r\n\r\nhello\r\n";

	compose("", file);
	made->scan.bytes = (const unsigned char *)one;
	made->scan.size = strlen(one);
	assert_true(blame_message(&made->scan, "map"));
	die_of_it(UNSCANNED_CRASH);
	assert_false(blame_message(&made->scan, "map"));
	compose("", file);
	made->scan.bytes = (const unsigned char *)two;
	made->scan.size = strlen(two);
	assert_true(blame_message(&made->scan, "map"));
}

static void without_some_parts_it_is_another_message(void **state)
{
	compose("", file);
	assert_true(blame_message(&made->scan, "map"));
	die_of_it(UNSCANNED_CRASH);
	scan_leave_out(&made->scan, 2, UNSCANNED_CRASH);
	assert_true(blame_message(&made->scan, "map"));
}

static void what_kills_the_map_is_looked_at_by_nobody_behind_it(void **state)
{
	compose("", file);
	blame_message(&made->scan, "map");
	die_of_it(UNSCANNED_TIMEOUT);
	compose("", file);
	run();
	assert_null(made->scan.map);
	assert_int_equal(made->scan.finding_count, 1);
	assert_string_equal(made->scan.findings[0].check, "map");
	assert_int_equal(made->scan.findings[0].unscanned, UNSCANNED_TIMEOUT);
	assert_true(made->scan.automatic);
	assert_true(cost("subject")->skipped && cost("attachments")->skipped);
}

/* The last thing that was said before the end is what a supervisor finds. */
static void what_is_looked_at_is_told_first(void **state)
{
	struct digest digest;

	compose("", file);
	made->scan.is_probe = 1;
	made->scan.from = 2;
	made->scan.to = 3;
	assert_int_equal(pipeline_probe(pipeline, &made->scan), 3);
	digest_of(file, strlen(file), &digest);
	assert_memory_equal(marker->digest.bytes, digest.bytes, DIGEST_SIZE);
	assert_int_equal(marker->part, 2);
	assert_string_equal(pipeline_stage(marker->stage), "attachments");
	assert_true(marker->alone);
}

static void a_probe_looks_at_its_parts_and_at_no_other(void **state)
{
	compose("", file);
	made->scan.is_probe = 1;
	assert_int_equal(pipeline_probe(pipeline, &made->scan), 3);
	assert_int_equal(made->scan.content_count, 0);
	assert_false(marker->alone);
	compose("", file);
	made->scan.is_probe = 1;
	made->scan.from = 1;
	made->scan.to = 2;
	pipeline_probe(pipeline, &made->scan);
	assert_int_equal(made->scan.content_count, 1);
	assert_int_equal(made->scan.contents[0].part, 1);
}

/* A probe is of its parts; without some parts the bytes are others. */
static void bytes_are_handed_on_but_in_a_probe(void **state)
{
	compose("", file);
	assert_true(blame_bytes(&made->scan, "virus"));
	made->scan.is_probe = 1;
	assert_false(blame_bytes(&made->scan, "virus"));
	made->scan.is_probe = 0;
	scan_leave_out(&made->scan, 1, UNSCANNED_CRASH);
	assert_true(blame_bytes(&made->scan, "virus"));
	assert_int_equal(made->scan.finding_count, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(nothing_is_left_out_where_nothing_has_killed),
	        TEST(a_content_that_has_killed_is_left_out_where_it_stands),
	        TEST(one_death_may_be_chance),
	        TEST(without_a_supervisor_everything_is_looked_at),
	        TEST(without_digests_the_part_is_told_all_the_same),
	        TEST(a_part_named_by_the_order_is_left_out_and_told),
	        TEST(a_copy_with_other_fields_on_top_is_the_same_message),
	        TEST(a_short_message_is_the_same_with_the_same_header_only),
	        TEST(without_some_parts_it_is_another_message),
	        TEST(what_kills_the_map_is_looked_at_by_nobody_behind_it),
	        TEST(what_is_looked_at_is_told_first),
	        TEST(a_probe_looks_at_its_parts_and_at_no_other),
	        TEST(bytes_are_handed_on_but_in_a_probe),
	};

	return cmocka_run_group_tests(tests, open_all, close_all);
}
