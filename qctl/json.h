/*
 * Writes JSON (RFC 8259), one object a line. What may not stand in a string, what is not UTF-8 and
 * what a terminal or a reader's eye could be fooled by is escaped, so the output is always valid
 * and harmless.
 */
#ifndef QCTL_JSON_H
#define QCTL_JSON_H

#include <stdint.h>

#include "lib/base/buf.h"

struct json {
	struct buf out;
	int comma; /* the next value needs one before it */
};

/* `name` is NULL inside a list and for the outermost object. */
void json_object(struct json *json, const char *name);
void json_end_object(struct json *json);
void json_list(struct json *json, const char *name);
void json_end_list(struct json *json);
void json_text(struct json *json, const char *name, const char *value);
void json_number(struct json *json, const char *name, int64_t value);
void json_real(struct json *json, const char *name, double value); /* not finite: null */
void json_bool(struct json *json, const char *name, int value);

/* Writes the line to standard output and empties it. */
void json_flush(struct json *json);

#endif
