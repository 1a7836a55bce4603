/*
 * Header fields of mail that we write ourselves. Each adds a whole field with its CRLF; whatever a
 * value is, nothing of it begins a field of its own.
 */
#ifndef LIB_NOTICE_HEAD_H
#define LIB_NOTICE_HEAD_H

#include "lib/base/buf.h"
#include "lib/notice/notice.h"

void head_field(struct buf *out, const char *name, const char *value);
void head_from(struct buf *out, const struct notice_from *from);
void head_to(struct buf *out, const char *address);

/* In-Reply-To and References (RFC 5322 section 3.6.4), where `message_id` is one with its angle
 * brackets; else nothing. */
void head_references(struct buf *out, const char *message_id);

#endif
