#include "submitter/qfront/delivery.h"

#include <assert.h>
#include <stdlib.h>

#include "lib/base/alloc.h"

enum { TICK_MS = 250 };

struct sending {
	struct delivery *delivery;
	struct sending *next; /* of those that wait */
	struct kept *on;      /* its connection; NULL while it waits */
	const struct smtp_message *message;
	struct sending_calls calls;
	void *context;
	struct sending **slot;
	size_t failures; /* connections that could not be made while it was the first to wait */
	int retried, proceeded, asked;
};

struct kept {
	struct delivery *delivery;
	struct kept *next;
	struct smtp_line *line;
	struct loop_source *source;
	struct sending *sending;
	int served; /* was ready for a message at least once */
	int ending; /* done() is being called: it must stay as it is */
};

struct delivery {
	struct loop *loop;
	struct smtp_target *target;
	const char *helo;
	int64_t timeout_ms;
	size_t connections, count;
	struct kept *lines;
	struct sending *waiting, **waiting_end;
	struct loop_source *timer;
};

static void drive(struct delivery *delivery);
static void drive_line(struct kept *kept);

/* ---- connections ---- */

static void kept_free(struct kept *kept)
{
	struct kept **at = &kept->delivery->lines;

	while (*at != kept)
		at = &(*at)->next;
	*at = kept->next;
	kept->delivery->count--;
	if (kept->source)
		loop_remove(&kept->source);
	smtp_line_close(&kept->line);
	free(kept);
}

static void watch(struct kept *kept)
{
	unsigned wants = smtp_line_wants(kept->line);

	if (kept->source)
		loop_change(kept->source, (wants & SMTP_LINE_READ ? LOOP_READ : 0u) |
		                                  (wants & SMTP_LINE_WRITE ? LOOP_WRITE : 0u));
}

static void on_line(void *context, unsigned events)
{
	struct kept *kept = context;
	struct delivery *delivery = kept->delivery;

	smtp_line_ready(kept->line, loop_now_ms(delivery->loop));
	drive_line(kept);
	drive(delivery);
}

static struct kept *kept_open(struct delivery *delivery)
{
	struct kept *kept = alloc_zero(1, sizeof(*kept));
	int fd;

	kept->delivery = delivery;
	kept->line = smtp_line_open(delivery->target, delivery->helo, loop_now_ms(delivery->loop),
	        delivery->timeout_ms);
	kept->next = delivery->lines;
	delivery->lines = kept;
	delivery->count++;
	fd = smtp_line_fd(kept->line);
	if (fd >= 0)
		kept->source = loop_add_fd(delivery->loop, fd, LOOP_WRITE, on_line, kept);
	return kept;
}

/* ---- messages ---- */

static void add_waiting(struct delivery *delivery, struct sending *sending, int first)
{
	sending->on = NULL;
	sending->asked = sending->proceeded = 0;
	if (first) {
		sending->next = delivery->waiting;
		delivery->waiting = sending;
		if (!sending->next)
			delivery->waiting_end = &sending->next;
	} else {
		sending->next = NULL;
		*delivery->waiting_end = sending;
		delivery->waiting_end = &sending->next;
	}
}

static void remove_waiting(struct delivery *delivery, struct sending *sending)
{
	struct sending **at = &delivery->waiting;

	while (*at != sending)
		at = &(*at)->next;
	*at = sending->next;
	if (!*at)
		delivery->waiting_end = at;
}

static void end_sending(
        struct sending *sending, const struct smtp_client *client, const char *error)
{
	struct sending_calls calls = sending->calls;
	void *context = sending->context;

	*sending->slot = NULL;
	free(sending);
	calls.done(context, client, error);
}

/* The first that waits has seen as many failures as there are addresses: nobody is there. */
static void connection_failed(struct delivery *delivery, const char *error)
{
	struct sending *first = delivery->waiting;

	if (!first || ++first->failures < smtp_target_count(delivery->target))
		return;
	remove_waiting(delivery, first);
	end_sending(first, NULL, error);
}

static void line_closed(struct kept *kept)
{
	struct delivery *delivery = kept->delivery;
	const struct smtp_client *client = smtp_line_client(kept->line);
	struct sending *sending = kept->sending;
	struct err why;

	err_set(&why, RESULT_TEMPORARY, "%s", smtp_client_error(client));
	if (sending && smtp_client_untouched(client) && !sending->retried) {
		sending->retried = 1;
		kept_free(kept);
		add_waiting(delivery, sending, 1);
	} else if (sending) {
		kept->sending = NULL;
		kept->ending = 1;
		end_sending(sending, client, why.text);
		kept_free(kept);
	} else if (kept->served) {
		kept_free(kept);
	} else {
		kept_free(kept);
		connection_failed(delivery, why.text);
	}
}

static void message_done(struct kept *kept)
{
	struct sending *sending = kept->sending;

	kept->sending = NULL;
	kept->ending = 1;
	end_sending(sending, smtp_line_client(kept->line), "");
	kept->ending = 0;
	smtp_line_next(kept->line);
}

static void ask(struct sending *sending, const struct smtp_client *client)
{
	if (sending->asked)
		return;
	sending->asked = 1;
	sending->calls.ask(sending->context, client);
}

/* Looks at what the connection has come to. It may be gone afterwards. */
static void drive_line(struct kept *kept)
{
	switch (smtp_line_state(kept->line)) {
	case SMTP_CLOSED:
		line_closed(kept);
		return;
	case SMTP_DONE:
		message_done(kept);
		break;
	case SMTP_ASKING:
		watch(kept);
		ask(kept->sending, smtp_line_client(kept->line));
		return; /* the answer may have ended it */
	case SMTP_IDLE:
		kept->served = 1;
		break;
	case SMTP_CONNECTING:
	case SMTP_BUSY:
		break;
	}
	watch(kept);
}

static void start(struct kept *kept, struct sending *sending)
{
	remove_waiting(kept->delivery, sending);
	kept->sending = sending;
	sending->on = kept;
	smtp_line_send(kept->line, sending->message, loop_now_ms(kept->delivery->loop));
	drive_line(kept);
}

/* An idle connection that is still one; those found closed are taken away. */
static struct kept *find_idle(struct delivery *delivery, size_t *connecting)
{
	struct kept *kept, *next;

	*connecting = 0;
	for (kept = delivery->lines; kept; kept = next) {
		next = kept->next;
		if (kept->sending || kept->ending)
			continue;
		if (smtp_line_state(kept->line) == SMTP_IDLE)
			smtp_line_ready(kept->line, loop_now_ms(delivery->loop));
		if (smtp_line_state(kept->line) == SMTP_IDLE)
			return kept;
		if (smtp_line_state(kept->line) == SMTP_CONNECTING)
			++*connecting;
		else
			kept_free(kept);
	}
	return NULL;
}

static size_t count_waiting(const struct delivery *delivery)
{
	const struct sending *sending;
	size_t count = 0;

	for (sending = delivery->waiting; sending; sending = sending->next)
		count++;
	return count;
}

static void drive(struct delivery *delivery)
{
	struct kept *kept;
	size_t connecting;

	while (delivery->waiting) {
		kept = find_idle(delivery, &connecting);
		if (kept) {
			start(kept, delivery->waiting);
			continue;
		}
		if (connecting >= count_waiting(delivery) ||
		        delivery->count >= delivery->connections)
			return;
		kept = kept_open(delivery);
		if (smtp_line_state(kept->line) == SMTP_CLOSED)
			line_closed(kept);
	}
}

static void on_tick(void *context, int64_t now_ms)
{
	struct delivery *delivery = context;
	struct kept *kept, *next;

	for (kept = delivery->lines; kept; kept = next) {
		next = kept->next;
		if (now_ms < smtp_line_deadline(kept->line))
			continue;
		smtp_line_tick(kept->line, now_ms);
		drive_line(kept);
		/* What was called may have changed the list; the rest can wait for a tick. */
		break;
	}
	drive(delivery);
}

/* ---- what the others call ---- */

struct delivery *delivery_new(struct loop *loop, struct smtp_target *target, const char *helo,
        int64_t timeout_ms, size_t connections)
{
	struct delivery *delivery = alloc_zero(1, sizeof(*delivery));

	delivery->loop = loop;
	delivery->target = target;
	delivery->helo = helo;
	delivery->timeout_ms = timeout_ms;
	delivery->connections = connections;
	delivery->waiting_end = &delivery->waiting;
	delivery->timer = loop_add_timer(loop, TICK_MS, on_tick, delivery);
	return delivery;
}

void delivery_free(struct delivery **delivery)
{
	if (!*delivery)
		return;
	assert(!(*delivery)->waiting);
	while ((*delivery)->lines) {
		assert(!(*delivery)->lines->sending);
		kept_free((*delivery)->lines);
	}
	loop_remove(&(*delivery)->timer);
	free(*delivery);
	*delivery = NULL;
}

void delivery_send(struct delivery *delivery, const struct smtp_message *message,
        const struct sending_calls *calls, void *context, struct sending **slot)
{
	struct sending *sending = alloc_zero(1, sizeof(*sending));

	assert(message->ask);
	sending->delivery = delivery;
	sending->message = message;
	sending->calls = *calls;
	sending->context = context;
	sending->slot = slot;
	*slot = sending;
	add_waiting(delivery, sending, 0);
	drive(delivery);
}

void delivery_proceed(struct sending *sending, int go)
{
	struct kept *kept = sending->on;
	struct delivery *delivery = sending->delivery;

	assert(sending->asked && !sending->proceeded);
	sending->proceeded = go;
	smtp_line_proceed(kept->line, go, loop_now_ms(delivery->loop));
	drive_line(kept);
	drive(delivery);
}

int delivery_cancel(struct sending *sending)
{
	if (sending->proceeded)
		return 0;
	if (sending->on) {
		sending->on->sending = NULL;
		kept_free(sending->on);
	} else {
		remove_waiting(sending->delivery, sending);
	}
	*sending->slot = NULL;
	free(sending);
	return 1;
}
