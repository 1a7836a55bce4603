/*
 * What the readers of all formats share: the sink, the budget, names. Internal to lib/unpack.
 */
#ifndef LIB_UNPACK_WALK_H
#define LIB_UNPACK_WALK_H

#include "lib/unpack/kind.h"
#include "lib/unpack/piece.h"
#include "lib/unpack/unpack.h"

/* What is not told of a second reading, as that the bytes are an archive is only one of them. */
enum quiet {
	QUIET_NOT,
	QUIET_AMBIGUOUS, /* contradictions */
	QUIET_UNLISTED,  /* nor what is broken, until a program would list a member */
	QUIET_BROKEN,    /* nor what is broken at all: an archive may well lie in it in pieces */
};

struct walk {
	const struct unpack_sink *sink;
	struct unpack_budget *budget;
	const unsigned char *bytes; /* the container */
	size_t size;
	uint64_t expanded; /* of this container */
	int out_of_bytes;  /* names are still read, contents no longer */
	int stopped;
	enum quiet quiet;
	unsigned told;    /* traits, one bit each */
	int is_encrypted; /* was told of the whole document */
};

/* Counts a member; false, and the walk is stopped, where the budget has none left. */
int walk_count(struct walk *walk);

/* Counts bytes of a content; false where the budget has no more of them. */
int walk_spend(struct walk *walk, size_t bytes, const char *name);

void walk_problem(
        struct walk *walk, enum unpack_problem problem, const char *name, const char *detail);

/* A program would list a member: from now on what can't be read is told. */
void walk_listed(struct walk *walk);

/* Tells of the container being walked, once of each trait; also in a second reading. */
void walk_trait(struct walk *walk, enum unpack_trait trait, const char *detail);

/* Hands out a member; `content` may be NULL, and is emptied. */
void walk_member(struct walk *walk, const char *name, struct buf *content, int is_folder);

/* Hands out another name of the member before. */
void walk_alias(struct walk *walk, const char *name);

/* A name of unknown charset as UTF-8: UTF-8 if it is that, else code page 437, as in ZIP. NUL bytes
 * are left out. To be freed. */
char *walk_name(const void *bytes, size_t size);

/* Extracts the members of `kind` with libarchive. */
void walk_archive(struct walk *walk, const char *kind);

/* Hands out the names in a gzip file as further ones of the member before. */
void walk_gzip_names(struct walk *walk);

void walk_zip(struct walk *walk);
void walk_tnef(struct walk *walk);
void walk_apple(struct walk *walk, const struct kind *kind);

/* Documents that carry files: what the bytes are, or NULL; and the files. Nothing is said of what
 * is broken in them, as it is not for us to say what a reader of documents makes of it. */
const struct kind *walk_document_kind(const unsigned char *bytes, size_t size);
void walk_document(struct walk *walk, const struct kind *kind);

/* Markup of which no plain word says that it runs something: in UTF-16, with NULs between, by an
 * event handler, or by an address that is written in references. NULL for all else. */
const struct kind *walk_markup_kind(const unsigned char *bytes, size_t size);

/* Whether it begins as markup does, behind byte order marks, blanks and NULs; and all of it as one
 * byte a character, without the NULs that browsers pass over. */
int walk_begins_as_markup(const unsigned char *bytes, size_t size);
void walk_narrow(const unsigned char *bytes, size_t size, struct buf *out);

/* Walks what Office takes it for, by its first bytes alone, where that isn't `kind`. */
void walk_office(struct walk *walk, const struct kind *kind);

/* Tells, once, of a document that needs a password. */
void walk_encrypted(struct walk *walk);

/* Each by its format: a compound file of OLE (MS-CFB), RTF, PDF, OneNote, markup with a script, and
 * vCard or iCalendar. */
void walk_compound(struct walk *walk);
void walk_rich_text(struct walk *walk);
void walk_pdf(struct walk *walk);
void walk_onenote(struct walk *walk);
void walk_markup(struct walk *walk);
void walk_card(struct walk *walk);

/* Hands out a member that is a copy of `data`. False where the budget is used up. */
int walk_copy(struct walk *walk, struct piece data, const char *name);

/* The file in the native data of an OLE 1 Package, with or without their size in front. */
void walk_package(struct walk *walk, struct piece data);

/* Undoes "deflate" without a header, for a member of that name. True where it came to an end; what
 * came out before is given all the same. */
int walk_inflate_named(struct walk *walk, struct piece data, const char *name, struct buf *out);

/* Undoes "deflate" without a header; what can't be read ends it. False where the budget is used up.
 */
int walk_inflate(struct walk *walk, struct piece data, struct buf *out);

/*
 * Extracts one ZIP member by libarchive's streaming reader from `header` (a local header made by
 * the caller) and the bytes behind it. Gives how it ended: 0, or -1 with a reason in *why (a
 * constant or lent until the next call); `out` has what was read until then.
 */
int walk_extract_zip(struct walk *walk, const char *name, const struct buf *header,
        const unsigned char *data, size_t size, struct buf *out, const char **why);

#endif
