/*
 * Handing bytes to another process on this host: a sealed memfd, passed over a SOCK_SEQPACKET pair.
 * The receiver maps it read-only and can trust that it neither shrinks nor changes. Used between
 * qworker and its scanners.
 */
#ifndef LIB_PAIR_PAIR_H
#define LIB_PAIR_PAIR_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"

enum { PAIR_PARTS = 2 };

/* A memfd that holds up to two runs of bytes one behind the other. */
struct pair_parcel {
	uint32_t kind;
	uint64_t sizes[PAIR_PARTS];
	const unsigned char *parts[PAIR_PARTS]; /* into the mapping */
	void *mapping;
	size_t mapped;
};

/* Both ends are close-on-exec; NULL for a blocking one is a choice of the caller afterwards. */
enum result pair_new(int ends[2], struct err *err);

/* Sends one parcel. RESULT_PERMANENT: the other side is gone. RESULT_TEMPORARY: would block, or no
 * memory for it. */
enum result pair_send(int end, uint32_t kind, const void *first, size_t first_size,
        const void *second, size_t second_size, struct err *err);

/* Receives one. RESULT_NONE: would block. RESULT_PERMANENT: the other side closed (err is
 * "closed"), or sent what is not a sealed parcel of at most `limit` bytes. Free with
 * pair_parcel_free(). */
enum result pair_receive(int end, size_t limit, struct pair_parcel *out, struct err *err);
void pair_parcel_free(struct pair_parcel *parcel);

/* Passes a descriptor with a short text, e.g. a new scanner's end of its pair; and takes one. */
enum result pair_send_fd(int end, int fd, const void *text, size_t size, struct err *err);
enum result pair_receive_fd(
        int end, int *fd, void *text, size_t room, size_t *size, struct err *err);

#endif
