/*
 * ZIP: every member under every claim that its headers make. A program that believes the central
 * directory and one that believes the local headers must both find that we have seen what they
 * will extract, under the names they will give it.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/unpack/walk.h"
#include "lib/unpack/zipdir.h"
#include "lib/unpack/zipdoc.h"

enum {
	FLAG_ENCRYPTED = 1,
	FLAG_DESCRIPTOR = 8,
	FLAG_MASKED = 0x2000, /* the names in the local headers are hidden */
	METHOD_STORED = 0,
	METHOD_DEFLATED = 8,
	MOST_ENTRIES = 1 << 17,
};

/* ---------------------------------------------------------------- names */

/* Programs written in C end a name at its first NUL. */
static void alias_at_nul(struct walk *walk, size_t name, size_t length)
{
	const void *nul = memchr(walk->bytes + name, '\0', length);
	char *text;

	if (!nul)
		return;
	text = walk_name(
	        walk->bytes + name, (size_t)((const unsigned char *)nul - walk->bytes) - name);
	walk_alias(walk, text);
	free(text);
}

static void alias_of(struct walk *walk, size_t name, size_t length, const char *first)
{
	char *text = walk_name(walk->bytes + name, length);

	if (strcmp(text, first))
		walk_alias(walk, text);
	alias_at_nul(walk, name, length);
	free(text);
}

static void give_aliases(struct walk *walk, const struct zipdir_entry *entry, const char *first)
{
	const struct zipdir_claim *claims[] = {&entry->local, &entry->central};
	size_t at, name, length;

	for (at = 0; at < 2; at++) {
		if (claims[at]->present)
			alias_of(walk, claims[at]->name, claims[at]->name_length, first);
		if (zipdir_unicode_name(walk->bytes, claims[at], &name, &length))
			alias_of(walk, name, length, first);
	}
}

static unsigned part_by(const struct walk *walk, size_t name, size_t length)
{
	char *text = walk_name(walk->bytes + name, length);
	unsigned part = zipdoc_part(text);

	free(text);
	if (memchr(walk->bytes + name, '\0', length)) {
		text = piece_narrow_name((struct piece){walk->bytes + name, length});
		part |= zipdoc_part(text);
		free(text);
	}
	return part;
}

/* What a member is in an office document, by any name that a program may know it by. */
static unsigned part_of(const struct walk *walk, const struct zipdir_entry *entry)
{
	const struct zipdir_claim *claims[] = {&entry->local, &entry->central};
	size_t at, name, length;
	unsigned part = 0;

	for (at = 0; at < 2; at++) {
		if (claims[at]->present)
			part |= part_by(walk, claims[at]->name, claims[at]->name_length);
		if (zipdir_unicode_name(walk->bytes, claims[at], &name, &length))
			part |= part_by(walk, name, length);
	}
	return part;
}

/* Names are the same where only what a charset or a folder's separator does is different. */
static int same_names(const struct walk *walk, const struct zipdir_entry *entry)
{
	const unsigned char *a = walk->bytes + entry->local.name;
	const unsigned char *b = walk->bytes + entry->central.name;
	size_t at, length = entry->local.name_length;

	if (entry->central.flags & FLAG_MASKED && entry->central.flags & FLAG_ENCRYPTED)
		return 1;
	if (length != entry->central.name_length)
		return 0;
	for (at = 0; at < length; at++)
		if (a[at] != b[at] && !(a[at] & b[at] & 0x80) &&
		        !((a[at] == '/' || a[at] == '\\') && (b[at] == '/' || b[at] == '\\')))
			return 0;
	return 1;
}

/* ---------------------------------------------------------------- one reading of one member */

static void little(struct buf *out, uint64_t value, int bytes)
{
	for (; bytes; bytes--, value >>= 8)
		buf_add_char(out, (char)(value & 0xff));
}

/* A local header that claims what this reading believes. With `open_end` it names no sizes, so that
 * the compressed data's own end counts. */
static void make_header(const struct zipdir_claim *claim, int open_end, struct buf *out)
{
	unsigned flags = claim->flags & ~(unsigned)(FLAG_ENCRYPTED | FLAG_DESCRIPTOR | FLAG_MASKED);

	buf_add(out, "PK\3\4", 4);
	little(out, 20, 2);
	little(out, open_end ? flags | FLAG_DESCRIPTOR : flags, 2);
	little(out, claim->method, 2);
	little(out, 0, 4);
	little(out, open_end ? 0 : claim->crc, 4);
	little(out, open_end ? 0 : (uint64_t)claim->packed, 4);
	little(out, open_end ? 0 : (uint64_t)claim->unpacked, 4);
	little(out, 1, 2);
	little(out, 0, 2);
	buf_add_char(out, 'x');
}

static size_t data_size(
        const struct walk *walk, const struct zipdir_entry *entry, const struct zipdir_claim *claim)
{
	size_t left = walk->size - entry->data;

	if (claim->packed < 0 || (uint64_t)claim->packed > left)
		return left;
	return (size_t)claim->packed;
}

static int sizes_known(const struct zipdir_claim *claim)
{
	return claim->packed >= 0 && claim->packed < UINT32_MAX && claim->unpacked >= 0 &&
	       claim->unpacked < UINT32_MAX;
}

static int inflate_claim(struct walk *walk, const char *name, const struct zipdir_entry *entry,
        const struct zipdir_claim *claim, int open_end, struct buf *out, const char **why)
{
	struct buf header = {0};
	int code;

	make_header(claim, open_end, &header);
	code = walk_extract_zip(walk, name, &header, walk->bytes + entry->data,
	        open_end ? walk->size - entry->data : data_size(walk, entry, claim), out, why);
	buf_fini(&header);
	return code;
}

static void take_longer(struct buf *out, struct buf *other)
{
	struct buf held = *out;

	if (other->size > out->size) {
		*out = *other;
		*other = held;
	}
	buf_fini(other);
}

/* However long it says that it is. */
static int open_claim(struct walk *walk, const char *name, const struct zipdir_entry *entry,
        const struct zipdir_claim *claim, struct buf *out, const char **why)
{
	struct piece data = {walk->bytes + entry->data, walk->size - entry->data};

	if (claim->method != METHOD_DEFLATED)
		return inflate_claim(walk, name, entry, claim, 1, out, why);
	*why = "is cut off or broken";
	return walk_inflate_named(walk, data, name, out) || walk->out_of_bytes ? 0 : -1;
}

static void extract_packed(struct walk *walk, const char *name, const struct zipdir_entry *entry,
        const struct zipdir_claim *claim, struct buf *out)
{
	struct buf again = {0};
	const char *why = NULL;

	if (sizes_known(claim)) {
		if (!inflate_claim(walk, name, entry, claim, 0, out, &why) || walk->out_of_bytes)
			return;
		/* Some program will take the sizes for what they are: wrong. */
		walk_problem(walk, UNPACK_FORMAT, name, why);
	}
	if (open_claim(walk, name, entry, claim, &again, &why) && !sizes_known(claim))
		walk_problem(walk, UNPACK_FORMAT, name, why);
	take_longer(out, &again);
}

static void extract_claim(struct walk *walk, const char *name, const struct zipdir_entry *entry,
        const struct zipdir_claim *claim, struct buf *out)
{
	size_t size = data_size(walk, entry, claim);

	if (claim->packed > 0 && (uint64_t)claim->packed > size)
		walk_problem(walk, UNPACK_FORMAT, name, "is cut off");
	if (claim->method != METHOD_STORED)
		extract_packed(walk, name, entry, claim, out);
	else if (walk_spend(walk, size, name))
		buf_add(out, walk->bytes + entry->data, size);
}

/* ---------------------------------------------------------------- one member */

static int differ(int64_t a, int64_t b)
{
	return a != ZIPDIR_UNKNOWN_SIZE && b != ZIPDIR_UNKNOWN_SIZE && a != b;
}

/* Masked names belong to an encrypted directory. Without one most programs extract the member, and
 * some say that it is encrypted. */
static int is_masked_only(const struct zipdir_claim *claim)
{
	return claim->present && (claim->flags & (FLAG_MASKED | FLAG_ENCRYPTED)) == FLAG_MASKED;
}

static const char *contradiction(const struct walk *walk, const struct zipdir_entry *entry)
{
	const struct zipdir_claim *local = &entry->local, *central = &entry->central;

	if (is_masked_only(local) || is_masked_only(central))
		return "says that its name is masked, and is not encrypted";
	if (!local->present || !central->present)
		return NULL;
	if (!same_names(walk, entry))
		return "has two names";
	if (local->method != central->method)
		return "has two compression methods";
	if (differ(local->packed, central->packed) || differ(local->unpacked, central->unpacked))
		return "has two sizes";
	if ((local->flags ^ central->flags) & FLAG_ENCRYPTED)
		return "is encrypted in one directory and not in the other";
	return NULL;
}

static int is_encrypted(const struct zipdir_claim *claim)
{
	return claim->present && claim->flags & FLAG_ENCRYPTED;
}

/* Distinct readings, at most three: the central directory's, the local header's, and of "stored"
 * data whose size is wrong the one that some programs recover. */
static size_t readings_of(const struct zipdir_entry *entry, struct zipdir_claim readings[3])
{
	const struct zipdir_claim *local = &entry->local, *central = &entry->central;
	size_t count = 0;

	if (!entry->data)
		return 0;
	if (central->present && !is_encrypted(central))
		readings[count++] = *central;
	if (local->present && !is_encrypted(local) &&
	        (!count || local->method != central->method ||
	                differ(local->packed, central->packed)))
		readings[count++] = *local;
	if (count && readings[0].method == METHOD_STORED &&
	        differ(readings[0].packed, readings[0].unpacked)) {
		readings[count] = readings[0];
		readings[count++].method = METHOD_DEFLATED;
	}
	return count;
}

static char *first_name(const struct walk *walk, const struct zipdir_entry *entry)
{
	const struct zipdir_claim *claim = entry->central.present ? &entry->central : &entry->local;

	return walk_name(walk->bytes + claim->name, claim->name_length);
}

static int is_folder(const struct zipdir_entry *entry, const char *name)
{
	size_t length = strlen(name);

	return length && name[length - 1] == '/' && entry->local.packed <= 0 &&
	       entry->central.packed <= 0;
}

static void read_contents(struct walk *walk, const struct zipdir_entry *entry, const char *name,
        struct zipdoc *document)
{
	struct zipdir_claim readings[3];
	size_t count = walk->out_of_bytes ? 0 : readings_of(entry, readings), at;
	unsigned part = part_of(walk, entry);

	for (at = 0; at < count; at++) {
		struct buf content = {0};

		buf_add(&content, "", 0);
		extract_claim(walk, name, entry, &readings[at], &content);
		zipdoc_note(document, part, &content);
		walk_member(walk, name, &content, 0);
		buf_fini(&content);
	}
	if (count)
		return;
	zipdoc_note(document, part, NULL);
	walk_member(walk, name, NULL, 0);
}

/* In front of a ZIP there may be a program that unpacks it, with such headers in it. */
static void begin_listed(struct walk *walk, const struct zipdir_entry *entry, const char *name)
{
	if (walk->quiet == QUIET_NOT || !entry->central.present)
		return;
	walk_listed(walk);
	if (!entry->data)
		walk_problem(walk, UNPACK_FORMAT, name, "is in the directory and nowhere else");
}

static void read_entry(struct walk *walk, const struct zipdir_entry *entry, struct zipdoc *document)
{
	char *name = first_name(walk, entry);
	const char *odd = contradiction(walk, entry);
	enum quiet quiet = walk->quiet;

	begin_listed(walk, entry, name);
	if (odd)
		walk_problem(walk, UNPACK_AMBIGUOUS, name, odd);
	if (is_encrypted(&entry->local) || is_encrypted(&entry->central))
		walk_problem(walk, UNPACK_ENCRYPTED, name, "zip");
	if (is_folder(entry, name))
		walk_member(walk, name, NULL, 1);
	else
		read_contents(walk, entry, name, document);
	give_aliases(walk, entry, name);
	free(name);
	walk->quiet = quiet;
}

/* ---------------------------------------------------------------- the whole */

static void tell_oddities(struct walk *walk, unsigned oddities)
{
	static const struct {
		unsigned oddity;
		enum unpack_problem problem;
		const char *text;
	} table[] = {
	        {ZIPDIR_TRUNCATED, UNPACK_LIMIT, "too many members"},
	        {ZIPDIR_SPLIT, UNPACK_FORMAT, "one of several volumes"},
	        {ZIPDIR_NO_CENTRAL, UNPACK_FORMAT, "has no directory at its end"},
	        {ZIPDIR_SEVERAL, UNPACK_AMBIGUOUS, "several archives behind one another"},
	        {ZIPDIR_UNLISTED, UNPACK_AMBIGUOUS, "members that its directory doesn't name"},
	        {ZIPDIR_DANGLING, UNPACK_AMBIGUOUS,
	                "its directory names members that aren't there"},
	        {ZIPDIR_COUNT, UNPACK_AMBIGUOUS, "its directory counts other members"},
	};
	size_t at;

	for (at = 0; at < sizeof(table) / sizeof(table[0]); at++) {
		if (!(oddities & table[at].oddity))
			continue;
		walk_problem(walk, table[at].problem, "", table[at].text);
		return;
	}
}

void walk_zip(struct walk *walk)
{
	size_t limit = MOST_ENTRIES, at;
	struct zipdoc document = {0};
	struct zipdir directory;

	if (walk->budget->members < limit)
		limit = (size_t)walk->budget->members + 1;
	zipdir_read(walk->bytes, walk->size, limit, &directory);
	tell_oddities(walk, directory.oddities);
	for (at = 0; at < directory.count && walk_count(walk); at++)
		read_entry(walk, &directory.entries[at], &document);
	zipdoc_tell(&document, walk);
	zipdir_fini(&directory);
}
