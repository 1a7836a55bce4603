/*
 * The addresses in a message's From fields, before anyone has mapped the message.
 */
#ifndef WORKERS_QSCAN_FROM_FIELD_H
#define WORKERS_QSCAN_FROM_FIELD_H

#include <stddef.h>

struct from_field {
	char **addresses;
	size_t count;
};

/* Reads the header alone, every From field in it. What stands in angle brackets is the address;
 * where there are none, every word with an "@" (RFC 5322 section 3.4, leniently). A message without
 * any gives none. */
void from_field_read(struct from_field *from, const void *bytes, size_t size);
void from_field_fini(struct from_field *from);

/* The same from one field's text. */
void from_field_add(struct from_field *from, const char *text);

#endif
