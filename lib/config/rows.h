/*
 * What rows of the table are written with. For the files of this folder that hold rows.
 */
#ifndef LIB_CONFIG_ROWS_H
#define LIB_CONFIG_ROWS_H

#include <stddef.h>
#include <stdint.h>

#include "lib/config/choices.h"
#include "lib/config/config.h"
#include "lib/config/table.h"

#define AT(part, member) offsetof(struct config_##part, member)
#define BIT(action) (1u << ACTION_##action)
#define SECTION(part, rows)                                                                        \
	{                                                                                          \
		sizeof(struct config_##part), sizeof(rows) / sizeof(*(rows)), rows                 \
	}

enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE };
#define DAY ((uint64_t)24 * HOUR)
#define KIB ((uint64_t)1 << 10)
#define MIB ((uint64_t)1 << 20)
#define GIB ((uint64_t)1 << 30)
#define TIB ((uint64_t)1 << 40)

/* table_keeping.c */
extern const struct section table_quarantine, table_notifier;

#endif
