/*
 * Words of text that a mail has chosen, folded so that what people type finds them.
 *
 * A word is a run of letters and digits, in any script; of the scripts that write no blanks
 * (Chinese, Japanese) each character is one. Case is folded for Latin, Greek, Cyrillic and Armenian
 * letters. Characters that nobody sees part nothing and count for nothing. A longer word is cut to
 * WORD_MAX bytes, between characters, so two that begin alike for so long are one.
 *
 * It knows neither combining marks from ready-made letters nor "ß" from "ss".
 */
#ifndef QUARANTINE_WORDS_H
#define QUARANTINE_WORDS_H

#include <stddef.h>

enum { WORD_MAX = 48, WORD_ROOM = WORD_MAX + 1 };

/* What is left of a text; it may hold anything. */
struct words {
	const char *at;
	size_t left;
};

struct words words_of(const char *text);

/* The next word, NUL-terminated; 0 where there is none. */
int words_next(struct words *words, char word[WORD_ROOM]);

/* Is `word`, folded already, among the words of a text? */
int words_has(const char *text, const char *word);

#endif
