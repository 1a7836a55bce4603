#include "qctl/qctl.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sysexits.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/base/log.h"
#include "qctl/columns.h"

enum { ANSWER_MS = 10 * 1000, ANSWER_MAX_BYTES = 16 * 1024 * 1024, HIGH_WATER = 16 };

/* ---- helping ---- */

void qctl_print(struct buf *text)
{
	if (text->size)
		fwrite(text->data, 1, text->size, stdout);
	buf_fini(text);
}

static void add_options(struct columns *columns, const struct argument_option *options)
{
	for (; options->name; options++) {
		char *name =
		        alloc_format("  %s%s%s%s", options->name[1] ? "--" : "-", options->name,
		                options->value ? " " : "", options->value ? options->value : "");

		if (options->help) {
			columns_add(columns, name);
			columns_add(columns, options->help);
		}
		free(name);
	}
}

/* Of up to three tables; the others are NULL. */
static void show_options(const struct argument_option *options, const struct argument_option *more,
        const struct argument_option *most)
{
	struct columns *columns = columns_new(2, 0);
	struct buf out = {0};

	add_options(columns, options);
	if (more)
		add_options(columns, more);
	if (most)
		add_options(columns, most);
	columns_print(columns, &out);
	qctl_print(&out);
	columns_free(&columns);
}

static void help_all(void)
{
	struct columns *columns = columns_new(2, 0);
	const struct command *command;
	struct buf out = {0};

	puts("qctl COMMAND …: looks after Lazaret's quarantine\n");
	for (command = commands; command->name; command++) {
		char *name = alloc_format("  %s %s", command->name, command->words);

		columns_add(columns, name);
		columns_add(columns, command->summary);
		free(name);
	}
	columns_print(columns, &out);
	qctl_print(&out);
	columns_free(&columns);
	puts("\nqctl COMMAND --help tells more; all commands take:");
	show_options(common_options, NULL, NULL);
}

static int help_command(const struct command *command)
{
	printf("qctl %s%s%s: %s\n%s\n", command->name, *command->words ? " " : "", command->words,
	        command->summary, command->details);
	show_options(command->options, common_options, command->selecting);
	return EX_OK;
}

/* ---- failing ---- */

int qctl_fail(enum result result, const struct err *err)
{
	struct buf text = {0};

	columns_safe(&text, err->text, 0);
	fprintf(stderr, "qctl: %s\n", text.size ? text.data : "failed");
	buf_fini(&text);
	switch (result) {
	case RESULT_OK:
		return QCTL_OK;
	case RESULT_NONE:
		return QCTL_NO;
	case RESULT_TEMPORARY:
		return EX_TEMPFAIL;
	default:
		return QCTL_FAILED;
	}
}

int qctl_wrong(const struct qctl *qctl, const struct err *err)
{
	qctl_fail(RESULT_PERMANENT, err);
	if (qctl->command)
		fprintf(stderr, "see qctl %s --help\n", qctl->command->name);
	else
		fprintf(stderr, "see qctl --help\n");
	return EX_USAGE;
}

/* ---- whom we ask ---- */

const struct config *qctl_config(struct qctl *qctl)
{
	struct err err;

	if (!qctl->config && config_load(qctl->config_path, &qctl->config, &err)) {
		qctl_fail(RESULT_PERMANENT, &err);
		exit(EX_CONFIG);
	}
	return qctl->config;
}

/* ZeroMQ would wait in silence for a socket that isn't there, or isn't for us. */
static enum result look_for(const char *endpoint, struct err *err)
{
	static const char local[] = "ipc://";
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	enum result result = RESULT_OK;
	int fd;

	if (strncmp(endpoint, local, sizeof(local) - 1) != 0)
		return RESULT_OK;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", endpoint + sizeof(local) - 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		result = err_sys(err, errno == EACCES ? RESULT_PERMANENT : RESULT_TEMPORARY,
		        "nobody to ask at %s", endpoint);
	close(fd);
	return result;
}

enum result qctl_wire(struct qctl *qctl, struct wire **out, struct err *err)
{
	struct config_curve curve = qctl_config(qctl)->curve;
	enum result result = RESULT_OK;

	/* An operator who may not read the host's key needs none for a socket on this host. */
	if (*curve.secret_key && access(curve.secret_key, R_OK) < 0 && errno == EACCES)
		curve.secret_key = (char *)"";
	if (!qctl->wire)
		result = wire_open(&curve, &qctl->wire, err);
	*out = qctl->wire;
	return result;
}

static enum result connect_to(
        struct qctl *qctl, const char *endpoint, struct wire_socket **out, struct err *err)
{
	struct wire_limits limits = {.max_bytes = ANSWER_MAX_BYTES, .high_water = HIGH_WATER};
	enum result result = look_for(endpoint, err);
	struct wire *wire;

	if (!result)
		result = qctl_wire(qctl, &wire, err);
	return result ? result : wire_connect(wire, endpoint, &limits, out, err);
}

enum result qctl_quarantine(struct qctl *qctl, struct wire_socket **out, struct err *err)
{
	enum result result = RESULT_OK;

	if (!qctl->quarantine)
		result = connect_to(
		        qctl, qctl_config(qctl)->front.quarantine, &qctl->quarantine, err);
	*out = qctl->quarantine;
	return result;
}

/* What was typed may be what the other side drops without a word: that is said here. */
static enum result ask_quarantine(struct qctl *qctl, enum message_type type, const void *request,
        struct wire_body *body, struct wire_message *answer, struct err *err)
{
	enum result result = message_check(type, request, body ? wire_body_size(body) : 0, err);

	struct wire_socket *socket;

	if (!result)
		result = qctl_quarantine(qctl, &socket, err);
	return result ? result : wire_ask_with(socket, type, request, body, ANSWER_MS, answer, err);
}

enum result qctl_ask(struct qctl *qctl, enum message_type type, const void *request,
        struct wire_message *answer, struct err *err)
{
	return ask_quarantine(qctl, type, request, NULL, answer, err);
}

enum result qctl_ask_with(struct qctl *qctl, enum message_type type, const void *request,
        struct wire_body *body, struct wire_message *answer, struct err *err)
{
	enum result result = ask_quarantine(qctl, type, request, body, answer, err);

	if (body)
		wire_body_free(body);
	return result;
}

enum result qctl_ask_at(struct qctl *qctl, const char *endpoint, enum message_type type,
        const void *request, int timeout_ms, struct wire_message *answer, struct err *err)
{
	struct wire_socket *socket = NULL;
	enum result result = connect_to(qctl, endpoint, &socket, err);

	if (result)
		return result;
	result = wire_ask(socket, type, request, timeout_ms, answer, err);
	wire_socket_close(&socket);
	return result;
}

/* ---- starting ---- */

static const struct command *find_command(const char *name)
{
	const struct command *command;

	for (command = commands; command->name; command++)
		if (!strcmp(command->name, name))
			return command;
	return NULL;
}

static void read_common(struct qctl *qctl)
{
	const char *path = arguments_value(&qctl->arguments, "config");

	if (!path)
		path = arguments_value(&qctl->arguments, "c");
	qctl->config_path = path ? path : LAZARET_SYSCONFDIR "/lazaret/lazaret.yaml";
	qctl->json = arguments_value(&qctl->arguments, "json") != NULL;
}

static int run(struct qctl *qctl)
{
	const struct command *command = qctl->command;
	size_t words = qctl->arguments.word_count;
	struct err err;

	if (arguments_value(&qctl->arguments, "help"))
		return help_command(command);
	if (words < command->least || words > command->most) {
		err_set(&err, RESULT_PERMANENT, "usage: qctl %s %s", command->name, command->words);
		return qctl_wrong(qctl, &err);
	}
	return command->run(qctl);
}

/* Options may stand before the command too: `qctl -c FILE list`. */
static int command_place(int argc, char **argv)
{
	int at;

	for (at = 1; at < argc; at++) {
		if (!strcmp(argv[at], "-c") || !strcmp(argv[at], "--config"))
			at++;
		else if (argv[at][0] != '-')
			return at;
	}
	return 0;
}

static int start(struct qctl *qctl, int argc, char **argv, int place)
{
	const struct argument_option *tables[] = {common_options, NULL, NULL, NULL};
	struct err err;
	int at;

	qctl->command = find_command(argv[place]);
	if (!qctl->command) {
		err_set(&err, RESULT_PERMANENT, "no such command: %s", argv[place]);
		return qctl_wrong(qctl, &err);
	}
	for (at = place; at > 1; at--)
		argv[at] = argv[at - 1]; /* the options in front move up over its name */
	tables[1] = qctl->command->options;
	tables[2] = qctl->command->selecting;
	if (arguments_parse(tables, argc - 2, argv + 2, &qctl->arguments, &err))
		return qctl_wrong(qctl, &err);
	read_common(qctl);
	return run(qctl);
}

/* What was written before may have failed, too: half a list is no list. */
static int end_output(int code)
{
	int is_lost = fflush(stdout) != 0, number = errno;

	if (!is_lost && !ferror(stdout))
		return code;
	fprintf(stderr, "qctl: not all of the output could be written%s%s\n", is_lost ? ": " : "",
	        is_lost ? strerror(number) : "");
	return EX_IOERR;
}

int qctl_main(int argc, char **argv)
{
	int place = command_place(argc, argv), code;
	struct qctl qctl = {0};

	signal(SIGPIPE, SIG_DFL);
	log_open("qctl", LOG_LEVEL_WARNING, 0);
	if (argc == 2 && !strcmp(argv[1], "--version"))
		return puts("qctl " LAZARET_VERSION) < 0 ? EX_IOERR : EX_OK;
	if (!place) {
		help_all();
		return !strcmp(argv[argc - 1], "--help") ? EX_OK : EX_USAGE;
	}
	code = start(&qctl, argc, argv, place);
	arguments_free(&qctl.arguments);
	if (qctl.quarantine)
		wire_socket_close(&qctl.quarantine);
	if (qctl.wire)
		wire_close(&qctl.wire);
	if (qctl.config)
		config_free(&qctl.config);
	return end_output(code);
}
