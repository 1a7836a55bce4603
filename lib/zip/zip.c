#include "lib/zip/zip.h"

#include <archive.h>
#include <archive_entry.h>
#include <locale.h>
#include <string.h>

enum { MODE = 0600, BLOCK = 1 << 16 };

static la_ssize_t take(struct archive *archive, void *context, const void *bytes, size_t size)
{
	buf_add(context, bytes, size);
	return (la_ssize_t)size;
}

static enum result fail(struct archive *archive, struct err *err)
{
	const char *why = archive_error_string(archive);

	return err_set(err, RESULT_PERMANENT, "ZIP: %s", why ? why : "it can't be made");
}

static int set_up(struct archive *archive, const char *password, struct buf *out)
{
	return archive_write_set_format_zip(archive) ||
	       archive_write_set_options(
	               archive, "zip:compression=deflate,zip:encryption=aes256,hdrcharset=UTF-8") ||
	       archive_write_set_passphrase(archive, password) ||
	       archive_write_set_bytes_per_block(archive, BLOCK) ||
	       archive_write_set_bytes_in_last_block(archive, 1) ||
	       archive_write_open(archive, out, NULL, take, NULL);
}

static int add_member(struct archive *archive, const char *name, const void *bytes, size_t size)
{
	struct archive_entry *entry = archive_entry_new();
	int is_wrong;

	archive_entry_set_pathname_utf8(entry, name);
	archive_entry_set_size(entry, (la_int64_t)size);
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_perm(entry, MODE);
	is_wrong = archive_write_header(archive, entry) != ARCHIVE_OK ||
	           archive_write_data(archive, bytes, size) != (la_ssize_t)size;
	archive_entry_free(entry);
	return is_wrong;
}

enum result zip_pack(const char *name, const void *bytes, size_t size, const char *password,
        struct buf *out, struct err *err)
{
	struct archive *archive;
	enum result result = RESULT_OK;
	size_t before = out->size, length = strlen(password);
	locale_t utf8, old;

	if (!length || length > ZIP_PASSWORD_MOST)
		return err_set(err, RESULT_PERMANENT, "a password of 1 to %d bytes is expected",
		        ZIP_PASSWORD_MOST);
	/* libarchive converts names by the locale, and ours is none. */
	utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	old = utf8 ? uselocale(utf8) : (locale_t)0;
	archive = archive_write_new();
	if (set_up(archive, password, out) || add_member(archive, name, bytes, size) ||
	        archive_write_close(archive))
		result = fail(archive, err);
	archive_write_free(archive);
	if (utf8) {
		uselocale(old);
		freelocale(utf8);
	}
	if (result)
		out->size = before;
	return result;
}
