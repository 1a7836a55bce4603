/* Whatever the bytes, as they are and behind the beginning of a winmail.dat: names are UTF-8, the
 * budget is kept, and every member has its own content or none. */
#include <assert.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/utf8.h"
#include "lib/unpack/unpack.h"

enum { MOST_MEMBERS = 50, MOST_BYTES = 1 << 20 };

struct sums {
	size_t members, bytes;
};

static void check_member(void *context, struct unpack_member *member)
{
	struct sums *sums = context;

	assert(utf8_valid(member->name, strlen(member->name)));
	assert(!member->is_alias || !member->content);
	/* One ZIP member may be given in each of its readings. */
	sums->members += !member->is_alias;
	sums->bytes += member->content ? member->content->size : 0;
}

static void check_problem(
        void *context, enum unpack_problem problem, const char *member, const char *detail)
{
	assert(member && detail);
}

static void check_trait(void *context, enum unpack_trait trait, const char *detail)
{
	assert(trait <= UNPACK_PACKAGE && detail && utf8_valid(detail, strlen(detail)));
}

static void check(const void *bytes, size_t size)
{
	struct unpack_budget budget = {
	        MOST_MEMBERS, MOST_BYTES, 100, clock_monotonic_us() + 2000000};
	struct sums sums = {0};
	struct unpack_sink sink = {&sums, check_member, check_problem, check_trait};

	unpack_walk(bytes, size, &budget, &sink);
	assert(sums.members <= 3 * MOST_MEMBERS);
	assert(sums.bytes <= MOST_BYTES);
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size)
{
	static int started;
	struct buf tnef = {0};

	if (!started++)
		unpack_start();
	check(bytes, size);
	buf_add(&tnef, "\x78\x9f\x3e\x22\1\0", 6);
	buf_add(&tnef, bytes, size);
	check(tnef.data, tnef.size);
	buf_fini(&tnef);
	return 0;
}
