/*
 * Domains of addresses, as the lists of the configuration name them.
 */
#ifndef QUARANTINE_DOMAIN_H
#define QUARANTINE_DOMAIN_H

#include "lib/config/config.h"

/* What stands behind the last "@"; NULL where there is none. Lent from the address. */
const char *domain_of(const char *address);

/* "example.org" names itself, ".example.org" itself and all below; an empty list names them all.
 * `domain` may be NULL. */
int domain_is_in(const struct config_list *list, const char *domain);

#endif
