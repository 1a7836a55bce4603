/*
 * A store in a folder of its own, and requests to fill it with.
 */
#ifndef TESTS_UNIT_QUARANTINE_FIXTURE_H
#define TESTS_UNIT_QUARANTINE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/base/text.h"
#include "quarantine/store.h"
#include "quarantine/strings.h"

enum { FIXTURE_MAP = 64 * 1024 * 1024, HOUR_MS = 3600 * 1000 };

static const int64_t start_ms = INT64_C(1795000000000);

struct fixture {
	char path[64];
	struct store_options options;
	struct store *store;
	struct err err;
};

static inline void fixture_open(struct fixture *f)
{
	enum result result = store_open(&backend_lmdb, &f->options, &f->store, &f->err);

	if (result)
		fail_msg("store_open: %s", f->err.text);
}

static inline void fixture_new(struct fixture *f, uint64_t map_size)
{
	memset(f, 0, sizeof(*f));
	snprintf(f->path, sizeof(f->path), "/tmp/lazaret-test-XXXXXX");
	assert_non_null(mkdtemp(f->path));
	f->options.backend.path = f->path;
	f->options.backend.size = map_size;
	f->options.reserve = map_size / 8;
	f->options.max_item_size = 16 * 1024 * 1024;
	f->options.confirm_timeout_ms = HOUR_MS;
	f->options.rules.keep_ms = 30 * 24 * (int64_t)HOUR_MS;
	f->options.lease_ms = 60 * 1000;
	f->options.compress_level = 3;
	fixture_open(f);
}

static inline void fixture_free(struct fixture *f)
{
	static const char *const files[] = {"data.mdb", "lock.mdb", "qstore.lock", "pass.key"};
	char name[128];
	size_t at;

	store_close(&f->store);
	for (at = 0; at < 3; at++) {
		snprintf(name, sizeof(name), "%s/%s", f->path, files[at]);
		unlink(name);
	}
	rmdir(f->path);
}

static inline void fixture_begin(struct fixture *f, int64_t now_ms)
{
	if (store_begin(f->store, now_ms, &f->err))
		fail_msg("store_begin: %s", f->err.text);
}

/* Commits what went well, aborts what did not. */
static inline enum result fixture_end(struct fixture *f, enum result result)
{
	if (result > RESULT_NONE)
		store_abort(f->store);
	else if (store_commit(f->store, &f->err))
		fail_msg("store_commit: %s", f->err.text);
	return result;
}

static inline void fixture_verify(struct fixture *f)
{
	struct store_report report = {0};

	if (store_verify(f->store, &report, &f->err))
		fail_msg("store_verify: %s", f->err.text);
	if (report.problems)
		fail_msg("%d problems, the first: %s", (int)report.problems, report.first.text);
}

static inline Lz__Item *new_item(const char *id, const char *message, const char *recipient)
{
	Lz__Item *item = alloc(sizeof(*item));

	lz__item__init(item);
	strings_set(&item->id, id);
	strings_set(&item->message_id, message);
	strings_set(&item->reason, "virus");
	strings_set(&item->reverse_path, "sender@example.org");
	strings_set(&item->subject, "Rechnung");
	item->disposition = LZ__DISPOSITION__QUARANTINE;
	item->keep_original = 1;
	item->recipients = alloc_zero(1, sizeof(*item->recipients));
	item->recipients[0] = alloc(sizeof(Lz__Recipient));
	lz__recipient__init(item->recipients[0]);
	strings_set(&item->recipients[0]->address, recipient);
	item->n_recipients = 1;
	item->notices = alloc_zero(1, sizeof(*item->notices));
	item->notices[0] = alloc(sizeof(Lz__Notice));
	lz__notice__init(item->notices[0]);
	item->notices[0]->kind = LZ__NOTICE_KIND__NOTICE_RECIPIENT;
	strings_set(&item->notices[0]->to, recipient);
	item->n_notices = 1;
	return item;
}

static inline void add_part(Lz__Item *item, uint64_t offset, uint64_t length)
{
	Lz__Part *part = alloc(sizeof(*part));

	lz__part__init(part);
	part->offset = offset;
	part->length = length;
	strings_set(&part->name, "invoice.exe");
	item->parts = alloc_grow(item->parts, item->n_parts + 1, sizeof(*item->parts));
	item->parts[item->n_parts++] = part;
}

/* Stores one item (taken) in a transaction of its own and reads it back. */
static inline enum result put(
        struct fixture *f, Lz__Item *item, const char *body, size_t size, int64_t now_ms)
{
	Lz__Store request = LZ__STORE__INIT;
	Lz__Stored answer = LZ__STORED__INIT;
	enum result result;

	request.message_id = item->message_id;
	request.items = &item;
	request.n_items = 1;
	fixture_begin(f, now_ms);
	result = fixture_end(f, store_put(f->store, &request, body, size, &answer, &f->err));
	if (!result)
		result = store_check(f->store, answer.items, answer.n_items, &f->err);
	strings_clear(&answer.items, &answer.n_items);
	strings_clear(&answer.delivered, &answer.n_delivered);
	free(answer.message_id == protobuf_c_empty_string ? NULL : answer.message_id);
	message_free((ProtobufCMessage *)item);
	return result;
}

static inline enum result confirm(
        struct fixture *f, const char *message, char *delivered, int complete, int64_t now_ms)
{
	Lz__Confirm request = LZ__CONFIRM__INIT;

	request.message_id = (char *)message;
	request.delivered = &delivered;
	request.n_delivered = delivered != NULL;
	request.complete = complete;
	fixture_begin(f, now_ms);
	return fixture_end(f, store_confirm(f->store, &request, &f->err));
}

/* To be freed with message_free(). */
static inline Lz__Shown *show(struct fixture *f, const char *id)
{
	Lz__Show request = LZ__SHOW__INIT;
	Lz__Shown *shown = alloc(sizeof(*shown));

	lz__shown__init(shown);
	request.id = (char *)id;
	if (store_show(f->store, &request, shown, &f->err)) {
		message_free((ProtobufCMessage *)shown);
		return NULL;
	}
	return shown;
}

#endif
