#include "lib/notice/values.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "lib/base/safe.h"

enum { SHOWN_BYTES = 300, SAFE_RING = 16 };

const char *const notice_names[] = {"item", "subject", "sender", "recipients", "recipients_more",
        "from", "client", "helo", "date", "size", "reason", "detail", "queue_id", "score", "rule",
        "title", "site", "admin", "held", "cut", "copied", "unconfirmed", "reason_virus",
        "reason_pua", "reason_heuristic", "reason_attachment", "reason_subject", "reason_spam",
        "reason_access", "reason_size", "reason_unscanned", "reason_undeliverable", "parts",
        "parts_more", "name", "type", "why", "path", NULL};

struct values {
	const Lz__Item *item;
	const struct notice_from *from;
	char date[40], size[24], score[24], recipients_more[24], parts_more[24];
	char *recipients;
	char *client;
	char *safe[SAFE_RING]; /* texts from outside, made fit for a line */
	size_t safe_count;
};

static const char *shown(struct values *values, const char *text)
{
	char **safe = &values->safe[values->safe_count++ % SAFE_RING];

	free(*safe);
	*safe = safe_text(text, SHOWN_BYTES);
	return *safe;
}

static const char *part_text(struct values *values, const char *name, const Lz__Part *part)
{
	if (strcmp(name, "name") == 0)
		return shown(values, part->name);
	if (strcmp(name, "type") == 0)
		return shown(values, part->type);
	if (strcmp(name, "why") == 0)
		return shown(values, part->reason);
	if (strcmp(name, "path") == 0)
		return shown(values, part->path);
	return NULL;
}

/* Conditions are the texts "yes" and "". */
static const char *condition_text(const struct values *values, const char *name)
{
	const Lz__Item *item = values->item;

	if (strcmp(name, "held") == 0)
		return item->disposition == LZ__DISPOSITION__QUARANTINE ? "yes" : "";
	if (strcmp(name, "cut") == 0)
		return item->disposition == LZ__DISPOSITION__DELIVER ? "yes" : "";
	if (strcmp(name, "copied") == 0)
		return item->disposition == LZ__DISPOSITION__REJECT ||
		                       item->disposition == LZ__DISPOSITION__DISCARD
		               ? "yes"
		               : "";
	if (strcmp(name, "unconfirmed") == 0)
		return item->state == LZ__ITEM_STATE__UNCONFIRMED ? "yes" : "";
	if (strncmp(name, "reason_", 7) == 0)
		return strcmp(item->reason, name + 7) == 0 ? "yes" : "";
	return NULL;
}

static const char *item_text(struct values *values, const char *name)
{
	const Lz__Item *item = values->item;
	const struct {
		const char *name;
		const char *text;
	} table[] = {
	        {"item", item->id},
	        {"subject", item->subject},
	        {"sender", *item->reverse_path ? item->reverse_path : "<>"},
	        {"recipients", values->recipients},
	        {"recipients_more", values->recipients_more},
	        {"from", item->header_from},
	        {"client", values->client},
	        {"helo", item->helo},
	        {"date", values->date},
	        {"size", values->size},
	        {"reason", item->reason},
	        {"detail", item->detail},
	        {"queue_id", item->queue_id},
	        {"score", values->score},
	        {"rule", item->rule},
	        {"title", values->from->title},
	        {"site", values->from->site},
	        {"admin", values->from->address},
	        {"parts_more", values->parts_more},
	};
	size_t at;

	for (at = 0; at < sizeof(table) / sizeof(table[0]); at++)
		if (strcmp(table[at].name, name) == 0)
			return shown(values, table[at].text);
	return NULL;
}

static size_t parts_shown(const Lz__Item *item)
{
	return item->n_parts < VALUES_PARTS_MOST ? item->n_parts : VALUES_PARTS_MOST;
}

static const char *value_text(const void *context, const char *name, int entry)
{
	/* The ring of safe texts is the one thing that asking changes. */
	struct values *values = (struct values *)(uintptr_t)context;
	const char *text;

	if (entry >= 0)
		return part_text(values, name, values->item->parts[entry]);
	text = condition_text(values, name);
	return text ? text : item_text(values, name);
}

static int value_count(const void *context, const char *name)
{
	const struct values *values = context;

	return strcmp(name, "parts") == 0 ? (int)parts_shown(values->item) : -1;
}

/* As many as a line holds, whole; the others are counted. Gives the number of those. */
static size_t join_recipients(const Lz__Item *item, char **out)
{
	struct buf text = {0};
	size_t at;

	buf_add(&text, "", 0);
	for (at = 0; at < item->n_recipients; at++) {
		const char *address = item->recipients[at]->address;

		if (at && text.size + strlen(address) + 2 > SHOWN_BYTES)
			break;
		buf_add_format(&text, "%s%s", at ? ", " : "", address);
	}
	*out = buf_give(&text);
	return item->n_recipients - at;
}

/* Nothing for 0, so that a section can ask for it. */
static void count_text(size_t count, char *out, size_t room)
{
	out[0] = '\0';
	if (count)
		snprintf(out, room, "%zu", count);
}

struct values *values_new(const struct notice_from *from, const Lz__Item *item)
{
	struct values *values = alloc_zero(1, sizeof(*values));

	values->item = item;
	values->from = from;
	clock_text(item->stored_ms, values->date, sizeof(values->date));
	snprintf(values->size, sizeof(values->size), "%llu", (unsigned long long)item->size);
	snprintf(values->score, sizeof(values->score), "%.1f", item->score);
	count_text(join_recipients(item, &values->recipients), values->recipients_more,
	        sizeof(values->recipients_more));
	count_text(
	        item->n_parts - parts_shown(item), values->parts_more, sizeof(values->parts_more));
	values->client = alloc_format(
	        "%s[%s]", *item->client_name ? item->client_name : "unknown", item->client_address);
	return values;
}

void values_free(struct values **values)
{
	size_t at;

	free((*values)->recipients);
	free((*values)->client);
	for (at = 0; at < SAFE_RING; at++)
		free((*values)->safe[at]);
	free(*values);
	*values = NULL;
}

const struct template_values values_answers = {.text = value_text, .count = value_count};
