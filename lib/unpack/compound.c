/*
 * Compound files of OLE ([MS-CFB]): a small file system in a file. Old Office documents are such,
 * and Outlook's saved mail, and what is embedded in new documents. Of all streams only those are
 * handed out that carry files, or that say that there are macros; libclamav sees the whole. What
 * streams say of the document is in office.h.
 *
 * Chains of sectors are followed no further than there are sectors, and each sector's place is
 * checked: a file may well say that it is its own continuation.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/text.h"
#include "lib/unpack/office.h"
#include "lib/unpack/walk.h"

enum {
	HEADER_SIZE = 512,
	ENTRY_SIZE = 128,
	IN_HEADER = 109, /* numbers of table sectors in the header */
	STREAM = 2,
	ROOT = 5,
	NAMES_MOST = 32,
	NAME_SIZE = 64,
	CONTENTS_HEAD = 4096,
	LOOKS_MOST = 8, /* times the file that its streams may be together */
};

static const uint32_t no_sector = 0xfffffff0; /* and above: ends and marks */

struct table {
	uint32_t *next;
	size_t count;
};

struct compound {
	struct walk *walk;
	unsigned shift, mini_shift;
	uint32_t cutoff; /* smaller streams lie in the small sectors */
	struct table sectors, minis;
	struct buf directory, mini_stream;
	uint64_t looked; /* bytes of streams that were looked at and not handed out */
};

struct entry {
	char *name;
	unsigned type;
	uint32_t left, right, child, start;
	uint64_t size;
};

static size_t sector_count(const struct compound *compound)
{
	return (compound->walk->size >> compound->shift) + 1;
}

/* Empty where the number is none of this file's; the last one may be short. */
static struct piece sector(const struct compound *compound, uint32_t number)
{
	uint64_t at = ((uint64_t)number + 1) << compound->shift;
	struct piece rest;

	if (number >= no_sector || at >= compound->walk->size)
		return (struct piece){compound->walk->bytes, 0};
	rest = (struct piece){compound->walk->bytes + at, compound->walk->size - (size_t)at};
	return piece_take_run(&rest, (size_t)1 << compound->shift);
}

static uint32_t next_of(const struct table *table, uint32_t number)
{
	return number < table->count ? table->next[number] : no_sector;
}

/* A chain of sectors, at most `most` bytes of it. */
static void read_chain(struct compound *compound, uint32_t number, uint64_t most, struct buf *out)
{
	size_t left = sector_count(compound);

	buf_add(out, "", 0);
	for (; left && number < no_sector && out->size < most; left--) {
		struct piece one = sector(compound, number);

		if (!one.left)
			return;
		buf_add(out, one.at, one.left < most - out->size ? one.left : most - out->size);
		number = next_of(&compound->sectors, number);
	}
}

static void read_mini_chain(
        struct compound *compound, uint32_t number, uint64_t most, struct buf *out)
{
	const struct buf *stream = &compound->mini_stream;
	size_t left = compound->minis.count, unit = (size_t)1 << compound->mini_shift;

	buf_add(out, "", 0);
	for (; left && number < no_sector && out->size < most; left--) {
		uint64_t at = (uint64_t)number << compound->mini_shift;
		size_t size = unit < most - out->size ? unit : (size_t)(most - out->size);

		if (at >= stream->size)
			return;
		if (size > stream->size - at)
			size = stream->size - (size_t)at;
		buf_add(out, stream->data + at, size);
		number = next_of(&compound->minis, number);
	}
}

/* ---------------------------------------------------------------- tables */

static void add_numbers(struct table *table, struct piece from)
{
	size_t more = from.left / 4;

	table->next = alloc_grow(table->next, table->count + more, sizeof(*table->next));
	for (; more; more--)
		table->next[table->count++] = piece_take(&from, 4);
}

/* The table of sectors is itself in sectors, whose numbers are in the header and, for large files,
 * in a chain of further ones. */
static void read_sectors(struct compound *compound, struct piece header)
{
	size_t left = sector_count(compound), per = ((size_t)1 << compound->shift) / 4 - 1, at;
	struct piece list = {header.at + 76, IN_HEADER * 4}, more = {header.at + 68, 4};
	uint32_t further = piece_take(&more, 4);

	for (at = 0; at < IN_HEADER && left; at++, left--)
		add_numbers(&compound->sectors, sector(compound, piece_take(&list, 4)));
	while (left && further < no_sector) {
		list = sector(compound, further);
		for (at = 0; at < per && list.left && left; at++, left--)
			add_numbers(&compound->sectors, sector(compound, piece_take(&list, 4)));
		further = list.left ? piece_take(&list, 4) : no_sector;
	}
}

static int open_compound(struct compound *compound)
{
	struct piece header = {compound->walk->bytes, HEADER_SIZE}, at = {header.at + 30, 34};
	struct buf minis = {0};
	uint32_t directory, first_mini;

	compound->shift = piece_take(&at, 2);
	compound->mini_shift = piece_take(&at, 2);
	piece_take_run(&at, 14);
	directory = piece_take(&at, 4);
	piece_take(&at, 4);
	compound->cutoff = piece_take(&at, 4);
	first_mini = piece_take(&at, 4);
	if (compound->shift < 7 || compound->shift > 16 || compound->mini_shift > compound->shift)
		return 0;
	read_sectors(compound, header);
	read_chain(compound, directory, compound->walk->size, &compound->directory);
	read_chain(compound, first_mini, compound->walk->size, &minis);
	add_numbers(
	        &compound->minis, (struct piece){(const unsigned char *)minis.data, minis.size});
	buf_fini(&minis);
	return compound->directory.size >= ENTRY_SIZE;
}

static void close_compound(struct compound *compound)
{
	free(compound->sectors.next);
	free(compound->minis.next);
	buf_fini(&compound->directory);
	buf_fini(&compound->mini_stream);
}

/* ---------------------------------------------------------------- entries */

static size_t entry_count(const struct compound *compound)
{
	return compound->directory.size / ENTRY_SIZE;
}

/* Ends where its length says, or at a NUL before: behind it may be anything. */
static char *read_name(struct piece units, size_t length)
{
	size_t at = 0;

	if (length >= 2 && length < units.left)
		units.left = length;
	while (at + 1 < units.left && (units.at[at] || units.at[at + 1]))
		at += 2;
	units.left = at;
	return piece_wide_name(units);
}

/* Its name is to be freed. */
static struct entry read_entry(const struct compound *compound, size_t index)
{
	struct piece at = {
	        (const unsigned char *)compound->directory.data + index * ENTRY_SIZE, ENTRY_SIZE};
	struct piece name = piece_take_run(&at, NAME_SIZE);
	struct entry entry;

	entry.name = read_name(name, piece_take(&at, 2));
	entry.type = piece_take(&at, 1);
	piece_take(&at, 1);
	entry.left = piece_take(&at, 4);
	entry.right = piece_take(&at, 4);
	entry.child = piece_take(&at, 4);
	piece_take_run(&at, 36);
	entry.start = piece_take(&at, 4);
	entry.size = piece_take(&at, 4);
	/* Of small sectors' files only the lower half counts, and the upper may be anything. */
	if (compound->shift > 9)
		entry.size |= (uint64_t)piece_take(&at, 4) << 32;
	return entry;
}

static void fill(
        struct compound *compound, const struct entry *entry, uint64_t size, struct buf *out)
{
	if (entry->size >= compound->cutoff || entry->type == ROOT)
		read_chain(compound, entry->start, size, out);
	else
		read_mini_chain(compound, entry->start, size, out);
}

/* The stream's bytes; false where the budget has no room for them. */
static int read_stream(struct compound *compound, const struct entry *entry, struct buf *out)
{
	uint64_t size = entry->size < compound->walk->size ? entry->size : compound->walk->size;

	if (compound->walk->out_of_bytes || !walk_spend(compound->walk, (size_t)size, entry->name))
		return 0;
	fill(compound, entry, size, out);
	return 1;
}

/* The stream's bytes, at most `most` of them, to look at them only: they are in the file as they
 * are, so nothing is taken from the budget. Streams that share their sectors end it. */
static int look_at(
        struct compound *compound, const struct entry *entry, uint64_t most, struct buf *out)
{
	uint64_t all = compound->walk->size, limit = LOOKS_MOST * all;
	uint64_t size = entry->size < all ? entry->size : all;

	if (size > most)
		size = most;
	if (size && compound->looked + size > limit) {
		if (compound->looked <= limit)
			walk_problem(
			        compound->walk, UNPACK_LIMIT, "", "its streams are larger than it");
		compound->looked = limit + 1;
		return 0;
	}
	compound->looked += size;
	fill(compound, entry, size, out);
	return 1;
}

/* ---------------------------------------------------------------- streams that carry files */

static int is_named(const struct entry *entry, const char *name)
{
	return entry->type == STREAM && text_same(entry->name, name);
}

static void give_stream(struct compound *compound, const struct entry *entry, const char *name)
{
	struct buf content = {0};

	if (!walk_count(compound->walk))
		return;
	if (read_stream(compound, entry, &content))
		walk_member(compound->walk, name, &content, 0);
	else
		walk_member(compound->walk, name, NULL, 0);
	buf_fini(&content);
}

static void give_package(struct compound *compound, const struct entry *entry)
{
	struct buf content = {0};

	if (read_stream(compound, entry, &content))
		walk_package(compound->walk,
		        (struct piece){(const unsigned char *)content.data, content.size});
	buf_fini(&content);
}

static void tell_embedded(struct compound *compound)
{
	walk_trait(compound->walk, UNPACK_EMBEDDED, "a file in an object");
}

/* What controls keep, and the text of Works and Publisher, stand in streams of the same name but
 * for its case. */
static int holds_file(struct compound *compound, const struct entry *entry)
{
	struct buf head = {0};
	int is_file = 0;

	if (look_at(compound, entry, CONTENTS_HEAD, &head) && head.size >= 4)
		is_file = unpack_kind(head.data, head.size) || !memcmp(head.data, "MZ", 2) ||
		          (!strcmp(entry->name, "CONTENTS") && memcmp(head.data, "\0\2", 2) != 0 &&
		                  memcmp(head.data, "CHNK", 4) != 0);
	buf_fini(&head);
	return is_file;
}

static void give_contents(struct compound *compound, const struct entry *entry)
{
	int is_file = holds_file(compound, entry);

	if (is_file)
		tell_embedded(compound);
	if (is_file || !strcmp(entry->name, "CONTENTS"))
		give_stream(compound, entry, entry->name);
}

static void tell_of_stream(struct compound *compound, const struct entry *entry)
{
	const struct office_stream *stream = office_stream(entry->name);
	struct buf content = {0};

	if (stream && look_at(compound, entry, stream->most, &content))
		stream->read(compound->walk,
		        (struct piece){(const unsigned char *)content.data, content.size});
	buf_fini(&content);
}

static void use_stream(struct compound *compound, const struct entry *entry)
{
	tell_of_stream(compound, entry);
	if (is_named(entry, "\1Ole10Native")) {
		tell_embedded(compound);
		give_package(compound, entry);
	} else if (is_named(entry, "Package")) {
		tell_embedded(compound);
		give_stream(compound, entry, entry->name);
	} else if (is_named(entry, "CONTENTS")) {
		give_contents(compound, entry);
	} else if (is_named(entry, "_VBA_PROJECT")) {
		give_stream(compound, entry, "_VBA_PROJECT");
	}
}

/* ---------------------------------------------------------------- Outlook's saved mail */

/* One storage: an attachment has its data and its names beside each other ([MS-OXMSG] 2.2.2). */
struct storage {
	const char *name;
	long data; /* index, or -1 */
	char *names[NAMES_MOST];
	size_t name_count;
	int too_many; /* or too long: a name that a reader may take is not kept */
};

static void use_property(
        struct compound *compound, struct storage *storage, size_t index, const struct entry *entry)
{
	static const char *const names[] = {
	        "__substg1.0_3707", "__substg1.0_3704", "__substg1.0_3001"};
	struct buf text = {0};
	struct piece piece;
	size_t at;

	if (text_same(entry->name, "__substg1.0_37010102"))
		storage->data = (long)index;
	for (at = 0; at < sizeof(names) / sizeof(names[0]); at++)
		if (text_starts(entry->name, names[at]))
			break;
	if (at == sizeof(names) / sizeof(names[0]))
		return;
	if (storage->name_count == NAMES_MOST || entry->size > 4096) {
		storage->too_many = 1;
		return;
	}
	if (!read_stream(compound, entry, &text))
		return;
	piece = (struct piece){(const unsigned char *)text.data, text.size};
	storage->names[storage->name_count++] =
	        strstr(entry->name, "001F") ? piece_wide_name(piece) : piece_narrow_name(piece);
	buf_fini(&text);
}

static void give_storage(struct compound *compound, struct storage *storage)
{
	size_t at;

	if (storage->too_many)
		walk_problem(compound->walk, UNPACK_LIMIT, "", "an attachment with too many names");
	if (storage->data >= 0) {
		struct entry entry = read_entry(compound, (size_t)storage->data);

		give_stream(compound, &entry, storage->name_count ? storage->names[0] : "");
		for (at = 1; at < storage->name_count; at++)
			walk_alias(compound->walk, storage->names[at]);
		free(entry.name);
	}
	for (at = 0; at < storage->name_count; at++)
		free(storage->names[at]);
}

/* ---------------------------------------------------------------- macros */

/* The storages of a VBA project ([MS-OVBA] 2.2.1, and where Word and Excel put it). Any one of its
 * streams tells: programs run the source without what was compiled of it, and the other way
 * round. */
static int is_of_project(const struct storage *storage, const struct entry *entry)
{
	if (!entry->size)
		return 0;
	if (text_same(storage->name, "VBA"))
		return 1;
	return is_named(entry, "dir") &&
	       (text_same(storage->name, "Macros") || text_same(storage->name, "_VBA_PROJECT_CUR"));
}

/* ---------------------------------------------------------------- the tree */

struct visit {
	uint32_t *waiting; /* entries of this storage */
	uint32_t *storages;
	size_t count, storage_count;
	unsigned char *seen;
};

static void push(const struct compound *compound, struct visit *visit, uint32_t *to, size_t *count,
        uint32_t n)
{
	if (n >= entry_count(compound) || visit->seen[n])
		return;
	visit->seen[n] = 1;
	to[(*count)++] = n;
}

static void visit_entry(struct compound *compound, struct visit *visit, struct storage *storage)
{
	uint32_t index = visit->waiting[--visit->count];
	struct entry entry = read_entry(compound, index);

	push(compound, visit, visit->waiting, &visit->count, entry.left);
	push(compound, visit, visit->waiting, &visit->count, entry.right);
	if (entry.type == STREAM) {
		if (is_of_project(storage, &entry))
			walk_trait(compound->walk, UNPACK_MACRO, "a VBA project");
		use_stream(compound, &entry);
		use_property(compound, storage, index, &entry);
	} else {
		visit->storages[visit->storage_count++] = index;
	}
	free(entry.name);
}

static void visit_storage(struct compound *compound, struct visit *visit)
{
	struct entry entry = read_entry(compound, visit->storages[--visit->storage_count]);
	struct storage storage = {.name = entry.name, .data = -1};

	push(compound, visit, visit->waiting, &visit->count, entry.child);
	while (visit->count && !compound->walk->stopped)
		visit_entry(compound, visit, &storage);
	give_storage(compound, &storage);
	free(entry.name);
}

void walk_compound(struct walk *walk)
{
	struct compound compound = {.walk = walk};
	struct visit visit = {0};
	struct entry root;

	if (open_compound(&compound)) {
		root = read_entry(&compound, 0);
		root.type = ROOT;
		if (root.start < no_sector)
			read_stream(&compound, &root, &compound.mini_stream);
		free(root.name);
		visit.waiting = alloc_zero(entry_count(&compound), sizeof(*visit.waiting));
		visit.storages = alloc_zero(entry_count(&compound), sizeof(*visit.storages));
		visit.seen = alloc_zero(entry_count(&compound), 1);
		push(&compound, &visit, visit.storages, &visit.storage_count, 0);
		while (visit.storage_count && !walk->stopped)
			visit_storage(&compound, &visit);
		free(visit.waiting);
		free(visit.storages);
		free(visit.seen);
	}
	close_compound(&compound);
}
