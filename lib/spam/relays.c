#include "lib/spam/relays.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/text.h"
#include "lib/spam/parts.h"
#include "lib/spam/pattern.h"

/* ------------------------------------------------------------ networks */

struct network {
	unsigned char bytes[16];
	int family;
	unsigned bits;
};

/* "10.1." as the 16 bits that it names. */
static int read_partial(const char *text, struct network *network)
{
	char whole[64];
	size_t size = strlen(text), parts = 0;

	if (size > 12 || text[strspn(text, "0123456789.")])
		return 0;
	memcpy(whole, text, size + 1);
	if (size && whole[size - 1] == '.')
		whole[--size] = '\0';
	for (size_t i = 0; i < size; i++)
		parts += whole[i] == '.';
	for (network->bits = 8 * (unsigned)++parts; parts < 4; parts++)
		strcat(whole, ".0");
	return inet_pton(AF_INET, whole, network->bytes) == 1;
}

static int read_network(const char *text, struct network *network)
{
	char address[64];
	size_t size = strcspn(text, "/");
	unsigned most;

	if (size >= sizeof(address))
		return 0;
	memcpy(address, text, size);
	address[size] = '\0';
	memset(network, 0, sizeof(*network));
	network->family = strchr(address, ':') ? AF_INET6 : AF_INET;
	most = network->family == AF_INET ? 32 : 128;
	network->bits = most;
	if (inet_pton(network->family, address, network->bytes) != 1 &&
	        (network->family != AF_INET || !read_partial(address, network)))
		return 0;
	if (text[size] == '/')
		network->bits = (unsigned)strtoul(text + size + 1, NULL, 10);
	return network->bits <= most;
}

static int contains(const struct network *network, const struct network *address)
{
	unsigned whole = network->bits / 8, rest = network->bits % 8;

	if (network->family != address->family ||
	        memcmp(network->bytes, address->bytes, whole) != 0)
		return 0;
	return !rest || network->bytes[whole] >> (8 - rest) == address->bytes[whole] >> (8 - rest);
}

static int is_own(const struct network *address)
{
	static const unsigned char here[16] = {[15] = 1};

	return address->family == AF_INET ? address->bytes[0] == 127
	                                  : memcmp(address->bytes, here, 16) == 0;
}

int relays_is_in(const char *text, const char *ip)
{
	struct network network, address;

	return read_network(text, &network) && read_network(ip, &address) &&
	       contains(&network, &address);
}

int relays_in_network(const struct lists *lists, const char *list, const char *ip)
{
	struct network network, address;
	size_t count = lists ? lists_count(lists, list) : 0;

	if (!read_network(ip, &address))
		return 0;
	if (is_own(&address) && strcmp(list, "msa_networks") != 0)
		return 1;
	for (size_t i = 0; i < count; i++) {
		const char *text = lists_at(lists, list, i);
		int is_out = *text == '!';

		if (read_network(text + is_out, &network) && contains(&network, &address))
			return !is_out;
	}
	return 0;
}

/* ------------------------------------------------------------ how far it is believed */

struct walk {
	struct relays *relays;
	const struct lists *lists;
	const char *trusted, *internal; /* lists; NULL: nobody said */
	int in_trusted, in_internal, behind_msa;
	int may_fetch; /* what is read from a mailbox begins the way anew */
};

static const char *list_if_any(const struct lists *lists, const char *name, const char *other)
{
	if (lists && lists_count(lists, name))
		return name;
	return lists && lists_count(lists, other) ? other : NULL;
}

static void judge_by_lists(struct walk *walk, struct relay *relay)
{
	if (!*relay->auth && !relays_in_network(walk->lists, walk->trusted, relay->ip)) {
		walk->in_trusted = walk->in_internal = 0;
		return;
	}
	if (!*relay->auth && !relays_in_network(walk->lists, walk->internal, relay->ip))
		walk->in_internal = 0;
	if (relays_in_network(walk->lists, "msa_networks", relay->ip))
		walk->behind_msa = relay->is_msa = 1;
}

static void judge(struct walk *walk, struct relay *relay)
{
	if (walk->in_trusted && !walk->behind_msa) {
		if (walk->trusted)
			judge_by_lists(walk, relay);
		else if (!relay->is_private && !*relay->auth)
			walk->in_trusted = walk->in_internal = 0;
	}
	relay->is_trusted = walk->in_trusted;
	relay->is_internal = walk->in_internal;
	walk->may_fetch = walk->in_trusted;
}

static void forget(struct relays *relays)
{
	for (size_t i = 0; i < relays->count; i++)
		received_fini(&relays->items[i]);
	relays->count = 0;
}

static void take(struct walk *walk, const char *text, size_t size)
{
	struct relays *relays = walk->relays;
	struct relay relay;
	enum received result = received_read(text, size, &relay);

	if (result == RECEIVED_RELAY) {
		judge(walk, &relay);
		relays->items[relays->count++] = relay;
	} else if (result == RECEIVED_FETCHED && walk->may_fetch) {
		forget(relays);
	}
	relays->unknown += result == RECEIVED_UNKNOWN;
	relays->last_trusted += walk->in_trusted;
	relays->last_internal += walk->in_internal;
}

/* What some write instead of a Received field: X-Originating-IP and its like. */
static void take_origin(struct walk *walk, const struct mime_map *map, const char *name)
{
	static struct pattern address = {
	        "\\b([0-9]{1,3}(?:\\.[0-9]{1,3}){3})\\b|([0-9a-f]*:[0-9a-f]*:[0-9a-f:]+)",
	        MATCH_CASELESS};
	struct match_range groups[1];
	struct buf value = {0}, text = {0};

	if (parts_field(map, 0, name, 1, &value) &&
	        pattern_groups(&address, value.data, value.size, 0, groups, 1)) {
		buf_add_string(&text, "from X-Originating-IP: ");
		buf_add(&text, value.data + groups[0].start, groups[0].end - groups[0].start);
		take(walk, text.data, text.size);
	}
	buf_fini(&value);
	buf_fini(&text);
}

void relays_read(const struct mime_map *map, const struct lists *lists, struct relays *relays)
{
	struct walk walk = {relays, lists,
	        list_if_any(lists, "trusted_networks", "internal_networks"),
	        list_if_any(lists, "internal_networks", "trusted_networks"), 1, 1, 0, 1};
	const struct mime_field *field;
	size_t origins = lists ? lists_count(lists, "originating_ip_headers") : 0;

	memset(relays, 0, sizeof(*relays));
	relays->last_trusted = relays->last_internal = -1;
	relays->items = alloc(RELAYS_MOST * sizeof(*relays->items));
	for (size_t i = 0; i + origins < RELAYS_MOST && (field = mime_field(map, 0, "Received", i));
	        i++)
		take(&walk, (const char *)map->bytes + field->value.offset, field->value.length);
	for (size_t i = 0; i < origins && i < RELAYS_MOST; i++)
		take_origin(&walk, map, lists_at(lists, "originating_ip_headers", i));
}

void relays_fini(struct relays *relays)
{
	forget(relays);
	free(relays->items);
	memset(relays, 0, sizeof(*relays));
}

/* ------------------------------------------------------------ kinds */

int relays_is(const struct relay *relay, enum relays_kind kind)
{
	switch (kind) {
	case RELAYS_TRUSTED:
		return relay->is_trusted;
	case RELAYS_UNTRUSTED:
		return !relay->is_trusted;
	case RELAYS_INTERNAL:
		return relay->is_internal;
	default:
		return !relay->is_internal;
	}
}

size_t relays_count(const struct relays *relays, enum relays_kind kind)
{
	size_t count = 0;

	for (size_t i = 0; i < relays->count; i++)
		count += relays_is(&relays->items[i], kind) != 0;
	return count;
}

const struct relay *relays_at(const struct relays *relays, enum relays_kind kind, size_t nth)
{
	for (size_t i = 0; i < relays->count; i++) {
		if (relays_is(&relays->items[i], kind) && nth-- == 0)
			return &relays->items[i];
	}
	return NULL;
}

void relays_print(const struct relays *relays, enum relays_kind kind, struct buf *out)
{
	int is_first = 1;

	for (size_t i = 0; i < relays->count; i++) {
		if (!relays_is(&relays->items[i], kind))
			continue;
		if (!is_first)
			buf_add_char(out, ' ');
		received_print(&relays->items[i], out);
		is_first = 0;
	}
	buf_add(out, "", 0);
}
