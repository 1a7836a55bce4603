/*
 * The two views against each other. What honest mail is read differently in counts for nothing:
 * line ends, blanks at the end of a part, empty parts, and base64 of which one reader takes more
 * than the other where ours contains all that the other has. Lines in a header that are no field
 * begin the body for GMime: its leaf is looked at as well, but nobody is misled by it.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/mime/decode.h"
#include "lib/mime/view.h"

/* So many differing leaves are looked at closely; with more, the views differ, whatever they hold.
 */
enum { CLOSE_LOOKS = 32 };

struct print {
	uint64_t hash;
	size_t size; /* of what counts */
};

struct leaf {
	struct print print; /* made where something differs */
	size_t part;
	enum mime_encoding encoding;
	int used;
};

struct comparison {
	struct mime_map *map;
	const struct view *view;
	struct leaf *leaves; /* our parts, one for each candidate encoding; in their order, or,
	                        where something differs, by hash */
	size_t count, room;
	unsigned char *seen; /* by part: some leaf of GMime's is this one */
	size_t looks;
};

/* "=" counts for nothing: it is what one reader leaves of a quoted-printable escape or soft break
 * that another repairs. */
static int counts(unsigned char c)
{
	static const unsigned char skipped[256] = {
	        ['\r'] = 1, ['\n'] = 1, [' '] = 1, ['\t'] = 1, ['='] = 1};

	return !skipped[c];
}

/* FNV-1a over the bytes that count, eight at a time; both texts are at hand where an attacker would
 * need a collision, and all leaves are scanned in any case. */
static struct print print_of(const char *bytes, size_t size)
{
	const uint64_t prime = 0x100000001b3u;
	struct print print = {.hash = 0xcbf29ce484222325u};
	uint64_t word = 0;
	size_t at;

	for (at = 0; at < size; at++) {
		unsigned char c = (unsigned char)bytes[at];

		if (!counts(c))
			continue;
		word = word << 8 | c;
		if (!(++print.size & 7))
			print.hash = (print.hash ^ word) * prime;
	}
	print.hash = (print.hash ^ word) * prime;
	return print;
}

static int by_hash(const void *a, const void *b)
{
	const struct leaf *left = a, *right = b;

	if (left->print.hash != right->print.hash)
		return left->print.hash < right->print.hash ? -1 : 1;
	return left->part < right->part ? -1 : left->part > right->part;
}

static int is_leaf(const struct mime_part *part)
{
	return !part->is_multipart && (!part->is_message || !part->child_count);
}

static void add_leaf(struct comparison *comparison, size_t part, enum mime_encoding encoding)
{
	if (comparison->count == comparison->room) {
		comparison->room = comparison->room ? 2 * comparison->room : 32;
		comparison->leaves = alloc_grow(
		        comparison->leaves, comparison->room, sizeof *comparison->leaves);
	}
	comparison->leaves[comparison->count++] = (struct leaf){.part = part, .encoding = encoding};
}

static void add_leaves(struct comparison *comparison)
{
	const struct mime_map *map = comparison->map;
	size_t part;
	unsigned encoding;

	for (part = 0; part < map->part_count; part++)
		for (encoding = 0; encoding <= MIME_UNKNOWN_ENCODING; encoding++)
			if (is_leaf(&map->parts[part]) &&
			        (map->parts[part].encodings >> encoding & 1))
				add_leaf(comparison, part, (enum mime_encoding)encoding);
}

static void make_prints(struct comparison *comparison)
{
	size_t at;

	for (at = 0; at < comparison->count; at++) {
		struct leaf *leaf = &comparison->leaves[at];
		struct buf text = {0};

		decode_part(comparison->map, leaf->part, leaf->encoding, &text);
		leaf->print = print_of(text.data, text.size);
		buf_fini(&text);
	}
	if (comparison->count)
		qsort(comparison->leaves, comparison->count, sizeof *comparison->leaves, by_hash);
}

/* ---------------------------------------------------------------- names */

static void add_name(struct mime_part *part, const char *text)
{
	size_t at;

	for (at = 0; at < part->name_count; at++)
		if (strcmp(part->names[at].text, text) == 0)
			return;
	part->names = alloc_grow(part->names, part->name_count + 1, sizeof *part->names);
	part->names[part->name_count++] = (struct mime_name){MIME_NAME_VIEW, alloc_string(text)};
}

/* ---------------------------------------------------------------- contents */

static int same_print(const struct print *a, const struct print *b)
{
	return a->hash == b->hash && a->size == b->size;
}

/* Our leaf with that content, one that no other took if there is one. */
static struct leaf *find_same(struct comparison *comparison, const struct print *print)
{
	size_t low = 0, high = comparison->count, middle;
	struct leaf *found = NULL;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (comparison->leaves[middle].print.hash < print->hash)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < comparison->count && same_print(&comparison->leaves[low].print, print);
	        low++) {
		found = &comparison->leaves[low];
		if (!comparison->seen[found->part])
			break;
	}
	return found;
}

/* Whether `whole` begins with `start`, as far as bytes count. */
static int begins_with(const struct buf *whole, const char *start, size_t size)
{
	size_t at = 0, other = 0;

	for (;;) {
		while (at < size && !counts((unsigned char)start[at]))
			at++;
		while (other < whole->size && !counts((unsigned char)whole->data[other]))
			other++;
		if (at == size)
			return 1;
		if (other == whole->size || whole->data[other] != start[at])
			return 0;
		at++;
		other++;
	}
}

/* A leaf of GMime's that one of ours begins with: where a reader stops at padding or at the first
 * broken byte, ours goes on, so nothing of it is left unseen. */
static struct leaf *find_containing(struct comparison *comparison, const struct view_part *theirs)
{
	struct leaf *found = NULL;
	size_t at;

	for (at = 0; at < comparison->count && !found; at++) {
		struct leaf *leaf = &comparison->leaves[at];
		struct buf text = {0};

		decode_part(comparison->map, leaf->part, leaf->encoding, &text);
		if (begins_with(&text, theirs->content, theirs->size))
			found = leaf;
		buf_fini(&text);
	}
	return found;
}

/* How the ends of two contents agree, as far as bytes count. */
enum tail {
	TAIL_DIFFERS,
	TAIL_IS_OURS,   /* all of ours ends theirs */
	TAIL_IS_THEIRS, /* all of theirs ends ours */
};

static enum tail compare_tails(const struct buf *ours, const struct view_part *theirs)
{
	size_t at = ours->size, other = theirs->size, seen = 0;

	for (;; at--, other--, seen++) {
		while (at && !counts((unsigned char)ours->data[at - 1]))
			at--;
		while (other && !counts((unsigned char)theirs->content[other - 1]))
			other--;
		if (!at || !other)
			break;
		if (theirs->content[other - 1] != ours->data[at - 1])
			return TAIL_DIFFERS;
	}
	if (!seen)
		return TAIL_DIFFERS;
	return other ? TAIL_IS_OURS : TAIL_IS_THEIRS;
}

/* One of ours whose header has lines that are no field: for GMime the body begins elsewhere. */
static struct leaf *find_behind_bad_line(
        struct comparison *comparison, const struct view_part *theirs, enum tail *tail)
{
	size_t at;

	*tail = TAIL_DIFFERS;
	for (at = 0; at < comparison->count; at++) {
		struct leaf *leaf = &comparison->leaves[at];
		struct buf text = {0};

		if (!(comparison->map->parts[leaf->part].noted >> MIME_ANOMALY_BAD_HEADER_LINE & 1))
			continue;
		decode_part(comparison->map, leaf->part, leaf->encoding, &text);
		*tail = compare_tails(&text, theirs);
		buf_fini(&text);
		if (*tail != TAIL_DIFFERS)
			return leaf;
	}
	return NULL;
}

enum sight {
	SIGHT_SAME,
	SIGHT_LONGER, /* they have ours and something from its header: to be looked at, too */
	SIGHT_ELSEWHERE,
};

static enum sight compare_leaf(struct comparison *comparison, const struct view_part *theirs)
{
	struct print print = print_of(theirs->content, theirs->size);
	struct leaf *same = find_same(comparison, &print);
	enum tail tail = TAIL_DIFFERS;

	if (!same && print.size && comparison->looks++ < CLOSE_LOOKS) {
		same = find_containing(comparison, theirs);
		if (!same)
			same = find_behind_bad_line(comparison, theirs, &tail);
	}
	if (!same)
		return print.size || *theirs->name ? SIGHT_ELSEWHERE : SIGHT_SAME;
	comparison->seen[same->part] = 1;
	if (*theirs->name)
		add_name(&comparison->map->parts[same->part], theirs->name);
	return tail == TAIL_IS_OURS ? SIGHT_LONGER : SIGHT_SAME;
}

/* ---------------------------------------------------------------- what GMime did not see */

static int has_content(const struct comparison *comparison, size_t part)
{
	size_t at;

	for (at = 0; at < comparison->count; at++)
		if (comparison->leaves[at].part == part && comparison->leaves[at].print.size)
			return 1;
	return 0;
}

/* Synthetic parts, and what is in them, have an anomaly of their own. */
static int is_inside_synthetic(const struct mime_map *map, size_t part)
{
	for (; part && !map->parts[part].is_synthetic; part = map->parts[part].parent)
		continue;
	return part != 0;
}

static void note_unseen(struct comparison *comparison)
{
	struct mime_map *map = comparison->map;
	size_t part;

	for (part = 0; part < map->part_count; part++)
		if (is_leaf(&map->parts[part]) && !comparison->seen[part] &&
		        !is_inside_synthetic(map, part) && has_content(comparison, part))
			mime_map_note(map, MIME_ANOMALY_VIEWS_DIFFER, part,
			        map->parts[part].whole.offset);
}

/* ---------------------------------------------------------------- what is plainly the same */

static int is_identical(const struct comparison *comparison, const struct leaf *leaf,
        const struct view_part *theirs)
{
	struct buf text = {0};
	int same;

	decode_part(comparison->map, leaf->part, leaf->encoding, &text);
	same = text.size == theirs->size &&
	       (!text.size || !memcmp(text.data, theirs->content, text.size));
	buf_fini(&text);
	return same;
}

/* Nearly every mail: each part of one reader is, byte for byte, the next one of the other. */
static int are_identical(const struct comparison *comparison)
{
	size_t at;

	if (comparison->count != comparison->view->count)
		return 0;
	for (at = 0; at < comparison->count; at++)
		if (!is_identical(
		            comparison, &comparison->leaves[at], &comparison->view->parts[at]))
			return 0;
	return 1;
}

static void take_names(struct comparison *comparison)
{
	size_t at;

	for (at = 0; at < comparison->count; at++)
		if (*comparison->view->parts[at].name)
			add_name(&comparison->map->parts[comparison->leaves[at].part],
			        comparison->view->parts[at].name);
}

/* ---------------------------------------------------------------- the comparison */

static size_t compare_closely(struct comparison *comparison, size_t *extra)
{
	size_t at, count = 0;

	make_prints(comparison);
	for (at = 0; at < comparison->view->count; at++) {
		enum sight sight = compare_leaf(comparison, &comparison->view->parts[at]);

		if (sight != SIGHT_SAME)
			extra[count++] = at;
		if (sight == SIGHT_ELSEWHERE)
			mime_map_note(comparison->map, MIME_ANOMALY_VIEWS_DIFFER, 0, 0);
	}
	note_unseen(comparison);
	return count;
}

size_t view_compare(struct mime_map *map, const struct view *view, size_t **extra)
{
	struct comparison comparison = {.map = map, .view = view};
	size_t count = 0;

	comparison.seen = alloc_zero(map->part_count, 1);
	*extra = alloc_zero(view->count ? view->count : 1, sizeof **extra);
	add_leaves(&comparison);
	if (are_identical(&comparison))
		take_names(&comparison);
	else
		count = compare_closely(&comparison, *extra);
	free(comparison.leaves);
	free(comparison.seen);
	return count;
}
