#include "quarantine/policy.h"

#include <inttypes.h>
#include <stdio.h>

#include "lib/base/file.h"
#include "lib/base/text.h"
#include "quarantine/audit.h"

enum { FILE_MOST = 1 << 20, AT_ONCE = 8 };

static enum result digest_file(const char *path, struct digest *out, struct err *err)
{
	struct buf text = {0};
	enum result result = file_read(path, FILE_MOST, &text, err);

	if (!result)
		digest_of(text.data ? text.data : "", text.size, out);
	buf_fini(&text);
	return result;
}

static enum result add_file(struct store *store, const struct digest *digest, struct err *err)
{
	char detail[32 + DIGEST_HEX_ROOM], hex[DIGEST_HEX_ROOM];
	struct audit_fact fact = {.who = "store", .action = "policy", .detail = detail};

	text_hex(digest->bytes, DIGEST_SIZE, hex);
	snprintf(detail, sizeof(detail), "configuration sha256=%s", hex);
	return audit_add(store, &fact, err);
}

/* Ends the transaction either way. */
static enum result end(struct store *store, enum result result, struct err *err)
{
	if (!result)
		return store_commit(store, err);
	store_abort(store);
	return result;
}

enum result policy_note_file(
        struct store *store, const char *path, int64_t now_ms, int *is_new, struct err *err)
{
	struct digest digest;
	enum result result = digest_file(path, &digest, err);

	*is_new = 0;
	if (!result)
		result = store_begin(store, now_ms, err);
	if (result)
		return result;
	result = audit_is_new(store, "policy", &digest, is_new, err);
	if (!result && *is_new)
		result = add_file(store, &digest, err);
	return end(store, result, err);
}

static enum result add_worker(
        struct store *store, const Lz__WorkerState *state, const char *who, struct err *err)
{
	char detail[MESSAGE_LINE_MAX];
	struct audit_fact fact = {.who = who, .action = "policy", .detail = detail};

	snprintf(detail, sizeof(detail),
	        "worker=%.200s generation=%" PRIu64 " refused=%" PRIu64 " signatures=%.200s",
	        state->worker, state->generation, state->refused, state->engine);
	return audit_add(store, &fact, err);
}

enum result policy_note_workers(
        struct store *store, struct workers *workers, int64_t now_ms, struct err *err)
{
	const char *who = NULL;
	const Lz__WorkerState *state = workers_next_news(workers, &who);
	enum result result;
	unsigned count;

	if (!state)
		return RESULT_OK;
	result = store_begin(store, now_ms, err);
	if (result)
		return result;
	for (count = 0; !result && state; count++) {
		result = add_worker(store, state, who, err);
		state = count + 1 < AT_ONCE ? workers_next_news(workers, &who) : NULL;
	}
	return end(store, result, err);
}

enum result policy_note_refusals(
        struct store *store, struct refusals *refusals, int64_t now_ms, struct err *err)
{
	uint64_t times = 0;
	const char *who = refusals_due(refusals, now_ms, &times);
	char detail[64];
	struct audit_fact fact = {.action = "refused", .detail = detail};
	enum result result;

	if (!who)
		return RESULT_OK;
	result = store_begin(store, now_ms, err);
	for (; !result && who; who = refusals_due(refusals, now_ms, &times)) {
		snprintf(detail, sizeof(detail), "%" PRIu64 " more", times);
		fact.who = who;
		result = audit_add(store, &fact, err);
	}
	if (store_is_open(store))
		result = end(store, result, err);
	if (result)
		refusals_abort(refusals);
	else
		refusals_commit(refusals, now_ms);
	return result;
}
