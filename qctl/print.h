/*
 * Items and outbox records, as JSON and for people.
 */
#ifndef QCTL_PRINT_H
#define QCTL_PRINT_H

#include "lib/base/buf.h"
#include "protos/messages.h"
#include "qctl/columns.h"
#include "qctl/json.h"

const char *print_state(Lz__ItemState state);
const char *print_kind(Lz__NoticeKind kind);
int print_state_named(const char *name, Lz__ItemState *out);

/* RFC 3339; nothing for 0. */
void print_time_json(struct json *json, const char *name, int64_t wall_ms);
void print_item_json(struct json *json, const Lz__Item *item); /* its fields, in an object */
void print_outgoing_json(struct json *json, const Lz__Outgoing *outgoing); /* an object */
void print_shown_text(struct buf *out, const Lz__Shown *shown);

/* The columns of `list`. */
struct columns *print_list_begin(void);
void print_list_item(struct columns *columns, const Lz__Item *item);

#endif
