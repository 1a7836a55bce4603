/*
 * Texts that a mail's content had a hand in, made fit for the lines they go into. For logs there is
 * log_quote(), for terminals qctl/columns.h: these show what the bytes were.
 */
#ifndef LIB_BASE_SAFE_H
#define LIB_BASE_SAFE_H

#include <stddef.h>

/* At most `most` bytes of valid UTF-8 without control, bidirectional and zero-width characters: "?"
 * for each byte that is not, and "…" behind what was cut short. To be freed. */
char *safe_text(const char *text, size_t most);

/* The same in printable ASCII, for an SMTP reply. To be freed. */
char *safe_ascii(const char *text, size_t most);

#endif
