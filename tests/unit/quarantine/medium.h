/*
 * A disk that stops: from the log of what was written to a database (tests/faults/disk.h) it makes
 * the files that a kill -9 or a power cut can leave at any moment. What was written before the last
 * sync is there. Of what was written since, each write may be there, be missing, or be there in
 * parts of a sector's size, whatever became of those before and behind it.
 */
#ifndef TESTS_UNIT_QUARANTINE_MEDIUM_H
#define TESTS_UNIT_QUARANTINE_MEDIUM_H

#include "tests/faults/disk.h"
#include "tests/unit/quarantine/fixture.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "lib/base/buf.h"
#include "lib/base/file.h"

enum { SECTOR = 512, PAGE = 4096, PENDING_MOST = 512, TAPE_MOST = 512 * 1024 * 1024 };

/* ---- the log ---- */

struct tape_entry {
	struct disk_record head;
	const char *bytes;
};

struct tape {
	struct buf text;
	struct tape_entry *list;
	size_t count;
};

static inline void tape_read(const char *path, struct tape *out)
{
	struct err err;
	size_t at = 0;

	*out = (struct tape){0};
	if (file_read(path, TAPE_MOST, &out->text, &err))
		fail_msg("%s", err.text);
	while (at + sizeof(struct disk_record) <= out->text.size) {
		struct tape_entry *entry;

		out->list = alloc_grow(out->list, out->count + 1, sizeof(*out->list));
		entry = &out->list[out->count++];
		memcpy(&entry->head, out->text.data + at, sizeof(entry->head));
		entry->bytes = out->text.data + at + sizeof(entry->head);
		at += sizeof(entry->head) + entry->head.size;
	}
	assert_int_equal(at, out->text.size);
}

static inline void tape_free(struct tape *tape)
{
	buf_fini(&tape->text);
	free(tape->list);
}

/* ---- bytes of a file ---- */

struct image {
	int exists;
	char *bytes;
	size_t size, room;
};

static inline void image_room(struct image *image, size_t size)
{
	if (size <= image->room)
		return;
	image->bytes = alloc_grow(image->bytes, size * 2, 1);
	memset(image->bytes + image->room, 0, size * 2 - image->room);
	image->room = size * 2;
}

static inline void image_cut(struct image *image, size_t size)
{
	image_room(image, size);
	if (size < image->size)
		memset(image->bytes + size, 0, image->size - size);
	image->size = size;
	image->exists = 1;
}

static inline void image_write(struct image *image, uint64_t offset, const char *bytes, size_t size)
{
	image_room(image, offset + size);
	memcpy(image->bytes + offset, bytes, size);
	if (image->size < offset + size)
		image->size = offset + size;
	image->exists = 1;
}

static inline void image_copy(struct image *to, const struct image *from)
{
	image_room(to, from->size);
	if (to->size > from->size)
		memset(to->bytes + from->size, 0, to->size - from->size);
	if (from->size)
		memcpy(to->bytes, from->bytes, from->size);
	to->size = from->size;
	to->exists = from->exists;
}

/* ---- what became of a write ---- */

enum fate_kind { FATE_WHOLE, FATE_GONE, FATE_CUT, FATE_SECTORS };

struct fate {
	enum fate_kind kind;
	size_t cut;      /* bytes that are there */
	uint64_t random; /* which sectors are */
};

static inline void write_sectors(
        struct image *image, const struct tape_entry *entry, uint64_t random)
{
	uint64_t at = 0, next;

	for (; at < entry->head.size; at = next) {
		next = ((entry->head.offset + at) / SECTOR + 1) * SECTOR - entry->head.offset;
		next = next < entry->head.size ? next : entry->head.size;
		random = random * 6364136223846793005u + 1442695040888963407u;
		if (random >> 63)
			image_write(image, entry->head.offset + at, entry->bytes + at, next - at);
	}
}

static inline void apply(
        struct image *image, const struct tape_entry *entry, const struct fate *fate)
{
	size_t cut = fate->cut < entry->head.size ? fate->cut : entry->head.size;

	if (entry->head.kind == DISK_CUT && fate->kind != FATE_GONE)
		image_cut(image, entry->head.offset);
	if (entry->head.kind != DISK_WRITE)
		return;
	if (fate->kind == FATE_WHOLE)
		image_write(image, entry->head.offset, entry->bytes, entry->head.size);
	else if (fate->kind == FATE_CUT && cut)
		image_write(image, entry->head.offset, entry->bytes, cut);
	else if (fate->kind == FATE_SECTORS)
		write_sectors(image, entry, fate->random);
}

/* ---- the disk ---- */

struct medium {
	char *path, *old_path; /* of the file, and before it got its name */
	int is_named;          /* and that it has it is durable */
	struct image durable;  /* what no power cut takes away */
	struct image wanted;   /* what the file is to be now */
	struct image shown;    /* what it is */
	const struct tape_entry *pending[PENDING_MOST];
	struct fate fates[PENDING_MOST];
	size_t pending_count;
};

static inline void medium_init(struct medium *medium, const char *folder)
{
	*medium = (struct medium){.path = alloc_format("%s/fresh/data.mdb", folder),
	        .old_path = alloc_format("%s/data.mdb", folder)};
}

/* The file is where it was before, or the other way round. */
static inline void medium_swap_names(struct medium *medium)
{
	char *path = medium->path;

	medium->path = medium->old_path;
	medium->old_path = path;
	image_cut(&medium->shown, 0);
}

static inline void medium_free(struct medium *medium)
{
	free(medium->path);
	free(medium->old_path);
	free(medium->durable.bytes);
	free(medium->wanted.bytes);
	free(medium->shown.bytes);
}

static inline void medium_pend(struct medium *medium, const struct tape_entry *entry)
{
	assert_true(medium->pending_count < PENDING_MOST);
	medium->pending[medium->pending_count++] = entry;
}

static inline void medium_sync(struct medium *medium)
{
	static const struct fate whole = {FATE_WHOLE, 0, 0};
	size_t at;

	for (at = 0; at < medium->pending_count; at++)
		apply(&medium->durable, medium->pending[at], &whole);
	medium->pending_count = 0;
}

static inline void write_page(int fd, const struct image *image, size_t at)
{
	size_t size = image->size - at < PAGE ? image->size - at : PAGE;

	assert_int_equal(pwrite(fd, image->bytes + at, size, (off_t)at), size);
}

/* Writes the pages that are not yet as they should be. */
static inline void show_image(struct medium *medium)
{
	const struct image *wanted = &medium->wanted, *shown = &medium->shown;
	static const struct timespec never[2] = {{1, 0}, {1, 0}};
	int fd = open(medium->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	size_t at;

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)wanted->size), 0);
	for (at = 0; at < wanted->size; at += PAGE)
		if (at + PAGE > wanted->size || at + PAGE > shown->size ||
		        memcmp(wanted->bytes + at, shown->bytes + at, PAGE) != 0)
			write_page(fd, wanted, at);
	image_copy(&medium->shown, wanted);
	assert_int_equal(futimens(fd, never), 0);
	close(fd);
}

static inline void make_folder_of(const char *path)
{
	char *folder = alloc_bytes(path, (size_t)(strrchr(path, '/') - path));

	mkdir(folder, 0700);
	free(folder);
}

/* Makes the file: what is durable, and of what is not the first `count` writes, by their fates. */
static inline void medium_show(struct medium *medium, size_t count)
{
	size_t at;

	make_folder_of(medium->path);
	unlink(medium->old_path);
	image_copy(&medium->wanted, &medium->durable);
	for (at = 0; at < count; at++)
		apply(&medium->wanted, medium->pending[at], &medium->fates[at]);
	if (medium->wanted.exists) {
		show_image(medium);
		return;
	}
	unlink(medium->path);
	image_cut(&medium->shown, 0);
}

/* Somebody has used the file: what he wrote is forgotten before it is shown again. */
static inline void medium_used(struct medium *medium)
{
	struct stat st;

	if (stat(medium->path, &st) < 0 || st.st_mtime != 1)
		image_cut(&medium->shown, 0);
}

#endif
