#include "broker/pool.h"

#include <assert.h>
#include <stdlib.h>

#include "lib/base/alloc.h"

struct worker *pool_find(struct pool *pool, const struct wire_peer *peer)
{
	struct worker *worker;

	for (worker = pool->workers; worker; worker = worker->next)
		if (wire_peer_same(&worker->peer, peer))
			return worker;
	return NULL;
}

struct worker *pool_add(struct pool *pool, const struct wire_peer *peer, const char *name)
{
	struct worker *worker = alloc_zero(1, sizeof(*worker));

	worker->peer = *peer;
	worker->name = alloc_string(name);
	worker->next = pool->workers;
	pool->workers = worker;
	pool->count++;
	return worker;
}

void pool_remove(struct pool *pool, struct worker *worker)
{
	struct worker **at = &pool->workers;

	assert(worker->leases.count == 0);
	while (*at != worker)
		at = &(*at)->next;
	*at = worker->next;
	pool->count--;
	pool->credit -= worker->credit;
	pool_forget_owed(worker, INT64_MAX);
	free(worker->name);
	free(worker);
}

void pool_set_credit(struct pool *pool, struct worker *worker, uint32_t credit)
{
	if (credit > POOL_CREDIT_MAX)
		credit = POOL_CREDIT_MAX;
	pool->credit += credit;
	pool->credit -= worker->credit;
	worker->credit = credit;
}

static size_t room_of(const struct worker *worker)
{
	size_t held = worker->leases.count + worker->owed_count;

	return worker->credit > held ? worker->credit - held : 0;
}

/* Never given to large ones. */
static uint64_t kept_of(uint64_t credit)
{
	return credit > 1 ? (credit + 3) / 4 : 0;
}

static int can_take(const struct worker *worker, const struct job *job)
{
	if (queue_class_of(job) == QUEUE_LARGE &&
	        worker->large >= worker->credit - kept_of(worker->credit))
		return 0;
	return room_of(worker) > 0;
}

static int is_better(const struct worker *a, const struct worker *b)
{
	if (!b || room_of(a) != room_of(b))
		return !b || room_of(a) > room_of(b);
	return a->served < b->served;
}

struct worker *pool_choose(struct pool *pool, const struct job *job)
{
	struct worker *worker, *best = NULL, *avoided = NULL;
	int others = 0; /* that work at all, if not now */

	for (worker = pool->workers; worker; worker = worker->next) {
		if (worker->credit == 0)
			continue;
		if (job->avoid.size > 0 && wire_peer_same(&job->avoid, &worker->peer)) {
			avoided = worker;
			continue;
		}
		others = 1;
		if (can_take(worker, job) && is_better(worker, best))
			best = worker;
	}
	if (!others && avoided && can_take(avoided, job))
		return avoided;
	return best;
}

int pool_admits(const struct pool *pool, enum queue_class class)
{
	return class == QUEUE_SMALL ||
	       pool->leases[QUEUE_LARGE] < pool->credit - kept_of(pool->credit);
}

void pool_lease(struct pool *pool, struct worker *worker, struct job *job)
{
	assert(room_of(worker) > 0 && !job->worker);
	job->worker = worker;
	job_list_add(&worker->leases, job);
	worker->large += queue_class_of(job) == QUEUE_LARGE;
	pool->leases[queue_class_of(job)]++;
	worker->served = ++pool->served;
}

void pool_release(struct pool *pool, struct job *job)
{
	job_list_remove(&job->worker->leases, job);
	job->worker->large -= queue_class_of(job) == QUEUE_LARGE;
	pool->leases[queue_class_of(job)]--;
	job->worker = NULL;
}

void pool_owe(struct job *job, int64_t until_ms)
{
	struct owed *owed = alloc(sizeof(*owed));

	*owed = (struct owed){
	        job->worker->owed, job->lease, until_ms, queue_class_of(job) == QUEUE_LARGE};
	job->worker->large += owed->is_large;
	job->worker->owed = owed;
	job->worker->owed_count++;
}

static void drop_owed(struct worker *worker, struct owed **at)
{
	struct owed *owed = *at;

	*at = owed->next;
	worker->owed_count--;
	worker->large -= owed->is_large;
	free(owed);
}

int pool_settle(struct worker *worker, uint64_t lease)
{
	struct owed **at = &worker->owed;

	while (*at && (*at)->lease != lease)
		at = &(*at)->next;
	if (!*at)
		return 0;
	drop_owed(worker, at);
	return 1;
}

void pool_forget_owed(struct worker *worker, int64_t now_ms)
{
	struct owed **at = &worker->owed;

	while (*at)
		if ((*at)->until_ms <= now_ms)
			drop_owed(worker, at);
		else
			at = &(*at)->next;
}

struct job *pool_leased(const struct worker *worker, uint64_t lease)
{
	struct job *job = worker->leases.first;

	while (job && job->lease != lease)
		job = job->next;
	return job;
}
