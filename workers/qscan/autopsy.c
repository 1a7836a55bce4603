#include "workers/qscan/autopsy.h"

#include <signal.h>
#include <sys/wait.h>

#include "lib/base/alloc.h"
#include "workers/qscan/pipeline.h"

/* A kill that nobody here ordered is the kernel's, who had no memory left. A library that is
 * refused memory crashes in its own way, so one that had nearly all of its share is called by that.
 */
static enum unscanned why_of(const struct death *death, int ended_by)
{
	if (death->was_late || ended_by == SIGALRM || ended_by == SIGXCPU)
		return UNSCANNED_TIMEOUT;
	if (death->was_killed)
		return UNSCANNED_CRASH;
	if (ended_by == SIGKILL ||
	        (WIFEXITED(death->status) && WEXITSTATUS(death->status) == ALLOC_EXIT))
		return UNSCANNED_MEMORY;
	if (death->allowed && death->grown >= death->allowed - death->allowed / 8)
		return UNSCANNED_MEMORY;
	return UNSCANNED_CRASH;
}

void autopsy(const struct death *death, const struct marker *marker, struct cause *out)
{
	out->signal = WIFSIGNALED(death->status) ? WTERMSIG(death->status) : 0;
	out->why = why_of(death, out->signal);
	out->is_idle = marker->stage == MARKER_IDLE;
	out->stage = pipeline_stage(marker->stage);
	out->part = marker->part < 0 || marker->part >= MESSAGE_PARTS_MAX ? MARKER_NO_PART
	                                                                  : marker->part;
}
