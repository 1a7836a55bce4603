#include "workers/qscan/tmp.h"

#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/base/file.h"

enum { OPEN_FOLDERS = 16 };

char *tmp_root(const struct config *config)
{
	if (*config->workers.tmp_dir)
		return alloc_string(config->workers.tmp_dir);
	return alloc_format("%s/tmp", config->site.run_dir);
}

char *tmp_path(const char *root, int supervisor, unsigned slot)
{
	return alloc_format("%s/scanner-%d-%u", root, supervisor, slot);
}

enum result tmp_make(const char *path, struct err *err)
{
	return file_make_folder(path, 0700, err);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
	if (where->level > 0 && remove(path) < 0 && errno == EACCES)
		chmod(path, 0700);
	return 0;
}

void tmp_empty(const char *path)
{
	nftw(path, remove_one, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

void tmp_remove(const char *path)
{
	tmp_empty(path);
	rmdir(path);
}

void tmp_sweep(const char *root)
{
	DIR *folder = opendir(root);
	const struct dirent *entry;
	unsigned slot;
	char *path;
	int pid;

	if (!folder)
		return;
	while ((entry = readdir(folder)) != NULL) {
		if (sscanf(entry->d_name, "scanner-%d-%u", &pid, &slot) != 2 || pid <= 0)
			continue;
		if (kill(pid, 0) == 0 || errno != ESRCH)
			continue;
		path = alloc_format("%s/%s", root, entry->d_name);
		tmp_remove(path);
		free(path);
	}
	closedir(folder);
}
