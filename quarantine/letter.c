#include "quarantine/letter.h"

#include "lib/base/alloc.h"
#include "quarantine/key.h"
#include "quarantine/strings.h"

enum result letter_load(
        struct backend_txn *txn, const char *message_id, Lz__KeptMessage **out, struct err *err)
{
	struct backend_key key = key_text(message_id);
	enum result result = record_get(
	        txn, TABLE_MESSAGES, &key, &lz__kept_message__descriptor, (void **)out, err);

	if (result != RESULT_NONE)
		return result;
	*out = alloc(sizeof(**out));
	lz__kept_message__init(*out);
	return RESULT_OK;
}

/* Moves an entry of a table by time; 0 is none. */
static enum result move_entry(struct backend_txn *txn, enum backend_table table, const char *id,
        int64_t from_ms, int64_t to_ms, struct err *err)
{
	struct backend_key key;
	enum result result = RESULT_OK;

	if (from_ms == to_ms)
		return RESULT_OK;
	if (from_ms) {
		key = key_time(from_ms, id);
		result = backend_drop(txn, table, &key, err);
	}
	if (to_ms && result <= RESULT_NONE) {
		key = key_time(to_ms, id);
		result = backend_put(txn, table, &key, "", 0, err);
	}
	return result == RESULT_NONE ? RESULT_OK : result;
}

enum result letter_save(struct backend_txn *txn, const char *message_id, Lz__KeptMessage *record,
        int64_t pending_ms, int64_t now_ms, struct err *err)
{
	struct backend_key key = key_text(message_id);
	int64_t lone_ms = record->n_items ? 0 : now_ms;
	enum result result;

	if (!record->n_items)
		pending_ms = 0;
	result = move_entry(txn, TABLE_PENDING, message_id, record->pending_ms, pending_ms, err);
	if (!result)
		result = move_entry(txn, TABLE_LONE, message_id, record->lone_ms, lone_ms, err);
	record->pending_ms = pending_ms;
	record->lone_ms = lone_ms;
	return result ? result : record_put(txn, TABLE_MESSAGES, &key, record, err);
}

enum result letter_drop_item(struct backend_txn *txn, const char *message_id, const char *item,
        int64_t now_ms, struct err *err)
{
	Lz__KeptMessage *record;
	enum result result = letter_load(txn, message_id, &record, err);

	if (result)
		return result;
	strings_drop(record->items, &record->n_items, item);
	result = letter_save(txn, message_id, record, record->pending_ms, now_ms, err);
	message_free((ProtobufCMessage *)record);
	return result;
}

enum result letter_oldest(struct backend_txn *txn, enum backend_table table, int64_t before_ms,
        char message_id[129], struct err *err)
{
	struct backend_key key = key_bytes("", 1);
	int64_t since_ms;
	enum result result = backend_step(txn, table, BACKEND_AT_LEAST, &key, NULL, err);

	if (result)
		return result;
	if (!key_read_time(&key, 0, &since_ms, message_id))
		return err_set(err, RESULT_PERMANENT, "a damaged entry by time");
	return since_ms < before_ms ? RESULT_OK : RESULT_NONE;
}

enum result letter_forget(struct backend_txn *txn, const char *message_id, struct err *err)
{
	struct backend_key key = key_text(message_id);
	Lz__KeptMessage *record;
	enum result result = letter_load(txn, message_id, &record, err);

	if (result)
		return result;
	result = move_entry(txn, TABLE_LONE, message_id, record->lone_ms, 0, err);
	message_free((ProtobufCMessage *)record);
	if (!result)
		result = backend_drop(txn, TABLE_MESSAGES, &key, err);
	return result == RESULT_NONE ? RESULT_OK : result;
}
