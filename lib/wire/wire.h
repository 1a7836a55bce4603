/*
 * Messages between our programs over ZeroMQ. The one folder that knows zmq.h.
 *
 * A message is two or three frames: a header of 16 bytes ("LZ", version, type, 4 reserved bytes
 * that are zero, and a request number, 8 bytes big-endian, that an answer repeats), a protobuf
 * envelope, and, where its type says so, the body. Anything else (unknown version or type, missing,
 * extra or oversized frames, an envelope that doesn't check) is refused here, in wire_receive(),
 * and nowhere else. docs/PROTOCOL.md has the grammar.
 *
 * A `tcp://` endpoint always runs CURVE, on both sides, with our own ZAP handler that knows the
 * allowed keys; without keys it is refused, unless the configuration says `allow_plain_tcp: true`.
 * An `ipc://` endpoint is guarded by its folder's permissions.
 *
 * A process opens one wire, and never forks afterwards but to exec.
 */
#ifndef LIB_WIRE_WIRE_H
#define LIB_WIRE_WIRE_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/config/config.h"
#include "protos/messages.h"

struct wire;        /* the context, its keys and its ZAP handler */
struct wire_socket; /* one ROUTER or DEALER */

/* Reads the keys that `curve` names. `program` is used as ZAP domain in logs. Gives *out. */
enum result wire_open(const struct config_curve *curve, struct wire **out, struct err *err);
void wire_close(struct wire **wire); /* at most one second for what is still on its way */

/* Whose a message is, on a ROUTER: an opaque name of up to 32 bytes. */
struct wire_peer {
	uint8_t size;
	uint8_t bytes[32];
};
int wire_peer_same(const struct wire_peer *a, const struct wire_peer *b);

/* A body that is never copied where it needn't be. Opaque; {0} is none. */
struct wire_body {
	_Alignas(8) unsigned char room[64];
	int present;
};
void wire_body_copy(const void *bytes, size_t size, struct wire_body *out);
/* Takes malloc'ed bytes: they are freed when the last holder is done. */
void wire_body_take(void *bytes, size_t size, struct wire_body *out);
void wire_body_share(const struct wire_body *from,
        struct wire_body *out); /* another reference to the same bytes */
const void *wire_body_data(const struct wire_body *body);
size_t wire_body_size(const struct wire_body *body);
void wire_body_free(struct wire_body *body);

struct wire_message {
	enum message_type type;
	uint64_t request;           /* chosen by who asks, repeated by who answers */
	struct wire_peer peer;      /* ROUTER only */
	ProtobufCMessage *envelope; /* checked; its type is as message_info(type)->descriptor */
	struct wire_body body;
};
void wire_message_free(struct wire_message *message);

struct wire_limits {
	size_t max_bytes; /* largest frame taken (ZMQ_MAXMSGSIZE) */
	int high_water;   /* messages a peer, both ways */
};

/* A ROUTER bound to every endpoint of the list; ROUTER_MANDATORY. ipc:// paths get mode 0660. */
enum result wire_bind(struct wire *wire, const struct config_list *endpoints,
        const struct wire_limits *limits, struct wire_socket **out, struct err *err);

/* A DEALER connected to one endpoint. */
enum result wire_connect(struct wire *wire, const char *endpoint, const struct wire_limits *limits,
        struct wire_socket **out, struct err *err);
void wire_socket_close(struct wire_socket **socket);

/*
 * Sends without waiting. `peer` for a ROUTER, NULL for a DEALER. The body (may be NULL) is taken on
 * RESULT_OK and left with the caller otherwise. RESULT_TEMPORARY: the peer is gone, or too much is
 * waiting for it.
 */
enum result wire_send(struct wire_socket *socket, const struct wire_peer *peer,
        enum message_type type, uint64_t request, const ProtobufCMessage *envelope,
        struct wire_body *body, struct err *err);

/* RESULT_OK: *out is filled. RESULT_NONE: nothing there. RESULT_PERMANENT: garbage came and was
 * dropped; err says what, out->peer says from whom; call again. */
enum result wire_receive(struct wire_socket *socket, struct wire_message *out, struct err *err);

/*
 * Asks and waits for the answer of the same request number, for programs that have nothing else to
 * do (qctl). Answers that are MESSAGE_ERROR become their result and text.
 */
enum result wire_ask(struct wire_socket *socket, enum message_type type,
        const ProtobufCMessage *envelope, int timeout_ms, struct wire_message *answer,
        struct err *err);

/* ---- keys ---- */
/* A new CURVE key pair in Z85, 41 bytes each with the NUL. */
void wire_keys_new(char public_key[41], char secret_key[41]);

#endif
