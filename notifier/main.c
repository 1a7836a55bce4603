#include <sysexits.h>

#include "lib/daemon/daemon.h"
#include "notifier/qnotify.h"

/* Keys may be root's: they are read before it is given up. */
static enum result start(const struct config *config, struct qnotify **qnotify, struct err *err)
{
	enum result result = qnotify_open(config, qnotify, err);

	if (!result)
		result = daemon_drop(config->site.user, err);
	return result ? result : qnotify_connect(*qnotify, err);
}

int main(int argc, char **argv)
{
	static const struct daemon_options options = {
	        .program = "qnotify",
	        .usage = "usage: qnotify [-c FILE] [--check]\nMails the notices and releases in "
	                 "the quarantine's "
	                 "outbox.\n",
	};
	struct config *config = daemon_start(argc, argv, &options);
	struct qnotify *qnotify = NULL;
	struct err err;
	enum result result = start(config, &qnotify, &err);

	if (!result) {
		daemon_ready();
		qnotify_run(qnotify);
	}
	qnotify_close(&qnotify);
	config_free(&config);
	return result ? daemon_failed(result, &err) : EX_OK;
}
