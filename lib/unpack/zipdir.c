#include "lib/unpack/zipdir.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/bytes.h"

enum {
	LOCAL_SIZE = 30,
	CENTRAL_SIZE = 46,
	END_SIZE = 22,
	DESCRIPTOR_SIZE = 16, /* with its signature */
	ZIP64_EXTRA = 0x0001,
	UNICODE_PATH_EXTRA = 0x7075,
	UNICODE_PATH_HEAD = 5, /* version and the CRC of the name it stands for */
	FLAG_DESCRIPTOR = 8,
	NAMES_TRIED = 64,
	SEARCH_FACTOR = 8,
};

struct reading {
	const unsigned char *bytes;
	size_t size;
	size_t limit;
	struct zipdir *out;
	size_t room;
	size_t ends; /* end records */
	size_t segment;
	size_t segment_first; /* index of the segment's first entry */
	size_t records;       /* central records of the segment */
	size_t record_start;  /* offset of the first */
	size_t searched;      /* bytes, for descriptors */
	size_t pending_room, pending_count;
	struct pending {
		struct zipdir_claim claim;
		uint64_t offset; /* claimed, of the local header */
	} * pending; /* the segment's central records, until its end record tells the base */
};

static int signature(const struct reading *reading, size_t at, const char *magic)
{
	return at + 4 <= reading->size && !memcmp(reading->bytes + at, magic, 4);
}

/* ---------------------------------------------------------------- extra fields */

/* The data of an extra field; NULL without one. Broken lists end where they break. */
static const unsigned char *extra_field(
        const unsigned char *bytes, const struct zipdir_claim *claim, unsigned id, size_t *length)
{
	size_t at = claim->extra, end = claim->extra + claim->extra_length;

	while (at + 4 <= end) {
		*length = bytes_little16(bytes + at + 2);
		if (*length > end - at - 4)
			return NULL;
		if (bytes_little16(bytes + at) == id)
			return bytes + at + 4;
		at += 4 + *length;
	}
	return NULL;
}

/* Takes a 64-bit value for a field of all ones; they stand in order, only those that are needed. */
static void widen(const unsigned char **extra, size_t *length, uint64_t *value)
{
	if (*value != 0xffffffff || *length < 8)
		return;
	*value = bytes_little64(*extra);
	*extra += 8;
	*length -= 8;
}

static void set_sizes(const unsigned char *bytes, struct zipdir_claim *claim, uint64_t packed,
        uint64_t unpacked, uint64_t *offset)
{
	size_t length = 0;
	const unsigned char *extra = extra_field(bytes, claim, ZIP64_EXTRA, &length);

	if (extra) {
		widen(&extra, &length, &unpacked);
		widen(&extra, &length, &packed);
		if (offset)
			widen(&extra, &length, offset);
	}
	claim->packed = packed > INT64_MAX ? INT64_MAX : (int64_t)packed;
	claim->unpacked = unpacked > INT64_MAX ? INT64_MAX : (int64_t)unpacked;
}

int zipdir_unicode_name(
        const unsigned char *bytes, const struct zipdir_claim *claim, size_t *name, size_t *length)
{
	size_t field = 0;
	const unsigned char *extra =
	        claim->present ? extra_field(bytes, claim, UNICODE_PATH_EXTRA, &field) : NULL;

	if (!extra || field <= UNICODE_PATH_HEAD)
		return 0;
	*name = (size_t)(extra - bytes) + UNICODE_PATH_HEAD;
	*length = field - UNICODE_PATH_HEAD;
	return 1;
}

/* ---------------------------------------------------------------- local headers */

static int parse_local(const struct reading *reading, size_t at, struct zipdir_claim *claim)
{
	const unsigned char *head = reading->bytes + at;

	if (!signature(reading, at, "PK\3\4") || reading->size - at < LOCAL_SIZE)
		return 0;
	claim->name = at + LOCAL_SIZE;
	claim->name_length = bytes_little16(head + 26);
	claim->extra = claim->name + claim->name_length;
	claim->extra_length = bytes_little16(head + 28);
	if (claim->extra + claim->extra_length > reading->size)
		return 0;
	claim->present = 1;
	claim->version = bytes_little16(head + 4);
	claim->flags = bytes_little16(head + 6);
	claim->method = bytes_little16(head + 8);
	claim->crc = bytes_little32(head + 14);
	set_sizes(
	        reading->bytes, claim, bytes_little32(head + 18), bytes_little32(head + 22), NULL);
	if (claim->flags & FLAG_DESCRIPTOR && !claim->packed)
		claim->packed = claim->unpacked = ZIPDIR_UNKNOWN_SIZE;
	return 1;
}

/* Behind data of unknown length stands a descriptor that names the length it ends. The search is
 * bounded over all headers together: each of many could make it go to the end. */
static void find_descriptor(struct reading *reading, size_t data, struct zipdir_claim *claim)
{
	size_t at = data;
	const unsigned char *found;

	if (reading->searched / SEARCH_FACTOR > reading->size)
		return;
	while ((found = memmem(reading->bytes + at, reading->size - at, "PK\7\10", 4))) {
		reading->searched += (size_t)(found - reading->bytes) - at;
		at = (size_t)(found - reading->bytes);
		if (reading->size - at < DESCRIPTOR_SIZE)
			return;
		if (bytes_little32(found + 8) == (uint32_t)(at - data)) {
			claim->crc = bytes_little32(found + 4);
			claim->packed = (int64_t)(at - data);
			claim->unpacked = bytes_little32(found + 12);
			return;
		}
		at += 4;
	}
	reading->searched += reading->size - at;
}

static struct zipdir_entry *add_entry(struct reading *reading)
{
	struct zipdir *out = reading->out;

	if (out->count == reading->limit) {
		out->oddities |= ZIPDIR_TRUNCATED;
		return NULL;
	}
	if (out->count == reading->room) {
		reading->room = reading->room ? 2 * reading->room : 16;
		out->entries = alloc_grow(out->entries, reading->room, sizeof(*out->entries));
	}
	memset(&out->entries[out->count], 0, sizeof(*out->entries));
	out->entries[out->count].segment = reading->segment;
	return &out->entries[out->count++];
}

static struct zipdir_entry *add_local(
        struct reading *reading, size_t at, const struct zipdir_claim *claim)
{
	struct zipdir_entry *entry = add_entry(reading);

	if (!entry)
		return NULL;
	entry->local = *claim;
	entry->offset = at;
	entry->data = claim->extra + claim->extra_length;
	return entry;
}

/* Behind the data, where their length is believable: something of ZIP's own stands there. Else
 * right behind the header, so that nothing can be hidden by a length that is wrong. */
static size_t behind(const struct reading *reading, const struct zipdir_entry *entry)
{
	size_t left = reading->size - entry->data, end;

	if (entry->local.packed < 0 || (uint64_t)entry->local.packed > left)
		return entry->data;
	end = entry->data + (size_t)entry->local.packed;
	if (end == reading->size ||
	        (end + 2 <= reading->size && !memcmp(reading->bytes + end, "PK", 2)))
		return end;
	/* A descriptor may come without its signature. */
	if (entry->local.flags & FLAG_DESCRIPTOR && end + 14 <= reading->size &&
	        !memcmp(reading->bytes + end + 12, "PK", 2))
		return end + 12;
	return entry->data;
}

static size_t read_local(struct reading *reading, size_t at)
{
	struct zipdir_claim claim = {0};
	struct zipdir_entry *entry;

	if (!parse_local(reading, at, &claim))
		return at + 4;
	if (claim.packed == ZIPDIR_UNKNOWN_SIZE)
		find_descriptor(reading, claim.extra + claim.extra_length, &claim);
	entry = add_local(reading, at, &claim);
	return entry ? behind(reading, entry) : reading->size;
}

/* ---------------------------------------------------------------- central records */

static size_t read_central(struct reading *reading, size_t at)
{
	const unsigned char *head = reading->bytes + at;
	struct zipdir_claim claim = {.present = 1};
	uint64_t offset;

	if (reading->size - at < CENTRAL_SIZE)
		return at + 4;
	claim.name = at + CENTRAL_SIZE;
	claim.name_length = bytes_little16(head + 28);
	claim.extra = claim.name + claim.name_length;
	claim.extra_length = bytes_little16(head + 30);
	if (claim.extra + claim.extra_length > reading->size)
		return at + 4;
	claim.version = bytes_little16(head + 6);
	claim.flags = bytes_little16(head + 8);
	claim.method = bytes_little16(head + 10);
	claim.crc = bytes_little32(head + 16);
	offset = bytes_little32(head + 42);
	set_sizes(reading->bytes, &claim, bytes_little32(head + 20), bytes_little32(head + 24),
	        &offset);
	if (!reading->records++)
		reading->record_start = at;
	if (reading->pending_count == reading->limit) {
		reading->out->oddities |= ZIPDIR_TRUNCATED;
		return reading->size;
	}
	if (reading->pending_count == reading->pending_room) {
		reading->pending_room = reading->pending_room ? 2 * reading->pending_room : 16;
		reading->pending = alloc_grow(
		        reading->pending, reading->pending_room, sizeof(*reading->pending));
	}
	reading->pending[reading->pending_count++] = (struct pending){claim, offset};
	return claim.extra + claim.extra_length; /* a comment is searched, not skipped */
}

/* Entries are in the order of their offsets while only locals were added, which is all of them
 * before the segment's records are placed. */
static struct zipdir_entry *entry_at(
        const struct reading *reading, size_t first, size_t end, uint64_t offset)
{
	size_t low = first, high = end, middle;

	while (low < high) {
		middle = (low + high) / 2;
		if (reading->out->entries[middle].offset < offset)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == end || reading->out->entries[low].offset != offset)
		return NULL;
	return &reading->out->entries[low];
}

static int same_name(
        const struct reading *reading, const struct zipdir_claim *a, const struct zipdir_claim *b)
{
	return a->name_length == b->name_length &&
	       !memcmp(reading->bytes + a->name, reading->bytes + b->name, a->name_length);
}

/* Where no offset fits, programs that recover go by the name. The search goes on from where the
 * last one ended, so that a directory in the members' order costs one pass. */
static struct zipdir_entry *entry_named(const struct reading *reading, size_t first, size_t end,
        const struct zipdir_claim *claim, size_t *next)
{
	size_t tried, at;

	for (tried = 0; tried < NAMES_TRIED && tried < end - first; tried++) {
		at = first + (*next - first + tried) % (end - first);
		if (!reading->out->entries[at].central.present &&
		        same_name(reading, claim, &reading->out->entries[at].local)) {
			*next = at + 1 < end ? at + 1 : first;
			return &reading->out->entries[at];
		}
	}
	return NULL;
}

/* A record's local header may lie where the pass did not look, inside another member's data. */
static struct zipdir_entry *entry_hidden(struct reading *reading, uint64_t offset)
{
	struct zipdir_claim claim = {0};

	if (offset >= reading->size || !parse_local(reading, (size_t)offset, &claim))
		return NULL;
	return add_local(reading, (size_t)offset, &claim);
}

static void place(struct reading *reading, const struct pending *record, size_t end, uint64_t base,
        size_t *next)
{
	struct zipdir_entry *entry =
	        entry_at(reading, reading->segment_first, end, record->offset + base);

	if (!entry && base)
		entry = entry_at(reading, reading->segment_first, end, record->offset);
	if (!entry || entry->central.present)
		entry = entry_hidden(reading, record->offset + base);
	if (!entry && base)
		entry = entry_hidden(reading, record->offset);
	if (!entry)
		entry = entry_named(reading, reading->segment_first, end, &record->claim, next);
	if (!entry) {
		reading->out->oddities |= ZIPDIR_DANGLING;
		entry = add_entry(reading);
	}
	if (entry)
		entry->central = record->claim;
}

static void place_all(struct reading *reading, uint64_t base)
{
	size_t end = reading->out->count, next = reading->segment_first, at;

	for (at = 0; at < reading->pending_count; at++)
		place(reading, &reading->pending[at], end, base, &next);
	for (at = reading->segment_first; at < reading->out->count; at++)
		if (!reading->out->entries[at].central.present)
			reading->out->oddities |= ZIPDIR_UNLISTED;
	reading->pending_count = reading->records = 0;
}

/* ---------------------------------------------------------------- end records */

static void begin_segment(struct reading *reading)
{
	reading->segment++;
	reading->segment_first = reading->out->count;
}

/* Junk in front shifts every offset by its length. With ZIP64 the fields are all ones, and the
 * directory's own place tells as well: it is offset + size that count. */
static uint64_t find_base(const struct reading *reading, const unsigned char *head)
{
	uint64_t offset = bytes_little32(head + 16);

	if (!reading->records || offset == 0xffffffff || offset > reading->record_start)
		return 0;
	return reading->record_start - offset;
}

static size_t read_end(struct reading *reading, size_t at)
{
	const unsigned char *head = reading->bytes + at;
	unsigned total;

	if (reading->size - at < END_SIZE)
		return at + 4;
	reading->ends++;
	total = bytes_little16(head + 10);
	if (bytes_little16(head + 4) != 0 && bytes_little16(head + 4) != 0xffff)
		reading->out->oddities |= ZIPDIR_SPLIT;
	if (total != 0xffff && total != (reading->records & 0xffff))
		reading->out->oddities |= ZIPDIR_COUNT;
	if (reading->segment_first < reading->out->count || reading->records) {
		if (reading->segment)
			reading->out->oddities |= ZIPDIR_SEVERAL;
		place_all(reading, find_base(reading, head));
		begin_segment(reading);
	}
	return at + END_SIZE; /* a comment is searched, not skipped */
}

static size_t read_one(struct reading *reading, size_t at)
{
	if (signature(reading, at, "PK\3\4"))
		return read_local(reading, at);
	if (signature(reading, at, "PK\1\2"))
		return read_central(reading, at);
	if (signature(reading, at, "PK\5\6"))
		return read_end(reading, at);
	return at + 2;
}

void zipdir_read(const unsigned char *bytes, size_t size, size_t limit, struct zipdir *out)
{
	struct reading reading = {.bytes = bytes, .size = size, .limit = limit, .out = out};
	const unsigned char *found;
	size_t at = 0;

	memset(out, 0, sizeof(*out));
	while (at < size && (found = memmem(bytes + at, size - at, "PK", 2)))
		at = read_one(&reading, (size_t)(found - bytes));
	if (!reading.ends || reading.segment_first < out->count || reading.records) {
		out->oddities |= ZIPDIR_NO_CENTRAL;
		place_all(&reading, 0);
	}
	free(reading.pending);
}

void zipdir_fini(struct zipdir *directory)
{
	free(directory->entries);
	memset(directory, 0, sizeof(*directory));
}
