#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "lib/config/form.h"

static void check_all(enum form form, const char *const *good, const char *const *bad)
{
	for (; *good; good++)
		if (!form_matches(form, *good))
			fail_msg("%s is refused, though it is %s", *good, form_expects(form));
	for (; *bad; bad++)
		if (form_matches(form, *bad))
			fail_msg("%s is taken, though it is not %s", *bad, form_expects(form));
}

#define LIST(...)                                                                                  \
	(const char *const[])                                                                      \
	{                                                                                          \
		__VA_ARGS__, NULL                                                                  \
	}

static void names_of_hosts_and_domains(void **state)
{
	check_all(FORM_DOMAIN,
	        LIST("example.org", "localhost",
	                "b\xc3\xbc"
	                "cher.example",
	                "a-b.c"),
	        LIST("", ".example", "a..b", "a.", "a b", "a@b", "a/b"));
	check_all(FORM_DOMAIN_BELOW, LIST("example.org", ".example.org", ".de"),
	        LIST("", ".", "..de", "@example.org", "*.de", "a b"));
}

static void addresses(void **state)
{
	check_all(FORM_ADDRESS, LIST("a@b.c", "x.y+z@example.org", "o'neil@example.org"),
	        LIST("", "a", "@b", "a@", "a b@c", "a@b c", "<a@b>", "a@b@", "a\n@b.c"));
	check_all(FORM_MAIL_GLOB, LIST("a@b.c", "@b.c", ".b.c", "<>", "*@*.b", "[ab]*@c"),
	        LIST("", "b.c", "@", ".", "<a@b>", "a@b, c@d", "[ab@c"));
}

static void networks(void **state)
{
	check_all(FORM_NETWORK, LIST("127.0.0.1", "10.0.0.0/8", "::1", "2001:db8::/32", "::/0"),
	        LIST("", "10.0.0/8", "10.0.0.0/33", "::/129", "10.0.0.0/", "a/8", "10.0.0.0/-1"));
}

static void hosts_with_ports(void **state)
{
	check_all(FORM_HOST_PORT,
	        LIST("127.0.0.1:25", "[::1]:25", "mail.example:10026", "unix:/run/x"),
	        LIST("", "127.0.0.1", ":25", "a:0", "a:65536", "a:b", "::1:25", "[127.0.0.1]:25",
	                "unix:x", "[::1:25"));
}

static void endpoints(void **state)
{
	char longest[6 + 107 + 2];

	check_all(FORM_ENDPOINT,
	        LIST("ipc:///run/x.ipc", "tcp://127.0.0.1:5", "tcp://*:5", "tcp://[::1]:5"),
	        LIST("", "ipc://x", "tcp://a", "tcp://a:0", "udp://a:5", "/run/x", "inproc://x",
	                "tcp://unix:/x"));
	memset(longest, 'x', sizeof(longest));
	memcpy(longest, "ipc:///", 7);
	longest[6 + 107] = '\0';
	assert_true(form_matches(FORM_ENDPOINT, longest));
	longest[6 + 107] = 'x';
	longest[6 + 108] = '\0';
	assert_false(form_matches(FORM_ENDPOINT, longest));
}

static void texts_of_replies_have_one_line_of_ascii(void **state)
{
	char text[402];

	check_all(FORM_REPLY, LIST("Not here", "a"), LIST("", "a\r\nb", "\xc3\xbc", "a\tb"));
	memset(text, 'x', sizeof(text));
	text[400] = '\0';
	assert_true(form_matches(FORM_REPLY, text));
	text[400] = 'x';
	text[401] = '\0';
	assert_false(form_matches(FORM_REPLY, text));
}

static void other_forms(void **state)
{
	check_all(FORM_GLOB, LIST("*.exe", "[a-z]?", "[]]", "plain"), LIST("", "[a", "a\nb", "[]"));
	check_all(FORM_NAME, LIST("a-b_1"), LIST("", "a b", "a.b"));
	check_all(FORM_FIELD, LIST("Subject", "X-Spam-Flag"), LIST("", "Subject:", "a b"));
	check_all(FORM_USER, LIST("lazaret", "_x"), LIST("", "-x", "a b", "a/b"));
	check_all(FORM_ANY, LIST("a b", "\xc3\xbc"), LIST("", "a\nb", "\xff", "\x7f"));
	check_all(FORM_PATH, LIST("a/b", "/a b"), LIST("", "a\nb"));
}

static void sizes_have_units_of_1024(void **state)
{
	static const char *const bad[] = {"", "M", "25 M", "25MB", "2.5M", "-1", "0x10", "25m",
	        "99999999999999999999", "9000000000G", "18446744073709551615"};
	uint64_t size;
	size_t i;

	assert_true(form_size("25M", &size));
	assert_int_equal(size, 25 * 1024 * 1024);
	assert_true(form_size("1k", &size));
	assert_int_equal(size, 1024);
	assert_true(form_size("3G", &size));
	assert_int_equal(size, UINT64_C(3) << 30);
	assert_true(form_size("0", &size));
	assert_int_equal(size, 0);
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (form_size(bad[i], &size))
			fail_msg("%s is taken as a size", bad[i]);
}

static void times_have_units(void **state)
{
	static const char *const good[] = {"20ms", "30s", "5m", "6h", "7d", "0"};
	static const uint64_t want[] = {20, 30000, 300000, 21600000, 604800000, 0};
	static const char *const bad[] = {"", "30", "s", "1h30m", "5M", "-1s", "1.5s",
	        "9999999999999999999d", "200000000000d"};
	uint64_t time;
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(*good); i++) {
		assert_true(form_time(good[i], &time));
		assert_int_equal(time, want[i]);
	}
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (form_time(bad[i], &time))
			fail_msg("%s is taken as a time", bad[i]);
}

static void points_have_up_to_three_decimals(void **state)
{
	static const char *const bad[] = {
	        "", ".5", "5.", "-1", "1e3", "nan", "inf", "0x5", "1,5", "1.2345", "1.2.3"};
	double points;
	size_t i;

	assert_true(form_points("7.25", &points));
	assert_true(points == 7.25);
	assert_true(form_points("0", &points));
	assert_true(points == 0);
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (form_points(bad[i], &points))
			fail_msg("%s is taken as points", bad[i]);
}

static void a_time_of_day_has_two_digits_twice(void **state)
{
	static const char *const bad[] = {"", "7:00", "07:0", "07.00", "24:00", "12:60", "07:00 ",
	        "-1:00", "0a:00", "07:000"};
	unsigned minutes;
	size_t i;

	assert_true(form_clock("07:05", &minutes));
	assert_int_equal(minutes, 425);
	assert_true(form_clock("23:59", &minutes));
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (form_clock(bad[i], &minutes))
			fail_msg("%s is taken as a time of day", bad[i]);
}

static void booleans_are_four_words(void **state)
{
	int is;

	assert_true(form_bool("yes", &is) && is);
	assert_true(form_bool("true", &is) && is);
	assert_true(form_bool("no", &is) && !is);
	assert_true(form_bool("false", &is) && !is);
	assert_false(form_bool("1", &is));
	assert_false(form_bool("", &is));
}

static void what_is_shown_is_read_back(void **state)
{
	static const uint64_t values[] = {
	        0, 1, 999, 1000, 1024, 60000, 90000, 3600000, 86400000, 1 << 20, UINT64_C(5) << 30};
	char shown[32];
	uint64_t back;
	size_t i;

	for (i = 0; i < sizeof(values) / sizeof(*values); i++) {
		form_show_size(values[i], shown);
		assert_true(form_size(shown, &back));
		assert_int_equal(back, values[i]);
		form_show_time(values[i], shown);
		assert_true(form_time(shown, &back));
		assert_int_equal(back, values[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(names_of_hosts_and_domains),
	        cmocka_unit_test(addresses),
	        cmocka_unit_test(networks),
	        cmocka_unit_test(hosts_with_ports),
	        cmocka_unit_test(endpoints),
	        cmocka_unit_test(texts_of_replies_have_one_line_of_ascii),
	        cmocka_unit_test(other_forms),
	        cmocka_unit_test(sizes_have_units_of_1024),
	        cmocka_unit_test(times_have_units),
	        cmocka_unit_test(points_have_up_to_three_decimals),
	        cmocka_unit_test(a_time_of_day_has_two_digits_twice),
	        cmocka_unit_test(booleans_are_four_words),
	        cmocka_unit_test(what_is_shown_is_read_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
