/*
 * Bytes above ASCII in a pattern, told less exactly. Rules that look for a word however it is
 * disguised list for each letter dozens of characters that look like it, so that a word is
 * thousands of bytes; a pattern with "some bytes above ASCII" in their stead is a tenth of that,
 * and tells as much in most mail. For this folder only.
 */
#ifndef LIB_HYPER_FOLD_H
#define LIB_HYPER_FOLD_H

enum fold {
	FOLD_LONG, /* alternatives that begin a character of three or four bytes of UTF-8 */
	FOLD_ALL,  /* all bytes above ASCII, in classes, too */
};

/* Takes a pattern as widen() writes it; gives one that matches wherever that does, to be freed. */
char *fold_high(const char *pattern, enum fold fold);

#endif
