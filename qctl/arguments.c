#include "qctl/arguments.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"

static const struct argument_option *find(
        const struct argument_option *const *tables, const char *name, size_t size)
{
	const struct argument_option *option;

	for (; *tables; tables++)
		for (option = *tables; option->name; option++)
			if (strlen(option->name) == size && !memcmp(option->name, name, size))
				return option;
	return NULL;
}

static void add_word(struct arguments *out, char *word)
{
	out->words = alloc_grow(out->words, out->word_count + 1, sizeof(*out->words));
	out->words[out->word_count++] = word;
}

static void add_given(struct arguments *out, const struct argument_option *option, char *value)
{
	out->given = alloc_grow(out->given, out->given_count + 1, sizeof(*out->given));
	out->given[out->given_count++] = (struct argument_given){option, value};
}

/* One option, and its value where it has one: *at moves over both. */
static enum result take_option(const struct argument_option *const *tables, int argc, char **argv,
        int *at, struct arguments *out, struct err *err)
{
	char *name = argv[*at] + (argv[*at][1] == '-' ? 2 : 1);
	char *equals = argv[*at][1] == '-' ? strchr(name, '=') : NULL;
	size_t size = equals ? (size_t)(equals - name) : strlen(name);
	const struct argument_option *option = find(tables, name, size);

	/* A single dash is for names of one letter only. */
	if (!option || (argv[*at][1] != '-') != (size == 1))
		return err_set(err, RESULT_PERMANENT, "no such option: %s", argv[*at]);
	if (!option->value && equals)
		return err_set(err, RESULT_PERMANENT, "--%s takes no value", option->name);
	if (option->value && !equals && *at + 1 >= argc)
		return err_set(err, RESULT_PERMANENT, "%s needs %s", argv[*at], option->value);
	if (!option->value)
		add_given(out, option, (char *)"");
	else
		add_given(out, option, equals ? equals + 1 : argv[++*at]);
	return RESULT_OK;
}

enum result arguments_parse(const struct argument_option *const *tables, int argc, char **argv,
        struct arguments *out, struct err *err)
{
	enum result result = RESULT_OK;
	int at, only_words = 0;

	*out = (struct arguments){0};
	for (at = 0; !result && at < argc; at++) {
		if (only_words || argv[at][0] != '-' || !argv[at][1])
			add_word(out, argv[at]);
		else if (!strcmp(argv[at], "--"))
			only_words = 1;
		else
			result = take_option(tables, argc, argv, &at, out, err);
	}
	if (result)
		arguments_free(out);
	return result;
}

void arguments_free(struct arguments *arguments)
{
	free(arguments->words);
	free(arguments->given);
	*arguments = (struct arguments){0};
}

const char *arguments_nth(const struct arguments *arguments, const char *name, size_t n)
{
	size_t at;

	for (at = 0; at < arguments->given_count; at++)
		if (!strcmp(arguments->given[at].option->name, name) && !n--)
			return arguments->given[at].value;
	return NULL;
}

const char *arguments_value(const struct arguments *arguments, const char *name)
{
	const char *last = NULL;
	size_t at;

	for (at = 0; at < arguments->given_count; at++)
		if (!strcmp(arguments->given[at].option->name, name))
			last = arguments->given[at].value;
	return last;
}
