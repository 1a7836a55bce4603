/*
 * explain: we carry no parser of mail, qscan has it, and a sandbox.
 */
#include <stdio.h>

#include "qctl/become.h"
#include "qctl/model_ask.h"

int command_explain(struct qctl *qctl)
{
	static const char *const passed[][2] = {
	        {"from", "--from"}, {"to", "--to"}, {"client", "--client"}, {"helo", "--helo"}};
	struct words words;
	const char *value;
	char number[16];
	size_t at, n;
	int model;

	words_begin(&words, qctl, "qscan");
	words_add(&words, "--explain");
	words_add(&words, qctl->arguments.words[0]);
	for (at = 0; at < sizeof(passed) / sizeof(passed[0]); at++)
		for (n = 0; (value = arguments_nth(&qctl->arguments, passed[at][0], n)); n++) {
			words_add(&words, passed[at][1]);
			words_add(&words, value);
		}
	model = model_lend(qctl);
	if (model >= 0) {
		snprintf(number, sizeof(number), "%d", model);
		words_add(&words, "--model-fd");
		words_add(&words, number);
	}
	if (qctl->json)
		words_add(&words, "--json");
	return words_become(&words);
}
