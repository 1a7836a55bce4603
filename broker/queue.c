#include "broker/queue.h"

enum queue_class queue_class_of(const struct job *job)
{
	return job->bytes <= QUEUE_SMALL_MAX_BYTES ? QUEUE_SMALL : QUEUE_LARGE;
}

void queue_add(struct queue *queue, struct job *job)
{
	job_list_add(&queue->waiting[queue_class_of(job)], job);
}

void queue_add_first(struct queue *queue, struct job *job)
{
	job_list_add_first(&queue->waiting[queue_class_of(job)], job);
}

void queue_remove(struct queue *queue, struct job *job)
{
	job_list_remove(&queue->waiting[queue_class_of(job)], job);
}

size_t queue_count(const struct queue *queue)
{
	return queue->waiting[QUEUE_SMALL].count + queue->waiting[QUEUE_LARGE].count;
}

enum queue_class queue_turn(const struct queue *queue)
{
	return queue->turn == QUEUE_ROUND - 1 ? QUEUE_LARGE : QUEUE_SMALL;
}

void queue_served(struct queue *queue)
{
	queue->turn = (queue->turn + 1) % QUEUE_ROUND;
}
