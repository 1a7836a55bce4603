#include "workers/qscan/spam_rules.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/base/file.h"
#include "lib/spam/many.h"

enum { DATABASE_MOST_BYTES = 512 * 1024 * 1024 };

static enum rules_model rules_model_of(const struct config_model *config)
{
	static const enum rules_model models[] = {[BAYES_OFF] = RULES_MODEL_OFF,
	        [BAYES_NAMES] = RULES_MODEL_NAMES,
	        [BAYES_POINTS] = RULES_MODEL_POINTS};

	return config->enabled ? models[config->bayes] : RULES_MODEL_OFF;
}

/* The points of set 2 were fitted beside those of BAYES_99 and its like, those of set 0 without
 * them. */
static int is_beside_model(const struct config_spam *config)
{
	return config->score_set == SCORE_SET_AUTO &&
	       rules_model_of(&config->model) == RULES_MODEL_POINTS;
}

static int score_set_of(const struct config_spam *config)
{
	if (config->score_set != SCORE_SET_AUTO)
		return (int)config->score_set;
	return is_beside_model(config) ? 2 : 0;
}

static enum result read_rules(const struct config_spam *config, int score_set, rules_warn *warn,
        void *context, struct rules **out, struct err *err)
{
	struct rules *rules = rules_new(warn, context);
	enum result result = RESULT_OK;

	for (size_t i = 0; !result && i < config->rules.count; i++)
		result = rules_add_path(rules, config->rules.items[i], err);
	if (result) {
		rules_free(&rules);
		return err_wrap(err, result, "spam.rules");
	}
	rules_use_score_set(rules, score_set);
	rules_use_model(rules, rules_model_of(&config->model));
	rules_compile(rules);
	*out = rules;
	return RESULT_OK;
}

enum result spam_rules_open(const struct config *config, rules_warn *warn, void *context,
        struct rules **out, struct err *err)
{
	return read_rules(&config->spam, score_set_of(&config->spam), warn, context, out, err);
}

enum result spam_rules_open_alone(const struct config *config, struct rules **out, struct err *err)
{
	if (!is_beside_model(&config->spam))
		return RESULT_NONE;
	return read_rules(&config->spam, 0, NULL, NULL, out, err);
}

/* What anybody could have put there would be run as a program is, so it isn't read. */
static enum result read_database(const char *path, struct buf *out, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	enum result result;
	struct stat st;

	if (fd < 0)
		return errno == ENOENT ? err_set(err, RESULT_NONE, "there is none")
		                       : err_sys(err, RESULT_PERMANENT, "open it");
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_mode & (S_IWGRP | S_IWOTH))
		result = err_set(err, RESULT_PERMANENT, "others may change it");
	else
		result = file_read_fd(fd, DATABASE_MOST_BYTES, out, err);
	close(fd);
	return result;
}

enum result spam_rules_use_database(
        const struct config *config, struct rules *rules, struct err *err)
{
	char *path = config_rules_database(config);
	struct buf bytes = {0};
	enum result result = read_database(path, &bytes, err);

	if (!result && many_use(rules, bytes.data ? bytes.data : "", bytes.size, err))
		result = RESULT_PERMANENT;
	if (result)
		err_wrap(err, result, "%s", path);
	buf_fini(&bytes);
	free(path);
	return result == RESULT_OK || result == RESULT_NONE ? result : RESULT_PERMANENT;
}
