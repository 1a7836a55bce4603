#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zmq.h>

#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/crypto/digest.h"
#include "lib/wire/inner.h"

/* RFC 27: version, request id, domain, address, identity, mechanism, and the key for CURVE. */
enum { ZAP_VERSION, ZAP_REQUEST, ZAP_DOMAIN, ZAP_ADDRESS, ZAP_IDENTITY, ZAP_MECHANISM, ZAP_KEY };
enum { ZAP_FRAMES = ZAP_KEY + 1, ZAP_FRAME_ROOM = 256, REFUSALS_LOGGED_EVERY_MS = 10000 };

struct zap {
	void *socket;
	int fd;
	char *path;
	struct key_file allowed; /* "<key> <name> [roles]" */
	struct stat seen;        /* the file as it was read */
	char token[WHO_TOKEN_ROOM];
	int64_t logged_ms;
};

struct frame {
	size_t size;
	char bytes[ZAP_FRAME_ROOM];
};

static int unchanged(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_dev == b->st_dev && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static enum result check_keys(const struct key_file *file, struct err *err)
{
	unsigned char key[KEY_BYTES];
	unsigned roles;
	size_t at;

	for (at = 0; at < file->count; at++) {
		if (!key_decode(file->rows[at].first, key))
			return err_set(err, RESULT_PERMANENT, "%s is not a key of 40 characters",
			        log_quote(file->rows[at].first));
		if (who_read_roles(file->rows[at].third, &roles, err) != RESULT_OK)
			return RESULT_PERMANENT;
	}
	return RESULT_OK;
}

/* A file that can't be read lets nobody in: whom an administrator has just struck out must not stay
 * because of a slip in another line. Peers come back by themselves once it is right. */
static enum result reload(struct zap *zap, struct err *err)
{
	struct stat now;
	enum result result;

	if (stat(zap->path, &now) < 0) {
		key_file_free(&zap->allowed);
		zap->seen = (struct stat){0};
		return err_sys(err, RESULT_PERMANENT, "%s", zap->path);
	}
	if (unchanged(&now, &zap->seen))
		return RESULT_OK;
	key_file_free(&zap->allowed);
	result = key_file_read(zap->path, &zap->allowed, err);
	if (result == RESULT_OK && check_keys(&zap->allowed, err) != RESULT_OK) {
		key_file_free(&zap->allowed);
		result = err_wrap(err, RESULT_PERMANENT, "%s", zap->path);
	}
	zap->seen = now;
	return result;
}

enum result zap_open(void *context, const char *allowed_keys, struct zap **out, struct err *err)
{
	struct zap *zap = alloc_zero(1, sizeof(*zap));
	int linger = 0;
	enum result result;

	zap->path = alloc_string(allowed_keys);
	who_new_token(zap->token);
	zap->logged_ms = -REFUSALS_LOGGED_EVERY_MS;
	zap->socket = zmq_socket(context, ZMQ_REP);
	zap->fd = wire_fd_of(zap->socket);
	zmq_setsockopt(zap->socket, ZMQ_LINGER, &linger, sizeof(linger));
	if (zmq_bind(zap->socket, "inproc://zeromq.zap.01") != 0)
		result = err_set(err, RESULT_PERMANENT, "ZAP: %s", zmq_strerror(zmq_errno()));
	else
		result = reload(zap, err);
	*out = zap;
	if (result != RESULT_OK)
		zap_close(out);
	return result;
}

void zap_close(struct zap **zap)
{
	if (!*zap)
		return;
	zmq_close((*zap)->socket);
	key_file_free(&(*zap)->allowed);
	free((*zap)->path);
	free(*zap);
	*zap = NULL;
}

int zap_fd(const struct zap *zap)
{
	return zap->fd;
}

const char *zap_token(const struct zap *zap)
{
	return zap->token;
}

/* Goes through the whole list, so that the time taken does not tell which key was nearly right. */
static const struct key_row *row_of(const struct zap *zap, const unsigned char *key)
{
	unsigned char allowed[KEY_BYTES];
	const struct key_row *row = NULL;
	size_t at;

	for (at = 0; at < zap->allowed.count; at++)
		if (key_decode(zap->allowed.rows[at].first, allowed) &&
		        secret_same(key, allowed, KEY_BYTES))
			row = &zap->allowed.rows[at];
	return row;
}

static int frame_is(const struct frame *frame, const char *text)
{
	return frame->size == strlen(text) && memcmp(frame->bytes, text, frame->size) == 0;
}

/* Strangers may come as often as they like, so that only some of them are logged. */
static void log_refusal(struct zap *zap, const struct frame *address, const char *why)
{
	int64_t now_ms = clock_monotonic_ms();

	if (now_ms - zap->logged_ms < REFUSALS_LOGGED_EVERY_MS)
		return;
	zap->logged_ms = now_ms;
	log_event(LOG_LEVEL_WARNING, NULL, "key-refused", "address=%s why=%s",
	        log_quote_bytes(address->bytes, address->size), log_quote(why));
}

/* Who it is, or NULL for nobody of ours. */
static const struct key_row *authenticate(struct zap *zap, const struct frame *frames, int count)
{
	struct err err = {"unknown key"};
	const struct key_row *row = NULL;

	if (count != ZAP_FRAMES || !frame_is(&frames[ZAP_MECHANISM], "CURVE") ||
	        frames[ZAP_KEY].size != KEY_BYTES)
		err_set(&err, RESULT_PERMANENT, "no CURVE key");
	else if (reload(zap, &err) == RESULT_OK)
		row = row_of(zap, (const unsigned char *)frames[ZAP_KEY].bytes);
	if (!row)
		log_refusal(zap, &frames[ZAP_ADDRESS], err.text);
	return row;
}

/* 300 rather than 400: after a 400 libzmq's client never tries again, and a worker whose key is
 * entered a minute later would have to be restarted. */
static void answer(struct zap *zap, const struct frame *request, const struct key_row *row)
{
	const char *code = row ? "200" : "300", *text = row ? "OK" : "not allowed";
	char *user_id = row ? who_user_id(row, zap->token) : alloc_string("");

	zmq_send(zap->socket, "1.0", 3, ZMQ_SNDMORE | ZMQ_DONTWAIT);
	zmq_send(zap->socket, request->bytes, request->size, ZMQ_SNDMORE | ZMQ_DONTWAIT);
	zmq_send(zap->socket, code, 3, ZMQ_SNDMORE | ZMQ_DONTWAIT);
	zmq_send(zap->socket, text, strlen(text), ZMQ_SNDMORE | ZMQ_DONTWAIT);
	zmq_send(zap->socket, user_id, strlen(user_id), ZMQ_SNDMORE | ZMQ_DONTWAIT);
	zmq_send(zap->socket, "", 0, ZMQ_DONTWAIT);
	free(user_id);
}

/* The number of frames of the next request, or 0 where none waits. */
static int receive(struct zap *zap, struct frame frames[ZAP_FRAMES])
{
	struct frame spare;
	int count = 0, more = 1;
	size_t size = sizeof(more);

	while (more) {
		struct frame *frame = count < ZAP_FRAMES ? &frames[count] : &spare;
		int got = zmq_recv(zap->socket, frame->bytes, sizeof(frame->bytes), ZMQ_DONTWAIT);

		if (got < 0)
			return 0;
		frame->size =
		        (size_t)got < sizeof(frame->bytes) ? (size_t)got : sizeof(frame->bytes);
		count++;
		zmq_getsockopt(zap->socket, ZMQ_RCVMORE, &more, &size);
	}
	return count;
}

void zap_serve(struct zap *zap)
{
	struct frame frames[ZAP_FRAMES] = {0};
	int count;

	while ((count = receive(zap, frames)) > 0)
		answer(zap, &frames[ZAP_REQUEST], authenticate(zap, frames, count));
}
