/*
 * One line an event: `id=<message id> event=… key=value …`. The id comes first, text from outside
 * is quoted by one function, and warning and up means that somebody should do something. Exactly
 * one final line tells what became of a message (`event=done`).
 */
#ifndef LIB_BASE_LOG_H
#define LIB_BASE_LOG_H

#include <stddef.h>

enum log_level {
	LOG_LEVEL_DEBUG,
	LOG_LEVEL_INFO,
	LOG_LEVEL_WARNING,
	LOG_LEVEL_ERROR,
};

/* `program` is lent for ever. Lines go to standard error, or to syslog (facility mail) with
 * `to_syslog`. One that a pipe's reader does not make room for within a second is lost, and
 * counted. */
void log_open(const char *program, enum log_level least, int to_syslog);
int log_enabled(enum log_level level);

/*
 * log_event(LOG_LEVEL_INFO, id, "dispatched", "worker=%s attempt=%u", log_quote(name), attempt);
 * id may be NULL where no message is concerned; format may be NULL. Text from outside goes through
 * log_quote().
 */
void log_event(enum log_level level, const char *id, const char *event, const char *format, ...)
        __attribute__((format(printf, 4, 5)));

/*
 * Makes text from outside safe for one log line and a terminal: in double quotes, with control
 * characters, quotes, backslashes and bytes that are not valid UTF-8 (or are bidirectional or
 * zero-width marks) as \xNN; cut after 200 bytes with "…". Lends one of 16 rotating buffers, so up
 * to 16 may stand in one call. NULL is shown as "".
 */
const char *log_quote(const char *text);
const char *log_quote_bytes(const void *bytes, size_t size);

#endif
