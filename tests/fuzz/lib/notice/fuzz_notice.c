/*
 * Whatever a mail made of the fields of its item: a notice is printable ASCII in lines that end in
 * CRLF and that RFC 5322 allows, and its header has the fields that we wrote, each once.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/notice/notice.h"

enum { LINE_MOST = 998, TEXT_MOST = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct config *config;
static struct notices *notices;
static struct notice_from from;

static void on_wrong(void *context, const char *sentence)
{
	abort();
}

static void open_once(void)
{
	static const char yaml[] = "site: {name: mx.example.org, admin: a@example.org}\n"
	                           "front: {next_hop: 127.0.0.1:25}\n"
	                           "notifier:\n  templates: templates\n  languages:\n"
	                           "    - {domains: [.de], language: de}\n";
	struct err err;

	if (config)
		return;
	if (config_parse("l.yaml", yaml, strlen(yaml), &config, &err))
		abort();
	notices = notices_open(config, on_wrong, NULL);
	notice_from_config(config, &from);
}

static void check_lines(const char *mail)
{
	size_t length = 0;

	for (; *mail; mail++) {
		if (mail[0] == '\r') {
			assert(mail[1] == '\n');
			mail++;
			length = 0;
			continue;
		}
		assert(*mail >= ' ' && *mail <= '~');
		assert(++length <= LINE_MOST);
	}
	assert(length == 0);
}

/* Fields come in our order; a line is one of them or goes on with a blank. */
static void check_header(const char *mail)
{
	static const char *const fields[] = {"Date: ", "From: ", "To: ", "Message-ID: ",
	        "Auto-Submitted: ", "X-Auto-Response-Suppress: ", "X-Lazaret-Notice: ",
	        "X-Lazaret-Mark: ", "In-Reply-To: ", "References: ", "Content-Language: ",
	        "Subject: ", "MIME-Version: ", "Content-Type: "};
	const char *at = mail, *end = strstr(mail, "\r\n\r\n");
	size_t next = 0;

	assert(end);
	for (; at < end; at = strstr(at, "\r\n") + 2) {
		if (*at == ' ')
			continue;
		while (strncmp(at, fields[next], strlen(fields[next])) != 0)
			assert(++next < sizeof(fields) / sizeof(fields[0]));
		next++;
	}
	assert(next == sizeof(fields) / sizeof(fields[0]));
}

static void set_texts(Lz__Item *item, Lz__Part *part, Lz__Recipient *recipient, char *text)
{
	char **const all[] = {&item->subject, &item->reverse_path, &item->header_from,
	        &item->client_name, &item->client_address, &item->helo, &item->detail,
	        &item->queue_id, &item->rule, &item->header_message_id, &part->name, &part->type,
	        &part->reason, &part->path, &recipient->address};
	size_t at;

	for (at = 0; at < sizeof(all) / sizeof(all[0]); at++)
		*all[at] = text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Lz__Item item = LZ__ITEM__INIT;
	Lz__Part part = LZ__PART__INIT, *parts[1] = {&part};
	Lz__Recipient recipient = LZ__RECIPIENT__INIT, *recipients[1] = {&recipient};
	Lz__Outgoing outgoing = LZ__OUTGOING__INIT;
	Lz__Gathered entry = LZ__GATHERED__INIT, *entries[1] = {&entry};
	Lz__Counter counter = LZ__COUNTER__INIT, *counters[1] = {&counter};
	char *text, *to[1];
	struct buf mail = {0};

	if (!size || size > TEXT_MOST)
		return 0;
	open_once();
	text = to[0] = alloc_bytes(data + 1, size - 1);
	set_texts(&item, &part, &recipient, text);
	item.id = outgoing.id = "0123456789abcdef";
	item.disposition = LZ__DISPOSITION__DELIVER;
	item.parts = parts;
	item.recipients = recipients;
	item.n_parts = item.n_recipients = 1;
	outgoing.kind = (Lz__NoticeKind)(data[0] % 8);
	if (outgoing.kind == LZ__NOTICE_KIND__NOTICE_RELEASE)
		outgoing.kind = LZ__NOTICE_KIND__NOTICE_DIGEST;
	outgoing.of = (Lz__NoticeKind)(data[0] / 8 % 2);
	entry.item = item.id;
	entry.subject = entry.sender = entry.recipients = entry.reason = entry.detail = text;
	counter.name = outgoing.group = outgoing.by = text;
	outgoing.entries = entries;
	outgoing.senders = outgoing.recipients = counters;
	outgoing.n_entries = outgoing.n_senders = outgoing.n_recipients = 1;
	outgoing.to = to;
	outgoing.n_to = 1;
	notice_compose(notices, &from, &outgoing, &item, 1795341600000, &mail);
	check_lines(mail.data);
	check_header(mail.data);
	buf_fini(&mail);
	free(text);
	return 0;
}
