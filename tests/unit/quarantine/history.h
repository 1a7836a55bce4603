/*
 * The life of a quarantine, made from a seed alone: groups of requests as many writers send them,
 * and what time does between them. Beside it goes a model that knows what each group must lead to,
 * so that any store can be compared with any moment of that life, and can live on from there.
 */
#ifndef TESTS_UNIT_QUARANTINE_HISTORY_H
#define TESTS_UNIT_QUARANTINE_HISTORY_H

#include "tests/unit/quarantine/fixture.h"

#include "lib/crypto/digest.h"
#include "quarantine/batch.h"
#include "quarantine/inside.h"
#include "quarantine/states.h"

enum {
	SLOTS = 24,
	STEPS_MOST = 8,
	HEAD = 100,
	BODY_MOST = 160 * 1000,
	LEASE_MS = 60 * 1000,
	CONFIRM_MS = 15 * 60 * 1000
};

/* What goes out for one item: its notice, a release to its recipient, a release to another one. */
enum outgoing_slot { SLOT_NOTICE, SLOT_RELEASE, SLOT_ELSEWHERE, OUTGOING_SLOTS };

struct model_outgoing {
	enum outgoing_state state;
	int64_t next_ms;
	unsigned attempts;
};

struct model_item {
	enum item_state state;
	int64_t stored_ms, pending_ms; /* of its message; 0: its outcome is settled */
	int complete;
	struct model_outgoing outbox[OUTGOING_SLOTS];
};

enum step_kind {
	STEP_STORE,
	STEP_CONFIRM,
	STEP_RELEASE,
	STEP_DELETE,
	STEP_TAKE,
	STEP_FINISH,
	STEP_COUNT,
	STEP_KINDS
};

struct step {
	enum step_kind kind;
	unsigned item;
	enum outgoing_slot slot;
	enum outgoing_event event; /* of a finish */
};

enum group_kind { GROUP_REQUESTS, GROUP_SETTLE, GROUP_EXPIRE };

struct group {
	enum group_kind kind;
	int64_t now_ms;
	unsigned count;
	struct step steps[STEPS_MOST];
};

struct history {
	uint64_t random;
	int64_t now_ms;
	struct model_item items[SLOTS];
};

/* ---- what is stored ---- */

static inline void slot_names(unsigned number, char id[17], char message[33])
{
	snprintf(id, 17, "item%012u", number);
	snprintf(message, 33, "%032u", number);
}

/* A head of its own, and then bytes that three items share. */
static inline size_t slot_body(unsigned number, char *body)
{
	uint32_t seed = number / 3 + 1;
	size_t size = HEAD + 100 + seed * 48271u % 5000, at;

	if (seed % 4 == 0)
		size = HEAD + 70 * 1000 + seed * 48271u % (BODY_MOST - 71 * 1000);
	for (at = HEAD; at < size; at++) {
		seed = seed * 1664525u + 1013904223u;
		body[at] = (char)(seed >> 24);
	}
	memset(body, (int)('A' + number), HEAD);
	return size;
}

static inline int slot_keeps_original(unsigned number)
{
	return number % 4 != 3;
}

/* ---- the model ---- */

static inline unsigned history_below(struct history *h, unsigned most)
{
	h->random ^= h->random << 13;
	h->random ^= h->random >> 7;
	h->random ^= h->random << 17;
	return (unsigned)((h->random >> 11) % most);
}

static inline void history_init(struct history *h, uint64_t seed)
{
	*h = (struct history){
	        .random = seed * 2654435761u + 88172645463325252u, .now_ms = start_ms};
}

static inline int model_is_there(const struct model_item *item)
{
	return item->state != ITEM_ABSENT;
}

static inline void model_wake(struct model_item *item, int64_t now_ms)
{
	struct model_outgoing *notice = &item->outbox[SLOT_NOTICE];

	if (notice->state == OUTGOING_WAITING)
		*notice = (struct model_outgoing){OUTGOING_DUE, now_ms, notice->attempts};
}

static inline void model_store(struct model_item *item, int64_t now_ms)
{
	if (!model_is_there(item)) {
		*item = (struct model_item){.state = ITEM_PENDING, .stored_ms = now_ms};
		item->outbox[SLOT_NOTICE].state = OUTGOING_WAITING;
	}
	if (!item->complete)
		item->pending_ms = now_ms;
}

static inline void model_confirm(struct model_item *item, int64_t now_ms)
{
	if (item->complete)
		return;
	item->complete = 1;
	item->pending_ms = 0;
	if (item->state == ITEM_PENDING || item->state == ITEM_UNCONFIRMED)
		item->state = ITEM_HELD;
	model_wake(item, now_ms);
}

static inline void model_release(
        struct model_item *item, unsigned number, enum outgoing_slot slot, int64_t now_ms)
{
	struct model_outgoing *outgoing = &item->outbox[slot];

	if (!model_is_there(item) || !slot_keeps_original(number) ||
	        outgoing->state != OUTGOING_ABSENT)
		return;
	*outgoing = (struct model_outgoing){OUTGOING_DUE, now_ms, 0};
	item->state = ITEM_RELEASED;
}

/* That its message is settled is remembered longer than the item. */
static inline void model_remove(struct model_item *item)
{
	if (model_is_there(item))
		*item = (struct model_item){.complete = item->complete};
}

static inline void model_take(struct history *h)
{
	unsigned at, slot;

	for (at = 0; at < SLOTS; at++)
		for (slot = 0; slot < OUTGOING_SLOTS; slot++) {
			struct model_outgoing *one = &h->items[at].outbox[slot];

			if ((one->state == OUTGOING_DUE || one->state == OUTGOING_LEASED) &&
			        one->next_ms <= h->now_ms)
				*one = (struct model_outgoing){
				        OUTGOING_LEASED, h->now_ms + LEASE_MS, one->attempts + 1};
		}
}

static inline void model_finish(
        struct model_outgoing *one, enum outgoing_event event, int64_t now_ms)
{
	if (one->state != OUTGOING_LEASED)
		return;
	one->state = event == OUTGOING_SENT      ? OUTGOING_DONE
	             : event == OUTGOING_GIVE_UP ? OUTGOING_DEAD
	                                         : OUTGOING_DUE;
	one->next_ms = event == OUTGOING_RETRY ? now_ms + LEASE_MS / 2 : now_ms;
}

static inline void model_settle(struct history *h)
{
	unsigned at;

	for (at = 0; at < SLOTS; at++) {
		struct model_item *item = &h->items[at];

		if (!item->pending_ms || item->pending_ms >= h->now_ms - CONFIRM_MS)
			continue;
		item->pending_ms = 0;
		if (item->state == ITEM_PENDING)
			item->state = ITEM_UNCONFIRMED;
		model_wake(item, h->now_ms);
	}
}

static inline int model_is_releasing(const struct model_item *item)
{
	unsigned slot;

	for (slot = SLOT_RELEASE; slot < OUTGOING_SLOTS; slot++)
		if (item->outbox[slot].state == OUTGOING_DUE ||
		        item->outbox[slot].state == OUTGOING_LEASED)
			return 1;
	return 0;
}

static inline void model_expire(struct history *h, int64_t keep_ms)
{
	unsigned at;

	for (at = 0; at < SLOTS; at++) {
		struct model_item *item = &h->items[at];

		if (model_is_there(item) && item->state != ITEM_PENDING &&
		        !model_is_releasing(item) && item->stored_ms < h->now_ms - keep_ms)
			model_remove(item);
	}
}

/* ---- the next group ---- */

static inline void model_step(struct history *h, const struct step *step)
{
	struct model_item *item = &h->items[step->item];

	switch (step->kind) {
	case STEP_STORE:
		model_store(item, h->now_ms);
		break;
	case STEP_CONFIRM:
		model_confirm(item, h->now_ms);
		break;
	case STEP_RELEASE:
		model_release(item, step->item, step->slot, h->now_ms);
		break;
	case STEP_DELETE:
		model_remove(item);
		break;
	case STEP_TAKE:
		model_take(h);
		break;
	case STEP_FINISH:
		model_finish(&item->outbox[step->slot], step->event, h->now_ms);
		break;
	default:
		break;
	}
}

/* A finish is of a record that was leased before this group: its id is looked up then. */
static inline int finds_leased(
        struct history *h, const struct model_item before[SLOTS], struct step *step)
{
	static const enum outgoing_event events[] = {
	        OUTGOING_SENT, OUTGOING_SENT, OUTGOING_RETRY, OUTGOING_GIVE_UP};
	unsigned from = history_below(h, SLOTS * OUTGOING_SLOTS), at, one;

	for (at = 0; at < SLOTS * OUTGOING_SLOTS; at++) {
		one = (from + at) % (SLOTS * OUTGOING_SLOTS);
		step->item = one / OUTGOING_SLOTS;
		step->slot = one % OUTGOING_SLOTS;
		step->event = events[history_below(h, 4)];
		if (before[step->item].outbox[step->slot].state == OUTGOING_LEASED &&
		        h->items[step->item].outbox[step->slot].state == OUTGOING_LEASED)
			return 1;
	}
	return 0;
}

static inline struct step next_step(struct history *h, const struct model_item before[SLOTS])
{
	static const enum step_kind often[] = {STEP_STORE, STEP_STORE, STEP_STORE, STEP_STORE,
	        STEP_CONFIRM, STEP_CONFIRM, STEP_CONFIRM, STEP_RELEASE, STEP_RELEASE, STEP_DELETE,
	        STEP_TAKE, STEP_FINISH, STEP_FINISH, STEP_FINISH, STEP_COUNT};
	struct step step = {.kind = often[history_below(h, sizeof(often) / sizeof(often[0]))]};

	step.item = history_below(h, SLOTS);
	step.slot = SLOT_RELEASE + (history_below(h, 3) == 0);
	if (step.kind == STEP_FINISH && !finds_leased(h, before, &step))
		step.kind = STEP_STORE;
	return step;
}

/* What is stored and gone again in one group can't be read back: its store is answered "try again".
 */
static inline int was_stored(const struct group *group, unsigned item)
{
	unsigned at;

	for (at = 0; at < group->count; at++)
		if (group->steps[at].kind == STEP_STORE && group->steps[at].item == item)
			return 1;
	return 0;
}

static inline void next_requests(struct history *h, struct group *group)
{
	struct model_item before[SLOTS];
	unsigned count = 1 + history_below(h, STEPS_MOST);

	memcpy(before, h->items, sizeof(before));
	for (group->count = 0; group->count < count; group->count++) {
		struct step *step = &group->steps[group->count];

		*step = next_step(h, before);
		if (step->kind == STEP_DELETE && was_stored(group, step->item))
			step->kind = STEP_COUNT;
		model_step(h, step);
	}
}

/* Moves the model on by one group. */
static inline void history_next(
        struct history *h, const struct store_options *options, struct group *group)
{
	unsigned what = history_below(h, 16);

	h->now_ms += 1000 + history_below(h, 8 * 60 * 1000);
	*group = (struct group){.kind = what == 0   ? GROUP_SETTLE
	                                : what == 1 ? GROUP_EXPIRE
	                                            : GROUP_REQUESTS,
	        .now_ms = h->now_ms};
	if (group->kind == GROUP_REQUESTS)
		next_requests(h, group);
	else if (group->kind == GROUP_SETTLE)
		model_settle(h);
	else
		model_expire(h, options->rules.keep_ms);
}

/* ---- asking the store for it ---- */

static inline Lz__Item *slot_item(unsigned number, size_t size)
{
	char id[17], message[33];
	Lz__Item *item;

	slot_names(number, id, message);
	item = new_item(id, message, "r@example.com");
	add_part(item, HEAD, size - HEAD);
	item->keep_original = slot_keeps_original(number);
	strings_set(&item->subject, number % 3 ? "Invoice of March" : "lunch at noon");
	return item;
}

static inline void ask_store(unsigned number, struct wire_message *message)
{
	Lz__Store *request = alloc(sizeof(*request));
	char *body = alloc(BODY_MOST);
	size_t size = slot_body(number, body);

	lz__store__init(request);
	request->items = alloc_zero(1, sizeof(*request->items));
	request->items[0] = slot_item(number, size);
	request->n_items = 1;
	strings_set(&request->message_id, request->items[0]->message_id);
	wire_body_take(body, size, &message->body);
	*message = (struct wire_message){
	        .type = MESSAGE_STORE, .envelope = &request->base, .body = message->body};
}

static inline ProtobufCMessage *ask_confirm(unsigned number)
{
	Lz__Confirm *request = alloc(sizeof(*request));
	char id[17], message[33];

	slot_names(number, id, message);
	lz__confirm__init(request);
	strings_set(&request->message_id, message);
	strings_add(&request->delivered, &request->n_delivered, "s@example.com");
	request->complete = 1;
	return &request->base;
}

static inline ProtobufCMessage *ask_release(unsigned number, enum outgoing_slot slot)
{
	Lz__Release *request = alloc(sizeof(*request));
	char id[17], message[33];

	slot_names(number, id, message);
	lz__release__init(request);
	strings_set(&request->id, id);
	strings_set(&request->by, "admin");
	if (slot == SLOT_ELSEWHERE)
		strings_add(&request->to, &request->n_to, "other@example.com");
	return &request->base;
}

static inline ProtobufCMessage *ask_delete(unsigned number)
{
	Lz__Delete *request = alloc(sizeof(*request));
	char id[17], message[33];

	slot_names(number, id, message);
	lz__delete__init(request);
	strings_set(&request->id, id);
	return &request->base;
}

static inline ProtobufCMessage *ask_take(void)
{
	Lz__Take *request = alloc(sizeof(*request));

	lz__take__init(request);
	request->limit = 100;
	request->lease_ms = LEASE_MS;
	return &request->base;
}

static inline ProtobufCMessage *ask_count(void)
{
	Lz__Count *request = alloc(sizeof(*request));

	lz__count__init(request);
	request->counters = alloc_zero(1, sizeof(*request->counters));
	request->counters[0] = alloc(sizeof(Lz__Counter));
	lz__counter__init(request->counters[0]);
	strings_set(&request->counters[0]->name, "message.in");
	request->counters[0]->value = 3;
	request->n_counters = 1;
	return &request->base;
}

static inline enum outgoing_slot slot_of(const Lz__Outgoing *outgoing)
{
	if (outgoing->kind != LZ__NOTICE_KIND__NOTICE_RELEASE)
		return SLOT_NOTICE;
	return strcmp(outgoing->to[0], "other@example.com") ? SLOT_RELEASE : SLOT_ELSEWHERE;
}

static inline ProtobufCMessage *ask_finish(struct fixture *f, const struct step *step)
{
	Lz__Finish *request = alloc(sizeof(*request));
	char id[17], message[33];
	Lz__Shown *shown;
	size_t at;

	slot_names(step->item, id, message);
	lz__finish__init(request);
	shown = show(f, id);
	for (at = 0; shown && at < shown->n_outbox; at++)
		if (slot_of(shown->outbox[at]) == step->slot)
			strings_set(&request->id, shown->outbox[at]->id);
	if (shown)
		message_free(&shown->base);
	request->done = step->event == OUTGOING_SENT;
	request->dead = step->event == OUTGOING_GIVE_UP;
	request->retry_ms = LEASE_MS / 2;
	strings_set(&request->text, "250 ok");
	return &request->base;
}

static inline struct wire_message ask_step(struct fixture *f, const struct step *step)
{
	struct wire_message message = {0};

	switch (step->kind) {
	case STEP_STORE:
		ask_store(step->item, &message);
		break;
	case STEP_CONFIRM:
		message.type = MESSAGE_CONFIRM;
		message.envelope = ask_confirm(step->item);
		break;
	case STEP_RELEASE:
		message.type = MESSAGE_RELEASE;
		message.envelope = ask_release(step->item, step->slot);
		break;
	case STEP_DELETE:
		message.type = MESSAGE_DELETE;
		message.envelope = ask_delete(step->item);
		break;
	case STEP_TAKE:
		message.type = MESSAGE_TAKE;
		message.envelope = ask_take();
		break;
	case STEP_FINISH:
		message.type = MESSAGE_FINISH;
		message.envelope = ask_finish(f, step);
		break;
	default:
		message.type = MESSAGE_COUNT;
		message.envelope = ask_count();
		break;
	}
	return message;
}

struct told {
	unsigned answers;
	struct err failed; /* the first answer that is neither what was asked for nor "no such" */
	int is_temporary;
};

static inline void note_answer(
        void *context, const struct wire_message *request, struct answer *answer)
{
	struct told *told = context;
	const Lz__Error *error = (const Lz__Error *)answer->envelope;

	told->answers++;
	if (answer->type != MESSAGE_ERROR || error->result == RESULT_NONE || *told->failed.text)
		return;
	told->is_temporary = error->result == RESULT_TEMPORARY;
	err_set(&told->failed, RESULT_PERMANENT, "%s", error->text);
}

static inline enum result run_requests(
        struct fixture *f, const struct group *group, struct told *told)
{
	struct batch *batch = batch_new(f->store, note_answer, told);
	struct wire_message message;
	enum result result;
	unsigned at;

	for (at = 0; at < group->count; at++) {
		message = ask_step(f, &group->steps[at]);
		batch_add(batch, &message);
	}
	result = batch_run(batch, group->now_ms, &f->err);
	batch_free(&batch);
	return result;
}

static inline enum result run_time(struct fixture *f, const struct group *group)
{
	enum result result = RESULT_OK;
	int more = 1;

	while (!result && more)
		result = group->kind == GROUP_SETTLE
		                 ? store_settle(f->store, group->now_ms, &more, &f->err)
		                 : store_expire(f->store, group->now_ms, &more, &f->err);
	return result;
}

/* RESULT_OK: all of it was done and answered. */
static inline enum result group_run(struct fixture *f, const struct group *group)
{
	struct told told = {0};
	enum result result;

	if (group->kind != GROUP_REQUESTS)
		return run_time(f, group);
	result = run_requests(f, group, &told);
	if (!result && *told.failed.text)
		return err_set(&f->err, told.is_temporary ? RESULT_TEMPORARY : RESULT_PERMANENT,
		        "%s", told.failed.text);
	if (!result && told.answers != group->count)
		return err_set(&f->err, RESULT_PERMANENT, "not every request was answered");
	return result;
}

/* ---- comparing ---- */

static inline int differ(struct err *err, const char *what, unsigned number)
{
	err_set(err, RESULT_PERMANENT, "item %u: %s", number, what);
	return 1;
}

static inline int differs_outbox(
        const struct model_item *item, const Lz__Shown *shown, unsigned number, struct err *err)
{
	unsigned slot, expected = 0;
	size_t at;

	for (slot = 0; slot < OUTGOING_SLOTS; slot++)
		expected += item->outbox[slot].state != OUTGOING_ABSENT;
	if (shown->n_outbox != expected)
		return differ(err, "an outbox record is lost, or doubled", number);
	for (at = 0; at < shown->n_outbox; at++) {
		const Lz__Outgoing *outgoing = shown->outbox[at];
		const struct model_outgoing *model = &item->outbox[slot_of(outgoing)];

		if (strcmp(outgoing->state, outgoing_machine.states[model->state]) != 0 ||
		        outgoing->attempts != model->attempts)
			return differ(err, "an outbox record is in another state", number);
	}
	return 0;
}

static inline int differs_bytes(struct fixture *f, const char *id, unsigned number, struct err *err)
{
	Lz__Fetch request = LZ__FETCH__INIT;
	Lz__Fetched fetched = LZ__FETCHED__INIT;
	struct buf bytes = {0};
	char *body = alloc(BODY_MOST);
	size_t size = slot_body(number, body), skip = slot_keeps_original(number) ? 0 : HEAD;
	int bad;

	request.id = (char *)id;
	request.part = skip ? 1 : 0;
	bad = store_fetch(f->store, &request, &fetched, &bytes, err) != RESULT_OK;
	if (!bad && (bytes.size != size - skip || memcmp(bytes.data, body + skip, bytes.size) != 0))
		bad = differ(err, "other bytes", number);
	if (fetched.sha256 != protobuf_c_empty_string)
		free(fetched.sha256);
	buf_fini(&bytes);
	free(body);
	return bad;
}

static inline int differs_item(
        struct fixture *f, const struct model_item *item, unsigned number, struct err *err)
{
	char id[17], message[33];
	Lz__Shown *shown;
	int bad;

	slot_names(number, id, message);
	shown = show(f, id);
	if (!shown)
		return model_is_there(item) ? differ(err, "is missing", number) : 0;
	if (!model_is_there(item))
		bad = differ(err, "should not be there", number);
	else if ((int)shown->item->state + ITEM_PENDING != (int)item->state)
		bad = differ(err, "is in another state", number);
	else
		bad = differs_outbox(item, shown, number, err) || differs_bytes(f, id, number, err);
	message_free(&shown->base);
	return bad;
}

/* 0: the store is what the model says; else err has the first difference. */
static inline int model_differs(struct fixture *f, const struct history *h, struct err *err)
{
	unsigned at;

	for (at = 0; at < SLOTS; at++)
		if (differs_item(f, &h->items[at], at, err))
			return 1;
	return 0;
}

/* Every key and every value of every table. */
static inline enum result digest_all(struct fixture *f, struct digest *out)
{
	struct digest_state state;
	struct backend_key key;
	struct buf value = {0};
	int table;
	enum result result = store_read_begin(f->store, &f->err);

	if (result)
		return result;
	digest_init(&state);
	for (table = 0; table < TABLE_COUNT && result <= RESULT_NONE; table++) {
		/* In the order of what was done, which is another one where a group was done in
		 * pieces; that the chain is whole is for store_verify(). */
		if (table == TABLE_AUDIT)
			continue;
		key = (struct backend_key){.size = 1};
		while (!(result = backend_step(f->store->txn, (enum backend_table)table,
		                 BACKEND_AFTER, &key, &value, &f->err))) {
			digest_add(&state, &key.size, sizeof(key.size));
			digest_add(&state, key.bytes, key.size);
			digest_add(&state, &value.size, sizeof(value.size));
			digest_add(&state, value.data, value.size);
		}
	}
	store_read_end(f->store);
	buf_fini(&value);
	digest_final(&state, out);
	return result == RESULT_NONE ? RESULT_OK : result;
}

#endif
