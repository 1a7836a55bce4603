/*
 * Texts of notices with holes in them, in a small part of Mustache's syntax:
 *
 *   {{name}}                 the variable's text
 *   {{#name}} … {{/name}}    only if it is not empty; for a list, once for each of its entries
 *   {{^name}} … {{/name}}    only if it is empty
 *
 * A section's tag that is alone on its line takes the whole line with it. There is no logic beyond
 * this, and no variable is ever read as a template: text from outside stays text. A template with
 * an unknown variable or an unclosed section is refused when it is read, so that a broken one is
 * found at the start and not when a notice is due.
 */
#ifndef LIB_NOTICE_TEMPLATE_H
#define LIB_NOTICE_TEMPLATE_H

#include <stddef.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"

struct template;

/* What the holes are filled with. `text` lends a string (never NULL; "" is empty). With `entry` >=
 * 0 it is asked first for variables of the list's entry of that number, and gives NULL for those it
 * only has outside. `count` gives the number of a list's entries, or -1 where the name is no list.
 */
struct template_values {
	const char *(*text)(const void *context, const char *name, int entry);
	int (*count)(const void *context, const char *name);
	const void *context;
};

/* `names` (terminated by NULL) are the variables and lists there are. RESULT_PERMANENT: err is
 * "name:line: why". Gives *out. */
enum result template_new(const char *name, const char *text, const char *const *names,
        struct template **out, struct err *err);
void template_free(struct template **template);

void template_fill(
        const struct template *template, const struct template_values *values, struct buf *out);

#endif
