#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/alloc.h"
#include "lib/hyper/hyper.h"
#include "lib/match/match.h"
#include "lib/spam/about.h"
#include "lib/spam/eval.h"
#include "lib/spam/lists.h"
#include "lib/spam/many.h"
#include "lib/spam/regex.h"

static const char rules_text[] =
        "body A /buy/\ndescribe A Buying\nbody B /buy/i\ntflags B multiple\nbody C /x+y{2,40}z/\n"
        "body D /n(?!ever)ow/\ntflags D nosubject\nbody E /Subject.only/\ntflags E nosubject\n"
        "body F /gr\\xc3\\xbc/i\nbody G /(a)\\1/\nbody H /q*/\nbody I /x y # z/x\n"
        "header __T Subject =~ /(?<WORD>\\w+)/\nbody J /%{WORD} again/\nbody K /^now$/m\n"
        "body __L /^b/\ntflags __L multiple maxhits=2\nmeta M __L == 2\nbody N /(?<GOT>cheap)/\n"
        "header S1 Subject =~ /only/\nheader S2 Subject !~ /only/\nheader S3 Subject =~ /ONLY/i\n"
        "header S4 Subject =~ /^\\s*$/\nheader S5 Subject !~ /once/ [if-unset: once]\n"
        "header S6 Subject =~ /(o)nly/ [if-unset: only]\nheader S7 Subject =~ /e/\n"
        "tflags S7 multiple\nheader S8 exists:Subject\nheader S9 Subject:raw =~ /^ on/\n"
        "header __U Subject =~ /%{WORD}$/\nmeta V __U && S1\nuri W m{^http://shop}\n"
        "uri O /shop/\nbody P /\\bcheap\\b/\nscore P 0 1 2 3\nbody Q /%{GOT}est/\n"
        "rawbody R /^buy now$/m\nrawbody __X /shop/\ntflags __X multiple\nmeta Y __X > 1\n"
        "rawbody __Z /<b>/i\nmeta AA __Z && S7\nrawbody AB /<b>.{0,9}<i>/s\n";

static const char *const mails[] = {
        "Subject: Subject only\n\nbuy now\n\nBUY now, buy never\n\nSubject only\n",
        "Subject: once\n\nonce again xxyyyyz\n\ngr\xe3\xbc aa\n\nb\n\nb\n\nb\n",
        "Subject: x\n\ncheap cheapest http://shop.example/\n\nnow\n\nnever\n",
        "Subject:\n\n",
        "Subject: one\nContent-Type: text/html\n\n<B>the <i>shop</i>\n<b>\n<i>shop</i>",
        "To: a@example.org\n\nno subject, but https://shop.example/ and http://shop.example/\n",
};

static struct rules *read_rules(void)
{
	struct rules *rules = rules_new(NULL, NULL);

	rules_add_text(rules, "t.cf", rules_text, sizeof(rules_text) - 1);
	rules_compile(rules);
	return rules;
}

/* "NAME*hits(text) ..." */
static char *hits_of(const struct rules *rules, const char *mail)
{
	struct mime_map *map = mime_map_new(mail, strlen(mail), NULL);
	struct eval_input input = {.map = map};
	struct buf out = {0};
	struct eval eval;

	eval_run(rules, &input, &eval);
	buf_add_string(&out, "");
	for (size_t i = 0; i < eval.count; i++)
		buf_add_format(&out, "%s*%lu(%s) ", eval.hits[i].name, eval.hits[i].hits,
		        eval.hits[i].excerpt);
	eval_fini(&eval);
	mime_map_free(&map);
	return buf_give(&out);
}

static void with_a_database_the_answers_are_the_same(void **state)
{
	struct rules *plain = read_rules(), *many = read_rules();
	struct buf bytes = {0};
	struct err err = {""};
	size_t of, size;

	if (!hyper_is_here())
		skip();
	if (many_compile(many, NULL, NULL, &bytes, &err) ||
	        many_use(many, bytes.data, bytes.size, &err))
		fail_msg("%s", err.text);
	assert_in_range(many_count(many, &of, &size), 8, of - 3);
	assert_true(size > 0);
	for (size_t i = 0; i < sizeof(mails) / sizeof(*mails); i++) {
		char *want = hits_of(plain, mails[i]), *got = hits_of(many, mails[i]);

		assert_string_equal(got, want);
		assert_true(*want || !mails[i][10]);
		free(want);
		free(got);
	}
	rules_free(&plain);
	rules_free(&many);
	buf_fini(&bytes);
}

static void note(void *context, size_t pattern)
{
	((int *)context)[pattern] = 1;
}

/* Each text is matched by its pattern, so the database must name it; and no pattern is one that it
 * can't take. */
static void no_pattern_that_matches_is_missed(void **state)
{
	static const struct {
		const char *pattern, *text;
	} cases[] = {
	        {"/x{2,300}y/", "xxy"},
	        {"/(?:ab){3}c/", "abababc"},
	        {"/(?>a{1,8})ab/", "aaaaaaaaaab"},
	        {"/a++b*+c{2,9}+d/", "aabbccd"},
	        {"/(?<!x)y(?!z{2,9})w?/", "yz"},
	        {"/(?=[a-z]{9,})abc/", "abcdefghij"},
	        {"/(a{2,9})-\\1/", "aaa-aaa"},
	        {"/\\xe3\\x{c9}t/i", "\xc3\xe9T"},
	        {"/[\\xd0-\\xd8]{5}/i", "\xf1\xd2\xf3\xd4\xf8"},
	        {"/[^\\xe3]z/i", "\xe4z"},
	        {"/(?i:\\xe3)x/", "\xc3x"},
	        {"/[\\343\\042]q/i", "\xc3Q"},
	        {"/^one$/", "one\n"},
	        {"/two\\Z/", "two\n"},
	        {"/^(?:three|thirty)\\b/m", "x\nthirty"},
	        {"/fo.r/s", "fo\nr"},
	        {"/\\d{4,}[[:upper:]]{2,5}/", "12345AB"},
	        {"/(?:^|\\W)v.{0,40}w(?:$|\\W)/", "v w"},
	        {"/\\bf\\s{0,20}i\\s{0,20}v\\s{0,20}e\\b/i", "F i\tve"},
	        {"/[]{2,30}]six/", "]six"},
	        {"/\\{2,30}seven/", "{2,30}seven"},
	        {"/(?:(?:ab?){1,9}c|d){6,}/", "abcdddacacd"},
	};
	enum { CASES = sizeof(cases) / sizeof(*cases) };
	struct hyper_pattern patterns[CASES];
	char *texts[CASES];
	struct hyper *hyper = NULL;
	struct buf bytes = {0};
	struct err err = {""};

	if (!hyper_is_here())
		skip();
	for (size_t i = 0; i < CASES; i++) {
		struct match *match = NULL;
		unsigned flags;

		assert_int_equal(regex_read(cases[i].pattern, &texts[i], &flags, &err), RESULT_OK);
		assert_int_equal(match_new(texts[i], flags, &match, &err), RESULT_OK);
		if (match_find(match, cases[i].text, strlen(cases[i].text), 0, NULL, NULL))
			fail_msg("%s doesn't match", cases[i].pattern);
		match_free(&match);
		patterns[i].text = texts[i];
		patterns[i].flags = (flags & MATCH_CASELESS ? HYPER_CASELESS : 0) |
		                    (flags & MATCH_MULTILINE ? HYPER_MULTILINE : 0) |
		                    (flags & MATCH_DOTALL ? HYPER_DOTALL : 0);
	}
	assert_int_equal(hyper_compile(patterns, CASES, NULL, NULL, &bytes, &err), RESULT_OK);
	assert_int_equal(
	        hyper_open(bytes.data, bytes.size, patterns, CASES, &hyper, &err), RESULT_OK);
	for (size_t i = 0; i < CASES; i++) {
		int found[CASES] = {0};

		hyper_scan(hyper, cases[i].text, strlen(cases[i].text), note, found);
		if (!hyper_has(hyper, i) || !found[i])
			fail_msg("%s: %s", cases[i].pattern,
			        hyper_has(hyper, i) ? "missed" : "not in it");
		free(texts[i]);
	}
	hyper_free(&hyper);
	buf_fini(&bytes);
}

static void a_database_of_other_rules_leaves_the_rules_as_they_are(void **state)
{
	struct rules *rules = read_rules(), *other = rules_new(NULL, NULL);
	struct buf bytes = {0};
	struct err err = {""};
	size_t of, size;
	char *hits;

	if (!hyper_is_here())
		skip();
	rules_add_text(other, "t.cf", "body A /sell/\n", 14);
	rules_compile(other);
	assert_int_equal(many_compile(other, NULL, NULL, &bytes, &err), RESULT_OK);
	assert_int_equal(many_use(rules, bytes.data, bytes.size, &err), RESULT_NONE);
	assert_int_equal(many_use(rules, "", 0, &err), RESULT_PERMANENT);
	assert_int_equal(many_count(rules, &of, &size), 0);
	hits = hits_of(rules, mails[0]);
	assert_non_null(strstr(hits, "A*1(buy)"));
	free(hits);
	rules_free(&rules);
	rules_free(&other);
	buf_fini(&bytes);
}

static void rules_are_told_by_name_with_why_they_are_not_run(void **state)
{
	struct rules *rules = read_rules();
	struct about about;
	size_t count = 0, run = 0;
	const char *last = "";

	for (; about_rule(rules, count, &about); count++) {
		assert_true(strcmp(last, about.name) < 0);
		last = about.name;
		run += !*about.why;
	}
	assert_int_equal(count, 36);
	assert_int_equal(run, rules_count(rules));
	assert_true(about_named(rules, "P", &about));
	assert_string_equal(about.why, "it has 0 points");
	assert_string_equal(about.kind, "body");
	assert_true(about.scores[2] == 2);
	assert_true(about_named(rules, "A", &about));
	assert_string_equal(about.text, "body A /buy/");
	assert_string_equal(about.describe, "Buying");
	assert_int_equal(about.line, 1);
	assert_false(about_named(rules, "NOWHERE", &about));
	rules_free(&rules);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(with_a_database_the_answers_are_the_same),
	        cmocka_unit_test(no_pattern_that_matches_is_missed),
	        cmocka_unit_test(a_database_of_other_rules_leaves_the_rules_as_they_are),
	        cmocka_unit_test(rules_are_told_by_name_with_why_they_are_not_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
