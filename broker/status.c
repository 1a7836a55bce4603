#include "broker/status.h"

#include <stdlib.h>

#include "lib/base/alloc.h"
#include "lib/base/log.h"

enum { COUNTERS_ROOM = 40 };

struct status {
	Lz__BrokerStatus message;
	Lz__Counter counters[COUNTERS_ROOM];
	Lz__Counter *list[COUNTERS_ROOM];
};

_Static_assert(sizeof(struct desk_counters) / sizeof(uint64_t) + 7 <= COUNTERS_ROOM, "room");

static void add(struct status *status, const char *name, uint64_t value)
{
	size_t at = status->message.n_counters++;

	status->counters[at] = (Lz__Counter)LZ__COUNTER__INIT;
	status->counters[at].name = (char *)name;
	status->counters[at].value = value;
	status->list[at] = &status->counters[at];
}

static void add_counters(struct status *status, const struct desk *desk)
{
	const struct pool *pool = &desk->pool;

#define X(name) add(status, #name, desk->counters.name);
	DESK_COUNTERS(X)
#undef X
	add(status, "in_hand", desk->messages);
	add(status, "in_hand_bytes", desk->bytes);
	add(status, "waiting_small", desk->queue.waiting[QUEUE_SMALL].count);
	add(status, "waiting_large", desk->queue.waiting[QUEUE_LARGE].count);
	add(status, "leased", pool->leases[QUEUE_SMALL] + pool->leases[QUEUE_LARGE]);
	add(status, "credit", pool->credit);
	add(status, "workers", pool->count);
}

static char *worker_line(const struct desk *desk, const struct worker *worker)
{
	return alloc_format("%s credit=%u leased=%zu heard=%lldms", log_quote(worker->name),
	        worker->credit, worker->leases.count, (long long)(desk->now_ms - worker->heard_ms));
}

void status_send(const struct desk *desk, const struct wire_peer *peer, uint64_t request)
{
	struct status status = {.message = LZ__BROKER_STATUS__INIT};
	const struct worker *worker;
	char **lines = alloc_zero(desk->pool.count, sizeof(*lines));

	status.message.counters = status.list;
	add_counters(&status, desk);
	status.message.workers = lines;
	for (worker = desk->pool.workers; worker; worker = worker->next)
		lines[status.message.n_workers++] = worker_line(desk, worker);
	desk->send(desk->context, EXCHANGE_FRONT, peer, MESSAGE_BROKER_STATUS, request,
	        &status.message.base, NULL);
	while (status.message.n_workers > 0)
		free(lines[--status.message.n_workers]);
	free(lines);
}
