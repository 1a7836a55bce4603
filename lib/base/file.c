#include "lib/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/alloc.h"

enum result file_read_fd(int fd, size_t limit, struct buf *out, struct err *err)
{
	size_t start = out->size;
	ssize_t got;

	for (;;) {
		buf_reserve(out, 65536);
		got = read(fd, out->data + out->size, 65536);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_sys(err, RESULT_TEMPORARY, "read");
		if (got == 0)
			break;
		out->size += (size_t)got;
		if (out->size - start > limit)
			return err_set(err, RESULT_PERMANENT, "larger than %zu bytes", limit);
	}
	out->data[out->size] = '\0';
	return RESULT_OK;
}

enum result file_read(const char *path, size_t limit, struct buf *out, struct err *err)
{
	enum result result;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return err_sys(err, RESULT_PERMANENT, "%s", path);
	result = file_read_fd(fd, limit, out, err);
	close(fd);
	return result ? err_wrap(err, RESULT_PERMANENT, "%s", path) : RESULT_OK;
}

enum result file_write_fd(int fd, const void *bytes, size_t size, struct err *err)
{
	const char *at = bytes;
	ssize_t put;

	while (size) {
		put = write(fd, at, size);
		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return err_sys(err, RESULT_TEMPORARY, "write");
		at += put;
		size -= (size_t)put;
	}
	return RESULT_OK;
}

static enum result sync_folder_of(const char *path, struct err *err)
{
	char *folder = alloc_string(path);
	char *slash = strrchr(folder, '/');
	int fd;

	if (slash)
		slash[slash == folder] = '\0';
	fd = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(folder);
	if (fd < 0)
		return err_sys(err, RESULT_TEMPORARY, "open the folder of %s", path);
	if (fsync(fd) < 0) {
		close(fd);
		return err_sys(err, RESULT_TEMPORARY, "sync the folder of %s", path);
	}
	close(fd);
	return RESULT_OK;
}

static enum result write_synced(int fd, const void *bytes, size_t size, struct err *err)
{
	enum result result = file_write_fd(fd, bytes, size, err);

	if (!result && fsync(fd) < 0)
		result = err_sys(err, RESULT_TEMPORARY, "sync");
	if (close(fd) < 0 && !result)
		result = err_sys(err, RESULT_TEMPORARY, "close");
	return result;
}

enum result file_write(
        const char *path, const void *bytes, size_t size, unsigned mode, struct err *err)
{
	char *beside = alloc_format("%s.XXXXXX", path);
	int fd = mkostemp(beside, O_CLOEXEC);
	enum result result;

	if (fd < 0) {
		free(beside);
		return err_sys(err, RESULT_TEMPORARY, "create a file beside %s", path);
	}
	fchmod(fd, mode);
	result = write_synced(fd, bytes, size, err);
	if (!result && rename(beside, path) < 0)
		result = err_sys(err, RESULT_TEMPORARY, "rename");
	if (result)
		unlink(beside);
	free(beside);
	return result ? err_wrap(err, result, "%s", path) : sync_folder_of(path, err);
}

enum result file_make_folder(const char *path, unsigned mode, struct err *err)
{
	char *copy = alloc_string(path), *slash;
	struct stat st;

	for (slash = copy + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
		*slash = '\0';
		mkdir(copy, 0755);
		*slash = '/';
	}
	free(copy);
	if (mkdir(path, mode) == 0)
		return RESULT_OK;
	if (errno != EEXIST)
		return err_sys(err, RESULT_PERMANENT, "make the folder %s", path);
	if (stat(path, &st) < 0 || !S_ISDIR(st.st_mode))
		return err_set(err, RESULT_PERMANENT, "%s is not a folder", path);
	return RESULT_OK;
}

void file_flags(int fd, int nonblock)
{
	int flags = fcntl(fd, F_GETFL);

	fcntl(fd, F_SETFD, FD_CLOEXEC);
	if (flags >= 0)
		fcntl(fd, F_SETFL, nonblock ? flags | O_NONBLOCK : flags & ~O_NONBLOCK);
}
