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
        "parts_more", "name", "type", "why", "path", "request", "request_link", "count", "first",
        "last", "group", "to_sender", "to_recipient", "entries", "entries_more", "entry_item",
        "entry_subject", "entry_sender", "entry_recipients", "entry_date", "entry_reason",
        "entry_detail", "entry_released", "entry_request", "entry_link", "top_senders",
        "top_sender", "top_sender_count", "top_recipients", "top_recipient", "top_recipient_count",
        "asker", "answer_released", "answer_asked", "answer_used", "answer_expired", "answer_virus",
        "answer_never", "answer_parts", "answer_gone", NULL};

struct values {
	const Lz__Item *item;
	const Lz__Outgoing *outgoing;
	const struct notice_from *from;
	char date[40], first[40], last[40];
	char size[24], score[24], recipients_more[24], parts_more[24], count[24], entries_more[24];
	char *recipients;
	char *client;
	char *request, *request_link;
	char *made; /* the last text that was made for an entry */
	const Lz__Counter *senders[VALUES_TOP_MOST], *named[VALUES_TOP_MOST]; /* most first */
	size_t sender_count, named_count;
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

static const char *part_text(struct values *values, const char *name, size_t entry)
{
	const Lz__Part *part;

	if (entry >= values->item->n_parts)
		return NULL;
	part = values->item->parts[entry];
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

/* ---- what is gathered ---- */

static const char *keep(struct values *values, char *made)
{
	free(values->made);
	values->made = made;
	return made;
}

static const char *time_text(struct values *values, int64_t time_ms)
{
	char text[40];

	clock_text(time_ms, text, sizeof(text));
	return keep(values, alloc_string(text));
}

static const char *entry_text(struct values *values, const char *name, size_t entry)
{
	const Lz__Gathered *gathered;

	if (strncmp(name, "entry_", 6) != 0 || entry >= values->outgoing->n_entries)
		return NULL;
	name += 6;
	gathered = values->outgoing->entries[entry];
	if (strcmp(name, "date") == 0)
		return time_text(values, gathered->stored_ms);
	if (strcmp(name, "released") == 0)
		return gathered->released ? "yes" : "";
	if (strcmp(name, "request") == 0)
		return keep(values, notice_request(values->from, gathered->token));
	if (strcmp(name, "link") == 0)
		return keep(values, notice_request_link(values->from, gathered->token));
	return shown(values, strcmp(name, "item") == 0      ? gathered->item
	                     : strcmp(name, "subject") == 0 ? gathered->subject
	                     : strcmp(name, "sender") == 0  ? gathered->sender
	                     : strcmp(name, "reason") == 0  ? gathered->reason
	                     : strcmp(name, "detail") == 0  ? gathered->detail
	                                                    : gathered->recipients);
}

static const char *top_text(struct values *values, const char *name, size_t entry)
{
	const Lz__Counter *counter = NULL;
	int is_sender = strncmp(name, "top_sender", 10) == 0;

	if (is_sender && entry < values->sender_count)
		counter = values->senders[entry];
	else if (strncmp(name, "top_recipient", 13) == 0 && entry < values->named_count)
		counter = values->named[entry];
	if (!counter)
		return NULL;
	if (!strcmp(name, is_sender ? "top_sender" : "top_recipient"))
		return shown(values, counter->name);
	return keep(values, alloc_format("%llu", (unsigned long long)counter->value));
}

static const char *list_text(struct values *values, const char *name, size_t entry)
{
	const char *text = part_text(values, name, entry);

	if (!text)
		text = entry_text(values, name, entry);
	return text ? text : top_text(values, name, entry);
}

static int by_value(const void *a, const void *b)
{
	const Lz__Counter *one = *(const Lz__Counter *const *)a;
	const Lz__Counter *two = *(const Lz__Counter *const *)b;

	if (one->value != two->value)
		return one->value < two->value ? 1 : -1;
	return strcmp(one->name, two->name);
}

/* The most frequent ones; gives how many. */
static size_t find_top(
        Lz__Counter *const *list, size_t count, const Lz__Counter *top[VALUES_TOP_MOST])
{
	const Lz__Counter **sorted = alloc_zero(count, sizeof(*sorted));
	size_t at, most = count < VALUES_TOP_MOST ? count : VALUES_TOP_MOST;

	for (at = 0; at < count; at++)
		sorted[at] = list[at];
	if (count)
		qsort(sorted, count, sizeof(*sorted), by_value);
	for (at = 0; at < most; at++)
		top[at] = sorted[at];
	free(sorted);
	return most;
}

/* ---- conditions and texts ---- */

static const char *outgoing_condition(const struct values *values, const char *name)
{
	const Lz__Outgoing *outgoing = values->outgoing;

	if (strcmp(name, "to_sender") == 0)
		return outgoing->of == LZ__NOTICE_KIND__NOTICE_SENDER ? "yes" : "";
	if (strcmp(name, "to_recipient") == 0)
		return outgoing->of == LZ__NOTICE_KIND__NOTICE_RECIPIENT ? "yes" : "";
	if (strncmp(name, "answer_", 7) == 0)
		return strcmp(outgoing->why, name + 7) == 0 ? "yes" : "";
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
	return outgoing_condition(values, name);
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
	        {"request", values->request},
	        {"request_link", values->request_link},
	        {"count", values->count},
	        {"first", values->first},
	        {"last", values->last},
	        {"group", values->outgoing->group},
	        {"entries_more", values->entries_more},
	        {"asker", values->outgoing->by},
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
		return list_text(values, name, (size_t)entry);
	text = condition_text(values, name);
	return text ? text : item_text(values, name);
}

static int value_count(const void *context, const char *name)
{
	const struct values *values = context;

	if (strcmp(name, "parts") == 0)
		return (int)parts_shown(values->item);
	if (strcmp(name, "entries") == 0)
		return (int)values->outgoing->n_entries;
	if (strcmp(name, "top_senders") == 0)
		return (int)values->sender_count;
	return strcmp(name, "top_recipients") == 0 ? (int)values->named_count : -1;
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

static void set_numbers(struct values *values)
{
	const Lz__Outgoing *outgoing = values->outgoing;
	const Lz__Item *item = values->item;

	clock_text(item->stored_ms, values->date, sizeof(values->date));
	clock_text(outgoing->first_ms, values->first, sizeof(values->first));
	clock_text(outgoing->last_ms, values->last, sizeof(values->last));
	snprintf(values->size, sizeof(values->size), "%llu", (unsigned long long)item->size);
	snprintf(values->score, sizeof(values->score), "%.1f", item->score);
	count_text(outgoing->count, values->count, sizeof(values->count));
	count_text(
	        outgoing->count > outgoing->n_entries ? outgoing->count - outgoing->n_entries : 0,
	        values->entries_more, sizeof(values->entries_more));
	count_text(
	        item->n_parts - parts_shown(item), values->parts_more, sizeof(values->parts_more));
}

struct values *values_new(
        const struct notice_from *from, const Lz__Outgoing *outgoing, const Lz__Item *item)
{
	struct values *values = alloc_zero(1, sizeof(*values));

	values->item = item;
	values->outgoing = outgoing;
	values->from = from;
	set_numbers(values);
	count_text(join_recipients(item, &values->recipients), values->recipients_more,
	        sizeof(values->recipients_more));
	values->client = alloc_format(
	        "%s[%s]", *item->client_name ? item->client_name : "unknown", item->client_address);
	values->request = notice_request(from, outgoing->token);
	values->request_link = notice_request_link(from, outgoing->token);
	values->sender_count = find_top(outgoing->senders, outgoing->n_senders, values->senders);
	values->named_count = find_top(outgoing->recipients, outgoing->n_recipients, values->named);
	return values;
}

void values_free(struct values **values)
{
	size_t at;

	free((*values)->recipients);
	free((*values)->client);
	free((*values)->request);
	free((*values)->request_link);
	free((*values)->made);
	for (at = 0; at < SAFE_RING; at++)
		free((*values)->safe[at]);
	free(*values);
	*values = NULL;
}

const struct template_values values_answers = {.text = value_text, .count = value_count};
