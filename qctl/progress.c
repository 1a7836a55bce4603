#include "qctl/progress.h"

#include <stdio.h>
#include <unistd.h>

enum { BAR = 30 };

void progress_show(struct progress *progress, uint64_t done, const char *what)
{
	int filled;

	if (progress->is_quiet || !isatty(STDERR_FILENO))
		return;
	fputs("\r", stderr);
	if (progress->total) {
		filled = done < progress->total ? (int)(done * BAR / progress->total) : BAR;
		fprintf(stderr, "[%.*s%*s] ", filled, "##############################",
		        BAR - filled, "");
	}
	fputs(what, stderr);
	progress->is_shown = 1;
}

void progress_clear(struct progress *progress)
{
	if (progress->is_shown)
		fputs("\r\033[K", stderr);
	progress->is_shown = 0;
}
