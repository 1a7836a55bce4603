/*
 * What of a message the rules look at. Each class of rules has its own text, cut into pieces that
 * are matched one by one, so that ^ and $ in a rule mean what its author saw in SpamAssassin:
 *
 *   body     the Subject, then the text a reader sees: decoded, as UTF-8, HTML rendered, a piece a
 *            paragraph, each with its "\n"
 *   rawbody  text parts with their transfer encoding taken off and nothing else, in 2-4 kB pieces
 *   links    the addresses in text and HTML, see links.h
 *   full     the message as it came, with "\n" line ends
 *
 * and what functions ask besides: the parts, what there was in their HTML, the way of the message.
 *
 * All of it is bounded. Text that a reader is shown and that didn't fit is told, never passed over
 * in silence; `full` is by its nature the beginning of the message, and of attached text files as
 * much is seen as fits.
 */
#ifndef LIB_SPAM_TEXTS_H
#define LIB_SPAM_TEXTS_H

#include "lib/base/buf.h"
#include "lib/mime/map.h"
#include "lib/spam/facts.h"
#include "lib/spam/html.h"
#include "lib/spam/kept.h"
#include "lib/spam/links.h"
#include "lib/spam/lists.h"
#include "lib/spam/parts.h"
#include "lib/spam/pieces.h"
#include "lib/spam/relays.h"

struct texts_limits {
	size_t max_bytes;  /* of each class */
	size_t max_pieces; /* of each class */
	size_t max_links;
};

struct texts_input {
	const struct mime_map *map;
	const struct texts_limits *limits; /* NULL: 4 MiB, 20,000 pieces, 4,000 links */
	const struct lists *lists;         /* NULL: none */
	const char *reverse_path;          /* NULL: not known */
	int with_details;                  /* of the addresses, too */
};

/* A part that is shown: what it says, a range of `shown`, and its markup, if it is HTML. */
struct texts_view {
	const struct part *part;
	size_t offset, size;
	struct html *html; /* NULL: it is plain text */
};

struct texts {
	struct texts_input input; /* all of it lent */
	struct pieces body, rawbody;
	struct links links;
	struct buf full;
	struct buf shown; /* the text of all parts, before it is cut into pieces */
	struct texts_view *views;
	size_t view_count;
	struct parts parts;
	struct facts facts;
	struct relays relays;
	struct kept *kept; /* of functions */
	const char *cut;   /* what was cut by a limit: body, rawbody, pieces, links; or NULL */
};

/* Fills `texts`, to be emptied with texts_fini(). */
void texts_build(const struct texts_input *input, struct texts *texts);
void texts_fini(struct texts *texts);

/* For tests: a text cut into body pieces; and one text part cut into rawbody pieces. */
void texts_add_paragraphs(struct pieces *body, const char *text, size_t size);
void texts_add_raw(struct pieces *rawbody, const char *text, size_t size);

#endif
