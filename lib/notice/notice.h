/*
 * A notice as proper mail: from an item of the quarantine, a record of the outbox and a template,
 * all the bytes of a message (RFC 5322, MIME, RFC 3834). No socket, no clock.
 *
 * Its Message-ID is made from the outbox record's id, so that a notice sent again after a crash is
 * the same message and can be told as such. Lines end in CRLF.
 */
#ifndef LIB_NOTICE_NOTICE_H
#define LIB_NOTICE_NOTICE_H

#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/config/config.h"
#include "protos/messages.h"

struct notices; /* the templates, read and checked */

/* The variables that a template may name: of the item and, under `parts`, of each part. qnotify(8)
 * lists them; a test compares the two. Ends with NULL. */
extern const char *const notice_names[];

/* Reads sender.txt, recipient.txt and admin.txt from the folder. RESULT_PERMANENT: err says file,
 * line and why. Gives *out. */
enum result notices_open(const char *folder, struct notices **out, struct err *err);
void notices_close(struct notices **notices);

/* Who a notice comes from. Lent. */
struct notice_from {
	const char *site; /* this host's name */
	const char *address;
};

/* Adds the whole message to `out`. The kind must be one of the three notices. */
void notice_compose(const struct notices *notices, const struct notice_from *from,
        const Lz__Outgoing *outgoing, const Lz__Item *item, int64_t wall_ms, struct buf *out);

#endif
