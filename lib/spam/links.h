/*
 * The addresses of the web and of mail that a message names, each as it was written and in the
 * forms that rules expect: with a scheme, percent signs decoded, host in lower case, default port
 * and user name away, odd ways to write an IP address made plain, targets of redirections.
 */
#ifndef LIB_SPAM_LINKS_H
#define LIB_SPAM_LINKS_H

#include <stddef.h>

#include "lib/spam/pieces.h"

/* Adds one address and its forms. What isn't an address at all (a relative path, a cid:) is left
 * as it is. */
void links_add(struct pieces *links, const char *url, size_t size);

/* Adds what looks like an address in running text: http:, https:, ftp:, mailto:, www., ftp., mail
 * addresses, and host names with a usual ending. */
void links_scan(struct pieces *links, const char *text, size_t size);

#endif
