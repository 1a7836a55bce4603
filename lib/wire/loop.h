/*
 * The loop of every program that holds a wire: descriptors, wire sockets, timers and signals, one
 * thread, no locks. A handler may add and remove anything, itself included.
 */
#ifndef LIB_WIRE_LOOP_H
#define LIB_WIRE_LOOP_H

#include <stdint.h>

#include "lib/wire/wire.h"

struct loop;
struct loop_source; /* one registration; owned by the loop, valid until removed */

enum loop_events {
	LOOP_READ = 1,
	LOOP_WRITE = 2,
	LOOP_HANGUP = 4, /* only reported */
};

typedef void loop_ready(void *context, unsigned events);
typedef void loop_tick(void *context, int64_t now_ms);
typedef void loop_stop(void *context, int signal_number);

struct loop *loop_new(struct wire *wire); /* lends the wire: its ZAP handler is served here */
void loop_free(struct loop **loop);

struct loop_source *loop_add_fd(
        struct loop *loop, int fd, unsigned events, loop_ready *ready, void *context);
/* Of a descriptor. 0 pauses it wholly; LOOP_HANGUP alone only tells when the other side is gone. */
void loop_change(struct loop_source *source, unsigned events);
struct loop_source *loop_add_socket(
        struct loop *loop, struct wire_socket *socket, loop_ready *ready, void *context);
struct loop_source *loop_add_timer(
        struct loop *loop, int64_t every_ms, loop_tick *tick, void *context);
void loop_remove(struct loop_source **source);

/* SIGTERM, SIGINT and SIGHUP arrive here instead of killing, and SIGCHLD, where there are children.
 * Several of one kind may arrive as one. daemon_start() has blocked them before any thread. */
void loop_on_signal(struct loop *loop, loop_stop *stop, void *context);

int64_t loop_now_ms(const struct loop *loop); /* monotonic, as of this turn */
void loop_run(struct loop *loop);             /* until loop_end() */
void loop_end(struct loop *loop);

#endif
