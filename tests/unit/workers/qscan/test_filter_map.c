#include "tests/unit/workers/qscan/scanning.h"

#define MAIL(encoding)                                                                             \
	"From: a@example.org\n"                                                                    \
	"MIME-Version: 1.0\n"                                                                      \
	"Content-Type: application/octet-stream\n"                                                 \
	"Content-Transfer-Encoding: " encoding "\n\nSGVsbG8=\n"

static enum unscanned looked_at(const char *mail)
{
	enum unscanned why = UNSCANNED_NOT;
	struct scanning scanning;

	scanning_open(&scanning, "", &filter_map, NULL);
	scanning_run(&scanning, mail, strlen(mail));
	if (scanning.scan.finding_count)
		why = scanning.scan.findings[0].unscanned;
	scanning_close(&scanning);
	return why;
}

static void a_part_in_an_unknown_encoding_is_told_as_malformed(void **state)
{
	assert_int_equal(looked_at(MAIL("rot13")), UNSCANNED_MALFORMED);
}

static void an_encoding_that_is_known_in_any_reading_is_not(void **state)
{
	assert_int_equal(looked_at(MAIL("base64")), UNSCANNED_NOT);
	assert_int_equal(looked_at(MAIL("x-base64")), UNSCANNED_NOT);
	assert_int_equal(looked_at(MAIL("8bit")), UNSCANNED_NOT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_part_in_an_unknown_encoding_is_told_as_malformed),
	        cmocka_unit_test(an_encoding_that_is_known_in_any_reading_is_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
