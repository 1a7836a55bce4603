#include "lib/unpack/unpack.h"

#include "lib/unpack/disc.h"
#include "lib/unpack/kind.h"
#include "lib/unpack/walk.h"

#include <string.h>

enum { HIDDEN_TRIED = 16 };

/* Nothing but frames to be passed over, or in front of what has none. */
static const struct kind skippable = {"zstd", KIND_NONE};

static const struct kind *first_kind(const unsigned char *bytes, size_t size)
{
	size_t skipped = kind_skipped(bytes, size);
	const struct kind *kind = kind_of(bytes + skipped, size - skipped);

	if (skipped && (!kind || kind->reader != KIND_SINGLE))
		return &skippable;
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

static void walk_several(struct walk *walk, const struct kind *kind)
{
	if (kind_is_volume(kind, walk->bytes, walk->size))
		walk_problem(walk, UNPACK_FORMAT, "", "one volume of several");
	if (!strcmp(kind->name, "iso") && disc_has_udf(walk->bytes, walk->size))
		walk_problem(walk, UNPACK_FORMAT, "", "has a UDF file system, too");
	walk_archive(walk, kind->name);
}

/* libarchive does not pass over the frames that zstd does. */
static void walk_single(struct walk *walk, const struct kind *kind)
{
	struct walk inner = *walk;
	size_t skipped = kind_skipped(walk->bytes, walk->size);

	inner.bytes += skipped;
	inner.size -= skipped;
	walk_archive(&inner, kind->name);
	if (!strcmp(kind->name, "gzip"))
		walk_gzip_names(&inner);
	walk->expanded = inner.expanded;
	walk->stopped = inner.stopped;
	walk->out_of_bytes = inner.out_of_bytes;
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
		walk_several(walk, kind);
		break;
	case KIND_SINGLE:
		walk_single(walk, kind);
		break;
	case KIND_APPLE:
		walk_apple(walk, kind);
		break;
	case KIND_DOCUMENT:
		walk_document(walk, kind);
		break;
	case KIND_NONE:
		walk_problem(walk, UNPACK_FORMAT, "", kind->name);
		break;
	}
}

/* Told even in a second reading: a header was checked that nothing has by accident. */
static void tell_loudly(const struct walk *walk, enum unpack_problem problem, const char *detail)
{
	struct walk loud = *walk;

	loud.quiet = QUIET_NOT;
	walk_problem(&loud, problem, "", detail);
}

static void walk_one_hidden(struct walk *walk, const struct kind *kind, size_t at)
{
	struct walk inner = *walk;

	inner.bytes += at;
	inner.size -= at;
	if (kind_is_sound(kind, inner.bytes, inner.size))
		walk_listed(&inner);
	if (kind_is_volume(kind, inner.bytes, inner.size))
		walk_problem(&inner, UNPACK_FORMAT, "", "one volume of several");
	if (kind->reader == KIND_NONE)
		tell_loudly(walk, UNPACK_FORMAT, kind->name);
	else
		walk_archive(&inner, kind->name);
	walk->expanded = inner.expanded;
	walk->stopped = inner.stopped;
	walk->out_of_bytes = inner.out_of_bytes;
}

/* Programs that open such archives carry the same letters themselves, so several places are tried.
 */
static void walk_hidden(struct walk *walk)
{
	const struct kind *kind;
	size_t at = 1, tries;

	for (tries = 0; !walk->stopped; tries++, at++) {
		kind = kind_hidden(walk->bytes, walk->size, &at);
		if (!kind)
			return;
		if (tries == HIDDEN_TRIED) {
			tell_loudly(walk, UNPACK_LIMIT, "too many archives behind one another");
			return;
		}
		walk_one_hidden(walk, kind, at);
	}
}

/* A picture, a document or a program with an archive behind it is opened by archive programs, and a
 * document with another kind's mark inside it by Office all the same. What is odd in there is not
 * told but where the reading is a sound one: that it is an archive at all is only one of them. */
static void walk_second_reading(struct walk *walk, const struct kind *kind)
{
	walk->quiet = kind && !strcmp(kind->name, "ole") ? QUIET_BROKEN : QUIET_UNLISTED;
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
