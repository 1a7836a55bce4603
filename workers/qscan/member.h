/*
 * Members of a JSON object (RFC 8259) written to a stream, whatever text a mail or a file has put
 * into them.
 */
#ifndef WORKERS_QSCAN_MEMBER_H
#define WORKERS_QSCAN_MEMBER_H

#include <stdio.h>

/* A member's name (NULL in an array) and its text, with a comma before it where it isn't the first.
 * Long texts are cut. */
void member_text(FILE *out, const char *name, const char *text, int first);

#endif
