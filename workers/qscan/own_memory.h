/*
 * What /proc tells a process of its own memory.
 */
#ifndef WORKERS_QSCAN_OWN_MEMORY_H
#define WORKERS_QSCAN_OWN_MEMORY_H

#include <stddef.h>
#include <stdint.h>

/* In bytes; 0: not known. The address space has all that is mapped, shared with others or not. */
uint64_t own_address_space(void);
uint64_t own_resident(void);

struct own_range {
	void *start;
	size_t size;
	int may_run;  /* be executed as well */
	int is_stack; /* the process's first one */
};

/* Calls `visit` for each range that may be written. */
void own_writable(void (*visit)(const struct own_range *range));

#endif
