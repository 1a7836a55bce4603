/*
 * Makes features of mails for `qctl learn`, which carries no parser: a child in the sandbox reads
 * them from a socket, one behind the other, and answers each there.
 *
 *   first      the seed, 8 bytes, which come back as soon as mails can be read
 *   a mail     its size, 8 bytes, and its bytes
 *   an answer  how many features there are, how many of them are words, and thousandths of points
 *              by rules, 4 bytes each; the digest by which it is known again, 16 bytes; the
 *              features, 4 bytes each
 *
 * Numbers have their lowest byte first. It ends when the other side does.
 */
#ifndef WORKERS_QSCAN_LESSON_H
#define WORKERS_QSCAN_LESSON_H

#include "lib/config/config.h"

/* Gives the exit code. Points by rules cost twenty times as much as all the rest. */
int lesson_run(const struct config *config, int fd, int with_points);

#endif
