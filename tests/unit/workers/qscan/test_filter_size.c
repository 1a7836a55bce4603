#include "tests/unit/workers/qscan/scanning.h"

static void one_byte_too_many_is_told(void **state)
{
	struct scanning scanning;
	char *bytes = alloc_zero(1, 65537);

	scanning_open(&scanning, "size: {max_size: 64k, action: quarantine, text: too big}\n",
	        &filter_size, NULL);
	scanning_run(&scanning, bytes, 65536);
	assert_string_equal(all_found(&scanning), "");
	scanning_run(&scanning, bytes, 65537);
	assert_int_equal(found(&scanning, "SIZE_EXCEEDED")->action, ACTION_QUARANTINE);
	assert_string_equal(found(&scanning, "SIZE_EXCEEDED")->text, "too big");
	assert_string_equal(found(&scanning, "SIZE_EXCEEDED")->reason, "size");
	scanning_close(&scanning);
	free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(one_byte_too_many_is_told)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
