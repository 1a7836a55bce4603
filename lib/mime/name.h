/*
 * File names as an attacker writes them, made comparable: what a recipient's system would open.
 */
#ifndef LIB_MIME_NAME_H
#define LIB_MIME_NAME_H

/* NFKC, bidirectional, zero-width and control characters taken out, full-width and look-alike dots
 * made dots, path parts dropped, `::$DATA` streams and {CLSID} endings taken off, trailing dots,
 * blanks and characters that Windows allows in no name dropped, and made "_" elsewhere, lower case.
 * To be freed. */
char *name_normalise(const char *utf8);

/* Text as a reader sees it, for patterns: NFKC, lower case, and without bidirectional, zero-width
 * and control characters. Letters of other scripts stay what they are. To be freed. */
char *name_visible(const char *utf8);

/* The extension of a normalised name without its dot, or "". Points into the name. */
const char *name_extension(const char *normalised);

#endif
