/*
 * A connection to an SMTP server and the client that talks over it: non-blocking, for any loop that
 * can wait for a descriptor. One line is one connection; when it is closed the caller opens
 * another.
 *
 *     target: once     line = smtp_line_open()      state is SMTP_CONNECTING
 *     loop: wait for smtp_line_fd() to be ready for smtp_line_wants(), and until
 *           smtp_line_deadline(); call smtp_line_ready() or smtp_line_tick(); look at the state
 *     SMTP_IDLE: smtp_line_send(), and back to the loop until SMTP_DONE or SMTP_CLOSED
 */
#ifndef LIB_SMTP_LINE_H
#define LIB_SMTP_LINE_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/smtp/client.h"

struct smtp_target; /* where to, resolved */
struct smtp_line;

/* The same bits as poll's, by our own names. */
enum smtp_line_events {
	SMTP_LINE_READ = 1,
	SMTP_LINE_WRITE = 2,
};

/*
 * "host:port", "[v6]:port" or "unix:/path". Names are resolved now, with the resolver's own
 * blocking: call it at start. Gives *out.
 */
enum result smtp_target_new(const char *text, struct smtp_target **out, struct err *err);
void smtp_target_free(struct smtp_target **target);

/* Addresses behind the name: after a failed connection the next line tries the next, so this many
 * in a row tell that nobody is there. */
size_t smtp_target_count(const struct smtp_target *target);

/* Always gives a line: if the connection fails at once, its state is SMTP_CLOSED. Lends the target
 * until closed. */
struct smtp_line *smtp_line_open(
        struct smtp_target *target, const char *helo, int64_t now_ms, int64_t timeout_ms);

/* Says QUIT where no message is in hand, and waits for nothing. Take the descriptor out of your
 * loop first. */
void smtp_line_close(struct smtp_line **line);

int smtp_line_fd(const struct smtp_line *line); /* stays the same until closed; -1: there is none */
unsigned smtp_line_wants(struct smtp_line *line); /* enum smtp_line_events */
void smtp_line_ready(struct smtp_line *line, int64_t now_ms);
int64_t smtp_line_deadline(const struct smtp_line *line);
void smtp_line_tick(struct smtp_line *line, int64_t now_ms);

/* As the client's of the same names, and writes at once what can be written. Look at what a kept
 * line has to say (smtp_line_ready()) before you send on it. */
enum smtp_state smtp_line_state(const struct smtp_line *line);
void smtp_line_send(struct smtp_line *line, const struct smtp_message *message, int64_t now_ms);
void smtp_line_proceed(struct smtp_line *line, int go, int64_t now_ms);
void smtp_line_next(struct smtp_line *line);

/* Lends the client, for results and the error. */
const struct smtp_client *smtp_line_client(const struct smtp_line *line);

#endif
