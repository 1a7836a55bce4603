#include <stdlib.h>
#include <unistd.h>

#include "lib/daemon/daemon.h"
#include "lib/pair/pair.h"
#include "workers/qworker/qworker.h"

static const struct daemon_options options = {
        .program = "qworker",
        .usage = "usage: qworker [-c FILE] [--check]\n"
                 "Takes messages from the brokers, has them scanned, and answers.\n",
};

/* While we may be root: the keeper, who starts scanners' generations, stays what we were. */
static enum result start_keeper(const struct config *config, int *end, struct err *err)
{
	char *program = daemon_sibling("qscan");
	char *argv[] = {(char *)"qscan", (char *)"-c", config->path, (char *)"--keeper-fd",
	        (char *)"3", NULL};
	int ends[2] = {-1, -1}, keep[] = {-1, -1}, pid;
	enum result result = pair_new(ends, err);

	keep[0] = ends[1];
	if (!result)
		result = daemon_spawn(program, argv, keep, &pid, err);
	free(program);
	close(ends[1]);
	*end = ends[0];
	return result;
}

/* Keys may be root's, and the keeper stays root: both come before it is given up. */
static enum result start(
        const struct config *config, struct wire **wire, int *keeper, struct err *err)
{
	enum result result = start_keeper(config, keeper, err);

	if (!result)
		result = wire_open(&config->curve, wire, err);
	if (!result)
		result = daemon_drop(config->site.user, err);
	return result;
}

int main(int argc, char **argv)
{
	struct config *config = daemon_start(argc, argv, &options);
	struct wire *wire = NULL;
	int keeper, code;
	struct err err;
	enum result result = start(config, &wire, &keeper, &err);

	code = result ? daemon_failed(result, &err) : qworker_run(config, wire, keeper);
	wire_close(&wire);
	config_free(&config);
	return code;
}
