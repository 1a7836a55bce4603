#include "quarantine/copies.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/base/file.h"

enum { COPY_BYTES = 1 << 20, KEPT_MOST = 1000 };

enum result copies_sync(const char *path, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	enum result result = RESULT_OK;

	if (fd < 0 || fsync(fd) < 0)
		result = err_sys(err, RESULT_TEMPORARY, "%s", path);
	if (fd >= 0)
		close(fd);
	return result;
}

/* A name is durable when its folder is, and that of a new folder when the one above is, which may
 * be one that we can't open. */
enum result copies_sync_names(const char *folder, struct err *err)
{
	char *above = alloc_format("%s/..", folder);
	enum result result = copies_sync(folder, err);

	if (!result)
		copies_sync(above, NULL);
	free(above);
	return result;
}

enum result copies_file(const char *from, const char *to, struct err *err)
{
	char *bytes = alloc(COPY_BYTES);
	int in = open(from, O_RDONLY | O_CLOEXEC),
	    out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	enum result result = RESULT_OK;
	ssize_t got = 0;

	if (in < 0 || out < 0)
		result = err_sys(err, RESULT_PERMANENT, "%s", in < 0 ? from : to);
	while (!result && (got = read(in, bytes, COPY_BYTES)) > 0)
		result = file_write_fd(out, bytes, (size_t)got, err);
	if (!result && (got < 0 || fsync(out) < 0))
		result = err_sys(err, RESULT_TEMPORARY, "%s", got < 0 ? from : to);
	if (in >= 0)
		close(in);
	if (out >= 0)
		close(out);
	if (result && in >= 0 && out >= 0)
		unlink(to);
	free(bytes);
	return result;
}

enum result copies_set_aside(
        const char *path, const char *data, char *kept, size_t room, struct err *err)
{
	unsigned number;
	char *other;
	int bad;

	kept[0] = '\0';
	if (access(data, F_OK) < 0)
		return RESULT_OK;
	for (number = 1; number < KEPT_MOST; number++) {
		snprintf(kept, room, "replaced-%u.mdb", number);
		other = alloc_format("%s/%s", path, kept);
		bad = link(data, other);
		free(other);
		if (!bad)
			return RESULT_OK;
		if (errno != EEXIST)
			break;
	}
	return err_sys(err, RESULT_PERMANENT, "%s can't be kept beside", data);
}
