#include <sysexits.h>

#include "lib/daemon/daemon.h"
#include "lib/wire/wire.h"
#include "quarantine/qstore.h"

/* Keys may be root's; the database and its sockets are the account's. */
static enum result start(
        const struct config *config, struct wire **wire, struct qstore **qstore, struct err *err)
{
	enum result result = wire_open(&config->curve, wire, err);

	if (!result)
		result = daemon_drop(config->site.user, err);
	if (!result)
		result = qstore_open(config, *wire, qstore, err);
	return result;
}

int main(int argc, char **argv)
{
	static const struct daemon_options options = {
	        .program = "qstore",
	        .usage = "usage: qstore [-c FILE] [--check]\nThe quarantine: keeps what must not "
	                 "be delivered.\n",
	};
	struct config *config = daemon_start(argc, argv, &options);
	struct wire *wire = NULL;
	struct qstore *qstore = NULL;
	struct err err;
	enum result result = start(config, &wire, &qstore, &err);

	if (!result) {
		daemon_ready();
		result = qstore_run(qstore, &err);
	}
	qstore_close(&qstore);
	wire_close(&wire);
	config_free(&config);
	return result ? daemon_failed(result, &err) : EX_OK;
}
