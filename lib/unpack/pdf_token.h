/*
 * The tokens of PDF (ISO 32000-1, 7.2 and 7.3). Internal to lib/unpack. Nothing is an error: what
 * is broken gives tokens that mean nothing.
 */
#ifndef LIB_UNPACK_PDF_TOKEN_H
#define LIB_UNPACK_PDF_TOKEN_H

#include "lib/unpack/piece.h"

enum { PDF_NAME_ROOM = 64 };

enum pdf_kind {
	PDF_END,
	PDF_NAME,   /* "/Name" */
	PDF_WORD,   /* "obj", "stream", "R", "null" */
	PDF_NUMBER, /* its whole part; 0 for negative ones */
	PDF_STRING, /* "(text)" */
	PDF_HEX,    /* "<0a0b>" */
	PDF_DICTIONARY,
	PDF_DICTIONARY_END,
	PDF_ARRAY,
	PDF_ARRAY_END,
	PDF_OTHER,
};

struct pdf_token {
	enum pdf_kind kind;
	uint32_t number;
	char name[PDF_NAME_ROOM]; /* of a name or word, "#45" undone; "" where it is longer */
	struct piece text;        /* what is between the brackets of a string; lent */
};

/* Takes the next token from `rest`, and comments and blanks in front of it. */
void pdf_take(struct piece *rest, struct pdf_token *token);

/* The bytes that a PDF_STRING or PDF_HEX stands for, at most `room` of them. Gives their count. */
size_t pdf_string(const struct pdf_token *token, unsigned char *bytes, size_t room);

#endif
