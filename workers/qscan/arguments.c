#include "workers/qscan/arguments.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/text.h"
#include "protos/messages.h"

static int read_fd(int *fd, const char *value)
{
	uint64_t number;

	if (!text_number(value, 1 << 20, &number))
		return 0;
	*fd = (int)number;
	return 1;
}

static int read_lines(struct arguments *arguments, const char *value)
{
	uint64_t number;

	if (!value || !text_number(value, MESSAGE_PREVIEW_LINES_MAX, &number))
		return 0;
	arguments->is_preview = 1;
	arguments->lines = (size_t)number;
	return 1;
}

static int add_recipient(struct arguments *arguments, char *value)
{
	if (arguments->to_count == ARGUMENTS_MAX_RECIPIENTS)
		return 0;
	arguments->to[arguments->to_count++] = value;
	return 1;
}

static int add_mail(struct arguments *arguments, const char *path)
{
	arguments->explain[arguments->explain_count++] = path;
	return 1;
}

/* -1: it isn't ours. */
static int take_value(struct arguments *arguments, const char *name, char *value)
{
	if (strcmp(name, "--control-fd") == 0)
		return value && read_fd(&arguments->control_fd, value);
	if (strcmp(name, "--keeper-fd") == 0)
		return value && read_fd(&arguments->keeper_fd, value);
	if (strcmp(name, "--features-fd") == 0)
		return value && read_fd(&arguments->features_fd, value);
	if (strcmp(name, "--model-fd") == 0)
		return value && read_fd(&arguments->model_fd, value);
	if (strcmp(name, "--explain") == 0)
		return value && add_mail(arguments, value);
	if (strcmp(name, "--rules") == 0)
		return (arguments->rules = value) != NULL;
	if (strcmp(name, "--from") == 0)
		return (arguments->from = value) != NULL;
	if (strcmp(name, "--client") == 0)
		return (arguments->client = value) != NULL;
	if (strcmp(name, "--helo") == 0)
		return (arguments->helo = value) != NULL;
	if (strcmp(name, "--preview") == 0)
		return read_lines(arguments, value);
	if (strcmp(name, "--content") == 0)
		return (arguments->content = value) != NULL;
	if (strcmp(name, "--to") == 0)
		return value && add_recipient(arguments, value);
	return -1;
}

static int is_more_mail(const struct arguments *arguments, const char *word)
{
	return arguments->explain_count && (*word != '-' || !word[1]);
}

/* Does a rule's name stand behind the "--rules WORD" that ends here? */
static int is_rule(char *const *word)
{
	return strcmp(word[-1], "--rules") == 0 && word[1] && *word[1] != '-';
}

int arguments_take(struct arguments *arguments, int *argc, char **argv)
{
	int at, kept = 1, taken;

	memset(arguments, 0, sizeof(*arguments));
	arguments->explain = alloc_zero((size_t)*argc + 1, sizeof(*arguments->explain));
	arguments->control_fd = arguments->keeper_fd = -1;
	arguments->model_fd = arguments->features_fd = -1;
	arguments->from = arguments->helo = "";
	arguments->client = "";
	for (at = 1; at < *argc; at++) {
		if (strcmp(argv[at], "--json") == 0) {
			arguments->json = 1;
			continue;
		}
		if (strcmp(argv[at], "--with-points") == 0) {
			arguments->with_points = 1;
			continue;
		}
		if (is_more_mail(arguments, argv[at])) {
			add_mail(arguments, argv[at]);
			continue;
		}
		taken = take_value(arguments, argv[at], argv[at + 1]);
		if (taken == 0)
			return 0;
		if (taken < 0)
			argv[kept++] = argv[at];
		else
			at++;
		if (taken > 0 && is_rule(argv + at))
			arguments->rule = argv[++at];
	}
	argv[kept] = NULL;
	*argc = kept;
	return 1;
}

void arguments_fini(struct arguments *arguments)
{
	free(arguments->explain);
	arguments->explain = NULL;
}
