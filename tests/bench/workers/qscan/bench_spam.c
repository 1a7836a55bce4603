/*
 * The whole spam stage of a scanner, by the filters that it runs: the map of each mail, texts,
 * every rule and function, findings, features and what a model says. The model has learned the same
 * mails, every other one as spam: its answers are of no use, the work is the same. Prints CPU
 * milliseconds a mail, step by step and for all of it.
 *
 *     bench_spam CONFIG FOLDER
 *
 * The rules and their database are those of the configuration.
 */
#include <dirent.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/base/alloc.h"
#include "lib/base/file.h"
#include "lib/features/features.h"
#include "workers/qscan/scan.h"

enum { MOST_FILES = 20000, MOST_BYTES = 64 << 20, WARM = 50 };
enum step { STEP_MAP, STEP_MODEL, STEP_RULES, STEP_END, STEPS };

static struct buf *mails;
static size_t mail_count;
static Lz__Submission submission = LZ__SUBMISSION__INIT;

static void read_folder(const char *folder)
{
	struct dirent **names;
	int count = scandir(folder, &names, NULL, alphasort), at;
	char *path;
	struct err err;

	for (at = 0; at < count; at++) {
		struct buf bytes = {0};

		path = alloc_format("%s/%s", folder, names[at]->d_name);
		if (names[at]->d_name[0] != '.' && mail_count < MOST_FILES &&
		        !file_read(path, MOST_BYTES, &bytes, &err) && bytes.size) {
			mails = alloc_grow(mails, mail_count + 1, sizeof(*mails));
			mails[mail_count++] = bytes;
		}
		free(path);
		free(names[at]);
	}
	if (count >= 0)
		free(names);
}

static void learn_all(struct model *model)
{
	model_init(model, 1, 1);
	for (size_t at = 0; at < mail_count; at++) {
		struct mime_map *map = mime_map_new(mails[at].data, mails[at].size, NULL);
		struct model_features features;

		features_of(map, model->facts.seed, &features);
		model_learn(model, &features, at % 2);
		features_free(&features);
		mime_map_free(&map);
	}
}

static double cpu_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* Adds what each step took; 0: the model said nothing. */
static int run(const struct config *config, void *rules, const struct model *model,
        const struct buf *mail, double took[STEPS])
{
	double at[STEPS];
	struct scan scan;
	int is_said;

	scan_init(&scan, config, &submission, mail->data, mail->size);
	scan.model = model;
	at[STEP_MAP] = cpu_ms();
	scan.map = mime_map_new(mail->data, mail->size, NULL);
	at[STEP_MODEL] = cpu_ms();
	filter_model.scan(NULL, &scan);
	at[STEP_RULES] = cpu_ms();
	filter_spam.scan(rules, &scan);
	at[STEP_END] = cpu_ms();
	for (int step = STEP_MAP; step < STEP_END; step++)
		took[step] += at[step + 1] - at[step];
	is_said = strcmp(scan.model_said, "none") && strcmp(scan.model_said, "young");
	scan_fini(&scan);
	return is_said;
}

static int measure(const struct config *config, void *rules, const struct model *model)
{
	double warm[STEPS] = {0}, took[STEPS] = {0}, per = 1 / (double)mail_count, all;
	size_t said = 0;

	for (size_t at = 0; at < mail_count && at < WARM; at++)
		run(config, rules, model, &mails[at], warm);
	all = cpu_ms();
	for (size_t at = 0; at < mail_count; at++)
		said += (size_t)run(config, rules, model, &mails[at], took);
	all = cpu_ms() - all;
	printf("map                       %8.3f ms a mail\n", took[STEP_MAP] * per);
	printf("features and logit        %8.3f ms a mail\n", took[STEP_MODEL] * per);
	printf("texts, rules, findings    %8.3f ms a mail\n", took[STEP_RULES] * per);
	printf("the whole stage           %8.3f ms a mail\n", all * per);
	return said != mail_count;
}

/* As qscan's supervisor does. */
static void tune_memory(void)
{
	mallopt(M_TRIM_THRESHOLD, 512 << 20);
	mallopt(M_TOP_PAD, 16 << 20);
	mallopt(M_MMAP_THRESHOLD, 32 << 20);
}

static void warn(void *context, const char *sentence)
{
	if (strstr(sentence, "one by one"))
		fprintf(stderr, "bench_spam: %s\n", sentence);
}

int main(int argc, char **argv)
{
	struct config *config = NULL;
	struct model model;
	void *rules = NULL;
	struct err err;
	int status;

	if (argc != 3)
		return 64;
	tune_memory();
	if (config_load(argv[1], &config, &err) ||
	        filter_spam.open(config, &rules, warn, NULL, &err)) {
		fprintf(stderr, "bench_spam: %s\n", err.text);
		return 1;
	}
	read_folder(argv[2]);
	if (!mail_count || !rules)
		return 1;
	learn_all(&model);
	status = measure(config, rules, &model);
	model_fini(&model);
	filter_spam.close(&rules);
	return status;
}
