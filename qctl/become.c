#include "qctl/become.h"

#include <stdlib.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/daemon/daemon.h"

void words_add(struct words *words, const char *word)
{
	words->list = alloc_grow(words->list, words->count + 2, sizeof(*words->list));
	words->list[words->count++] = (char *)word;
	words->list[words->count] = NULL;
}

void words_begin(struct words *words, const struct qctl *qctl, const char *program)
{
	*words = (struct words){0};
	words_add(words, daemon_sibling(program));
	words_add(words, "-c");
	words_add(words, qctl->config_path);
}

int words_become(struct words *words)
{
	struct err err;

	execv(words->list[0], words->list);
	err_sys(&err, RESULT_PERMANENT, "%s", words->list[0]);
	free(words->list[0]);
	free(words->list);
	return qctl_fail(RESULT_PERMANENT, &err);
}
