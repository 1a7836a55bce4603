#include "submitter/qfront/brokers.h"

#include <assert.h>
#include <string.h>

void brokers_init(struct brokers *brokers, size_t count)
{
	memset(brokers, 0, sizeof(*brokers));
	brokers->count = count < BROKERS_MAX ? count : BROKERS_MAX;
}

int brokers_next(const struct brokers *brokers, unsigned tried, int64_t now_ms)
{
	int resting = -1;
	size_t i;

	for (i = 0; i < brokers->count; i++) {
		if (tried & 1u << i)
			continue;
		if (brokers->rests_until_ms[i] <= now_ms)
			return (int)i;
		if (resting < 0)
			resting = (int)i;
	}
	return resting;
}

void brokers_heard(struct brokers *brokers, size_t broker)
{
	assert(broker < brokers->count);
	brokers->rests_until_ms[broker] = 0;
}

void brokers_failed(struct brokers *brokers, size_t broker, int64_t now_ms)
{
	assert(broker < brokers->count);
	brokers->rests_until_ms[broker] = now_ms + BROKERS_REST_MS;
}
