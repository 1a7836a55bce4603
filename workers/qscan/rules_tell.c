#include "workers/qscan/rules_tell.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/safe.h"
#include "lib/spam/about.h"
#include "lib/spam/lists.h"
#include "lib/spam/many.h"
#include "workers/qscan/member.h"
#include "workers/qscan/spam_rules.h"

enum { EXIT_NO = 1, SHOWN = 200, BAR = 30 };

/* Rule files are an administrator's own or came over the network: neither may steer a terminal. */
static void put(const char *before, const char *text, size_t most)
{
	char *safe = safe_text(text, most);

	printf("%s%s", before, safe);
	free(safe);
}

static void number(const char *name, double value)
{
	printf(",\"%s\":%.10g", name, value);
}

static void flag(const char *name, int value)
{
	printf(",\"%s\":%s", name, value ? "true" : "false");
}

/* ---------------------------------------------------------------- check */

static void tell_passed_over(void *context, const char *sentence)
{
	if (!*(const int *)context) {
		put("passed over: ", sentence, SHOWN * 2);
		putchar('\n');
		return;
	}
	putchar('{');
	member_text(stdout, "passed_over", sentence, 1);
	puts("}");
}

/* Whether the kept database would be used. */
static void tell_database(const struct config *config, struct rules *rules, int json)
{
	size_t of, bytes, count;
	struct err err;
	enum result result = spam_rules_use_database(config, rules, &err);

	count = many_count(rules, &of, &bytes);
	if (json) {
		printf(",\"database_rules\":%zu", count);
		member_text(stdout, "database", result ? err.text : "used", 0);
	} else if (result) {
		put("no database is used: ", err.text, SHOWN * 2);
		putchar('\n');
	} else {
		printf("%zu of %zu rules that look at the same texts are in the database, %zu kB\n",
		        count, of, bytes / 1024);
	}
}

static void sum_up(const struct config *config, struct rules *rules)
{
	const char *word;
	size_t count;

	printf("%zu rules are run:", rules_count(rules));
	for (size_t i = 0; (word = about_kind(rules, i, &count)) != NULL; i++)
		printf("%s %zu %s", i ? "," : "", count, word);
	puts("");
	for (size_t i = 0; (word = about_why(rules, i, &count)) != NULL; i++) {
		if (count)
			printf("%zu are not run: %s\n", count, word);
	}
	printf("%zu values are in lists\n", lists_size(rules_lists(rules)));
	printf("%zu lines mean nothing here", rules_meaningless(rules));
	for (size_t i = 0; (word = rules_meaningless_key(rules, i)) != NULL; i++)
		put(i ? ", " : ": ", word, SHOWN);
	putchar('\n');
	tell_database(config, rules, 0);
	printf("%zu lines were passed over\n", rules_skipped(rules));
}

static void json_sum(const struct config *config, struct rules *rules)
{
	const char *word;
	size_t count;

	printf("{\"run\":%zu", rules_count(rules));
	for (size_t i = 0; (word = about_kind(rules, i, &count)) != NULL; i++)
		number(word, (double)count);
	printf(",\"not_run\":{");
	for (size_t i = 0; (word = about_why(rules, i, &count)) != NULL; i++)
		printf("%s\"%s\":%zu", i ? "," : "", word, count);
	printf("},\"list_values\":%zu,\"meaningless\":%zu,\"meaningless_keys\":[",
	        lists_size(rules_lists(rules)), rules_meaningless(rules));
	for (size_t i = 0; (word = rules_meaningless_key(rules, i)) != NULL; i++)
		member_text(stdout, NULL, word, i == 0);
	putchar(']');
	tell_database(config, rules, 1);
	printf(",\"lines_passed_over\":%zu}\n", rules_skipped(rules));
}

static int check(
        const struct config *config, struct rules *rules, const struct arguments *arguments)
{
	if (arguments->json)
		json_sum(config, rules);
	else
		sum_up(config, rules);
	return rules_skipped(rules) ? EXIT_NO : EX_OK;
}

/* ---------------------------------------------------------------- list, show */

static void list_one(const struct about *about)
{
	printf("%8.3f  %-10s %-32s ", about->score, about->kind, about->name);
	if (*about->why)
		put("not run: ", about->why, SHOWN);
	else
		put("", about->describe, SHOWN);
	putchar('\n');
}

static void json_one(const struct about *about)
{
	putchar('{');
	member_text(stdout, "name", about->name, 1);
	member_text(stdout, "kind", about->kind, 0);
	flag("run", !*about->why);
	member_text(stdout, "why_not", about->why, 0);
	number("score", about->score);
	if (about->scores)
		printf(",\"scores\":[%.10g,%.10g,%.10g,%.10g]", about->scores[0], about->scores[1],
		        about->scores[2], about->scores[3]);
	member_text(stdout, "describe", about->describe, 0);
	member_text(stdout, "file", about->file, 0);
	number("line", about->line);
	member_text(stdout, "text", about->text, 0);
	member_text(stdout, "pattern", about->pattern, 0);
	member_text(stdout, "function", about->function, 0);
	number("priority", about->priority);
	number("maxhits", (double)about->max_hits);
	flag("nice", about->nice);
	flag("net", about->net);
	flag("learn", about->learn);
	flag("multiple", about->multiple);
	flag("nosubject", about->no_subject);
	flag("captures", about->captures);
	puts("}");
}

static int list(const struct config *config, struct rules *rules, const struct arguments *arguments)
{
	struct about about;

	for (size_t i = 0; about_rule(rules, i, &about); i++) {
		if (arguments->json)
			json_one(&about);
		else
			list_one(&about);
	}
	return EX_OK;
}

static void show_flags(const struct about *about)
{
	static const struct {
		const char *word;
		size_t offset;
	} flags[] = {
	        {"nice", offsetof(struct about, nice)},
	        {"net", offsetof(struct about, net)},
	        {"learn", offsetof(struct about, learn)},
	        {"multiple", offsetof(struct about, multiple)},
	        {"nosubject", offsetof(struct about, no_subject)},
	        {"captures", offsetof(struct about, captures)},
	};
	int first = 1;

	for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++) {
		if (!*(const int *)((const char *)about + flags[i].offset))
			continue;
		printf("%s%s", first ? "  flags    " : " ", flags[i].word);
		first = 0;
	}
	if (about->max_hits)
		printf("%smaxhits=%lu", first ? "  flags    " : " ", about->max_hits);
	if (!first || about->max_hits)
		putchar('\n');
}

static void show_one(const struct about *about)
{
	put("", about->name, SHOWN);
	printf("\n  kind     %s\n  run      %s%s\n", about->kind, *about->why ? "no: " : "yes",
	        about->why);
	printf("  points   %.10g", about->score);
	if (about->scores)
		printf(" (of %.10g %.10g %.10g %.10g)", about->scores[0], about->scores[1],
		        about->scores[2], about->scores[3]);
	put("\n  from     ", about->file, SHOWN);
	printf(":%u\n", about->line);
	show_flags(about);
	if (about->priority)
		printf("  priority %d\n", about->priority);
	if (*about->describe)
		put("  describe ", about->describe, SHOWN * 5);
	put(*about->describe ? "\n  line     " : "  line     ", about->text, SHOWN * 50);
	/* Its tags are in it now. */
	if (*about->pattern && !strstr(about->text, about->pattern))
		put("\n  pattern  ", about->pattern, SHOWN * 50);
	putchar('\n');
}

static int show(const struct config *config, struct rules *rules, const struct arguments *arguments)
{
	struct about about;

	if (!arguments->rule) {
		fprintf(stderr, "qscan: show: the name of a rule is missing\n");
		return EX_USAGE;
	}
	if (!about_named(rules, arguments->rule, &about)) {
		fprintf(stderr, "qscan: no rule is called %s\n", arguments->rule);
		return EXIT_NO;
	}
	if (arguments->json)
		json_one(&about);
	else
		show_one(&about);
	return EX_OK;
}

/* ---------------------------------------------------------------- compile */

struct bar {
	int is_shown;
	int64_t since_us;
};

static void show_bar(void *context, size_t done, size_t total)
{
	const struct bar *bar = context;
	int filled = (int)(done * BAR / total);

	if (bar->is_shown)
		fprintf(stderr, "\r[%.*s%*s] %zu of %zu, %" PRId64 " s ", filled,
		        "##############################", BAR - filled, "", done, total,
		        (clock_monotonic_us() - bar->since_us) / 1000000);
}

static int fail(enum result result, const struct err *err)
{
	fprintf(stderr, "qscan: %s\n", err->text);
	return result == RESULT_TEMPORARY ? EX_TEMPFAIL : EX_UNAVAILABLE;
}

/* Only what can be used is kept. */
static enum result keep_database(
        const char *path, struct rules *rules, const struct buf *bytes, struct err *err)
{
	enum result result = many_use(rules, bytes->data, bytes->size, err);

	return result ? result : file_write(path, bytes->data, bytes->size, 0644, err);
}

static void tell_compiled(
        const struct rules *rules, const struct arguments *arguments, const char *path, double s)
{
	size_t of, bytes, count = many_count(rules, &of, &bytes);

	if (!arguments->json) {
		put("", path, SHOWN * 5);
		printf(": %zu of %zu rules, %zu kB, in %.1f s\n", count, of, bytes / 1024, s);
		return;
	}
	putchar('{');
	member_text(stdout, "database", path, 1);
	number("rules", (double)count);
	number("of", (double)of);
	number("bytes", (double)bytes);
	number("seconds", s);
	puts("}");
}

static int compile(
        const struct config *config, struct rules *rules, const struct arguments *arguments)
{
	struct bar bar = {isatty(STDERR_FILENO), clock_monotonic_us()};
	char *path = config_rules_database(config);
	struct buf bytes = {0};
	struct err err;
	enum result result = many_compile(rules, show_bar, &bar, &bytes, &err);
	double s = (double)(clock_monotonic_us() - bar.since_us) / 1e6;

	if (bar.is_shown)
		fputs("\r\033[K", stderr);
	if (!result)
		result = keep_database(path, rules, &bytes, &err);
	if (!result)
		tell_compiled(rules, arguments, path, s);
	buf_fini(&bytes);
	free(path);
	return result ? fail(result, &err) : EX_OK;
}

/* ---------------------------------------------------------------- the words */

static const struct {
	const char *word;
	int (*run)(const struct config *config, struct rules *rules,
	        const struct arguments *arguments);
} words[] = {
        {"check", check},
        {"list", list},
        {"show", show},
        {"compile", compile},
};

static int tell(const struct config *config, const struct arguments *arguments, size_t word)
{
	int json = arguments->json, code;
	int is_check = words[word].run == check;
	struct rules *rules = NULL;
	struct err err;

	if (spam_rules_open(config, is_check ? tell_passed_over : NULL, &json, &rules, &err)) {
		fprintf(stderr, "qscan: %s\n", err.text);
		return EX_CONFIG;
	}
	code = words[word].run(config, rules, arguments);
	rules_free(&rules);
	if (fflush(stdout) == 0)
		return code;
	fprintf(stderr, "qscan: standard output can't be written\n");
	return EX_IOERR;
}

int rules_tell(const struct config *config, const struct arguments *arguments)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (strcmp(arguments->rules, words[i].word) == 0)
			return tell(config, arguments, i);
	}
	fprintf(stderr, "qscan: --rules knows check, list, show NAME and compile\n");
	return EX_USAGE;
}
