/* Whatever the bytes: what is taken out of a signature was in it, so it is no longer than the
 * whole; and bytes that aren't signed-data give a kind that says so. */
#include <assert.h>

#include "workers/qscan/opaque.h"

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size)
{
	struct buf out = {0};
	enum opaque kind = opaque_kind(bytes, size);

	assert(kind <= OPAQUE_ENCRYPTED);
	opaque_signed(bytes, size, &out);
	assert(out.size <= size);
	buf_fini(&out);
	return 0;
}
