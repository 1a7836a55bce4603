/*
 * The items that a pattern is made of, in one that widen() has written. For this folder only.
 */
#ifndef LIB_HYPER_ITEM_H
#define LIB_HYPER_ITEM_H

#include <stddef.h>

/* Size of the class, group, escape or character at `at`; 0 where it has no end. */
size_t atom_size(const char *at);

/* The same with its repeat. */
size_t item_size(const char *at);

/* Does the repeat behind an atom allow none of it? */
int item_may_be_absent(const char *repeat);

/* Size of the escape, "[:name:]" or character at `at`, inside a class; 1 at least. */
size_t class_item_size(const char *at);

/* Size of the row of items at `at`, up to a | or `size`. */
size_t row_size(const char *at, size_t size);

#endif
