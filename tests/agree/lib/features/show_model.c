/*
 * How the model judges mails that it has not seen, for accuracy.py. Standard input names them, a
 * line each: 0 (ham) or 1 (spam), seconds since 1970 when it was delivered, and a path. Written are
 * lines "RUN NUMBER SCORE", where a mail's number is that of its line:
 *
 *   batch.ORDER.FOLD  a model that has learned the other folds, in one of some random orders
 *   online.ORDER      each mail judged, then learned, in such an order
 *   date              the same in the order of delivery
 *
 * and, after "speed", what a mail cost: microseconds for features, to learn and to judge. SEED=1 is
 * the seed of the hashes of features, which each site draws by lot.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/features/features.h"
#include "lib/model/rehearse.h"

enum { MAILS_MAX = 1 << 20, PATH_ROOM = 4096, MAIL_BYTES_MAX = 256 << 20 };

struct mail {
	int is_spam;
	long delivered_s;
	struct model_features features;
};

static struct rehearsal rehearsal; /* of the model that learns */
static struct mail *mails;
static size_t mail_count;
static int64_t features_us, learn_us, judge_us;
static uint64_t learned, judged, hash_seed = 1;

/* ---- reading ---- */

/* What a mailbox has put before a mail is none of it. */
static size_t skip_of(const struct buf *bytes)
{
	const char *end = bytes->size > 5 && !memcmp(bytes->data, "From ", 5)
	                          ? memchr(bytes->data, '\n', bytes->size)
	                          : NULL;

	return end ? (size_t)(end - bytes->data) + 1 : 0;
}

static void read_mail(const char *path, struct model_features *out)
{
	struct buf bytes = {0};
	struct mime_map *map;
	struct err err;
	int64_t start;
	size_t skip;

	if (file_read(path, MAIL_BYTES_MAX, &bytes, &err) != RESULT_OK) {
		fprintf(stderr, "show_model: %s\n", err.text);
		exit(1);
	}
	start = clock_monotonic_us();
	skip = skip_of(&bytes);
	map = mime_map_new(bytes.data + skip, bytes.size - skip, NULL);
	features_of(map, hash_seed, out);
	mime_map_free(&map);
	features_us += clock_monotonic_us() - start;
	out->list = alloc_grow(out->list, out->count + 1, sizeof(*out->list));
	buf_fini(&bytes);
}

static void read_all(void)
{
	char path[PATH_ROOM];
	struct mail mail;

	mails = alloc_zero(1, sizeof(*mails));
	while (mail_count < MAILS_MAX &&
	        scanf("%d %ld %4095[^\n]", &mail.is_spam, &mail.delivered_s, path) == 3) {
		read_mail(path, &mail.features);
		mails = alloc_grow(mails, mail_count + 1, sizeof(*mails));
		mails[mail_count++] = mail;
	}
}

/* ---- orders ---- */

/* Always the same ones, on any machine. */
static void shuffle(size_t *order, uint64_t seed)
{
	size_t at, other, held;

	for (at = 0; at < mail_count; at++)
		order[at] = at;
	for (at = mail_count; at > 1; at--) {
		seed = seed * 6364136223846793005U + 1442695040888963407U;
		other = (seed >> 33) % at;
		held = order[at - 1];
		order[at - 1] = order[other];
		order[other] = held;
	}
}

static int by_date(const void *a, const void *b)
{
	const size_t one = *(const size_t *)a, other = *(const size_t *)b;

	if (mails[one].delivered_s != mails[other].delivered_s)
		return mails[one].delivered_s < mails[other].delivered_s ? -1 : 1;
	return one < other ? -1 : 1;
}

/* ---- runs ---- */

static void judge(const struct model *model, const char *run, size_t number)
{
	int64_t start = clock_monotonic_us();
	double score = model_raw(model, &mails[number].features);

	judge_us += clock_monotonic_us() - start;
	judged++;
	printf("%s %zu %.6f\n", run, number, score);
}

static void learn(struct model *model, size_t number)
{
	static const uint8_t digest[REHEARSE_DIGEST];
	int64_t start = clock_monotonic_us();

	rehearse_learn(&rehearsal, model, &mails[number].features, mails[number].is_spam, digest);
	learn_us += clock_monotonic_us() - start;
	learned++;
}

static void run_fold(const size_t *order, unsigned number, unsigned fold, unsigned folds)
{
	char run[40];
	struct model model;
	size_t at;

	snprintf(run, sizeof(run), "batch.%u.%u", number, fold);
	model_init(&model, 0, 0);
	for (at = 0; at < mail_count; at++)
		if (order[at] % folds != fold)
			learn(&model, order[at]);
	for (at = fold; at < mail_count; at += folds)
		judge(&model, run, at);
	rehearse_fini(&rehearsal);
	model_fini(&model);
}

static void run_online(const size_t *order, const char *run)
{
	struct model model;
	size_t at;

	model_init(&model, 0, 0);
	for (at = 0; at < mail_count; at++) {
		judge(&model, run, order[at]);
		learn(&model, order[at]);
	}
	rehearse_fini(&rehearsal);
	model_fini(&model);
}

static void run_order(size_t *order, unsigned number, unsigned folds)
{
	char run[40];
	unsigned fold;

	shuffle(order, number + 1);
	for (fold = 0; fold < folds; fold++)
		run_fold(order, number, fold, folds);
	snprintf(run, sizeof(run), "online.%u", number);
	run_online(order, run);
}

int main(int argc, char **argv)
{
	unsigned folds = argc > 1 ? (unsigned)atoi(argv[1]) : 10,
	         orders = argc > 2 ? (unsigned)atoi(argv[2]) : 5, number;
	size_t *order;

	if (getenv("SEED"))
		hash_seed = strtoull(getenv("SEED"), NULL, 10);
	read_all();
	if (!mail_count || !folds)
		return 1;
	order = alloc_zero(mail_count, sizeof(*order));
	for (number = 0; number < orders; number++)
		run_order(order, number, folds);
	qsort(order, mail_count, sizeof(*order), by_date);
	run_online(order, "date");
	printf("speed %.1f %.1f %.1f\n", (double)features_us / (double)mail_count,
	        (double)learn_us / (double)learned, (double)judge_us / (double)judged);
	free(order);
	return 0;
}
