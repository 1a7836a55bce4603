/*
 * Keys of the tables. They sort as bytes, so numbers are big-endian, and a field that is not the
 * last has a fixed length or ends with a NUL.
 */
#ifndef QUARANTINE_KEY_H
#define QUARANTINE_KEY_H

#include <stddef.h>
#include <stdint.h>

#include "quarantine/backend.h"

struct backend_key key_text(const char *text); /* an id, a name; an empty one names nothing */
struct backend_key key_bytes(const void *bytes, size_t size);
struct backend_key key_chunk(const uint8_t sha256[32], uint32_t number);
struct backend_key key_time(int64_t time_ms, const char *id);
struct backend_key key_pair(const char *first, const char *second);

/* Of an index by address or reason: without regard to ASCII case, long ones shortened to a digest.
 */
struct backend_key key_indexed(const char *text, int64_t time_ms, const char *id);

/* The beginning that all keys of `text` in such an index share. */
struct backend_key key_indexed_prefix(const char *text);

/* The same of one kind of term; `kind` is a byte that is not 0. */
struct backend_key key_term_prefix(char kind, const char *term);

/* An entry of an index: what its keys begin with, and behind it when and which. */
struct backend_key key_entry(const struct backend_key *prefix, int64_t time_ms, const char *id);
struct backend_key key_joined(const struct backend_key *prefix, const struct backend_key *rest);

/*
 * The index of terms is in spans of 2^20 ms, about 17 minutes, and by term only within one.
 * So those who store write to few pages, however large the index is, and who looks for a term
 * looks once in each span.
 */
enum {
	KEY_TIME_SIZE = 8, /* bytes, of a time in a key */
	KEY_SPAN_SIZE = 4, /* likewise, in front of a term */
	KEY_SPAN_MS = 1 << 20,
};

uint32_t key_span_of(int64_t time_ms);
int64_t key_span_start_ms(uint32_t span);
struct backend_key key_in_span(uint32_t span, const struct backend_key *prefix);
uint32_t key_read_span(const struct backend_key *key);

/* The time that a key begins with; what a shorter one lacks is 0. */
int64_t key_time_of(const struct backend_key *key);

/* What stands behind the first `skip` bytes. */
struct backend_key key_behind(const struct backend_key *key, size_t skip);

/* Behind everything that starts with `prefix`, for walking backwards. */
struct backend_key key_end_of(const struct backend_key *prefix);

/* In the order of the tables: less than, equal to or greater than 0. */
int key_compare(const struct backend_key *a, const struct backend_key *b);

/* The first key that may stand behind this one, for walking backwards from it inclusively. */
struct backend_key key_just_behind(const struct backend_key *key);

int key_starts(const struct backend_key *key, const struct backend_key *prefix);

/* Reads back what the functions above wrote. The id is what follows the first `skip` bytes and the
 * time. False where the key is too short to be one. */
int key_read_time(const struct backend_key *key, size_t skip, int64_t *time_ms, char id[129]);

#endif
