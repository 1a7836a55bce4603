#include "lib/config/address.h"

#include <arpa/inet.h>
#include <string.h>

#include "lib/base/text.h"

const char *address_domain(const char *address)
{
	const char *at = strrchr(address, '@');

	return at ? at + 1 : "";
}

int address_domain_within(const char *domain, const char *parent)
{
	size_t size = strlen(domain), tail = strlen(parent);

	if (!tail || size < tail || !text_same(domain + size - tail, parent))
		return 0;
	return size == tail || domain[size - tail - 1] == '.';
}

int address_matches(const char *pattern, const char *address)
{
	if (strcmp(pattern, "<>") == 0)
		return *address == '\0';
	if (*pattern == '@')
		return text_same(address_domain(address), pattern + 1);
	if (*pattern == '.')
		return address_domain_within(address_domain(address), pattern + 1);
	if (strpbrk(pattern, "*?["))
		return *address && text_glob(pattern, address, strlen(address));
	return text_same(pattern, address);
}

int address_in_list(const struct config_list *patterns, const char *address)
{
	size_t i;

	for (i = 0; i < patterns->count; i++)
		if (address_matches(patterns->items[i], address))
			return 1;
	return 0;
}

/* ---------------------------------------------------------------- networks */

/* All as IPv6, IPv4 mapped into it (RFC 4291 section 2.5.5.2), so that one comparison serves both.
 */
static int read_ip(const char *text, size_t size, unsigned char out[16], unsigned *offset)
{
	static const unsigned char mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
	char copy[INET6_ADDRSTRLEN];

	if (size > 5 && text_same_bytes(text, 5, "IPv6:")) {
		text += 5;
		size -= 5;
	}
	if (size > 2 && text[0] == '[' && text[size - 1] == ']') {
		text++;
		size -= 2;
	}
	if (size >= sizeof(copy))
		return 0;
	memcpy(copy, text, size);
	copy[size] = '\0';
	*offset = 0;
	if (inet_pton(AF_INET6, copy, out) == 1)
		return 1;
	*offset = 96;
	memcpy(out, mapped, sizeof(mapped));
	return inet_pton(AF_INET, copy, out + 12) == 1;
}

static int same_bits(const unsigned char *a, const unsigned char *b, unsigned bits)
{
	unsigned mask = 0xffu << (8 - bits % 8);

	if (memcmp(a, b, bits / 8) != 0)
		return 0;
	return bits % 8 == 0 || ((a[bits / 8] ^ b[bits / 8]) & mask & 0xff) == 0;
}

int address_in_network(const char *network, const char *client)
{
	const char *slash = strchr(network, '/');
	size_t size = slash ? (size_t)(slash - network) : strlen(network);
	unsigned char net[16], ip[16];
	unsigned offset, unused;
	uint64_t bits = 128;

	if (!read_ip(network, size, net, &offset) || !read_ip(client, strlen(client), ip, &unused))
		return 0;
	if (slash && !text_number(slash + 1, 128 - offset, &bits))
		return 0;
	return same_bits(net, ip, slash ? (unsigned)bits + offset : 128);
}

int address_in_networks(const struct config_list *networks, const char *client)
{
	size_t i;

	for (i = 0; i < networks->count; i++)
		if (address_in_network(networks->items[i], client))
			return 1;
	return 0;
}
