#include <sysexits.h>

#include "broker/broker.h"
#include "lib/daemon/daemon.h"

/* Keys may be root's; the sockets must belong to the account that the others run under. */
static enum result start(
        const struct config *config, struct wire **wire, struct broker **broker, struct err *err)
{
	enum result result = wire_open(&config->curve, wire, err);

	if (!result)
		result = daemon_drop(config->site.user, err);
	if (!result)
		result = broker_open(config, *wire, broker, err);
	return result;
}

int main(int argc, char **argv)
{
	static const struct daemon_options options = {
	        .program = "qbroker",
	        .usage = "usage: qbroker [-c FILE] [--check]\nGives each submitted message to a "
	                 "free worker, and its "
	                 "verdict back.\n",
	};
	struct config *config = daemon_start(argc, argv, &options);
	struct wire *wire = NULL;
	struct broker *broker = NULL;
	struct err err;
	enum result result = start(config, &wire, &broker, &err);

	if (!result) {
		daemon_ready();
		broker_run(broker);
	}
	broker_close(&broker);
	wire_close(&wire);
	config_free(&config);
	return result ? daemon_failed(result, &err) : EX_OK;
}
