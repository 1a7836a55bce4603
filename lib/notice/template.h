/*
 * Texts of notices with holes in them, in a small part of Mustache's syntax:
 *
 *   {{name}}                 the variable's text
 *   {{#name}} … {{/name}}    only if it is not empty; for a list, once for each of its entries
 *   {{^name}} … {{/name}}    only if it is empty
 *
 * A section's tag that is alone on its line takes the whole line with it. There is no logic beyond
 * this, and no variable is ever read as a template: text from outside stays text. In HTML a
 * variable's text is escaped, for content and for attributes in quotes. A template with an unknown
 * variable or an unclosed section is refused when it is read, so that a broken one is found at the
 * start and not when a notice is due. No section stands within one of the same name, so a list is
 * never gone through once for each of its own entries.
 */
#ifndef LIB_NOTICE_TEMPLATE_H
#define LIB_NOTICE_TEMPLATE_H

#include <stddef.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"

enum { TEMPLATE_FILLED_MOST = 1 << 20 }; /* bytes: what is filled ends behind them */

struct template;

enum template_form { TEMPLATE_TEXT, TEMPLATE_HTML };

/* `names` (terminated by NULL) are the variables and lists there are. All is lent. */
struct template_source {
	const char *name; /* the file, for errors */
	unsigned line;    /* of the file, where the text begins */
	const char *text;
	const char *const *names;
};

/* What the holes are filled with. `text` lends a string (never NULL; "" is empty). With `entry` >=
 * 0 it is asked first for variables of the list's entry of that number, and gives NULL for those it
 * only has outside. `count` gives the number of a list's entries, or -1 where the name is no list.
 */
struct template_values {
	const char *(*text)(const void *context, const char *name, int entry);
	int (*count)(const void *context, const char *name);
	const void *context;
};

/* RESULT_PERMANENT: err is "name:line: found …, expected …". Gives *out. */
enum result template_new(
        const struct template_source *source, struct template **out, struct err *err);
void template_free(struct template **template);

void template_fill(const struct template *template, enum template_form form,
        const struct template_values *values, struct buf *out);

#endif
