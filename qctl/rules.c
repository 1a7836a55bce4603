/*
 * rules: what is known of the spam rules. qscan reads them; we have no reader of rules.
 */
#include <string.h>

#include "qctl/become.h"

/* show takes a name, the others none. */
static int is_right(const struct arguments *arguments)
{
	static const char *const alone[] = {"check", "list", "compile"};
	size_t at;

	if (!strcmp(arguments->words[0], "show"))
		return arguments->word_count == 2;
	for (at = 0; at < sizeof(alone) / sizeof(*alone); at++)
		if (!strcmp(arguments->words[0], alone[at]))
			return arguments->word_count == 1;
	return 0;
}

int command_rules(struct qctl *qctl)
{
	const struct arguments *arguments = &qctl->arguments;
	struct words words;
	struct err err;

	if (!is_right(arguments)) {
		err_set(&err, RESULT_PERMANENT, "expected check, list, show NAME or compile");
		return qctl_wrong(qctl, &err);
	}
	words_begin(&words, qctl, "qscan");
	words_add(&words, "--rules");
	words_add(&words, arguments->words[0]);
	if (arguments->word_count > 1)
		words_add(&words, arguments->words[1]);
	if (qctl->json)
		words_add(&words, "--json");
	return words_become(&words);
}
