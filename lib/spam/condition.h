/*
 * The `if` lines of a rule file: ( ) ! && ||, comparisons, version, and what is here, asked with
 * plugin(), can() and has(). The answers are those of a SpamAssassin as it comes, without the
 * plugins that Lazaret doesn't understand, so that rule files leave these out.
 */
#ifndef LIB_SPAM_CONDITION_H
#define LIB_SPAM_CONDITION_H

#include "lib/base/err.h"

/* The release of SpamAssassin whose language we speak, as rule files write it. */
#define CONDITION_VERSION 4.000001

/* RESULT_OK: true. RESULT_NONE: false. RESULT_PERMANENT: it can't be read. */
enum result condition_holds(const char *text, struct err *err);

/* For `require_version`. */
int condition_is_our_version(const char *text);

int condition_has_plugin(const char *name);

#endif
