/* Whatever the bytes: every range that the directory names lies inside them, and there are no more
 * entries than asked for. */
#include <assert.h>

#include "lib/unpack/zipdir.h"

enum { MOST_ENTRIES = 500 };

static void check_claim(const struct zipdir_claim *claim, const unsigned char *bytes, size_t size)
{
	size_t name, length;

	if (!claim->present)
		return;
	assert(claim->name + claim->name_length <= size);
	assert(claim->extra + claim->extra_length <= size);
	assert(claim->packed >= ZIPDIR_UNKNOWN_SIZE);
	if (zipdir_unicode_name(bytes, claim, &name, &length))
		assert(name + length <= claim->extra + claim->extra_length);
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size)
{
	struct zipdir directory;
	size_t at;

	zipdir_read(bytes, size, MOST_ENTRIES, &directory);
	assert(directory.count <= MOST_ENTRIES);
	for (at = 0; at < directory.count; at++) {
		const struct zipdir_entry *entry = &directory.entries[at];

		assert(entry->local.present || entry->central.present);
		assert(!entry->local.present == !entry->data);
		assert(entry->data <= size);
		check_claim(&entry->local, bytes, size);
		check_claim(&entry->central, bytes, size);
	}
	zipdir_fini(&directory);
	return 0;
}
