#include "lib/base/buf.h"

#include <assert.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"

void buf_reserve(struct buf *buf, size_t more)
{
	size_t room = buf->room ? buf->room : 64;

	assert(more < SIZE_MAX / 4);
	if (buf->size + more + 1 <= buf->room)
		return;
	while (room < buf->size + more + 1)
		room *= 2;
	buf->data = alloc_grow(buf->data, room, 1);
	buf->room = room;
}

void buf_add(struct buf *buf, const void *bytes, size_t size)
{
	buf_reserve(buf, size);
	if (size)
		memcpy(buf->data + buf->size, bytes, size);
	buf->size += size;
	buf->data[buf->size] = '\0';
}

void buf_add_string(struct buf *buf, const char *text)
{
	buf_add(buf, text, strlen(text));
}

void buf_add_format(struct buf *buf, const char *format, ...)
{
	va_list ap, again;
	int size;

	va_start(ap, format);
	va_copy(again, ap);
	buf_reserve(buf, 0);
	/* Most of what is printed fits at once. */
	size = vsnprintf(buf->data + buf->size, buf->room - buf->size, format, ap);
	va_end(ap);
	assert(size >= 0);
	if ((size_t)size >= buf->room - buf->size) {
		buf_reserve(buf, (size_t)size);
		vsnprintf(buf->data + buf->size, (size_t)size + 1, format, again);
	}
	va_end(again);
	buf->size += (size_t)size;
}

void buf_drop_front(struct buf *buf, size_t size)
{
	assert(size <= buf->size);
	if (!size)
		return;
	memmove(buf->data, buf->data + size, buf->size - size);
	buf->size -= size;
	buf->data[buf->size] = '\0';
}

void buf_clear(struct buf *buf)
{
	buf->size = 0;
	if (buf->data)
		buf->data[0] = '\0';
}

char *buf_give(struct buf *buf)
{
	char *data;

	buf_reserve(buf, 0);
	buf->data[buf->size] = '\0';
	data = buf->data;
	*buf = (struct buf){0};
	return data;
}

void buf_fini(struct buf *buf)
{
	free(buf->data);
	*buf = (struct buf){0};
}
