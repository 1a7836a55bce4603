#include "qctl/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/daemon/daemon.h"
#include "qctl/become.h"
#include "qctl/fetch.h"

enum { READER_MS = 60 * 1000, PIECE = 1 << 16 };

/* ---------------------------------------------------------------- what it reads */

static enum result write_piece(void *context, const void *bytes, size_t size, struct err *err)
{
	return file_write_fd(*(int *)context, bytes, size, err);
}

/* Gives a descriptor of the bytes, at their beginning. */
static enum result fetch_into_memory(
        struct qctl *qctl, const struct reader_of *of, int *out, struct err *err)
{
	Lz__Fetch request = LZ__FETCH__INIT;
	int fd = memfd_create("mail", MFD_CLOEXEC);
	enum result result;

	if (fd < 0)
		return err_sys(err, RESULT_TEMPORARY, "memory for the message");
	request.id = of->id;
	request.part = of->part;
	result = fetch_all(qctl, &request, write_piece, &fd, err);
	if (!result && lseek(fd, 0, SEEK_SET) < 0)
		result = err_sys(err, RESULT_TEMPORARY, "the message in memory");
	if (result)
		close(fd);
	else
		*out = fd;
	return result;
}

/* ---------------------------------------------------------------- what it says */

/* RESULT_NONE: that was all. */
static enum result read_more(int fd, size_t limit, struct buf *out, struct err *err)
{
	ssize_t got;

	buf_reserve(out, PIECE);
	got = read(fd, out->data + out->size, PIECE);
	if (got < 0)
		return errno == EINTR ? RESULT_OK
		                      : err_sys(err, RESULT_PERMANENT, "the reader's answer");
	if (!got)
		return RESULT_NONE;
	out->size += (size_t)got;
	if (out->size > limit)
		return err_set(err, RESULT_PERMANENT, "the reader's answer is too long");
	return RESULT_OK;
}

static enum result read_answer(int fd, size_t limit, struct buf *out, struct err *err)
{
	int64_t until_ms = clock_monotonic_ms() + READER_MS, left_ms;
	struct pollfd wait = {.fd = fd, .events = POLLIN};
	enum result result = RESULT_OK;

	while (!result) {
		left_ms = until_ms - clock_monotonic_ms();
		if (left_ms <= 0)
			return err_set(err, RESULT_PERMANENT, "the reader takes too long");
		if (poll(&wait, 1, (int)left_ms) > 0)
			result = read_more(fd, limit, out, err);
	}
	return result == RESULT_NONE ? RESULT_OK : result;
}

static enum result end_reader(int pid, enum result result, struct err *err)
{
	int status;

	if (result)
		kill(pid, SIGKILL); /* what reads for it ends with it */
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return err_sys(err, RESULT_PERMANENT, "the reader");
	if (!result && (!WIFEXITED(status) || WEXITSTATUS(status)))
		return err_set(err, RESULT_PERMANENT, "it could not be read");
	return result;
}

static enum result start_reader(const struct qctl *qctl, const char *option, const char *value,
        int mail, int answer, int *pid, struct err *err)
{
	const int keep[] = {mail, answer, -1};
	struct words words;
	enum result result;

	words_begin(&words, qctl, "qscan");
	words_add(&words, option);
	words_add(&words, value);
	result = daemon_spawn(words.list[0], words.list, keep, pid, err);
	free(words.list[0]);
	free(words.list);
	return result;
}

/* The message at 3, and what is said of it at 4. */
static enum result run(const struct qctl *qctl, int mail, const char *option, const char *value,
        size_t limit, struct buf *out, struct err *err)
{
	enum result result;
	int ends[2], pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(err, RESULT_TEMPORARY, "a pipe");
	result = start_reader(qctl, option, value, mail, ends[1], &pid, err);
	close(ends[1]);
	if (!result)
		result = end_reader(pid, read_answer(ends[0], limit, out, err), err);
	close(ends[0]);
	return result;
}

static enum result read_apart(struct qctl *qctl, const struct reader_of *of, const char *option,
        const char *value, size_t limit, struct buf *out, struct err *err)
{
	int mail;
	enum result result = fetch_into_memory(qctl, of, &mail, err);

	if (result)
		return result;
	result = run(qctl, mail, option, value, limit, out, err);
	close(mail);
	return result;
}

enum result reader_preview(struct qctl *qctl, const struct reader_of *of, unsigned lines,
        Lz__Preview **out, struct err *err)
{
	ProtobufCMessage *message;
	struct buf answer = {0};
	char number[16];
	enum result result;

	snprintf(number, sizeof(number), "%u", lines);
	result = read_apart(qctl, of, "--preview", number, MESSAGE_ENVELOPE_MAX, &answer, err);
	if (!result)
		result =
		        message_unpack(MESSAGE_PREVIEW, answer.data, answer.size, 0, &message, err);
	if (!result)
		*out = (Lz__Preview *)message;
	buf_fini(&answer);
	return result;
}

enum result reader_content(struct qctl *qctl, const struct reader_of *of, const char *sha256,
        struct buf *out, struct err *err)
{
	size_t limit = qctl_config(qctl)->quarantine.max_item_size;

	return read_apart(qctl, of, "--content", sha256, limit, out, err);
}
