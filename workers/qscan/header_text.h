/*
 * A header field's text made comparable. Pure.
 */
#ifndef WORKERS_QSCAN_HEADER_TEXT_H
#define WORKERS_QSCAN_HEADER_TEXT_H

#include <stddef.h>

/* NFKC in lower case, without invisible characters, each run of blanks one blank, none at the ends.
 * To be freed. */
char *header_text_fold(const char *utf8);

/* Behind every "Re:", "Fwd:", "AW:", "RE[2]:", "[list]" and the like that it begins with. Points
 * into the text. */
const char *header_text_strip(const char *text);

#endif
