/*
 * Any bytes as a rule file, and what comes of them run over a small message: nothing may crash,
 * hang or leak; hits are of rules that have a name and are run; a rule that is skipped is counted;
 * what is told about the rules adds up, and each pattern can be widened.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/hyper/widen.h"
#include "lib/spam/about.h"
#include "lib/spam/eval.h"

static const char message[] =
        "From: \"A, B\" <a@example.org>\nTo: b@example.net\nSubject: =?utf-8?q?x=C3=A4?= y\n"
        "Content-Type: multipart/mixed; boundary=q\n\n--q\n\nHello http://a.example/x\n\nworld\n"
        "--q\nContent-Type: text/html\n\n<a href=\"http://b.example/\">B</a>\n--q--\n";

static size_t told;

static void count(void *context, const char *sentence)
{
	assert(strlen(sentence) > 0);
	told++;
}

/* Every rule that is defined is told once, by name; those that are run are as many as are counted.
 */
static void look_through(const struct rules *rules)
{
	struct about about;
	struct wide wide;
	const char *last = "";
	size_t run = 0;

	for (size_t i = 0; about_rule(rules, i, &about); i++) {
		assert(strcmp(last, about.name) < 0);
		assert(*about.kind && about.line > 0 && *about.text);
		run += !*about.why;
		last = about.name;
		if (widen(about.pattern, i % 2 == 0, &wide))
			free(wide.text);
	}
	assert(run == rules_count(rules));
}

/* What adds nothing is asked only where it is wanted; who asks all must find the same. */
static void check_all_asked(
        const struct rules *rules, struct eval_input input, const struct eval *few)
{
	struct eval all;
	size_t at = 0;

	input.with_hidden = 1;
	eval_run(rules, &input, &all);
	for (size_t i = 0; i < all.count && !few->is_late && !all.is_late; i++) {
		if (strncmp(all.hits[i].name, "__", 2) == 0)
			continue;
		assert(at < few->count && all.hits[i].name == few->hits[at].name);
		assert(all.hits[i].hits == few->hits[at++].hits);
	}
	assert(few->is_late || all.is_late || at == few->count);
	eval_fini(&all);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rules *rules = rules_new(count, NULL);
	struct mime_map *map = mime_map_new(message, sizeof(message) - 1, NULL);
	struct eval_input input = {.map = map, .deadline_us = clock_monotonic_us() + 2000000};
	struct about about;
	struct eval eval;

	told = 0;
	rules_add_text(rules, "fuzz.cf", (const char *)data, size);
	rules_compile(rules);
	assert(told <= rules_skipped(rules) && !told == !rules_skipped(rules));
	look_through(rules);
	eval_run(rules, &input, &eval);
	for (size_t i = 0; i < eval.count; i++) {
		assert(*eval.hits[i].name && eval.hits[i].hits > 0);
		assert(strncmp(eval.hits[i].name, "__", 2) != 0);
		assert(about_named(rules, eval.hits[i].name, &about) && !*about.why);
	}
	check_all_asked(rules, input, &eval);
	eval_fini(&eval);
	mime_map_free(&map);
	rules_free(&rules);
	return 0;
}
