#include <string.h>

#include "lib/base/text.h"
#include "submitter/qsubmit/qsubmit.h"

enum { DEADLINE_MOST_SEC = 3600 };

/* The value of "--name=value", NULL where `argument` is another option. */
static const char *value_of(const char *argument, const char *name)
{
	size_t size = strlen(name);

	if (strncmp(argument, "--", 2) || strncmp(argument + 2, name, size))
		return NULL;
	return argument[2 + size] == '=' ? argument + 3 + size : NULL;
}

static int take_text(const char *argument, struct letter *letter)
{
	const char *value;
	int i;

	for (i = 0; i < LETTER_SENDER; i++) {
		value = value_of(argument, letter_option((enum letter_text)i));
		if (value && *value)
			letter->texts[i] = value;
		if (value)
			return 1;
	}
	return 0;
}

static enum result take_deadline(const char *value, struct qsubmit_options *out, struct err *err)
{
	uint64_t seconds;

	if (!text_number(value, DEADLINE_MOST_SEC, &seconds) || !seconds)
		return err_set(err, RESULT_PERMANENT, "--deadline: expected 1 to %d seconds",
		        DEADLINE_MOST_SEC);
	out->deadline_sec = (unsigned)seconds;
	return RESULT_OK;
}

static enum result take_option(const char *argument, struct qsubmit_options *out, struct err *err)
{
	const char *value;

	if (take_text(argument, &out->letter))
		return RESULT_OK;
	if ((value = value_of(argument, "socket")) != NULL)
		out->socket = value;
	else if ((value = value_of(argument, "orcpt")) != NULL)
		letter_add_original(&out->letter, value);
	else if ((value = value_of(argument, "deadline")) != NULL)
		return take_deadline(value, out, err);
	else
		return err_set(err, RESULT_PERMANENT, "unknown argument %.100s", argument);
	return RESULT_OK;
}

enum result qsubmit_parse(int argc, char **argv, struct qsubmit_options *out, struct err *err)
{
	uint64_t size;
	int i;

	*out = (struct qsubmit_options){.deadline_sec = QSUBMIT_DEADLINE_SEC};
	out->help = argc == 2 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "--version"));
	if (out->help)
		return RESULT_OK;
	for (i = 1; i < argc && strcmp(argv[i], "--"); i++) {
		/* The sender is an argument of its own: `-f${sender}` with the null sender would
		 * swallow the argument behind it. */
		if (!strcmp(argv[i], "-f") && i + 1 < argc)
			out->letter.texts[LETTER_SENDER] = argv[++i];
		else if (take_option(argv[i], out, err))
			return RESULT_PERMANENT;
	}
	for (i++; i < argc; i++)
		letter_add_recipient(&out->letter, argv[i]);
	if (!out->socket || !*out->socket)
		return err_set(err, RESULT_PERMANENT, "no --socket");
	if (out->letter.texts[LETTER_SIZE] &&
	        !text_number(out->letter.texts[LETTER_SIZE], INT64_MAX, &size))
		return err_set(err, RESULT_PERMANENT, "--size: expected a number of bytes");
	return letter_check(&out->letter, err);
}
