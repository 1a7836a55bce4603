#include "workers/qscan/marker.h"

#include <stdatomic.h>
#include <stddef.h>
#include <sys/mman.h>

enum result marker_new(struct marker **out, struct err *err)
{
	void *page = mmap(NULL, sizeof(struct marker), PROT_READ | PROT_WRITE,
	        MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (page == MAP_FAILED)
		return err_sys(err, RESULT_TEMPORARY, "memory for a scanner's marker");
	*out = page;
	marker_idle(*out);
	return RESULT_OK;
}

void marker_free(struct marker **marker)
{
	if (*marker)
		munmap(*marker, sizeof(struct marker));
	*marker = NULL;
}

/* The compiler must not put off what is read only after our death. */
static void keep_order(void)
{
	atomic_signal_fence(memory_order_seq_cst);
}

void marker_stage(struct marker *marker, int stage)
{
	if (!marker)
		return;
	marker->is_set = 0;
	marker->part = MARKER_NO_PART;
	marker->stage = stage;
	keep_order();
}

void marker_set(struct marker *marker, int part, const struct digest *digest)
{
	if (!marker)
		return;
	marker->is_set = 0; /* a death in between blames nobody */
	keep_order();
	marker->part = part;
	marker->digest = *digest;
	keep_order();
	marker->is_set = 1;
	keep_order();
}

void marker_part(struct marker *marker, int part)
{
	if (!marker)
		return;
	marker->is_set = 0;
	keep_order();
	marker->part = part;
	keep_order();
}

void marker_alone(struct marker *marker, int alone)
{
	if (marker)
		marker->alone = alone;
}

void marker_idle(struct marker *marker)
{
	if (!marker)
		return;
	marker_stage(marker, MARKER_IDLE);
	marker->alone = 0;
	keep_order();
}
