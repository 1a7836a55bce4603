/*
 * Patterns that are too long to be compiled in a short time. For this folder only.
 */
#ifndef LIB_HYPER_SHORTEN_H
#define LIB_HYPER_SHORTEN_H

/* Takes a pattern as widen() writes it, gives one that is no narrower: itself if it is short, else
 * with bytes above ASCII told less exactly, and where that is not enough, cut behind one of its
 * items. */
char *shorten(char *pattern);

#endif
