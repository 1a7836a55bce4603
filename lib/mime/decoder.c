#include "lib/mime/decoder.h"

#include <string.h>

void decoder_init(struct decoder *decoder, enum mime_encoding encoding)
{
	memset(decoder, 0, sizeof *decoder);
	decoder->encoding = encoding;
}

void decoder_feed(struct decoder *decoder, const void *bytes, size_t size, struct buf *out)
{
	if (!size)
		bytes = ""; /* nothing may be nowhere, and even nothing can't be added to that */
	switch (decoder->encoding) {
	case MIME_BASE64:
		base64_feed(&decoder->of.base64, bytes, size, out);
		break;
	case MIME_QUOTED_PRINTABLE:
		quoted_feed(&decoder->of.quoted, bytes, size, out);
		break;
	case MIME_UUENCODE:
		uuencode_feed(&decoder->of.uuencode, bytes, size, out);
		break;
	case MIME_YENC:
		yenc_feed(&decoder->of.yenc, bytes, size, out);
		break;
	case MIME_BINHEX:
		binhex_feed(&decoder->of.binhex, bytes, size, out);
		break;
	case MIME_IDENTITY:
	case MIME_UNKNOWN_ENCODING:
		buf_add(out, bytes, size);
		break;
	}
}

unsigned decoder_end(struct decoder *decoder, struct buf *out)
{
	switch (decoder->encoding) {
	case MIME_BASE64:
		return base64_end(&decoder->of.base64, out);
	case MIME_QUOTED_PRINTABLE:
		return quoted_end(&decoder->of.quoted, out);
	case MIME_UUENCODE:
		return uuencode_end(&decoder->of.uuencode, out);
	case MIME_YENC:
		return yenc_end(&decoder->of.yenc, out);
	case MIME_BINHEX:
		return binhex_end(&decoder->of.binhex, out);
	case MIME_IDENTITY:
	case MIME_UNKNOWN_ENCODING:
		break;
	}
	return 0;
}

void decoder_fini(struct decoder *decoder)
{
	if (decoder->encoding == MIME_QUOTED_PRINTABLE)
		quoted_fini(&decoder->of.quoted);
	if (decoder->encoding == MIME_BINHEX)
		binhex_fini(&decoder->of.binhex);
}
