#include <sysexits.h>

#include "broker/broker.h"
#include "lib/base/log.h"
#include "lib/daemon/daemon.h"

static const struct daemon_options options = {.program = "qbroker",
        .usage = "qbroker [-c FILE]\nGives each submitted message to a free worker, and its "
                 "verdict back.\n"};

static int failed(const char *event, const struct err *err)
{
	log_event(LOG_LEVEL_ERROR, NULL, event, "why=%s", log_quote(err->text));
	return EX_UNAVAILABLE;
}

int main(int argc, char **argv)
{
	struct config *config = daemon_start(argc, argv, &options);
	struct broker *broker;
	struct err err;

	/* Dropped first: the sockets must belong to the account that the others run under. */
	if (daemon_drop(config->site.user, &err) != RESULT_OK)
		return failed("drop", &err);
	if (broker_open(config, &broker, &err) != RESULT_OK)
		return failed("open", &err);
	daemon_ready();
	broker_run(broker);
	broker_close(&broker);
	config_free(&config);
	return EX_OK;
}
