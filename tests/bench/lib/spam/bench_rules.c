/*
 * What spam rules cost: reading and compiling them, and running them over the messages under the
 * folders named, with each pattern of a body asked in turn and with Hyperscan saying which could
 * match. Both must find the same, or it exits with 1.
 *
 *     RULES=path:path    instead of rules/
 *     DATABASE=file      keeps the compiled database there, and takes it from there
 *     MAILS=n            only every n-th
 */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/spam/eval.h"
#include "lib/spam/many.h"

enum { MAIL_MOST_BYTES = 64 << 20 };

static struct {
	struct buf *items;
	size_t count, seen, every;
} mails;

static int visit(const char *path, const struct stat *status, int kind, struct FTW *ftw)
{
	struct buf text = {0};
	struct err err;

	if (kind != FTW_F || mails.seen++ % mails.every)
		return 0;
	buf_add_string(&text, "");
	if (file_read(path, MAIL_MOST_BYTES, &text, &err))
		return 0;
	mails.items = alloc_grow(mails.items, mails.count + 1, sizeof(*mails.items));
	mails.items[mails.count++] = text;
	return 0;
}

static double cpu_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static double resident_mb(void)
{
	unsigned long pages = 0;
	FILE *file = fopen("/proc/self/statm", "r");

	if (file && fscanf(file, "%*u %lu", &pages) != 1)
		pages = 0;
	if (file)
		fclose(file);
	return (double)pages * (double)sysconf(_SC_PAGESIZE) / 1e6;
}

static struct rules *read_rules(void)
{
	const char *named = getenv("RULES");
	char *paths = alloc_string(named ? named : "rules"), *rest = paths, *path;
	struct rules *rules = rules_new(NULL, NULL);
	double start = cpu_ms(), before = resident_mb();
	struct err err;

	while ((path = strsep(&rest, ":")) != NULL) {
		if (rules_add_path(rules, path, &err)) {
			fprintf(stderr, "%s\n", err.text);
			exit(1);
		}
	}
	rules_compile(rules);
	printf("%zu rules, %zu lines passed over, read and compiled in %.0f ms, %.1f MB\n",
	        rules_count(rules), rules_skipped(rules), cpu_ms() - start, resident_mb() - before);
	free(paths);
	return rules;
}

static void compile(const struct rules *rules, const char *kept, struct buf *bytes)
{
	int64_t start = clock_monotonic_us();
	double cpu = cpu_ms();
	struct err err;

	if (many_compile(rules, NULL, NULL, bytes, &err)) {
		fprintf(stderr, "%s\n", err.text);
		exit(0);
	}
	printf("database: compiled in %.1f s (%.1f s of processors), %.1f MB kept\n",
	        (double)(clock_monotonic_us() - start) / 1e6, (cpu_ms() - cpu) / 1e3,
	        (double)bytes->size / 1e6);
	if (kept && file_write(kept, bytes->data, bytes->size, 0644, &err))
		fprintf(stderr, "%s\n", err.text);
}

static void use_database(struct rules *rules)
{
	const char *kept = getenv("DATABASE");
	struct buf bytes = {0};
	size_t of, size, count;
	double start;
	struct err err;

	if (!kept || file_read(kept, 1 << 29, &bytes, &err) ||
	        many_use(rules, bytes.data, bytes.size, &err)) {
		buf_clear(&bytes);
		compile(rules, kept, &bytes);
	}
	start = cpu_ms();
	if (many_use(rules, bytes.data, bytes.size, &err)) {
		fprintf(stderr, "%s\n", err.text);
		exit(1);
	}
	count = many_count(rules, &of, &size);
	printf("database: %zu of %zu rules, %.1f MB, opened in %.0f ms\n", count, of,
	        (double)size / 1e6, cpu_ms() - start);
	buf_fini(&bytes);
}

/* Names and numbers of all hits of all mails go to `hits`. */
static double time_rules(const struct rules *rules, struct buf *hits)
{
	double start = cpu_ms();

	buf_add_string(hits, "");
	for (size_t i = 0; i < mails.count; i++) {
		struct mime_map *map = mime_map_new(mails.items[i].data, mails.items[i].size, NULL);
		struct eval_input input = {.map = map};
		struct eval eval;

		eval_run(rules, &input, &eval);
		for (size_t h = 0; h < eval.count; h++)
			buf_add_format(
			        hits, "%zu %s %lu\n", i, eval.hits[h].name, eval.hits[h].hits);
		eval_fini(&eval);
		mime_map_free(&map);
	}
	return cpu_ms() - start;
}

/* What the texts alone cost, which both ways need: rules that are none. */
static double time_texts(void)
{
	struct rules *none = rules_new(NULL, NULL);
	struct buf hits = {0};
	double ms;

	rules_compile(none);
	ms = time_rules(none, &hits);
	rules_free(&none);
	buf_fini(&hits);
	return ms;
}

static void tell(const char *what, double ms)
{
	printf("%-44s %8.3f ms a mail, %7.0f mails/s\n", what, ms / (double)mails.count,
	        1e3 * (double)mails.count / ms);
}

int main(int argc, char **argv)
{
	const char *every = getenv("MAILS");
	struct buf plain = {0}, many = {0};
	struct rules *rules = read_rules();
	double texts, ms;
	int differ;

	mails.every = every && atoi(every) > 0 ? (size_t)atoi(every) : 1;
	for (int i = 1; i < argc; i++)
		nftw(argv[i], visit, 16, FTW_PHYS);
	if (!mails.count) {
		fprintf(stderr, "usage: bench_rules FOLDER...\n");
		return 1;
	}
	texts = time_texts();
	tell("map and texts alone", texts);
	ms = time_rules(rules, &plain);
	tell("all, by PCRE2", ms);
	tell("  of it, rules", ms - texts);
	use_database(rules);
	ms = time_rules(rules, &many);
	tell("all, by Hyperscan and PCRE2", ms);
	tell("  of it, rules", ms - texts);
	differ = strcmp(plain.data, many.data) != 0;
	printf("hits: %s\n", differ ? "they differ" : "the same");
	buf_fini(&plain);
	buf_fini(&many);
	rules_free(&rules);
	return differ;
}
