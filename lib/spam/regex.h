/*
 * Perl's way of writing a pattern, and SpamAssassin's tags inside one.
 */
#ifndef LIB_SPAM_REGEX_H
#define LIB_SPAM_REGEX_H

#include "lib/base/err.h"
#include "lib/spam/rule.h"

/*
 * Reads "/…/mods", "m{…}mods", "m!…!mods" or "qr(…)mods", the whole of `text`. RESULT_PERMANENT
 * where it isn't one, or wants Perl itself (an /e, an eval group). Gives *pattern, and *flags for
 * match_new().
 */
enum result regex_read(const char *text, char **pattern, unsigned *flags, struct err *err);

/*
 * Puts the values of replace_tag, replace_pre, replace_inter and replace_post into a pattern. Takes
 * `pattern`, gives the new one; NULL (and `pattern` is still the caller's) where it grows beyond
 * reason.
 */
char *regex_replace_tags(const struct rules *rules, char *pattern);

#endif
