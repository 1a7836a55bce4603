/*
 * Fills struct config from a file's tree by the table, value by value. What several values must be
 * together is check.c's.
 */
#ifndef LIB_CONFIG_FILL_H
#define LIB_CONFIG_FILL_H

#include "lib/config/config.h"
#include "lib/config/tree.h"

/* config->path and config->places are set. Relative paths are seen from `folder`. RESULT_PERMANENT:
 * err is "file:line: section.key: found …, expected …"; what was filled is freed by fill_fini(). */
enum result fill_config(
        struct config *config, const struct tree *tree, const char *folder, struct err *err);
void fill_fini(struct config *config);

/*
 * A default's text with what stands for other values: `<site.run_dir>`, `<site.state_dir>`,
 * `<site.admin>`, `<front.next_hop>`, `<datadir>` (where rules and templates were installed) and
 * `<number>` (of a rule in its list, from 1). To be freed.
 */
char *fill_expand(const struct config *config, const char *text, size_t number);

#endif
