#include "lib/smtp/line.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/base/text.h"

enum {
	READ_ROOM = 16384,
	RUNS_A_TURN = 16, /* a fast server must not keep the loop from everything else */
};

struct place {
	struct sockaddr_storage address;
	socklen_t size;
};

struct smtp_target {
	struct place *places;
	size_t count, turn;
};

struct smtp_line {
	struct smtp_target *target;
	struct smtp_client *client;
	int fd, connecting, greeted;
};

/* ---- where to ---- */

static void add_place(struct smtp_target *target, const void *address, socklen_t size)
{
	struct place *place;

	target->places = alloc_grow(target->places, target->count + 1, sizeof(*target->places));
	place = &target->places[target->count++];
	memset(place, 0, sizeof(*place));
	memcpy(&place->address, address, size);
	place->size = size;
}

static enum result add_unix(struct smtp_target *target, const char *path, struct err *err)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	if (!*path || strlen(path) >= sizeof(address.sun_path))
		return err_set(err, RESULT_PERMANENT, "unix:%s: not a socket's path", path);
	strcpy(address.sun_path, path);
	add_place(target, &address, sizeof(address));
	return RESULT_OK;
}

/* Cuts "host:port" or "[v6]:port" in place; NULL where it is neither. */
static char *split_port(char *text, char **host)
{
	char *colon = strrchr(text, ':');

	if (!colon || colon == text || !colon[1])
		return NULL;
	*colon = '\0';
	*host = text;
	if (*text == '[' && colon[-1] == ']') {
		*host = text + 1;
		colon[-1] = '\0';
	} else if (strchr(text, ':')) {
		return NULL;
	}
	return colon + 1;
}

static enum result add_names(struct smtp_target *target, const char *text, struct err *err)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found, *one;
	char *copy = alloc_string(text), *host, *port = split_port(copy, &host);
	int failed;

	if (!port) {
		free(copy);
		return err_set(err, RESULT_PERMANENT,
		        "%s: expected host:port, [v6]:port or unix:/path", text);
	}
	failed = getaddrinfo(host, port, &hints, &found);
	free(copy);
	if (failed)
		return err_set(err, failed == EAI_AGAIN ? RESULT_TEMPORARY : RESULT_PERMANENT,
		        "%s: %s", text, gai_strerror(failed));
	for (one = found; one; one = one->ai_next)
		add_place(target, one->ai_addr, one->ai_addrlen);
	freeaddrinfo(found);
	return RESULT_OK;
}

enum result smtp_target_new(const char *text, struct smtp_target **out, struct err *err)
{
	struct smtp_target *target = alloc_zero(1, sizeof(*target));
	enum result result = text_starts(text, "unix:") ? add_unix(target, text + 5, err)
	                                                : add_names(target, text, err);

	if (result)
		smtp_target_free(&target);
	else
		*out = target;
	return result;
}

void smtp_target_free(struct smtp_target **target)
{
	if (!*target)
		return;
	free((*target)->places);
	free(*target);
	*target = NULL;
}

size_t smtp_target_count(const struct smtp_target *target)
{
	return target->count;
}

/* ---- the connection ---- */

static void line_connect(struct smtp_line *line)
{
	struct place *place = &line->target->places[line->target->turn];
	int yes = 1;

	line->fd = socket(place->address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (line->fd < 0) {
		smtp_client_eof(line->client, strerror(errno));
		return;
	}
	/* Without it each mail waits for a delayed acknowledgement, 40 ms and more. */
	if (place->address.ss_family != AF_UNIX)
		setsockopt(line->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
	line->connecting = 1;
	if (connect(line->fd, (struct sockaddr *)&place->address, place->size) == 0)
		line->connecting = 0;
	else if (errno != EINPROGRESS)
		smtp_client_eof(line->client, strerror(errno));
}

struct smtp_line *smtp_line_open(
        struct smtp_target *target, const char *helo, int64_t now_ms, int64_t timeout_ms)
{
	struct smtp_line *line = alloc_zero(1, sizeof(*line));

	line->target = target;
	line->client = smtp_client_new(helo, now_ms, timeout_ms);
	line_connect(line);
	return line;
}

void smtp_line_close(struct smtp_line **line)
{
	const char quit[] = "QUIT\r\n";
	enum smtp_state state;

	if (!*line)
		return;
	state = smtp_client_state((*line)->client);
	/* Nobody was there: the next line tries the target's next address. */
	if (!(*line)->greeted && state == SMTP_CLOSED)
		(*line)->target->turn = ((*line)->target->turn + 1) % (*line)->target->count;
	/* A courtesy: if it cannot be said at once it stays unsaid. */
	if (state == SMTP_IDLE || state == SMTP_DONE)
		(void)!send((*line)->fd, quit, sizeof(quit) - 1, MSG_NOSIGNAL);
	if ((*line)->fd >= 0)
		close((*line)->fd);
	smtp_client_free(&(*line)->client);
	free(*line);
	*line = NULL;
}

static void line_read(struct smtp_line *line, int64_t now_ms)
{
	char bytes[READ_ROOM];
	ssize_t got = recv(line->fd, bytes, sizeof(bytes), 0);

	if (got > 0) {
		line->greeted = 1;
		smtp_client_input(line->client, bytes, (size_t)got, now_ms);
	} else if (got == 0) {
		smtp_client_eof(line->client, NULL);
	} else if (errno != EAGAIN && errno != EINTR) {
		smtp_client_eof(line->client, strerror(errno));
	}
}

/* A failed write is not told at once: the server may have said why, and reading tells. */
static void line_write(struct smtp_line *line, int64_t now_ms)
{
	const char *bytes;
	size_t size;
	ssize_t put;
	int run;

	for (run = 0; run < RUNS_A_TURN; run++) {
		size = smtp_client_output(line->client, &bytes);
		if (!size)
			return;
		put = send(line->fd, bytes, size, MSG_NOSIGNAL);
		if (put < 0 && errno != EAGAIN && errno != EINTR) {
			line_read(line, now_ms);
			smtp_client_eof(line->client, strerror(EPIPE));
		}
		if (put < 0)
			return;
		smtp_client_written(line->client, (size_t)put, now_ms);
	}
}

static int is_connected(struct smtp_line *line)
{
	struct sockaddr_storage peer;
	socklen_t size = sizeof(peer);
	int error = 0;

	if (!line->connecting)
		return 1;
	if (getpeername(line->fd, (struct sockaddr *)&peer, &size) == 0) {
		line->connecting = 0;
		return 1;
	}
	size = sizeof(error);
	getsockopt(line->fd, SOL_SOCKET, SO_ERROR, &error, &size);
	if (error)
		smtp_client_eof(line->client, strerror(error));
	return 0;
}

void smtp_line_ready(struct smtp_line *line, int64_t now_ms)
{
	if (smtp_line_state(line) == SMTP_CLOSED || !is_connected(line))
		return;
	line_read(line, now_ms);
	if (smtp_line_state(line) != SMTP_CLOSED)
		line_write(line, now_ms);
}

int smtp_line_fd(const struct smtp_line *line)
{
	return line->fd;
}

unsigned smtp_line_wants(struct smtp_line *line)
{
	const char *bytes;

	if (smtp_line_state(line) == SMTP_CLOSED)
		return 0;
	if (line->connecting)
		return SMTP_LINE_WRITE;
	return SMTP_LINE_READ | (smtp_client_output(line->client, &bytes) ? SMTP_LINE_WRITE : 0);
}

int64_t smtp_line_deadline(const struct smtp_line *line)
{
	return smtp_client_deadline(line->client);
}

void smtp_line_tick(struct smtp_line *line, int64_t now_ms)
{
	smtp_client_tick(line->client, now_ms);
}

/* ---- the client's ---- */

enum smtp_state smtp_line_state(const struct smtp_line *line)
{
	return smtp_client_state(line->client);
}

void smtp_line_send(struct smtp_line *line, const struct smtp_message *message, int64_t now_ms)
{
	smtp_client_send(line->client, message, now_ms);
	line_write(line, now_ms);
}

void smtp_line_proceed(struct smtp_line *line, int go, int64_t now_ms)
{
	smtp_client_proceed(line->client, go, now_ms);
	line_write(line, now_ms);
}

void smtp_line_next(struct smtp_line *line)
{
	smtp_client_next(line->client);
}

const struct smtp_client *smtp_line_client(const struct smtp_line *line)
{
	return line->client;
}
