/*
 * Office documents that are ZIPs: those of Microsoft Office (OOXML, ECMA-376) and those of
 * LibreOffice and its kin (OpenDocument). What such a document has in it stands in a few of its
 * members, wherever in the ZIP they are. Programs go by different directories of a ZIP, so a member
 * is looked at under each of its names and in each of its readings. Internal to lib/unpack.
 */
#ifndef LIB_UNPACK_ZIPDOC_H
#define LIB_UNPACK_ZIPDOC_H

#include "lib/unpack/walk.h"

/* What was seen so far; `{0}` in the beginning. */
struct zipdoc {
	unsigned found;
};

/* What a member is in a document, by one of its names: a set of bits, to be ORed over its names. */
unsigned zipdoc_part(const char *name);

/* Takes note of a member; of its content, which may be NULL where it could not be read. */
void zipdoc_note(struct zipdoc *document, unsigned part, const struct buf *content);

/* Tells what all members together say. */
void zipdoc_tell(const struct zipdoc *document, struct walk *walk);

#endif
