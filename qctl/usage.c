#include "qctl/usage.h"

#include <stdio.h>
#include <stdlib.h>

#include "lib/base/alloc.h"
#include "lib/config/form.h"
#include "qctl/print.h"

enum { PAGE = 1000 };

static void share_json(const Lz__Share *share)
{
	struct json json = {0};

	json_object(&json, NULL);
	json_text(&json, share->is_domain ? "domain" : "recipient", share->owner);
	json_number(&json, "used_bytes", (int64_t)share->used_bytes);
	json_number(&json, "quota_bytes", (int64_t)share->quota_bytes);
	json_end_object(&json);
	json_flush(&json);
}

static void add_percent(struct columns *columns, const Lz__Share *share)
{
	char text[32] = "";

	if (share->quota_bytes)
		snprintf(text, sizeof(text), "%.0f %%",
		        100.0 * (double)share->used_bytes / (double)share->quota_bytes);
	columns_add(columns, text);
}

static void share_row(struct columns *columns, const Lz__Share *share)
{
	char size[32];

	columns_add(columns, share->is_domain ? "domain" : "recipient");
	columns_add(columns, share->owner);
	snprintf(size, sizeof(size), "%llu", (unsigned long long)share->used_bytes);
	columns_add(columns, size);
	form_show_size(share->quota_bytes, size);
	columns_add(columns, share->quota_bytes ? size : "none");
	add_percent(columns, share);
}

static struct columns *begin_rows(void)
{
	static const char *const heads[] = {"", "OF", "BYTES", "QUOTA", "USED"};
	struct columns *columns = columns_new(sizeof(heads) / sizeof(heads[0]), 0);
	size_t at;

	for (at = 0; at < sizeof(heads) / sizeof(heads[0]); at++)
		columns_add(columns, heads[at]);
	return columns;
}

static enum result show_page(
        struct qctl *qctl, Lz__ListUsage *request, struct columns *columns, struct err *err)
{
	struct wire_message answer;
	const Lz__Usage *page;
	enum result result = qctl_ask(qctl, MESSAGE_LIST_USAGE, request, &answer, err);
	size_t at;

	if (result)
		return result;
	page = (const Lz__Usage *)answer.envelope;
	for (at = 0; at < page->n_shares; at++) {
		if (qctl->json)
			share_json(page->shares[at]);
		else
			share_row(columns, page->shares[at]);
	}
	free(request->after);
	request->after = alloc_string(page->next);
	wire_message_free(&answer);
	return *request->after ? RESULT_OK : RESULT_NONE;
}

enum result usage_show(struct qctl *qctl, struct err *err)
{
	Lz__ListUsage request = LZ__LIST_USAGE__INIT;
	struct columns *columns = begin_rows();
	struct buf out = {0};
	enum result result;

	request.after = alloc_string("");
	request.limit = PAGE;
	while (!(result = show_page(qctl, &request, columns, err)))
		continue;
	if (!qctl->json) {
		columns_print(columns, &out);
		qctl_print(&out);
	}
	columns_free(&columns);
	free(request.after);
	return result == RESULT_NONE ? RESULT_OK : result;
}
