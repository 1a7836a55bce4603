#include "workers/qscan/core.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "workers/qscan/own_memory.h"

enum { PATTERN_ROOM = 128, LARGE = 1 << 20 };

/* The beginning of a core's name, up to what differs; 0: the kernel does something else with it. */
static int name_begins(char out[PATTERN_ROOM])
{
	FILE *file = fopen("/proc/sys/kernel/core_pattern", "re");
	size_t length = 0;

	if (!file)
		return 0;
	if (fgets(out, PATTERN_ROOM, file))
		length = strcspn(out, "\n");
	fclose(file);
	out[length] = '\0';
	if (strchr(out, '/') || out[0] == '|')
		return 0;
	out[strcspn(out, "%")] = '\0';
	return out[0] != '\0';
}

int core_is_kept(const struct config *config)
{
	char begins[PATTERN_ROOM];

	return config->workers.keep_crashes && name_begins(begins);
}

static void leave_out(const struct own_range *range)
{
	if (range->size >= LARGE && !range->is_stack)
		madvise(range->start, range->size, MADV_DONTDUMP);
}

void core_leave_out(void)
{
	own_writable(leave_out);
}

/* What lies there may be of a scanner's own making: only a file, and nobody waits for it. */
static int open_file(int folder, const char *name)
{
	int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;

	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

int core_open(const char *folder)
{
	char begins[PATTERN_ROOM];
	const struct dirent *entry;
	DIR *open_folder;
	int fd = -1;

	if (!name_begins(begins))
		return -1;
	open_folder = opendir(folder);
	while (open_folder && fd < 0 && (entry = readdir(open_folder)) != NULL)
		if (strncmp(entry->d_name, begins, strlen(begins)) == 0)
			fd = open_file(dirfd(open_folder), entry->d_name);
	if (open_folder)
		closedir(open_folder);
	return fd;
}
