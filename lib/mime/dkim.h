/*
 * Which DKIM signatures (RFC 6376) survive what we do to a message: byte ranges that are replaced,
 * and header fields put in front of it. Told is the effect of the change alone: nothing is hashed,
 * no key is fetched, and whether a signature was valid before is not asked.
 *
 * The message is read as it goes over the wire, not as leniently as the map reads it: the header
 * ends at its first empty line, or before the first line that is no field; LF and CRLF are the same
 * line end; a CR alone is a byte like others.
 *
 * What can't be told for sure is never told as kept. Nothing here fails.
 */
#ifndef LIB_MIME_DKIM_H
#define LIB_MIME_DKIM_H

#include <stddef.h>
#include <stdint.h>

#include "lib/mime/map.h"

enum {
	DKIM_SIGNATURES_MAX = 32,        /* that are read; nobody checks more */
	DKIM_NAMES_MAX = 200,            /* in h= */
	DKIM_FIELDS_MAX = 2000,          /* of the header, before or after the change */
	DKIM_HEADER_BYTES_MAX = 1 << 20, /* likewise */
};

/* A canonicalization (RFC 6376 section 3.4). */
enum dkim_form {
	DKIM_SIMPLE,
	DKIM_RELAXED,
};

struct dkim_signature {
	size_t offset;          /* of its field in the message */
	const char *unreadable; /* why it can't be read, in words; NULL: it can */
	char *domain;           /* d= and s= as they stand; "" where they can't be read */
	char *selector;
	enum dkim_form header_form, body_form;
	int64_t body_length; /* l=, of the canonical body; -1: all of it */
	char **names;        /* h=, in lower case and as often as they stand there */
	size_t name_count;
};

/* In the order of the header. {0} is a valid empty one. */
struct dkim_signatures {
	struct dkim_signature *list;
	size_t count;
	int too_many; /* there are, or may be, more than these: nothing is known about them */
};

/* Reads every DKIM-Signature field of the message itself (part 0). */
void dkim_read(struct dkim_signatures *signatures, const struct mime_map *map);
void dkim_fini(struct dkim_signatures *signatures);

/* What stands in the place of a range of the message. */
struct dkim_edit {
	size_t offset;
	size_t length;
	const void *bytes; /* lent; may be NULL where size is 0 */
	size_t size;
};

/* Everything that is done to one message, against which its signatures are held. */
struct dkim_change;

/*
 * Edits are by offset, inside the message and without overlap (else no effect can be told). `added`
 * are the names of the fields that are put in front. Map, edits and names are lent and must outlive
 * the change.
 */
struct dkim_change *dkim_change_new(const struct mime_map *map, const struct dkim_edit *edits,
        size_t edit_count, const char *const *added, size_t added_count);
void dkim_change_free(struct dkim_change **change);

/* A set of bits. */
enum dkim_effect {
	DKIM_KEPT = 0,
	DKIM_BREAKS_HEADER = 1, /* a signed field changes, goes, or comes; or the signature goes */
	DKIM_BREAKS_BODY = 2,
	DKIM_UNREADABLE = 4, /* alone: it can't be told; the signature can't be read, or a limit
	                        was met */
};

/* What the change does to a signature that was read from the same map. Linear in the message; the
 * body is walked at most twice in each form, whatever the number of signatures. */
unsigned dkim_effect(struct dkim_change *change, const struct dkim_signature *signature);

#endif
