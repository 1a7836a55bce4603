/*
 * The directories of a ZIP, read as no single program reads them: one pass over all bytes finds
 * every local header, central record and end record, whichever archive of several they belong to.
 * It extracts nothing. Internal to lib/unpack.
 *
 * Field names follow PKWARE's APPNOTE.TXT, sections 4.3.7 (local), 4.3.12 (central), 4.3.16 (end).
 */
#ifndef LIB_UNPACK_ZIPDIR_H
#define LIB_UNPACK_ZIPDIR_H

#include <stddef.h>
#include <stdint.h>

enum { ZIPDIR_UNKNOWN_SIZE = -1 };

/* One header's claims about a member. */
struct zipdir_claim {
	int present;
	unsigned version;
	unsigned flags;
	unsigned method;
	uint32_t crc;
	int64_t packed; /* bytes, or ZIPDIR_UNKNOWN_SIZE */
	int64_t unpacked;
	size_t name; /* ranges over the bytes */
	size_t name_length;
	size_t extra;
	size_t extra_length;
};

struct zipdir_entry {
	struct zipdir_claim local, central;
	size_t offset;  /* of the local header */
	size_t data;    /* where its data begin; 0 without a local header */
	size_t segment; /* which of several archives, from 0 */
};

/* What is odd about the whole. */
enum zipdir_oddity {
	ZIPDIR_SEVERAL = 1,    /* archives, one behind the other */
	ZIPDIR_NO_CENTRAL = 2, /* no end record behind the last member */
	ZIPDIR_UNLISTED = 4,   /* members that no central directory names */
	ZIPDIR_DANGLING = 8,   /* central records without a member */
	ZIPDIR_COUNT = 16,     /* the end record counts others */
	ZIPDIR_SPLIT = 32,     /* a piece of several volumes */
	ZIPDIR_TRUNCATED = 64, /* more entries than the limit */
};

struct zipdir {
	struct zipdir_entry *entries;
	size_t count;
	unsigned oddities;
};

/* Always gives a directory of at most `limit` entries. */
void zipdir_read(const unsigned char *bytes, size_t size, size_t limit, struct zipdir *out);
void zipdir_fini(struct zipdir *directory);

/* The Unicode Path extra field (0x7075) of a claim; false where it has none. */
int zipdir_unicode_name(
        const unsigned char *bytes, const struct zipdir_claim *claim, size_t *name, size_t *length);

#endif
