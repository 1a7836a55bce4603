#include "quarantine/facts.h"

#include <stdio.h>
#include <string.h>

#include "quarantine/audit.h"
#include "quarantine/outbox.h"

enum result fact_stored(struct store *store, const Lz__Item *item, struct err *err)
{
	char detail[160];
	struct audit_fact fact = {.action = "store", .item = item->id, .detail = detail};

	snprintf(detail, sizeof(detail), "reason=%.64s recipients=%zu parts=%zu", item->reason,
	        item->n_recipients, item->n_parts);
	return audit_add(store, &fact, err);
}

enum result fact_removed(
        struct store *store, const char *item, enum item_event event, struct err *err)
{
	struct audit_fact fact = {.item = item};

	fact.who = event == ITEM_ERASE ? NULL : "store";
	fact.action = event == ITEM_ERASE      ? "erase"
	              : event == ITEM_DISPLACE ? "displace"
	                                       : "expire";
	return audit_add(store, &fact, err);
}

enum result fact_asked(struct store *store, const char *item, const char *release, struct err *err)
{
	char detail[64] = "";
	struct audit_fact fact = {.action = "ask", .item = item, .detail = detail};

	if (*release) {
		fact.action = "release";
		fact.why = "asked for by mail";
		snprintf(detail, sizeof(detail), "release=%.16s", release);
	}
	return audit_add(store, &fact, err);
}

/* Who carries a release reads the mail; of a notice it is enough how that ended. */
enum result fact_carried(struct store *store, const Lz__Outgoing *outgoing, struct err *err)
{
	char detail[64];
	struct audit_fact fact = {.action = "carry", .item = outgoing->item, .detail = detail};

	if (outgoing->kind != LZ__NOTICE_KIND__NOTICE_RELEASE)
		return RESULT_OK;
	outbox_word(outgoing, detail, sizeof(detail));
	return audit_add(store, &fact, err);
}

/* Of a record as it was before: told once, though the answer be lost and asked for again. */
enum result fact_finished(struct store *store, const Lz__Outgoing *outgoing,
        const Lz__Finish *request, struct err *err)
{
	char detail[64];
	struct audit_fact fact = {.action = request->done ? "delivered" : "gave-up",
	        .item = outgoing->item,
	        .detail = detail};

	if (strcmp(outgoing->state, outgoing_machine.states[OUTGOING_LEASED]) != 0)
		return RESULT_OK;
	outbox_word(outgoing, detail, sizeof(detail));
	return audit_add(store, &fact, err);
}
