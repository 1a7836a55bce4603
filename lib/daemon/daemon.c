#include "lib/daemon/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <grp.h>
#include <linux/close_range.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sysexits.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/base/text.h"

enum { CHECK_OPTION = 256, VERSION_OPTION, HELP_OPTION };

static const struct option long_options[] = {
        {"config", required_argument, NULL, 'c'},
        {"check", no_argument, NULL, CHECK_OPTION},
        {"version", no_argument, NULL, VERSION_OPTION},
        {"help", no_argument, NULL, HELP_OPTION},
        {0},
};

static int ready_fd = -1;
static int dies_with_parent;

struct arguments {
	const char *config;
	int check;
};

static void show_help(const struct daemon_options *options)
{
	printf("%s"
	       "  -c, --config FILE  the configuration (%s/lazaret/lazaret.yaml)\n"
	       "      --check        checks the configuration, says what is doubtful, and ends\n"
	       "      --version      shows the version\n"
	       "      --help         shows this\n",
	        options->usage, LAZARET_SYSCONFDIR);
}

static _Noreturn void wrong_usage(const struct daemon_options *options)
{
	fprintf(stderr, "%s: see %s --help\n", options->program, options->program);
	exit(EX_USAGE);
}

static struct arguments read_arguments(int argc, char **argv, const struct daemon_options *options)
{
	struct arguments arguments = {.config = LAZARET_SYSCONFDIR "/lazaret/lazaret.yaml"};
	int letter;

	while ((letter = getopt_long(argc, argv, "c:", long_options, NULL)) != -1) {
		switch (letter) {
		case 'c':
			arguments.config = optarg;
			break;
		case CHECK_OPTION:
			arguments.check = 1;
			break;
		case VERSION_OPTION:
			printf("%s (Lazaret) %s\n", options->program, LAZARET_VERSION);
			exit(EX_OK);
		case HELP_OPTION:
			show_help(options);
			exit(EX_OK);
		default:
			wrong_usage(options);
		}
	}
	if (optind < argc) {
		fprintf(stderr, "%s: found %s, expected no more arguments\n", options->program,
		        log_quote(argv[optind]));
		wrong_usage(options);
	}
	return arguments;
}

static void say_warning(void *context, const char *sentence)
{
	(void)context;
	fprintf(stderr, "warning: %s\n", sentence);
}

static struct config *read_config(
        const struct arguments *arguments, const struct daemon_options *options)
{
	struct config *config;
	struct err err = {0};

	if (config_load(arguments->config, &config, &err)) {
		fprintf(stderr, "%s: %s\n", options->program, err.text);
		exit(EX_CONFIG);
	}
	if (!arguments->check)
		return config;
	config_warn(config, say_warning, NULL);
	printf("%s: ok\n", arguments->config);
	config_free(&config);
	exit(EX_OK);
}

/* Taken out of the environment at once: our own children must not write into what has that number
 * there. */
static void take_ready_descriptor(void)
{
	const char *text = getenv("LAZARET_READY_FD");
	uint64_t number;

	if (text && text_number(text, 1 << 20, &number) && number >= 3 &&
	        fcntl((int)number, F_GETFD) >= 0)
		ready_fd = (int)number;
	unsetenv("LAZARET_READY_FD");
}

/* A core would hold mail and keys. The limit says nothing to a core_pattern that is a pipe, so
 * both. The hard one stays: scanners may be asked to leave cores, and have no keys. */
static void forbid_dumps(void)
{
	struct rlimit core;

	if (getrlimit(RLIMIT_CORE, &core) == 0) {
		core.rlim_cur = 0;
		setrlimit(RLIMIT_CORE, &core);
	}
#ifndef __SANITIZE_ADDRESS__ /* the leak checker must be able to look */
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

/* The usual soft limit is low for the sake of select(), which nothing here calls; each message in
 * hand takes a descriptor or two. */
static void raise_descriptors(void)
{
	enum { DESCRIPTORS_MAX = 1 << 16 };
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= DESCRIPTORS_MAX)
		return;
	limit.rlim_cur = limit.rlim_max < DESCRIPTORS_MAX ? limit.rlim_max : DESCRIPTORS_MAX;
	setrlimit(RLIMIT_NOFILE, &limit);
}

/* What was handed to us on purpose stays usable, and goes no further down by accident. */
static void settle_process(void)
{
	static const int blocked[] = {SIGTERM, SIGINT, SIGHUP, SIGCHLD};
	sigset_t set;
	size_t i;

	sigemptyset(&set);
	for (i = 0; i < sizeof(blocked) / sizeof(*blocked); i++)
		sigaddset(&set, blocked[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	forbid_dumps();
	raise_descriptors();
	close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
}

struct config *daemon_start(int argc, char **argv, const struct daemon_options *options)
{
	const struct arguments arguments = read_arguments(argc, argv, options);
	struct config *config = read_config(&arguments, options);

	take_ready_descriptor();
	if (getenv("LAZARET_SUPERVISED"))
		daemon_die_with_parent();
	log_open(options->program, (enum log_level)config->log.level,
	        config->log.to == LOG_TO_SYSLOG);
	settle_process();
	return config;
}

enum result daemon_drop(const char *user, struct err *err)
{
	const struct passwd *account;

	if (!user[0]) {
		if (geteuid() == 0)
			log_event(LOG_LEVEL_WARNING, NULL, "root",
			        "text=\"this program stays root; set site.user and "
			        "site.scan_user\"");
		return RESULT_OK;
	}
	errno = 0;
	account = getpwnam(user);
	if (!account)
		return err_set(err, RESULT_PERMANENT, "no such account: %s%s%s", log_quote(user),
		        errno ? ": " : "", errno ? strerror(errno) : "");
	if (geteuid() != 0)
		return account->pw_uid == geteuid()
		               ? RESULT_OK
		               : err_set(err, RESULT_PERMANENT,
		                         "only root can change to the account %s", log_quote(user));
	if (initgroups(account->pw_name, account->pw_gid) < 0 ||
	        setresgid(account->pw_gid, account->pw_gid, account->pw_gid) < 0 ||
	        setresuid(account->pw_uid, account->pw_uid, account->pw_uid) < 0)
		return err_sys(err, RESULT_PERMANENT, "change to the account %s", log_quote(user));
	/* a new identity clears what dies with the parent (prctl(2), PR_SET_PDEATHSIG) */
	if (dies_with_parent)
		daemon_die_with_parent();
	return RESULT_OK;
}

int daemon_failed(enum result result, const struct err *err)
{
	log_event(LOG_LEVEL_ERROR, NULL, "failed", "error=%s", log_quote(err->text));
	return result == RESULT_PERMANENT ? EX_CONFIG : EX_TEMPFAIL;
}

void daemon_ready(void)
{
	struct err err;

	if (ready_fd < 0)
		return;
	if (file_write_fd(ready_fd, "ready\n", 6, &err))
		log_event(LOG_LEVEL_WARNING, NULL, "ready", "error=%s", log_quote(err.text));
	close(ready_fd);
	ready_fd = -1;
}

void daemon_die_with_parent(void)
{
	const char *text = getenv("LAZARET_PARENT");
	uint64_t parent;

	dies_with_parent = 1;
	prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);
	/* The parent may have died before we asked. That we belong to process 1 proves nothing: in
	 * a container that is the supervisor. */
	if (text && text_number(text, INT32_MAX, &parent) && (pid_t)parent != getppid())
		raise(SIGTERM);
}
