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

/* Reads the keys that `curve` names. Gives *out. */
enum result wire_open(const struct config_curve *curve, struct wire **out, struct err *err);
void wire_close(struct wire **wire); /* at most one second for what is still on its way */

/* Whose a message is, on a ROUTER: an opaque name of up to 32 bytes. */
struct wire_peer {
	uint8_t size;
	uint8_t bytes[32];
};
int wire_peer_same(const struct wire_peer *a, const struct wire_peer *b);

/*
 * Who a peer of a ROUTER is, by what it can't choose: the kernel's word for a local one
 * (SO_PEERCRED, as of its connect()), the CURVE key that it has proved for one of tcp://.
 */
enum wire_who_kind {
	WHO_UNPROVEN, /* tcp:// without CURVE */
	WHO_LOCAL,
	WHO_KEY,
};

/* What a key is for, as curve.allowed_keys says. */
enum wire_role {
	ROLE_WORKER = 1,
	ROLE_FRONT = 2,
	ROLE_NOTIFIER = 4,
	ROLE_PROGRAMS = ROLE_WORKER | ROLE_FRONT | ROLE_NOTIFIER,
	ROLE_TOOL = 8, /* qctl: what people do */
};

enum { WIRE_NAME_ROOM = 65, WIRE_WHO_ROOM = 128 };

struct wire_who {
	enum wire_who_kind kind;
	unsigned uid;              /* of a local one */
	char key[41];              /* Z85 */
	char name[WIRE_NAME_ROOM]; /* of the key, printable ASCII */
	unsigned roles;            /* of the key */
};

/* "uid=1000", "name=laptop key=…", "unproven". */
void wire_who_text(const struct wire_who *who, char out[WIRE_WHO_ROOM]);

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
void wire_body_move(struct wire_body *from, struct wire_body *out); /* from is {0} afterwards */
const void *wire_body_data(const struct wire_body *body);
size_t wire_body_size(const struct wire_body *body);
void wire_body_free(struct wire_body *body);

struct wire_message {
	enum message_type type;
	uint64_t request;           /* chosen by who asks, repeated by who answers */
	struct wire_peer peer;      /* ROUTER only */
	struct wire_who who;        /* likewise */
	ProtobufCMessage *envelope; /* checked; its type is as message_info(type)->descriptor */
	struct wire_body body;
};
void wire_message_free(struct wire_message *message);

struct wire_limits {
	size_t max_bytes; /* largest frame taken (ZMQ_MAXMSGSIZE) */
	int high_water;   /* messages a peer, both ways */
	int is_private;   /* an ipc:// socket to bind is its owner's alone, and not the group's */
};

/* A ROUTER bound to every endpoint of the list; ROUTER_MANDATORY. ipc:// sockets get mode 0660, or
 * 0600, a missing folder 0750. */
enum result wire_bind(struct wire *wire, const struct config_list *endpoints,
        const struct wire_limits *limits, struct wire_socket **out, struct err *err);

/* A DEALER connected to one endpoint. It has a random name for its whole life, so that it is the
 * same peer to the other side after a connection was lost and made again. Nothing is queued while
 * there is no connection: until the first one is made wire_send() says RESULT_TEMPORARY. And what
 * has arrived but was not yet received is lost when the connection is. */
enum result wire_connect(struct wire *wire, const char *endpoint, const struct wire_limits *limits,
        struct wire_socket **out, struct err *err);
void wire_socket_close(struct wire_socket **socket);

/*
 * Sends without waiting. `peer` for a ROUTER, NULL for a DEALER. The body is taken on RESULT_OK and
 * left with the caller otherwise; NULL where the type has none, or for an empty one.
 * RESULT_TEMPORARY: the peer is gone, or too much is waiting for it. RESULT_PERMANENT: the envelope
 * is larger than anybody would take.
 */
enum result wire_send(struct wire_socket *socket, const struct wire_peer *peer,
        enum message_type type, uint64_t request, const ProtobufCMessage *envelope,
        struct wire_body *body, struct err *err);

/* RESULT_OK: *out is filled. RESULT_NONE: nothing there. RESULT_PERMANENT: garbage came and was
 * dropped; err says what, out->peer says from whom; call again. */
enum result wire_receive(struct wire_socket *socket, struct wire_message *out, struct err *err);

/*
 * Asks and waits for the answer of the same request number, for programs that have nothing else to
 * do (qctl). Answers that are MESSAGE_ERROR become their result and text. Where the connection is
 * lost meanwhile no answer can come: RESULT_TEMPORARY at once, and whether it was done is unknown.
 */
enum result wire_ask(struct wire_socket *socket, enum message_type type,
        const ProtobufCMessage *envelope, int timeout_ms, struct wire_message *answer,
        struct err *err);

/* The same with bytes behind the envelope; `body` may be NULL, and is taken where it was sent. */
enum result wire_ask_with(struct wire_socket *socket, enum message_type type,
        const ProtobufCMessage *envelope, struct wire_body *body, int timeout_ms,
        struct wire_message *answer, struct err *err);
/* The same in two steps, for who has something to do meanwhile. One question at a time; the body is
 * taken on RESULT_OK, and NULL where there is none. */
enum result wire_question(struct wire_socket *socket, enum message_type type,
        const ProtobufCMessage *envelope, struct wire_body *body, int timeout_ms, struct err *err);
enum result wire_answer(
        struct wire_socket *socket, int timeout_ms, struct wire_message *answer, struct err *err);

/*
 * ---- keys ----
 * Key files have two words a line; empty lines and those that begin with "# " are comments.
 *   curve.secret_key    public <key>          this host's pair; only its owner may read it
 *                       secret <key>
 *   curve.allowed_keys  <key> <name> [roles]  who may connect to our tcp:// endpoints; read again
 *                                             when it has changed, and letting nobody in that is
 *                                             new while it can't be read. Roles: some of worker,
 *                                             front, notifier, tool, with commas between; without
 *                                             them all but tool
 *   curve.server_keys   <endpoint> <key>      whom we connect to, as the configuration spells it
 */

/* A new CURVE key pair in Z85, 41 bytes each with the NUL. */
void wire_keys_new(char public_key[41], char secret_key[41]);

/* Makes a pair and writes it in a file for curve.secret_key. RESULT_PERMANENT: the file is there
 * already, or can't be written. */
enum result wire_keys_create(const char *path, char public_key[41], struct err *err);

#endif
