#include <stdlib.h>
#include <sysexits.h>

#include "lib/base/log.h"
#include "lib/daemon/daemon.h"
#include "notifier/qnotify.h"

int main(int argc, char **argv)
{
	const struct daemon_options options = {
	        .program = "qnotify",
	        .usage = "qnotify [-c FILE]\nMails the notices and releases in the quarantine's "
	                 "outbox.\n",
	};
	struct config *config = daemon_start(argc, argv, &options);
	struct qnotify *qnotify = NULL;
	struct err err;

	if (qnotify_open(config, &qnotify, &err) || daemon_drop(config->site.user, &err)) {
		log_event(LOG_LEVEL_ERROR, NULL, "start-failed", "error=%s", log_quote(err.text));
		return EX_CONFIG;
	}
	daemon_ready();
	qnotify_run(qnotify);
	qnotify_close(&qnotify);
	config_free(&config);
	return EX_OK;
}
