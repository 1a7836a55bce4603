#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "lib/wire/wire.h"

_Static_assert(sizeof(zmq_msg_t) <= sizeof(((struct wire_body *)0)->room), "room for a zmq_msg_t");
_Static_assert(_Alignof(struct wire_body) >= _Alignof(zmq_msg_t), "aligned as a zmq_msg_t");

static zmq_msg_t *inner(const struct wire_body *body)
{
	return (zmq_msg_t *)(void *)body->room;
}

void wire_body_copy(const void *bytes, size_t size, struct wire_body *out)
{
	if (zmq_msg_init_size(inner(out), size) != 0)
		abort(); /* out of memory, as alloc() would */
	if (size)
		memcpy(zmq_msg_data(inner(out)), bytes, size);
	out->present = 1;
}

static void free_bytes(void *bytes, void *hint)
{
	free(bytes);
}

void wire_body_take(void *bytes, size_t size, struct wire_body *out)
{
	if (zmq_msg_init_data(inner(out), bytes, size, free_bytes, NULL) != 0)
		abort();
	out->present = 1;
}

void wire_body_share(const struct wire_body *from, struct wire_body *out)
{
	assert(from->present);
	zmq_msg_init(inner(out));
	/* zmq counts the holders inside the source, so it takes it without const */
	if (zmq_msg_copy(inner(out), inner(from)) != 0)
		abort();
	out->present = 1;
}

void wire_body_move(struct wire_body *from, struct wire_body *out)
{
	*out = (struct wire_body){0};
	if (!from->present)
		return;
	zmq_msg_init(inner(out));
	zmq_msg_move(inner(out), inner(from));
	out->present = 1;
	wire_body_free(from);
}

const void *wire_body_data(const struct wire_body *body)
{
	return body->present ? zmq_msg_data(inner(body)) : "";
}

size_t wire_body_size(const struct wire_body *body)
{
	return body->present ? zmq_msg_size(inner(body)) : 0;
}

void wire_body_free(struct wire_body *body)
{
	if (body->present)
		zmq_msg_close(inner(body));
	*body = (struct wire_body){0};
}
