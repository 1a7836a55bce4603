#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "qctl/compare.h"

static struct found then, now;
static Lz__Item item;
static Lz__Verdict verdict;
static Lz__Group groups[2], *group_list[] = {&groups[0], &groups[1]};
static Lz__Symbol symbols[FOUND_VIRUSES_MOST + 50], *symbol_list[FOUND_VIRUSES_MOST + 50];
static char names[FOUND_VIRUSES_MOST + 50][40];

static int setup(void **state)
{
	size_t at;

	lz__item__init(&item);
	lz__verdict__init(&verdict);
	lz__group__init(&groups[0]);
	lz__group__init(&groups[1]);
	verdict.groups = group_list;
	verdict.n_groups = 1;
	item.symbols = verdict.symbols = symbol_list;
	for (at = 0; at < FOUND_VIRUSES_MOST + 50; at++) {
		lz__symbol__init(&symbols[at]);
		symbol_list[at] = &symbols[at];
		symbols[at].name = names[at];
	}
	return 0;
}

static int teardown(void **state)
{
	found_fini(&then);
	found_fini(&now);
	return 0;
}

static void name_symbol(size_t at, const char *name)
{
	snprintf(names[at], sizeof(names[at]), "%s", name);
}

static void told(const struct found *found, const char *wanted)
{
	struct buf out = {0};

	found_tell(found, &out);
	assert_string_equal(out.data, wanted);
	buf_fini(&out);
}

static void a_virus_that_is_new_is_a_change(void **state)
{
	item.reason = (char *)"attachment";
	groups[0].reason = (char *)"virus";
	name_symbol(0, "VIRUS_Win.Test");
	verdict.n_symbols = 1;
	found_in_item(&then, &item);
	found_in_verdict(&now, &verdict);
	assert_false(found_same(&then, &now));
	told(&then, "attachment");
	told(&now, "virus: Win.Test");
}

static void a_virus_beside_another_reason_is_told_too(void **state)
{
	groups[0].reason = (char *)"attachment";
	name_symbol(0, "VIRUS_B");
	name_symbol(1, "VIRUS_A");
	name_symbol(2, "VIRUS_B");
	verdict.n_symbols = 3;
	found_in_verdict(&now, &verdict);
	told(&now, "attachment, virus: A, B");
}

static void order_scores_and_other_findings_are_no_change(void **state)
{
	item.reason = (char *)"virus";
	name_symbol(0, "VIRUS_A");
	name_symbol(1, "VIRUS_B");
	item.n_symbols = 2;
	found_in_item(&then, &item);
	groups[0].reason = (char *)"virus";
	name_symbol(0, "SPAM_RULE");
	name_symbol(1, "VIRUS_B");
	name_symbol(2, "VIRUS_A");
	verdict.n_symbols = 3;
	verdict.score = 7;
	found_in_verdict(&now, &verdict);
	assert_true(found_same(&then, &now));
}

static void what_is_not_found_any_more_is_a_change(void **state)
{
	item.reason = (char *)"virus";
	name_symbol(0, "VIRUS_A");
	item.n_symbols = 1;
	found_in_item(&then, &item);
	found_in_verdict(&now, &verdict);
	assert_false(found_same(&then, &now));
	told(&now, "nothing");
}

static void that_the_next_hop_refused_it_is_no_finding(void **state)
{
	item.reason = (char *)"undeliverable";
	found_in_item(&then, &item);
	found_in_verdict(&now, &verdict);
	assert_true(found_same(&then, &now));
}

static void of_several_groups_and_parts_the_virus_decides(void **state)
{
	verdict.n_groups = 2;
	groups[0].reason = (char *)"attachment";
	found_in_verdict(&now, &verdict);
	groups[0].reason = (char *)"spam";
	groups[1].reason = (char *)"virus";
	found_in_verdict(&now, &verdict);
	groups[1].reason = (char *)"";
	found_in_verdict(&now, &verdict);
	assert_string_equal(now.reason, "virus");
}

static void no_more_viruses_are_kept_than_anybody_reads(void **state)
{
	size_t at;

	for (at = 0; at < FOUND_VIRUSES_MOST + 50; at++)
		snprintf(names[at], sizeof(names[at]), "VIRUS_%zu", at);
	verdict.n_symbols = FOUND_VIRUSES_MOST + 50;
	found_in_verdict(&now, &verdict);
	assert_int_equal(now.virus_count, FOUND_VIRUSES_MOST);
}

static void what_came_from_outside_is_harmless_for_a_terminal(void **state)
{
	groups[0].reason = (char *)"virus";
	name_symbol(0, "VIRUS_\033[2J");
	verdict.n_symbols = 1;
	found_in_verdict(&now, &verdict);
	told(&now, "virus: \\x1b[2J");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(a_virus_that_is_new_is_a_change),
	        TEST(a_virus_beside_another_reason_is_told_too),
	        TEST(order_scores_and_other_findings_are_no_change),
	        TEST(what_is_not_found_any_more_is_a_change),
	        TEST(that_the_next_hop_refused_it_is_no_finding),
	        TEST(of_several_groups_and_parts_the_virus_decides),
	        TEST(no_more_viruses_are_kept_than_anybody_reads),
	        TEST(what_came_from_outside_is_harmless_for_a_terminal),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
