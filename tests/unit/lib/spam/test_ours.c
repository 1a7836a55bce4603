/*
 * The rules we ship. With CORPUS=folder in the environment (a folder whose sub-folders are called
 * …ham… and …spam…, a mail a file) it also judges all of them, prints what was judged wrongly (with
 * VERBOSE=1 each mail with its rules) and holds our promise on false positives against it.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/alloc.h"
#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/spam/eval.h"

enum { MAIL_MOST_BYTES = 4 * 1024 * 1024 };
#define THRESHOLD 5.0

static struct rules *ours;
static size_t warnings;

static void warned(void *context, const char *sentence)
{
	fprintf(stderr, "%s\n", sentence);
	warnings++;
}

static int open_rules(void **state)
{
	const char *path = getenv("RULES");
	struct err err;

	ours = rules_new(warned, NULL);
	if (rules_add_path(ours, path ? path : "rules", &err)) {
		fprintf(stderr, "%s\n", err.text);
		return -1;
	}
	rules_compile(ours);
	return 0;
}

static int close_rules(void **state)
{
	rules_free(&ours);
	return 0;
}

static void judge(const char *bytes, size_t size, struct eval *out)
{
	struct mime_map *map = mime_map_new(bytes, size, NULL);
	struct eval_input input = {.map = map};

	eval_run(ours, &input, out);
	mime_map_free(&map);
}

static double score_of(const char *mail)
{
	struct eval eval;
	double score;

	judge(mail, strlen(mail), &eval);
	score = eval.score;
	eval_fini(&eval);
	return score;
}

static void the_shipped_rules_are_all_understood(void **state)
{
	assert_int_equal(warnings, 0);
	assert_int_equal(rules_skipped(ours), 0);
	assert_true(rules_count(ours) >= 60);
}

static void the_test_string_for_spam_is_spam_in_every_text_part(void **state)
{
	static const char gtube[] =
	        "XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X";
	static const char encoded[] =
	        "WEpTKkM0SkRCUUFETjEuTlNCTjMqMklETkVOKkdUVUJFLVNUQU5EQVJELUFO\n"
	        "VEktVUJFLVRFU1QtRU1BSUwqQy4zNFg=";
	static const struct {
		const char *fields;
		int is_encoded;
	} parts[] = {
	        {"Content-Type: text/plain", 0},
	        {"Content-Type: text/html", 0},
	        {"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64", 1},
	        {"Content-Type: text/csv\nContent-Disposition: attachment; filename=a.csv\n"
	         "Content-Transfer-Encoding: base64",
	                1},
	        {"Content-Type: text/x-vcard\nContent-Transfer-Encoding: quoted-printable", 0},
	        {"Content-Type: text/calendar", 0},
	        {"Content-Type: message/rfc822\n\nSubject: inside", 0},
	};

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		char *mail = alloc_format("From: a@example.org\nMIME-Version: 1.0\n"
		                          "Content-Type: multipart/mixed; boundary=b\n\n--b\n\n"
		                          "hello\n--b\n%s\n\n%s\n--b--\n",
		        parts[i].fields, parts[i].is_encoded ? encoded : gtube);

		if (score_of(mail) < 900)
			fail_msg("not in %s", parts[i].fields);
		free(mail);
	}
}

static void an_honest_note_is_not_spam(void **state)
{
	assert_true(score_of("Received: from mail.example.org by mx.example.net; Mon, 2 Nov 2026 "
	                     "10:00:00 +0100\n"
	                     "From: Anna Berg <anna@example.org>\nTo: Ben <ben@example.net>\n"
	                     "Date: Mon, 2 Nov 2026 10:00:00 +0100\nSubject: Lunch on Friday?\n"
	                     "Message-ID: <20261102100000.4711@example.org>\nMIME-Version: 1.0\n"
	                     "Content-Type: text/plain; charset=utf-8\n\n"
	                     "Dear Ben,\n\nshall we meet at noon? The menu is at "
	                     "https://www.example.org/menu\n\nAnna\n") < 1);
}

/* ------------------------------------------------------------ a corpus */

struct figures {
	size_t ham, spam, false_positives, false_negatives;
	int64_t cost_us;
};

static void judge_file(const char *path, int is_spam, struct figures *figures)
{
	struct buf mail = {0};
	struct eval eval;
	int64_t began;
	int wrong;

	if (file_read(path, MAIL_MOST_BYTES, &mail, NULL)) {
		buf_fini(&mail);
		return;
	}
	began = clock_monotonic_us();
	judge(mail.data, mail.size, &eval);
	figures->cost_us += clock_monotonic_us() - began;
	wrong = (eval.score >= THRESHOLD) != is_spam;
	*(is_spam ? &figures->spam : &figures->ham) += 1;
	*(is_spam ? &figures->false_negatives : &figures->false_positives) += (size_t)wrong;
	if (getenv("VERBOSE")) {
		printf("%s %.2f %s %s", is_spam ? "spam" : "ham", eval.score,
		        wrong ? "WRONG" : "ok", path);
		for (size_t i = 0; i < eval.count; i++)
			printf(" %s=%.2f", eval.hits[i].name, eval.hits[i].points);
		printf("%s%s\n", eval.gave_up ? " GAVE_UP:" : "",
		        eval.gave_up ? eval.gave_up_first : "");
	}
	eval_fini(&eval);
	buf_fini(&mail);
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void judge_folder(const char *folder, const char *name, struct figures *figures)
{
	struct dirent **entries;
	char *path = alloc_format("%s/%s", folder, name), *file;
	int count = scandir(path, &entries, is_visible, alphasort);

	for (int i = 0; i < count; i++) {
		file = alloc_format("%s/%s", path, entries[i]->d_name);
		judge_file(file, strstr(name, "spam") != NULL, figures);
		free(file);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	free(path);
}

static void false_positives_in_a_corpus_stay_under_half_a_percent(void **state)
{
	const char *corpus = getenv("CORPUS");
	struct figures figures = {0};
	struct dirent **entries;
	int count;

	if (!corpus)
		skip();
	count = scandir(corpus, &entries, is_visible, alphasort);
	assert_true(count > 0);
	for (int i = 0; i < count; i++) {
		judge_folder(corpus, entries[i]->d_name, &figures);
		free(entries[i]);
	}
	free(entries);
	assert_true(figures.ham > 0);
	printf("%zu ham, %zu taken for spam (%.2f %%); %zu spam, %zu missed (%.1f %%); %.0f "
	       "mails/s\n",
	        figures.ham, figures.false_positives,
	        100.0 * (double)figures.false_positives / (double)figures.ham, figures.spam,
	        figures.false_negatives,
	        100.0 * (double)figures.false_negatives / (double)(figures.spam ? figures.spam : 1),
	        1e6 * (double)(figures.ham + figures.spam) / (double)figures.cost_us);
	assert_true(figures.false_positives * 200 < figures.ham);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_shipped_rules_are_all_understood),
	        cmocka_unit_test(the_test_string_for_spam_is_spam_in_every_text_part),
	        cmocka_unit_test(an_honest_note_is_not_spam),
	        cmocka_unit_test(false_positives_in_a_corpus_stay_under_half_a_percent),
	};

	return cmocka_run_group_tests(tests, open_rules, close_rules);
}
