#include "qctl/pupil.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/base/bytes.h"
#include "lib/base/file.h"
#include "lib/daemon/daemon.h"
#include "lib/model/model.h"

enum { HEAD = 12 + PUPIL_DIGEST };

struct pupil {
	const char *config_path;
	uint64_t seed;
	int with_points;
	int fd; /* of the pair with it; -1: there is no child */
	int pid;
};

struct pupil *pupil_new(const char *config_path, uint64_t seed, int with_points)
{
	struct pupil *pupil = alloc_zero(1, sizeof(*pupil));

	pupil->config_path = config_path;
	pupil->seed = seed;
	pupil->with_points = with_points;
	pupil->fd = -1;
	return pupil;
}

static void end(struct pupil *pupil)
{
	if (pupil->fd < 0)
		return;
	close(pupil->fd);
	pupil->fd = -1;
	waitpid(pupil->pid, NULL, 0);
}

void pupil_free(struct pupil **pupil)
{
	if (!*pupil)
		return;
	end(*pupil);
	free(*pupil);
	*pupil = NULL;
}

static void put64(unsigned char out[8], uint64_t value)
{
	size_t at;

	for (at = 0; at < 8; at++)
		out[at] = (unsigned char)(value >> 8 * at);
}

static int send_all(int fd, const void *bytes, size_t size)
{
	const char *at = bytes;
	ssize_t sent;

	while (size) {
		sent = send(fd, at, size, MSG_NOSIGNAL);
		if (sent < 0 && errno == EINTR)
			continue;
		if (sent <= 0)
			return 0;
		at += sent;
		size -= (size_t)sent;
	}
	return 1;
}

static int receive_all(int fd, void *out, size_t size)
{
	char *at = out;
	ssize_t got;

	while (size) {
		got = recv(fd, at, size, 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return 0;
		at += got;
		size -= (size_t)got;
	}
	return 1;
}

static enum result spawn(struct pupil *pupil, int theirs, struct err *err)
{
	char *program = daemon_sibling("qscan");
	char *argv[] = {(char *)"qscan", (char *)"-c", (char *)pupil->config_path,
	        (char *)"--features-fd", (char *)"3",
	        pupil->with_points ? (char *)"--with-points" : NULL, NULL};
	int keep[] = {theirs, -1};
	enum result result = daemon_spawn(program, argv, keep, &pupil->pid, err);

	free(program);
	return result;
}

static enum result start(struct pupil *pupil, struct err *err)
{
	unsigned char seed[8];
	int ends[2];
	enum result result;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return err_sys(err, RESULT_TEMPORARY, "socketpair");
	result = spawn(pupil, ends[1], err);
	close(ends[1]);
	if (result) {
		close(ends[0]);
		return RESULT_TEMPORARY;
	}
	pupil->fd = ends[0];
	put64(seed, pupil->seed);
	if (send_all(pupil->fd, seed, sizeof(seed)) && receive_all(pupil->fd, seed, sizeof(seed)))
		return RESULT_OK;
	end(pupil);
	return err_set(err, RESULT_TEMPORARY, "qscan --features-fd does not start");
}

static int ask(struct pupil *pupil, const char *mail, size_t size, unsigned char head[HEAD])
{
	unsigned char number[8];

	put64(number, size);
	return send_all(pupil->fd, number, sizeof(number)) && send_all(pupil->fd, mail, size) &&
	       receive_all(pupil->fd, head, HEAD);
}

static int read_answer(struct pupil *pupil, const unsigned char *head, struct lesson *out)
{
	size_t count = bytes_little32(head);

	out->words = bytes_little32(head + 4);
	out->points = (int32_t)bytes_little32(head + 8) / 1000.0;
	memcpy(out->digest, head + 12, PUPIL_DIGEST);
	if (count > MODEL_FEATURES_MAX || out->words > count)
		return 0;
	buf_clear(&out->features);
	buf_reserve(&out->features, 4 * count);
	out->features.size = 4 * count;
	return receive_all(pupil->fd, out->features.data, 4 * count);
}

enum result pupil_read(
        struct pupil *pupil, const char *mail, size_t size, struct lesson *out, struct err *err)
{
	enum result result = pupil->fd < 0 ? start(pupil, err) : RESULT_OK;
	unsigned char head[HEAD];

	if (result)
		return result;
	if (ask(pupil, mail, size, head) && read_answer(pupil, head, out))
		return RESULT_OK;
	end(pupil);
	return err_set(err, RESULT_NONE, "its reader ended");
}
