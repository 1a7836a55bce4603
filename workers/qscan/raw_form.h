/*
 * Lines of a raw mail that libclamav's reader of mail takes for something else than our map does:
 * delimiters that are none by the book, fields behind the end of a header, text behind the last
 * part, lines that it breaks. A mail without them has the same parts for both. Pure.
 */
#ifndef WORKERS_QSCAN_RAW_FORM_H
#define WORKERS_QSCAN_RAW_FORM_H

#include <stddef.h>

#include "lib/mime/map.h"

/* What stands in the way, in a few words, lent; NULL: nothing does. Linear in the size of the mail
 * for each level of its parts. */
const char *raw_form_oddity(const struct mime_map *map);

#endif
