/*
 * verify, backup and restore: qstore has the database, and looks at it in a process of its own.
 */
#include "qctl/become.h"

static int care(struct qctl *qctl, const char *option)
{
	struct words words;

	words_begin(&words, qctl, "qstore");
	words_add(&words, option);
	if (qctl->arguments.word_count)
		words_add(&words, qctl->arguments.words[0]);
	return words_become(&words);
}

int command_verify(struct qctl *qctl)
{
	return care(qctl, "--verify");
}

int command_backup(struct qctl *qctl)
{
	return care(qctl, "--backup");
}

int command_restore(struct qctl *qctl)
{
	return care(qctl, "--restore");
}
