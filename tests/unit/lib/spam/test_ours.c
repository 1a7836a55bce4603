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

/* ------------------------------------------------------------ the test string */

static const char gtube[] = "XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X";

/* Gives what is to be freed. */
static char *mail_with(const char *fields, const char *body)
{
	return alloc_format("From: a@example.org\nMIME-Version: 1.0\n"
	                    "Content-Type: multipart/mixed; boundary=b\n\n--b\n\n"
	                    "hello\n--b\n%s\n\n%s\n--b--\n",
	        fields, body);
}

static char *in_base64(const char *bytes, size_t size)
{
	static const char letters[] =
	        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	struct buf out = {0};

	for (size_t at = 0; at < size; at += 3) {
		unsigned left = (unsigned)(size - at), bits = (unsigned char)bytes[at] << 16;

		bits |= left > 1 ? (unsigned)(unsigned char)bytes[at + 1] << 8 : 0;
		bits |= left > 2 ? (unsigned char)bytes[at + 2] : 0;
		buf_add_char(&out, letters[bits >> 18]);
		buf_add_char(&out, letters[bits >> 12 & 63]);
		buf_add_char(&out, left > 1 ? letters[bits >> 6 & 63] : '=');
		buf_add_char(&out, left > 2 ? letters[bits & 63] : '=');
		if (at % 57 == 54)
			buf_add_char(&out, '\n');
	}
	return buf_give(&out);
}

/* Each byte as =XX, with soft breaks. */
static char *in_quoted(const char *bytes, size_t size)
{
	struct buf out = {0};

	for (size_t at = 0; at < size; at++)
		buf_add_format(
		        &out, "=%02X%s", (unsigned char)bytes[at], at % 20 == 19 ? "=\n" : "");
	return buf_give(&out);
}

/* ASCII with so many NULs before and behind each byte. */
static void widen(const char *text, size_t before, size_t behind, struct buf *out)
{
	for (; *text; text++) {
		buf_add(out, "\0\0\0", before);
		buf_add_char(out, *text);
		buf_add(out, "\0\0\0", behind);
	}
}

static void is_found(const char *fields, const char *body)
{
	char *mail = mail_with(fields, body);

	if (score_of(mail) < 900)
		fail_msg("not in %s", fields);
	free(mail);
}

/* Text of that type, as it is, in base64 and as quoted-printable, inline and attached. */
static void is_found_in(const char *type, const char *bytes, size_t size)
{
	static const char *const places[] = {"inline", "attachment; filename=a.txt"};
	char *bodies[] = {alloc_bytes(bytes, size), in_base64(bytes, size), in_quoted(bytes, size)};
	static const char *const encodings[] = {"8bit", "base64", "quoted-printable"};

	for (size_t i = 0; i < 6; i++) {
		size_t encoding = i / 2;
		char *fields = alloc_format("Content-Type: %s\nContent-Disposition: %s\n"
		                            "Content-Transfer-Encoding: %s",
		        type, places[i % 2], encodings[encoding]);

		if (encoding || !memchr(bytes, '\0', size))
			is_found(fields, bodies[encoding]);
		free(fields);
	}
	for (size_t i = 0; i < 3; i++)
		free(bodies[i]);
}

static void the_test_string_is_found_in_text_of_every_kind(void **state)
{
	static const char *const types[] = {"text/plain", "text/html", "text/calendar",
	        "text/calendar; method=REQUEST; charset=utf-8", "text/vcard", "text/x-vcard",
	        "text/csv", "text/enriched", "text/richtext", "text/xml", "text/css",
	        "text/markdown", "text/rtf", "text/x-something; name=b.bin",
	        "TEXT/Calendar; charset=iso-8859-15"};

	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		is_found_in(types[i], gtube, sizeof(gtube) - 1);
}

static void the_test_string_is_found_in_every_charset(void **state)
{
	static const struct {
		const char *charset;
		size_t before, behind;
	} rows[] = {{"utf-16le", 0, 1}, {"utf-16be", 1, 0}, {"utf-16", 1, 0}, {"utf-32le", 0, 3},
	        {"utf-32be", 3, 0}, {"utf-8", 0, 1}};
	static const char utf7[] = "XJS+ACo-C4JDBQADN1.NSBN3+ACo-2IDNEN+ACo-GTUBE-STANDARD-ANTI-"
	                           "UBE-TEST-EMAIL+ACo-C.34X";
	/* IBM code page 037 */
	static const char ebcdic[] = "\xe7\xd1\xe2\x5c\xc3\xf4\xd1\xc4\xc2\xd8\xc1\xc4\xd5\xf1\x4b"
	                             "\xd5\xe2\xc2\xd5\xf3\x5c\xf2"
	                             "\xc9\xc4\xd5\xc5\xd5\x5c\xc7\xe3\xe4\xc2\xc5\x60\xe2\xe3\xc1"
	                             "\xd5\xc4\xc1\xd9\xc4\x60\xc1"
	                             "\xd5\xe3\xc9\x60\xe4\xc2\xc5\x60\xe3\xc5\xe2\xe3\x60\xc5\xd4"
	                             "\xc1\xc9\xd3\x5c\xc3\x4b\xf3"
	                             "\xf4\xe7";

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		static const char *const subtypes[] = {"plain", "html", "calendar", "csv"};
		struct buf wide = {0};

		widen(gtube, rows[i].before, rows[i].behind, &wide);
		for (size_t j = 0; j < 4; j++) {
			char *type =
			        alloc_format("text/%s; charset=%s", subtypes[j], rows[i].charset);

			is_found_in(type, wide.data, wide.size);
			free(type);
		}
		buf_fini(&wide);
	}
	is_found_in("text/csv; charset=utf-7", utf7, sizeof(utf7) - 1);
	is_found_in("text/calendar; charset=ibm037", ebcdic, sizeof(ebcdic) - 1);
}

static void the_test_string_is_found_where_lines_are_folded(void **state)
{
	char *folded =
	        alloc_format("BEGIN:VCALENDAR\r\nDESCRIPTION:%.40s\r\n %s\r\nEND:VCALENDAR\r\n",
	                gtube, gtube + 40);

	is_found_in("text/calendar", folded, strlen(folded));
	is_found_in("text/vcard", folded, strlen(folded));
	free(folded);
}

static void the_test_string_is_found_in_a_message_inside(void **state)
{
	char *body = in_base64(gtube, sizeof(gtube) - 1);
	char *calendar = alloc_format(
	        "Content-Type: text/calendar\nContent-Transfer-Encoding: base64\n\n%s", body);
	char *inner = mail_with(calendar, ""), *encoded = in_base64(inner, strlen(inner)),
	     *twice = alloc_format(
	             "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n%s",
	             encoded),
	     *encoded_twice = in_base64(twice, strlen(twice));

	is_found("Content-Type: message/rfc822\n\nSubject: inside", gtube);
	is_found("Content-Type: message/rfc822", calendar);
	is_found("Content-Type: message/rfc822\nContent-Disposition: attachment", inner);
	is_found("Content-Type: message/rfc822\nContent-Transfer-Encoding: base64", encoded);
	is_found("Content-Type: message/rfc822\nContent-Transfer-Encoding: base64", encoded_twice);
	free(body);
	free(calendar);
	free(inner);
	free(encoded);
	free(twice);
	free(encoded_twice);
}

static void the_test_string_is_nothing_where_it_is_no_text(void **state)
{
	char *body = in_base64(gtube, sizeof(gtube) - 1);
	char *mail = mail_with("Content-Type: image/png\nContent-Transfer-Encoding: base64", body);

	assert_true(score_of(mail) < 900);
	free(mail);
	mail = mail_with("Content-Type: text/calendar", "BEGIN:VCALENDAR\nEND:VCALENDAR");
	assert_true(score_of(mail) < 900);
	free(mail);
	free(body);
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
	        cmocka_unit_test(the_test_string_is_found_in_text_of_every_kind),
	        cmocka_unit_test(the_test_string_is_found_in_every_charset),
	        cmocka_unit_test(the_test_string_is_found_where_lines_are_folded),
	        cmocka_unit_test(the_test_string_is_found_in_a_message_inside),
	        cmocka_unit_test(the_test_string_is_nothing_where_it_is_no_text),
	        cmocka_unit_test(an_honest_note_is_not_spam),
	        cmocka_unit_test(false_positives_in_a_corpus_stay_under_half_a_percent),
	};

	return cmocka_run_group_tests(tests, open_rules, close_rules);
}
