/*
 * Where each value stood in the file, by the address it was put at, so that checks of several
 * values together can still name a line.
 */
#ifndef LIB_CONFIG_PLACE_H
#define LIB_CONFIG_PLACE_H

#include "lib/config/config.h"

struct config_places *places_new(void);
void places_free(struct config_places **places);

/* Takes `name`, "section.key". The line of a value that is absent is that of its section, or 1. */
void places_add(struct config_places *places, const void *at, unsigned line, char *name);

/* "file:line: section.key" of a value in the config, to be freed. */
char *places_show(const struct config *config, const void *at);

#endif
