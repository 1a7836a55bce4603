/*
 * The jobs that wait, in two classes by size, first come first served in each. While both wait, of
 * every four jobs three are small: a batch of large ones costs small ones little, and is not
 * forgotten either.
 */
#ifndef BROKER_QUEUE_H
#define BROKER_QUEUE_H

#include "broker/job.h"

enum { QUEUE_SMALL_MAX_BYTES = MESSAGE_SMALL_MAX, QUEUE_ROUND = 4 };

enum queue_class { QUEUE_SMALL, QUEUE_LARGE, QUEUE_CLASSES };

struct queue {
	struct job_list waiting[QUEUE_CLASSES];
	unsigned turn; /* within a round */
};

enum queue_class queue_class_of(const struct job *job);
void queue_add(struct queue *queue, struct job *job);       /* the newest */
void queue_add_first(struct queue *queue, struct job *job); /* one that has waited before */
void queue_remove(struct queue *queue, struct job *job);
size_t queue_count(const struct queue *queue);

/* Which class is next, the other being next where it has nothing to give. */
enum queue_class queue_turn(const struct queue *queue);
/* Tells that one of both waiting classes was served. */
void queue_served(struct queue *queue);

#endif
