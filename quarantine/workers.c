#include "quarantine/workers.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"

struct workers {
	struct {
		Lz__WorkerState *state;
		int64_t heard_ms;
	} list[WORKERS_MOST];
	size_t count;
};

struct workers *workers_new(void)
{
	return alloc_zero(1, sizeof(struct workers));
}

void workers_free(struct workers **workers)
{
	if (!*workers)
		return;
	while ((*workers)->count)
		message_free(&(*workers)->list[--(*workers)->count].state->base);
	free(*workers);
	*workers = NULL;
}

static Lz__WorkerState *copy_of(const Lz__WorkerState *state)
{
	size_t size = lz__worker_state__get_packed_size(state);
	uint8_t *packed = alloc(size);
	Lz__WorkerState *copy;

	lz__worker_state__pack(state, packed);
	copy = lz__worker_state__unpack(NULL, size, packed);
	free(packed);
	return copy;
}

static void forget_silent(struct workers *workers, int64_t now_ms)
{
	size_t at, kept = 0;

	for (at = 0; at < workers->count; at++) {
		if (now_ms - workers->list[at].heard_ms > WORKERS_FORGET_MS)
			message_free(&workers->list[at].state->base);
		else
			workers->list[kept++] = workers->list[at];
	}
	workers->count = kept;
}

void workers_hear(struct workers *workers, const Lz__WorkerState *state, int64_t now_ms)
{
	Lz__WorkerState *copy;
	size_t at = 0;

	forget_silent(workers, now_ms);
	while (at < workers->count && strcmp(workers->list[at].state->worker, state->worker) != 0)
		at++;
	if (at == WORKERS_MOST)
		return;
	copy = copy_of(state);
	if (!copy)
		return; /* no memory: it will be told again */
	if (at == workers->count)
		workers->count++;
	else
		message_free(&workers->list[at].state->base);
	workers->list[at].state = copy;
	workers->list[at].heard_ms = now_ms;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(
	        (*(Lz__WorkerState *const *)a)->worker, (*(Lz__WorkerState *const *)b)->worker);
}

void workers_tell(struct workers *workers, int64_t now_ms, Lz__Stats *out)
{
	Lz__WorkerState *copy;
	size_t at;

	forget_silent(workers, now_ms);
	out->workers = alloc_zero(workers->count, sizeof(*out->workers));
	for (at = 0; at < workers->count; at++) {
		copy = copy_of(workers->list[at].state);
		if (!copy)
			continue;
		copy->silent_ms = (uint64_t)(now_ms - workers->list[at].heard_ms);
		out->workers[out->n_workers++] = copy;
	}
	if (out->n_workers)
		qsort(out->workers, out->n_workers, sizeof(*out->workers), by_name);
}
