/*
 * Could any signature match the bytes of a mail as they stand, beside what is in its parts? A
 * second, small engine answers: it has the body signatures for mail and for any file, and of the
 * logical ones what they can't match without. A third one has those that are for files inside mail
 * alone, and forgets about the mail. What it lets through without a mark would not have
 * been found by the large engine either, as far as these signatures go; a mark means no more than
 * "look".
 *
 * What it can't answer is told beside it. Hashes of whole messages are left out: each delivery of a
 * mail is another one. Internal to lib/virus.
 */
#ifndef LIB_VIRUS_SIEVE_H
#define LIB_VIRUS_SIEVE_H

#include <dirent.h>
#include <stddef.h>

#include "lib/virus/virus.h"

struct sieve;

/* Reads the named files of the folder once more, after libclamav has taken them. Never fails:
 * where it can't be made, virus_needs()->obstacle says why. Gives *out. */
struct sieve *sieve_new(const char *folder, struct dirent *const *files, int count,
        const struct virus_limits *limits);
void sieve_free(struct sieve **sieve);

/* From now on it answers nothing, as it may have been made of other signatures. */
void sieve_doubt(struct sieve *sieve, const char *why);

const struct virus_needs *sieve_needs(const struct sieve *sieve);

/* 1: something may match the bytes of a mail as they stand. */
int sieve_marks(struct sieve *sieve, const void *bytes, size_t size);

/* 1: something that is for files inside mail may match this part of one, or what is inside it. It
 * is taken apart for that as libclamav does it, which takes longer. */
int sieve_marks_inside(struct sieve *sieve, const void *bytes, size_t size);

#endif
