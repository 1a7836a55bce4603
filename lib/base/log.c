#include "lib/base/log.h"

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/utf8.h"

static const char *log_program = "lazaret";
static enum log_level log_least = LOG_LEVEL_INFO;
static int log_to_syslog;
static unsigned long long log_lost; /* lines, since one could be written last */

enum { PATIENCE_MS = 1000 };

static const char *const level_names[] = {"debug", "info", "warning", "error"};
static const int level_priorities[] = {LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERR};

void log_open(const char *program, enum log_level least, int to_syslog)
{
	log_program = program;
	log_least = least;
	log_to_syslog = to_syslog;
	if (to_syslog)
		openlog(program, LOG_PID, LOG_MAIL);
}

int log_enabled(enum log_level level)
{
	return level >= log_least;
}

/*
 * Whether a line can be written without waiting for long. A pipe whose reader hangs would else stop
 * whoever logs, and with it all mail. Linux says that a pipe is writable when a page is free in it,
 * and a line is smaller (PIPE_BUF, pipe(7)). A reader that is only slow gets a moment, once.
 */
static int has_room(void)
{
	struct pollfd pipe = {.fd = STDERR_FILENO, .events = POLLOUT};
	int ready = poll(&pipe, 1, log_lost ? 0 : PATIENCE_MS);

	/* On an error the write tells, and does not wait. */
	return ready != 0;
}

/* One write a line, so that lines of several processes on one descriptor do not mix. */
static void write_line(enum log_level level, const char *text)
{
	char line[2304];
	struct timespec now;
	struct tm tm;
	int size;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	size = snprintf(line, sizeof(line), "%04d-%02d-%02dT%02d:%02d:%02d.%03ldZ %s[%d] %s: %s\n",
	        tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
	        now.tv_nsec / 1000000, log_program, (int)getpid(), level_names[level], text);
	if (size >= (int)sizeof(line)) {
		size = sizeof(line) - 1;
		line[size - 1] = '\n';
	}
	if (write(STDERR_FILENO, line, (size_t)size) < 0)
		return; /* nowhere left to say so */
}

static void write_if_possible(enum log_level level, const char *text)
{
	char lost[64];

	if (!has_room()) {
		log_lost++;
		return;
	}
	if (log_lost) {
		snprintf(lost, sizeof(lost), "event=log-lost lines=%llu", log_lost);
		log_lost = 0;
		write_line(LOG_LEVEL_WARNING, lost);
		write_if_possible(level, text);
		return;
	}
	write_line(level, text);
}

void log_event(enum log_level level, const char *id, const char *event, const char *format, ...)
{
	char text[2048];
	int size;
	va_list ap;

	if (!log_enabled(level))
		return;
	size = id ? snprintf(text, sizeof(text), "id=%s event=%s ", id, event)
	          : snprintf(text, sizeof(text), "event=%s ", event);
	if (format && size < (int)sizeof(text)) {
		va_start(ap, format);
		vsnprintf(text + size, sizeof(text) - (size_t)size, format, ap);
		va_end(ap);
	}
	if (log_to_syslog)
		syslog(level_priorities[level], "%s", text);
	else
		write_if_possible(level, text);
}

const char *log_quote(const char *text)
{
	return log_quote_bytes(text, text ? strlen(text) : 0);
}

const char *log_quote_bytes(const void *bytes, size_t size)
{
	enum { SHOWN = 200 };
	static char ring[16][SHOWN * 4 + 8];
	static unsigned turn;
	char *out = ring[turn++ % 16], *end = out;
	const unsigned char *in = bytes;
	size_t at = 0, run;

	*end++ = '"';
	while (at < size && at < SHOWN) {
		run = utf8_printable(in + at, size - at);
		if (run && in[at] != '"' && in[at] != '\\') {
			memcpy(end, in + at, run);
			end += run;
			at += run;
		} else {
			end += sprintf(end, "\\x%02x", in[at++]);
		}
	}
	if (at < size)
		end += sprintf(end, "…");
	*end++ = '"';
	*end = '\0';
	return out;
}
