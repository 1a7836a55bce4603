#include "workers/qscan/watch.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

/* FNV-1a. Nobody is to be resisted here: who can write these files has no need to hide it. */
static uint64_t mix(uint64_t state, uint64_t value)
{
	int i;

	for (i = 0; i < 8; i++, value >>= 8)
		state = (state ^ (value & 0xff)) * 0x100000001b3u;
	return state;
}

static uint64_t state_of(const struct stat *st)
{
	uint64_t state = 0xcbf29ce484222325u;

	state = mix(state, (uint64_t)st->st_ino);
	state = mix(state, (uint64_t)st->st_size);
	state = mix(state, (uint64_t)st->st_mtim.tv_sec);
	return mix(state, (uint64_t)st->st_mtim.tv_nsec);
}

/* Added up, as the order of a folder's entries means nothing. */
static uint64_t state_within(const char *path)
{
	DIR *folder = opendir(path);
	const struct dirent *entry;
	uint64_t sum = 0;
	struct stat st;

	if (!folder)
		return 0;
	while ((entry = readdir(folder)) != NULL)
		if (entry->d_name[0] != '.' && fstatat(dirfd(folder), entry->d_name, &st, 0) == 0)
			sum += state_of(&st);
	closedir(folder);
	return sum;
}

uint64_t watch_state(const struct config_list *files)
{
	uint64_t state = 1;
	struct stat st;
	size_t i;

	for (i = 0; i < files->count; i++) {
		if (stat(files->items[i], &st) < 0)
			state = mix(state, 0);
		else if (S_ISDIR(st.st_mode))
			state = mix(state, state_within(files->items[i]));
		else
			state = mix(state, state_of(&st));
	}
	return state;
}

void watch_init(struct watch *watch, const struct config *config)
{
	memset(watch, 0, sizeof(*watch));
	config_watched(config, &watch->files);
	watch->known = watch->last = watch_state(&watch->files);
}

int watch_look(struct watch *watch)
{
	uint64_t now = watch_state(&watch->files);
	int rests = now == watch->last;

	watch->last = now;
	watch->restless = rests ? 0 : watch->restless + 1;
	if (now == watch->known || (!rests && watch->restless < WATCH_RESTLESS_MOST))
		return 0;
	watch->known = now;
	watch->restless = 0;
	return 1;
}

void watch_fini(struct watch *watch)
{
	config_list_free(&watch->files);
}
