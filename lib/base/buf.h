/*
 * A growing run of bytes. `{0}` is a valid empty one; data is NUL-terminated behind size once
 * anything was added.
 */
#ifndef LIB_BASE_BUF_H
#define LIB_BASE_BUF_H

#include <stddef.h>

struct buf {
	char *data;
	size_t size;
	size_t room;
};

void buf_add(struct buf *buf, const void *bytes, size_t size);
void buf_add_string(struct buf *buf, const char *text);
void buf_add_format(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buf_reserve(struct buf *buf, size_t more); /* room for `more` bytes behind size */
void buf_drop_front(struct buf *buf, size_t size);
void buf_clear(struct buf *buf); /* keeps the memory */
char *buf_give(struct buf *buf); /* gives the string, to be freed; buf is empty then */
void buf_fini(struct buf *buf);

/* Here, as most texts are made byte by byte. */
static inline void buf_add_char(struct buf *buf, char byte)
{
	if (buf->size + 1 >= buf->room)
		buf_reserve(buf, 1);
	buf->data[buf->size++] = byte;
	buf->data[buf->size] = '\0';
}

#endif
