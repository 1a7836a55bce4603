#include "workers/qscan/lesson.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/base/buf.h"
#include "lib/base/bytes.h"
#include "lib/base/file.h"
#include "workers/qscan/apart.h"
#include "workers/qscan/example.h"
#include "workers/qscan/sandbox.h"
#include "workers/qscan/scan.h"
#include "workers/qscan/tmp.h"

enum { MAIL_BYTES_MAX = 64 << 20, MAIL_MS = 10000 };

struct lesson {
	const struct config *config;
	void *rules; /* NULL: their points are not wanted */
	uint64_t seed;
	int fd;
};

/* 1: all of it is there; 0: the end came first. */
static int read_all(int fd, void *out, size_t size)
{
	char *at = out;
	ssize_t got;

	while (size) {
		got = read(fd, at, size);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return 0;
		at += got;
		size -= (size_t)got;
	}
	return 1;
}

/* ---- answers ---- */

static void add32(struct buf *out, const uint32_t *values, size_t count)
{
	unsigned char *at;
	size_t i;

	buf_reserve(out, 4 * count);
	at = (unsigned char *)out->data + out->size;
	for (i = 0; i < count; i++)
		bytes_put_little32(at + 4 * i, values[i]);
	out->size += 4 * count;
}

/* By rules, in thousandths; 0 where nobody asks. */
static int32_t points_of(const struct lesson *lesson, struct scan *scan)
{
	double sum = 0;
	size_t at;

	if (!lesson->rules)
		return 0;
	filter_spam.scan(lesson->rules, scan);
	for (at = 0; at < scan->finding_count; at++)
		sum += scan->findings[at].points;
	return (int32_t)lround(fmax(-1e6, fmin(1e6, sum * 1000)));
}

static void answer(const struct lesson *lesson, const char *mail, size_t size, struct buf *out)
{
	Lz__Submission submission = LZ__SUBMISSION__INIT;
	uint8_t digest[EXAMPLE_DIGEST];
	struct model_features features;
	struct example_mail bare;
	struct scan scan;
	uint32_t head[3];

	example_bare(lesson->config, mail, size, &bare);
	scan_init(&scan, lesson->config, &submission, bare.bytes, bare.size);
	scan.map = mime_map_new(bare.bytes, bare.size, NULL);
	features_of(scan.map, lesson->seed, &features);
	example_digest(scan.map, digest);
	head[0] = (uint32_t)features.count;
	head[1] = (uint32_t)features.words;
	head[2] = (uint32_t)points_of(lesson, &scan);
	add32(out, head, 3);
	buf_add(out, digest, sizeof(digest));
	add32(out, features.list, features.count);
	features_free(&features);
	scan_fini(&scan);
	example_bare_free(&bare);
}

static int serve(struct lesson *lesson)
{
	unsigned char number[8];
	struct buf mail = {0}, out = {0};
	struct err err;
	uint64_t size;
	int fd = lesson->fd;

	if (!read_all(fd, number, sizeof(number)) ||
	        file_write_fd(fd, number, sizeof(number), &err) != RESULT_OK)
		return EX_OK;
	lesson->seed = bytes_little64(number);
	while (read_all(fd, number, sizeof(number))) {
		size = bytes_little64(number);
		if (size > MAIL_BYTES_MAX)
			return EX_DATAERR;
		buf_clear(&mail);
		buf_reserve(&mail, size);
		if (!read_all(fd, mail.data, size))
			return EX_DATAERR;
		buf_clear(&out);
		sandbox_clock(MAIL_MS);
		answer(lesson, mail.data, size, &out);
		sandbox_clock(0);
		if (file_write_fd(fd, out.data, out.size, &err) != RESULT_OK)
			return EX_IOERR;
	}
	buf_fini(&mail);
	buf_fini(&out);
	return EX_OK;
}

static int serve_apart(struct lesson *lesson, const char *tmp)
{
	struct err err;

	if (apart_enter(lesson->config, tmp, &err) == RESULT_OK)
		return serve(lesson);
	fprintf(stderr, "qscan: %s\n", err.text);
	return EX_UNAVAILABLE;
}

/* The folder is to be removed by somebody who still may. */
static int run_apart(struct lesson *lesson)
{
	int status = 0, code = EX_OSERR;
	struct err err;
	char *tmp = apart_make_tmp(lesson->config, &err);
	pid_t pid;

	if (!tmp) {
		fprintf(stderr, "qscan: %s\n", err.text);
		return EX_UNAVAILABLE;
	}
	pid = fork();
	if (!pid)
		_exit(serve_apart(lesson, tmp));
	close(lesson->fd); /* who asks sees the child's end by its own */
	if (pid > 0 && waitpid(pid, &status, 0) == pid)
		code = WIFEXITED(status) ? WEXITSTATUS(status) : EX_SOFTWARE;
	tmp_remove(tmp);
	free(tmp);
	return code;
}

int lesson_run(const struct config *config, int fd, int with_points)
{
	struct lesson lesson = {.config = config, .fd = fd};
	struct err err;
	int code;

	if (with_points && filter_spam.open(config, &lesson.rules, NULL, NULL, &err)) {
		fprintf(stderr, "qscan: %s\n", err.text);
		return EX_UNAVAILABLE;
	}
	code = run_apart(&lesson);
	filter_spam.close(&lesson.rules);
	return code;
}
