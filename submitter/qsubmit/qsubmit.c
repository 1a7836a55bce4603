#include "submitter/qsubmit/qsubmit.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sysexits.h>
#include <unistd.h>

/* ---- how it ends ---- */

/* Only write() and _exit(): a signal may have come in the middle of anything. */
static _Noreturn void end_quickly(int status, const char *text, size_t size)
{
	(void)!write(STDOUT_FILENO, text, size);
	_exit(status);
}

_Noreturn void qsubmit_end(int status, const char *text)
{
	int sound;

	sound = status == EX_OK || (status == EX_UNAVAILABLE && text[0] == '5') ||
	        (status == EX_TEMPFAIL && text[0] == '4');
	if (!sound) {
		status = EX_TEMPFAIL;
		text = "4.3.0 an answer that makes no sense";
	}
	/* No newline: pipe(8) makes a blank of it. */
	end_quickly(status, text, strlen(text));
}

#define END(text) end_quickly(EX_TEMPFAIL, text, sizeof(text) - 1)

static void on_signal(int signal_number)
{
	if (signal_number == SIGALRM)
		END("4.4.1 no answer from the filter in time");
	END("4.3.2 the filter was stopped");
}

static pid_t parent; /* who writes the message; 0: not known yet */

/* Orphans are process 1's, which starts no filters itself: then the writer was gone before we
 * began. */
static void check_parent(void)
{
	if (getppid() != parent || parent == 1)
		END("4.3.2 the mail system has gone");
}

void qsubmit_guard(unsigned deadline_sec)
{
	static const int ends[] = {SIGALRM, SIGTERM, SIGINT, SIGHUP, SIGQUIT};
	struct sigaction handler = {.sa_handler = on_signal}, ignore = {.sa_handler = SIG_IGN};
	sigset_t none;
	size_t i;

	for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		sigaction(ends[i], &handler, NULL);
	sigaction(SIGPIPE, &ignore, NULL);
	/* Whoever started us may have blocked any of them. */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	alarm(deadline_sec);
	if (!parent)
		parent = getppid();
	/* A pipe(8) that was killed looks like a message that ended early: its death must take us
	 * along, and qfront, who sees us go, gives the message up. */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	check_parent();
}

/* ---- the question ---- */

static enum result connect_to(const char *path, int *out, struct err *err)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	if (strlen(path) >= sizeof(address.sun_path))
		return err_set(err, RESULT_TEMPORARY, "the path of the socket is too long");
	strcpy(address.sun_path, path);
	*out = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (*out < 0)
		return err_sys(err, RESULT_TEMPORARY, "socket");
	if (connect(*out, (struct sockaddr *)&address, sizeof(address)) < 0)
		return err_sys(err, RESULT_TEMPORARY, "the filter at %s does not answer", path);
	return RESULT_OK;
}

/* The descriptor goes with the first bytes. */
static enum result send_letter(int fd, const struct buf *bytes, int message_fd, struct err *err)
{
	_Alignas(struct cmsghdr) char room[CMSG_SPACE(sizeof(int))] = {0};
	struct iovec run = {bytes->data, bytes->size};
	struct msghdr header = {.msg_iov = &run,
	        .msg_iovlen = 1,
	        .msg_control = room,
	        .msg_controllen = sizeof(room)};
	struct cmsghdr *control = CMSG_FIRSTHDR(&header);
	ssize_t put;

	control->cmsg_level = SOL_SOCKET;
	control->cmsg_type = SCM_RIGHTS;
	control->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(control), &message_fd, sizeof(int));
	while (run.iov_len) {
		put = sendmsg(fd, &header, 0);
		if (put < 0)
			return err_sys(err, RESULT_TEMPORARY, "the filter hung up");
		run.iov_base = (char *)run.iov_base + put;
		run.iov_len -= (size_t)put;
		header.msg_control = NULL;
		header.msg_controllen = 0;
	}
	return RESULT_OK;
}

static enum result read_whole(int fd, char *out, size_t size, struct err *err)
{
	ssize_t got;

	while (size) {
		got = read(fd, out, size);
		if (got < 0)
			return err_sys(err, RESULT_TEMPORARY, "the filter");
		if (got == 0)
			return err_set(err, RESULT_TEMPORARY, "the filter hung up");
		out += got;
		size -= (size_t)got;
	}
	return RESULT_OK;
}

/* A head that is no question. A presence that can't be said is missed by qfront, which then hangs
 * up. */
static enum result read_head(int fd, char out[DOOR_HEAD], struct err *err)
{
	char presence[DOOR_HEAD];

	presence_write(presence);
	for (;;) {
		if (read_whole(fd, out, DOOR_HEAD, err))
			return RESULT_TEMPORARY;
		if (!question_is(out))
			return RESULT_OK;
		check_parent();
		(void)!write(fd, presence, DOOR_HEAD);
	}
}

static enum result read_answer(int fd, int *status, const char **text, struct err *err)
{
	static char bytes[DOOR_HEAD + 1 + ANSWER_TEXT_MAX + 1];
	size_t size;

	if (read_head(fd, bytes, err))
		return RESULT_TEMPORARY;
	size = answer_size(bytes);
	if (!size)
		return err_set(err, RESULT_TEMPORARY, "the filter's answer makes no sense");
	if (read_whole(fd, bytes + DOOR_HEAD, size - DOOR_HEAD, err))
		return RESULT_TEMPORARY;
	return answer_read(bytes, size, status, text, err);
}

enum result qsubmit_ask(
        const struct qsubmit_options *options, int *status, const char **text, struct err *err)
{
	struct buf bytes = {0};
	enum result result;
	int fd = -1;

	if (connect_to(options->socket, &fd, err))
		return RESULT_TEMPORARY;
	letter_write(&bytes, &options->letter);
	result = send_letter(fd, &bytes, STDIN_FILENO, err);
	buf_fini(&bytes);
	/* The message is qfront's to read. Were it open here too, pipe(8) would not learn that
	 * qfront stopped reading. */
	close(STDIN_FILENO);
	/* A full qfront answers before it has read anything, and hangs up: its answer is there even
	 * though sending failed. */
	if (read_answer(fd, status, text, result ? NULL : err))
		return RESULT_TEMPORARY;
	return RESULT_OK;
}
