#include "workers/qscan/poison.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/base/alloc.h"

enum { WAYS = 8, ROWS = POISON_ENTRIES / WAYS, WORDS = DIGEST_SIZE / sizeof(uint64_t) };

/* `deaths` is 0 while the rest changes: who reads in between finds nothing. */
struct entry {
	_Atomic uint32_t deaths;
	_Atomic uint32_t why;
	_Atomic int64_t last_ms;
	_Atomic uint64_t words[WORDS];
};

struct table {
	_Atomic uint32_t has_deaths;
	_Atomic int64_t last_ms; /* of all of them */
	struct entry rows[ROWS][WAYS];
};

struct poison {
	struct table *written;    /* the supervisor's alone */
	const struct table *read; /* the same bytes */
};

/* Sealed, so that no mapping but the first can ever be written; and that one is not inherited. */
static enum result map_both(int memfd, struct poison *poison, struct err *err)
{
	void *written = MAP_FAILED, *read = MAP_FAILED;

	if (ftruncate(memfd, sizeof(struct table)) == 0)
		written = mmap(
		        NULL, sizeof(struct table), PROT_READ | PROT_WRITE, MAP_SHARED, memfd, 0);
	if (written != MAP_FAILED && fcntl(memfd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE) == 0 &&
	        madvise(written, sizeof(struct table), MADV_DONTFORK) == 0)
		read = mmap(NULL, sizeof(struct table), PROT_READ, MAP_SHARED, memfd, 0);
	if (read != MAP_FAILED) {
		poison->written = written;
		poison->read = read;
		return RESULT_OK;
	}
	err_sys(err, RESULT_TEMPORARY, "memory for what kills scanners");
	if (written != MAP_FAILED)
		munmap(written, sizeof(struct table));
	return RESULT_TEMPORARY;
}

enum result poison_new(struct poison **out, struct err *err)
{
	int memfd = memfd_create("poison", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	struct poison *poison;
	enum result result;

	if (memfd < 0)
		return err_sys(err, RESULT_TEMPORARY, "memfd_create");
	poison = alloc_zero(1, sizeof(*poison));
	result = map_both(memfd, poison, err);
	close(memfd);
	if (result)
		free(poison);
	else
		*out = poison;
	return result;
}

void poison_free(struct poison **poison)
{
	if (!*poison)
		return;
	munmap((*poison)->written, sizeof(struct table));
	munmap((void *)(*poison)->read, sizeof(struct table));
	free(*poison);
	*poison = NULL;
}

static void words_of(const struct digest *digest, uint64_t words[WORDS])
{
	memcpy(words, digest->bytes, DIGEST_SIZE);
}

static int is_entry(const struct entry *entry, const uint64_t words[WORDS])
{
	size_t at;

	if (!atomic_load(&entry->deaths))
		return 0;
	for (at = 0; at < WORDS; at++)
		if (atomic_load(&entry->words[at]) != words[at])
			return 0;
	return 1;
}

static int is_old(const struct entry *entry, int64_t now_ms)
{
	return now_ms - atomic_load(&entry->last_ms) > POISON_KEPT_MS;
}

/* Its own entry, or else the one that is longest ago, or none at all. */
static struct entry *place_for(struct entry row[WAYS], const uint64_t words[WORDS])
{
	struct entry *oldest = row;
	size_t at;

	for (at = 0; at < WAYS; at++) {
		if (is_entry(&row[at], words))
			return &row[at];
		if (atomic_load(&row[at].last_ms) < atomic_load(&oldest->last_ms))
			oldest = &row[at];
	}
	return oldest;
}

void poison_note(struct poison *poison, int64_t now_ms)
{
	atomic_store(&poison->written->last_ms, now_ms);
	atomic_store(&poison->written->has_deaths, 1);
}

int poison_is_quiet(const struct poison *poison, int64_t now_ms)
{
	return !atomic_load(&poison->read->has_deaths) ||
	       now_ms - atomic_load(&poison->read->last_ms) > POISON_KEPT_MS;
}

void poison_add(struct poison *poison, const struct digest *digest, unsigned deaths,
        enum unscanned why, int64_t now_ms)
{
	uint64_t words[WORDS];
	struct entry *entry;
	uint32_t before = 0;
	size_t at;

	poison_note(poison, now_ms);
	words_of(digest, words);
	entry = place_for(poison->written->rows[words[0] % ROWS], words);
	if (is_entry(entry, words) && !is_old(entry, now_ms))
		before = atomic_load(&entry->deaths);
	atomic_store(&entry->deaths, 0);
	for (at = 0; at < WORDS; at++)
		atomic_store(&entry->words[at], words[at]);
	atomic_store(&entry->why, (uint32_t)why);
	atomic_store(&entry->last_ms, now_ms);
	atomic_store(&entry->deaths, before + deaths);
}

enum unscanned poison_why(
        const struct poison *poison, const struct digest *digest, unsigned least, int64_t now_ms)
{
	const struct entry *row;
	uint64_t words[WORDS];
	size_t at;

	words_of(digest, words);
	row = poison->read->rows[words[0] % ROWS];
	for (at = 0; at < WAYS; at++)
		if (is_entry(&row[at], words) && !is_old(&row[at], now_ms) &&
		        atomic_load(&row[at].deaths) >= least)
			return (enum unscanned)atomic_load(&row[at].why);
	return UNSCANNED_NOT;
}
