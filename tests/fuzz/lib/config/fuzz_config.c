/*
 * Any bytes as lazaret.yaml: either a configuration in which nothing is missing, or an error that
 * names a line. Never both, never neither.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/config/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void say(void *context, const char *sentence)
{
	/* file, line (or none), what: and for a terminal */
	if (strncmp(sentence, "fuzz", 4) != 0 || strchr(sentence, '\n'))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config *config = NULL;
	struct config_list watched;
	struct err err = {0};
	enum result result;

	result = config_parse("fuzz", (const char *)data, size, &config, &err);
	if (result) {
		if (config || strncmp(err.text, "fuzz:", 5) != 0 || err.text[5] < '1' ||
		        err.text[5] > '9')
			abort();
		return 0;
	}
	if (!config->site.name[0] || !config->front.next_hop[0] || !config->front.brokers.count ||
	        config->workers.timeout_ms >= config->front.deadline_ms ||
	        config->size.max_size > config->quarantine.max_item_size)
		abort();
	config_watched(config, &watched);
	config_list_free(&watched);
	config_warn(config, say, NULL);
	config_free(&config);
	return 0;
}
