/*
 * Records as they are kept and sent, the lowest byte first whatever the machine: a chunk's number,
 * and MODEL_CHUNK records of 8 bytes. 248 of them, so that two such values fill a page of 4 KiB
 * with what LMDB needs beside them; 256 would go to pages of their own and double the file.
 */
#ifndef LIB_MODEL_CHUNK_H
#define LIB_MODEL_CHUNK_H

#include "lib/base/buf.h"
#include "lib/model/model.h"

enum { CHUNK_RECORDS_BYTES = 8 * MODEL_CHUNK, CHUNK_BYTES = 4 + CHUNK_RECORDS_BYTES };

/* The records alone. Beyond the last one there are zeroes. */
void chunk_pack(const struct model *model, uint32_t number, uint8_t out[CHUNK_RECORDS_BYTES]);

/* Takes any bytes: a weight that is no number, or beyond all reason, is 0. */
void chunk_unpack(struct model *model, uint32_t number, const uint8_t bytes[CHUNK_RECORDS_BYTES]);

/* Number and records. */
void chunk_add(const struct model *model, uint32_t number, struct buf *out);

/* Takes those that stand one behind the other. 0: these are no chunks, and some may be taken. */
int chunks_take(struct model *model, const void *bytes, size_t size);

#endif
