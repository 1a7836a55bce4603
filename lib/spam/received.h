/*
 * One Received field: who gave the message to whom. Every mail server writes its own way; the
 * shapes that are known stand in a table, in the order in which they are tried.
 */
#ifndef LIB_SPAM_RECEIVED_H
#define LIB_SPAM_RECEIVED_H

#include <stddef.h>

#include "lib/base/buf.h"

/* Strings are never NULL but where it says so; "" where the field doesn't tell. */
struct relay {
	char *ip;   /* of who gave it */
	char *rdns; /* that address's name, as the one who took it looked it up */
	char *helo;
	char *by; /* who took it */
	char *ident;
	char *id;
	char *envelope_from; /* NULL: not told */
	char *auth;          /* how the giver proved who it is */
	int is_private;      /* no address of the public internet */
	int no_reverse_dns;  /* looked up, and it has no name */
	int is_trusted, is_internal, is_msa;
};

enum received {
	RECEIVED_RELAY,
	RECEIVED_IGNORE,  /* no step from one host to another, or one that tells no address */
	RECEIVED_FETCHED, /* from a mailbox: what is above it isn't the way of the message */
	RECEIVED_UNKNOWN, /* it can't be read */
};

/* `text` is a field's value, of any bytes. Gives *relay where it is one. */
enum received received_read(const char *text, size_t size, struct relay *relay);
void received_fini(struct relay *relay);

/* "[ ip=… rdns=… … ]" */
void received_print(const struct relay *relay, struct buf *out);

/* For tests: all shapes compile. */
size_t received_shapes(void);

#endif
