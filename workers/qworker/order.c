#include "workers/qworker/order.h"

#include <stdlib.h>

#include "lib/base/alloc.h"

static void pack(const Lz__ScanOrder *order, struct buf *out)
{
	size_t size = lz__scan_order__get_packed_size(order);

	buf_reserve(out, size);
	out->size += lz__scan_order__pack(order, (uint8_t *)out->data + out->size);
}

static void leave_out(const struct singly *singly, Lz__ScanOrder *order)
{
	size_t part, parts = singly_parts(singly);

	order->bad = alloc_zero(parts, sizeof(*order->bad));
	for (part = 0; part < parts; part++) {
		Lz__LeftOut *bad;

		if (!singly_left_out(singly, part))
			continue;
		bad = alloc(sizeof(*bad));
		lz__left_out__init(bad);
		bad->part = (uint32_t)part;
		bad->why = (char *)singly_left_out(singly, part);
		order->bad[order->n_bad++] = bad;
	}
}

static void drop_left_out(Lz__ScanOrder *order)
{
	while (order->n_bad)
		free(order->bad[--order->n_bad]);
	free(order->bad);
}

/* A scanner stops by itself a while before it is killed. */
static uint64_t own_time_ms(int64_t time_ms)
{
	int64_t own_ms = time_ms - time_ms / 4;

	return own_ms > 0 ? (uint64_t)own_ms : 1;
}

static enum pair_kind make_singly(struct job *job, int64_t time_ms, struct buf *out)
{
	Lz__ScanOrder order = LZ__SCAN_ORDER__INIT;
	enum singly_step step = singly_step(job->singly);
	uint64_t deadline_ms = job->order->submission->deadline_ms;

	order.submission = job->order->submission;
	order.submission->deadline_ms = own_time_ms(time_ms);
	if (step == SINGLY_PROBE)
		singly_range(job->singly, &order.from, &order.to);
	else if (step == SINGLY_REST)
		leave_out(job->singly, &order);
	else if (step == SINGLY_BLIND)
		order.why = (char *)singly_why(job->singly);
	pack(&order, out);
	drop_left_out(&order);
	order.submission->deadline_ms = deadline_ms;
	if (step == SINGLY_BLIND)
		return PAIR_UNSCANNED;
	return step == SINGLY_REST ? PAIR_SCAN : PAIR_PROBE;
}

enum pair_kind order_make(struct job *job, int64_t time_ms, struct buf *out)
{
	Lz__ScanOrder order = LZ__SCAN_ORDER__INIT;

	if (job->singly)
		return make_singly(job, time_ms, out);
	order.submission = job->order->submission;
	pack(&order, out);
	return PAIR_SCAN;
}

enum pair_kind order_answer(const struct job *job)
{
	return job_is_probe(job) ? PAIR_PROBED : PAIR_RESULT;
}
