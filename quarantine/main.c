#include <sysexits.h>

#include "lib/base/log.h"
#include "lib/daemon/daemon.h"
#include "lib/wire/wire.h"
#include "quarantine/qstore.h"

static int give_up(const struct err *err)
{
	log_event(LOG_LEVEL_ERROR, NULL, "stopped", "reason=%s", log_quote(err->text));
	return EX_TEMPFAIL;
}

int main(int argc, char **argv)
{
	static const struct daemon_options options = {
	        .program = "qstore",
	        .usage = "qstore [-c FILE]\nThe quarantine: keeps what must not be delivered.\n",
	};
	struct config *config = daemon_start(argc, argv, &options);
	struct wire *wire;
	struct qstore *qstore;
	enum result result;
	struct err err;

	/* Keys may be root's; the database and its sockets are the account's. */
	if (wire_open(&config->curve, &wire, &err) || daemon_drop(config->site.user, &err) ||
	        qstore_open(config, wire, &qstore, &err))
		return give_up(&err);
	daemon_ready();
	result = qstore_run(qstore, &err);
	qstore_close(&qstore);
	wire_close(&wire);
	config_free(&config);
	return result ? give_up(&err) : EX_OK;
}
