/*
 * S/MIME and OpenPGP by their shape: what is encrypted, and the mail inside what is only signed
 * (RFC 5652, in BER as senders write it; RFC 9580).
 */
#ifndef WORKERS_QSCAN_OPAQUE_H
#define WORKERS_QSCAN_OPAQUE_H

#include <stddef.h>

#include "lib/base/buf.h"

enum opaque {
	OPAQUE_NOT,
	OPAQUE_SIGNED,     /* CMS signed-data: opaque_signed() gives what was signed */
	OPAQUE_COMPRESSED, /* CMS compressed-data */
	OPAQUE_ENCRYPTED,
};

enum opaque opaque_kind(const void *bytes, size_t size);

/* Adds the content of CMS signed-data; false where it has none (a detached signature) or can't be
 * read. */
int opaque_signed(const void *bytes, size_t size, struct buf *out);

#endif
