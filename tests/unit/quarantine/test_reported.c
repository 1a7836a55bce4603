#include "tests/unit/quarantine/fixture.h"

#include "quarantine/audit.h"
#include "quarantine/reported.h"

#define ID "0123456789abcdef0123456789abcdef"

static struct fixture f;
static Lz__Report report;
static Lz__Reported reported;
static Lz__Store store;

static int set_up(void **state)
{
	fixture_new(&f, FIXTURE_MAP);
	lz__report__init(&report);
	lz__reported__init(&reported);
	lz__store__init(&store);
	report.lesson = LZ__LESSON__LEARN_SPAM;
	report.reporter = (char *)"anna@example.org";
	report.reported = &reported;
	store.message_id = (char *)ID;
	store.report = &report;
	reported.learned = 2;
	return 0;
}

static int take_down(void **state)
{
	fixture_free(&f);
	return 0;
}

/* Stores it; gives what is told, to be freed. */
static Lz__Stored *told_of(const char *fate)
{
	Lz__Stored *out = alloc(sizeof(*out));

	lz__stored__init(out);
	reported.fate = (char *)fate;
	fixture_begin(&f, start_ms);
	assert_int_equal(
	        fixture_end(&f, store_put(f.store, &store, "", 0, out, &f.err)), RESULT_OK);
	return out;
}

/* The detail of the newest of so many entries; "" where there are none. To be freed. */
static char *audited(size_t count)
{
	Lz__ListAudit request = LZ__LIST_AUDIT__INIT;
	Lz__Audit *audit = alloc(sizeof(*audit));
	char *detail;

	lz__audit__init(audit);
	request.limit = 100;
	request.action = (char *)"learn";
	assert_int_equal(store_read_begin(f.store, &f.err), RESULT_OK);
	assert_int_equal(audit_list(f.store, &request, audit, &f.err), RESULT_OK);
	store_read_end(f.store);
	assert_int_equal(audit->n_entries, count);
	detail = alloc_string(count ? audit->entries[0]->detail : "");
	message_free(&audit->base);
	return detail;
}

static uint64_t counted(const char *name)
{
	Lz__StatsRequest request = LZ__STATS_REQUEST__INIT;
	Lz__Stats *stats = alloc(sizeof(*stats));
	uint64_t value = 0;
	size_t at;

	lz__stats__init(stats);
	request.days = 1;
	assert_int_equal(store_read_begin(f.store, &f.err), RESULT_OK);
	assert_int_equal(store_stats(f.store, &request, stats, &f.err), RESULT_OK);
	store_read_end(f.store);
	for (at = 0; stats->n_days && at < stats->days[0]->n_counters; at++)
		if (!strcmp(stats->days[0]->counters[at]->name, name))
			value = stats->days[0]->counters[at]->value;
	message_free(&stats->base);
	return value;
}

static void a_lesson_is_counted_told_and_in_the_audit_without_who(void **state)
{
	Lz__Stored *out = told_of("learned");
	char *detail = audited(1);

	assert_string_equal(out->reported->fate, "learned");
	assert_int_equal(out->reported->learned, 2);
	assert_string_equal(detail, "message=" ID " fate=learned lesson=spam learned=2 "
	                            "corrected=0 already=0 contradicted=0");
	assert_int_equal(counted("report.learned"), 1);
	assert_int_equal(counted("report.messages"), 2);
	message_free(&out->base);
	free(detail);
}

static void one_that_was_here_before_is_written_down_again_and_not_counted(void **state)
{
	char *detail;

	message_free(&told_of("learned")->base);
	reported.again = 1;
	message_free(&told_of("learned")->base);
	detail = audited(2);
	assert_non_null(strstr(detail, "contradicted=0 again"));
	assert_int_equal(counted("report.learned"), 1);
	free(detail);
}

static void what_taught_nothing_is_counted_alone(void **state)
{
	reported.learned = 0;
	message_free(&told_of("known")->base);
	message_free(&told_of("excess")->base);
	message_free(&told_of("failed")->base);
	free(audited(0));
	assert_int_equal(counted("report.known"), 1);
	assert_int_equal(counted("report.excess"), 1);
	assert_int_equal(counted("report.failed"), 1);
	assert_int_equal(counted("report.messages"), 0);
	reported.first_excess = 1;
	message_free(&told_of("excess")->base);
	free(audited(1));
	message_free(&told_of("contradicted")->base);
	free(audited(2));
}

static void a_mail_without_a_report_leaves_nothing(void **state)
{
	Lz__Stored *out;

	store.report = NULL;
	out = told_of("");
	assert_null(out->reported);
	message_free(&out->base);
	free(audited(0));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, take_down)
	const struct CMUnitTest tests[] = {
	        TEST(a_lesson_is_counted_told_and_in_the_audit_without_who),
	        TEST(one_that_was_here_before_is_written_down_again_and_not_counted),
	        TEST(what_taught_nothing_is_counted_alone),
	        TEST(a_mail_without_a_report_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
