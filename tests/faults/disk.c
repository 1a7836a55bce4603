#include "tests/faults/disk.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static unsigned calls, fault_at;
static int fault;

static void *behind(const char *name)
{
	void *function = dlsym(RTLD_NEXT, name);

	if (!function)
		abort();
	return function;
}

#define BEHIND(name) ((__typeof__(&name))behind(#name))

/* ---- which files ---- */

/* What is behind the watched folder in a path, or NULL. */
static const char *below(const char *path)
{
	const char *folder = getenv("DISK_WATCH");
	size_t size = folder ? strlen(folder) : 0;

	if (!size || strncmp(path, folder, size) != 0 || (path[size] && path[size] != '/'))
		return NULL;
	return path[size] ? path + size + 1 : path + size;
}

static const char *name_of(int fd, char path[PATH_MAX])
{
	char link_name[40];
	ssize_t size;

	if (!getenv("DISK_WATCH"))
		return NULL;
	snprintf(link_name, sizeof(link_name), "/proc/self/fd/%d", fd);
	size = readlink(link_name, path, PATH_MAX - 1);
	if (size < 0)
		return NULL;
	path[size] = '\0';
	return below(path);
}

/* ---- the log ---- */

static int log_fd(void)
{
	static int fd = -1;
	const char *path = getenv("DISK_LOG");

	if (fd < 0 && path)
		fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	return fd;
}

static void record(enum disk_kind kind, const char *name, int is_synced, uint64_t offset,
        const void *bytes, size_t size)
{
	struct disk_record head = {
	        .kind = kind, .is_synced = (uint32_t)is_synced, .offset = offset, .size = size};
	struct iovec parts[2] = {{&head, sizeof(head)}, {(void *)bytes, size}};
	int fd = log_fd();

	if (fd < 0)
		return;
	snprintf(head.name, sizeof(head.name), "%s", name);
	if (BEHIND(writev)(fd, parts, 2) != (ssize_t)(sizeof(head) + size))
		abort();
}

void disk_mark(const void *bytes, size_t size)
{
	record(DISK_MARK, "", 0, 0, bytes, size);
}

/* ---- faults ---- */

unsigned disk_calls(void)
{
	return calls;
}

void disk_fault(unsigned nth, int what)
{
	calls = 0;
	fault_at = nth;
	fault = what;
}

static void take_order(void)
{
	const char *path = getenv("DISK_ORDER");
	FILE *file = path ? fopen(path, "r") : NULL;
	unsigned nth;
	int what;

	if (!file)
		return;
	if (fscanf(file, "%u %d", &nth, &what) == 2)
		disk_fault(nth, what);
	fclose(file);
	BEHIND(unlink)(path);
}

/* The fault that is due now, or 0. */
static int next_call(void)
{
	take_order();
	if (!fault || calls++ < fault_at)
		return 0;
	if (fault == DISK_KILL)
		raise(SIGKILL);
	return fault;
}

/* How much of a write is done: all, half, or -1 with errno. */
static ssize_t room_for(int fd, int due, uint64_t offset, size_t size)
{
	struct stat st;

	if (!due)
		return (ssize_t)size;
	errno = due == DISK_FULL ? ENOSPC : due;
	if (due != DISK_FULL)
		return -1;
	if (fstat(fd, &st) == 0 && offset + size <= (uint64_t)st.st_size)
		return (ssize_t)size;
	return size > 1 && (uint64_t)st.st_size <= offset ? (ssize_t)(size / 2) : -1;
}

/* ---- writes ---- */

static int is_synced(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags >= 0 && (flags & O_DSYNC) != 0;
}

static ssize_t write_at(int fd, const char *name, const void *bytes, size_t size, off_t offset)
{
	ssize_t room = room_for(fd, next_call(), (uint64_t)offset, size);

	if (room < 0)
		return room;
	room = BEHIND(pwrite)(fd, bytes, (size_t)room, offset);
	if (room > 0)
		record(DISK_WRITE, name, is_synced(fd), (uint64_t)offset, bytes, (size_t)room);
	return room;
}

/* At the descriptor's place, or at the end. */
static ssize_t write_on(int fd, const char *name, const void *bytes, size_t size)
{
	int is_append = (fcntl(fd, F_GETFL) & O_APPEND) != 0;
	off_t offset = lseek(fd, 0, is_append ? SEEK_END : SEEK_CUR);
	ssize_t done = write_at(fd, name, bytes, size, offset < 0 ? 0 : offset);

	if (done > 0)
		lseek(fd, offset + done, SEEK_SET);
	return done;
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t offset)
{
	char path[PATH_MAX];
	const char *name = name_of(fd, path);

	return name ? write_at(fd, name, bytes, size, offset)
	            : BEHIND(pwrite)(fd, bytes, size, offset);
}

ssize_t write(int fd, const void *bytes, size_t size)
{
	static ssize_t (*real)(int, const void *, size_t);
	char path[PATH_MAX];
	const char *name = name_of(fd, path);

	if (!real)
		real = BEHIND(write);
	return name ? write_on(fd, name, bytes, size) : real(fd, bytes, size);
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
	char path[PATH_MAX], *bytes, *end;
	const char *name = name_of(fd, path);
	size_t size = 0;
	ssize_t done;
	int at;

	if (!name)
		return BEHIND(writev)(fd, parts, count);
	for (at = 0; at < count; at++)
		size += parts[at].iov_len;
	bytes = end = malloc(size + 1);
	if (!bytes)
		abort();
	for (at = 0; at < count; at++)
		end = mempcpy(end, parts[at].iov_base, parts[at].iov_len);
	done = write_on(fd, name, bytes, size);
	free(bytes);
	return done;
}

/* ---- all else ---- */

/* 1: the call fails, with errno. */
static int fails(void)
{
	int due = next_call();

	if (!due || due == DISK_FULL)
		return 0;
	errno = due;
	return 1;
}

static int sync_as(int fd, int (*real)(int))
{
	char path[PATH_MAX];
	const char *name = name_of(fd, path);
	int code;

	if (name && fails())
		return -1;
	code = real(fd);
	if (name && !code)
		record(DISK_SYNC, name, 0, 0, "", 0);
	return code;
}

int fsync(int fd)
{
	return sync_as(fd, BEHIND(fsync));
}

int fdatasync(int fd)
{
	return sync_as(fd, BEHIND(fdatasync));
}

int ftruncate(int fd, off_t size)
{
	char path[PATH_MAX];
	const char *name = name_of(fd, path);
	int code;

	if (name && fails())
		return -1;
	code = BEHIND(ftruncate)(fd, size);
	if (name && !code)
		record(DISK_CUT, name, 0, (uint64_t)size, "", 0);
	return code;
}

static int name_change(enum disk_kind kind, const char *from, const char *to,
        int (*real)(const char *, const char *))
{
	const char *name = below(from), *other = below(to);
	int code;

	if (name && fails())
		return -1;
	code = real(from, to);
	if (name && !code)
		record(kind, name, 0, 0, other ? other : "", other ? strlen(other) : 0);
	return code;
}

int rename(const char *from, const char *to)
{
	return name_change(DISK_RENAME, from, to, BEHIND(rename));
}

int link(const char *from, const char *to)
{
	return name_change(DISK_LINK, from, to, BEHIND(link));
}

int unlink(const char *path)
{
	const char *name = below(path);
	int code;

	if (name && fails())
		return -1;
	code = BEHIND(unlink)(path);
	if (name && !code)
		record(DISK_UNLINK, name, 0, 0, "", 0);
	return code;
}
