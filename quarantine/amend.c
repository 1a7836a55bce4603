/*
 * What a person does to records of the outbox.
 */
#include <string.h>

#include "lib/base/alloc.h"
#include "quarantine/inside.h"
#include "quarantine/item.h"
#include "quarantine/key.h"
#include "quarantine/outbox.h"
#include "quarantine/strings.h"

enum { AMEND_PIECE = 256, AMEND_LOOKS = 4096 };

/* Its tries begin anew: it is as if it had just become due. */
static enum result amend_record(
        struct store *store, const Lz__Amend *request, Lz__Outgoing *outgoing, struct err *err)
{
	if (!request->drop)
		outgoing->attempts = 0;
	return outbox_move(store->txn, outgoing, request->drop ? OUTGOING_DROP : OUTGOING_AGAIN,
	        store->now_ms, err);
}

static enum result amend_one(
        struct store *store, const Lz__Amend *request, Lz__Amended *out, struct err *err)
{
	Lz__Outgoing *outgoing;
	enum result result = item_check_id(request->id, err);

	if (!result)
		result = outbox_get(store->txn, request->id, &outgoing, err);
	if (result)
		return result == RESULT_NONE
		               ? err_set(err, result, "no outbox record %s", request->id)
		               : result;
	result = amend_record(store, request, outgoing, err);
	message_free((ProtobufCMessage *)outgoing);
	out->count = !result;
	return result;
}

static enum result amend_if_dead(struct store *store, const Lz__Amend *request, const char *id,
        Lz__Amended *out, struct err *err)
{
	Lz__Outgoing *outgoing;
	enum result result = outbox_get(store->txn, id, &outgoing, err);

	if (result)
		return result;
	if (!strcmp(outgoing->state, outgoing_machine.states[OUTGOING_DEAD])) {
		result = amend_record(store, request, outgoing, err);
		out->count += !result;
	}
	message_free((ProtobufCMessage *)outgoing);
	return result;
}

static enum result amend_dead(
        struct store *store, const Lz__Amend *request, Lz__Amended *out, struct err *err)
{
	struct backend_key key = key_text(request->after);
	enum result result = RESULT_OK;
	char id[BACKEND_KEY_MAX + 1];
	int looks;

	for (looks = 0; !result && looks < AMEND_LOOKS && out->count < AMEND_PIECE; looks++) {
		result = backend_step(store->txn, TABLE_OUTBOX, BACKEND_AFTER, &key, NULL, err);
		if (result)
			break;
		memcpy(id, key.bytes, key.size);
		id[key.size] = '\0';
		result = amend_if_dead(store, request, id, out, err);
	}
	if (!result)
		strings_set(&out->next, id);
	return result == RESULT_NONE ? RESULT_OK : result;
}

enum result store_amend(
        struct store *store, const Lz__Amend *request, Lz__Amended *out, struct err *err)
{
	return request->all ? amend_dead(store, request, out, err)
	                    : amend_one(store, request, out, err);
}
