/*
 * HTML to the text that a reader would see, and the links in it. Not a parser of HTML: one linear
 * pass that never looks back, for markup that may be broken on purpose. Where browsers and this
 * pass could part ways it keeps text rather than lose it: an unclosed comment, quote or script
 * hides nothing. Text made invisible by styles is text like any other.
 */
#ifndef LIB_SPAM_HTML_H
#define LIB_SPAM_HTML_H

#include <stddef.h>

#include "lib/base/buf.h"

struct html_links {
	/* An address as written, entities decoded; relative ones are resolved where the page has a
	 * base. Lent for the call. */
	void (*add)(void *context, const char *url, size_t size);
	void *context;
};

/*
 * Adds the text (UTF-8 in, UTF-8 out) to `text`. The source's own line ends become blanks; "\n"
 * stands for a line that the markup begins, "\n\n" for a paragraph. `links` may be NULL. Output is
 * at most a few times as long as the input.
 */
void html_render(const char *bytes, size_t size, struct buf *text, const struct html_links *links);

/* Adds `bytes` with character references (&amp; &#65; &#x41;) decoded. */
void html_decode(const char *bytes, size_t size, struct buf *out);

#endif
