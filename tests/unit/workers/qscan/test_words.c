#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/utf8.h"
#include "workers/qscan/words.h"

static char text_of_nothing[1];

static struct finding finding(const char *reason, const char *where, const char *detail)
{
	struct finding made = {.reason = reason,
	        .where = (char *)where,
	        .detail = (char *)detail,
	        .symbol = (char *)"SYMBOL",
	        .rule = text_of_nothing,
	        .text = text_of_nothing};

	return made;
}

static void says(const struct finding *finding, const char *want)
{
	char *words = words_of(finding);

	assert_string_equal(words, want);
	free(words);
}

static void says_beside_the_name(const struct finding *finding, const char *want)
{
	char *words = words_of_part(finding);

	assert_string_equal(words, want);
	free(words);
}

static void a_virus_is_named_with_its_file(void **state)
{
	struct finding found = finding("virus", "2/report.txt", "Eicar-Signature");

	says(&found, "virus Eicar-Signature in report.txt");
	says_beside_the_name(&found, "virus Eicar-Signature");
	found.where = (char *)"1.2/tools.zip/x.exe";
	says(&found, "virus Eicar-Signature in tools.zip/x.exe");
	says_beside_the_name(&found, "virus Eicar-Signature in tools.zip/x.exe");
	found.where = (char *)"view.3/hidden.exe";
	says(&found, "virus Eicar-Signature in hidden.exe");
}

static void a_part_without_a_name_is_not_called_by_its_number(void **state)
{
	struct finding found = finding("virus", "1.2", "X");

	says(&found, "virus X");
	found.where = (char *)"view.3";
	says(&found, "virus X");
	found.where = text_of_nothing;
	says(&found, "virus X");
	found.where = (char *)"2/2024.exe";
	says(&found, "virus X in 2024.exe");
}

static void a_forbidden_attachment_tells_the_rule_and_the_type_that_matched(void **state)
{
	struct finding found = finding("attachment", "2/setup.exe", "name setup.exe");

	found.rule = (char *)"attachments.executables";
	says(&found, "forbidden attachment setup.exe (rule executables)");
	says_beside_the_name(&found, "forbidden attachment (rule executables)");
	found.where = (char *)"2/report.pdf";
	found.detail = (char *)"true type application/x-dosexec";
	says(&found, "forbidden attachment report.pdf "
	             "(rule executables: true type application/x-dosexec)");
	found.rule = text_of_nothing;
	says(&found, "forbidden attachment report.pdf (true type application/x-dosexec)");
}

static void what_was_not_scanned_tells_why_and_where(void **state)
{
	struct finding found = finding("unscanned", "2/secret.zip", "zip");

	found.unscanned = UNSCANNED_ENCRYPTED;
	says(&found, "could not be scanned (encrypted): secret.zip");
	says_beside_the_name(&found, "could not be scanned (encrypted)");
	found.unscanned = UNSCANNED_LIMIT;
	found.detail = (char *)"too many members";
	says(&found, "could not be scanned (limit: too many members): secret.zip");
	found.where = found.detail = text_of_nothing;
	says(&found, "could not be scanned (limit)");
}

static void patterns_and_access_rules_are_named(void **state)
{
	struct finding found = finding("subject", "Subject", "I love you*");

	found.rule = (char *)"subject.worm";
	says(&found, "subject matches rule worm");
	found.where = (char *)"X-Mailer";
	says(&found, "header field X-Mailer matches rule worm");
	found = finding("access", "", "");
	found.rule = (char *)"access.bad-senders";
	found.action = ACTION_REJECT;
	says(&found, "refused by access rule bad-senders");
	found.action = ACTION_QUARANTINE;
	says(&found, "held by access rule bad-senders");
	found.detail = (char *)"null reverse-path with several recipients";
	says(&found, "null reverse-path with several recipients");
}

static void sizes_spam_and_the_unknown_are_told(void **state)
{
	struct finding found = finding("size", "", "20 bytes, at most 10");

	says(&found, "message too large (20 bytes, at most 10)");
	found = finding("spam", "", "It sells");
	says(&found, "spam rule SYMBOL");
	found = finding("new", "2/x", "why");
	says(&found, "SYMBOL in x: why");
}

static void words_are_one_harmless_line_of_bounded_length(void **state)
{
	char where[2000] = "2/", *words;
	struct finding found = finding("virus", where, "X\r\nBcc: y\x1b[2J");
	size_t at, length;

	memset(where + 2, 'a', sizeof(where) - 3);
	words = words_of(&found);
	assert_true(strlen(words) <= WORDS_ROOM);
	for (at = 0; words[at]; at += length) {
		length = utf8_printable((unsigned char *)words + at, strlen(words + at));
		assert_true(length > 0);
	}
	free(words);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_virus_is_named_with_its_file),
	        cmocka_unit_test(a_part_without_a_name_is_not_called_by_its_number),
	        cmocka_unit_test(a_forbidden_attachment_tells_the_rule_and_the_type_that_matched),
	        cmocka_unit_test(what_was_not_scanned_tells_why_and_where),
	        cmocka_unit_test(patterns_and_access_rules_are_named),
	        cmocka_unit_test(sizes_spam_and_the_unknown_are_told),
	        cmocka_unit_test(words_are_one_harmless_line_of_bounded_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
