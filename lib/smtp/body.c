#include "lib/smtp/body.h"

#include <string.h>

#include "lib/smtp/client.h"

void body_init(struct body *body, const struct smtp_piece *pieces, size_t piece_count)
{
	*body = (struct body){.pieces = pieces, .piece_count = piece_count, .line_begins = 1};
}

static void end_line(struct body *body, struct buf *out)
{
	buf_add(out, "\r\n", 2);
	body->line_begins = 1;
	body->after_return = 0;
}

/* A CR was seen, and no LF came behind it. */
static void drop_return(struct body *body, struct buf *out)
{
	if (!body->after_return)
		return;
	buf_add_char(out, ' ');
	body->after_return = body->line_begins = 0;
}

/* Bytes of one line, neither CR nor LF among them. */
static void add_run(struct body *body, struct buf *out, const char *bytes, size_t size)
{
	if (!size)
		return;
	if (body->line_begins && *bytes == '.')
		buf_add_char(out, '.');
	body->line_begins = 0;
	buf_add(out, bytes, size);
}

/* Bytes of one line as they stand in the message: without its LF, but CRs may be among them. */
static void add_line(struct body *body, struct buf *out, const char *bytes, const char *end)
{
	const char *back;

	while (bytes < end) {
		drop_return(body, out);
		back = memchr(bytes, '\r', (size_t)(end - bytes));
		add_run(body, out, bytes, (size_t)((back ? back : end) - bytes));
		body->after_return = back != NULL;
		bytes = back ? back + 1 : end;
	}
}

static void add_bytes(struct body *body, struct buf *out, const char *bytes, size_t size)
{
	const char *end = bytes + size, *stop;

	while (bytes < end) {
		stop = memchr(bytes, '\n', (size_t)(end - bytes));
		add_line(body, out, bytes, stop ? stop : end);
		if (stop)
			end_line(body, out);
		bytes = stop ? stop + 1 : end;
	}
}

static void finish(struct body *body, struct buf *out)
{
	drop_return(body, out);
	if (!body->line_begins)
		end_line(body, out);
	buf_add(out, ".\r\n", 3);
	body->finished = 1;
}

void body_make(struct body *body, struct buf *out, size_t most)
{
	const struct smtp_piece *piece;
	size_t size;

	while (most && body->piece < body->piece_count) {
		piece = &body->pieces[body->piece];
		size = piece->size - body->offset;
		if (size > most)
			size = most;
		if (size)
			add_bytes(body, out, (const char *)piece->bytes + body->offset, size);
		most -= size;
		body->offset += size;
		if (body->offset == piece->size) {
			body->piece++;
			body->offset = 0;
		}
	}
	if (body->piece == body->piece_count && !body->finished)
		finish(body, out);
}

uint64_t body_size(const struct smtp_piece *pieces, size_t piece_count)
{
	const char *at, *end;
	uint64_t size = 0;
	char before = '\n';
	size_t i;

	for (i = 0; i < piece_count; i++) {
		if (!pieces[i].size)
			continue;
		size += pieces[i].size;
		at = pieces[i].bytes;
		end = at + pieces[i].size;
		for (; (at = memchr(at, '\n', (size_t)(end - at))) != NULL; at++)
			size += (at > (const char *)pieces[i].bytes ? at[-1] : before) != '\r';
		before = end[-1];
	}
	return before == '\n' ? size : size + 2;
}
