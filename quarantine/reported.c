#include "quarantine/reported.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "quarantine/audit.h"
#include "quarantine/strings.h"
#include "quarantine/tally.h"

enum { ENTRY_ROOM = 4096 };

void reported_failed(Lz__Report *report)
{
	strings_set(&report->reported->fate, "failed");
}

/* What has changed nothing is no entry, but that an administrator was contradicted is; and of those
 * that are too many the first, so that nobody fills the audit with them. */
static int is_noted(const Lz__Reported *reported)
{
	return !strcmp(reported->fate, "learned") || !strcmp(reported->fate, "contradicted") ||
	       reported->first_excess;
}

static enum result note(struct store *store, const Lz__Store *request, const Lz__Reported *reported,
        struct err *err)
{
	char detail[200];
	struct audit_fact fact = {.action = "learn", .detail = detail};
	enum result result;

	if (!is_noted(reported))
		return RESULT_OK;
	snprintf(detail, sizeof(detail),
	        "message=%.32s fate=%.16s lesson=%s learned=%u corrected=%u already=%u "
	        "contradicted=%u%s",
	        request->message_id, reported->fate,
	        request->report->lesson == LZ__LESSON__LEARN_HAM ? "ham" : "spam",
	        reported->learned, reported->corrected, reported->already, reported->contradicted,
	        reported->again ? " again" : "");
	result = store_room(store, ENTRY_ROOM, err);
	return result ? result : audit_add(store, &fact, err);
}

static enum result count(struct store *store, const Lz__Reported *reported, struct err *err)
{
	uint64_t messages = (uint64_t)reported->learned + reported->corrected;
	char name[TALLY_NAME_MAX];
	enum result result;

	if (reported->again)
		return RESULT_OK;
	snprintf(name, sizeof(name), "report.%.16s", reported->fate);
	result = tally_day(store->txn, store->now_ms, name, 1, err);
	if (!result && messages)
		result = tally_day(store->txn, store->now_ms, "report.messages", messages, err);
	return result;
}

static Lz__Reported *copy_of(const Lz__Reported *reported)
{
	Lz__Reported *copy = alloc(sizeof(*copy));

	*copy = *reported;
	copy->fate = alloc_string(reported->fate);
	return copy;
}

enum result reported_put(
        struct store *store, const Lz__Store *request, Lz__Stored *out, struct err *err)
{
	const Lz__Reported *reported = request->report ? request->report->reported : NULL;
	enum result result;

	if (!reported || !*reported->fate)
		return RESULT_OK;
	result = note(store, request, reported, err);
	if (!result)
		result = count(store, reported, err);
	if (!result)
		out->reported = copy_of(reported);
	return result;
}
