/*
 * Any bytes as a Received field, and as the header of a message: what is read never has in it what
 * would look like the marks around it, and a message has no more relays than fields.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/spam/relays.h"

static void check_text(const char *text)
{
	assert(text && !text[strcspn(text, " \t\r\n#[]()<>|")]);
}

static void check(const struct relay *relay)
{
	check_text(relay->ip);
	check_text(relay->rdns);
	check_text(relay->helo);
	check_text(relay->by);
	check_text(relay->ident);
	assert(relay->id && relay->auth);
	if (relay->envelope_from)
		check_text(relay->envelope_from);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct relay relay;
	struct relays relays;
	struct mime_map *map;
	struct buf text = {0};

	if (received_read((const char *)data, size, &relay) == RECEIVED_RELAY) {
		check(&relay);
		received_fini(&relay);
	}
	map = mime_map_new(data, size, NULL);
	relays_read(map, NULL, &relays);
	assert(relays.count + relays.unknown <= map->parts[0].field_count);
	for (size_t i = 0; i < relays.count; i++)
		check(&relays.items[i]);
	relays_print(&relays, RELAYS_UNTRUSTED, &text);
	relays_fini(&relays);
	mime_map_free(&map);
	buf_fini(&text);
	return 0;
}
