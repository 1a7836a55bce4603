#include <stdio.h>
#include <sysexits.h>

#include "lib/daemon/daemon.h"
#include "workers/qscan/arguments.h"
#include "workers/qscan/explain.h"
#include "workers/qscan/keeper.h"
#include "workers/qscan/lesson.h"
#include "workers/qscan/preview.h"
#include "workers/qscan/qscan.h"
#include "workers/qscan/rules_tell.h"
#include "workers/qscan/sandbox.h"

static const struct daemon_options options = {
        .program = "qscan",
        .usage = "usage: qscan [-c FILE] --explain MAIL... [--from ADDRESS] [--to ADDRESS]...\n"
                 "             [--client IP] [--helo NAME] [--json]\n"
                 "       qscan [-c FILE] --rules check|list|show|compile [NAME] [--json]\n"
                 "Tells how a message is read, what each check says of it, and what would happen.\n"
                 "(Scanners are started by qworker.)\n"
                 "      --explain MAIL  a file, or - for standard input; several, one behind the "
                 "other\n"
                 "      --from ADDRESS  reverse-path (none: the null reverse-path)\n"
                 "      --to ADDRESS    a recipient, once for each (postmaster)\n"
                 "      --client IP     address that it came from\n"
                 "      --helo NAME     what that called itself\n"
                 "      --rules WORD    what is known of the spam rules: check, list, show NAME; "
                 "compile\n"
                 "      --json          one object a message or a rule, each on a line of its "
                 "own\n"
                 "      --model-fd N    the model, open there as \"qctl model export\" writes it\n"
                 "(Features of mails for \"qctl learn\" are made by --features-fd N.)\n",
};

/* The supervisor and its scanners: as site.scan_user, or else as all the others. */
static int supervise(const struct config *config, int control)
{
	const struct config_site *site = &config->site;
	const char *user = *site->scan_user ? site->scan_user : site->user;
	struct err err;
	enum result result;

	sandbox_bound();
	result = daemon_drop(user, &err);
	return result ? daemon_failed(result, &err) : qscan_run(config, control);
}

int main(int argc, char **argv)
{
	struct arguments arguments;
	struct config *config;
	int code;

	if (!arguments_take(&arguments, &argc, argv)) {
		fprintf(stderr, "qscan: see qscan --help\n");
		return EX_USAGE;
	}
	config = daemon_start(argc, argv, &options);
	if (arguments.keeper_fd >= 0)
		code = keeper_run(config, arguments.keeper_fd);
	else if (arguments.control_fd >= 0)
		code = supervise(config, arguments.control_fd);
	else if (arguments.is_preview || arguments.content)
		code = preview_run(config, &arguments);
	else if (arguments.rules)
		code = rules_tell(config, &arguments);
	else if (arguments.features_fd >= 0)
		code = lesson_run(config, arguments.features_fd, arguments.with_points);
	else
		code = explain_run(config, &arguments);
	config_free(&config);
	arguments_fini(&arguments);
	return code;
}
