#include "quarantine/model_apart.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* A million digests are read in a second; what takes so long goes round in circles. A disk may take
 * its time. */
enum { CPU_SECONDS = 30 };

/* What ends it is to end it, and not to be handled as the process that asks would. */
static void die_of_signals(void)
{
	static const int signals[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGXCPU};
	sigset_t set;
	size_t at;

	sigemptyset(&set);
	for (at = 0; at < sizeof(signals) / sizeof(signals[0]); at++) {
		signal(signals[at], SIG_DFL);
		sigaddset(&set, signals[at]);
	}
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

static void set_limits(void)
{
	static const struct rlimit no_core = {0, 0}, cpu = {CPU_SECONDS, CPU_SECONDS + 1};

	setrlimit(RLIMIT_CORE, &no_core);
	setrlimit(RLIMIT_CPU, &cpu);
}

static enum result judge(int status, struct err *err)
{
	if (!WIFSIGNALED(status))
		return RESULT_OK;
	if (WTERMSIG(status) == SIGKILL)
		return err_set(err, RESULT_TEMPORARY, "model: who tried it was killed");
	if (WTERMSIG(status) == SIGXCPU)
		return err_set(err, RESULT_PERMANENT,
		        "model: its database is damaged: reading it has no end");
	return err_set(err, RESULT_PERMANENT,
	        "model: its database is damaged: who read it was ended by signal %d (%s)",
	        WTERMSIG(status), strsignal(WTERMSIG(status)));
}

enum result model_apart(model_apart_work *work, void *context, int *code, struct err *err)
{
	pid_t pid, ended;
	int status;

	fflush(NULL); /* or both write what is there */
	pid = fork();
	if (pid == 0) {
		die_of_signals();
		set_limits();
		_exit(work(context));
	}
	if (pid < 0)
		return err_sys(err, RESULT_TEMPORARY, "model: a process that tries it");
	do
		ended = waitpid(pid, &status, 0);
	while (ended < 0 && errno == EINTR);
	if (ended != pid)
		return err_sys(err, RESULT_TEMPORARY, "model: the process that tries it");
	*code = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
	return judge(status, err);
}
