/*
 * What the configuration makes of an item: how long it is kept, in which class it is, and how many
 * bytes its recipients and their domains may have. Pure: asked with the same item and the same
 * configuration it answers the same.
 */
#ifndef QUARANTINE_RULES_H
#define QUARANTINE_RULES_H

#include <stdint.h>

#include "lib/config/config.h"
#include "protos/messages.h"

struct rules {
	int64_t keep_ms; /* where no rule of retention fits; 0: for ever */
	struct config_retentions retention;
	struct config_quotas quotas;
	enum config_over_quota over_quota;
};

/* How long such an item is kept; 0: for ever. The first rule that fits decides. */
int64_t rules_keep_ms(const struct rules *rules, const Lz__Item *item);

/* From 1 on: who has the lowest goes first where room is needed. */
uint32_t rules_class(const char *reason);

/* Bytes that a domain, or a recipient, may have; 0: as many as there is room for. */
uint64_t rules_quota_of_domain(const struct rules *rules, const char *domain);
uint64_t rules_quota_of_recipient(const struct rules *rules, const char *address);

/* Never 0, and another one where items have to be filed anew: times to keep, classes, or whether
 * there are quotas at all. */
uint64_t rules_fingerprint(const struct rules *rules);

#endif
