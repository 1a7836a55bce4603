#include <sysexits.h>

#include "lib/daemon/daemon.h"
#include "submitter/qfront/qfront.h"

/* Keys may be root's, and only root may give the socket to front_group: before it is given up. */
static enum result start(const struct config *config, struct front **front, struct err *err)
{
	enum result result = qfront_open(config, front, err);

	if (!result)
		result = daemon_drop(config->site.user, err);
	return result ? result : qfront_connect(*front, err);
}

int main(int argc, char **argv)
{
	static const struct daemon_options options = {
	        .program = "qfront",
	        .usage = "usage: qfront [-c FILE] [--check]\nTakes messages from qsubmit, has them "
	                 "scanned and sends "
	                 "them on.\n",
	};
	struct config *config = daemon_start(argc, argv, &options);
	struct front *front = NULL;
	struct err err;
	enum result result = start(config, &front, &err);

	if (!result) {
		daemon_ready();
		qfront_run(front);
	}
	qfront_close(&front);
	config_free(&config);
	return result ? daemon_failed(result, &err) : EX_OK;
}
