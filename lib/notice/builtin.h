/*
 * The last resort: plain texts in English for each kind of notice, as a template's file has them.
 */
#ifndef LIB_NOTICE_BUILTIN_H
#define LIB_NOTICE_BUILTIN_H

extern const char *const builtin_texts[]; /* by kind */

#endif
