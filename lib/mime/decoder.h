/*
 * The decoders as streams: a body is fed in pieces of any length, and what is decided by then is
 * added to `out`, which may be another one or emptied each time: a decoder never looks back into
 * it. However the pieces are cut, the bytes and the oddities are those of decode_base64() and its
 * like, which feed one single piece.
 *
 *     decoder_init(&decoder, MIME_BASE64);
 *     while ((size = next piece))
 *             decoder_feed(&decoder, piece, size, &out);
 *     oddities = decoder_end(&decoder, &out);
 *     decoder_fini(&decoder);
 *
 * They never fail: whatever can't be read is passed over. Time is linear in what is fed, and so is
 * output: a piece gives at most what was fed by then, and of BinHex 16 times that and 254 bytes
 * more. What a decoder must remember from piece to piece is of a fixed size, but for two things
 * that are never more than what was fed, and that decoder_fini() frees:
 *
 *   quoted-printable   blanks behind a "=": only what follows tells whether they come out
 *   BinHex             runs that would make more of the file than its size allows so far
 */
#ifndef LIB_MIME_DECODER_H
#define LIB_MIME_DECODER_H

#include "lib/base/buf.h"
#include "lib/mime/map.h"

enum decode_oddity {
	DECODE_PADDING_INSIDE =
	        1, /* base64: "=" before the end, and more behind it (which is decoded, too) */
	DECODE_BAD_CHARACTER = 2,
	DECODE_BAD_ESCAPE = 4, /* quoted-printable */
	DECODE_BLANK_SOFT_BREAK = 8,
	DECODE_SHORT = 16, /* ends in the middle */
};

/* Up to three characters of a group of four. */
struct base64_decoder {
	unsigned bits, count; /* of the group that is being read */
	int padding;          /* "=" seen and nothing behind it yet */
	unsigned oddities;
};

struct quoted_decoder {
	enum {
		QUOTED_TEXT,
		QUOTED_EQUALS, /* behind a "=" */
		QUOTED_DIGIT,  /* behind "=" and a hexadecimal digit */
		QUOTED_BLANKS, /* behind "=" and blanks */
		QUOTED_CR,     /* behind the CR of a soft break, whose LF may follow */
	} at;
	unsigned char digit;
	struct buf blanks;
	unsigned oddities;
};

enum {
	UUENCODE_LINE = 1 + 84,      /* a count, and the characters for the 63 bytes it can say */
	YENC_WORD = 7,               /* "=ybegin" */
	BINHEX_HEADER = 1 + 255 + 21 /* with the longest name */
};

/* The line that is being read. Behind its first characters only the fact matters that there are
 * more, so it is cut there. */
struct uuencode_decoder {
	unsigned char line[UUENCODE_LINE];
	size_t length; /* of it so far */
	size_t size;   /* the same without CRs at its end */
	int is_begun;  /* behind a line "begin" */
	int is_base64; /* behind a line "begin-base64" */
	struct base64_decoder base64;
	unsigned oddities;
};

/* A line's first characters while they may become a word; later a count of CRs, which the line's
 * end would take away, and whether a "=" stands before them. */
struct yenc_decoder {
	enum {
		YENC_START,
		YENC_DATA,
		YENC_WORD_LINE, /* the rest of a line "=ybegin" or "=ypart" */
		YENC_DONE,      /* behind "=yend" */
	} at;
	unsigned char word[YENC_WORD];
	size_t word_size;
	int escape;
	size_t cr_count;
};

/* Bits become packed bytes, those become, with the runs undone, plain bytes: a header that tells
 * how long the data fork behind it is (RFC 1741). */
struct binhex_decoder {
	enum {
		BINHEX_BEFORE, /* the first colon */
		BINHEX_INSIDE,
		BINHEX_BEHIND, /* the second one */
	} at;
	unsigned bits, bit_count;
	int run;            /* behind a 0x90, whose count follows */
	unsigned char last; /* plain byte */
	size_t plain_count;
	size_t most; /* plain bytes that are allowed by what was fed so far */
	struct buf held;
	size_t held_at; /* packed bytes before it were taken out of `held` */
	unsigned char header[BINHEX_HEADER];
	size_t header_size;
	size_t fork_left; /* once the header is whole */
};

/* For the stack. Its members are the decoders' own. */
struct decoder {
	enum mime_encoding encoding;
	union {
		struct base64_decoder base64;
		struct quoted_decoder quoted;
		struct uuencode_decoder uuencode;
		struct yenc_decoder yenc;
		struct binhex_decoder binhex;
	} of;
};

void decoder_init(struct decoder *decoder, enum mime_encoding encoding);
void decoder_feed(struct decoder *decoder, const void *bytes, size_t size, struct buf *out);

/* Adds what was held back, gives a set of oddities; nothing may be fed after it. */
unsigned decoder_end(struct decoder *decoder, struct buf *out);

/* Also before its end. */
void decoder_fini(struct decoder *decoder);

/* The single ones; a zeroed one is fresh. */
void base64_feed(
        struct base64_decoder *state, const unsigned char *from, size_t size, struct buf *out);
unsigned base64_end(struct base64_decoder *state, struct buf *out);

void quoted_feed(
        struct quoted_decoder *state, const unsigned char *from, size_t size, struct buf *out);
unsigned quoted_end(struct quoted_decoder *state, struct buf *out);
void quoted_fini(struct quoted_decoder *state);

void uuencode_feed(
        struct uuencode_decoder *state, const unsigned char *from, size_t size, struct buf *out);
unsigned uuencode_end(struct uuencode_decoder *state, struct buf *out);

void yenc_feed(struct yenc_decoder *state, const unsigned char *from, size_t size, struct buf *out);
unsigned yenc_end(struct yenc_decoder *state, struct buf *out);

void binhex_feed(
        struct binhex_decoder *state, const unsigned char *from, size_t size, struct buf *out);
unsigned binhex_end(struct binhex_decoder *state, struct buf *out);
void binhex_fini(struct binhex_decoder *state);

#endif
