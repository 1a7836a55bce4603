/*
 * HTML taken apart into tags, text and comments, the way mail filters and lenient browsers read it.
 * One pass over markup that may be broken on purpose; it looks ahead for the end of each kind of
 * thing, and remembers what isn't there, so that a million beginnings cost one search.
 *
 * What is read in an odd way on purpose:
 *   - a tag's name goes on to a blank or ">", so that "<a@b.c>" is a tag;
 *   - of a comment without "-->" the next ">" is the end;
 *   - a tag or quote that never ends is a comment that goes on to the end;
 *   - script, style, iframe, xmp, plaintext, title and textarea hold text up to their own end tag.
 */
#ifndef LIB_SPAM_HTML_TOKENS_H
#define LIB_SPAM_HTML_TOKENS_H

#include <stddef.h>

enum { HTML_ATTRIBUTES_MOST = 64 }; /* of one tag; further ones are passed over */

struct html_range {
	const char *bytes;
	size_t size;
};

struct html_attribute {
	struct html_range name;
	struct html_range
	        value; /* quotes taken off, not decoded; the name itself if there is none */
};

/* A tag; names are as written. Lent for the call. */
struct html_tag {
	struct html_range name;
	int is_end;
	const struct html_attribute *attributes;
	size_t count;
};

struct html_handlers {
	void (*tag)(void *context, const struct html_tag *tag);
	/* Not decoded. `plain`: references in it stand for themselves. */
	void (*text)(void *context, const char *bytes, size_t size, int plain);
	void (*comment)(void *context, const char *bytes, size_t size); /* with its <!-- and --> */
	void (*declaration)(void *context, const char *bytes, size_t size);
	void *context;
};

void html_tokens(const char *bytes, size_t size, const struct html_handlers *handlers);

#endif
