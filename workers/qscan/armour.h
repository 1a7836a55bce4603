/*
 * Files that are nothing but base64: with a line in front that names what it is (PEM, RFC 7468), or
 * without any (a .b64 file, which unpackers open). Pure.
 */
#ifndef WORKERS_QSCAN_ARMOUR_H
#define WORKERS_QSCAN_ARMOUR_H

#include <stddef.h>

#include "lib/base/buf.h"

/* Adds what the base64 stands for; false where the bytes are something else, and for OpenPGP, whose
 * armour goes by other rules. Linear. */
int armour_undo(const void *bytes, size_t size, struct buf *out);

#endif
