/*
 * Names of findings made from names of rules.
 */
#ifndef WORKERS_QSCAN_SYMBOL_H
#define WORKERS_QSCAN_SYMBOL_H

/* "ATTACHMENT_DISK_IMAGES" of "ATTACHMENT" and "disk-images". To be freed. */
char *symbol_of(const char *kind, const char *rule);

#endif
