#include "lazaret/lazaret.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "lazaret/plan.h"
#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/daemon/daemon.h"

/* Started in this order and stopped in reverse: who is asked for something is there before who
 * asks, and outlives it. */
static const char *const names[] = {"qstore", "qbroker", "qworker", "qfront", "qnotify"};
enum { PROGRAMS = sizeof(names) / sizeof(*names) };

enum {
	READY_MS = 180 * 1000, /* loading the signatures of a virus scanner takes its time */
	STOP_MS = 10 * 1000,   /* beyond what broker.drain allows */
	PAUSE_MS = 200,
	PAUSE_MOST_MS = 30 * 1000,
	STEADY_MS = 60 * 1000,
};

struct child {
	pid_t pid; /* 0: not alive */
	int ready; /* end of its ready pipe, or -1 */
	char *path;
};

struct lazaret {
	const struct config *config;
	struct plan *plan;
	struct child children[PROGRAMS];
	int signals;
	int ended;
};

static int open_signals(void)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		abort(); /* no descriptor for the first thing we ask for */
	return fd;
}

struct lazaret *lazaret_new(const struct config *config)
{
	const struct plan_times times = {.ready = READY_MS,
	        .stop = STOP_MS + config->broker.drain_ms,
	        .pause = PAUSE_MS,
	        .pause_most = PAUSE_MOST_MS,
	        .steady = STEADY_MS};
	struct lazaret *lazaret = alloc_zero(1, sizeof(*lazaret));
	size_t i;

	lazaret->config = config;
	lazaret->plan = plan_new(PROGRAMS, &times);
	lazaret->signals = open_signals();
	for (i = 0; i < PROGRAMS; i++) {
		lazaret->children[i].ready = -1;
		lazaret->children[i].path = daemon_sibling(names[i]);
	}
	/* what daemon_start() and daemon_ready() of each child look for */
	setenv("LAZARET_SUPERVISED", "1", 1);
	setenv("LAZARET_READY_FD", "3", 1);
	return lazaret;
}

static void close_ready(struct child *child)
{
	if (child->ready >= 0)
		close(child->ready);
	child->ready = -1;
}

void lazaret_free(struct lazaret **lazaret)
{
	size_t i;

	for (i = 0; i < PROGRAMS; i++) {
		close_ready(&(*lazaret)->children[i]);
		free((*lazaret)->children[i].path);
	}
	close((*lazaret)->signals);
	plan_free(&(*lazaret)->plan);
	free(*lazaret);
	*lazaret = NULL;
}

static enum result spawn(struct lazaret *lazaret, size_t which, struct err *err)
{
	char *argv[] = {(char *)names[which], (char *)"-c", lazaret->config->path, NULL};
	struct child *child = &lazaret->children[which];
	int channel[2], keep[2], pid = 0;
	enum result result;

	if (pipe2(channel, O_CLOEXEC) < 0)
		return err_sys(err, RESULT_TEMPORARY, "make a pipe");
	keep[0] = channel[1];
	keep[1] = -1;
	result = daemon_spawn(child->path, argv, keep, &pid, err);
	close(channel[1]);
	if (result) {
		close(channel[0]);
		return result;
	}
	close_ready(child);
	file_flags(channel[0], 1);
	child->ready = channel[0];
	child->pid = pid;
	return RESULT_OK;
}

static void start(struct lazaret *lazaret, size_t which)
{
	struct err err;

	if (spawn(lazaret, which, &err)) {
		log_event(LOG_LEVEL_ERROR, NULL, "start-failed", "program=%s error=%s",
		        names[which], log_quote(err.text));
		plan_died(lazaret->plan, which, clock_monotonic_ms());
		return;
	}
	log_event(LOG_LEVEL_INFO, NULL, "started", "program=%s pid=%d", names[which],
	        (int)lazaret->children[which].pid);
}

static void send_signal(const struct lazaret *lazaret, size_t which, int number)
{
	if (lazaret->children[which].pid > 0)
		kill(lazaret->children[which].pid, number);
}

static void carry_out(struct lazaret *lazaret, enum plan_order order, size_t which)
{
	switch (order) {
	case PLAN_START:
		start(lazaret, which);
		break;
	case PLAN_TERM:
		log_event(LOG_LEVEL_INFO, NULL, "stopping", "program=%s", names[which]);
		send_signal(lazaret, which, SIGTERM);
		break;
	case PLAN_KILL:
		log_event(LOG_LEVEL_ERROR, NULL, "killed",
		        "program=%s text=\"it did not answer in time\"", names[which]);
		send_signal(lazaret, which, SIGKILL);
		break;
	case PLAN_READY:
		log_event(LOG_LEVEL_INFO, NULL, "ready", "programs=%d", PROGRAMS);
		daemon_ready();
		break;
	case PLAN_END:
		lazaret->ended = 1;
		break;
	case PLAN_NOTHING:
		break;
	}
}

static void advance(struct lazaret *lazaret)
{
	enum plan_order order;
	size_t which;

	do {
		order = plan_next(lazaret->plan, clock_monotonic_ms(), &which);
		carry_out(lazaret, order, which);
	} while (order != PLAN_NOTHING && order != PLAN_END);
}

static void read_ready(struct lazaret *lazaret, size_t which)
{
	struct child *child = &lazaret->children[which];
	char text[16];
	ssize_t got = read(child->ready, text, sizeof(text));

	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	close_ready(child);
	if (got < 5 || memcmp(text, "ready", 5) != 0)
		return; /* it died, which SIGCHLD tells better, or closed it and will be too late */
	log_event(LOG_LEVEL_INFO, NULL, "program-ready", "program=%s", names[which]);
	plan_is_ready(lazaret->plan, which, clock_monotonic_ms());
}

static void log_death(const struct lazaret *lazaret, size_t which, int status)
{
	enum program_state state = plan_state(lazaret->plan, which);
	int asked = state == PROGRAM_ENDING || state == PROGRAM_KILLED;
	enum log_level level = asked ? LOG_LEVEL_INFO : LOG_LEVEL_ERROR;

	if (WIFSIGNALED(status))
		log_event(level, NULL, "died", "program=%s pid=%d signal=%d", names[which],
		        (int)lazaret->children[which].pid, WTERMSIG(status));
	else
		log_event(level, NULL, "died", "program=%s pid=%d code=%d", names[which],
		        (int)lazaret->children[which].pid, WEXITSTATUS(status));
}

/* Others' orphans too: in a container we may be process 1. */
static void reap(struct lazaret *lazaret)
{
	int status;
	pid_t pid;
	size_t i;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		for (i = 0; i < PROGRAMS && lazaret->children[i].pid != pid; i++)
			;
		if (i == PROGRAMS)
			continue;
		/* what it said before it died counts, so that its death is counted rightly */
		if (lazaret->children[i].ready >= 0)
			read_ready(lazaret, i);
		log_death(lazaret, i, status);
		lazaret->children[i].pid = 0;
		plan_died(lazaret->plan, i, clock_monotonic_ms());
	}
}

static void read_signals(struct lazaret *lazaret)
{
	struct signalfd_siginfo info;
	size_t i;

	while (read(lazaret->signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGCHLD) {
			reap(lazaret);
			continue;
		}
		log_event(LOG_LEVEL_INFO, NULL, "signal", "signal=%u", info.ssi_signo);
		if (info.ssi_signo != SIGHUP)
			plan_stop(lazaret->plan);
		/* one that is starting reads everything anew anyway, and may not be armed yet */
		for (i = 0; info.ssi_signo == SIGHUP && i < PROGRAMS; i++)
			if (plan_state(lazaret->plan, i) == PROGRAM_READY)
				send_signal(lazaret, i, SIGHUP);
	}
}

static int wait_ms(const struct lazaret *lazaret)
{
	int64_t due = plan_due(lazaret->plan), now = clock_monotonic_ms();

	if (due < 0)
		return -1;
	if (due <= now)
		return 0;
	return due - now > INT_MAX ? INT_MAX : (int)(due - now);
}

static void wait_for_something(struct lazaret *lazaret)
{
	struct pollfd fds[1 + PROGRAMS] = {{.fd = lazaret->signals, .events = POLLIN}};
	size_t i;

	for (i = 0; i < PROGRAMS; i++) {
		fds[1 + i].fd = lazaret->children[i].ready;
		fds[1 + i].events = POLLIN;
	}
	if (poll(fds, 1 + PROGRAMS, wait_ms(lazaret)) <= 0)
		return;
	for (i = 0; i < PROGRAMS; i++)
		if (fds[1 + i].fd >= 0 && fds[1 + i].revents)
			read_ready(lazaret, i);
	if (fds[0].revents)
		read_signals(lazaret);
}

int lazaret_run(struct lazaret *lazaret)
{
	size_t failed;

	for (advance(lazaret); !lazaret->ended; advance(lazaret))
		wait_for_something(lazaret);
	if (plan_failed(lazaret->plan, &failed)) {
		log_event(LOG_LEVEL_ERROR, NULL, "start-failed",
		        "program=%s text=\"it could not be started, so nothing runs\"",
		        names[failed]);
		return EX_UNAVAILABLE;
	}
	log_event(LOG_LEVEL_INFO, NULL, "stopped", NULL);
	return EX_OK;
}
