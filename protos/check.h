/*
 * What may stand in a message, in two steps. check_fields() goes through any message by its
 * descriptor and knows texts, counts and ranges of single fields; check_sense() knows what fields
 * mean together. Both are for messages.c, which everybody else calls.
 */
#ifndef PROTOS_CHECK_H
#define PROTOS_CHECK_H

#include "protos/messages.h"

enum result check_fields(const ProtobufCMessage *message, struct err *err);
enum result check_sense(
        enum message_type type, const ProtobufCMessage *message, size_t body_size, struct err *err);

/* Whether every row of the table of limits names a field that there is. For its test. */
int check_table_holds(void);

#endif
