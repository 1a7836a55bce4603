#include "qctl/print.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/age.h"
#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "lib/base/text.h"

enum { TIME_ROOM = 40, CELL_MOST = 48 };

static const char *const states[] = {"pending", "held", "released", "unconfirmed"};
static const char *const kinds[] = {
        "sender", "recipient", "admin", "release", "digest", "flood", "answer", "asked"};
static const char *const dispositions[] = {
        "deliver", "quarantine", "reject", "discard", "redirect", "defer"};

#define NAMED(list, number)                                                                        \
	((size_t)(number) < sizeof(list) / sizeof((list)[0]) ? (list)[number] : "?")

const char *print_state(Lz__ItemState state)
{
	return NAMED(states, state);
}

const char *print_kind(Lz__NoticeKind kind)
{
	return NAMED(kinds, kind);
}

int print_state_named(const char *name, Lz__ItemState *out)
{
	size_t at;

	for (at = 0; at < sizeof(states) / sizeof(states[0]); at++)
		if (text_same(states[at], name)) {
			*out = (Lz__ItemState)at;
			return 1;
		}
	return 0;
}

static const char *time_text(int64_t wall_ms, char room[TIME_ROOM])
{
	room[0] = '\0';
	if (wall_ms)
		clock_text(wall_ms, room, TIME_ROOM);
	return room;
}

/* ---- JSON ---- */

void print_time_json(struct json *json, const char *name, int64_t wall_ms)
{
	char room[TIME_ROOM], *blank;

	if (!wall_ms)
		return;
	time_text(wall_ms, room);
	blank = strchr(room, ' ');
	if (blank)
		*blank = 'T'; /* RFC 3339 */
	json_text(json, name, room);
}

static void json_parts(struct json *json, const Lz__Item *item)
{
	size_t at;

	json_list(json, "parts");
	for (at = 0; at < item->n_parts; at++) {
		const Lz__Part *part = item->parts[at];

		json_object(json, NULL);
		json_number(json, "part", (int64_t)at + 1);
		json_text(json, "path", part->path);
		json_text(json, "name", part->name);
		json_text(json, "type", part->type);
		json_text(json, "reason", part->reason);
		json_number(json, "offset", (int64_t)part->offset);
		json_number(json, "length", (int64_t)part->length);
		json_text(json, "sha256", part->sha256);
		json_end_object(json);
	}
	json_end_list(json);
}

static void json_symbols(struct json *json, const Lz__Item *item)
{
	size_t at;

	json_list(json, "symbols");
	for (at = 0; at < item->n_symbols; at++) {
		const Lz__Symbol *symbol = item->symbols[at];

		json_object(json, NULL);
		json_text(json, "name", symbol->name);
		json_real(json, "score", symbol->score);
		json_text(json, "where", symbol->where);
		json_text(json, "detail", symbol->detail);
		json_end_object(json);
	}
	json_end_list(json);
}

static void json_addresses(struct json *json, const Lz__Item *item)
{
	size_t at;

	json_list(json, "recipients");
	for (at = 0; at < item->n_recipients; at++)
		json_text(json, NULL, item->recipients[at]->address);
	json_end_list(json);
}

void print_item_json(struct json *json, const Lz__Item *item)
{
	const struct {
		const char *name, *value;
	} texts[] = {{"id", item->id}, {"message_id", item->message_id},
	        {"queue_id", item->queue_id}, {"state", print_state(item->state)},
	        {"disposition", NAMED(dispositions, item->disposition)}, {"reason", item->reason},
	        {"rule", item->rule}, {"detail", item->detail}, {"sender", item->reverse_path},
	        {"subject", item->subject}, {"from", item->header_from},
	        {"header_message_id", item->header_message_id},
	        {"client_address", item->client_address}, {"client_name", item->client_name},
	        {"helo", item->helo}, {"user", item->sasl_username}, {"engine", item->engine},
	        {"sha256", item->original_sha256}};
	size_t at;

	for (at = 0; at < sizeof(texts) / sizeof(texts[0]); at++)
		json_text(json, texts[at].name, texts[at].value);
	json_addresses(json, item);
	json_number(json, "size", (int64_t)item->size);
	json_bool(json, "original_kept", item->keep_original);
	json_real(json, "score", item->score);
	print_time_json(json, "signatures", item->signatures_s * 1000);
	print_time_json(json, "stored", item->stored_ms);
	print_time_json(json, "confirmed", item->confirmed_ms);
	print_time_json(json, "released", item->released_ms);
	json_bool(json, "on_hold", item->hold_ms != 0);
	if (item->hold_ms) {
		print_time_json(json, "hold_since", item->hold_ms);
		json_text(json, "hold_by", item->hold_by);
		json_text(json, "hold_why", item->hold_why);
	}
	json_list(json, "requested_by");
	for (at = 0; at < item->n_requested_by; at++)
		json_text(json, NULL, item->requested_by[at]);
	json_end_list(json);
	json_parts(json, item);
	json_symbols(json, item);
}

void print_outgoing_json(struct json *json, const Lz__Outgoing *outgoing)
{
	size_t at;

	json_object(json, NULL);
	json_text(json, "id", outgoing->id);
	json_text(json, "kind", print_kind(outgoing->kind));
	json_text(json, "item", outgoing->item);
	json_text(json, "state", outgoing->state);
	json_list(json, "to");
	for (at = 0; at < outgoing->n_to; at++)
		json_text(json, NULL, outgoing->to[at]);
	json_end_list(json);
	json_number(json, "attempts", outgoing->attempts);
	print_time_json(json, "next", outgoing->next_ms);
	json_text(json, "last", outgoing->last);
	json_text(json, "by", outgoing->by);
	json_text(json, "why", outgoing->why);
	if (outgoing->part)
		json_number(json, "part", outgoing->part);
	if (outgoing->count)
		json_number(json, "count", outgoing->count);
	if (*outgoing->group)
		json_text(json, "group", outgoing->group);
	if (*outgoing->into)
		json_text(json, "into", outgoing->into);
	json_end_object(json);
}

/* ---- for people ---- */

struct columns *print_list_begin(void)
{
	static const char *const heads[] = {
	        "ID", "STORED", "STATE", "REASON", "SENDER", "RECIPIENT", "SUBJECT"};
	struct columns *columns = columns_new(sizeof(heads) / sizeof(heads[0]), CELL_MOST);
	size_t at;

	for (at = 0; at < sizeof(heads) / sizeof(heads[0]); at++)
		columns_add(columns, heads[at]);
	return columns;
}

static void add_recipients(struct columns *columns, const Lz__Item *item)
{
	char *text;

	if (item->n_recipients < 2) {
		columns_add(columns, item->n_recipients ? item->recipients[0]->address : "");
		return;
	}
	text = alloc_format("%zu: %s", item->n_recipients, item->recipients[0]->address);
	columns_add(columns, text);
	free(text);
}

static void add_state(struct columns *columns, const Lz__Item *item)
{
	char text[64];

	snprintf(text, sizeof(text), "%s%s", print_state(item->state),
	        item->hold_ms ? ", on hold" : "");
	columns_add(columns, text);
}

void print_list_item(struct columns *columns, const Lz__Item *item)
{
	char room[TIME_ROOM];

	columns_add(columns, item->id);
	columns_add(columns, time_text(item->stored_ms, room));
	add_state(columns, item);
	columns_add(columns, item->reason);
	columns_add(columns, *item->reverse_path ? item->reverse_path : "<>");
	add_recipients(columns, item);
	columns_add(columns, item->subject);
}

static void row(struct columns *columns, const char *name, const char *value)
{
	if (!*value)
		return;
	columns_add(columns, name);
	columns_add(columns, value);
}

static void row_number(struct columns *columns, const char *name, int64_t number)
{
	char text[32];

	snprintf(text, sizeof(text), "%lld", (long long)number);
	row(columns, name, text);
}

static void show_hold(struct columns *columns, const Lz__Item *item)
{
	char room[TIME_ROOM], *text;

	if (!item->hold_ms)
		return;
	text = alloc_format("since %s  by %s: %s", time_text(item->hold_ms, room), item->hold_by,
	        item->hold_why);
	row(columns, "legal hold", text);
	free(text);
}

static const char *kept_of(const Lz__Item *item)
{
	if (item->disposition == LZ__DISPOSITION__DELIVER)
		return "parts that were cut";
	return item->keep_original ? "the whole message" : "nothing but what is known of it";
}

static void show_head(struct columns *columns, const Lz__Item *item)
{
	char room[TIME_ROOM];
	size_t at;

	row(columns, "id", item->id);
	row(columns, "state", print_state(item->state));
	row(columns, "kept", kept_of(item));
	row(columns, "reason", item->reason);
	row(columns, "rule", item->rule);
	row(columns, "detail", item->detail);
	row(columns, "sender", *item->reverse_path ? item->reverse_path : "<>");
	for (at = 0; at < item->n_recipients; at++)
		row(columns, at ? " " : "recipient", item->recipients[at]->address);
	row(columns, "subject", item->subject);
	row(columns, "from", item->header_from);
	row_number(columns, "size", (int64_t)item->size);
	row(columns, "stored", time_text(item->stored_ms, room));
	row(columns, "confirmed", time_text(item->confirmed_ms, room));
	row(columns, "released", time_text(item->released_ms, room));
	show_hold(columns, item);
	for (at = 0; at < item->n_requested_by; at++)
		row(columns, at ? " " : "requested", item->requested_by[at]);
}

/* As old as they were when the item was kept. */
static void show_signatures(struct columns *columns, const Lz__Item *item)
{
	char room[TIME_ROOM], age[AGE_ROOM], text[TIME_ROOM + AGE_ROOM + 8];

	if (!item->signatures_s)
		return;
	age_text(age_ms(item->signatures_s, item->stored_ms), age);
	snprintf(text, sizeof(text), "%s, %s old", time_text(item->signatures_s * 1000, room), age);
	row(columns, "signatures", text);
}

static void show_origin(struct columns *columns, const Lz__Item *item)
{
	row(columns, "client", item->client_address);
	row(columns, "client name", item->client_name);
	row(columns, "helo", item->helo);
	row(columns, "user", item->sasl_username);
	row(columns, "queue id", item->queue_id);
	row(columns, "message id", item->message_id);
	row(columns, "Message-ID", item->header_message_id);
	row(columns, "engine", item->engine);
	show_signatures(columns, item);
	row(columns, "original", item->keep_original ? "kept" : "not kept");
	row(columns, "sha256", item->original_sha256);
}

static void show_parts(struct columns *columns, const Lz__Item *item)
{
	size_t at;

	for (at = 0; at < item->n_parts; at++) {
		const Lz__Part *part = item->parts[at];
		char *name = alloc_format("part %zu", at + 1);
		char *text = alloc_format("%s  %s  %s  %llu bytes  %s", part->path, part->name,
		        part->type, (unsigned long long)part->length, part->reason);

		row(columns, name, text);
		free(name);
		free(text);
	}
}

static void show_symbols(struct columns *columns, const Lz__Item *item)
{
	size_t at;

	for (at = 0; at < item->n_symbols; at++) {
		const Lz__Symbol *symbol = item->symbols[at];
		char *text = alloc_format("%s  %.4g  %s  %s", symbol->name, symbol->score,
		        symbol->where, symbol->detail);

		row(columns, "finding", text);
		free(text);
	}
}

static void show_outgoing(struct columns *columns, const Lz__Outgoing *outgoing)
{
	const char *name = outgoing->kind == LZ__NOTICE_KIND__NOTICE_RELEASE ? "release" : "notice";
	struct buf text = {0};
	size_t at;

	buf_add_format(&text, "%s  to %s ", outgoing->state, print_kind(outgoing->kind));
	for (at = 0; at < outgoing->n_to; at++)
		buf_add_format(&text, " <%s>", outgoing->to[at]);
	if (outgoing->part)
		buf_add_format(&text, "  part %u%s", outgoing->part,
		        outgoing->packed ? " in a ZIP file" : "");
	if (outgoing->attempts)
		buf_add_format(&text, "  attempt %u", outgoing->attempts);
	if (*outgoing->last)
		buf_add_format(&text, "  %s", outgoing->last);
	if (*outgoing->by)
		buf_add_format(&text, "  by %s", outgoing->by);
	if (*outgoing->why)
		buf_add_format(&text, ": %s", outgoing->why);
	row(columns, name, text.data);
	buf_fini(&text);
}

void print_shown_text(struct buf *out, const Lz__Shown *shown)
{
	struct columns *columns = columns_new(2, 0);
	size_t at;

	show_head(columns, shown->item);
	show_parts(columns, shown->item);
	show_symbols(columns, shown->item);
	show_origin(columns, shown->item);
	for (at = 0; at < shown->n_outbox; at++)
		show_outgoing(columns, shown->outbox[at]);
	columns_print(columns, out);
	columns_free(&columns);
}
