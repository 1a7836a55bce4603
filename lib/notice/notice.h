/*
 * A notice as proper mail: from an item of the quarantine, a record of the outbox and the texts in
 * the language of whom it goes to, all the bytes of a message (RFC 5322, MIME, RFC 3834). No
 * socket, no clock. Text alone, or multipart/alternative (RFC 2046 section 5.1.4) where the text
 * has HTML beside it.
 *
 * Its Message-ID is made from the outbox record's id, so that a notice sent again after a crash is
 * the same message and can be told as such. Lines end in CRLF.
 */
#ifndef LIB_NOTICE_NOTICE_H
#define LIB_NOTICE_NOTICE_H

#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/config/config.h"
#include "lib/notice/texts.h"
#include "protos/messages.h"

struct notices; /* the texts, read and checked, and who gets which */

/* The variables that a template may name: of the item and, under `parts`, of each part. qnotify(8)
 * lists them; a test compares the two. Ends with NULL. */
extern const char *const notice_names[];

/* Reads the texts; lends the configuration until closed. Gives them whatever is wrong: that is told
 * with one sentence each, and another text takes the place of what can't be used (texts.h). */
struct notices *notices_open(const struct config *config, texts_tell *tell, void *context);
void notices_close(struct notices **notices);

/* The language of notices to an address, by notifier.languages. Lent. */
const char *notice_language(const struct config_notifier *config, const char *address);

/* Who a notice comes from, and where answers go. Texts are lent. */
struct notice_from {
	const char *site;  /* this host's name */
	const char *title; /* what people know us by */
	const char *address;
	const char *request; /* where a release is asked for; "": nowhere */
	char mark[17];       /* lib/crypto/mark.h */
};

void notice_from_config(const struct config *config, struct notice_from *out);

/* Where whoever has this token may ask for a release: an address, and it in a mailto: link with the
 * token in the subject, too. To be freed; "" where there is no token or nowhere to ask. */
char *notice_request(const struct notice_from *from, const char *token);
char *notice_request_link(const struct notice_from *from, const char *token);

/* Adds the whole message to `out`. The kind is any but a release; `item` is NULL for a record of no
 * item. */
void notice_compose(const struct notices *notices, const struct notice_from *from,
        const Lz__Outgoing *outgoing, const Lz__Item *item, int64_t wall_ms, struct buf *out);

#endif
