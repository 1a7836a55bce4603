/*
 * explain: we carry no parser of mail, qscan has it, and a sandbox.
 */
#include <stdlib.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/daemon/daemon.h"
#include "qctl/qctl.h"

struct words {
	size_t count;
	char **list;
};

static void add(struct words *words, const char *word)
{
	words->list = alloc_grow(words->list, words->count + 2, sizeof(*words->list));
	words->list[words->count++] = (char *)word;
	words->list[words->count] = NULL;
}

int command_explain(struct qctl *qctl)
{
	static const char *const passed[][2] = {
	        {"from", "--from"}, {"to", "--to"}, {"client", "--client"}, {"helo", "--helo"}};
	char *program = daemon_sibling("qscan");
	struct words words = {0};
	const char *value;
	struct err err;
	size_t at, n;

	add(&words, program);
	add(&words, "-c");
	add(&words, qctl->config_path);
	add(&words, "--explain");
	add(&words, qctl->arguments.words[0]);
	for (at = 0; at < sizeof(passed) / sizeof(passed[0]); at++)
		for (n = 0; (value = arguments_nth(&qctl->arguments, passed[at][0], n)); n++) {
			add(&words, passed[at][1]);
			add(&words, value);
		}
	if (qctl->json)
		add(&words, "--json");
	execv(program, words.list);
	err_sys(&err, RESULT_PERMANENT, "%s", program);
	free(words.list);
	free(program);
	return qctl_fail(RESULT_PERMANENT, &err);
}
