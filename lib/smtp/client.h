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
	/* XFORWARD attributes: none is sent where all are NULL; else an absent one is sent as
	 * [UNAVAILABLE]. IDENT is the queue id. */
	const char *xforward_name, *xforward_addr, *xforward_port, *xforward_proto, *xforward_helo,
	        *xforward_ident;
	/* 1: if any recipient is refused temporarily, nothing is sent to any (a door with one
	 * answer for all). */
	int all_or_none;
	/* 1: stop in SMTP_ASKING before DATA, where anything would be sent at all. */
	int ask;
};

struct smtp_reply {
	int code;       /* 0: none came, and the text is ours */
	char text[256]; /* first line's, cut and made safe; ours begin with an enhanced code */
};

enum smtp_state {
	SMTP_CONNECTING, /* waits for the greeting and EHLO */
	SMTP_IDLE,       /* takes a message */
	SMTP_BUSY,
	SMTP_ASKING, /* every RCPT is answered, nothing is sent: smtp_client_proceed() decides */
	SMTP_DONE,   /* the message is answered: read the results, then smtp_client_next() */
	SMTP_CLOSED, /* broken or quit; the error says why. A message in hand has its results. */
};

/* `helo` is copied. `timeout_ms` is for each reply of the server, and for each step forward in
 * writing. */
struct smtp_client *smtp_client_new(const char *helo, int64_t now_ms, int64_t timeout_ms);
void smtp_client_free(struct smtp_client **client);

enum smtp_state smtp_client_state(const struct smtp_client *client);
void smtp_client_input(struct smtp_client *client, const void *bytes, size_t size, int64_t now_ms);
/* The connection is closed or failed; `why` may be NULL. */
void smtp_client_eof(struct smtp_client *client, const char *why);
/* When to call smtp_client_tick(); INT64_MAX: never. */
int64_t smtp_client_deadline(const struct smtp_client *client);
void smtp_client_tick(struct smtp_client *client, int64_t now_ms);

/* What is to be written: lends bytes; say with smtp_client_written() how many were. */
size_t smtp_client_output(struct smtp_client *client, const char **bytes);
void smtp_client_written(struct smtp_client *client, size_t size, int64_t now_ms);

/* In SMTP_IDLE only. The message is lent until SMTP_DONE or SMTP_CLOSED, which may be at once. */
void smtp_client_send(
        struct smtp_client *client, const struct smtp_message *message, int64_t now_ms);

/* In SMTP_ASKING: `go` sends the message to the recipients taken; else nothing is sent and these
 * end as RESULT_TEMPORARY. */
void smtp_client_proceed(struct smtp_client *client, int go, int64_t now_ms);

/*
 * Per recipient, in SMTP_ASKING, SMTP_DONE or SMTP_CLOSED. RESULT_OK: the server has taken the
 * message for it. RESULT_TEMPORARY. RESULT_PERMANENT: also where something is needed that the
 * server does not offer (SMTPUTF8), or does not take (size). RESULT_UNSURE: the last byte of the
 * message had been given to the connection and no reply came. RESULT_NONE: in SMTP_ASKING only,
 * taken so far. `reply` may be NULL.
 */
enum result smtp_client_result(
        const struct smtp_client *client, size_t recipient, struct smtp_reply *reply);
const char *smtp_client_error(const struct smtp_client *client);

/* In SMTP_CLOSED: the server had closed a kept connection before it read anything of the message
 * in hand. It may be sent again on a new one, and nothing happened twice. */
int smtp_client_untouched(const struct smtp_client *client);

/* SMTP_DONE to SMTP_IDLE. A transaction left open is reset with the next message. */
void smtp_client_next(struct smtp_client *client);
void smtp_client_quit(struct smtp_client *client, int64_t now_ms); /* SMTP_IDLE or SMTP_DONE */

#endif
