#include <stdio.h>
#include <sysexits.h>

#include "lib/daemon/daemon.h"
#include "lib/wire/wire.h"
#include "quarantine/care.h"
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

static int serve(const struct config *config)
{
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
	return result ? daemon_failed(result, &err) : EX_OK;
}

int main(int argc, char **argv)
{
	static const struct daemon_options options = {
	        .program = "qstore",
	        .usage = "usage: qstore [-c FILE] [--check]\n"
	                 "       qstore [-c FILE] --verify [FOLDER] | --backup FOLDER | --restore "
	                 "FOLDER\n"
	                 "The quarantine: keeps what must not be delivered.\n"
	                 "      --verify [FOLDER]  looks through database and model, or a copy of "
	                 "them\n"
	                 "      --backup FOLDER    copies them, while they are in use\n"
	                 "      --restore FOLDER   puts a copy in its place, while it is not\n",
	};
	struct config *config;
	struct care care;
	int code;

	if (!care_arguments(&care, &argc, argv)) {
		fprintf(stderr, "qstore: see qstore --help\n");
		return EX_USAGE;
	}
	config = daemon_start(argc, argv, &options);
	code = care.what == CARE_NOTHING ? serve(config) : care_run(config, &care);
	config_free(&config);
	return code;
}
