/*
 * HTML to the text that rules see, and what rules ask of the markup itself. Text made invisible by
 * styles is text like any other, and told. Time and memory are linear in the source.
 */
#ifndef LIB_SPAM_HTML_H
#define LIB_SPAM_HTML_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/spam/pieces.h"

enum { HTML_URL_MOST_BYTES = 8192 };

/* Where an address stood; a set of them. */
enum html_place {
	HTML_PLACE_A = 1,
	HTML_PLACE_IFRAME = 2,
	HTML_PLACE_OTHER = 4,
	HTML_PLACE_ANCHOR = 8, /* the href of an <a> as it was written, to which its text belongs */
};

struct html_links {
	/* An address, references decoded, relative ones resolved where the page has a base. Lent
	 * for the call. */
	void (*add)(void *context, const char *url, size_t size, enum html_place place);
	void *context;
};

struct html_counts {
	struct html_count {
		uint64_t name; /* a hash */
		long open;
		int is_used;
	} * slots;
	size_t room, used;
};

/* What there was in one part's markup. Free with html_fini(). */
struct html {
	size_t length;          /* of the source, in characters */
	size_t text_characters; /* of what was rendered */
	size_t text_blanks;     /* of these */
	double image_area;
	struct html_counts tags; /* each name that occurs, and how many are open at the end */
	size_t tag_count, element_count; /* start and end tags; of known names */
	size_t tags_seen, elements_seen; /* different names */
	size_t closed_extra;             /* end tags of what wasn't open */
	size_t obfuscation;              /* words with a tag inside */
	uint64_t backhair;               /* kinds of short words with a tag inside, a set */
	int low_contrast, invalid_colour, bad_font_face, has_embeds, mails_form;
	int has_iframe_source;
	int is_url_cut;
	const char *element;        /* the one that has the address, while an address is given */
	long least_size, most_size; /* of fonts */
	struct pieces comments, scripts, titles;
	struct pieces anchors;     /* the text of each <a>, "<img>\n" for an image */
	struct pieces anchor_urls; /* and what it leads to */
	struct buf charsets;       /* that its meta elements state, a blank between them */
};

enum { HTML_ITEMS_MOST = 20000 }; /* of each kind of pieces */

/*
 * Adds the text (UTF-8 in, UTF-8 out) to `text`. The source's own line ends become blanks; "\n"
 * stands for a line that the markup begins, "\n\n" for a paragraph. `links` may be NULL. Output is
 * at most a few times as long as the input.
 */
void html_read(const char *bytes, size_t size, struct html *html, struct buf *text,
        const struct html_links *links);
void html_fini(struct html *html);

/* The count of a name in small letters; NULL: it doesn't occur. */
const long *html_count(const struct html *html, const char *name);

/* Adds `bytes` with character references (&amp; &#65; &#x41;) decoded; with `prefix` also those
 * that run into letters (&ampx). */
void html_decode(const char *bytes, size_t size, int prefix, struct buf *out);

/* Size of the blank that begins at `bytes`, 0: none. UTF-8's blanks are blanks, too. */
size_t html_odd_blank(const char *bytes, size_t size);
static inline size_t html_blank(const char *bytes, size_t size)
{
	/* Most bytes are a visible character of ASCII, or its blank. */
	if ((unsigned char)(*bytes - '!') <= '~' - '!')
		return 0;
	return *bytes == ' ' ? 1 : html_odd_blank(bytes, size);
}

/* Adds what a relative address means beside a base; both of any bytes. */
void html_resolve(
        const char *base, size_t base_size, const char *url, size_t size, struct buf *out);

#endif
