#include "workers/qscan/qscan.h"

#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/daemon/daemon.h"
#include "workers/qscan/autopsy.h"
#include "workers/qscan/core.h"
#include "workers/qscan/numbers.h"
#include "workers/qscan/own_memory.h"
#include "workers/qscan/poison.h"
#include "workers/qscan/sandbox.h"
#include "workers/qscan/scanner.h"
#include "workers/qscan/tmp.h"
#include "workers/qscan/watch.h"

enum {
	LOOK_MS = 1000,
	SHORT_LIFE_MS = 2000, /* who dies sooner is replaced later and later */
	LONGEST_WAIT_MS = 10000,
};

struct slot {
	pid_t pid; /* 0: empty */
	char *tmp;
	struct marker *marker;
	int was_late, was_killed; /* as qworker wanted */
	int is_abandoned;         /* killed, as qworker is gone */
	uint64_t resident;        /* bytes that it began with */
	int64_t started_ms;
	int64_t wait_ms;  /* before the next start */
	int64_t start_ms; /* of an empty one: when */
};

struct supervisor {
	const struct config *config;
	struct pipeline *pipeline;
	struct slot *slots;
	size_t count;
	struct watch watch;
	int64_t look_ms; /* when the watched files are looked at next */
	struct poison *poison;
	int keeps_cores;
	pid_t keeper;   /* who started us */
	int control;    /* -1: closed */
	int is_ending;  /* with the last scanner */
	int is_retired; /* another generation serves: who ends is not replaced */
	int signals;
};

static void warn(void *context, const char *sentence)
{
	log_event(LOG_LEVEL_WARNING, NULL, "configuration", "text=%s", log_quote(sentence));
}

static void stop(struct supervisor *supervisor)
{
	if (supervisor->control >= 0)
		close(supervisor->control);
	supervisor->control = -1;
	supervisor->is_ending = 1;
}

/* qworker is gone, and with it all who wait for an answer. The engine is in memory as long as one
 * scanner works on, and the next qworker starts one of its own. Who is idle ends by himself. */
static void abandon(struct supervisor *supervisor)
{
	size_t i;

	stop(supervisor);
	for (i = 0; i < supervisor->count; i++) {
		struct slot *slot = &supervisor->slots[i];

		if (!slot->pid || slot->marker->stage == MARKER_IDLE)
			continue;
		log_event(LOG_LEVEL_INFO, NULL, "abandoned", "pid=%d", (int)slot->pid);
		slot->is_abandoned = 1;
		kill(slot->pid, SIGKILL);
	}
}

static void say(struct supervisor *supervisor, int fd, const char *text)
{
	struct err err;

	if (supervisor->control >= 0 &&
	        pair_send_fd(supervisor->control, fd, text, &err) != RESULT_OK)
		abandon(supervisor);
}

/* ---------------------------------------------------------------- scanners */

static _Noreturn void be_scanner(
        const struct supervisor *supervisor, const struct slot *slot, int end, int parent)
{
	struct snapshot snapshot = {0};
	struct scanner scanner = {.config = supervisor->config,
	        .snapshot = &snapshot,
	        .pipeline = supervisor->pipeline,
	        .end = end,
	        .tmp = slot->tmp,
	        .supervisor = parent,
	        .marker = slot->marker,
	        .poison = supervisor->poison};

	close(supervisor->control);
	close(supervisor->signals);
	_exit(scanner_run(&scanner));
}

static enum result fork_scanner(struct supervisor *supervisor, size_t index, struct err *err)
{
	struct slot *slot = &supervisor->slots[index];
	int ends[2], parent = getpid();
	enum result result = tmp_make(slot->tmp, err);
	char text[64];

	if (!result)
		result = pair_new(ends, err);
	if (result)
		return result;
	marker_idle(slot->marker);
	slot->was_late = slot->was_killed = slot->is_abandoned = 0;
	slot->resident = own_resident(); /* what a child has from the start is ours */
	slot->pid = fork();
	if (slot->pid == 0) {
		close(ends[0]);
		be_scanner(supervisor, slot, ends[1], parent);
	}
	if (slot->pid > 0) {
		snprintf(text, sizeof(text), "scanner %zu %d", index, (int)slot->pid);
		say(supervisor, ends[0], text);
	} else {
		slot->pid = 0;
		result = err_sys(err, RESULT_TEMPORARY, "fork");
	}
	close(ends[0]);
	close(ends[1]);
	return result;
}

static void put_off(struct slot *slot, int64_t now_ms)
{
	slot->wait_ms = slot->wait_ms ? 2 * slot->wait_ms : 100;
	if (slot->wait_ms > LONGEST_WAIT_MS)
		slot->wait_ms = LONGEST_WAIT_MS;
	slot->start_ms = now_ms + slot->wait_ms;
}

static void start_scanners(struct supervisor *supervisor)
{
	int64_t now_ms = clock_monotonic_ms();
	struct err err;
	size_t i;

	for (i = 0; i < supervisor->count && !supervisor->is_ending; i++) {
		struct slot *slot = &supervisor->slots[i];

		if (supervisor->is_retired || slot->pid || slot->start_ms > now_ms)
			continue;
		slot->started_ms = now_ms;
		if (fork_scanner(supervisor, i, &err) == RESULT_OK) {
			log_event(LOG_LEVEL_INFO, NULL, "scanner", "slot=%zu pid=%d", i,
			        (int)slot->pid);
			continue;
		}
		log_event(LOG_LEVEL_ERROR, NULL, "scanner_start", "slot=%zu error=%s", i,
		        log_quote(err.text));
		put_off(slot, now_ms);
	}
}

/* SIGSYS: a call that the sandbox does not allow. Its number is in the kernel's log alone. */
static void log_death(pid_t pid, int status, const struct cause *cause)
{
	const char *why = cause->is_idle ? "idle" : unscanned_name(cause->why);
	const char *signal_name;

	if (!WIFSIGNALED(status)) {
		log_event(LOG_LEVEL_WARNING, NULL, "scanner_died",
		        "pid=%d why=%s stage=%s part=%d exit=%d", (int)pid, why, cause->stage,
		        cause->part, WEXITSTATUS(status));
		return;
	}
	signal_name = sigabbrev_np(cause->signal);
	log_event(LOG_LEVEL_WARNING, NULL, "scanner_died",
	        "pid=%d why=%s stage=%s part=%d signal=%d name=SIG%s%s", (int)pid, why,
	        cause->stage, cause->part, cause->signal, signal_name ? signal_name : "?",
	        cause->signal == SIGSYS ? " text=\"made a system call that it may not\"" : "");
}

/* What was looked at alone is what it died of; else it may have been chance, once. */
static void blame(struct supervisor *supervisor, const struct slot *slot, const struct cause *cause)
{
	unsigned enough = (unsigned)supervisor->config->broker.attempts;
	struct digest digest = slot->marker->digest;

	if (cause->is_idle)
		return;
	poison_note(supervisor->poison, clock_monotonic_ms());
	if (slot->marker->is_set)
		poison_add(supervisor->poison, &digest, slot->marker->alone ? enough : 1,
		        cause->why, clock_monotonic_ms());
}

static void look_at_dead(struct supervisor *supervisor, const struct slot *slot, int status,
        const struct rusage *usage)
{
	uint64_t most = (uint64_t)usage->ru_maxrss * 1024;
	const struct death death = {.status = status,
	        .was_late = slot->was_late,
	        .was_killed = slot->was_killed,
	        .grown = most > slot->resident ? most - slot->resident : 0,
	        .allowed = supervisor->config->workers.memory};
	char text[192], digest[DIGEST_HEX_ROOM] = "-";
	struct cause cause;
	int core;

	autopsy(&death, slot->marker, &cause);
	log_death(slot->pid, status, &cause);
	blame(supervisor, slot, &cause);
	if (slot->marker->is_set)
		text_hex(slot->marker->digest.bytes, DIGEST_SIZE, digest);
	snprintf(text, sizeof(text), "died %d %s %s %d %d %s", (int)slot->pid,
	        unscanned_name(cause.why), cause.stage, cause.part, cause.signal, digest);
	core = supervisor->keeps_cores ? core_open(slot->tmp) : -1;
	say(supervisor, core, text);
	if (core >= 0)
		close(core);
}

/* One that dies at its work makes room for the next at once: what it died of is known. */
static void bury(
        struct supervisor *supervisor, struct slot *slot, int status, const struct rusage *usage)
{
	int64_t now_ms = clock_monotonic_ms();
	int was_idle = slot->marker->stage == MARKER_IDLE;
	int died = !slot->is_abandoned &&
	           (!was_idle || !WIFEXITED(status) || WEXITSTATUS(status) != 0);

	if (died)
		look_at_dead(supervisor, slot, status, usage);
	slot->pid = 0;
	tmp_empty(slot->tmp);
	if (died && was_idle && now_ms - slot->started_ms < SHORT_LIFE_MS)
		put_off(slot, now_ms);
	else
		slot->start_ms = slot->wait_ms = 0;
}

static void reap(struct supervisor *supervisor)
{
	struct rusage usage;
	int status;
	pid_t pid;
	size_t i;

	while ((pid = wait4(-1, &status, WNOHANG, &usage)) > 0)
		for (i = 0; i < supervisor->count; i++)
			if (supervisor->slots[i].pid == pid)
				bury(supervisor, &supervisor->slots[i], status, &usage);
}

static size_t living(const struct supervisor *supervisor)
{
	size_t i, count = 0;

	for (i = 0; i < supervisor->count; i++)
		count += supervisor->slots[i].pid != 0;
	return count;
}

/* Only a child of ours that was not yet waited for: so the number is still its own. */
static void kill_scanner(struct supervisor *supervisor, int pid, int is_late)
{
	size_t i;

	for (i = 0; i < supervisor->count; i++)
		if (pid > 0 && supervisor->slots[i].pid == pid) {
			supervisor->slots[i].was_late = is_late;
			supervisor->slots[i].was_killed = 1;
			kill(pid, SIGKILL);
		}
}

/* ---------------------------------------------------------------- the loop */

static void hear_control(struct supervisor *supervisor)
{
	char text[PAIR_TEXT_ROOM];
	struct err err;
	int fd = -1, pid;

	if (pair_receive_fd(supervisor->control, &fd, text, sizeof(text), &err) != RESULT_OK) {
		abandon(supervisor);
		return;
	}
	if (fd >= 0)
		close(fd);
	if (sscanf(text, "kill %d", &pid) == 1)
		kill_scanner(supervisor, pid, 0);
	else if (sscanf(text, "late %d", &pid) == 1)
		kill_scanner(supervisor, pid, 1);
	else if (strcmp(text, "retire") == 0)
		supervisor->is_retired = 1;
	else if (strcmp(text, "end") == 0)
		supervisor->is_ending = 1;
	else
		log_event(LOG_LEVEL_ERROR, NULL, "control", "found=%s", log_quote(text));
}

static void hear_signal(struct supervisor *supervisor)
{
	struct signalfd_siginfo info;
	size_t i;

	if (read(supervisor->signals, &info, sizeof(info)) != sizeof(info))
		return;
	if (info.ssi_signo == SIGCHLD) {
		reap(supervisor);
		return;
	}
	if (info.ssi_signo == SIGHUP)
		return; /* qworker's affair: it starts a new one of us */
	/* The keeper ends with its qworker, which shows here or at the control, whichever is first.
	 */
	if (getppid() != supervisor->keeper)
		abandon(supervisor);
	else
		stop(supervisor);
	for (i = 0; i < supervisor->count; i++)
		if (supervisor->slots[i].pid)
			kill(supervisor->slots[i].pid, SIGTERM);
}

/* By the clock: scanners that end all the time must not keep new signatures away. */
static void look_at_files(struct supervisor *supervisor)
{
	int64_t now_ms = clock_monotonic_ms();

	if (now_ms < supervisor->look_ms)
		return;
	supervisor->look_ms = now_ms + LOOK_MS;
	if (!watch_look(&supervisor->watch))
		return;
	log_event(LOG_LEVEL_INFO, NULL, "stale", NULL);
	say(supervisor, -1, "stale");
}

static void turn(struct supervisor *supervisor)
{
	struct pollfd wanted[] = {{.fd = supervisor->signals, .events = POLLIN},
	        {.fd = supervisor->control, .events = POLLIN}};
	int ready = poll(wanted, 2, LOOK_MS);

	if (ready > 0 && wanted[0].revents)
		hear_signal(supervisor);
	if (ready > 0 && wanted[1].revents && supervisor->control >= 0)
		hear_control(supervisor);
	start_scanners(supervisor);
	look_at_files(supervisor);
}

static int open_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int late_control; /* for late(), which has no other way to know it */

/* Only what a signal handler may do: a read that never ends can't be told from one that does. */
static _Noreturn void late(int number)
{
	static const char text[] = "failed not read within workers.start_timeout";

	send(late_control, text, sizeof(text) - 1, MSG_NOSIGNAL);
	_exit(EX_TEMPFAIL);
}

/* 0 ends it. */
static void limit_start(int control, int64_t ms)
{
	const struct itimerval timer = {
	        .it_value = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000}};
	const struct sigaction action = {.sa_handler = ms ? late : SIG_DFL};

	late_control = control;
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
}

static void say_failed(struct supervisor *supervisor, const struct err *err)
{
	char text[PAIR_TEXT_ROOM];

	snprintf(text, sizeof(text), "failed %s", err->text);
	say(supervisor, -1, text);
}

static void say_ready(struct supervisor *supervisor)
{
	char text[PAIR_TEXT_ROOM];
	int64_t signatures_s = 0;
	const char *engine = pipeline_engine(supervisor->pipeline, &signatures_s);

	snprintf(text, sizeof(text), "engine %lld %s", (long long)signatures_s, engine);
	say(supervisor, -1, text);
	say(supervisor, -1, "ready");
}

/* Trimming gives memory back that the next message asks for again: measured at a fifth of all time
 * on attachments. Before anything large is loaded. */
static void tune_memory(void)
{
	mallopt(M_TRIM_THRESHOLD, 512 << 20);
	mallopt(M_TOP_PAD, 16 << 20);
	mallopt(M_MMAP_THRESHOLD, 32 << 20); /* the most that is taken */
}

static enum result make_slots(struct supervisor *supervisor, struct err *err)
{
	enum result result;
	uint64_t wanted = supervisor->config->workers.scanners;
	char *root = tmp_root(supervisor->config);
	size_t i;

	if (!wanted)
		wanted = (uint64_t)sysconf(_SC_NPROCESSORS_ONLN);
	supervisor->count = wanted;
	supervisor->slots = alloc_zero(wanted, sizeof(*supervisor->slots));
	tmp_sweep(root);
	result = poison_new(&supervisor->poison, err);
	for (i = 0; i < wanted; i++) {
		supervisor->slots[i].tmp = tmp_path(root, getpid(), (unsigned)i);
		if (!result)
			result = marker_new(&supervisor->slots[i].marker, err);
	}
	free(root);
	return result;
}

static void close_all(struct supervisor *supervisor)
{
	size_t i;

	for (i = 0; i < supervisor->count; i++) {
		tmp_remove(supervisor->slots[i].tmp);
		free(supervisor->slots[i].tmp);
		marker_free(&supervisor->slots[i].marker);
	}
	free(supervisor->slots);
	poison_free(&supervisor->poison);
	close(supervisor->signals);
	watch_fini(&supervisor->watch);
	pipeline_close(&supervisor->pipeline);
}

/* What is loaded may need files for a moment: they go where the first scanner's will be. */
static enum result open_pipeline(struct supervisor *supervisor, struct err *err)
{
	char *root = tmp_root(supervisor->config), *path = tmp_path(root, getpid(), 0);
	enum result result = tmp_make(path, err);

	if (!result) {
		setenv("TMPDIR", path, 1);
		result = pipeline_open(supervisor->config, warn, NULL, &supervisor->pipeline, err);
	}
	if (result)
		tmp_remove(path);
	else
		tmp_empty(path);
	free(path);
	free(root);
	return result;
}

int qscan_run(const struct config *config, int control)
{
	struct supervisor supervisor = {.config = config, .control = control, .keeper = getppid()};
	enum result result;
	struct err err;

	tune_memory();
	if (!numbers_are_ours())
		warn(NULL, "a preloaded library has its own sscanf(): libclamav takes longer");
	limit_start(control, config->workers.start_timeout_ms);
	/* Before the files are read: a change while they are is seen as one. */
	watch_init(&supervisor.watch, config);
	result = sandbox_check(config, warn, NULL, &err);
	if (!result)
		result = open_pipeline(&supervisor, &err);
	limit_start(-1, 0);
	if (result) {
		say_failed(&supervisor, &err);
		watch_fini(&supervisor.watch);
		return daemon_failed(result, &err);
	}
	supervisor.keeps_cores = core_is_kept(config);
	if (supervisor.keeps_cores)
		core_leave_out();
	supervisor.signals = open_signals();
	result = make_slots(&supervisor, &err);
	if (result) {
		close_all(&supervisor);
		return daemon_failed(result, &err);
	}
	start_scanners(&supervisor);
	supervisor.look_ms = clock_monotonic_ms() + LOOK_MS;
	say_ready(&supervisor);
	while (!supervisor.is_ending || living(&supervisor))
		turn(&supervisor);
	close_all(&supervisor);
	return EX_OK;
}
