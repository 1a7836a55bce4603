#include "lib/wire/loop.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "lib/wire/inner.h"

/* With nothing to wait for, a turn still ends now and then. */
enum { TURN_MAX_MS = 60000 };

struct loop_source {
	struct loop *loop;
	struct loop_source *next;
	int gone; /* removed; freed when nobody can hold it any more, between turns */

	/* a descriptor, or a socket and what it signals with */
	int fd;
	struct wire_socket *socket;
	unsigned events;
	loop_ready *ready;

	/* or a timer */
	loop_tick *tick;
	int64_t every_ms;
	int64_t due_ms;

	void *context;
};

struct loop {
	struct wire *wire;
	struct loop_source *sources;
	int64_t now_ms;
	int ended;
	int has_gone;

	int signal_fd;
	loop_stop *stop;
	void *stop_context;

	/* of this turn: what poll() looks at, and whose each is */
	struct pollfd *items;
	struct loop_source **owners; /* NULL: the loop's own */
	size_t room;
	size_t count;
};

struct loop *loop_new(struct wire *wire)
{
	struct loop *loop = alloc_zero(1, sizeof(*loop));

	loop->wire = wire;
	loop->signal_fd = -1;
	loop->now_ms = clock_monotonic_ms();
	return loop;
}

static void sweep(struct loop *loop, int all)
{
	struct loop_source **at = &loop->sources, *source;

	while ((source = *at)) {
		if (!all && !source->gone) {
			at = &source->next;
			continue;
		}
		*at = source->next;
		free(source);
	}
	loop->has_gone = 0;
}

void loop_free(struct loop **loop)
{
	if (!*loop)
		return;
	sweep(*loop, 1);
	if ((*loop)->signal_fd >= 0)
		close((*loop)->signal_fd);
	free((*loop)->items);
	free((*loop)->owners);
	free(*loop);
	*loop = NULL;
}

static struct loop_source *add(struct loop *loop, void *context)
{
	struct loop_source *source = alloc_zero(1, sizeof(*source));

	source->loop = loop;
	source->fd = -1;
	source->context = context;
	source->next = loop->sources;
	loop->sources = source;
	return source;
}

struct loop_source *loop_add_fd(
        struct loop *loop, int fd, unsigned events, loop_ready *ready, void *context)
{
	struct loop_source *source = add(loop, context);

	source->fd = fd;
	source->events = events;
	source->ready = ready;
	return source;
}

void loop_change(struct loop_source *source, unsigned events)
{
	source->events = events;
}

struct loop_source *loop_add_socket(
        struct loop *loop, struct wire_socket *socket, loop_ready *ready, void *context)
{
	struct loop_source *source = add(loop, context);

	source->socket = socket;
	source->fd = socket->fd;
	source->events = LOOP_READ;
	source->ready = ready;
	return source;
}

struct loop_source *loop_add_timer(
        struct loop *loop, int64_t every_ms, loop_tick *tick, void *context)
{
	struct loop_source *source = add(loop, context);

	assert(every_ms > 0);
	source->tick = tick;
	source->every_ms = every_ms;
	source->due_ms = clock_monotonic_ms() + every_ms;
	return source;
}

void loop_remove(struct loop_source **source)
{
	if (!*source)
		return;
	(*source)->gone = 1;
	(*source)->loop->has_gone = 1;
	*source = NULL;
}

void loop_on_signal(struct loop *loop, loop_stop *stop, void *context)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	if (loop->signal_fd < 0)
		loop->signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	assert(loop->signal_fd >= 0);
	loop->stop = stop;
	loop->stop_context = context;
}

int64_t loop_now_ms(const struct loop *loop)
{
	return loop->now_ms;
}

void loop_end(struct loop *loop)
{
	loop->ended = 1;
}

/* ---------------------------------------------------------------- one turn */

static void watch(struct loop *loop, int fd, short events, struct loop_source *owner)
{
	if (loop->count == loop->room) {
		loop->room = loop->room ? 2 * loop->room : 16;
		loop->items = alloc_grow(loop->items, loop->room, sizeof(*loop->items));
		loop->owners = alloc_grow(loop->owners, loop->room, sizeof(*loop->owners));
	}
	loop->items[loop->count] = (struct pollfd){fd, events, 0};
	loop->owners[loop->count++] = owner;
}

static short poll_events(unsigned events)
{
	return (short)((events & LOOP_READ ? POLLIN : 0) | (events & LOOP_WRITE ? POLLOUT : 0));
}

/* A libzmq socket's descriptor tells that something has changed, and only once: what it tells may
 * be read by any call on the socket. So after each, until wire_receive() finds nothing, it is to be
 * looked at without waiting. (zmq_poll() does it too, but asks every socket twice a turn.) */
static int is_restless(const struct loop_source *source)
{
	return source->socket && source->socket->touched;
}

/* Fills the items and says how long to wait for them. The loop's own come first. */
static int prepare(struct loop *loop)
{
	struct loop_source *source;
	int64_t wait_ms = TURN_MAX_MS;

	loop->count = 0;
	if (loop->signal_fd >= 0)
		watch(loop, loop->signal_fd, POLLIN, NULL);
	if (loop->wire && loop->wire->zap)
		watch(loop, zap_fd(loop->wire->zap), POLLIN, NULL);
	for (source = loop->sources; source; source = source->next) {
		if (source->gone)
			continue;
		if (source->tick && source->due_ms - loop->now_ms < wait_ms)
			wait_ms = source->due_ms - loop->now_ms;
		if (is_restless(source))
			wait_ms = 0;
		/* a paused descriptor that hung up would be reported in every turn */
		if (source->ready && source->events)
			watch(loop, source->fd, poll_events(source->events), source);
	}
	return (int)(wait_ms > 0 ? wait_ms : 0);
}

static void take_signals(struct loop *loop)
{
	struct signalfd_siginfo info;

	while (read(loop->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
		loop->stop(loop->stop_context, (int)info.ssi_signo);
}

static unsigned loop_events_of(short got)
{
	return (got & POLLIN ? LOOP_READ : 0u) | (got & POLLOUT ? LOOP_WRITE : 0u) |
	       (got & (POLLERR | POLLHUP) ? LOOP_HANGUP : 0u);
}

static void dispatch(struct loop *loop)
{
	size_t at;

	for (at = 0; at < loop->count; at++) {
		struct loop_source *source = loop->owners[at];
		short got = loop->items[at].revents;

		assert(!(got & POLLNVAL)); /* a closed descriptor is our own bug */
		if (source && source->gone)
			continue;
		if (source && is_restless(source))
			got |= POLLIN;
		if (!got)
			continue;
		if (source)
			source->ready(source->context, loop_events_of(got));
		else if (loop->items[at].fd == loop->signal_fd)
			take_signals(loop);
		else
			zap_serve(loop->wire->zap);
	}
}

/* A timer that is late is not made up for: it ticks once, and next after its whole time. */
static void run_timers(struct loop *loop)
{
	struct loop_source *source;

	for (source = loop->sources; source; source = source->next) {
		if (source->gone || !source->tick || source->due_ms > loop->now_ms)
			continue;
		source->due_ms = loop->now_ms + source->every_ms;
		source->tick(source->context, loop->now_ms);
	}
}

void loop_run(struct loop *loop)
{
	int wait_ms, got;

	loop->ended = 0;
	while (!loop->ended) {
		loop->now_ms = clock_monotonic_ms();
		if (loop->has_gone)
			sweep(loop, 0);
		wait_ms = prepare(loop);
		got = poll(loop->items, loop->count, wait_ms);
		assert(got >= 0 || errno == EINTR);
		loop->now_ms = clock_monotonic_ms();
		if (got >= 0)
			dispatch(loop);
		run_timers(loop);
	}
}
