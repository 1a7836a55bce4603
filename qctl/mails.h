/*
 * Mails in files: a file is one mail, or an mbox where it begins with "From ": of many, where it
 * has other such lines with a time behind an empty one. A folder is all that is in it and below,
 * without what begins with a dot. A folder with "cur" and "new" is a Maildir: of it "tmp" and the
 * files beside these, which are its server's, are none. A link is followed where it is named, not
 * where it is found. "-" is standard input, read to its end: a mail or an mbox.
 */
#ifndef QCTL_MAILS_H
#define QCTL_MAILS_H

#include <stddef.h>

#include "lib/base/err.h"

enum { MAILS_FILE_MAX = 1 << 30, MAILS_MAIL_MAX = 64 << 20 };

/* Called for each; lent. Where a file or folder can't be read, `mail` is NULL and err says why.
 * What it says ends the walk unless it is RESULT_OK. */
typedef enum result mails_take(
        void *context, const char *path, const char *mail, size_t size, struct err *err);

/* Says what `take` said. */
enum result mails_walk(const char *path, mails_take *take, void *context, struct err *err);

/* How many files there are; what can't be read counts as none. */
size_t mails_count(const char *path);

/* Of a file's bytes. */
enum result mails_split(const char *path, const char *bytes, size_t size, mails_take *take,
        void *context, struct err *err);

#endif
