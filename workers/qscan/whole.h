/*
 * The raw message beside its parts: whether it has to be scanned as well, and as which bytes.
 *
 * libclamav reads MIME in its own way, and has signatures for mail itself, so the whole is scanned
 * beside the parts that we found. That is left out only where both ways must come to the same: the
 * map has nothing odd, GMime agrees with it, each part is of a plain kind and was scanned to its
 * end, and no signature is about more than the parts (lib/virus says which may be). What stays
 * possible is told in docs/SCANNING.md. Pure.
 */
#ifndef WORKERS_QSCAN_WHOLE_H
#define WORKERS_QSCAN_WHOLE_H

#include "lib/base/buf.h"
#include "lib/virus/virus.h"
#include "workers/qscan/scan.h"

/* Why the parts are not all that there is to scan, in a few words; NULL: they are, as far as the
 * message's form tells. After all filters before the search for viruses. */
const char *whole_needed(const struct scan *scan, const struct virus_needs *needs);

/* libclamav gives a text that is not in base64 a line end more than it has by the book, where it is
 * not the mail's last line. Then both are to be scanned where the whole is not: hashes, sizes and
 * places counted from the end tell them apart. */
int whole_adds_line_end(const struct scan *scan, const struct content *content);

/* The bytes that libclamav is to see as mail: it takes them for that by their first field, and
 * knows only the usual ones. Bodies of parts that `without` marks (one byte a part; NULL: none) are
 * left out. Adds to `out`, unless the message can be lent as it is. */
struct whole {
	const unsigned char *bytes;
	size_t size;
};
struct whole whole_bytes(const struct scan *scan, const unsigned char *without, struct buf *out);

#endif
