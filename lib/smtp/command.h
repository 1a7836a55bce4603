/*
 * Writes SMTP commands. No text from outside can end a line or a path early: what would is refused
 * or left out, never sent.
 */
#ifndef LIB_SMTP_COMMAND_H
#define LIB_SMTP_COMMAND_H

#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/smtp/client.h"

enum { COMMAND_MAX = 512, COMMAND_XFORWARD_VALUE_MAX = 255 };

/* What the server offers, from its EHLO reply. */
struct smtp_offer {
	int pipelining, size, eight_bit, smtputf8, dsn;
	uint64_t max_size; /* 0: no fixed limit */
	unsigned xforward; /* bits by attribute */
};

/* Reads the lines behind the first of an EHLO reply, each ended by a newline. */
void command_read_offer(const char *lines, struct smtp_offer *offer);

int command_needs_smtputf8(const char *address);

/*
 * Each adds one line with its CRLF. RESULT_PERMANENT with a text that begins with an enhanced code
 * where the address cannot be said in SMTP. A localpart that needs quotes and has none gets them
 * (RFC 5321 section 4.1.2). DSN parameters that are not well-formed (RFC 3461) are left out.
 */
enum result command_mail(struct buf *out, const struct smtp_message *message,
        const struct smtp_offer *offer, uint64_t size, struct err *err);
enum result command_rcpt(struct buf *out, const struct smtp_recipient *recipient,
        const struct smtp_offer *offer, struct err *err);

/*
 * Adds as many XFORWARD commands as needed, each at most COMMAND_MAX bytes; returns how many. None
 * where the message brings no attribute. SOURCE is always REMOTE: the message has had its local
 * rewriting on its way to us and must not get a second one.
 */
int command_xforward(
        struct buf *out, const struct smtp_message *message, const struct smtp_offer *offer);

#endif
