#include "quarantine/erasures.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/text.h"
#include "lib/crypto/digest.h"
#include "quarantine/key.h"
#include "quarantine/strings.h"

enum { SALT_SIZE = 16, ID_SIZE = 16, ID_TIME = 9 };

static void digest_person(const ProtobufCBinaryData *salt, const char *person, struct digest *out)
{
	char *folded = alloc_string(person);
	struct digest_state state;

	text_lower(folded);
	digest_init(&state);
	digest_add(&state, salt->data, salt->len);
	digest_add(&state, folded, strlen(folded));
	digest_final(&state, out);
	free(folded);
}

/* 45 bits of milliseconds, then 35 random ones, in base 32. */
static void make_id(int64_t now_ms, char id[ID_SIZE + 1])
{
	static const char digits[] = "0123456789abcdefghjkmnpqrstvwxyz";
	uint64_t time = (uint64_t)now_ms, chance;
	int at;

	random_bytes(&chance, sizeof(chance));
	for (at = 0; at < ID_SIZE; at++) {
		uint64_t number = at < ID_TIME ? time >> (5 * (ID_TIME - 1 - at))
		                               : chance >> (5 * (at - ID_TIME));

		id[at] = digits[number & 31];
	}
	id[ID_SIZE] = '\0';
}

static void set_bytes(ProtobufCBinaryData *field, const void *bytes, size_t size)
{
	field->data = (uint8_t *)alloc_bytes(bytes, size);
	field->len = size;
}

Lz__Erasure *erasure_new(const Lz__Erase *request, int64_t now_ms)
{
	Lz__Erasure *erasure = alloc(sizeof(*erasure));
	uint8_t salt[SALT_SIZE];
	char id[ID_SIZE + 1];
	struct digest digest;

	lz__erasure__init(erasure);
	make_id(now_ms, id);
	random_bytes(salt, sizeof(salt));
	strings_set(&erasure->id, id);
	strings_set(&erasure->by, request->by);
	strings_set(&erasure->why, request->why);
	erasure->begun_ms = now_ms;
	set_bytes(&erasure->salt, salt, sizeof(salt));
	digest_person(&erasure->salt, request->person, &digest);
	set_bytes(&erasure->digest, digest.bytes, DIGEST_SIZE);
	return erasure;
}

int erasure_is_of(const Lz__Erasure *erasure, const char *person)
{
	struct digest digest;

	digest_person(&erasure->salt, person, &digest);
	return erasure->digest.len == DIGEST_SIZE &&
	       secret_same(erasure->digest.data, digest.bytes, DIGEST_SIZE);
}

enum result erasure_load(
        struct backend_txn *txn, const char *id, Lz__Erasure **out, struct err *err)
{
	struct backend_key key = key_text(id);

	return record_get(txn, TABLE_ERASURES, &key, &lz__erasure__descriptor, (void **)out, err);
}

enum result erasure_save(struct backend_txn *txn, const Lz__Erasure *erasure, struct err *err)
{
	struct backend_key key = key_text(erasure->id);

	return record_put(txn, TABLE_ERASURES, &key, erasure, err);
}

enum result erasure_before(
        struct backend_txn *txn, struct backend_key *key, Lz__Erasure **out, struct err *err)
{
	enum result result = backend_step(txn, TABLE_ERASURES, BACKEND_BEFORE, key, NULL, err);

	return result ? result
	              : record_get(txn, TABLE_ERASURES, key, &lz__erasure__descriptor, (void **)out,
	                        err);
}

enum result erasure_left_off(
        struct backend_txn *txn, const char *person, Lz__Erasure **out, struct err *err)
{
	struct backend_key nothing = {0}, key = key_end_of(&nothing);
	enum result result;

	while (!(result = erasure_before(txn, &key, out, err))) {
		if (!(*out)->done_ms && erasure_is_of(*out, person))
			return RESULT_OK;
		message_free(&(*out)->base);
	}
	return result;
}
