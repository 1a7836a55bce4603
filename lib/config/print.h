/*
 * The table as documentation: lazaret.yaml(5) and a sample with every key and its default. Nothing
 * here is written by hand twice, so it can't be out of date.
 */
#ifndef LIB_CONFIG_PRINT_H
#define LIB_CONFIG_PRINT_H

#include "lib/base/buf.h"

/* mdoc(7); the same whatever folders this build installs to. */
void config_print_man(struct buf *out);

/*
 * A configuration that works as it stands, with examples for what is required and everything else
 * behind `#`: one space (or an odd number) behind it is prose, an even number a setting, which
 * takes effect when the `#` is removed.
 */
void config_print_sample(struct buf *out);

#endif
