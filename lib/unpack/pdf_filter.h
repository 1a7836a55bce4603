/*
 * The filters of PDF's streams (ISO 32000-1, 7.4). Internal to lib/unpack.
 */
#ifndef LIB_UNPACK_PDF_FILTER_H
#define LIB_UNPACK_PDF_FILTER_H

#include "lib/unpack/pdf_token.h"
#include "lib/unpack/walk.h"

enum { PDF_FILTERS_MOST = 8 };

/* What a stream's dictionary says of its filters, in the order in which they are undone. */
struct pdf_filters {
	char names[PDF_FILTERS_MOST][PDF_NAME_ROOM];
	size_t count;      /* may be more than are kept */
	size_t lists;      /* how often the dictionary says it: readers differ in which they take */
	int has_predictor; /* the bytes are differences (7.4.4.4) */
};

void pdf_filter_add(struct pdf_filters *filters, const char *name);

/* Undoes them, and pays for what comes out. NULL, or what could not be undone, for people: `out` is
 * what it was before that. The codecs of pictures are left as they are, and are no reason. */
const char *pdf_unfilter(
        struct walk *walk, struct piece data, const struct pdf_filters *filters, struct buf *out);

#endif
