#include "qctl/ids.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/base/text.h"

enum { ANSWER_ROOM = 32 };

static void add(struct ids *ids, const char *id)
{
	ids->list = alloc_grow(ids->list, ids->count + 1, sizeof(*ids->list));
	snprintf(ids->list[ids->count++], IDS_ROOM, "%s", id);
}

enum result ids_collect(struct ids *ids, struct selection *selection, struct err *err)
{
	struct wire_message page;
	const Lz__Items *items;
	enum result result;
	size_t at;

	while (!(result = selection_page(selection, &page, err))) {
		items = (const Lz__Items *)page.envelope;
		for (at = 0; at < items->n_items; at++)
			add(ids, items->items[at]->id);
		wire_message_free(&page);
	}
	return result == RESULT_NONE ? RESULT_OK : result;
}

void ids_free(struct ids *ids)
{
	free(ids->list);
	*ids = (struct ids){0};
}

static int ask_person(const char *verb, size_t count)
{
	char answer[ANSWER_ROOM];
	uint64_t number;

	fprintf(stderr, "%s %zu item%s? ", verb, count, count == 1 ? "" : "s");
	fflush(stderr);
	if (!fgets(answer, sizeof(answer), stdin))
		answer[0] = '\0';
	answer[strcspn(answer, "\n")] = '\0';
	if (text_same(answer, "y") || text_same(answer, "yes") ||
	        (text_number(answer, SIZE_MAX, &number) && number == count))
		return QCTL_OK;
	fputs("nothing was done\n", stderr);
	return QCTL_NO;
}

int ids_confirm(const struct qctl *qctl, const char *verb, size_t count)
{
	const char *yes = arguments_value(&qctl->arguments, "yes");
	uint64_t number;

	if (!yes && isatty(STDIN_FILENO) && isatty(STDERR_FILENO))
		return ask_person(verb, count);
	if (yes && text_number(yes, SIZE_MAX, &number) && number == count)
		return QCTL_OK;
	fprintf(stderr, "qctl: %s %zu item%s: --yes %zu confirms it%s\n", verb, count,
	        count == 1 ? "" : "s", count, yes ? "; another number was given" : "");
	return yes ? QCTL_FAILED : EX_USAGE;
}
