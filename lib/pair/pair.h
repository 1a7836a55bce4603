/*
 * Handing bytes to another process on this host, over a SOCK_SEQPACKET pair. Few are copied through
 * it; for many a sealed memfd is passed, that the receiver maps read-only. Both ways it can trust
 * that they neither shrink nor change: a mapping that shrinks is a SIGBUS, one that changes makes
 * every check a race. Used between qworker and qscan.
 *
 * Nothing here believes the other side: what comes is a parcel of the sizes it claims, sealed if it
 * is a memfd, or it is refused whole, descriptors closed.
 */
#ifndef LIB_PAIR_PAIR_H
#define LIB_PAIR_PAIR_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"

/* Up to so many bytes a copy costs less than making, sealing, mapping and unmapping a memfd. Two
 * such packets are within what a socket holds by default. */
enum { PAIR_PARTS = 2, PAIR_INLINE_BYTES = 64 << 10 };

/* What a parcel between qworker and a scanner is. */
enum pair_kind {
	PAIR_SCAN = 1,      /* a packed ScanOrder, and the message */
	PAIR_RESULT = 2,    /* a packed ScanResult */
	PAIR_UNSCANNED = 3, /* as PAIR_SCAN: decide by policy, don't look at the message */
	PAIR_PROBE = 4,     /* as PAIR_SCAN: look at some of its parts, decide nothing */
	PAIR_PROBED = 5,    /* it lives; a uint32_t of this host: how many parts there are */
	PAIR_MODEL = 6,     /* a struct model_facts and its records, both as they are in memory; it
	                       is not answered */
};

/* Up to two runs of bytes one behind the other, mapped or copied. */
struct pair_parcel {
	uint32_t kind;
	uint64_t sizes[PAIR_PARTS];
	const unsigned char *parts[PAIR_PARTS]; /* never NULL */
	void *mapping;                          /* NULL: copied */
	size_t mapped;
	void *copied;
};

/* Gives both ends, close-on-exec and blocking; file_flags() makes one non-blocking. */
enum result pair_new(int ends[2], struct err *err);

/* Sends one parcel; the bytes are lent. RESULT_PERMANENT: the other side is gone. RESULT_TEMPORARY:
 * would block, or no memory or descriptors for it. */
enum result pair_send(int end, uint32_t kind, const void *first, size_t first_size,
        const void *second, size_t second_size, struct err *err);

/* The same for many receivers, who map the same memory: made and sealed once, to be closed, and
 * lent to each. */
enum result pair_seal(const void *first, size_t first_size, const void *second, size_t second_size,
        int *memfd, struct err *err);
enum result pair_share(
        int end, uint32_t kind, int memfd, size_t first_size, size_t second_size, struct err *err);

/* Receives one. RESULT_NONE: would block. RESULT_PERMANENT: the other side closed (err is
 * "closed"), or sent what is not a parcel of at most `limit` bytes. Free with
 * pair_parcel_free(). */
enum result pair_receive(int end, size_t limit, struct pair_parcel *out, struct err *err);
void pair_parcel_free(struct pair_parcel *parcel); /* {0} and a freed one are fine */

enum { PAIR_TEXT_ROOM = 600 }; /* for what a supervisor of scanners and qworker tell each other */

/* Sends a short text, with a descriptor (lent) or -1 for none. Results as pair_send(). */
enum result pair_send_fd(int end, int fd, const char *text, struct err *err);

/* Receives one: the text, NUL-terminated and refused if longer than `room`, and a descriptor of
 * the caller's own in *fd (close-on-exec), or -1. Results as pair_receive(). */
enum result pair_receive_fd(int end, int *fd, char *text, size_t room, struct err *err);

#endif
