#include "workers/qscan/remembered.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "lib/base/alloc.h"

enum { WAYS = 8, WORDS = DIGEST_SIZE / sizeof(uint64_t) };

/* `turn` is odd while the entry is written, and another one afterwards: who reads between the same
 * even two has read one entry. Words are atomic, so that a race is no undefined behaviour. */
struct entry {
	_Atomic uint32_t turn;
	_Atomic uint64_t words[WORDS];
};

struct row {
	_Atomic uint32_t next; /* the entry that is written next */
	struct entry entries[WAYS];
};

struct remembered {
	struct row *rows;
	size_t count;
};

enum result remembered_new(size_t entries, struct remembered **out, struct err *err)
{
	size_t count = (entries + WAYS - 1) / WAYS;
	void *rows = mmap(NULL, count * sizeof(struct row), PROT_READ | PROT_WRITE,
	        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct remembered *remembered;

	if (rows == MAP_FAILED)
		return err_sys(err, RESULT_TEMPORARY, "memory for remembered contents");
	remembered = alloc_zero(1, sizeof(*remembered));
	remembered->rows = rows;
	remembered->count = count;
	*out = remembered;
	return RESULT_OK;
}

void remembered_free(struct remembered **remembered)
{
	if (!*remembered)
		return;
	munmap((*remembered)->rows, (*remembered)->count * sizeof(struct row));
	free(*remembered);
	*remembered = NULL;
}

/* Never all zero, which is what an entry is that was not written yet. */
static void words_of(const struct digest *digest, uint64_t words[WORDS])
{
	memcpy(words, digest->bytes, DIGEST_SIZE);
	words[WORDS - 1] += !words[0] && !words[1] && !words[2] && !words[3];
}

static struct row *row_of(const struct remembered *remembered, const uint64_t words[WORDS])
{
	return &remembered->rows[words[0] % remembered->count];
}

static int is_entry(struct entry *entry, const uint64_t words[WORDS])
{
	uint32_t turn = atomic_load_explicit(&entry->turn, memory_order_acquire);
	size_t at;

	if (turn & 1)
		return 0;
	for (at = 0; at < WORDS; at++)
		if (atomic_load_explicit(&entry->words[at], memory_order_relaxed) != words[at])
			return 0;
	atomic_thread_fence(memory_order_acquire);
	return atomic_load_explicit(&entry->turn, memory_order_relaxed) == turn;
}

int remembered_has(const struct remembered *remembered, const struct digest *digest)
{
	uint64_t words[WORDS];
	struct row *row;
	size_t at;

	words_of(digest, words);
	row = row_of(remembered, words);
	for (at = 0; at < WAYS; at++)
		if (is_entry(&row->entries[at], words))
			return 1;
	return 0;
}

void remembered_add(struct remembered *remembered, const struct digest *digest)
{
	uint64_t words[WORDS];
	struct entry *entry;
	struct row *row;
	uint32_t turn;
	size_t at;

	words_of(digest, words);
	row = row_of(remembered, words);
	entry = &row->entries[atomic_fetch_add_explicit(&row->next, 1, memory_order_relaxed) %
	                      WAYS];
	turn = atomic_load_explicit(&entry->turn, memory_order_relaxed);
	/* Somebody else writes it, or died over it: there are others. */
	if (turn & 1 || !atomic_compare_exchange_strong(&entry->turn, &turn, turn + 1))
		return;
	atomic_thread_fence(memory_order_release);
	for (at = 0; at < WORDS; at++)
		atomic_store_explicit(&entry->words[at], words[at], memory_order_relaxed);
	atomic_store_explicit(&entry->turn, turn + 2, memory_order_release);
}
