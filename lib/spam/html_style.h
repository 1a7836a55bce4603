/*
 * How text in HTML would look: colours and size, as far as it takes to know that nobody can read
 * it. A stack of what is open, of bounded depth; beyond it what is inside looks as what is around.
 */
#ifndef LIB_SPAM_HTML_STYLE_H
#define LIB_SPAM_HTML_STYLE_H

#include <stddef.h>
#include <stdint.h>

enum { STYLES_MOST = 500 };

enum style_element {
	STYLE_BODY,
	STYLE_FONT,
	STYLE_TABLE,
	STYLE_TR,
	STYLE_TD, /* and th */
	STYLE_BIG,
	STYLE_SMALL,
	STYLE_BASEFONT,
	STYLE_SPAN,
	STYLE_P,
	STYLE_DIV,
	STYLE_A,
	STYLE_ELEMENTS,
	STYLE_NONE = STYLE_ELEMENTS, /* it changes nothing */
};

enum { COLOUR_INVALID = -1 };

struct style {
	enum style_element element;
	int32_t text, ground; /* 0xRRGGBB or COLOUR_INVALID */
	long size;
	int is_hidden; /* display: none */
	int is_unseen; /* visibility: hidden */
};

struct styles {
	struct style stack[STYLES_MOST];
	size_t depth;
	size_t open[STYLE_ELEMENTS]; /* how many of each are on the stack */
	size_t beyond;               /* opened where the stack was full */
	long base_size;
	long least, most; /* sizes seen */
};

void styles_start(struct styles *styles);

/* An attribute of the tag that is opened; NULL: it has none. Decoded, lent. */
struct style_attributes {
	const char *color; /* or text */
	const char *size;
	const char *style;
};
void styles_open(struct styles *styles, enum style_element element,
        const struct style_attributes *attributes);
void styles_close(struct styles *styles, enum style_element element);

enum style_sight {
	SIGHT_CLEAR,
	SIGHT_LOW_CONTRAST,
	SIGHT_INVALID_COLOUR,
	SIGHT_HIDDEN, /* too small, or hidden by a style */
};
enum style_sight styles_sight(const struct styles *styles);

/* "red", "#f00", "rgb(255,0,0)"; COLOUR_INVALID otherwise. */
int32_t style_colour(const char *text, size_t size);

#endif
