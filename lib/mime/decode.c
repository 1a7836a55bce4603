#include "lib/mime/decode.h"

static unsigned decode(enum mime_encoding encoding, const void *bytes, size_t size, struct buf *out)
{
	struct decoder decoder;
	unsigned oddities;

	decoder_init(&decoder, encoding);
	decoder_feed(&decoder, bytes, size, out);
	oddities = decoder_end(&decoder, out);
	decoder_fini(&decoder);
	return oddities;
}

unsigned decode_base64(const void *bytes, size_t size, struct buf *out)
{
	return decode(MIME_BASE64, bytes, size, out);
}

unsigned decode_quoted_printable(const void *bytes, size_t size, struct buf *out)
{
	return decode(MIME_QUOTED_PRINTABLE, bytes, size, out);
}

unsigned decode_uuencode(const void *bytes, size_t size, struct buf *out)
{
	return decode(MIME_UUENCODE, bytes, size, out);
}

unsigned decode_yenc(const void *bytes, size_t size, struct buf *out)
{
	return decode(MIME_YENC, bytes, size, out);
}

unsigned decode_binhex(const void *bytes, size_t size, struct buf *out)
{
	return decode(MIME_BINHEX, bytes, size, out);
}

unsigned decode_part(
        const struct mime_map *map, size_t part, enum mime_encoding encoding, struct buf *out)
{
	const struct mime_range body = map->parts[part].body;

	return decode(encoding, map->bytes + body.offset, body.length, out);
}
