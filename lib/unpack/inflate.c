/*
 * zlib, which alone here knows zlib.h. Pieces of output are paid for as they come.
 */
#include "lib/unpack/inflate.h"

#include <string.h>
#include <zlib.h>

enum {
	STEP = 1 << 16,       /* bytes that are paid for at once */
	INPUT_MOST = 1 << 30, /* that zlib is given at once */
	RAW = -MAX_WBITS,     /* no header, no sum */
};

static int inflate_step(z_stream *stream, struct piece *data, struct buf *out)
{
	size_t before = data->left < INPUT_MOST ? data->left : INPUT_MOST;
	int code;

	buf_reserve(out, STEP);
	stream->next_in = (unsigned char *)data->at;
	stream->avail_in = (unsigned)before;
	stream->next_out = (unsigned char *)out->data + out->size;
	stream->avail_out = STEP;
	code = inflate(stream, Z_SYNC_FLUSH);
	piece_take_run(data, before - stream->avail_in);
	out->size += STEP - stream->avail_out;
	out->data[out->size] = '\0';
	return code;
}

int inflate_all(struct piece data, int (*spend)(void *context, size_t bytes), void *context,
        struct buf *out)
{
	z_stream stream = {0};
	int code = Z_OK;
	size_t before;

	buf_add(out, "", 0);
	if (inflateInit2(&stream, RAW) != Z_OK)
		return 0;
	while (code == Z_OK) {
		before = out->size;
		code = inflate_step(&stream, &data, out);
		if (out->size == before || spend(context, out->size - before))
			continue;
		out->size = before;
		out->data[before] = '\0';
		code = Z_MEM_ERROR;
	}
	inflateEnd(&stream);
	return code == Z_STREAM_END;
}
