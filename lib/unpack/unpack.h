/*
 * Containers, walked in memory: archives, compressed files, disc images, winmail.dat, and documents
 * that carry files (OLE, RTF, PDF, OneNote, scripts, vCard, iCalendar). Every member is handed out
 * with each name that some program would give it; what could not be looked at is handed out as a
 * problem, never passed over in silence. One level only: whoever wants the containers inside
 * containers calls again with the member's content.
 *
 * ZIP is read by our own reader of its directories (zipdir.h), because programs differ in whether
 * they believe the central directory or the headers in front of the members: members and names of
 * both are given, and what differs is a problem. The one folder that knows archive.h.
 */
#ifndef LIB_UNPACK_UNPACK_H
#define LIB_UNPACK_UNPACK_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"

enum unpack_problem {
	UNPACK_LIMIT,     /* the budget is used up: there may be more */
	UNPACK_TIMEOUT,   /* its deadline has passed */
	UNPACK_ENCRYPTED, /* needs a password */
	UNPACK_FORMAT,    /* broken, cut off, or of a kind that can't be read */
	UNPACK_AMBIGUOUS, /* two honest programs would see different members */
};

/* What may still be spent, shared by all containers of a message: each walk takes from it. */
struct unpack_budget {
	uint64_t members;
	uint64_t bytes;      /* of all members together */
	uint64_t ratio;      /* members' bytes to their container's, once it matters */
	int64_t deadline_us; /* monotonic */
};

struct unpack_member {
	const char *name;    /* UTF-8, may hold folders; "" where the container gives none; lent */
	int is_alias;        /* another name of the member before it; has no content of its own */
	int is_folder;       /* or a link: has no content */
	struct buf *content; /* NULL where it could not be extracted; may be taken with buf_give()
	                        or by copying the struct and clearing this one */
};

/* What a container has in it that a rule may ask about, under whatever names its members are. */
enum unpack_trait {
	UNPACK_MACRO,    /* macros of an office document: VBA, Excel 4, Basic */
	UNPACK_SCRIPT,   /* JavaScript or a program to start in a PDF, a script in a picture */
	UNPACK_SMUGGLED, /* a script that puts a file together out of text */
	UNPACK_EMBEDDED, /* a document with another file in it */
	UNPACK_EXTERNAL, /* a template or an object that is fetched when the document is opened */
	UNPACK_PACKAGE,  /* its members make up one document: what one of them has, it has */
};

struct unpack_sink {
	void *context;
	void (*member)(void *context, struct unpack_member *member);
	void (*problem)(
	        void *context, enum unpack_problem problem, const char *member, const char *detail);
	/* `detail` says what and where, for people; lent. May be called more than once. */
	void (*trait)(void *context, enum unpack_trait trait, const char *detail);
};

/* Once a process, before it is sandboxed: what the C library loads for names in other charsets. */
void unpack_start(void);

/* The container's kind ("zip", "7z", "gzip", …), or NULL for what is none. Also names kinds that
 * can't be walked. A constant. */
const char *unpack_kind(const void *bytes, size_t size);

/* True for a kind that is but one compressed file, which carries its name without an ending. */
int unpack_is_single(const char *kind);

/* Calls the sink for every member and every problem. Bytes that are no container give nothing. */
void unpack_walk(const void *bytes, size_t size, struct unpack_budget *budget,
        const struct unpack_sink *sink);

#endif
