/*
 * Patterns for texts that are all ASCII, as most are: what needs a byte above it can't match there.
 * Without it a pattern that lists what looks like a letter is a few bytes. For this folder only.
 */
#ifndef LIB_HYPER_ASCII_H
#define LIB_HYPER_ASCII_H

/* Takes a pattern as widen() writes it; gives one that matches in all texts of ASCII in which that
 * does, to be freed. NULL: it matches in none. */
char *ascii_form(const char *pattern);

#endif
