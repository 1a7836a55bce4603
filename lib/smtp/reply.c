#include "lib/smtp/reply.h"

#include <string.h>

/* "250-text", "250 text" or "250": gives the code, or 0 where the line is none of these. */
static int line_code(const struct buf *line)
{
	const char *at = line->data;

	if (line->size < 3 || at[0] < '2' || at[0] > '5' || at[1] < '0' || at[1] > '9' ||
	        at[2] < '0' || at[2] > '9')
		return 0;
	if (line->size > 3 && at[3] != ' ' && at[3] != '-')
		return 0;
	return (at[0] - '0') * 100 + (at[1] - '0') * 10 + (at[2] - '0');
}

static void add_text(struct reply_reader *reader)
{
	size_t at;
	char byte;

	for (at = 4; at < reader->line.size; at++) {
		byte = reader->line.data[at];
		buf_add_char(&reader->texts, byte >= ' ' && byte < 127 ? byte : '?');
	}
	buf_add_char(&reader->texts, '\n');
}

static enum result end_line(struct reply_reader *reader, struct err *err)
{
	struct buf *line = &reader->line;
	int code, more;

	if (line->size && line->data[line->size - 1] == '\r')
		line->data[--line->size] = '\0';
	code = line_code(line);
	if (!code || (reader->lines && code != reader->code))
		return err_set(err, RESULT_PERMANENT, "the server's reply is not SMTP");
	if (++reader->lines > REPLY_LINES_MAX)
		return err_set(err, RESULT_PERMANENT, "the server's reply has too many lines");
	reader->code = code;
	add_text(reader);
	more = line->size > 3 && line->data[3] == '-';
	buf_clear(line);
	reader->whole = !more;
	return more ? RESULT_NONE : RESULT_OK;
}

static void begin_reply(struct reply_reader *reader)
{
	reader->whole = reader->lines = reader->code = 0;
	buf_clear(&reader->texts);
}

enum result reply_read(
        struct reply_reader *reader, const char *bytes, size_t size, size_t *used, struct err *err)
{
	enum result result = RESULT_NONE;
	const char *end;
	size_t length;

	if (reader->whole)
		begin_reply(reader);
	*used = 0;
	while (*used < size && result == RESULT_NONE) {
		end = memchr(bytes + *used, '\n', size - *used);
		length = end ? (size_t)(end - bytes) - *used : size - *used;
		if (length > REPLY_LINE_MAX - reader->line.size)
			return err_set(err, RESULT_PERMANENT, "the server's reply is too long");
		buf_add(&reader->line, bytes + *used, length);
		*used += length + (end != NULL);
		if (end)
			result = end_line(reader, err);
	}
	return result;
}

void reply_text(const struct reply_reader *reader, char *out, size_t room)
{
	const char *end = reader->texts.size ? strchr(reader->texts.data, '\n') : NULL;
	size_t size = end ? (size_t)(end - reader->texts.data) : 0;

	if (size >= room)
		size = room - 1;
	if (size)
		memcpy(out, reader->texts.data, size);
	out[size] = '\0';
}

void reply_fini(struct reply_reader *reader)
{
	buf_fini(&reader->texts);
	buf_fini(&reader->line);
}
