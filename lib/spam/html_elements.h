/*
 * What the elements of HTML mean for a text and its links: those of HTML 4.01 and XHTML 1.0, three
 * more that are honest, and some that only readers know.
 */
#ifndef LIB_SPAM_HTML_ELEMENTS_H
#define LIB_SPAM_HTML_ELEMENTS_H

#include "lib/spam/html_style.h"

/* Which of its attributes hold addresses. */
enum html_links_in {
	HTML_LINKS_NONE,
	HTML_LINKS_BACKGROUND,
	HTML_LINKS_HREF,
	HTML_LINKS_SRC,
	HTML_LINKS_ACTION,
	HTML_LINKS_BASE, /* href, and others are relative to it */
	HTML_LINKS_META, /* content, where it sends the reader on */
};

struct html_element {
	const char *name;
	const char *gap; /* that it makes in the text; NULL: none */
	enum html_links_in links;
	enum style_element style;
	int is_trick; /* shown, but not known */
};

/* By its name in small letters; NULL: it is none. */
const struct html_element *html_element(const char *name);

#endif
