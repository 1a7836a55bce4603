#include "quarantine/workers.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"

struct workers {
	struct {
		Lz__WorkerState *state;
		char *who;
		int is_news;
		int64_t heard_ms;
	} list[WORKERS_MOST];
	size_t count;
};

struct workers *workers_new(void)
{
	return alloc_zero(1, sizeof(struct workers));
}

static void forget(struct workers *workers, size_t at)
{
	message_free(&workers->list[at].state->base);
	free(workers->list[at].who);
}

void workers_free(struct workers **workers)
{
	if (!*workers)
		return;
	while ((*workers)->count)
		forget(*workers, --(*workers)->count);
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
			forget(workers, at);
		else
			workers->list[kept++] = workers->list[at];
	}
	workers->count = kept;
}

static int is_other(const Lz__WorkerState *a, const Lz__WorkerState *b)
{
	return a->generation != b->generation || a->refused != b->refused ||
	       strcmp(a->engine, b->engine) != 0;
}

void workers_hear(
        struct workers *workers, const Lz__WorkerState *state, const char *who, int64_t now_ms)
{
	Lz__WorkerState *copy;
	size_t at = 0;
	int is_news = 1;

	forget_silent(workers, now_ms);
	while (at < workers->count && strcmp(workers->list[at].state->worker, state->worker) != 0)
		at++;
	if (at == WORKERS_MOST)
		return;
	copy = copy_of(state);
	if (!copy)
		return; /* no memory: it will be told again */
	if (at == workers->count) {
		workers->count++;
	} else {
		is_news = workers->list[at].is_news || is_other(workers->list[at].state, copy);
		forget(workers, at);
	}
	workers->list[at].state = copy;
	workers->list[at].who = alloc_string(who);
	workers->list[at].is_news = is_news;
	workers->list[at].heard_ms = now_ms;
}

const Lz__WorkerState *workers_next_news(struct workers *workers, const char **who)
{
	size_t at;

	for (at = 0; at < workers->count; at++) {
		if (!workers->list[at].is_news)
			continue;
		workers->list[at].is_news = 0;
		*who = workers->list[at].who;
		return workers->list[at].state;
	}
	return NULL;
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
