#include <sysexits.h>

#include "lib/base/log.h"
#include "lib/daemon/daemon.h"
#include "submitter/qfront/qfront.h"

int main(int argc, char **argv)
{
	const struct daemon_options options = {
	        .program = "qfront",
	        .usage =
	                "qfront [-c FILE]\nTakes messages from qsubmit, has them scanned and sends "
	                "them on.\n",
	};
	struct config *config = daemon_start(argc, argv, &options);
	struct front *front = NULL;
	struct err err;

	if (qfront_open(config, &front, &err) || daemon_drop(config->site.user, &err)) {
		log_event(LOG_LEVEL_ERROR, NULL, "start-failed", "error=%s", log_quote(err.text));
		return EX_CONFIG;
	}
	daemon_ready();
	qfront_run(front);
	qfront_close(&front);
	config_free(&config);
	return EX_OK;
}
