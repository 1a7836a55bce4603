/*
 * What RAR keeps beside files: streams of NTFS, which WinRAR writes out under names of their own
 * ("..\x.exe" has been one), and which libarchive passes over. The chain of headers is followed
 * once more for them, as RAR's technical notes and unrar's sources have it; each stream is made
 * into an archive with one file, so that libarchive may unpack it.
 */
#include "lib/unpack/rar.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"

enum {
	/* RAR 5 */
	MARK_SIZE = 8,
	HEADER_MOST = 2 << 20,
	HAS_EXTRA = 1,
	HAS_DATA = 2,
	SERVICE = 3,
	ENCRYPTION = 4,
	HAS_TIME = 2, /* of a file's or service's own flags */
	HAS_SUM = 4,
	EXTRA_ENCRYPTION = 1,
	EXTRA_SERVICE = 7,

	/* RAR 1.5 to 4 */
	OLD_MARK_SIZE = 7,
	OLD_HEAD = 7,
	OLD_FILE_HEAD = 25, /* in front of the name, behind the block's own head */
	OLD_SUBBLOCK = 0x77,
	OLD_SERVICE = 0x7a,
	OLD_FILE = 0x74,
	OLD_STREAM = 0x104, /* kind of a subblock */
	OLD_LARGE = 0x100,
	OLD_KEPT = 0x01e4, /* flags that say how to unpack it */
	OLD_HAS_DATA = 0x8000,

	ZONE_MOST = 4096,
};

static const char stream_name[] = "stream";

/* What one service header says. */
struct service {
	struct piece name;    /* of the service: "STM" */
	struct piece subject; /* of the stream */
	struct piece body;    /* the fields of a file's header, up to the name's length */
	struct piece data;
	uint64_t unpacked;
	unsigned flags;
	int encrypted;
};

/* ---------------------------------------------------------------- numbers */

/* Seven bits a byte, the lowest first; what is too long is cut. */
static uint64_t take_number(struct piece *piece)
{
	uint64_t value = 0;
	unsigned shift = 0, byte;

	do {
		if (!piece->left || shift > 63)
			return 0;
		byte = piece_take(piece, 1);
		value |= (uint64_t)(byte & 127) << shift;
		shift += 7;
	} while (byte & 128);
	return value;
}

static struct piece take_sized(struct piece *piece, uint64_t size)
{
	return piece_take_run(piece, size < piece->left ? (size_t)size : piece->left);
}

static void add_number(struct buf *out, uint64_t value)
{
	for (; value > 127; value >>= 7)
		buf_add_char(out, (char)((value & 127) | 128));
	buf_add_char(out, (char)value);
}

static void add_little(struct buf *out, uint32_t value, int bytes)
{
	for (; bytes; bytes--, value >>= 8)
		buf_add_char(out, (char)(value & 0xff));
}

static struct piece piece_of(const struct buf *buf)
{
	return (struct piece){(const unsigned char *)buf->data, buf->size};
}

/* ---------------------------------------------------------------- a stream's content */

static int is_named(struct piece name, const char *text)
{
	return text_same_bytes((const char *)name.at, name.left, text);
}

/* Where a file came from, which Windows writes beside it. */
static int is_zone(const struct service *service, const char *name)
{
	return text_same(name, "Zone.Identifier") && service->unpacked <= ZONE_MOST;
}

/* An archive with nothing in it but the stream, as a file. */
static void give_archive(struct walk *walk, const char *kind, const struct buf *archive)
{
	struct walk inner = *walk;

	inner.bytes = (const unsigned char *)archive->data;
	inner.size = archive->size;
	walk_archive(&inner, kind);
	inner.bytes = walk->bytes;
	inner.size = walk->size;
	*walk = inner;
}

/* The name stands behind a colon. */
static void give_stream(struct walk *walk, const char *kind, const struct service *service,
        const struct buf *archive, const char *name)
{
	while (*name == ':')
		name++;
	/* Also where it turns out to be none: each costs a reader. */
	if (is_zone(service, name) || !walk_count(walk))
		return;
	if (service->encrypted)
		walk_problem(walk, UNPACK_ENCRYPTED, name, kind);
	else
		give_archive(walk, kind, archive);
	walk_alias(walk, name);
}

/* ---------------------------------------------------------------- RAR 5 */

static void add_block(struct buf *out, const struct buf *block)
{
	struct buf whole = {0};

	add_number(&whole, block->size);
	buf_add(&whole, block->data, block->size);
	add_little(out, piece_crc32(piece_of(&whole)), 4);
	buf_add(out, whole.data, whole.size);
	buf_fini(&whole);
}

static void make_archive(const struct service *service, struct buf *out)
{
	struct buf block = {0};

	buf_add(out, "Rar!\x1a\7\1\0", MARK_SIZE);
	buf_add(&block, "\1\0\0", 3);
	add_block(out, &block);
	buf_clear(&block);
	add_number(&block, 2);
	add_number(&block, HAS_DATA);
	add_number(&block, service->data.left);
	buf_add(&block, service->body.at, service->body.left);
	add_number(&block, strlen(stream_name));
	buf_add_string(&block, stream_name);
	add_block(out, &block);
	buf_add(out, service->data.at, service->data.left);
	buf_fini(&block);
}

static void read_extra(struct piece extra, struct service *service)
{
	while (extra.left) {
		struct piece record = take_sized(&extra, take_number(&extra));
		uint64_t type = take_number(&record);

		if (type == EXTRA_ENCRYPTION)
			service->encrypted = 1;
		else if (type == EXTRA_SERVICE)
			service->subject = record;
	}
}

/* Behind the sizes of a service's header. */
static void read_service(struct walk *walk, struct piece header, size_t extra, struct piece data)
{
	struct service service = {.data = data, .body = header};
	uint64_t flags;

	if (extra > header.left)
		extra = header.left;
	read_extra((struct piece){header.at + header.left - extra, extra}, &service);
	flags = take_number(&header);
	service.unpacked = take_number(&header);
	take_number(&header);
	piece_take_run(&header, (flags & HAS_TIME ? 4 : 0) + (flags & HAS_SUM ? 4 : 0));
	take_number(&header);
	take_number(&header);
	service.body.left = (size_t)(header.at - service.body.at);
	service.name = take_sized(&header, take_number(&header));
	if (is_named(service.name, "STM")) {
		struct buf archive = {0};
		char *name = walk_name(service.subject.at, service.subject.left);

		make_archive(&service, &archive);
		give_stream(walk, "rar5", &service, &archive, name);
		buf_fini(&archive);
		free(name);
	}
}

/* One block of the chain; false at its end. */
static int read_block(struct walk *walk, struct piece *rest)
{
	struct piece header, data;
	uint64_t type, flags, size, extra;

	piece_take(rest, 4);
	size = take_number(rest);
	if (!size || size > HEADER_MOST || size > rest->left)
		return 0;
	header = piece_take_run(rest, (size_t)size);
	type = take_number(&header);
	flags = take_number(&header);
	extra = flags & HAS_EXTRA ? take_number(&header) : 0;
	data = take_sized(rest, flags & HAS_DATA ? take_number(&header) : 0);
	if (type == SERVICE)
		read_service(walk, header, (size_t)(extra < SIZE_MAX ? extra : SIZE_MAX), data);
	return type != ENCRYPTION;
}

/* ---------------------------------------------------------------- RAR 1.5 to 4 */

static void add_old_block(struct buf *out, const struct buf *block)
{
	add_little(out, piece_crc32(piece_of(block)) & 0xffff, 2);
	buf_add(out, block->data, block->size);
}

static void make_old_archive(const struct service *service, struct buf *out)
{
	struct buf block = {0};
	struct piece fields = service->body;
	size_t large = fields.left - OLD_FILE_HEAD;

	buf_add(out, "Rar!\x1a\7\0\xcf\x90\x73\0\0\x0d\0\0\0\0\0\0\0", 20);
	buf_add_char(&block, OLD_FILE);
	add_little(&block, (service->flags & OLD_KEPT) | OLD_HAS_DATA, 2);
	add_little(&block, OLD_HEAD + OLD_FILE_HEAD + (uint32_t)(large + strlen(stream_name)), 2);
	add_little(&block, (uint32_t)service->data.left, 4);
	piece_take(&fields, 4);
	buf_add(&block, fields.at, 15);
	add_little(&block, strlen(stream_name), 2);
	buf_add(&block, fields.at + 17, 4 + large);
	buf_add_string(&block, stream_name);
	add_old_block(out, &block);
	buf_add(out, service->data.at, service->data.left);
	buf_fini(&block);
}

static void read_old_service(
        struct walk *walk, struct piece header, unsigned flags, struct piece data)
{
	struct service service = {.data = data, .flags = flags, .encrypted = (flags & 4) != 0};
	struct piece sizes = header;
	unsigned length;

	service.body = piece_take_run(&header, OLD_FILE_HEAD + (flags & OLD_LARGE ? 8 : 0));
	if (service.body.left < OLD_FILE_HEAD + (flags & OLD_LARGE ? 8u : 0u))
		return;
	piece_take(&sizes, 4);
	service.unpacked = piece_take(&sizes, 4);
	piece_take_run(&sizes, 11);
	length = piece_take(&sizes, 2);
	service.name = piece_take_run(&header, length);
	service.subject = header;
	if (is_named(service.name, "STM")) {
		struct buf archive = {0};
		char *name = piece_wide_name(service.subject);

		make_old_archive(&service, &archive);
		give_stream(walk, "rar", &service, &archive, name);
		buf_fini(&archive);
		free(name);
	}
}

/* Of a large file's data the size's upper half stands in its own fields. */
static uint64_t old_data_size(struct piece header, unsigned type, unsigned flags)
{
	uint64_t size = piece_take(&header, 4);

	if (!(flags & OLD_LARGE) || (type != OLD_FILE && type != OLD_SERVICE))
		return size;
	piece_take_run(&header, OLD_FILE_HEAD - 4);
	return size | (uint64_t)piece_take(&header, 4) << 32;
}

static int read_old_block(struct walk *walk, struct piece *rest)
{
	struct piece header, data;
	unsigned type, flags, size;

	piece_take(rest, 2);
	type = piece_take(rest, 1);
	flags = piece_take(rest, 2);
	size = piece_take(rest, 2);
	if (size < OLD_HEAD || size - OLD_HEAD > rest->left)
		return 0;
	header = piece_take_run(rest, size - OLD_HEAD);
	data = take_sized(rest, flags & OLD_HAS_DATA || type == OLD_FILE || type == OLD_SERVICE
	                                ? old_data_size(header, type, flags)
	                                : 0);
	if (type == OLD_SERVICE)
		read_old_service(walk, header, flags, data);
	piece_take(&header, 4);
	if (type == OLD_SUBBLOCK && piece_take(&header, 2) == OLD_STREAM)
		walk_problem(walk, UNPACK_FORMAT, "", "an alternate stream");
	return 1;
}

/* ---------------------------------------------------------------- the chain */

void rar_streams(struct walk *walk, int is_old)
{
	struct piece rest = {walk->bytes, walk->size};
	int (*read)(struct walk * walk, struct piece * rest) = is_old ? read_old_block : read_block;

	piece_take_run(&rest, is_old ? OLD_MARK_SIZE : MARK_SIZE);
	while (rest.left && !walk->stopped && read(walk, &rest))
		;
}
