#include "lib/unpack/unpack.h"

#include "lib/unpack/kind.h"
#include "lib/unpack/walk.h"

#include <string.h>

enum { HIDDEN_TRIED = 8 };

static const struct kind *first_kind(const unsigned char *bytes, size_t size)
{
	const struct kind *kind = kind_of(bytes, size);

	if (!kind)
		kind = walk_document_kind(bytes, size);
	return kind ? kind : walk_markup_kind(bytes, size);
}

const char *unpack_kind(const void *bytes, size_t size)
{
	const struct kind *kind = first_kind(bytes, size);
	size_t at = 1;

	if (!kind)
		kind = kind_hidden(bytes, size, &at);
	if (!kind && kind_ends_as_zip(bytes, size))
		return "zip";
	return kind ? kind->name : NULL;
}

int unpack_is_single(const char *kind)
{
	static const char *const singles[] = {
	        "gzip", "bzip2", "xz", "lzma", "zstd", "lz4", "lzip", "compress", "rpm"};
	size_t at;

	for (at = 0; at < sizeof(singles) / sizeof(singles[0]); at++)
		if (!strcmp(kind, singles[at]))
			return 1;
	return 0;
}

static void walk_kind(struct walk *walk, const struct kind *kind)
{
	switch (kind->reader) {
	case KIND_ZIP:
		walk_zip(walk);
		break;
	case KIND_TNEF:
		walk_tnef(walk);
		break;
	case KIND_ARCHIVE:
	case KIND_SINGLE:
		walk_archive(walk, kind->name);
		break;
	case KIND_DOCUMENT:
		walk_document(walk, kind);
		break;
	case KIND_NONE:
		walk_problem(walk, UNPACK_FORMAT, "", kind->name);
		break;
	}
}

/* Programs that open such archives carry the same letters themselves, so several places are tried.
 */
static void walk_hidden(struct walk *walk)
{
	struct walk inner = *walk;
	const struct kind *kind;
	size_t at = 1, tries;

	for (tries = 0; tries < HIDDEN_TRIED && !inner.stopped; tries++, at++) {
		kind = kind_hidden(walk->bytes, walk->size, &at);
		if (!kind)
			break;
		inner.bytes = walk->bytes + at;
		inner.size = walk->size - at;
		walk_archive(&inner, kind->name);
	}
	walk->expanded = inner.expanded;
	walk->stopped = inner.stopped;
}

/* A picture, a document or a program with an archive behind it is opened by archive programs, and a
 * document with another kind's mark inside it by Office all the same. What is odd in there is not
 * told: that it is an archive at all is only one reading. */
static void walk_second_reading(struct walk *walk, const struct kind *kind)
{
	walk->quiet = 1;
	if (kind)
		walk_office(walk, kind);
	if (!walk->stopped && (!kind || kind->reader == KIND_NONE || kind->reader == KIND_DOCUMENT))
		walk_hidden(walk);
	if (!walk->stopped && kind_ends_as_zip(walk->bytes, walk->size))
		walk_zip(walk);
}

void unpack_walk(const void *bytes, size_t size, struct unpack_budget *budget,
        const struct unpack_sink *sink)
{
	struct walk walk = {.sink = sink, .budget = budget, .bytes = bytes, .size = size};
	const struct kind *kind = first_kind(bytes, size);

	if (kind)
		walk_kind(&walk, kind);
	if (!walk.stopped && (!kind || kind->reader != KIND_ZIP))
		walk_second_reading(&walk, kind);
}
