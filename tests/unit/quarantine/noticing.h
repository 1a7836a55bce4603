/*
 * A store with a configuration of its own, and mails that make notices.
 */
#ifndef TESTS_UNIT_QUARANTINE_NOTICING_H
#define TESTS_UNIT_QUARANTINE_NOTICING_H

#include <time.h>

#include "tests/unit/quarantine/fixture.h"

static struct fixture f;
static struct config *config;

/* With these keys of the section notifier; the host's clock is UTC. */
static inline void noticing_new(const char *keys)
{
	char *yaml = alloc_format("site: {name: mx.example.org, admin: admin@example.org}\n"
	                          "front: {next_hop: 127.0.0.1:25}\nnotifier: {%s}\n",
	        keys);

	setenv("TZ", "UTC", 1);
	tzset();
	fixture_new(&f, FIXTURE_MAP);
	if (config_parse("l.yaml", yaml, strlen(yaml), &config, &f.err))
		fail_msg("%s", f.err.text);
	free(yaml);
	store_close(&f.store);
	f.options.notifier = &config->notifier;
	f.options.admin = config->site.admin;
	fixture_open(&f);
}

/* Whatever a test did, everything must agree with everything afterwards. */
static inline void noticing_free(void)
{
	fixture_verify(&f);
	fixture_free(&f);
	config_free(&config);
}

static inline void names(unsigned number, char id[17], char message[33])
{
	snprintf(id, 17, "%016u", number);
	snprintf(message, 33, "%032u", number);
}

/* A notice of this kind to this address, waiting. */
static inline Lz__Item *item_of(unsigned number, Lz__NoticeKind kind, const char *to)
{
	char id[17], message[33];
	Lz__Item *item;

	names(number, id, message);
	item = new_item(id, message, "r@example.com");
	item->notices[0]->kind = kind;
	strings_set(&item->notices[0]->to, to);
	strings_set(&item->rule, "policy.virus");
	return item;
}

/* Takes the item. Stored and confirmed in one transaction, as each costs a write to disk. */
static inline void hold(Lz__Item *item, int64_t now_ms)
{
	Lz__Store store = LZ__STORE__INIT;
	Lz__Confirm sent = LZ__CONFIRM__INIT;
	Lz__Stored *stored = alloc(sizeof(*stored));
	enum result result;

	lz__stored__init(stored);
	store.message_id = sent.message_id = item->message_id;
	store.items = &item;
	store.n_items = 1;
	sent.complete = 1;
	fixture_begin(&f, now_ms);
	result = store_put(f.store, &store, "body", 4, stored, &f.err);
	if (!result)
		result = store_confirm(f.store, &sent, &f.err);
	if (fixture_end(&f, result))
		fail_msg("%s", f.err.text);
	message_free((ProtobufCMessage *)stored);
	message_free((ProtobufCMessage *)item);
}

static inline void delete_item(unsigned number, int64_t now_ms)
{
	char id[17], message[33];
	Lz__Delete request = LZ__DELETE__INIT;

	names(number, id, message);
	request.id = id;
	fixture_begin(&f, now_ms);
	assert_int_equal(fixture_end(&f, store_delete(f.store, &request, &f.err)), RESULT_OK);
}

/* Everything that is due at this time, to be freed with message_free(). */
static inline Lz__Taken *take_due(int64_t now_ms)
{
	Lz__Taken *taken = alloc(sizeof(*taken));
	Lz__Take request = LZ__TAKE__INIT;

	lz__taken__init(taken);
	request.limit = 100;
	request.lease_ms = 60000;
	fixture_begin(&f, now_ms);
	if (fixture_end(&f, store_take(f.store, &request, taken, &f.err)))
		fail_msg("%s", f.err.text);
	return taken;
}

static inline void finish_one(const char *id, int done, int64_t now_ms)
{
	Lz__Finish request = LZ__FINISH__INIT;

	request.id = (char *)id;
	request.done = done;
	request.dead = !done;
	request.text = (char *)(done ? "250 ok" : "550 no");
	fixture_begin(&f, now_ms);
	if (fixture_end(&f, store_finish(f.store, &request, &f.err)))
		fail_msg("%s", f.err.text);
}

/* Takes and finishes all that is due. Gives how many of a kind there were, and adds their counts.
 */
static inline unsigned carry(int64_t now_ms, Lz__NoticeKind kind, uint64_t *told)
{
	Lz__Taken *taken = take_due(now_ms);
	unsigned count = 0;
	size_t at;

	for (at = 0; at < taken->n_outbox; at++) {
		if (taken->outbox[at]->kind == kind) {
			count++;
			*told += taken->outbox[at]->count;
		}
		finish_one(taken->outbox[at]->id, 1, now_ms);
	}
	message_free((ProtobufCMessage *)taken);
	return count;
}

#endif
