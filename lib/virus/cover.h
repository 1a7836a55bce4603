/*
 * The patterns of a logical signature without which it can't match. libclamav evaluates each
 * logical signature for each file, which costs more than to look for all of their patterns; so
 * where only "could it match?" is asked, a few patterns are looked for instead. Pure.
 *
 * The forms of signatures are those of the ClamAV manual, "Logical signatures".
 */
#ifndef LIB_VIRUS_COVER_H
#define LIB_VIRUS_COVER_H

#include <stddef.h>

#include "lib/base/buf.h"

/* The target of a signature, a number, is what may be a mail: any file, or mail itself. */
int cover_is_for_mail(const char *target, size_t size);

/*
 * Adds to `out`, a pattern a line, what must be found wherever the signature matches: one of them
 * at least. `fields` are the expression and the patterns behind it, as they stand in the signature.
 * 0, and nothing added, where no such patterns can be told: then it has to be asked itself.
 */
int cover_find(char *const *fields, size_t count, struct buf *out);

/* The longest run of bytes that stand fast in a pattern: how many, and where their first
 * hexadecimal digit is. 0: there is none, or it is a pattern of another kind. */
size_t cover_run(const char *pattern, size_t size, size_t *start);

#endif
