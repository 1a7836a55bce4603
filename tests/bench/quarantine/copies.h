/*
 * Many messages with the same attachment, stored in groups, for the bench and for the test.
 */
#ifndef TESTS_BENCH_QUARANTINE_COPIES_H
#define TESTS_BENCH_QUARANTINE_COPIES_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "quarantine/store.h"
#include "quarantine/strings.h"

enum { COPIES_HEAD = 500, COPIES_GROUP = 32 };

static inline Lz__Item *copies_item(const char *id, const char *message_id, size_t bytes)
{
	Lz__Item *item = alloc(sizeof(*item));

	lz__item__init(item);
	strings_set(&item->id, id);
	strings_set(&item->message_id, message_id);
	strings_set(&item->reason, "virus");
	strings_set(&item->reverse_path, "sender@example.org");
	strings_set(&item->subject, "Invoice of March");
	item->size = COPIES_HEAD + bytes;
	item->keep_original = 1;
	item->recipients = alloc_zero(1, sizeof(*item->recipients));
	item->recipients[0] = alloc(sizeof(Lz__Recipient));
	lz__recipient__init(item->recipients[0]);
	strings_set(&item->recipients[0]->address, "user@example.com");
	item->n_recipients = 1;
	item->parts = alloc_zero(1, sizeof(*item->parts));
	item->parts[0] = alloc(sizeof(Lz__Part));
	lz__part__init(item->parts[0]);
	item->parts[0]->offset = COPIES_HEAD;
	item->parts[0]->length = bytes;
	strings_set(&item->parts[0]->name, "invoice.exe");
	item->n_parts = 1;
	return item;
}

static inline enum result copies_put(
        struct store *store, unsigned number, char *body, size_t bytes, struct err *err)
{
	Lz__Store request = LZ__STORE__INIT;
	Lz__Stored *answer = alloc(sizeof(*answer));
	char id[17], message_id[33];
	enum result result;
	Lz__Item *item;

	snprintf(id, sizeof(id), "%016u", number);
	snprintf(message_id, sizeof(message_id), "%032u", number);
	memcpy(body, message_id, 32);
	item = copies_item(id, message_id, bytes);
	lz__stored__init(answer);
	request.message_id = message_id;
	request.items = &item;
	request.n_items = 1;
	result = store_put(store, &request, body, COPIES_HEAD + bytes, answer, err);
	message_free(&answer->base);
	message_free(&item->base);
	return result;
}

static inline enum result copies_group(
        struct store *store, unsigned from, unsigned to, char *body, size_t bytes, struct err *err)
{
	int64_t now_ms = INT64_C(1795000000000) + from;
	enum result result = store_begin(store, now_ms, err);

	for (; !result && from < to; from++)
		result = copies_put(store, from, body, bytes, err);
	if (!result)
		return store_commit(store, err);
	store_abort(store);
	return result;
}

/* Stores `count` messages of an attachment of `bytes` in a new quarantine at `path`; tells the
 * bytes of all pages in use. */
static inline enum result copies_store(
        const char *path, unsigned count, size_t bytes, uint64_t *used, struct err *err)
{
	struct store_options options = {.backend = {.path = path, .size = UINT64_C(8) << 30},
	        .max_item_size = 64 << 20,
	        .confirm_timeout_ms = 3600 * 1000,
	        .lease_ms = 60 * 1000};
	char *body = alloc_zero(1, COPIES_HEAD + bytes);
	struct backend_space space = {0};
	struct store *store = NULL;
	enum result result = store_open(&backend_lmdb, &options, &store, err);
	unsigned at;
	size_t byte;

	for (byte = 0; byte < bytes; byte++)
		body[COPIES_HEAD + byte] = (char)(byte * 2654435761u >> 24);
	for (at = 0; !result && at < count; at += COPIES_GROUP)
		result = copies_group(store, at,
		        at + COPIES_GROUP < count ? at + COPIES_GROUP : count, body, bytes, err);
	if (!result)
		result = store_space(store, &space, err);
	*used = space.used_bytes;
	store_close(&store);
	free(body);
	return result;
}

#endif
