/*
 * Lists of strings as generated messages have them: a pointer to the array beside a count. Arrays
 * and strings are malloc'ed, so message_free() frees them with the message.
 */
#ifndef QUARANTINE_STRINGS_H
#define QUARANTINE_STRINGS_H

#include <stddef.h>

void strings_add(char ***list, size_t *count, const char *text); /* copies */
int strings_has(char *const *list, size_t count, const char *text);
void strings_add_new(char ***list, size_t *count, const char *text); /* unless it is there */
void strings_drop(char **list, size_t *count, const char *text);
void strings_clear(char ***list, size_t *count);

/* Replaces a string field, whose default belongs to protobuf-c and must not be freed. */
void strings_set(char **field, const char *text);

#endif
