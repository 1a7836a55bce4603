#include "qctl/outcome.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "qctl/columns.h"

enum { POLL_US = 500 * 1000 };

/* The record's state now, to be freed; NULL where it is gone. */
static char *state_of(struct qctl *qctl, const char *outgoing)
{
	Lz__ListOutbox request = LZ__LIST_OUTBOX__INIT;
	struct wire_message answer;
	const Lz__Outbox *found;
	char *state = NULL;
	struct err err;

	request.id = (char *)outgoing;
	if (qctl_ask(qctl, MESSAGE_LIST_OUTBOX, &request, &answer, &err))
		return NULL;
	found = (const Lz__Outbox *)answer.envelope;
	if (found->n_outbox)
		state = alloc_format("%s\n%s", found->outbox[0]->state, found->outbox[0]->last);
	wire_message_free(&answer);
	return state;
}

static int is_final(const char *state)
{
	return !strncmp(state, "done\n", 5) || !strncmp(state, "dead\n", 5);
}

static int tell_outcome(const char *item, const char *state)
{
	struct buf text = {0};
	int done = !strncmp(state, "done", 4);
	const char *last = strchr(state, '\n') + 1;

	buf_add_format(&text, "%s: %s", item, done ? "delivered" : "failed");
	if (*last) {
		buf_add_string(&text, ": ");
		columns_safe(&text, last, 0);
	}
	fprintf(stderr, "%s\n", text.data);
	buf_fini(&text);
	return done ? QCTL_OK : QCTL_FAILED;
}

int outcome_wait(struct qctl *qctl, char *item, const char *outgoing, int64_t wait_ms)
{
	int64_t until_ms = clock_monotonic_ms() + wait_ms;
	char *state;
	int code;

	do {
		state = state_of(qctl, outgoing);
		if (state && is_final(state)) {
			code = tell_outcome(item, state);
			free(state);
			return code;
		}
		free(state);
		usleep(POLL_US);
	} while (clock_monotonic_ms() < until_ms);
	fprintf(stderr, "%s: not delivered yet\n", item);
	return EX_TEMPFAIL;
}
