#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/alloc.h"
#include "lib/unpack/unpack.h"

enum { SEEN = 64 };

static struct {
	char *name;
	char *content; /* NULL of an alias */
} seen[SEEN];
static size_t seen_count;
static int problems;

static void see(void *context, struct unpack_member *member)
{
	assert_true(seen_count < SEEN);
	seen[seen_count].name = alloc_string(member->name);
	seen[seen_count++].content =
	        member->content ? alloc_bytes(member->content->data, member->content->size) : NULL;
}

static void see_trait(void *context, enum unpack_trait trait, const char *detail)
{
}

static void see_problem(
        void *context, enum unpack_problem problem, const char *member, const char *detail)
{
	problems++;
}

static void add_number(struct buf *out, unsigned long number, int bytes)
{
	for (; bytes; bytes--, number >>= 8)
		buf_add_char(out, (char)(number & 255));
}

static void add_attribute(struct buf *out, unsigned long id, const struct buf *data)
{
	buf_add_char(out, 2);
	add_number(out, id, 4);
	add_number(out, data->size, 4);
	buf_add(out, data->data, data->size);
	add_number(out, 0, 2);
}

static void add_text_attribute(struct buf *out, unsigned long id, const char *text)
{
	struct buf data = {0};

	buf_add(&data, text, strlen(text) + 1);
	add_attribute(out, id, &data);
	buf_fini(&data);
}

/* An attribute of MAPI properties that holds one. */
static void add_property(
        struct buf *out, unsigned long attribute, unsigned id, unsigned type, const char *value)
{
	struct buf data = {0};

	add_number(&data, 1, 4);
	add_number(&data, type, 2);
	add_number(&data, id, 2);
	add_number(&data, 1, 4);
	add_number(&data, strlen(value), 4);
	buf_add_string(&data, value);
	add_number(&data, 0, (int)(-strlen(value) & 3));
	add_attribute(out, attribute, &data);
	buf_fini(&data);
}

static void start(struct buf *out)
{
	add_number(out, 0x223e9f78, 4);
	add_number(out, 1, 2);
}

static void begin_attachment(struct buf *out, const char *name)
{
	add_text_attribute(out, 0x69002, "rendering");
	add_text_attribute(out, 0x18010, name);
}

static void walk(struct buf *tnef)
{
	struct unpack_budget budget = {
	        .members = 100, .bytes = 1 << 20, .ratio = 1000, .deadline_us = INT64_MAX};
	const struct unpack_sink sink = {.member = see, .problem = see_problem, .trait = see_trait};

	seen_count = 0;
	problems = 0;
	unpack_start();
	unpack_walk(tnef->data, tnef->size, &budget, &sink);
	buf_fini(tnef);
}

static void forget(void)
{
	while (seen_count) {
		free(seen[--seen_count].name);
		free(seen[seen_count].content);
	}
}

static void test_a_binary_value_is_handed_out_from_its_first_byte(void **state)
{
	struct buf tnef = {0};

	start(&tnef);
	begin_attachment(&tnef, "x.exe");
	add_property(&tnef, 0x69005, 0x3701, 0x0102, "MZ and so on");
	walk(&tnef);
	assert_int_equal(seen_count, 1);
	assert_string_equal(seen[0].name, "x.exe");
	assert_string_equal(seen[0].content, "MZ and so on");
	forget();
}

static void test_an_object_is_handed_out_behind_the_id_of_what_it_is(void **state)
{
	struct buf tnef = {0};

	start(&tnef);
	begin_attachment(&tnef, "x");
	add_property(&tnef, 0x69005, 0x3701, 0x0d, "0123456789abcdefthe object");
	walk(&tnef);
	assert_string_equal(seen[0].content, "the object");
	forget();
}

static void test_of_several_contents_none_hides_another(void **state)
{
	struct buf tnef = {0};

	start(&tnef);
	begin_attachment(&tnef, "x.exe");
	add_text_attribute(&tnef, 0x6800f, "a harmless and much longer content");
	add_property(&tnef, 0x69005, 0x3701, 0x0102, "MZ");
	add_text_attribute(&tnef, 0x6800f, "another");
	walk(&tnef);
	assert_int_equal(seen_count, 3);
	assert_string_equal(seen[0].content, "a harmless and much longer content");
	assert_string_equal(seen[1].content, "MZ");
	assert_string_equal(seen[2].content, "another");
	assert_string_equal(seen[2].name, "x.exe");
	forget();
}

static void test_more_contents_than_are_kept_are_told(void **state)
{
	struct buf tnef = {0};
	int number;

	start(&tnef);
	begin_attachment(&tnef, "x.exe");
	for (number = 0; number < 9; number++)
		add_text_attribute(&tnef, 0x6800f, "content");
	walk(&tnef);
	assert_int_equal(seen_count, 8);
	assert_int_equal(problems, 1);
	forget();
}

static void test_the_texts_of_the_message_are_handed_out(void **state)
{
	struct buf tnef = {0};

	start(&tnef);
	add_text_attribute(&tnef, 0x2800c, "plain");
	add_property(&tnef, 0x69003, 0x1013, 0x0102, "<p>html</p>");
	add_property(&tnef, 0x69003, 0x1009, 0x0102, "aaaabbbbMELAcccc{\\rtf1 x}");
	walk(&tnef);
	assert_int_equal(seen_count, 3);
	assert_string_equal(seen[0].name, "body.txt");
	assert_string_equal(seen[1].name, "body.html");
	assert_string_equal(seen[1].content, "<p>html</p>");
	assert_string_equal(seen[2].name, "body.rtf");
	assert_string_equal(seen[2].content, "{\\rtf1 x}");
	assert_int_equal(problems, 0);
	forget();
}

static void test_a_text_that_can_not_be_read_is_told(void **state)
{
	struct buf tnef = {0};

	start(&tnef);
	add_property(&tnef, 0x69003, 0x1009, 0x0102, "no compressed text at all");
	walk(&tnef);
	assert_int_equal(problems, 1);
	forget();
}

/* A reader may show the last one. */
static void names_beyond_those_that_are_kept_are_told(void **state)
{
	struct buf tnef = {0};
	char name[16];

	for (int count = 31; count < 33; count++) {
		start(&tnef);
		begin_attachment(&tnef, "a.txt");
		for (int at = 0; at < count; at++) {
			snprintf(name, sizeof(name), "a%d.txt", at);
			add_text_attribute(&tnef, 0x18010, name);
		}
		walk(&tnef);
		assert_int_equal(problems, count == 31 ? 0 : 1);
		forget();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_a_binary_value_is_handed_out_from_its_first_byte),
	        cmocka_unit_test(test_an_object_is_handed_out_behind_the_id_of_what_it_is),
	        cmocka_unit_test(test_of_several_contents_none_hides_another),
	        cmocka_unit_test(test_more_contents_than_are_kept_are_told),
	        cmocka_unit_test(test_the_texts_of_the_message_are_handed_out),
	        cmocka_unit_test(test_a_text_that_can_not_be_read_is_told),
	        cmocka_unit_test(names_beyond_those_that_are_kept_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
