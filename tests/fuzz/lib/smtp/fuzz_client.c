/*
 * Whatever a server says and whatever the message is: no bare CR or LF leaves, the message as a
 * server reads it is the one that was sent and ends with the last byte written, and every recipient
 * has a result.
 *
 * The input: a byte of options, the message up to the first 0xff, then what the server says, cut
 * into reads at every 0xff.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/smtp/client.h"

static void must(int condition)
{
	if (!condition)
		abort();
}

/* Pulls what the client wants to write, `most` bytes at a time. */
static void pull(struct smtp_client *client, struct buf *all, size_t most)
{
	const char *bytes;
	size_t size;

	while ((size = smtp_client_output(client, &bytes)) > 0) {
		size = size > most ? most : size;
		buf_add(all, bytes, size);
		smtp_client_written(client, size, 0);
	}
}

/* Every line ends in CRLF, and neither of the two stands alone. */
static void check_lines(const struct buf *all)
{
	size_t at;

	for (at = 0; at < all->size; at++) {
		if (all->data[at] == '\r')
			must(at + 1 < all->size && all->data[at + 1] == '\n');
		if (all->data[at] == '\n')
			must(at > 0 && all->data[at - 1] == '\r');
	}
}

/* The message as a server should see it, made the slow and plain way. */
static void normalise(const uint8_t *bytes, size_t size, struct buf *out)
{
	size_t at;

	for (at = 0; at < size; at++) {
		if (bytes[at] == '\r' && (at + 1 == size || bytes[at + 1] != '\n'))
			buf_add_char(out, ' ');
		else if (bytes[at] == '\n')
			buf_add_string(out, "\r\n");
		else if (bytes[at] != '\r')
			buf_add_char(out, (char)bytes[at]);
	}
	if (out->size && out->data[out->size - 1] != '\n')
		buf_add_string(out, "\r\n");
}

/* What was written since `from` is a message: nothing else is written while it is on its way. */
static int is_body(const struct smtp_client *client, const struct buf *all, size_t from)
{
	return smtp_client_state(client) == SMTP_BUSY && all->size >= from + 3 &&
	       !memcmp(all->data + all->size - 3, ".\r\n", 3) &&
	       (all->size == from + 3 || all->data[all->size - 4] == '\n');
}

/* Reads DATA as a server does: up to the first line that is a dot, stuffed dots taken off. */
static void check_body(const char *sent, size_t size, const uint8_t *bytes, size_t message_size)
{
	struct buf want = {0}, got = {0};
	const char *at = sent, *end, *stop = sent + size;

	for (; at < stop; at = end + 1) {
		end = memchr(at, '\n', (size_t)(stop - at));
		must(end != NULL);
		if (end - at == 2 && *at == '.')
			break;
		at += *at == '.';
		buf_add(&got, at, (size_t)(end + 1 - at));
	}
	must(end + 1 == stop);
	normalise(bytes, message_size, &want);
	must(got.size == want.size && (!got.size || !memcmp(got.data, want.data, got.size)));
	buf_fini(&want);
	buf_fini(&got);
}

static struct smtp_message message_of(const uint8_t *bytes, size_t size,
        const struct smtp_recipient *recipients, struct smtp_piece pieces[2], uint8_t options)
{
	size_t cut = size ? options % (size + 1) : 0;

	pieces[0] = (struct smtp_piece){bytes, cut};
	pieces[1] = (struct smtp_piece){bytes + cut, size - cut};
	return (struct smtp_message){.reverse_path = options & 1 ? "" : "s p\"@x",
	        .recipients = recipients,
	        .recipient_count = 3,
	        .pieces = pieces,
	        .piece_count = 2,
	        .eight_bit = 1,
	        .envid = "a+2B",
	        .ret = "FULL",
	        .xforward_addr = options & 2 ? "::1" : NULL,
	        .xforward_helo = "a b",
	        .all_or_none = options & 4,
	        .ask = options & 8};
}

/* Whether a message was begun. */
static int drive(struct smtp_client *client, const struct smtp_message *message)
{
	int begun = 0;

	if (smtp_client_state(client) == SMTP_DONE)
		smtp_client_next(client);
	if (smtp_client_state(client) == SMTP_IDLE) {
		smtp_client_send(client, message, 0);
		begun = 1;
	}
	if (smtp_client_state(client) == SMTP_ASKING)
		smtp_client_proceed(client, 1, 0);
	return begun;
}

static void check_results(const struct smtp_client *client)
{
	enum smtp_state state = smtp_client_state(client);
	enum result result;
	size_t i;

	for (i = 0; i < 3; i++) {
		result = smtp_client_result(client, i, NULL);
		must(result <= RESULT_UNSURE);
		must(result != RESULT_NONE || (state != SMTP_DONE && state != SMTP_CLOSED));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct smtp_recipient recipients[] = {
	        {"a@x", "rfc822;a@x", "NEVER"}, {.address = "b\"c@x"}, {.address = "\xc3\xa9@x"}};
	struct smtp_piece pieces[2];
	struct smtp_client *client = smtp_client_new("me", 0, 1000);
	struct smtp_message message;
	struct buf all = {0};
	const uint8_t *end = size > 1 ? memchr(data + 1, 0xff, size - 1) : NULL, *next;
	size_t bytes = end ? (size_t)(end - data) - 1 : 0, from;
	int told = 0;

	message = message_of(data + 1, bytes, recipients, pieces, data ? data[0] : 0);
	for (next = end ? end + 1 : data + size; next < data + size; next = end + 1) {
		end = memchr(next, 0xff, (size_t)(data + size - next));
		end = end ? end : data + size;
		smtp_client_input(client, next, (size_t)(end - next), 0);
		from = all.size;
		pull(client, &all, 1 + data[0] % 64);
		if (is_body(client, &all, from))
			check_body(all.data + from, all.size - from, data + 1, bytes);
		told |= drive(client, &message);
		pull(client, &all, 64);
	}
	smtp_client_eof(client, NULL);
	if (told)
		check_results(client);
	check_lines(&all);
	buf_fini(&all);
	smtp_client_free(&client);
	return 0;
}
