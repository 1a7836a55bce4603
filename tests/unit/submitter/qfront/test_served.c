#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "submitter/qfront/served.h"

static void who_got_a_mail_is_known_of_this_mail_only(void **state)
{
	struct served *served = served_new();
	struct digest one, two;

	digest_of("1", 1, &one);
	digest_of("2", 1, &two);
	assert_false(served_has(served, &one, "a@x"));
	served_add(served, &one, "a@x");
	served_add(served, &one, "a@x");
	assert_true(served_has(served, &one, "a@x"));
	assert_false(served_has(served, &one, "b@x"));
	assert_false(served_has(served, &two, "a@x"));
	served_free(&served);
	assert_null(served);
}

static void the_oldest_are_forgotten_and_the_last_are_not(void **state)
{
	enum { MANY = 3 * SERVED_BUCKETS * SERVED_DEPTH, LAST = 1000 };
	struct served *served = served_new();
	struct digest mail;
	char address[32];
	int known = 0, i;

	digest_of("", 0, &mail);
	for (i = 0; i < MANY; i++) {
		snprintf(address, sizeof(address), "%d@x", i);
		served_add(served, &mail, address);
	}
	for (i = 0; i < MANY; i++) {
		snprintf(address, sizeof(address), "%d@x", i);
		known += served_has(served, &mail, address);
		if (i >= MANY - LAST)
			assert_true(served_has(served, &mail, address));
	}
	assert_in_range(known, LAST, SERVED_BUCKETS * SERVED_DEPTH);
	served_free(&served);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(who_got_a_mail_is_known_of_this_mail_only),
	        cmocka_unit_test(the_oldest_are_forgotten_and_the_last_are_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
