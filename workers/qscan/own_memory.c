#include "workers/qscan/own_memory.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void read_pages(unsigned long long *all, unsigned long long *resident)
{
	FILE *file = fopen("/proc/self/statm", "re");

	*all = *resident = 0;
	if (!file)
		return;
	if (fscanf(file, "%llu %llu", all, resident) != 2)
		*all = *resident = 0;
	fclose(file);
}

uint64_t own_address_space(void)
{
	unsigned long long all, resident;

	read_pages(&all, &resident);
	return all * (uint64_t)sysconf(_SC_PAGESIZE);
}

uint64_t own_resident(void)
{
	unsigned long long all, resident;

	read_pages(&all, &resident);
	return resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

void own_writable(void (*visit)(const struct own_range *range))
{
	FILE *maps = fopen("/proc/self/maps", "re");
	unsigned long from, to;
	char line[512], rights[5];

	if (!maps)
		return;
	while (fgets(line, sizeof(line), maps))
		if (sscanf(line, "%lx-%lx %4s", &from, &to, rights) == 3 && rights[1] == 'w')
			visit(&(struct own_range){.start = (void *)from,
			        .size = to - from,
			        .may_run = rights[2] == 'x',
			        .is_stack = strstr(line, "[stack") != NULL});
	fclose(maps);
}
