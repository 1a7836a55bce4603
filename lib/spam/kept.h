/*
 * What one function worked out of a message and the next may ask for, too: kept under a name, until
 * the message's texts are gone.
 */
#ifndef LIB_SPAM_KEPT_H
#define LIB_SPAM_KEPT_H

struct kept;

struct kept *kept_new(void);
void kept_free(struct kept **kept);

/* Lent; NULL: nothing was put there. */
void *kept_find(const struct kept *kept, const char *name);

/* Keeps `value`, which `release` frees in the end, under a name that is not there yet. */
void kept_put(struct kept *kept, const char *name, void *value, void (*release)(void *value));

#endif
