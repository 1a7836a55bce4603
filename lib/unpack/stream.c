#include "lib/unpack/stream.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <unistd.h>

enum { BLOCK_BYTES = 64 << 10 };

static int read_member(struct archive *archive, const struct unpack_reader *reader)
{
	const void *bytes;
	size_t size;
	la_int64_t offset;
	int code;

	while ((code = archive_read_data_block(archive, &bytes, &size, &offset)) == ARCHIVE_OK)
		reader->take(reader->context, bytes, size);
	reader->end(reader->context);
	return code == ARCHIVE_EOF ? ARCHIVE_OK : code;
}

static int read_all(struct archive *archive, const struct unpack_reader *reader)
{
	struct archive_entry *entry;
	const char *name;
	int code;

	while ((code = archive_read_next_header(archive, &entry)) == ARCHIVE_OK) {
		name = archive_entry_pathname(entry);
		if (name && reader->wanted(reader->context, name))
			code = read_member(archive, reader);
		if (code != ARCHIVE_OK)
			return code;
	}
	return code == ARCHIVE_EOF ? ARCHIVE_OK : code;
}

static enum result read_from(
        int fd, const char *path, const struct unpack_reader *reader, struct err *err)
{
	struct archive *archive = archive_read_new();
	enum result result = RESULT_OK;

	if (!archive)
		return err_set(err, RESULT_TEMPORARY, "%s: no memory", path);
	archive_read_support_filter_gzip(archive);
	archive_read_support_format_tar(archive);
	if (archive_read_open_fd(archive, fd, BLOCK_BYTES) != ARCHIVE_OK ||
	        read_all(archive, reader) != ARCHIVE_OK)
		result = err_set(err, RESULT_PERMANENT, "%s: %s", path,
		        archive_error_string(archive) ? archive_error_string(archive)
		                                      : "not readable");
	archive_read_free(archive);
	return result;
}

enum result unpack_stream(
        const char *path, size_t skip, const struct unpack_reader *reader, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	enum result result;

	if (fd < 0)
		return err_sys(err, RESULT_PERMANENT, "%s", path);
	if (lseek(fd, (off_t)skip, SEEK_SET) < 0)
		result = err_sys(err, RESULT_PERMANENT, "%s", path);
	else
		result = read_from(fd, path, reader, err);
	close(fd);
	return result;
}
