#include "lib/wire/wire.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zmq.h>

#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/text.h"
#include "lib/crypto/digest.h"
#include "lib/wire/inner.h"

enum { LINGER_MS = 1000, HEADER_SIZE = 16, ROUTING_ID_SIZE = 16, FRAMES_MAX = 4 };

/* What stands in the way may go away: an address that another program has, descriptors. */
static enum result may_pass(void)
{
	return zmq_errno() == EADDRINUSE || zmq_errno() == EMFILE || zmq_errno() == ENFILE
	               ? RESULT_TEMPORARY
	               : RESULT_PERMANENT;
}

static enum result zmq_failed(struct err *err, enum result result, const char *what)
{
	return err_set(err, result, "%s: %s", what, zmq_strerror(zmq_errno()));
}

/* ---------------------------------------------------------------- the wire and its keys */

static enum result read_keys(struct wire *wire, const struct config_curve *curve, struct err *err)
{
	enum result result = RESULT_OK;

	wire->allow_plain_tcp = curve->allow_plain_tcp;
	if (*curve->secret_key) {
		result = key_pair_read(curve->secret_key, wire->public_key, wire->secret_key, err);
		wire->has_keys = result == RESULT_OK;
	}
	if (result == RESULT_OK && *curve->server_keys)
		result = key_file_read(curve->server_keys, &wire->servers, err);
	wire->allowed_keys = alloc_string(curve->allowed_keys);
	return result;
}

enum result wire_open(const struct config_curve *curve, struct wire **out, struct err *err)
{
	struct wire *wire = alloc_zero(1, sizeof(*wire));
	enum result result;

	wire->context = zmq_ctx_new();
	assert(wire->context);
	result = read_keys(wire, curve, err);
	*out = wire;
	if (result != RESULT_OK)
		wire_close(out);
	return result;
}

void wire_close(struct wire **wire)
{
	if (!*wire)
		return;
	zap_close(&(*wire)->zap);
	zmq_ctx_term((*wire)->context);
	key_file_free(&(*wire)->servers);
	free((*wire)->allowed_keys);
	explicit_bzero(*wire, sizeof(**wire));
	free(*wire);
	*wire = NULL;
}

/* ---------------------------------------------------------------- sockets */

struct option {
	int name;
	int value;
};

/* For every socket. libzmq's own defaults wait for ever, believe in dead peers and take messages of
 * any size. A client whose key was refused is let go, and tries again, only when the time for the
 * handshake is over. */
static const struct option always[] = {
        {ZMQ_LINGER, LINGER_MS},
        {ZMQ_SNDTIMEO, 0},
        {ZMQ_RCVTIMEO, 0},
        {ZMQ_IPV6, 1},
        {ZMQ_HANDSHAKE_IVL, 5000},
        {ZMQ_HEARTBEAT_IVL, 5000},
        {ZMQ_HEARTBEAT_TIMEOUT, 15000},
        {ZMQ_HEARTBEAT_TTL, 15000},
        {ZMQ_TCP_KEEPALIVE, 1},
        {ZMQ_TCP_KEEPALIVE_IDLE, 60},
        {ZMQ_TCP_KEEPALIVE_INTVL, 10},
        {ZMQ_TCP_KEEPALIVE_CNT, 3},
};

/* MANDATORY: what can't be sent is told. HANDOVER: a peer that comes back on a new connection is
 * the same peer at once, though the old one is not known to be dead yet. */
static const struct option router[] = {{ZMQ_ROUTER_MANDATORY, 1}, {ZMQ_ROUTER_HANDOVER, 1}};

/* IMMEDIATE: nothing queues up for a peer that isn't there. */
static const struct option dealer[] = {
        {ZMQ_IMMEDIATE, 1}, {ZMQ_RECONNECT_IVL, 100}, {ZMQ_RECONNECT_IVL_MAX, 5000}};

static void set_option(void *zmq, int name, const void *value, size_t size)
{
	int bad = zmq_setsockopt(zmq, name, value, size);

	assert(!bad); /* a wrong name or value is our own bug */
}

static void set_options(void *zmq, const struct option *options, size_t count)
{
	size_t at;

	for (at = 0; at < count; at++)
		set_option(zmq, options[at].name, &options[at].value, sizeof(int));
}
#define SET_OPTIONS(zmq, options) set_options(zmq, options, sizeof(options) / sizeof((options)[0]))

int wire_fd_of(void *zmq)
{
	int fd = -1;
	size_t size = sizeof(fd);
	int bad = zmq_getsockopt(zmq, ZMQ_FD, &fd, &size);

	assert(!bad);
	return fd;
}

static enum result socket_new(struct wire *wire, int type, const struct wire_limits *limits,
        struct wire_socket **out, struct err *err)
{
	int64_t most = (int64_t)limits->max_bytes;
	void *zmq = zmq_socket(wire->context, type);

	if (!zmq)
		return zmq_failed(err, RESULT_TEMPORARY, "socket");
	SET_OPTIONS(zmq, always);
	set_option(zmq, ZMQ_MAXMSGSIZE, &most, sizeof(most));
	set_option(zmq, ZMQ_SNDHWM, &limits->high_water, sizeof(int));
	set_option(zmq, ZMQ_RCVHWM, &limits->high_water, sizeof(int));
	*out = alloc_zero(1, sizeof(**out));
	(*out)->wire = wire;
	(*out)->zmq = zmq;
	(*out)->fd = wire_fd_of(zmq);
	(*out)->touched = 1;
	(*out)->is_router = type == ZMQ_ROUTER;
	return RESULT_OK;
}

void wire_socket_close(struct wire_socket **socket)
{
	if (!*socket)
		return;
	zmq_close((*socket)->zmq);
	free((*socket)->endpoint);
	free(*socket);
	*socket = NULL;
}

static int is_tcp(const char *endpoint)
{
	return strncmp(endpoint, "tcp://", 6) == 0;
}

/* Abstract sockets ("@") and chosen names ("*") are guarded by no folder. */
static enum result check_endpoint(const char *endpoint, struct err *err)
{
	if (is_tcp(endpoint) || strncmp(endpoint, "ipc:///", 7) == 0)
		return RESULT_OK;
	return err_set(
	        err, RESULT_PERMANENT, "%s: expected tcp://host:port or ipc:///path", endpoint);
}

/* ---- binding ---- */

static enum result make_folder_of(const char *path, struct err *err)
{
	char *folder = alloc_string(path);
	char *slash = strrchr(folder, '/');
	enum result result = RESULT_OK;

	if (slash != folder) {
		*slash = '\0';
		result = file_make_folder(folder, 0750, err);
	}
	free(folder);
	return result;
}

/* The mode is there from the first moment on, as no chmod() afterwards could have it. */
static enum result bind_ipc(
        struct wire_socket *socket, const char *endpoint, int is_private, struct err *err)
{
	const char *path = endpoint + strlen("ipc://");
	mode_t before;
	int bad;

	if (make_folder_of(path, err) != RESULT_OK)
		return RESULT_PERMANENT;
	before = umask(is_private ? 0177 : 0117);
	bad = zmq_bind(socket->zmq, endpoint);
	umask(before);
	return bad ? zmq_failed(err, may_pass(), endpoint) : RESULT_OK;
}

/* The handler must be there before the first peer is: without one, libzmq lets everybody in. */
static enum result become_curve_server(
        struct wire_socket *socket, const char *endpoint, struct err *err)
{
	struct wire *wire = socket->wire;
	int yes = 1, complete = wire->has_keys && *wire->allowed_keys;

	if (!complete && wire->allow_plain_tcp)
		return RESULT_OK;
	if (!complete)
		return err_set(err, RESULT_PERMANENT,
		        "%s: needs curve.secret_key and curve.allowed_keys, or the words "
		        "curve.allow_plain_tcp: true",
		        endpoint);
	if (!wire->zap && zap_open(wire->context, wire->allowed_keys, &wire->zap, err) != RESULT_OK)
		return RESULT_PERMANENT;
	set_option(socket->zmq, ZMQ_CURVE_SERVER, &yes, sizeof(yes));
	set_option(socket->zmq, ZMQ_CURVE_SECRETKEY, wire->secret_key, KEY_TEXT);
	set_option(socket->zmq, ZMQ_ZAP_DOMAIN, "lazaret", strlen("lazaret"));
	return RESULT_OK;
}

static enum result bind_tcp(struct wire_socket *socket, const char *endpoint, struct err *err)
{
	if (become_curve_server(socket, endpoint, err) != RESULT_OK)
		return RESULT_PERMANENT;
	if (zmq_bind(socket->zmq, endpoint) != 0)
		return zmq_failed(err, may_pass(), endpoint);
	return RESULT_OK;
}

/* ipc:// first: an endpoint takes the options that stand when it is bound, and those of CURVE,
 * once set, are for tcp:// alone. */
static enum result bind_all(struct wire_socket *socket, const struct config_list *endpoints,
        int is_private, struct err *err)
{
	enum result result = RESULT_OK;
	size_t at;

	for (at = 0; at < endpoints->count && result == RESULT_OK; at++)
		result = check_endpoint(endpoints->items[at], err);
	for (at = 0; at < endpoints->count && result == RESULT_OK; at++)
		if (!is_tcp(endpoints->items[at]))
			result = bind_ipc(socket, endpoints->items[at], is_private, err);
	for (at = 0; at < endpoints->count && result == RESULT_OK; at++)
		if (is_tcp(endpoints->items[at]))
			result = bind_tcp(socket, endpoints->items[at], err);
	return result;
}

enum result wire_bind(struct wire *wire, const struct config_list *endpoints,
        const struct wire_limits *limits, struct wire_socket **out, struct err *err)
{
	enum result result = socket_new(wire, ZMQ_ROUTER, limits, out, err);

	if (result != RESULT_OK)
		return result;
	SET_OPTIONS((*out)->zmq, router);
	result = bind_all(*out, endpoints, limits->is_private, err);
	if (result != RESULT_OK)
		wire_socket_close(out);
	return result;
}

/* ---- connecting ---- */

static enum result become_curve_client(
        struct wire_socket *socket, const char *endpoint, struct err *err)
{
	struct wire *wire = socket->wire;
	const char *server = key_file_find(&wire->servers, endpoint);
	unsigned char decoded[KEY_BYTES];

	if (server && !key_decode(server, decoded))
		return err_set(err, RESULT_PERMANENT,
		        "%s: its key in curve.server_keys is not one of 40 characters", endpoint);
	if (!(server && wire->has_keys) && wire->allow_plain_tcp)
		return RESULT_OK;
	if (!(server && wire->has_keys))
		return err_set(err, RESULT_PERMANENT,
		        "%s: needs curve.secret_key and a line in curve.server_keys, or the words "
		        "curve.allow_plain_tcp: true",
		        endpoint);
	set_option(socket->zmq, ZMQ_CURVE_SERVERKEY, server, KEY_TEXT);
	set_option(socket->zmq, ZMQ_CURVE_PUBLICKEY, wire->public_key, KEY_TEXT);
	set_option(socket->zmq, ZMQ_CURVE_SECRETKEY, wire->secret_key, KEY_TEXT);
	return RESULT_OK;
}

/* A name of its own, so that a broken connection that comes back is the same peer to the other
 * side; random, so that nobody can take it over. A first byte of 0 is libzmq's. */
static void set_routing_id(struct wire_socket *socket)
{
	unsigned char id[ROUTING_ID_SIZE];

	random_bytes(id, sizeof(id));
	id[0] |= 0x80;
	set_option(socket->zmq, ZMQ_ROUTING_ID, id, sizeof(id));
}

enum result wire_connect(struct wire *wire, const char *endpoint, const struct wire_limits *limits,
        struct wire_socket **out, struct err *err)
{
	enum result result;

	*out = NULL;
	result = check_endpoint(endpoint, err);
	if (result == RESULT_OK)
		result = socket_new(wire, ZMQ_DEALER, limits, out, err);
	if (result != RESULT_OK)
		return result;
	SET_OPTIONS((*out)->zmq, dealer);
	set_routing_id(*out);
	(*out)->endpoint = alloc_string(endpoint);
	if (is_tcp(endpoint))
		result = become_curve_client(*out, endpoint, err);
	if (result == RESULT_OK && zmq_connect((*out)->zmq, endpoint) != 0)
		result = zmq_failed(err, RESULT_PERMANENT, endpoint);
	if (result != RESULT_OK)
		wire_socket_close(out);
	return result;
}

int wire_peer_same(const struct wire_peer *a, const struct wire_peer *b)
{
	return a->size == b->size && memcmp(a->bytes, b->bytes, a->size) == 0;
}

/* ---------------------------------------------------------------- the header frame */

static void header_write(unsigned char out[HEADER_SIZE], enum message_type type, uint64_t request)
{
	int at;

	memset(out, 0, HEADER_SIZE);
	memcpy(out, "LZ", 2);
	out[2] = PROTOCOL_VERSION;
	out[3] = (unsigned char)type;
	for (at = 0; at < 8; at++)
		out[8 + at] = (unsigned char)(request >> (56 - 8 * at));
}

static enum result header_read(
        const unsigned char *in, size_t size, struct wire_message *out, struct err *err)
{
	static const unsigned char zeros[4];
	int at;

	if (size != HEADER_SIZE || memcmp(in, "LZ", 2) != 0)
		return err_set(err, RESULT_PERMANENT, "not a header of ours");
	if (in[2] != PROTOCOL_VERSION)
		return err_set(err, RESULT_PERMANENT, "version %d, %d is spoken here", in[2],
		        PROTOCOL_VERSION);
	if (!message_info(in[3]))
		return err_set(err, RESULT_PERMANENT, "unknown message type %d", in[3]);
	if (memcmp(in + 4, zeros, sizeof(zeros)) != 0)
		return err_set(err, RESULT_PERMANENT, "reserved bytes that are not zero");
	out->type = (enum message_type)in[3];
	for (at = 0; at < 8; at++)
		out->request = out->request << 8 | in[8 + at];
	return RESULT_OK;
}

/* ---------------------------------------------------------------- sending */

/* EINTR can't come from a call that never waits, but costs nothing to hear. */
static enum result send_frame(
        struct wire_socket *socket, zmq_msg_t *frame, int more, struct err *err)
{
	int flags = ZMQ_DONTWAIT | (more ? ZMQ_SNDMORE : 0), sent;

	do
		sent = zmq_msg_send(frame, socket->zmq, flags);
	while (sent < 0 && zmq_errno() == EINTR);
	if (sent >= 0)
		return RESULT_OK;
	if (zmq_errno() == EAGAIN || zmq_errno() == EHOSTUNREACH)
		return zmq_failed(err, RESULT_TEMPORARY, "send");
	return zmq_failed(err, RESULT_PERMANENT, "send");
}

/* Sends frames one behind the other. Whether the peer is there and has room is decided at the
 * first; the last may be the caller's body, which zmq leaves alone where it fails. */
static enum result send_frames(
        struct wire_socket *socket, zmq_msg_t **frames, int count, struct err *err)
{
	enum result result = RESULT_OK;
	int at;

	for (at = 0; at < count && result == RESULT_OK; at++)
		result = send_frame(socket, frames[at], at < count - 1, err);
	return result;
}

static void frame_of(zmq_msg_t *frame, const void *bytes, size_t size)
{
	if (zmq_msg_init_size(frame, size) != 0)
		abort();
	if (bytes)
		memcpy(zmq_msg_data(frame), bytes, size);
}

enum result wire_send(struct wire_socket *socket, const struct wire_peer *peer,
        enum message_type type, uint64_t request, const ProtobufCMessage *envelope,
        struct wire_body *body, struct err *err)
{
	const struct message_info *info = message_info(type);
	size_t size = protobuf_c_message_get_packed_size(envelope);
	unsigned char header[HEADER_SIZE];
	zmq_msg_t own[FRAMES_MAX], *frames[FRAMES_MAX];
	int count = 0, owned, at;
	enum result result;

	assert(info && envelope->descriptor == info->descriptor);
	assert(info->has_body || !body || !body->present);
	assert(socket->is_router == (peer != NULL));
	if (size > MESSAGE_ENVELOPE_MAX)
		return err_set(err, RESULT_PERMANENT, "%s: an envelope of %zu bytes is too large",
		        info->name, size);
	if (peer)
		frame_of(&own[count++], peer->bytes, peer->size);
	header_write(header, type, request);
	frame_of(&own[count++], header, sizeof(header));
	frame_of(&own[count], NULL, size);
	protobuf_c_message_pack(envelope, zmq_msg_data(&own[count++]));
	owned = count;
	if (info->has_body && !(body && body->present))
		frame_of(&own[owned++], NULL, 0);
	for (at = 0; at < owned; at++)
		frames[at] = &own[at];
	count = owned;
	if (body && body->present)
		frames[count++] = (zmq_msg_t *)(void *)body->room;
	socket->touched = 1;
	result = send_frames(socket, frames, count, err);
	for (at = 0; at < owned; at++)
		zmq_msg_close(&own[at]);
	if (result == RESULT_OK && body)
		wire_body_free(body);
	return result;
}

/* ---------------------------------------------------------------- receiving */

/* The frames of one message; those beyond FRAMES_MAX are counted but not kept. */
struct frames {
	zmq_msg_t frame[FRAMES_MAX];
	int kept;
	int count;
};

static int receive_frame(struct wire_socket *socket, zmq_msg_t *frame)
{
	int got;

	zmq_msg_init(frame);
	do
		got = zmq_msg_recv(frame, socket->zmq, ZMQ_DONTWAIT);
	while (got < 0 && zmq_errno() == EINTR);
	return got >= 0;
}

static void frames_free(struct frames *frames)
{
	while (frames->kept > 0)
		zmq_msg_close(&frames->frame[--frames->kept]);
}

/* The frames of one message come together, so that only the first can be missing. */
static int frames_receive(struct wire_socket *socket, struct frames *out)
{
	zmq_msg_t spare;
	int more = 1;

	*out = (struct frames){.kept = 0};
	while (more) {
		zmq_msg_t *frame = out->kept < FRAMES_MAX ? &out->frame[out->kept] : &spare;

		if (!receive_frame(socket, frame)) {
			zmq_msg_close(frame);
			return 0;
		}
		more = zmq_msg_more(frame);
		out->count++;
		if (frame == &spare)
			zmq_msg_close(&spare);
		else
			out->kept++;
	}
	return 1;
}

static enum result peer_read(zmq_msg_t *frame, struct wire_peer *out, struct err *err)
{
	size_t size = zmq_msg_size(frame);

	if (size > sizeof(out->bytes))
		return err_set(err, RESULT_PERMANENT, "a peer's name of %zu bytes", size);
	out->size = (uint8_t)size;
	memcpy(out->bytes, zmq_msg_data(frame), size);
	return RESULT_OK;
}

/* Header, envelope and body out of `count` frames. */
static enum result frames_read(
        zmq_msg_t *frame, int count, struct wire_message *out, struct err *err)
{
	const struct message_info *info;
	size_t body_size = count > 2 ? zmq_msg_size(&frame[2]) : 0;

	if (count < 2 || count > 3)
		return err_set(err, RESULT_PERMANENT, "%d frames", count);
	if (header_read(zmq_msg_data(&frame[0]), zmq_msg_size(&frame[0]), out, err) != RESULT_OK)
		return RESULT_PERMANENT;
	info = message_info(out->type);
	if (count != 2 + info->has_body)
		return err_set(err, RESULT_PERMANENT, "%s: %s", info->name,
		        info->has_body ? "its body is missing" : "a body that it doesn't have");
	if (message_unpack(out->type, zmq_msg_data(&frame[1]), zmq_msg_size(&frame[1]), body_size,
	            &out->envelope, err) != RESULT_OK)
		return RESULT_PERMANENT;
	if (info->has_body) {
		zmq_msg_init((zmq_msg_t *)(void *)out->body.room);
		zmq_msg_move((zmq_msg_t *)(void *)out->body.room, &frame[2]);
		out->body.present = 1;
	}
	return RESULT_OK;
}

/* libzmq keeps it with each frame that came over the connection. */
static void sender_read(struct wire_socket *socket, zmq_msg_t *frame, struct wire_who *out)
{
	const struct zap *zap = socket->wire->zap;

	who_read(zmq_msg_gets(frame, "Peer-Address"), zmq_msg_gets(frame, "User-Id"),
	        zap ? zap_token(zap) : NULL, out);
}

enum result wire_receive(struct wire_socket *socket, struct wire_message *out, struct err *err)
{
	int first = socket->is_router ? 1 : 0;
	struct frames frames;
	enum result result = RESULT_OK;

	*out = (struct wire_message){0};
	socket->touched = 1;
	if (!frames_receive(socket, &frames)) {
		socket->touched = 0; /* libzmq has looked for news before it said so */
		frames_free(&frames);
		return RESULT_NONE;
	}
	if (socket->is_router)
		result = peer_read(&frames.frame[0], &out->peer, err);
	if (result == RESULT_OK)
		result = frames_read(&frames.frame[first], frames.count - first, out, err);
	if (result == RESULT_OK && socket->is_router)
		sender_read(socket, &frames.frame[first], &out->who);
	frames_free(&frames);
	return result;
}

void wire_message_free(struct wire_message *message)
{
	message_free(message->envelope);
	wire_body_free(&message->body);
	*message = (struct wire_message){0};
}
