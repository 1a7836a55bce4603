/*
 * Perl's way of writing a pattern, and SpamAssassin's tags inside one.
 */
#ifndef LIB_SPAM_REGEX_H
#define LIB_SPAM_REGEX_H

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/spam/rule.h"

/*
 * Reads "/…/mods", "m{…}mods", "m!…!mods" or "qr(…)mods", the whole of `text`. RESULT_PERMANENT
 * where it isn't one, or wants Perl itself (an /e, an eval group). Gives *pattern, and *flags for
 * match_new().
 */
enum result regex_read(const char *text, char **pattern, unsigned *flags, struct err *err);

/*
 * Puts the values of replace_tag, replace_pre, replace_inter and replace_post into a pattern, as
 * SpamAssassin's ReplaceTags does: text for text. Gives the new pattern, to be freed; NULL where it
 * grows beyond reason.
 */
char *regex_replace_tags(const struct rules *rules, const char *pattern);

/*
 * The same as groups that are defined once and called wherever a tag stands, so that a pattern with
 * many of them stays small: "(?(DEFINE)(?<t_A>...))(?&t_A)...". A value that isn't one whole item
 * (a class or a group) is put in as text.
 */
char *regex_define_tags(const struct rules *rules, const char *pattern);

/* Is there a %{NAME} in it? */
int regex_is_template(const char *pattern);

/* Gives what %{NAME} stands for, as a pattern to be freed; NULL: nothing. */
typedef char *regex_fill(void *context, const char *name, size_t size);

/* Puts in what each %{NAME} stands for. Gives the pattern, to be freed; NULL where one stands for
 * nothing, or it grows beyond reason. */
char *regex_fill_template(const char *pattern, regex_fill *fill, void *context);

/* Adds `bytes` so that a pattern matches just them. */
void regex_quote(const char *bytes, size_t size, struct buf *out);

#endif
