/*
 * Office documents without a container of their own, each with what it is known by. Internal to
 * lib/unpack.
 */
#ifndef LIB_UNPACK_FLAT_H
#define LIB_UNPACK_FLAT_H

#include "lib/unpack/walk.h"

/* XML with parts of documents in it: Flat OPC, flat OpenDocument, Word's of 2003. */
int flat_is_xml(const unsigned char *bytes, size_t size);
void flat_walk_xml(struct walk *walk);

/* "editdata.mso" and its like: a compound file, packed. */
int flat_is_active_mime(const unsigned char *bytes, size_t size);
void flat_walk_active_mime(struct walk *walk);

/* The records of an Excel workbook, or of one sheet, without a compound file. */
int flat_is_workbook(const unsigned char *bytes, size_t size);
void flat_walk_workbook(struct walk *walk);

int flat_is_sylk(const unsigned char *bytes, size_t size);
void flat_walk_sylk(struct walk *walk);

#endif
