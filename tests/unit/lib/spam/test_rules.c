#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/base/alloc.h"
#include "lib/base/buf.h"
#include "lib/base/file.h"
#include "lib/spam/rule.h"

static struct buf said;

static void listen(void *context, const char *sentence)
{
	buf_add_string(&said, sentence);
	buf_add_char(&said, '\n');
}

static struct rules *read_rules(const char *text)
{
	struct rules *rules = rules_new(listen, NULL);

	buf_clear(&said);
	buf_add_string(&said, "");
	rules_add_text(rules, "t.cf", text, strlen(text));
	rules_compile(rules);
	return rules;
}

/* Reads one line (or more) and holds what is said about it against `want`. */
static void complains(const char *text, const char *want)
{
	struct rules *rules = read_rules(text);

	if (!strstr(said.data, want))
		fail_msg("\"%s\": said \"%s\", not \"%s\"", text, said.data, want);
	assert_true(rules_skipped(rules) >= 1);
	rules_free(&rules);
	assert_null(rules);
}

static void is_silent(const char *text, size_t count)
{
	struct rules *rules = read_rules(text);

	assert_string_equal(said.data, "");
	assert_int_equal(rules_skipped(rules), 0);
	assert_int_equal(rules_count(rules), count);
	rules_free(&rules);
}

static void each_kind_of_rule_is_read(void **state)
{
	is_silent("header A Subject =~ /x/i\nheader B exists:To\nheader C To:addr !~ m{y} "
	          "[if-unset: z]\n"
	          "body D /x/\nrawbody E m!x!s\nuri F m,x,\nfull G /x/\nmeta H A && !B\n"
	          "mimeheader I Content-Type =~ /x/\n",
	        9);
}

static void forms_of_headers_are_read(void **state)
{
	struct rules *rules = read_rules("header A From:name =~ /x/\nheader B To:raw:first !~ /x/\n"
	                                 "header C Received:last =~ /y/ [if-unset: a b]\n");
	const struct rule *a = rules_name(rules, "A"), *b = rules_name(rules, "B"),
	                  *c = rules_name(rules, "C");

	assert_int_equal(a->header.form, FORM_NAME);
	assert_int_equal(b->header.form, FORM_RAW);
	assert_int_equal(b->header.pick, PICK_FIRST);
	assert_true(b->negated);
	assert_int_equal(c->header.pick, PICK_LAST);
	assert_string_equal(c->if_unset, "a b");
	assert_string_equal(c->pattern, "y");
	rules_free(&rules);
}

static void comments_blanks_and_line_ends_are_dropped(void **state)
{
	struct rules *rules = read_rules("# all\n  body\tA   /x\\#y/ # end\r\n\n\t\nbody B /z/");

	assert_string_equal(said.data, "");
	assert_string_equal(rules_name(rules, "A")->pattern, "x#y");
	assert_int_equal(rules_name(rules, "A")->line, 2);
	assert_int_equal(rules_name(rules, "B")->line, 5);
	rules_free(&rules);
}

/* As an editor that saves UTF-16 leaves it, or a disk that lost a block. */
static void lines_that_are_no_text_are_counted_and_the_others_read(void **state)
{
	static const char text[] =
	        "body A /x/\n\0\0\0body B /y/\nb\0o\0d\0y\0\n\0body C /z/\nbody D /z/";
	struct rules *rules = rules_new(listen, NULL);

	buf_clear(&said);
	rules_add_text(rules, "t.cf", text, sizeof(text) - 1);
	rules_compile(rules);
	assert_int_equal(rules_skipped(rules), 3);
	assert_int_equal(rules_count(rules), 2);
	assert_string_equal(said.data, "t.cf:2: a NUL byte is in the line; rules are read as "
	                               "UTF-8, not as UTF-16\n");
	rules_free(&rules);
}

static void a_mark_of_utf_8_in_front_is_no_part_of_the_first_line(void **state)
{
	is_silent("\xef\xbb\xbf"
	          "body A /x/\nbody B /y/\n",
	        2);
	complains("\xef\xbb\xbf"
	          "bogus",
	        "t.cf:1: \"bogus\" is not supported");
}

static void what_is_not_understood_is_told_with_file_and_line(void **state)
{
	complains("\nbogus thing", "t.cf:2: \"bogus\" is not supported");
	complains("body 1A /x/", "t.cf:1: not a rule's name: \"1A\"");
	complains("body A x", "t.cf:1: rule A: not a pattern");
	complains("body A /x", "rule A: the pattern has no end");
	complains("body A /x/e", "rule A: unknown modifier e");
	complains("body A /x(?{ 1 })/", "rule A: Perl code");
	complains("body A /a(b/", "t.cf:1: rule A: missing closing parenthesis, at offset 3");
	complains("body A eval:check_this()", "rule A: the function check_this is not here");
	complains("body A eval:check_this", "rule A: a function's name and ( ) were expected");
	complains("body A eval:check_this() x", "rule A: a function's name and ( ) were expected");
	complains("header A Subject ~ /x/", "rule A: neither =~ nor !~");
	complains("header A Subject:other =~ /x/", "rule A: this part of a header");
	complains("header A :addr =~ /x/", "not a header's name");
	complains("meta A B &&", "rule A: a rule's name or a number is missing");
	complains("score A", "score A: one or four numbers");
	complains("score A 1 2", "score A: one or four numbers");
	complains("score A 1 2 3 4 5", "score A: one or four numbers");
	complains("score A x", "score A: one or four numbers");
	complains("score A nan", "score A: one or four numbers");
	complains("tflags A strange", "tflags A: \"strange\" is not known");
	complains("priority A high", "priority A: a number was expected");
	complains("replace_tag 9 x", "not a tag's name");
	complains("uri_detail A other =~ /x/", "rule A: only raw, type, cleaned, text, domain and");
	complains("uri_detail A", "rule A: key =~ /pattern/ was expected");
	complains("uri_detail A raw =~ x", "rule A: key =~ /pattern/ was expected");
	complains("uri_detail A raw =~ /x/ and", "rule A: key =~ /pattern/ was expected");
	complains("uri_detail A raw =~ /(/", "rule A: missing closing parenthesis");
	complains("mimeheader A Content-Type:addr =~ /x/", "rule A: only :raw can be asked for");
	complains("mimeheader A exists:Content-Id", "rule A: neither =~ nor !~");
	complains("tflags A range=x", "tflags A: \"range=x\" is not known");
	complains("tflags A range=-", "tflags A: \"range=-\" is not known");
	complains("loadplugin Mail::SpamAssassin::Plugin::AntiVirus", "AntiVirus is not here");
	complains("score A (1)", "score A: there is no score yet");
	complains("enlist_addrlist NAME a@b", "enlist_addrlist: (NAME) and values were expected");
	complains("trusted_networks", "trusted_networks: a value is missing");
	complains("include /etc/passwd", "include is refused here");
	complains("endif", "endif without if");
	complains("else", "else without if");
	complains("if 1", "an if is left open");
	complains("if strange(x)\nbody A /x/\nendif", "t.cf:1: ");
	complains("meta A B\nmeta B A\n", "needs itself");
}

static void a_run_of_lines_with_one_unknown_key_is_told_once_and_counted_in_full(void **state)
{
	struct rules *rules =
	        read_rules("tld com\ntld net\nbody A /x/\ntld org\nother x\ntld de\n");

	assert_string_equal(said.data, "t.cf:1: \"tld\" is not supported\n"
	                               "t.cf:5: \"other\" is not supported\n"
	                               "t.cf:6: \"tld\" is not supported\n");
	assert_int_equal(rules_skipped(rules), 5);
	rules_free(&rules);
}

static void scores_have_defaults_and_can_be_relative(void **state)
{
	struct rules *rules =
	        read_rules("body A /x/\nbody T_B /x/\nbody C /x/\ntflags C nice\nbody D /x/\n"
	                   "score D 2.5\nbody E /x/\nscore E 1 2 3 4\nbody F /x/\nscore F 2\n"
	                   "score F (0.5)\nbody G /x/\nscore G 1 2 3 4\nscore G (-3)\n");

	assert_true(rules_name(rules, "A")->score == 1);
	assert_true(rules_name(rules, "T_B")->score == 0.01);
	assert_true(rules_name(rules, "C")->score == -1);
	assert_true(rules_name(rules, "D")->score == 2.5);
	assert_true(rules_name(rules, "E")->score == 1);
	assert_true(rules_name(rules, "F")->score == 2.5);
	assert_true(rules_name(rules, "G")->score == -2);
	rules_free(&rules);
}

static void a_rule_of_score_0_is_not_run(void **state)
{
	is_silent("body A /x/\nscore A 0\nbody __B /x/\nscore __B 0\nbody C /x/\n", 1);
}

static void the_last_definition_wins(void **state)
{
	struct rules *rules =
	        read_rules("body A /x/\nscore A 3\ndescribe A what\nheader A To !~ /y/\n");
	const struct rule *rule = rules_name(rules, "A");

	assert_int_equal(rule->kind, RULE_HEADER);
	assert_string_equal(rule->pattern, "y");
	assert_string_equal(rule->describe, "what");
	assert_true(rule->score == 3);
	rules_free(&rules);
}

static void flags_are_read(void **state)
{
	struct rules *rules =
	        read_rules("body A /x/\ntflags A multiple maxhits=5 nosubject publish\n"
	                   "priority A -90\nbody B /x/\ntflags B net\n");
	const struct rule *a = rules_name(rules, "A");

	assert_string_equal(said.data, "");
	assert_true(a->multiple && a->no_subject && a->max_hits == 5 && a->priority == -90);
	/* Only what a function asks is of the network: a pattern is a pattern. */
	assert_int_equal(rules_name(rules, "B")->kind, RULE_BODY);
	rules_free(&rules);
}

static void conditions_choose_lines(void **state)
{
	is_silent("ifplugin Mail::SpamAssassin::Plugin::MIMEHeader\nbody A /x/\nelse\nbody B "
	          "/x/\nendif\n"
	          "ifplugin Mail::SpamAssassin::Plugin::TextCat\nbogus\nelse\nbody C /x/\nendif\n"
	          "if (version >= 3.004002) && !plugin(Mail::SpamAssassin::Plugin::TxRep)\nbody D "
	          "/x/\n"
	          "if 0\nbogus\nif 1\nbogus\nendif\nelse\nbody E /x/\nendif\nendif\n"
	          "if can(Mail::SpamAssassin::Conf::feature_bug6558_free)\nbody F /x/\nendif\n"
	          "if has(Mail::SpamAssassin::Plugin::X::y) || perl_version < 5.01\nbogus\nendif\n",
	        5);
}

static void a_file_for_another_version_is_left_at_that_line(void **state)
{
	struct rules *rules = read_rules("body A /x/\nrequire_version 3.000000\nbody B /x/\n");

	assert_non_null(strstr(said.data, "t.cf:2: the rest of the file"));
	assert_int_equal(rules_count(rules), 1);
	rules_free(&rules);
	is_silent("require_version 4.000001\nbody A /x/\n", 1);
	is_silent("require_version @@VERSION@@\nbody A /x/\n", 1);
}

static void lines_in_other_languages_are_left_out(void **state)
{
	struct rules *rules =
	        read_rules("describe A one\nlang de describe A zwei\nlang en describe A three\n");

	assert_string_equal(rules_name(rules, "A")->describe, "three");
	rules_free(&rules);
}

static void keys_are_the_same_in_any_case_and_with_either_dash(void **state)
{
	is_silent("BODY A /x/\nreplace-tag X y\nadd-header all x y\nbayes_ignore_header z\n", 1);
}

static void tags_are_replaced_in_the_rules_that_ask(void **state)
{
	struct rules *rules =
	        read_rules("replace_tag A [a4]\nreplace_tag SP \\s*\nreplace_tag B <A>+b\n"
	                   "replace_pre P (?:\nreplace_post Q )\nreplace_inter I -\n"
	                   "body X /<inter I><pre P><post Q>v<A><B><NO>/\nbody Y /<A>/\n"
	                   "replace_rules X\n");

	assert_string_equal(said.data, "");
	assert_string_equal(rules_name(rules, "X")->pattern, "v(?:[a4])-(?:[a4]+b)-(?:<NO>)");
	assert_string_equal(rules_name(rules, "Y")->pattern, "<A>");
	rules_free(&rules);
}

static void tags_that_grow_without_end_are_stopped(void **state)
{
	complains("replace_tag A <A><A><A><A><A><A><A><A><A><A><A><A><A><A><A><A><A><A><A><A>\n"
	          "body X /<A>/\nreplace_rules X\n",
	        "rule X: ");
}

static void metas_are_put_behind_what_they_need(void **state)
{
	struct rules *rules = read_rules("meta A B + C\nmeta B C + D\nbody D /x/\nmeta C D\n");

	assert_int_equal(rules->of[RULE_META].count, 3);
	assert_string_equal(rules->of[RULE_META].items[0]->name, "C");
	assert_string_equal(rules->of[RULE_META].items[1]->name, "B");
	assert_string_equal(rules->of[RULE_META].items[2]->name, "A");
	rules_free(&rules);
}

static void metas_in_a_circle_are_false_and_others_are_not_touched(void **state)
{
	struct rules *rules = read_rules("meta A !B\nmeta B !C\nmeta C !A\nmeta D !A\nmeta E E\n");

	assert_int_equal(rules->of[RULE_META].count, 1);
	assert_string_equal(rules->of[RULE_META].items[0]->name, "D");
	rules_free(&rules);
}

static void a_very_long_chain_of_metas_ends(void **state)
{
	struct buf text = {0};
	struct rules *rules;

	for (int i = 0; i < 5000; i++)
		buf_add_format(&text, "meta M%d M%d\n", i, i + 1);
	rules = read_rules(text.data);
	assert_in_range(rules_count(rules), 4990, 4999);
	assert_int_equal(rules_skipped(rules), 5000 - rules_count(rules));
	rules_free(&rules);
	buf_fini(&text);
}

static void every_form_of_a_header_is_read(void **state)
{
	static const struct {
		const char *text;
		const char *name;
		enum header_form form;
		enum header_pick pick;
		int is_raw;
	} want[] = {
	        {"From:host =~ /x/", "From", FORM_HOST, PICK_ALL, 0},
	        {"From:domain =~ /x/", "From", FORM_DOMAIN, PICK_ALL, 0},
	        {"Received:ip:last =~ /x/", "Received", FORM_IP, PICK_LAST, 0},
	        {"Received:revip =~ /x/", "Received", FORM_REVIP, PICK_ALL, 0},
	        {"From:name:raw =~ /x/", "From", FORM_NAME, PICK_ALL, 1},
	        {"Subject:raw !~ /x/", "Subject", FORM_RAW, PICK_ALL, 1},
	        {"Subject: =~ /x/", "Subject", FORM_VALUE, PICK_ALL, 0},
	        {"Subject=~/x/", "Subject", FORM_VALUE, PICK_ALL, 0},
	        {"ALL-TRUSTED:raw=~ /x/", "ALL-TRUSTED", FORM_RAW, PICK_ALL, 1},
	        {"X-Spam-Relays-External\t=~\t/x/", "X-Spam-Relays-External", FORM_VALUE, PICK_ALL,
	                0},
	};

	for (size_t i = 0; i < sizeof(want) / sizeof(*want); i++) {
		char *line = alloc_format("header A %s", want[i].text);
		struct rules *rules = read_rules(line);
		const struct rule *rule = rules_name(rules, "A");

		assert_string_equal(said.data, "");
		assert_int_equal(rule->kind, RULE_HEADER);
		assert_string_equal(rule->header.name, want[i].name);
		assert_int_equal(rule->header.form, want[i].form);
		assert_int_equal(rule->header.pick, want[i].pick);
		assert_int_equal(rule->header.is_raw, want[i].is_raw);
		assert_string_equal(rule->pattern, "x");
		rules_free(&rules);
		free(line);
	}
}

static void rules_that_ask_the_network_or_a_model_are_known_and_not_run(void **state)
{
	struct rules *rules =
	        read_rules("header A eval:check_rbl_sub('zen', '127.0.0.2')\nheader B "
	                   "rbleval:check_rbl('x','y.')\naskdns C _AUTHORDOMAIN_.d TXT /x/\n"
	                   "urirhssub D multi.x. A 2\nbody E eval:check_bayes('0.99', '1.00')\n");

	assert_string_equal(said.data, "");
	assert_int_equal(rules_count(rules), 0);
	assert_int_equal(rules_skipped(rules), 0);
	for (const char *name = "ABCD"; *name; name++) {
		char one[2] = {*name, '\0'};

		assert_int_equal(rules_name(rules, one)->kind, RULE_NOT_RUN);
		assert_int_equal(rules_name(rules, one)->why, WHY_NETWORK);
	}
	assert_int_equal(rules_name(rules, "E")->why, WHY_MODEL);
	assert_int_equal(rules_name(rules, "E")->was, RULE_BODY);
	rules_free(&rules);
}

/* As SpamAssassin ships them: without points where there is no Bayes. */
static const char asking[] = "body HIGH eval:check_bayes('0.99', '1.00')\nscore HIGH 0 0 3.8 3.5\n"
                             "tflags HIGH learn\nbody NEVER eval:check_bayes('0.5', '1')\n"
                             "score NEVER 0\nbody PLAIN eval:check_bayes('0.5', '1')\n"
                             "score PLAIN 2\n";

static struct rules *read_asking(enum rules_model model, int score_set)
{
	struct rules *rules = rules_new(NULL, NULL);

	rules_use_model(rules, model);
	rules_use_score_set(rules, score_set);
	rules_add_text(rules, "t.cf", asking, strlen(asking));
	rules_compile(rules);
	return rules;
}

static void is_asked(enum rules_model model, int score_set, enum rule_why high, double high_score,
        enum rule_why plain, double plain_score)
{
	struct rules *rules = read_asking(model, score_set);

	assert_int_equal(rules_name(rules, "HIGH")->why, high);
	assert_true(rules_name(rules, "HIGH")->score == high_score);
	assert_int_equal(rules_name(rules, "PLAIN")->why, plain);
	assert_true(rules_name(rules, "PLAIN")->score == plain_score);
	assert_int_equal(
	        rules_name(rules, "NEVER")->why, model == RULES_MODEL_OFF ? WHY_MODEL : WHY_POINTS);
	assert_int_equal(rules_asking_model(rules), (size_t)(!high + !plain));
	rules_free(&rules);
}

static void rules_that_ask_the_model_are_run_as_is_wanted(void **state)
{
	is_asked(RULES_MODEL_OFF, 0, WHY_MODEL, 0, WHY_MODEL, 2);
	is_asked(RULES_MODEL_OFF, 2, WHY_MODEL, 3.8, WHY_MODEL, 2);
	is_asked(RULES_MODEL_NAMES, 0, WHY_RUN, 0, WHY_RUN, 0);
	is_asked(RULES_MODEL_NAMES, 3, WHY_RUN, 0, WHY_RUN, 0);
	is_asked(RULES_MODEL_POINTS, 0, WHY_POINTS, 0, WHY_RUN, 2);
	is_asked(RULES_MODEL_POINTS, 2, WHY_RUN, 3.8, WHY_RUN, 2);
	is_asked(RULES_MODEL_POINTS, 3, WHY_RUN, 3.5, WHY_RUN, 2);
}

/* SpamAssassin asks this of functions only. */
static void rules_for_learning_are_run_in_their_score_sets(void **state)
{
	static const char text[] = "header A eval:check_no_relays()\ntflags A learn\n"
	                           "body B /x/\ntflags B learn\n";

	for (int set = 0; set < SCORE_SETS; set++) {
		struct rules *rules = rules_new(NULL, NULL);

		rules_use_model(rules, RULES_MODEL_NAMES);
		rules_use_score_set(rules, set);
		rules_add_text(rules, "t.cf", text, strlen(text));
		rules_compile(rules);
		assert_int_equal(rules_name(rules, "A")->why, set >= 2 ? WHY_RUN : WHY_LEARNING);
		assert_int_equal(rules_name(rules, "B")->why, WHY_RUN);
		rules_free(&rules);
	}
}

static void a_rule_keeps_the_line_that_defines_it(void **state)
{
	struct rules *rules = read_rules("\n  body   A  /x y/i  # why\n");

	assert_string_equal(rules_name(rules, "A")->text, "body   A  /x y/i");
	rules_free(&rules);
}

static void of_four_numbers_that_of_the_score_set_counts(void **state)
{
	static const char text[] = "body A /x/\nscore A 1 2 3 0\nbody B /x/\nscore B 7\n"
	                           "score A (1)\nbody C /x/\nscore C 0 0 5 0\n";

	for (int set = 0; set < SCORE_SETS; set++) {
		static const double want[] = {2, 3, 4, 1};
		struct rules *rules = rules_new(NULL, NULL);

		rules_use_score_set(rules, set);
		rules_add_text(rules, "t.cf", text, strlen(text));
		rules_compile(rules);
		assert_true(rules_name(rules, "A")->score == want[set]);
		assert_true(rules_name(rules, "B")->score == 7);
		assert_int_equal(rules_name(rules, "C")->kind, set == 2 ? RULE_BODY : RULE_NOT_RUN);
		rules_free(&rules);
	}
}

static void metas_that_name_a_meta_of_0_points_are_never_worked_out(void **state)
{
	struct rules *rules = read_rules("meta A B\nmeta B !C\nmeta C 1\nscore C 0\n"
	                                 "body D /x/\nscore D 0\nmeta E !D\n");

	assert_int_equal(rules_name(rules, "C")->why, WHY_POINTS);
	assert_int_equal(rules_name(rules, "B")->why, WHY_NEEDS);
	assert_int_equal(rules_name(rules, "A")->why, WHY_NEEDS);
	assert_int_equal(rules_name(rules, "E")->kind, RULE_META);
	assert_int_equal(rules_skipped(rules), 0);
	rules_free(&rules);
}

static void rules_matching_is_the_sum_of_all_that_match_but_itself(void **state)
{
	struct rules *rules =
	        read_rules("meta X_SUM rules_matching(X_*) > 1\nbody X_A /x/\nbody Y_A /x/\n"
	                   "meta NONE rules_matching( Z? )\nbody X_B /x/\nmeta MY_rules 1\n");
	size_t number, count = 0;

	assert_string_equal(said.data, "");
	for (size_t i = 0; meta_needs(rules_name(rules, "X_SUM")->meta, i, &number); i++) {
		assert_true(number == rules_name(rules, "X_A")->number ||
		            number == rules_name(rules, "X_B")->number);
		count++;
	}
	assert_int_equal(count, 2);
	assert_false(meta_needs(rules_name(rules, "NONE")->meta, 0, &number));
	rules_free(&rules);
	complains("meta A rules_matching(X*", "rule A: an operator is missing");
}

/* The metas that a rule guards, by name. */
static void guards(struct rules *rules, const char *name, const char *metas)
{
	const struct rule *rule = rules_name(rules, name);
	struct buf found = {0};

	buf_add_string(&found, "");
	for (size_t i = 0; i < rule->guarded_count; i++)
		buf_add_format(&found, "%s ", rules->of[RULE_META].items[rule->guarded[i]]->name);
	if (strcmp(found.data, metas) != 0)
		fail_msg("%s: %s", name, found.data);
	buf_fini(&found);
}

static void metas_wait_for_as_few_rules_as_can_be(void **state)
{
	struct rules *rules = read_rules(
	        "body __A /a/\nbody __B /b/\nbody __C /c/\nheader __F eval:check_no_relays()\n"
	        "meta BOTH __A && (__B || __C)\nmeta SUM __B + __C > 1\nmeta SELDOM __F && __C\n"
	        "meta OF_METAS SUM && __A && !BOTH\nmeta ABSENT !__A && !__B\n");

	assert_string_equal(said.data, "");
	guards(rules, "__A", "BOTH OF_METAS ");
	guards(rules, "__B", "SUM ");
	guards(rules, "__C", "SUM SELDOM ");
	/* It is put off, and so may be true in each message. */
	guards(rules, "__F", "");
	guards(rules, "SUM", "");
	for (size_t i = 0; i < rules->of[RULE_META].count; i++)
		assert_int_equal(rules->always_due[i],
		        strcmp(rules->of[RULE_META].items[i]->name, "ABSENT") == 0);
	rules_free(&rules);
}

static void what_costs_least_is_asked_first(void **state)
{
	struct rules *rules = read_rules(
	        "body __SHORT /a/\nbody __LONG /abcdefghijklmnopqrstuvwxyz[abcdefghijklmnopqrst]/\n"
	        "rawbody __RAW /a/\nmeta __SUM __SHORT + __RAW\nmeta M __SUM\n");

	assert_true(rules_name(rules, "__SHORT")->cost < rules_name(rules, "__LONG")->cost);
	assert_true(rules_name(rules, "__SHORT")->cost < rules_name(rules, "__RAW")->cost);
	assert_true(rules_name(rules, "__RAW")->cost < rules_name(rules, "__SUM")->cost);
	rules_free(&rules);
}

static void settings_fill_lists(void **state)
{
	struct rules *rules = read_rules(
	        "whitelist_from a@b *@C.example\nunwelcomelist_from a@b\nblacklist_to x@y\n"
	        "def_welcomelist_from_rcvd a@b  host.example\n"
	        "enlist_addrlist (BANKS) *@bank.example\nenlist_uri_host (NTLD) pro bid\n"
	        "delist_uri_host (NTLD) bid\nfreemail_domains free.example\n"
	        "util_rb_2tld co.uk\nclear_util_rb\nutil_rb_tld de\n"
	        "redirector_pattern /^x y$/i\nenvelope_sender_header X-One\n"
	        "envelope_sender_header X-Two\nwelcomelist_from_dkim a@b d.example\n"
	        "welcomelist_from_dkim c@b\nunwelcomelist_from_dkim a@b\n"
	        "trusted_networks 10/8 !10.1/16\nok_locales en\nok_locales ja ru\n");
	const struct lists *lists = rules_lists(rules);

	assert_string_equal(said.data, "");
	assert_int_equal(lists_count(lists, "welcomelist_from"), 1);
	assert_non_null(lists_match(lists, "welcomelist_from", "z@c.EXAMPLE"));
	assert_true(lists_has(lists, "blocklist_to", "x@y"));
	assert_string_equal(lists_at(lists, "def_welcomelist_from_rcvd", 0), "a@b host.example");
	assert_true(lists_has(lists, "addrlist BANKS", "*@bank.example"));
	assert_true(lists_has(lists, "uri_host NTLD", "pro"));
	assert_false(lists_has(lists, "uri_host NTLD", "bid"));
	assert_true(lists_has(lists, "freemail_domains", "free.example"));
	assert_int_equal(lists_count(lists, "util_rb_2tld"), 0);
	assert_true(lists_has(lists, "util_rb_tld", "de"));
	assert_string_equal(lists_at(lists, "redirector_pattern", 0), "/^x y$/i");
	assert_int_equal(lists_count(lists, "envelope_sender_header"), 1);
	assert_string_equal(lists_at(lists, "envelope_sender_header", 0), "X-Two");
	assert_int_equal(lists_count(lists, "welcomelist_from_dkim"), 1);
	assert_true(lists_has(lists, "trusted_networks", "!10.1/16"));
	assert_int_equal(lists_count(lists, "ok_locales"), 2);
	assert_false(lists_has(lists, "ok_locales", "en"));
	rules_free(&rules);
}

static void settings_without_meaning_are_counted_by_key(void **state)
{
	struct rules *rules = read_rules("report a\nreport b\nuse_bayes 1\nrequired_score 5\n");

	assert_string_equal(said.data, "");
	assert_int_equal(rules_skipped(rules), 0);
	assert_int_equal(rules_meaningless(rules), 4);
	assert_string_equal(rules_meaningless_key(rules, 0), "report");
	assert_string_equal(rules_meaningless_key(rules, 2), "required_score");
	assert_null(rules_meaningless_key(rules, 3));
	rules_free(&rules);
	rules = read_rules("bayes_stopword_languages en\nbayes_stopword_en (?:and)\n");
	assert_string_equal(said.data, "");
	assert_int_equal(rules_meaningless(rules), 2);
	rules_free(&rules);
}

static void a_pattern_too_large_with_its_tags_as_text_is_compiled_with_them_as_groups(void **state)
{
	struct buf text = {0};
	struct rules *rules;
	const struct rule *rule;

	buf_add_string(&text, "replace_tag V (?:");
	for (int i = 0; i < 60; i++)
		buf_add_format(&text, "%sv%dx{1,5}", i ? "|" : "", i);
	buf_add_string(&text, ")\nbody A /begin");
	for (int i = 0; i < 100; i++)
		buf_add_string(&text, "<V>?");
	buf_add_string(&text, "end/\nreplace_rules A\n");
	rules = read_rules(text.data);
	rule = rules_name(rules, "A");
	assert_string_equal(said.data, "");
	assert_int_equal(rule->kind, RULE_BODY);
	assert_int_equal(match_find(rule->match, "beginv3xxv59xend", 16, 0, NULL, NULL), RESULT_OK);
	assert_int_equal(match_find(rule->match, "beginv3v59xend", 14, 0, NULL, NULL), RESULT_NONE);
	rules_free(&rules);
	buf_fini(&text);
}

/* ------------------------------------------------------------ files */

static void put(const char *folder, const char *name, const char *text)
{
	char *path = alloc_format("%s/%s", folder, name);

	assert_int_equal(file_write(path, text, strlen(text), 0600, NULL), RESULT_OK);
	free(path);
}

static void take_away(const char *folder)
{
	static const char *const names[] = {"10_a.cf", "20_b.cf", "30.txt", "inc", "pipe.cf", NULL};

	for (size_t i = 0; names[i]; i++) {
		char *path = alloc_format("%s/%s", folder, names[i]);

		unlink(path);
		free(path);
	}
	assert_int_equal(rmdir(folder), 0);
}

static void a_folder_is_read_in_the_order_of_names(void **state)
{
	char folder[] = "/tmp/lazaret-rules-XXXXXX";
	struct rules *rules = rules_new(listen, NULL);

	assert_non_null(mkdtemp(folder));
	put(folder, "20_b.cf", "score A 7\nbogus\n");
	put(folder, "10_a.cf", "body A /x/\nscore A 3\ninclude inc\n");
	put(folder, "30.txt", "score A 9\n");
	put(folder, "inc", "body B /y/\ninclude inc\n");
	buf_clear(&said);
	assert_int_equal(rules_add_path(rules, folder, NULL), RESULT_OK);
	rules_compile(rules);
	assert_true(rules_name(rules, "A")->score == 7);
	assert_int_equal(rules_count(rules), 2);
	assert_non_null(strstr(said.data, "/20_b.cf:2: \"bogus\""));
	/* The file that includes itself is stopped, once. */
	assert_int_equal(rules_skipped(rules), 2);
	rules_free(&rules);
	take_away(folder);
}

static void files_that_include_each_other_over_and_over_come_to_an_end(void **state)
{
	char folder[] = "/tmp/lazaret-rules-XXXXXX";
	struct rules *rules = rules_new(listen, NULL);

	assert_non_null(mkdtemp(folder));
	put(folder, "10_a.cf", "body A /x/\ninclude 10_a.cf\ninclude 10_a.cf\ninclude 10_a.cf\n");
	buf_clear(&said);
	alarm(20); /* three to the power of ten files without the bound */
	assert_int_equal(rules_add_path(rules, folder, NULL), RESULT_OK);
	alarm(0);
	assert_non_null(strstr(said.data, "more than 1000 files"));
	assert_int_equal(rules->file_count, 1000);
	rules_free(&rules);
	take_away(folder);
}

static void a_pipe_is_no_file_of_rules(void **state)
{
	char folder[] = "/tmp/lazaret-rules-XXXXXX", *pipe;
	struct rules *rules = rules_new(listen, NULL);

	assert_non_null(mkdtemp(folder));
	pipe = alloc_format("%s/pipe.cf", folder);
	assert_int_equal(mkfifo(pipe, 0600), 0);
	put(folder, "10_a.cf", "include pipe.cf\n");
	buf_clear(&said);
	alarm(20); /* it would be waited for */
	assert_int_equal(rules_add_path(rules, folder, NULL), RESULT_PERMANENT);
	alarm(0);
	assert_non_null(strstr(said.data, "pipe.cf: not a regular file"));
	rules_free(&rules);
	take_away(folder);
	free(pipe);
}

static void an_include_is_seen_from_the_file_that_includes(void **state)
{
	char folder[] = "/tmp/lazaret-rules-XXXXXX", *inner;
	struct rules *rules = rules_new(listen, NULL);

	assert_non_null(mkdtemp(folder));
	inner = alloc_format("%s/org", folder);
	assert_int_equal(mkdir(inner, 0700), 0);
	/* As sa-update keeps a channel. */
	put(folder, "10_a.cf", "include org/20_b.cf\n");
	put(inner, "20_b.cf", "include inc\n");
	put(inner, "inc", "body A /x/\n");
	buf_clear(&said);
	buf_add_string(&said, "");
	assert_int_equal(rules_add_path(rules, folder, NULL), RESULT_OK);
	rules_compile(rules);
	assert_string_equal(said.data, "");
	assert_int_equal(rules_count(rules), 1);
	rules_free(&rules);
	take_away(inner);
	take_away(folder);
	free(inner);
}

static void a_path_that_is_not_there_is_an_error(void **state)
{
	struct rules *rules = rules_new(NULL, NULL);
	struct err err = {""};

	assert_int_equal(rules_add_path(rules, "/nonexistent/rules", &err), RESULT_PERMANENT);
	assert_non_null(strstr(err.text, "/nonexistent/rules"));
	rules_free(&rules);
}

static int drop_said(void **state)
{
	buf_fini(&said);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(each_kind_of_rule_is_read),
	        cmocka_unit_test(forms_of_headers_are_read),
	        cmocka_unit_test(comments_blanks_and_line_ends_are_dropped),
	        cmocka_unit_test(lines_that_are_no_text_are_counted_and_the_others_read),
	        cmocka_unit_test(a_mark_of_utf_8_in_front_is_no_part_of_the_first_line),
	        cmocka_unit_test(what_is_not_understood_is_told_with_file_and_line),
	        cmocka_unit_test(
	                a_run_of_lines_with_one_unknown_key_is_told_once_and_counted_in_full),
	        cmocka_unit_test(scores_have_defaults_and_can_be_relative),
	        cmocka_unit_test(a_rule_of_score_0_is_not_run),
	        cmocka_unit_test(the_last_definition_wins),
	        cmocka_unit_test(flags_are_read),
	        cmocka_unit_test(conditions_choose_lines),
	        cmocka_unit_test(a_file_for_another_version_is_left_at_that_line),
	        cmocka_unit_test(lines_in_other_languages_are_left_out),
	        cmocka_unit_test(keys_are_the_same_in_any_case_and_with_either_dash),
	        cmocka_unit_test(tags_are_replaced_in_the_rules_that_ask),
	        cmocka_unit_test(tags_that_grow_without_end_are_stopped),
	        cmocka_unit_test(metas_are_put_behind_what_they_need),
	        cmocka_unit_test(metas_in_a_circle_are_false_and_others_are_not_touched),
	        cmocka_unit_test(a_very_long_chain_of_metas_ends),
	        cmocka_unit_test(every_form_of_a_header_is_read),
	        cmocka_unit_test(rules_that_ask_the_network_or_a_model_are_known_and_not_run),
	        cmocka_unit_test(rules_that_ask_the_model_are_run_as_is_wanted),
	        cmocka_unit_test(rules_for_learning_are_run_in_their_score_sets),
	        cmocka_unit_test(a_rule_keeps_the_line_that_defines_it),
	        cmocka_unit_test(of_four_numbers_that_of_the_score_set_counts),
	        cmocka_unit_test(metas_that_name_a_meta_of_0_points_are_never_worked_out),
	        cmocka_unit_test(rules_matching_is_the_sum_of_all_that_match_but_itself),
	        cmocka_unit_test(metas_wait_for_as_few_rules_as_can_be),
	        cmocka_unit_test(what_costs_least_is_asked_first),
	        cmocka_unit_test(settings_fill_lists),
	        cmocka_unit_test(settings_without_meaning_are_counted_by_key),
	        cmocka_unit_test(
	                a_pattern_too_large_with_its_tags_as_text_is_compiled_with_them_as_groups),
	        cmocka_unit_test(a_folder_is_read_in_the_order_of_names),
	        cmocka_unit_test(files_that_include_each_other_over_and_over_come_to_an_end),
	        cmocka_unit_test(a_pipe_is_no_file_of_rules),
	        cmocka_unit_test(an_include_is_seen_from_the_file_that_includes),
	        cmocka_unit_test(a_path_that_is_not_there_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, drop_said);
}
