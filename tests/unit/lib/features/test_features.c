#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/features/features.h"

static void make(const char *mail, size_t size, uint64_t seed, struct model_features *out)
{
	struct mime_map *map = mime_map_new(mail, size, NULL);

	features_of(map, seed, out);
	assert_true(model_features_are_sane(out));
	mime_map_free(&map);
}

static int has(const struct model_features *features, uint32_t index)
{
	size_t at;

	for (at = 0; at < features->count; at++)
		if (features->list[at] == index)
			return 1;
	return 0;
}

static size_t common(const char *one, const char *other)
{
	struct model_features a, b;
	size_t at, count = 0;

	make(one, strlen(one), 1, &a);
	make(other, strlen(other), 1, &b);
	for (at = 0; at < a.count; at++)
		count += (size_t)has(&b, a.list[at]);
	features_free(&a);
	features_free(&b);
	return count;
}

static void no_feature_comes_twice(void **state)
{
	static const char mail[] = "Subject: a a a a a\n\nthe same the same the same the same\n";
	struct model_features features;
	size_t at, other;

	make(mail, strlen(mail), 1, &features);
	assert_true(features.words > 0 && features.words < features.count);
	for (at = 0; at < features.count; at++)
		for (other = 0; other < at; other++)
			assert_true(features.list[at] != features.list[other]);
	features_free(&features);
}

static void a_word_in_a_field_is_another_than_in_the_text(void **state)
{
	assert_int_equal(common("\nquartz", "\nquartz") >= 4, 1);
	assert_int_equal(common("Subject: quartz\n\n", "\nquartz") <= 4, 1); /* runs of bytes */
}

static void what_filters_have_said_is_passed_over(void **state)
{
	static const char plain[] = "Subject: hello\n\ntext\n",
	                  marked[] = "X-Spam-Flag: YES\nSubject: hello\nStatus: RO\n"
	                             "X-Lazaret: tagged; id=1\nx-bogosity: Spam\n\ntext\n";
	struct model_features a, b;

	make(plain, strlen(plain), 1, &a);
	make(marked, strlen(marked), 1, &b);
	assert_int_equal(a.count, b.count);
	assert_memory_equal(a.list, b.list, a.count * sizeof(*a.list));
	features_free(&a);
	features_free(&b);
}

static void text_is_seen_under_its_transfer_encoding(void **state)
{
	static const char plain[] = "Subject: x\nContent-Transfer-Encoding: 8bit\n\n"
	                            "cheap watches for everybody today\n",
	                  packed[] = "Subject: x\nContent-Transfer-Encoding: base64\n\n"
	                             "Y2hlYXAgd2F0Y2hlcyBmb3IgZXZlcnlib2R5IHRvZGF5Cg==\n";

	assert_true(common(plain, packed) > 30);
}

static void another_seed_makes_other_features(void **state)
{
	static const char mail[] = "Subject: hello there\n\nsome text of a mail that is new\n";
	struct model_features a, b;
	size_t at, same = 0;

	make(mail, strlen(mail), 1, &a);
	make(mail, strlen(mail), 2, &b);
	for (at = 0; at < a.count; at++)
		same += (size_t)has(&b, a.list[at]);
	assert_true(same * 20 < a.count);
	features_free(&a);
	features_free(&b);
}

static void an_address_counts_by_its_host_and_what_is_above(void **state)
{
	assert_true(common("\nhttp://a.shop.example/x", "\nhttp://b.shop.example/y") >
	            common("\nhttp://a.shop.example/x", "\nhttp://b.other.test/y"));
}

/* A model knows features by their numbers. Who changes these, on purpose or not, has to raise
 * MODEL_FEATURES_VERSION, so that no model hears of what it can't know; and this sum with it. */
static void a_version_has_the_same_features_on_any_machine(void **state)
{
	static const char mail[] = "Subject: quartz and ores\nReceived: by mx.example.org\n\n"
	                           "see http://shop.example.org/quartz today, a \xe4 b abc\n";
	struct model_features features;
	uint32_t sum = 0;
	size_t at;

	make(mail, strlen(mail), 1, &features);
	for (at = 0; at < features.count; at++)
		sum = sum * 31 + features.list[at];
	assert_int_equal(MODEL_FEATURES_VERSION, 2);
	assert_int_equal(sum, 0x52e786f8);
	features_free(&features);
}

static void a_feature_has_a_name(void **state)
{
	static const char mail[] = "Subject: quartz\n\n";
	struct mime_map *map = mime_map_new(mail, strlen(mail), NULL);
	struct model_features features;
	char **names;
	size_t at, found = 0;

	features_of(map, 1, &features);
	names = calloc(features.count, sizeof(*names));
	assert_non_null(names);
	features_name(map, 1, features.list, features.count, names);
	for (at = 0; at < features.count; at++) {
		assert_non_null(names[at]);
		found += strcmp(names[at], "subject: quartz") == 0;
		free(names[at]);
	}
	assert_int_equal(found, 1);
	free(names);
	features_free(&features);
	mime_map_free(&map);
}

static void a_huge_mail_costs_no_more_than_a_large_one(void **state)
{
	struct model_features features;
	struct buf mail = {0};
	unsigned number;
	int64_t start;

	buf_add_string(&mail, "Subject: huge\n\n");
	for (number = 0; mail.size < (16 << 20); number++)
		buf_add_format(&mail, "w%u ", number);
	start = clock_monotonic_ms();
	make(mail.data, mail.size, 1, &features);
	assert_true(features.count <= MODEL_FEATURES_MAX);
	assert_true(clock_monotonic_ms() - start < 5000);
	features_free(&features);
	buf_fini(&mail);
}

static void any_bytes_have_features(void **state)
{
	struct model_features features;
	char bytes[256];
	size_t at;

	make("", 0, 1, &features);
	features_free(&features);
	for (at = 0; at < sizeof(bytes); at++)
		bytes[at] = (char)at;
	for (at = 0; at < sizeof(bytes); at++) {
		make(bytes + at, sizeof(bytes) - at, 1, &features);
		features_free(&features);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(no_feature_comes_twice),
	        cmocka_unit_test(a_word_in_a_field_is_another_than_in_the_text),
	        cmocka_unit_test(what_filters_have_said_is_passed_over),
	        cmocka_unit_test(text_is_seen_under_its_transfer_encoding),
	        cmocka_unit_test(another_seed_makes_other_features),
	        cmocka_unit_test(an_address_counts_by_its_host_and_what_is_above),
	        cmocka_unit_test(a_version_has_the_same_features_on_any_machine),
	        cmocka_unit_test(a_feature_has_a_name),
	        cmocka_unit_test(a_huge_mail_costs_no_more_than_a_large_one),
	        cmocka_unit_test(any_bytes_have_features),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
