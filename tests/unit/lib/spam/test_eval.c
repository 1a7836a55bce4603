#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "lib/spam/eval.h"

static const char plain[] =
        "Received: from a by b; Mon, 2 Nov 2026 10:00:00 +0100\n"
        "Received: from c by a; Mon, 2 Nov 2026 09:59:00 +0100\n"
        "From: \"Berg,  Anna\" <anna@example.org>\n"
        "To: Ben <ben@example.net>, (Carl) carl@example.com,\n\tundisclosed: dora@example.net;\n"
        "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?= =?utf-8?q?_aus?= K.\n"
        "X-Fold: one\n two\n"
        "Message-ID: <1@example.org>\n\n"
        "buy now, buy cheap\n\nbuy again at http://shop.example.org/x\n";

/* "NAME NAME*3 …" of what hits, in the order told, and what the first is described as. Copies, as
 * the rules are gone when a test looks. */
static char names[2000];
static char described[200];

static void run_late(const char *text, const char *mail, const char *reverse_path,
        int64_t deadline_us, struct eval *out)
{
	struct rules *rules = rules_new(NULL, NULL);
	struct mime_map *map = mime_map_new(mail, strlen(mail), NULL);
	struct eval_input input = {
	        .map = map, .reverse_path = reverse_path, .deadline_us = deadline_us};
	size_t used = 0;

	rules_add_text(rules, "t.cf", text, strlen(text));
	rules_compile(rules);
	eval_run(rules, &input, out);
	names[0] = '\0';
	snprintf(described, sizeof(described), "%s", out->count ? out->hits[0].describe : "");
	for (size_t i = 0; i < out->count && used < sizeof(names) - 150; i++)
		used += (size_t)sprintf(names + used, out->hits[i].hits > 1 ? "%s*%lu " : "%s ",
		        out->hits[i].name, out->hits[i].hits);
	mime_map_free(&map);
	rules_free(&rules);
}

static void hits_in(const char *mail, const char *rules, const char *want)
{
	struct eval eval;

	run_late(rules, mail, NULL, 0, &eval);
	assert_string_equal(names, want);
	eval_fini(&eval);
}

static void hits(const char *rules, const char *want)
{
	hits_in(plain, rules, want);
}

static void a_body_rule_hits_once_and_multiple_as_often_as_it_is_there(void **state)
{
	hits("body A /buy/\n", "A ");
	hits("body A /buy/\ntflags A multiple\n", "A*3 ");
	hits("body A /buy/\ntflags A multiple maxhits=2\n", "A*2 ");
	hits("body A /x*/\ntflags A multiple maxhits=7\n", "A*7 ");
}

/* Rules that add nothing themselves wait until one of these metas asks. */
static void metas_see_all_hits_of_rules_that_add_nothing(void **state)
{
#define HIDDEN                                                                                     \
	"body __A /buy/\ntflags __A multiple\nbody __B /cheap/\nrawbody __C /again/\n"             \
	"uri __D /shop/\nbody __E /sell/\nmeta __F __A + __B\nmeta __G !__C\nmeta __H __F - 5\n"
	hits(HIDDEN "meta M __A == 3\n", "M ");
	hits(HIDDEN "meta M __F == 4\nmeta N __F > 1\nmeta O __F > 4\n", "M N ");
	hits(HIDDEN "meta M __G\nmeta N __D && !__G\nmeta O __E || __D\n", "N O ");
	hits(HIDDEN "meta M __E && __F\nmeta N __H == 1\nmeta O __H\n", "N O ");
	hits(HIDDEN "meta M (__A * __B) - 3\nmeta N __A ^ __B\nmeta O __E ? __A : __D\n", "N O ");
#undef HIDDEN
}

static void points_are_counted_for_each_hit(void **state)
{
	struct eval eval;

	run_late("body A /buy/\ntflags A multiple\nscore A 0.5\nbody B /cheap/\nscore B 2\nbody "
	         "__C /x/\n",
	        plain, NULL, 0, &eval);
	assert_true(eval.score > 3.49 && eval.score < 3.51);
	assert_int_equal(eval.count, 2);
	eval_fini(&eval);
}

static void each_paragraph_is_matched_alone(void **state)
{
	hits("body A /^buy again/\nbody B /cheap.*again/s\nbody C /cheap$/\n", "A C ");
}

static void the_subject_belongs_to_the_body_unless_it_is_left_out(void **state)
{
	hits("body A /aus K/\nbody B /aus K/\ntflags B nosubject\n", "A ");
}

static void headers_are_decoded_or_raw(void **state)
{
	hits("header A Subject =~ /^Gr\xc3\xbc\xc3\x9f"
	     "e aus K\\.$/\nheader B subject:raw =~ /^ =\\?utf-8/\n"
	     "header C X-Fold =~ /^one two\\n$/\nheader D X-Fold:raw =~ /^ one\\n two\\n/\n",
	        "A B C D ");
}

static void fields_of_one_name_are_matched_together(void **state)
{
	hits("header A Received =~ /from a.*from c/s\nheader B Received:first =~ /from c/\n"
	     "header C Received:last =~ /from c/\n",
	        "A C ");
}

static void addresses_and_names_can_be_asked_for(void **state)
{
	hits("header A From:addr =~ /^anna\\@example\\.org$/\nheader B From:name =~ /^Berg, "
	     "Anna$/\n"
	     "header C To:addr =~ /^ben\\S+\\ncarl\\@example.com\\ndora\\@example.net$/\n"
	     "header D To:name =~ /^Ben\\nCarl$/\n",
	        "A B C D ");
}

static void headers_that_are_made_up_are_there(void **state)
{
	hits("header A ALL =~ /^Received: from a.*\\nFrom: .*\\nSubject: Gr/s\nheader B ToCc =~ "
	     "/ben.*carl/\n"
	     "header C MESSAGEID =~ /^<1\\@/\nheader D exists:x-fold\nheader E exists:X-None\n",
	        "A B C D ");
}

static void an_absent_header_is_an_empty_one(void **state)
{
	hits("header A X-None !~ /x/\nheader B X-None =~ /^$/\nheader C Subject !~ /K/\n", "A B ");
}

static void if_unset_stands_for_an_absent_header_only(void **state)
{
	hits("header A X-None =~ /^UNSET$/ [if-unset: UNSET]\nheader B X-None !~ /UNSET/ "
	     "[if-unset: UNSET]\n"
	     "header C Subject =~ /UNSET/ [if-unset: UNSET]\n",
	        "A ");
}

static void the_envelope_is_known_where_we_have_it(void **state)
{
	struct eval eval;

	run_late("header A EnvelopeFrom =~ /^bounce\\@x/\n", plain, "bounce@x.example", 0, &eval);
	assert_string_equal(names, "A ");
	eval_fini(&eval);
	hits_in("Return-Path: <r@x>\n\nhi\n", "header A EnvelopeFrom:addr =~ /^r\\@x$/\n", "A ");
}

static void links_raw_text_and_the_whole_are_matched(void **state)
{
	hits("uri A m{^http://shop\\.example\\.org/x$}\nrawbody B /cheap\\n\\nbuy/\nfull C "
	     "/\\nSubject: "
	     ".*\\n\\nbuy/s\n",
	        "A B C ");
}

static void headers_of_parts_are_matched(void **state)
{
	static const char mail[] =
	        "Content-Type: multipart/mixed; boundary=q\n\n--q\nContent-Type: text/plain\n\nx\n"
	        "--q\nContent-Type: application/zip; name=a.zip\n\nPK\n--q--\n";

	hits_in(mail,
	        "mimeheader A Content-Type =~ m{^application/zip}\nmimeheader B Content-Type =~ "
	        "/mixed/\nmimeheader C Content-Type =~ /gif/\n",
	        "A B ");
}

static void parts_are_chosen_by_number_and_their_fields_can_be_one_text(void **state)
{
	static const char mail[] = "Content-Type: multipart/mixed;\n "
	                           "boundary=q\n\n--q\nContent-Type: text/plain\n\nx\n"
	                           "--q\nContent-Type: image/gif\nX: 1\n\nGIF\n"
	                           "--q\nContent-Type: image/png\nX: 2\n\nPNG\n--q--\n";

	hits_in(mail,
	        "mimeheader A Content-Type =~ /text/\ntflags A range=2\n"
	        "mimeheader B Content-Type =~ /text/\ntflags B range=3-\n"
	        "mimeheader C Content-Type =~ /mixed/\ntflags C range=-2\n"
	        "mimeheader D Content-Type =~ /mixed/\ntflags D range=2-9\n"
	        "mimeheader E Content-Type =~ /gif\\n.*png/\ntflags E concat\n"
	        "mimeheader F Content-Type =~ /gif\\n.*png/\ntflags F concat range=1-3\n"
	        "mimeheader G Content-Type:raw =~ /;\\n boundary/\n"
	        "mimeheader H X =~ /^\\n\\n1\\n2\\n$/\ntflags H concat\n"
	        "mimeheader __I Content-Type =~ /i/\ntflags __I multiple\nmeta I __I == 2\n",
	        "A C E G H I ");
}

static void conditions_on_an_address_hold_together(void **state)
{
	static const char mail[] =
	        "DKIM-Signature: v=1; d=signer.\n example.com; s=x\nContent-Type: text/html\n\n"
	        "<a href=\"http://one.example.com/%41\">https://bank.example.com</a>"
	        "<img src=\"https://two.example.net/a.gif\">"
	        "<a href=\"http://two.example.net/\">pictures</a>www.three.example.org/ "
	        "four.example.org/x\n";

	hits_in(mail,
	        "uri_detail A text =~ /https:/ cleaned !~ /^https:/\n"
	        "uri_detail B raw =~ /%41/ cleaned =~ m!/A$! type =~ /^a$/\n"
	        "uri_detail C host =~ /^one\\./ text =~ /pictures/\n"
	        "uri_detail D type =~ /^img$/ domain =~ /^example\\.net$/\n"
	        "uri_detail E type =~ /^img$/ text =~ /./\n"
	        "uri_detail F type =~ /^unlinked$/ host =~ /^four\\./i\n"
	        "uri_detail G type =~ /^unlinked$/ host =~ /^three\\./\n"
	        "uri_detail H type =~ /^domainkeys$/ host =~ /^signer\\.example\\.com$/\n"
	        "uri_detail I type =~ /^domainkeys$/ cleaned =~ /./\n"
	        "uri_detail J raw =~ /a b/ raw =~ /three/\n"
	        "meta K A && B\nscore I 0\n",
	        "A B D F H J K ");
}

static void metas_count_hits_and_see_hidden_rules(void **state)
{
	hits("body __A /buy/\ntflags __A multiple\nmeta B __A > 2\nmeta C __A > 3\nmeta D B && "
	     "!C\n",
	        "B D ");
}

static void what_is_not_defined_or_not_run_is_0_as_in_spamassassin(void **state)
{
	hits("meta A !NOWHERE\nbody E eval:check()\nmeta B !E\nmeta C E || A\nmeta D E && A\n"
	     "header N eval:check_rbl('zen', 'zen.spamhaus.org.')\ntflags N net\nmeta F !N\n",
	        "A B C F ");
}

static void what_one_rule_captures_another_looks_for(void **state)
{
	hits("header __TO To:addr =~ /(?<TO_USER>[^@]+)@/\nbody A /to %{TO_USER}/\n"
	     "body B /x%{NOBODY}/\nuri C m{//shop\\.%{TLD}}\nbody __T /shop\\.(?<TLD>\\w+)/\n"
	     "header D Subject !~ /%{NOBODY}/\nheader E Subject !~ /%{TO_USER}/\n"
	     "body F /%\\{TO_USER}/\n",
	        "C E ");
	hits_in("To: (x) b.en@example.net\nSubject: s\n\nmail to b.en, to bxen and {x}\n",
	        "header __TO To:addr =~ /(?<TO_USER>[^@]+)@/\nbody A /to %{TO_USER}/\n"
	        "tflags A multiple\n",
	        "A ");
}

static void letters_above_ascii_have_two_cases_as_bytes(void **state)
{
	hits_in("Subject: x\nContent-Type: text/plain; charset=utf-8\n\ngr\xc3\xbc\xc3\x9f"
	        "e\n",
	        "body A /gr\\xe3\\xbc/i\nbody B /gr\\xe3\\xbc/\n", "A ");
}

static void score_0_switches_a_rule_off_as_in_spamassassin(void **state)
{
	hits("body A /buy/\nscore A 0\nmeta B !A\nmeta C !NOWHERE\nscore C 0\nmeta D B && !C\n",
	        "B ");
}

static void circles_are_false(void **state)
{
	hits("meta A !B\nmeta B !A\nmeta C !A && !B\n", "C ");
}

static void priority_orders_what_is_told(void **state)
{
	hits("body A /buy/\npriority A 10\nbody B /buy/\nbody C /buy/\npriority C -5\n", "C B A ");
}

static void what_matched_is_told_and_safe_to_print(void **state)
{
	struct eval eval;

	run_late("body A /B.{0,9}/\ndescribe A What it is\n", "Subject: x\n\na B\x1b[31m\xff end\n",
	        NULL, 0, &eval);
	assert_int_equal(eval.count, 1);
	assert_string_equal(described, "What it is");
	assert_int_equal(eval.hits[0].excerpt[0], 'B');
	assert_null(strchr(eval.hits[0].excerpt, '\x1b'));
	eval_fini(&eval);
}

/* As 23_bayes.cf has them. */
static const char bayes[] = "body BAYES_00 eval:check_bayes('0.00', '0.01')\n"
                            "body BAYES_05 eval:check_bayes('0.01', '0.05')\n"
                            "body BAYES_50 eval:check_bayes('0.40', '0.60')\n"
                            "body BAYES_99 eval:check_bayes('0.99', '1.00')\n"
                            "body BAYES_999 eval:check_bayes('0.999', '1.00')\n"
                            "body OPEN eval:check_bayes(0.5, undef)\n"
                            "meta SURE BAYES_99 && !BAYES_00\nscore BAYES_99 3.5\n";

/* Gives the points. */
static double said_by_a_model(enum rules_model model, const double *probability, const char *want)
{
	struct rules *rules = rules_new(NULL, NULL);
	struct mime_map *map = mime_map_new(plain, strlen(plain), NULL);
	struct eval_input input = {.map = map, .probability = probability};
	struct buf found = {0};
	struct eval eval;
	double score;

	rules_use_model(rules, model);
	rules_add_text(rules, "t.cf", bayes, sizeof(bayes) - 1);
	rules_compile(rules);
	eval_run(rules, &input, &eval);
	buf_add_string(&found, "");
	for (size_t i = 0; i < eval.count; i++)
		buf_add_format(&found, "%s ", eval.hits[i].name);
	assert_string_equal(found.data, want);
	score = eval.score;
	buf_fini(&found);
	eval_fini(&eval);
	mime_map_free(&map);
	rules_free(&rules);
	return score;
}

/* A range begins above its lower end and ends with its upper one. */
static void what_a_model_says_is_in_ranges_as_spamassassins_bayes_is(void **state)
{
	static const struct {
		double probability;
		const char *want;
	} rows[] = {
	        {0, "BAYES_00 "},
	        {0.01, "BAYES_00 "},
	        {0.0100001, "BAYES_05 "},
	        {0.4, ""},
	        {0.5, "BAYES_50 "},
	        {0.5001, "BAYES_50 OPEN "},
	        {0.99, "OPEN "},
	        {0.9901, "BAYES_99 OPEN SURE "},
	        {0.999, "BAYES_99 OPEN SURE "},
	        {0.9991, "BAYES_99 BAYES_999 OPEN SURE "},
	        {1, "BAYES_99 BAYES_999 OPEN SURE "},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		said_by_a_model(RULES_MODEL_POINTS, &rows[i].probability, rows[i].want);
}

static void what_a_model_says_adds_points_where_it_is_to_and_metas_see_it(void **state)
{
	const double sure = 0.9999;

	assert_true(said_by_a_model(RULES_MODEL_POINTS, &sure, "BAYES_99 BAYES_999 OPEN SURE ") ==
	            3.5 + 1 + 1 + 1);
	assert_true(
	        said_by_a_model(RULES_MODEL_NAMES, &sure, "BAYES_99 BAYES_999 OPEN SURE ") == 1);
	assert_true(said_by_a_model(RULES_MODEL_OFF, &sure, "") == 0);
	assert_true(said_by_a_model(RULES_MODEL_POINTS, NULL, "") == 0);
	assert_true(said_by_a_model(RULES_MODEL_NAMES, NULL, "") == 0);
}

static void a_pattern_that_gives_up_is_told_and_hits_nothing(void **state)
{
	static const char mail[] =
	        "Subject: x\n\naaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\n";
	struct eval eval;

	run_late("body A /^(a+)+$/\nmeta B !A\nheader C Subject =~ /x/\n", mail, NULL, 0, &eval);
	assert_string_equal(names, "C ");
	assert_int_equal(eval.gave_up, 1);
	assert_string_equal(eval.gave_up_first, "A");
	eval_fini(&eval);
}

static void a_deadline_that_passed_is_told(void **state)
{
	struct eval eval;

	run_late("body A /buy/\nheader B Subject =~ /K/\nmeta C !A\n", plain, NULL, 1, &eval);
	assert_true(eval.is_late);
	assert_string_equal(names, "");
	eval_fini(&eval);
	run_late("body A /buy/\n", plain, NULL, clock_monotonic_us() + 60000000, &eval);
	assert_false(eval.is_late);
	assert_string_equal(names, "A ");
	eval_fini(&eval);
}

static void an_empty_message_and_no_rules_are_fine(void **state)
{
	hits_in("", "body A /./\nheader B ALL =~ /./\nrawbody C /./\nfull D /^$/\n", "D ");
	hits("", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_body_rule_hits_once_and_multiple_as_often_as_it_is_there),
	        cmocka_unit_test(metas_see_all_hits_of_rules_that_add_nothing),
	        cmocka_unit_test(points_are_counted_for_each_hit),
	        cmocka_unit_test(each_paragraph_is_matched_alone),
	        cmocka_unit_test(the_subject_belongs_to_the_body_unless_it_is_left_out),
	        cmocka_unit_test(headers_are_decoded_or_raw),
	        cmocka_unit_test(fields_of_one_name_are_matched_together),
	        cmocka_unit_test(addresses_and_names_can_be_asked_for),
	        cmocka_unit_test(headers_that_are_made_up_are_there),
	        cmocka_unit_test(an_absent_header_is_an_empty_one),
	        cmocka_unit_test(if_unset_stands_for_an_absent_header_only),
	        cmocka_unit_test(the_envelope_is_known_where_we_have_it),
	        cmocka_unit_test(links_raw_text_and_the_whole_are_matched),
	        cmocka_unit_test(headers_of_parts_are_matched),
	        cmocka_unit_test(parts_are_chosen_by_number_and_their_fields_can_be_one_text),
	        cmocka_unit_test(conditions_on_an_address_hold_together),
	        cmocka_unit_test(metas_count_hits_and_see_hidden_rules),
	        cmocka_unit_test(what_is_not_defined_or_not_run_is_0_as_in_spamassassin),
	        cmocka_unit_test(what_one_rule_captures_another_looks_for),
	        cmocka_unit_test(letters_above_ascii_have_two_cases_as_bytes),
	        cmocka_unit_test(score_0_switches_a_rule_off_as_in_spamassassin),
	        cmocka_unit_test(circles_are_false),
	        cmocka_unit_test(priority_orders_what_is_told),
	        cmocka_unit_test(what_matched_is_told_and_safe_to_print),
	        cmocka_unit_test(what_a_model_says_is_in_ranges_as_spamassassins_bayes_is),
	        cmocka_unit_test(what_a_model_says_adds_points_where_it_is_to_and_metas_see_it),
	        cmocka_unit_test(a_pattern_that_gives_up_is_told_and_hits_nothing),
	        cmocka_unit_test(a_deadline_that_passed_is_told),
	        cmocka_unit_test(an_empty_message_and_no_rules_are_fine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
