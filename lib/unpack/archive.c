/*
 * libarchive. Formats and filters are named one by one: those that start other programs, and those
 * that take any text for an archive, stay out.
 */
#include <archive.h>
#include <archive_entry.h>
#include <iconv.h>
#include <locale.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/text.h"
#include "lib/unpack/rar.h"
#include "lib/unpack/walk.h"

/* libarchive converts names to the locale's charset, and loses them where that is ASCII. */
static locale_t utf8_locale;

void unpack_start(void)
{
	iconv_t warm = iconv_open("UTF-8", "UTF-16LE");

	if (warm != (iconv_t)-1)
		iconv_close(warm);
	if (!utf8_locale)
		utf8_locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", NULL);
}

static const struct {
	const char *kind;
	int (*support)(struct archive *reader);
} formats[] = {
        {"7z", archive_read_support_format_7zip},
        {"rar", archive_read_support_format_rar},
        {"rar5", archive_read_support_format_rar5},
        {"cab", archive_read_support_format_cab},
        {"tar", archive_read_support_format_tar},
        {"iso", archive_read_support_format_iso9660},
        {"lha", archive_read_support_format_lha},
        {"cpio", archive_read_support_format_cpio},
        {"ar", archive_read_support_format_ar},
        {"xar", archive_read_support_format_xar},
        {"gzip", archive_read_support_filter_gzip},
        {"bzip2", archive_read_support_filter_bzip2},
        {"xz", archive_read_support_filter_xz},
        {"lzma", archive_read_support_filter_lzma},
        {"zstd", archive_read_support_filter_zstd},
        {"lz4", archive_read_support_filter_lz4},
        {"lzip", archive_read_support_filter_lzip},
        {"compress", archive_read_support_filter_compress},
        {"rpm", archive_read_support_filter_rpm},
};

/* Only the format that was recognised is read: what else the bytes might be is asked elsewhere. A
 * compressed file is read as one raw member, and a tar inside is the next level's. */
static struct archive *reader_new(const char *kind)
{
	struct archive *reader = archive_read_new();
	size_t at;

	if (!reader)
		return NULL;
	for (at = 0; at < sizeof(formats) / sizeof(formats[0]); at++)
		if (!strcmp(formats[at].kind, kind))
			formats[at].support(reader);
	if (unpack_is_single(kind))
		archive_read_support_format_raw(reader);
	return reader;
}

/* ---------------------------------------------------------------- contents and names */

static int add_block(struct walk *walk, const char *name, struct buf *out, const void *block,
        size_t size, int64_t offset)
{
	static const char zeros[4096];
	size_t gap = offset > (int64_t)out->size ? (size_t)offset - out->size : 0;

	/* Sparse files: what is left out reads as zeros, and costs as much as if it were there. */
	if (gap > SIZE_MAX / 8 || !walk_spend(walk, size + gap, name))
		return 0;
	for (; gap; gap -= gap < sizeof(zeros) ? gap : sizeof(zeros))
		buf_add(out, zeros, gap < sizeof(zeros) ? gap : sizeof(zeros));
	buf_add(out, block, size);
	return 1;
}

/* Gives libarchive's code for the end of it. What was read before an error is kept. */
static int read_content(
        struct walk *walk, struct archive *reader, const char *name, struct buf *out)
{
	const void *block;
	size_t size;
	int64_t offset;
	int code;

	buf_add(out, "", 0);
	for (;;) {
		code = archive_read_data_block(reader, &block, &size, &offset);
		if (code == ARCHIVE_EOF)
			return ARCHIVE_OK;
		if (code != ARCHIVE_OK && code != ARCHIVE_WARN)
			return code;
		if (!add_block(walk, name, out, block, size, offset))
			return ARCHIVE_OK;
	}
}

static const char *entry_name(struct archive_entry *entry)
{
	const char *name = archive_entry_pathname_utf8(entry);

	if (!name)
		name = archive_entry_pathname(entry);
	return name ? name : "";
}

static enum unpack_problem problem_of(struct archive *reader)
{
	const char *text = archive_error_string(reader);

	if (archive_read_has_encrypted_entries(reader) > 0)
		return UNPACK_ENCRYPTED;
	if (text && (text_find(text, strlen(text), "encrypt") ||
	                    text_find(text, strlen(text), "passphrase")))
		return UNPACK_ENCRYPTED;
	return UNPACK_FORMAT;
}

/* ---------------------------------------------------------------- views of a disc */

/* What the views before have given: each file by its place and size, alone and with its name. */
struct known {
	void *tree; /* of texts, by tsearch() */
};

static int compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void know(struct known *known, const char *key)
{
	char *copy;

	if (tfind(key, &known->tree, compare))
		return;
	copy = alloc_string(key);
	tsearch(copy, &known->tree, compare);
}

static int is_known(struct known *known, const char *key)
{
	return tfind(key, &known->tree, compare) != NULL;
}

/* To be freed. libarchive's number of a file on a disc is where it begins. */
static char *key_of(struct archive_entry *entry, const char *name)
{
	struct buf key = {0};

	buf_add_format(&key, "%lld %lld", (long long)archive_entry_ino64(entry),
	        (long long)archive_entry_size(entry));
	if (name)
		buf_add_format(&key, " %s", name);
	return buf_give(&key);
}

static void know_content(struct known *known, struct archive_entry *entry)
{
	char *key = key_of(entry, NULL);

	know(known, key);
	free(key);
}

/* False where a view before has given all of it. A new name of an old file is given alone. */
static int read_in_view(struct walk *walk, struct known *known, struct archive_entry *entry)
{
	const char *raw = entry_name(entry);
	char *name = walk_name(raw, strlen(raw)), *named = key_of(entry, name);
	char *content = key_of(entry, NULL);
	int is_new = !is_known(known, named), is_new_content = !is_known(known, content);

	if (is_new && !is_new_content && walk_count(walk))
		walk_member(walk, name, NULL, 0);
	know(known, named);
	free(content);
	free(named);
	free(name);
	return is_new && is_new_content;
}

/* ---------------------------------------------------------------- one member */

/* False where the reader must not be used any more. */
static int read_member(
        struct walk *walk, struct archive *reader, struct archive_entry *entry, const char *kind)
{
	int is_folder = archive_entry_filetype(entry) == AE_IFDIR, code = ARCHIVE_OK;
	struct buf content = {0};
	char *name;

	/* libarchive's name for a file that has none is "data". */
	if (unpack_is_single(kind))
		name = walk_name("", 0);
	else
		name = walk_name(entry_name(entry), strlen(entry_name(entry)));
	if (archive_entry_is_encrypted(entry)) {
		walk_problem(walk, UNPACK_ENCRYPTED, name, kind);
		walk_member(walk, name, NULL, is_folder);
	} else if (is_folder) {
		walk_member(walk, name, NULL, 1);
	} else {
		code = read_content(walk, reader, name, &content);
		if (code != ARCHIVE_OK)
			walk_problem(walk, problem_of(reader), name, archive_error_string(reader));
		walk_member(walk, name, &content, 0);
	}
	buf_fini(&content);
	free(name);
	return code == ARCHIVE_OK;
}

/* ---------------------------------------------------------------- all of them */

/* Ends at the first member that can't be read: going on to the next one makes libarchive skip the
 * rest of it, and with a CAB (3.6.2) it follows a NULL there. The problem has been told. */
static void read_members(
        struct walk *walk, struct archive *reader, const char *kind, struct known *known)
{
	struct archive_entry *entry;
	int code;

	while (!walk->stopped && !walk->out_of_bytes) {
		code = archive_read_next_header(reader, &entry);
		if (code == ARCHIVE_EOF)
			return;
		if (code == ARCHIVE_RETRY)
			continue;
		if (code < ARCHIVE_WARN) {
			walk_problem(walk, problem_of(reader), "", archive_error_string(reader));
			return;
		}
		walk_listed(walk);
		/* No filter took it, so the one raw member is the container itself. */
		if (unpack_is_single(kind) && archive_filter_count(reader) < 2) {
			walk_problem(walk, UNPACK_FORMAT, "", kind);
			return;
		}
		if (known && !read_in_view(walk, known, entry))
			continue;
		if (!walk_count(walk))
			return;
		if (!read_member(walk, reader, entry, kind))
			return;
		if (known && !walk->out_of_bytes)
			know_content(known, entry);
	}
}

static void read_archive(
        struct walk *walk, struct archive *reader, const char *kind, struct known *known)
{
	locale_t before = uselocale(utf8_locale ? utf8_locale : (locale_t)0);

	/* A reader that could not be opened has no format, and crashes when it is asked about it.
	 */
	if (!reader || archive_read_open_memory(reader, walk->bytes, walk->size) != ARCHIVE_OK)
		walk_problem(walk, UNPACK_FORMAT, "",
		        reader ? archive_error_string(reader) : "no reader");
	else
		read_members(walk, reader, kind, known);
	if (reader)
		archive_read_free(reader);
	uselocale(before);
}

/* A disc may have a tree of folders for each kind of system, and each system shows its own: names
 * by Rock Ridge, those of Joliet (Windows), and the short ones of all. */
static void read_disc(struct walk *walk)
{
	static const char *const left_out[][2] = {
	        {NULL, NULL}, {"rockridge", NULL}, {"rockridge", "joliet"}};
	struct known known = {0};
	size_t view, at;

	for (view = 0; view < sizeof(left_out) / sizeof(left_out[0]); view++) {
		struct archive *reader = reader_new("iso");

		for (at = 0; reader && at < 2 && left_out[view][at]; at++)
			archive_read_set_format_option(reader, "iso9660", left_out[view][at], NULL);
		read_archive(walk, reader, "iso", &known);
	}
	tdestroy(known.tree, free);
}

/* ---------------------------------------------------------------- cabinets */

/* libarchive takes none whose reserved words aren't zero. */
static void read_cabinet(struct walk *walk)
{
	static const size_t reserved[] = {4, 12, 20};
	struct walk inner = *walk;
	struct buf copy = {0};
	size_t at;

	buf_add(&copy, walk->bytes, walk->size);
	for (at = 0; at < sizeof(reserved) / sizeof(reserved[0]); at++)
		if (reserved[at] + 4 <= copy.size)
			memset(copy.data + reserved[at], 0, 4);
	inner.bytes = (const unsigned char *)copy.data;
	read_archive(&inner, reader_new("cab"), "cab", NULL);
	buf_fini(&copy);
	inner.bytes = walk->bytes;
	*walk = inner;
}

/* ---------------------------------------------------------------- what each kind needs */

void walk_archive(struct walk *walk, const char *kind)
{
	if (!strcmp(kind, "iso"))
		read_disc(walk);
	else if (!strcmp(kind, "cab"))
		read_cabinet(walk);
	else
		read_archive(walk, reader_new(kind), kind, NULL);
	if (!strncmp(kind, "rar", 3))
		rar_streams(walk, !kind[3]);
}

/* ---------------------------------------------------------------- one member of a ZIP */

enum {
	PIECES = 3,
	FLAGS_AT = 6,
	FLAG_DESCRIPTOR = 1 << 3,
	DESCRIPTOR_SIZE = 24,
};

struct pieces {
	const void *bytes[PIECES];
	size_t sizes[PIECES];
	size_t next;
};

static ssize_t give_piece(struct archive *reader, void *context, const void **bytes)
{
	struct pieces *pieces = context;

	if (pieces->next == PIECES)
		return 0;
	*bytes = pieces->bytes[pieces->next];
	return (ssize_t)pieces->sizes[pieces->next++];
}

static const char *extract(
        struct walk *walk, struct archive *reader, const char *name, struct buf *out)
{
	struct archive_entry *entry;
	const char *why;

	if (archive_read_next_header(reader, &entry) >= ARCHIVE_WARN &&
	        read_content(walk, reader, name, out) == ARCHIVE_OK)
		return NULL;
	why = archive_error_string(reader);
	return why ? why : "can't be read";
}

int walk_extract_zip(struct walk *walk, const char *name, const struct buf *header,
        const unsigned char *data, size_t size, struct buf *out, const char **why)
{
	static const char descriptor[DESCRIPTOR_SIZE];
	struct pieces pieces = {{header->data, data, descriptor}, {header->size, size, 0}, 0};
	struct archive *reader = archive_read_new();
	static char reason[160];

	/* libarchive keeps the last block to itself where a data descriptor is announced and there
	 * is no room for one, as in a ZIP that is cut off. */
	if (header->data[FLAGS_AT] & FLAG_DESCRIPTOR)
		pieces.sizes[2] = sizeof(descriptor);
	archive_read_support_format_zip_streamable(reader);
	/* Programs deliver a member whose sum is wrong; so must we. */
	archive_read_set_option(reader, "zip", "ignorecrc32", "1");
	*why = "can't be opened";
	if (archive_read_open(reader, &pieces, NULL, give_piece, NULL) == ARCHIVE_OK)
		*why = extract(walk, reader, name, out);
	if (*why) {
		strncpy(reason, *why, sizeof(reason) - 1);
		*why = reason;
	}
	archive_read_free(reader);
	return *why ? -1 : 0;
}
