/*
 * Who is meant: mail addresses against the patterns of the configuration, and client addresses
 * against networks. Pure, and ASCII case is never regarded.
 */
#ifndef LIB_CONFIG_ADDRESS_H
#define LIB_CONFIG_ADDRESS_H

#include <stddef.h>

#include "lib/config/config.h"

/* A pattern is an address, `@domain`, `.domain` (that domain and all below it), a glob over the
 * whole address, or `<>` for the null reverse-path. `address` has no angle brackets. */
int address_matches(const char *pattern, const char *address);
int address_in_list(const struct config_list *patterns, const char *address);

/* What stands behind the last "@", or "". Points into the address. */
const char *address_domain(const char *address);

/* Is `domain` the same as `parent`, or below it? */
int address_domain_within(const char *domain, const char *parent);

/* An IPv4 or IPv6 address (an "IPv6:" in front, brackets or an IPv4-mapped form are seen through)
 * against CIDR networks such as "192.0.2.0/24"; one without a length is a single address. What
 * can't be read is in no network. */
int address_in_network(const char *network, const char *client);
int address_in_networks(const struct config_list *networks, const char *client);

#endif
