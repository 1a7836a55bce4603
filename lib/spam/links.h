/*
 * The addresses of the web and of mail that a message names, each as it was written and in the
 * forms that rules expect: with a scheme, percent signs decoded, default port and user name away,
 * odd ways to write an IP address made plain, targets of redirections.
 */
#ifndef LIB_SPAM_LINKS_H
#define LIB_SPAM_LINKS_H

#include <stddef.h>

#include "lib/mime/map.h"
#include "lib/spam/details.h"
#include "lib/spam/lists.h"
#include "lib/spam/pieces.h"

enum links_place {
	LINKS_IN_A = 1, /* as enum html_place */
	LINKS_IN_IFRAME = 2,
	LINKS_IN_OTHER = 4,
	LINKS_IN_ANCHOR = 8,
	LINKS_IN_TEXT = 16,
};

struct links {
	const struct lists *lists; /* lent; NULL: none */
	struct pieces forms;       /* what uri rules look at */
	struct pieces raw;         /* as written: a byte of enum links_place, then the address */
	struct pieces hosts;       /* that they lead to, but those of mail addresses */
	struct pieces mail_hosts;
	struct details *details; /* NULL: nobody asks for them */
	int is_cut;              /* a form was too long */
};

/* `most` of each kind. */
void links_init(struct links *links, const struct lists *lists, size_t most, int with_details);

/* Adds one address and its forms. With `known_only` nothing is added where none of them leads to a
 * host of a domain that exists. `types` is what it was found in, for the details: words with blanks
 * between them; NULL: nothing more is known of it. */
void links_add(struct links *links, const char *url, size_t size, enum links_place place,
        const char *types, int known_only);

/* Adds what looks like an address in running text: http:, https:, ftp:, mailto:, www., ftp., mail
 * addresses, and host names of domains that exist. */
void links_scan(struct links *links, const char *text, size_t size);

/* Adds the domains that say they signed the message: hosts, but no addresses. */
void links_add_signers(struct links *links, const struct mime_map *map);

/* Puts everything into order and drops doubles. */
void links_settle(struct links *links);
void links_fini(struct links *links);

/* The forms of one address; `forms` is cleared first. */
void links_forms(const struct lists *lists, const char *url, size_t size, struct pieces *forms);

#endif
