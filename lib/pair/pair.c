#include "lib/pair/pair.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/base/file.h"

enum {
	SEALS = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL,
	FDS_TAKEN = 8, /* room for more than one, so that a second is seen, closed and refused */
};

/* What goes beside the descriptor, or before the bytes. Both sides are the same build on the same
 * host. */
struct label {
	uint32_t magic;
	uint32_t kind;
	uint64_t sizes[PAIR_PARTS];
};
static const uint32_t label_magic = 0x4c5a5031; /* "LZP1" */

enum result pair_new(int ends[2], struct err *err)
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return err_sys(err, RESULT_TEMPORARY, "socketpair");
	return RESULT_OK;
}

static enum result send_packet(
        int end, struct iovec *runs, size_t run_count, int fd, struct err *err)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct msghdr message = {.msg_iov = runs, .msg_iovlen = run_count};
	ssize_t sent;

	if (fd >= 0) {
		message.msg_control = &control;
		message.msg_controllen = sizeof(control.room);
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&control.header), &fd, sizeof(int));
	}
	do
		sent = sendmsg(end, &message, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	if (sent >= 0)
		return RESULT_OK;
	if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS || errno == ENOMEM ||
	        errno == ETOOMANYREFS || errno == EMSGSIZE)
		return err_sys(err, RESULT_TEMPORARY, "send to the pair");
	return err_sys(err, RESULT_PERMANENT, "send to the pair");
}

static size_t take_fds(struct msghdr *message, int fds[FDS_TAKEN])
{
	struct cmsghdr *header;
	size_t count = 0, here;

	for (header = CMSG_FIRSTHDR(message); header; header = CMSG_NXTHDR(message, header)) {
		if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
			continue;
		here = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		memcpy(fds + count, CMSG_DATA(header), here * sizeof(int));
		count += here;
	}
	return count;
}

static enum result refuse_fds(
        const int *fds, size_t count, struct err *err, const char *what_is_wrong)
{
	while (count--)
		close(fds[count]);
	return err_set(err, RESULT_PERMANENT, "%s", what_is_wrong);
}

/* One packet and at most one descriptor (-1: none came). */
static enum result receive_packet(
        int end, struct iovec *runs, size_t run_count, size_t *size, int *fd, struct err *err)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(FDS_TAKEN * sizeof(int))];
	} control;
	struct msghdr message = {.msg_iov = runs,
	        .msg_iovlen = run_count,
	        .msg_control = &control,
	        .msg_controllen = sizeof(control.room)};
	int fds[FDS_TAKEN];
	size_t count;
	ssize_t got;

	do
		got = recvmsg(end, &message, MSG_CMSG_CLOEXEC);
	while (got < 0 && errno == EINTR);
	if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return RESULT_NONE;
	if (got < 0)
		return err_sys(err, RESULT_PERMANENT, "receive from the pair");
	count = take_fds(&message, fds);
	if (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC))
		return refuse_fds(fds, count, err, "a packet that is too long");
	if (count > 1)
		return refuse_fds(fds, count, err, "more than one descriptor");
	if (got == 0 && count == 0)
		return err_set(err, RESULT_PERMANENT, "closed");
	*size = (size_t)got;
	*fd = count ? fds[0] : -1;
	return RESULT_OK;
}

/* ---------------------------------------------------------------- parcels */

static enum result fill(int memfd, const struct iovec runs[PAIR_PARTS], struct err *err)
{
	size_t i;

	for (i = 0; i < PAIR_PARTS; i++)
		if (file_write_fd(memfd, runs[i].iov_base, runs[i].iov_len, err) != RESULT_OK)
			return RESULT_TEMPORARY;
	if (fcntl(memfd, F_ADD_SEALS, SEALS) < 0)
		return err_sys(err, RESULT_TEMPORARY, "seal a parcel");
	return RESULT_OK;
}

static enum result seal(const struct iovec parts[PAIR_PARTS], int *out, struct err *err)
{
	int memfd = memfd_create("parcel", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	enum result result;

	if (memfd < 0)
		return err_sys(err, RESULT_TEMPORARY, "memfd_create");
	result = fill(memfd, parts, err);
	if (result)
		close(memfd);
	else
		*out = memfd;
	return result;
}

/* The first run is the label, those behind it are the parts. */
static enum result send_sealed(int end, struct iovec *runs, struct err *err)
{
	int memfd;
	enum result result = seal(runs + 1, &memfd, err);

	if (result)
		return result;
	result = send_packet(end, runs, 1, memfd, err);
	close(memfd);
	return result;
}

enum result pair_seal(const void *first, size_t first_size, const void *second, size_t second_size,
        int *memfd, struct err *err)
{
	struct iovec parts[PAIR_PARTS] = {
	        {(void *)first, first_size}, {(void *)second, second_size}};

	return seal(parts, memfd, err);
}

enum result pair_share(
        int end, uint32_t kind, int memfd, size_t first_size, size_t second_size, struct err *err)
{
	struct label label = {label_magic, kind, {first_size, second_size}};
	struct iovec run = {&label, sizeof(label)};

	return send_packet(end, &run, 1, memfd, err);
}

/* A packet that finds no room, as where the system's own limit is small, may still find some for a
 * descriptor. */
enum result pair_send(int end, uint32_t kind, const void *first, size_t first_size,
        const void *second, size_t second_size, struct err *err)
{
	struct label label = {label_magic, kind, {first_size, second_size}};
	struct iovec runs[1 + PAIR_PARTS] = {{&label, sizeof(label)}, {(void *)first, first_size},
	        {(void *)second, second_size}};
	enum result result = RESULT_TEMPORARY;

	if (first_size <= PAIR_INLINE_BYTES && second_size <= PAIR_INLINE_BYTES - first_size)
		result = send_packet(end, runs, 1 + PAIR_PARTS, -1, err);
	return result == RESULT_TEMPORARY ? send_sealed(end, runs, err) : result;
}

/* Sizes first, each against what is left of the limit, so that their sum can't wrap around. */
static enum result check_label(const struct label *label, size_t limit, struct err *err)
{
	if (label->magic != label_magic)
		return err_set(err, RESULT_PERMANENT, "not a parcel");
	if (label->sizes[0] > limit || label->sizes[1] > limit - label->sizes[0])
		return err_set(err, RESULT_PERMANENT, "a parcel larger than %zu bytes", limit);
	return RESULT_OK;
}

static enum result check_size(const struct label *label, uint64_t size, struct err *err)
{
	if (size != label->sizes[0] + label->sizes[1])
		return err_set(err, RESULT_PERMANENT, "a parcel of another size than it claims");
	return RESULT_OK;
}

static enum result check_sealed(const struct label *label, int memfd, struct err *err)
{
	int seals = fcntl(memfd, F_GET_SEALS);
	struct stat st;

	if (seals < 0 || (seals & SEALS) != SEALS)
		return err_set(err, RESULT_PERMANENT, "a parcel that is not sealed");
	if (fstat(memfd, &st) < 0)
		return err_sys(err, RESULT_PERMANENT, "look at a parcel");
	return check_size(label, (uint64_t)st.st_size, err);
}

static void lend(const struct label *label, const void *bytes, struct pair_parcel *out)
{
	out->kind = label->kind;
	out->sizes[0] = label->sizes[0];
	out->sizes[1] = label->sizes[1];
	out->parts[0] = bytes;
	out->parts[1] = out->parts[0] + label->sizes[0];
}

static enum result map_parcel(
        const struct label *label, int memfd, struct pair_parcel *out, struct err *err)
{
	static const unsigned char nothing[1];
	size_t size = (size_t)(label->sizes[0] + label->sizes[1]);
	void *mapping = NULL;

	if (size) {
		mapping = mmap(NULL, size, PROT_READ, MAP_SHARED, memfd, 0);
		if (mapping == MAP_FAILED)
			return err_sys(err, RESULT_PERMANENT, "map a parcel");
	}
	out->mapping = mapping;
	out->mapped = size;
	lend(label, size ? mapping : nothing, out);
	return RESULT_OK;
}

/* `extra` bytes came behind the label, and `memfd` beside it, or -1. */
static enum result take_parcel(const struct label *label, size_t extra, int memfd, size_t limit,
        struct pair_parcel *out, struct err *err)
{
	enum result result = check_label(label, limit, err);

	if (result)
		return result;
	if (memfd < 0) {
		result = check_size(label, extra, err);
		if (!result)
			lend(label, out->copied, out);
		return result;
	}
	result = extra ? err_set(err, RESULT_PERMANENT, "a parcel that comes twice")
	               : check_sealed(label, memfd, err);
	return result ? result : map_parcel(label, memfd, out, err);
}

enum result pair_receive(int end, size_t limit, struct pair_parcel *out, struct err *err)
{
	struct label label;
	struct pair_parcel parcel = {.copied = alloc(PAIR_INLINE_BYTES)};
	struct iovec runs[] = {{&label, sizeof(label)}, {parcel.copied, PAIR_INLINE_BYTES}};
	size_t size = 0;
	int memfd = -1;
	enum result result = receive_packet(end, runs, 2, &size, &memfd, err);

	if (!result && size < sizeof(label))
		result = err_set(err, RESULT_PERMANENT, "not a parcel");
	else if (!result)
		result = take_parcel(&label, size - sizeof(label), memfd, limit, &parcel, err);
	if (memfd >= 0)
		close(memfd);
	if (result)
		pair_parcel_free(&parcel);
	else
		*out = parcel;
	return result;
}

void pair_parcel_free(struct pair_parcel *parcel)
{
	if (parcel->mapping)
		munmap(parcel->mapping, parcel->mapped);
	free(parcel->copied);
	memset(parcel, 0, sizeof(*parcel));
}

/* ---------------------------------------------------------------- texts and descriptors */

enum result pair_send_fd(int end, int fd, const char *text, struct err *err)
{
	struct iovec run = {(void *)text, strlen(text)};

	return send_packet(end, &run, 1, fd, err);
}

enum result pair_receive_fd(int end, int *fd, char *text, size_t room, struct err *err)
{
	struct iovec run = {text, room - 1};
	size_t size = 0;
	enum result result = receive_packet(end, &run, 1, &size, fd, err);

	if (result)
		return result;
	text[size] = '\0';
	if (strlen(text) == size)
		return RESULT_OK;
	return refuse_fds(fd, *fd >= 0, err, "a text with a NUL in it");
}
