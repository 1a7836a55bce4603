/*
 * Host names: whether one is well formed, ends in a domain that exists, and where the part begins
 * that somebody registered. Which domains exist is said by the lists `util_rb_tld`, `util_rb_2tld`
 * and `util_rb_3tld`; without them by a few that everybody knows.
 */
#ifndef LIB_SPAM_DOMAINS_H
#define LIB_SPAM_DOMAINS_H

#include <stddef.h>

#include "lib/spam/lists.h"

enum { HOST_MOST_BYTES = 253 };

/* Labels of letters, digits, "-" and "_" (RFC 1035 section 2.3.1, and what is out there). */
int domains_is_well_formed(const char *host, size_t size);

/* Does it end in a known top-level domain? */
int domains_is_known(const struct lists *lists, const char *host, size_t size);

/* An international host name (UTF-8) in ASCII, "xn--…", to be freed; NULL: it is none. */
char *domains_to_ascii(const char *host, size_t size);

/* What of a host was registered ("example.co.uk" of "www.example.co.uk"): a part of `host`, which
 * is in small letters. */
const char *domains_registered(const struct lists *lists, const char *host);

int domains_is_ip4(const char *text, size_t size);
int domains_is_ip6(const char *text, size_t size);

/* The host that an address leads to, in small letters, into `host` of HOST_MOST_BYTES + 1; gives
 * the registered part of it (an IP address whole), NULL where there is none. */
const char *domains_of_url(const struct lists *lists, const char *url, size_t size, char *host);

#endif
