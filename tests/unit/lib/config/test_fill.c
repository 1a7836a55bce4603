#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "lib/config/config.h"

/* Four lines that every file below begins with. */
#define NEEDED                                                                                     \
	"site:\n  name: mail.example.org\n  admin: postmaster@example.org\n"                       \
	"front: {next_hop: 127.0.0.1:10026}\n"

/* The whole text of the error that `text` makes. */
static void refused(const char *text, const char *want)
{
	struct config *config = (struct config *)text;
	struct err err = {0};

	assert_int_equal(
	        config_parse("l.yaml", text, strlen(text), &config, &err), RESULT_PERMANENT);
	assert_null(config);
	assert_string_equal(err.text, want);
}

static void unknown_keys_are_refused_with_a_guess(void **state)
{
	refused(NEEDED "size:\n  max_siz: 5M\n", "l.yaml:6: size.\"max_siz\": found a key that "
	                                         "does not exist, expected a known one: "
	                                         "did you mean max_size?");
	refused(NEEDED "log:\n  horse: 5M\n", "l.yaml:6: log.\"horse\": found a key that does not "
	                                      "exist, expected one of level, to");
	refused(NEEDED "polcy: {}\n", "l.yaml:5: \"polcy\": found a key that does not exist, "
	                              "expected a known one: did you "
	                              "mean policy?");
}

static void a_key_may_stand_once(void **state)
{
	refused(NEEDED "log:\n  level: info\n  level: debug\n",
	        "l.yaml:7: log.level: found the key again, expected it once (line 6)");
	refused(NEEDED "log: {}\nlog: {}\n",
	        "l.yaml:6: log: found the key again, expected it once (line 5)");
}

static void required_keys_must_be_there(void **state)
{
	refused("", "l.yaml:1: site.name: found nothing (the key is required), expected a host "
	            "name, such "
	            "as mail.example.org");
	refused("log: {}\nsite:\n  name: a.b\n",
	        "l.yaml:2: site.admin: found nothing (the key is required), expected an e-mail "
	        "address, such as postmaster@example.org");
	refused(NEEDED "policies:\n  - virus: cut\n",
	        "l.yaml:6: policies[1].recipients: found nothing (the key is required), expected a "
	        "list, [a, b], each user@domain, @domain, .domain, a pattern such as *@*.example, "
	        "or "
	        "<>");
}

static void wrong_types_are_refused(void **state)
{
	refused(NEEDED "size:\n  max_size: [5M]\n", "l.yaml:6: size.max_size: found a list, "
	                                            "expected a size such as 25M (bytes, k, M, G) "
	                                            "from 64k to 2047M");
	refused(NEEDED "virus:\n  pua: 1\n",
	        "l.yaml:6: virus.pua: found \"1\", expected true or false");
	refused(NEEDED "spam:\n  rules: x.cf\n",
	        "l.yaml:6: spam.rules: found \"x.cf\", expected a list, [a, b], each a path");
	refused(NEEDED "spam:\n  rules:\n    - {a: b}\n",
	        "l.yaml:7: spam.rules: found keys with values, expected a list, [a, b], each a "
	        "path");
	refused(NEEDED "spam: 5\n",
	        "l.yaml:5: spam: found \"5\", expected keys with values below it");
}
static void values_out_of_range_are_refused(void **state)
{
	refused(NEEDED "broker:\n  attempts: 0\n",
	        "l.yaml:6: broker.attempts: found \"0\", expected a whole number from 1 to 10");
	refused(NEEDED "workers:\n  scanners: many\n",
	        "l.yaml:6: workers.scanners: found \"many\", expected auto, or a whole number from "
	        "0 "
	        "to 1024");
	refused(NEEDED "broker:\n  attempts: auto\n",
	        "l.yaml:6: broker.attempts: found \"auto\", expected a whole number from 1 to 10");
	refused(NEEDED "workers:\n  timeout: 6m\n", "l.yaml:6: workers.timeout: found \"6m\", "
	                                            "expected a time such as 30s (ms, s, m, h, d) "
	                                            "from 1s to 5m");
	refused(NEEDED "policy:\n  spam_tag: 1001\n", "l.yaml:6: policy.spam_tag: found \"1001\", "
	                                              "expected points such as 5 or 7.5 from 0 to "
	                                              "1000");
	refused(NEEDED "size: {code: 250}\n",
	        "l.yaml:5: size.code: found \"250\", expected a whole number from 500 to 599");
}

static void words_that_a_key_does_not_know_are_refused(void **state)
{
	refused(NEEDED "log:\n  level: loud\n",
	        "l.yaml:6: log.level: found \"loud\", expected one of debug, info, warning, error");
	refused(NEEDED "policy:\n  virus: tag\n",
	        "l.yaml:6: policy.virus: found \"tag\", expected one of cut, redirect, quarantine, "
	        "discard, reject");
	refused(NEEDED "notifier:\n  not_for: [spam,\n    ham]\n",
	        "l.yaml:7: notifier.not_for: found \"ham\", expected a list, [a, b], each one of "
	        "virus, pua, heuristic, attachment, subject, spam, access, size, unscanned, "
	        "undeliverable, report");
}

static void texts_of_the_wrong_form_are_refused(void **state)
{
	refused("site: {name: a b, admin: a@b.c}\n", "l.yaml:1: site.name: found \"a b\", expected "
	                                             "a host name, such as mail.example.org");
	refused(NEEDED "access:\n  rules:\n    - networks: [10.0.0.0/8, 10/8]\n",
	        "l.yaml:7: access.rules[1].networks: found \"10/8\", expected a list, [a, b], each "
	        "a "
	        "network, such as 192.0.2.0/24 or 2001:db8::/32");
	refused(NEEDED "size:\n  text: \"a\\r\\nb\"\n",
	        "l.yaml:6: size.text: found \"a\\x0d\\x0ab\", expected one line of ASCII text of "
	        "at "
	        "most 400 characters");
	refused(NEEDED "virus:\n  database:\n",
	        "l.yaml:6: virus.database: found nothing, expected a path");
}

static void a_place_for_sockets_may_not_be_too_long(void **state)
{
	struct config *config = NULL;
	struct err err = {0};
	const char *text =
	        "site:\n  {name: a.b, admin: a@b.c, run_dir: "
	        "/23456789/123456789/123456789/123456789/123456789/123456789/123456789/123456789/"
	        "123456789/123456789}\nfront: {next_hop: a.b:5}\n";

	assert_int_equal(
	        config_parse("l.yaml", text, strlen(text), &config, &err), RESULT_PERMANENT);
	assert_non_null(
	        strstr(err.text, "front.socket: found \"<site.run_dir>/front/front.sock\", "
	                         "expected the path of a Unix socket, of at most 107 bytes"));
}

static void scanners_are_as_many_as_cores_by_a_word_or_by_zero(void **state)
{
	static const char *const texts[] = {NEEDED, NEEDED "workers: {scanners: auto}\n",
	        NEEDED "workers: {scanners: 0}\n", NEEDED "workers: {scanners: 3}\n"};
	struct config *config = NULL;
	struct err err = {0};
	size_t i;

	for (i = 0; i < 4; i++) {
		assert_int_equal(
		        config_parse("l.yaml", texts[i], strlen(texts[i]), &config, &err), 0);
		assert_int_equal(config->workers.scanners, i == 3 ? 3 : 0);
		config_free(&config);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(unknown_keys_are_refused_with_a_guess),
	        cmocka_unit_test(a_key_may_stand_once),
	        cmocka_unit_test(required_keys_must_be_there),
	        cmocka_unit_test(wrong_types_are_refused),
	        cmocka_unit_test(values_out_of_range_are_refused),
	        cmocka_unit_test(scanners_are_as_many_as_cores_by_a_word_or_by_zero),
	        cmocka_unit_test(words_that_a_key_does_not_know_are_refused),
	        cmocka_unit_test(texts_of_the_wrong_form_are_refused),
	        cmocka_unit_test(a_place_for_sockets_may_not_be_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
