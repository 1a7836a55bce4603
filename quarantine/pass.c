#include "quarantine/pass.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/alloc.h"
#include "lib/base/file.h"
#include "lib/base/text.h"
#include "lib/crypto/digest.h"
#include "quarantine/key.h"
#include "quarantine/strings.h"

enum { ID_SIZE = 16, PARTS_ROOM = 80 };

/* ---------------------------------------------------------------- the key */

static enum result make_key(const char *path, uint8_t key[PASS_KEY_SIZE], struct err *err)
{
	random_bytes(key, PASS_KEY_SIZE);
	return file_write(path, key, PASS_KEY_SIZE, 0600, err);
}

enum result pass_key_load(const char *path, uint8_t key[PASS_KEY_SIZE], struct err *err)
{
	struct buf bytes = {0};
	struct stat status;
	enum result result;

	if (stat(path, &status) < 0)
		return errno == ENOENT ? make_key(path, key, err)
		                       : err_sys(err, RESULT_PERMANENT, "%s", path);
	if (status.st_mode & 077)
		return err_set(
		        err, RESULT_PERMANENT, "%s: others than its owner may open it", path);
	result = file_read(path, PASS_KEY_SIZE, &bytes, err);
	if (!result && bytes.size != PASS_KEY_SIZE)
		result = err_set(
		        err, RESULT_PERMANENT, "%s: not a key of %d bytes", path, PASS_KEY_SIZE);
	if (!result)
		memcpy(key, bytes.data, PASS_KEY_SIZE);
	buf_fini(&bytes);
	return result;
}

/* ---------------------------------------------------------------- the text */

/* "1.<release>.<end>.<signature>". Over the first three, with what they stand for. */
static void sign(const uint8_t key[PASS_KEY_SIZE], const char *id, int64_t end_ms, char out[65])
{
	char text[PARTS_ROOM];
	struct digest signature;
	int size = snprintf(text, sizeof(text), "Lazaret pass 1.%s.%" PRId64, id, end_ms);

	digest_keyed(key, text, (size_t)size, &signature);
	text_hex(signature.bytes, DIGEST_SIZE, out);
}

/* False where it has not the form. */
static int read_text(const char *text, char id[ID_SIZE + 1], int64_t *end_ms, char signature[65])
{
	char number[24];
	uint64_t value;
	int end = 0;

	if (sscanf(text, "1.%16[0-9a-z].%20[0-9].%64[0-9a-f]%n", id, number, signature, &end) !=
	                3 ||
	        text[end] || strlen(id) != ID_SIZE || strlen(signature) != 64 ||
	        !text_number(number, INT64_MAX, &value))
		return 0;
	*end_ms = (int64_t)value;
	return 1;
}

/* ---------------------------------------------------------------- giving */

static enum result load(struct backend_txn *txn, int64_t end_ms, const char *id, Lz__KeptPass **out,
        struct err *err)
{
	struct backend_key key = key_time(end_ms, id);

	return record_get(txn, TABLE_PASSES, &key, &lz__kept_pass__descriptor, (void **)out, err);
}

static enum result save(struct backend_txn *txn, int64_t end_ms, const char *id,
        const Lz__KeptPass *pass, struct err *err)
{
	struct backend_key key = key_time(end_ms, id);

	return record_put(txn, TABLE_PASSES, &key, pass, err);
}

static void add_recipients(Lz__KeptPass *pass, const Lz__Outgoing *outgoing)
{
	size_t at, known;

	for (at = 0; at < outgoing->n_to; at++) {
		for (known = 0; known < pass->n_to; known++)
			if (!strcmp(pass->to[known], outgoing->to[at]))
				break;
		if (known < pass->n_to)
			continue;
		strings_add(&pass->to, &pass->n_to, outgoing->to[at]);
		strings_add(&pass->redeemed, &pass->n_redeemed, "");
	}
}

enum result pass_give(struct backend_txn *txn, const uint8_t key[PASS_KEY_SIZE],
        Lz__Outgoing *outgoing, const char *sha256, int64_t now_ms, int64_t lifetime_ms,
        char text[PASS_TEXT_ROOM], struct err *err)
{
	Lz__KeptPass *pass = NULL;
	enum result result = RESULT_NONE;
	char signature[65];

	if (outgoing->pass_ms > now_ms)
		result = load(txn, outgoing->pass_ms, outgoing->id, &pass, err);
	if (result == RESULT_NONE) {
		pass = alloc(sizeof(*pass));
		lz__kept_pass__init(pass);
		outgoing->pass_ms = now_ms + lifetime_ms;
		result = RESULT_OK;
	}
	if (!result) {
		strings_set(&pass->sha256, sha256);
		add_recipients(pass, outgoing);
		result = save(txn, outgoing->pass_ms, outgoing->id, pass, err);
		sign(key, outgoing->id, outgoing->pass_ms, signature);
		snprintf(text, PASS_TEXT_ROOM, "1.%s.%" PRId64 ".%s", outgoing->id,
		        outgoing->pass_ms, signature);
	}
	message_free((ProtobufCMessage *)pass);
	return result;
}

/* ---------------------------------------------------------------- redeeming */

static long place_of(const Lz__KeptPass *pass, const char *recipient)
{
	size_t at;

	for (at = 0; at < pass->n_to; at++)
		if (text_same(pass->to[at], recipient))
			return (long)at;
	return -1;
}

/* Each recipient has it once, so that an MTA may part them. */
static const char *weigh(const Lz__KeptPass *pass, const Lz__Store *request)
{
	size_t at;

	if (!text_same(pass->sha256, request->pass_sha256))
		return "altered";
	for (at = 0; at < request->n_pass_to; at++) {
		long place = place_of(pass, request->pass_to[at]);

		if (place < 0 || (size_t)place >= pass->n_redeemed)
			return "foreign";
		if (*pass->redeemed[place] && strcmp(pass->redeemed[place], request->message_id))
			return "replayed";
	}
	return request->n_pass_to ? "redeemed" : "foreign";
}

static enum result write_down(struct backend_txn *txn, int64_t end_ms, const char *id,
        Lz__KeptPass *pass, const Lz__Store *request, struct err *err)
{
	size_t at;

	for (at = 0; at < request->n_pass_to; at++)
		strings_set(
		        &pass->redeemed[place_of(pass, request->pass_to[at])], request->message_id);
	return save(txn, end_ms, id, pass, err);
}

enum result pass_redeem(struct backend_txn *txn, const uint8_t key[PASS_KEY_SIZE],
        const Lz__Store *request, int64_t now_ms, const char **fate, struct err *err)
{
	char id[ID_SIZE + 1], said[65], signature[65];
	Lz__KeptPass *pass;
	enum result result;
	int64_t end_ms;

	*fate = "forged";
	if (!key || !read_text(request->pass, id, &end_ms, said))
		return RESULT_OK;
	sign(key, id, end_ms, signature);
	if (!secret_same(said, signature, 64))
		return RESULT_OK;
	*fate = "expired";
	if (end_ms <= now_ms)
		return RESULT_OK;
	result = load(txn, end_ms, id, &pass, err);
	if (result)
		return result == RESULT_NONE ? RESULT_OK : result;
	*fate = weigh(pass, request);
	if (!strcmp(*fate, "redeemed"))
		result = write_down(txn, end_ms, id, pass, request, err);
	message_free((ProtobufCMessage *)pass);
	return result;
}

enum result pass_expire(struct backend_txn *txn, int64_t now_ms, struct err *err)
{
	struct backend_key key = key_bytes("", 1);
	enum result result = backend_step(txn, TABLE_PASSES, BACKEND_AT_LEAST, &key, NULL, err);
	int64_t end_ms;
	char id[129];

	if (result)
		return result;
	if (!key_read_time(&key, 0, &end_ms, id))
		return err_set(err, RESULT_PERMANENT, "a damaged pass");
	return end_ms > now_ms ? RESULT_NONE : backend_drop(txn, TABLE_PASSES, &key, err);
}
