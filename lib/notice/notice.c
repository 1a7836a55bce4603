#include "lib/notice/notice.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/safe.h"
#include "lib/base/utf8.h"
#include "lib/notice/encode.h"
#include "lib/notice/template.h"

enum { KINDS = 3, TEMPLATE_MOST = 64 * 1024, SHOWN_BYTES = 300, SAFE_RING = 16 };

struct notices {
	struct template *subjects[KINDS];
	struct template *bodies[KINDS];
};

const char *const notice_names[] = {"item", "subject", "sender", "recipients", "from", "client",
        "helo", "date", "size", "reason", "detail", "queue_id", "score", "rule", "site", "admin",
        "held", "cut", "copied", "undeliverable", "unconfirmed", "virus", "parts", "name", "type",
        "why", "path", NULL};

static const char *const files[KINDS] = {"sender.txt", "recipient.txt", "admin.txt"};

/* ---------------------------------------------------------------- reading templates */

/* A file begins with "Subject: …", an empty line, and the text. */
static enum result read_template(
        struct notices *notices, int kind, const char *path, struct err *err)
{
	struct buf text = {0};
	enum result result = file_read(path, TEMPLATE_MOST, &text, err);
	char *body;

	if (!result && !utf8_valid(text.data, text.size))
		result = err_set(err, RESULT_PERMANENT, "%s: expected UTF-8", path);
	if (!result &&
	        (strncmp(text.data, "Subject: ", 9) != 0 || !(body = strstr(text.data, "\n\n"))))
		result = err_set(err, RESULT_PERMANENT,
		        "%s:1: expected \"Subject: …\", an empty line and a text", path);
	if (!result) {
		*body = '\0';
		result = template_new(
		        path, text.data + 9, notice_names, &notices->subjects[kind], err);
	}
	if (!result)
		result = template_new(path, body + 2, notice_names, &notices->bodies[kind], err);
	buf_fini(&text);
	return result;
}

enum result notices_open(const char *folder, struct notices **out, struct err *err)
{
	struct notices *notices = alloc_zero(1, sizeof(*notices));
	enum result result = RESULT_OK;
	int kind;

	for (kind = 0; kind < KINDS && !result; kind++) {
		char *path = alloc_format("%s/%s", folder, files[kind]);

		result = read_template(notices, kind, path, err);
		free(path);
	}
	if (result)
		notices_close(&notices);
	else
		*out = notices;
	return result;
}

void notices_close(struct notices **notices)
{
	int kind;

	if (!*notices)
		return;
	for (kind = 0; kind < KINDS; kind++) {
		template_free(&(*notices)->subjects[kind]);
		template_free(&(*notices)->bodies[kind]);
	}
	free(*notices);
	*notices = NULL;
}

/* ---------------------------------------------------------------- values */

struct values {
	const Lz__Item *item;
	const struct notice_from *from;
	char date[40], size[24], score[24];
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
		return *part->name ? shown(values, part->name) : "(no name)";
	if (strcmp(name, "type") == 0)
		return shown(values, part->type);
	if (strcmp(name, "why") == 0)
		return shown(values, part->reason);
	if (strcmp(name, "path") == 0)
		return part->path;
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
	if (strcmp(name, "undeliverable") == 0)
		return strcmp(item->reason, "undeliverable") == 0 ? "yes" : "";
	if (strcmp(name, "unconfirmed") == 0)
		return item->state == LZ__ITEM_STATE__UNCONFIRMED ? "yes" : "";
	if (strcmp(name, "virus") == 0)
		return strcmp(item->reason, "virus") == 0 ? "yes" : "";
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
	        {"site", values->from->site},
	        {"admin", values->from->address},
	};
	size_t at;

	for (at = 0; at < sizeof(table) / sizeof(table[0]); at++)
		if (strcmp(table[at].name, name) == 0)
			return shown(values, table[at].text);
	return NULL;
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

	return strcmp(name, "parts") == 0 ? (int)values->item->n_parts : -1;
}

static char *join_recipients(const Lz__Item *item)
{
	enum { SHOWN = 20 };
	struct buf text = {0};
	size_t at;

	for (at = 0; at < item->n_recipients && at < SHOWN; at++)
		buf_add_format(&text, "%s%s", at ? ", " : "", item->recipients[at]->address);
	if (at < item->n_recipients)
		buf_add_format(&text, " and %zu more", item->n_recipients - at);
	return buf_give(&text);
}

static void values_init(struct values *values, const struct notice_from *from, const Lz__Item *item)
{
	*values = (struct values){.item = item, .from = from};
	clock_text(item->stored_ms, values->date, sizeof(values->date));
	snprintf(values->size, sizeof(values->size), "%llu", (unsigned long long)item->size);
	snprintf(values->score, sizeof(values->score), "%.1f", item->score);
	values->recipients = join_recipients(item);
	values->client = alloc_format(
	        "%s[%s]", *item->client_name ? item->client_name : "unknown", item->client_address);
}

static void values_fini(struct values *values)
{
	size_t at;

	free(values->recipients);
	free(values->client);
	for (at = 0; at < SAFE_RING; at++)
		free(values->safe[at]);
}

/* ---------------------------------------------------------------- the message */

static void add_field(struct buf *out, const char *name, const char *value)
{
	buf_add_format(out, "%s: ", name);
	encode_field(value, strlen(name) + 2, out);
	buf_add_string(out, "\r\n");
}

/* One header field on one line whatever the item's Message-ID was: only what RFC 5322 calls a
 * msg-id is repeated. */
static void add_references(struct buf *out, const char *message_id)
{
	size_t size = strlen(message_id), at;

	if (size < 5 || size > 250 || message_id[0] != '<' || message_id[size - 1] != '>')
		return;
	for (at = 1; at + 1 < size; at++)
		if (message_id[at] <= ' ' || message_id[at] > '~' || strchr("<>()", message_id[at]))
			return;
	buf_add_format(out, "In-Reply-To: %s\r\nReferences: %s\r\n", message_id, message_id);
}

static void add_header(struct buf *out, const struct notice_from *from,
        const Lz__Outgoing *outgoing, const Lz__Item *item, int64_t wall_ms)
{
	char date[40];
	int to_sender = outgoing->kind == LZ__NOTICE_KIND__NOTICE_SENDER;

	clock_mail_date(wall_ms, date, sizeof(date));
	buf_add_format(out, "Date: %s\r\n", date);
	buf_add_format(out, "From: Mail filter <%s>\r\n", from->address);
	buf_add_format(out, "To: <%s>\r\n", outgoing->n_to ? outgoing->to[0] : from->address);
	buf_add_format(out, "Message-ID: <notice.%s@%s>\r\n", outgoing->id, from->site);
	/* RFC 3834 section 5: replied to a message of its addressee's, or made on an event. */
	buf_add_format(
	        out, "Auto-Submitted: %s\r\n", to_sender ? "auto-replied" : "auto-generated");
	buf_add_string(out, "X-Auto-Response-Suppress: All\r\n");
	buf_add_format(out, "X-Lazaret-Notice: %s\r\n", item->id);
	if (to_sender)
		add_references(out, item->header_message_id);
	buf_add_string(out, "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
	                    "Content-Transfer-Encoding: quoted-printable\r\n");
}

void notice_compose(const struct notices *notices, const struct notice_from *from,
        const Lz__Outgoing *outgoing, const Lz__Item *item, int64_t wall_ms, struct buf *out)
{
	struct template_values holes = {.text = value_text, .count = value_count};
	struct values values;
	struct buf text = {0};

	values_init(&values, from, item);
	holes.context = &values;
	add_header(out, from, outgoing, item, wall_ms);
	template_fill(notices->subjects[outgoing->kind], &holes, &text);
	buf_add(&text, "", 0);
	add_field(out, "Subject", text.data);
	buf_add_string(out, "\r\n");
	buf_clear(&text);
	template_fill(notices->bodies[outgoing->kind], &holes, &text);
	buf_add(&text, "", 0);
	encode_body(text.data, out);
	buf_fini(&text);
	values_fini(&values);
}
