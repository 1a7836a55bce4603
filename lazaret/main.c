#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "lazaret/folders.h"
#include "lazaret/lazaret.h"
#include "lib/config/print.h"
#include "lib/daemon/daemon.h"

static int print(void (*printer)(struct buf *out))
{
	struct buf out = {0};
	int code;

	printer(&out);
	code = fwrite(out.data, 1, out.size, stdout) == out.size && !fflush(stdout) ? EX_OK
	                                                                            : EX_IOERR;
	buf_fini(&out);
	return code;
}

/* It stays root where it was started so: each program gives that up for an account of its own. */
static int supervise(int argc, char **argv)
{
	const struct daemon_options options = {
	        .program = "lazaret",
	        .usage =
	                "usage: lazaret [-c FILE] [--check]\n"
	                "Starts all programs of Lazaret on this machine, and stops them in order.\n"
	                "      --print-man    prints lazaret.yaml(5)\n"
	                "      --print-sample prints a configuration with all keys\n",
	};
	struct config *config = daemon_start(argc, argv, &options);
	struct lazaret *lazaret;
	struct err err;
	enum result result = folders_make(config, &err);
	int code;

	if (result)
		return daemon_failed(result, &err);
	lazaret = lazaret_new(config);
	code = lazaret_run(lazaret);
	lazaret_free(&lazaret);
	config_free(&config);
	return code;
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "--print-man"))
		return print(config_print_man);
	if (argc == 2 && !strcmp(argv[1], "--print-sample"))
		return print(config_print_sample);
	return supervise(argc, argv);
}
