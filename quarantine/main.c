#include <sysexits.h>

#include "lib/base/log.h"
#include "lib/daemon/daemon.h"
#include "lib/wire/wire.h"
#include "quarantine/qstore.h"

/* Keys may be root's; the database and its sockets are the account's. */
static enum result serve(const struct config *config, struct err *err)
{
	struct wire *wire = NULL;
	struct qstore *qstore = NULL;
	enum result result = wire_open(&config->curve, &wire, err);

	if (!result)
		result = daemon_drop(config->site.user, err);
	if (!result)
		result = qstore_open(config, wire, &qstore, err);
	if (!result) {
		daemon_ready();
		result = qstore_run(qstore, err);
	}
	qstore_close(&qstore);
	if (wire)
		wire_close(&wire);
	return result;
}

int main(int argc, char **argv)
{
	static const struct daemon_options options = {
	        .program = "qstore",
	        .usage = "qstore [-c FILE]\nThe quarantine: keeps what must not be delivered.\n",
	};
	struct config *config = daemon_start(argc, argv, &options);
	struct err err = {""};
	enum result result = serve(config, &err);

	if (result)
		log_event(LOG_LEVEL_ERROR, NULL, "stopped", "reason=%s", log_quote(err.text));
	config_free(&config);
	return result ? EX_TEMPFAIL : EX_OK;
}
