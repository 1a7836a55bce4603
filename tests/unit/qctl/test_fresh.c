#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "qctl/fresh.h"

/* A verdict of scanners that have signatures. */
struct said {
	Lz__Verdict verdict;
	Lz__Symbol symbol, *symbols[1];
	Lz__Check checks[3], *lent[3];
	Lz__Group group, *groups[1];
};

static void start(struct said *said)
{
	memset(said, 0, sizeof(*said));
	lz__verdict__init(&said->verdict);
	lz__symbol__init(&said->symbol);
	lz__group__init(&said->group);
	said->verdict.engine = "daily 27000";
	said->symbols[0] = &said->symbol;
	said->groups[0] = &said->group;
	said->verdict.groups = said->groups;
	said->verdict.n_groups = 1;
	said->verdict.symbols = said->symbols;
	said->verdict.checks = said->lent;
}

static void add_check(struct said *said, char *name, Lz__Answer answer, char *why, char *where)
{
	size_t at = said->verdict.n_checks++;

	lz__check__init(&said->checks[at]);
	said->checks[at].name = name;
	said->checks[at].answer = answer;
	said->checks[at].why = why;
	said->checks[at].where = where;
	said->lent[at] = &said->checks[at];
}

static void expect(const struct said *said, enum fresh_answer answer, const char *text)
{
	struct fresh_look look = {0};

	fresh_add(&look, &said->verdict);
	assert_int_equal(look.answer, answer);
	assert_string_equal(look.text.size ? look.text.data : "", text);
	fresh_look_fini(&look);
}

static void what_was_looked_at_and_has_nothing_is_clean(void **state)
{
	struct said said;

	start(&said);
	add_check(&said, "virus", LZ__ANSWER__CLEAN, "", "");
	said.group.reason = "attachment"; /* why it was held is no news */
	expect(&said, FRESH_CLEAN, "");
}

static void a_virus_is_named(void **state)
{
	struct said said;

	start(&said);
	add_check(&said, "virus", LZ__ANSWER__HIT, "VIRUS_Eicar", "1.2");
	said.group.reason = "virus";
	said.symbol.name = "VIRUS_Eicar\x1b[2J";
	said.verdict.n_symbols = 1;
	expect(&said, FRESH_VIRUS, "virus: Eicar\\x1b[2J");
}

static void what_could_not_be_scanned_is_not_clean(void **state)
{
	struct said said;

	start(&said);
	add_check(&said, "virus", LZ__ANSWER__UNSCANNED, "encrypted", "1.2/a.zip");
	add_check(&said, "map", LZ__ANSWER__UNSCANNED, "ambiguous", "");
	expect(&said, FRESH_UNSCANNED, "virus in 1.2/a.zip (encrypted); map (ambiguous)");
}

static void a_virus_counts_more_than_what_was_not_scanned(void **state)
{
	struct fresh_look look = {0};
	struct said said;

	start(&said);
	add_check(&said, "virus", LZ__ANSWER__UNSCANNED, "limit", "");
	fresh_add(&look, &said.verdict);
	assert_int_equal(look.answer, FRESH_UNSCANNED);
	said.symbol.name = "VIRUS_Eicar";
	said.verdict.n_symbols = 1;
	fresh_add(&look, &said.verdict);
	assert_int_equal(look.answer, FRESH_VIRUS);
	said.verdict.n_symbols = 0;
	fresh_add(&look, &said.verdict);
	assert_int_equal(look.answer, FRESH_VIRUS);
	assert_string_equal(look.text.data, "virus: Eicar");
	fresh_look_fini(&look);
}

static void a_long_text_that_rules_did_not_weigh_does_no_harm_unless_it_kills(void **state)
{
	struct said said;

	start(&said);
	add_check(&said, "virus", LZ__ANSWER__CLEAN, "", "");
	add_check(&said, "spam", LZ__ANSWER__UNSCANNED, "limit", "");
	expect(&said, FRESH_CLEAN, "");
	said.checks[1].why = "crash";
	expect(&said, FRESH_UNSCANNED, "spam (crash)");
}

static void a_check_for_viruses_that_did_not_look_is_no_answer(void **state)
{
	struct said said;

	start(&said);
	expect(&said, FRESH_UNSCANNED, "not looked at for viruses");
	add_check(&said, "virus", LZ__ANSWER__SKIPPED, "", "");
	expect(&said, FRESH_UNSCANNED, "not looked at for viruses");
}

static void where_nobody_looks_for_viruses_that_is_said(void **state)
{
	struct said said;

	start(&said);
	said.verdict.engine = "";
	add_check(&said, "virus", LZ__ANSWER__SKIPPED, "", "");
	expect(&said, FRESH_CLEAN, "no scanner looks for viruses here");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_was_looked_at_and_has_nothing_is_clean),
	        cmocka_unit_test(a_virus_is_named),
	        cmocka_unit_test(what_could_not_be_scanned_is_not_clean),
	        cmocka_unit_test(a_virus_counts_more_than_what_was_not_scanned),
	        cmocka_unit_test(a_long_text_that_rules_did_not_weigh_does_no_harm_unless_it_kills),
	        cmocka_unit_test(a_check_for_viruses_that_did_not_look_is_no_answer),
	        cmocka_unit_test(where_nobody_looks_for_viruses_that_is_said),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
