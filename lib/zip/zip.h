/*
 * A ZIP file with one member, encrypted with a password: AES-256 as WinZip introduced it, which
 * every packer in use opens. The member's name and size can be read without the password.
 */
#ifndef LIB_ZIP_ZIP_H
#define LIB_ZIP_ZIP_H

#include <stddef.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"

enum { ZIP_PASSWORD_MOST = 256 };

/* Adds the file to `out`. `name` is the member's, in UTF-8. The password has 1 to ZIP_PASSWORD_MOST
 * bytes. RESULT_PERMANENT: it can't be made, and nothing was added. */
enum result zip_pack(const char *name, const void *bytes, size_t size, const char *password,
        struct buf *out, struct err *err);

#endif
