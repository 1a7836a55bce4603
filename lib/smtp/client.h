/*
 * An SMTP client without sockets: bytes from the server go in, bytes for the server come out, and
 * each message ends in one reply per recipient. So it is tested without a network and driven by any
 * loop (lib/smtp/line.h has the sockets).
 *
 * Transparent (RFC 5321): PIPELINING where offered, but DATA only when every RCPT is answered, so
 * that the caller may still give up with nothing sent; SIZE, 8BITMIME, SMTPUTF8, DSN (RFC 3461)
 * parameters, XFORWARD where offered; the null reverse-path; dots stuffed; every line sent ends in
 * CRLF and no bare CR or LF leaves (RFC 5321 section 2.3.8).
 */
#ifndef LIB_SMTP_CLIENT_H
#define LIB_SMTP_CLIENT_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"

struct smtp_client;

struct smtp_recipient {
	const char *address; /* lent */
	const char *orcpt;   /* "" or NULL: none */
	const char *notify;
};

/* One run of the message's bytes. A message is a list of them: the original's ranges and
 * replacements. */
struct smtp_piece {
	const void *bytes; /* lent until the message is done */
	size_t size;
};

struct smtp_message {
	const char *reverse_path; /* "" for null */
	const struct smtp_recipient *recipients;
	size_t recipient_count;
	const struct smtp_piece *pieces;
	size_t piece_count;
	int eight_bit, smtputf8;
	const char *envid, *ret;
	/* XFORWARD attributes; NULL or "" is sent as [UNAVAILABLE] */
	const char *xforward_name, *xforward_addr, *xforward_port, *xforward_proto, *xforward_helo,
	        *xforward_ident;
	/* 1: if any recipient is refused temporarily, nothing is sent to any (a door with one
	 * answer for all) */
	int all_or_none;
};

struct smtp_reply {
	int code;       /* 0: none came (see err) */
	char text[256]; /* first line's, enhanced code included, cut and made safe */
};

enum smtp_state {
	SMTP_CONNECTING, /* waits for the greeting and EHLO */
	SMTP_IDLE,       /* takes a message */
	SMTP_BUSY,
	SMTP_DONE,   /* the message is answered: read the replies, then smtp_next() */
	SMTP_CLOSED, /* broken or quit; err says why. Replies of a message in hand are as far as
	                they came. */
};

struct smtp_client *smtp_client_new(const char *helo, int64_t now_ms, int64_t timeout_ms);
void smtp_client_free(struct smtp_client **client);

enum smtp_state smtp_client_state(const struct smtp_client *client);
void smtp_client_input(struct smtp_client *client, const void *bytes, size_t size, int64_t now_ms);
void smtp_client_eof(struct smtp_client *client); /* the connection is closed or failed */
int64_t smtp_client_deadline(const struct smtp_client *client); /* call smtp_client_tick() then */
void smtp_client_tick(struct smtp_client *client, int64_t now_ms);

/* What is to be written: lends bytes; say with smtp_client_written() how many were. */
size_t smtp_client_output(struct smtp_client *client, const char **bytes);
void smtp_client_written(struct smtp_client *client, size_t size, int64_t now_ms);

/* In SMTP_IDLE only. The message is lent until SMTP_DONE or SMTP_CLOSED. */
void smtp_client_send(
        struct smtp_client *client, const struct smtp_message *message, int64_t now_ms);

/* Per recipient in SMTP_DONE or SMTP_CLOSED: RESULT_OK taken, RESULT_TEMPORARY, RESULT_PERMANENT
 * (also: a parameter is needed that the server does not offer, e.g. SMTPUTF8), or RESULT_UNSURE:
 * the last byte of the message had been given to the connection and no reply to it came. */
enum result smtp_client_result(
        const struct smtp_client *client, size_t recipient, struct smtp_reply *reply);
const char *smtp_client_error(const struct smtp_client *client);

void smtp_client_next(struct smtp_client *client,
        int64_t now_ms); /* SMTP_DONE to SMTP_IDLE (RSET where needed) */
void smtp_client_quit(struct smtp_client *client);

#endif
