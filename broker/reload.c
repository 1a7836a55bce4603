#include "broker/reload.h"

#include <stdlib.h>

#include "lib/base/alloc.h"
#include "lib/base/log.h"

/* One without credit is about to end. */
void reload_pass(const struct desk *desk, const struct wire_message *message)
{
	Lz__Reloading answer = LZ__RELOADING__INIT;
	const struct worker *worker;

	answer.workers = alloc_zero(desk->pool.count, sizeof(*answer.workers));
	for (worker = desk->pool.workers; worker; worker = worker->next)
		if (worker->credit &&
		        desk->send(desk->context, EXCHANGE_WORKER, &worker->peer, MESSAGE_RELOAD, 0,
		                message->envelope, NULL) == RESULT_OK)
			answer.workers[answer.n_workers++] = worker->name;
	log_event(LOG_LEVEL_INFO, NULL, "reload", "workers=%zu of=%zu", answer.n_workers,
	        desk->pool.count);
	desk->send(desk->context, EXCHANGE_FRONT, &message->peer, MESSAGE_RELOADING,
	        message->request, &answer.base, NULL);
	free(answer.workers);
}
