#include "quarantine/refusals.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "quarantine/actor.h"

static const char others[] = "others";

struct slot {
	char who[ACTOR_NAME_ROOM];
	int64_t next_ms; /* before that, refusals are only counted */
	int64_t pause_ms;
	uint64_t counted; /* and not written */
	uint64_t adding;  /* in this transaction */
	uint64_t told;    /* of those, how many what is written tells */
	int is_written;   /* in this transaction, with all before */
};

struct refusals {
	struct slot slots[REFUSALS_PEERS];
	size_t count;
};

struct refusals *refusals_new(void)
{
	return alloc_zero(1, sizeof(struct refusals));
}

void refusals_free(struct refusals **refusals)
{
	free(*refusals);
	*refusals = NULL;
}

static int is_over(const struct slot *slot, int64_t now_ms)
{
	return !slot->counted && !slot->adding && now_ms >= slot->next_ms + slot->pause_ms;
}

/* The last slot is for all who find no other. */
static struct slot *slot_of(struct refusals *refusals, const char *who, int64_t now_ms)
{
	struct slot *slot, *old = NULL;
	size_t at;

	for (at = 0; at < refusals->count; at++) {
		slot = &refusals->slots[at];
		if (!strcmp(slot->who, who))
			return slot;
		if (!old && at < REFUSALS_PEERS - 1 && is_over(slot, now_ms))
			old = slot;
	}
	if (!old && refusals->count == REFUSALS_PEERS)
		return &refusals->slots[REFUSALS_PEERS - 1];
	slot = old ? old : &refusals->slots[refusals->count++];
	*slot = (struct slot){.pause_ms = 0};
	snprintf(slot->who, sizeof(slot->who), "%s",
	        slot == &refusals->slots[REFUSALS_PEERS - 1] ? others : who);
	return slot;
}

int refusals_add(struct refusals *refusals, const char *who, int64_t now_ms, uint64_t *before)
{
	struct slot *slot = slot_of(refusals, who, now_ms);

	*before = slot->counted + slot->adding;
	slot->adding++;
	if (slot->is_written || now_ms < slot->next_ms)
		return 0;
	slot->is_written = 1;
	slot->told = slot->adding;
	return 1;
}

/* Who comes back after a quiet time begins with the shortest pause again. */
static int64_t next_pause(const struct slot *slot, int64_t now_ms)
{
	if (!slot->pause_ms || now_ms >= slot->next_ms + slot->pause_ms)
		return REFUSALS_LEAST_MS;
	return 2 * slot->pause_ms < REFUSALS_MOST_MS ? 2 * slot->pause_ms : REFUSALS_MOST_MS;
}

static void settle(struct slot *slot, int64_t now_ms)
{
	if (!slot->is_written) {
		slot->counted += slot->adding;
	} else {
		slot->counted = slot->adding - slot->told;
		slot->pause_ms = next_pause(slot, now_ms);
		slot->next_ms = now_ms + slot->pause_ms;
	}
	slot->adding = slot->told = 0;
	slot->is_written = 0;
}

void refusals_commit(struct refusals *refusals, int64_t now_ms)
{
	size_t at;

	for (at = 0; at < refusals->count; at++)
		settle(&refusals->slots[at], now_ms);
}

void refusals_abort(struct refusals *refusals)
{
	size_t at;

	for (at = 0; at < refusals->count; at++) {
		refusals->slots[at].adding = refusals->slots[at].told = 0;
		refusals->slots[at].is_written = 0;
	}
}

const char *refusals_due(struct refusals *refusals, int64_t now_ms, uint64_t *count)
{
	struct slot *slot;
	size_t at;

	for (at = 0; at < refusals->count; at++) {
		slot = &refusals->slots[at];
		if (!slot->counted || slot->is_written || now_ms < slot->next_ms)
			continue;
		slot->is_written = 1;
		slot->told = slot->adding;
		*count = slot->counted;
		return slot->who;
	}
	return NULL;
}
