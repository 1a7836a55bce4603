/*
 * Files that are nothing but base64: with a line in front that names what it is (PEM, RFC 7468), or
 * without any (a .b64 file, which unpackers open). Pure.
 */
#ifndef WORKERS_QSCAN_ARMOUR_H
#define WORKERS_QSCAN_ARMOUR_H

#include <stddef.h>

#include "lib/base/buf.h"

/* Adds what the base64 stands for, of the next block at or behind *at, which is moved behind it and
 * is 0 in the beginning. False where there is none; blocks of OpenPGP, whose armour goes by other
 * rules, are passed over. All blocks together are linear. */
int armour_undo(const void *bytes, size_t size, size_t *at, struct buf *out);

#endif
