/*
 * The administrator's one tool. Each command is a row of the table in commands.c and a function in
 * a file of its own.
 */
#ifndef QCTL_QCTL_H
#define QCTL_QCTL_H

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/config/config.h"
#include "lib/wire/wire.h"
#include "qctl/arguments.h"

/* Beside sysexits: EX_USAGE, EX_TEMPFAIL where somebody doesn't answer, EX_CONFIG. */
enum {
	QCTL_OK = 0,
	QCTL_NO = 1,     /* the answer is no: no such item, a check that failed */
	QCTL_FAILED = 2, /* it was refused */
};

struct command;

struct qctl {
	const struct command *command;
	struct arguments arguments;
	const char *config_path;
	int json;
	struct config *config;          /* read when first asked for */
	struct wire *wire;              /* opened when first asked for */
	struct wire_socket *quarantine; /* likewise */
};

struct command {
	const char *name;
	const char *words; /* for the help, e.g. "ID…" */
	size_t least, most;
	const char *summary; /* one line */
	const char *details;
	const struct argument_option *options;   /* ends with an empty one */
	int (*run)(struct qctl *qctl);           /* gives the exit code */
	const struct argument_option *selecting; /* beside its own: selecting_options, or NULL */
};

extern const struct command commands[]; /* ends with an empty one */
extern const struct argument_option common_options[];
extern const struct argument_option selecting_options[]; /* of each command that chooses items */

int qctl_main(int argc, char **argv);

/* Says what went wrong and gives the exit code for it. */
int qctl_fail(enum result result, const struct err *err);
int qctl_wrong(const struct qctl *qctl, const struct err *err); /* wrong usage of its command */

/* The configuration; ends the process with EX_CONFIG and one clear line where it is wrong. */
const struct config *qctl_config(struct qctl *qctl);

/* Asks the quarantine. Free the answer with wire_message_free(). */
enum result qctl_ask(struct qctl *qctl, enum message_type type, const void *request,
        struct wire_message *answer, struct err *err);

/* The same with bytes behind it; `body` may be NULL, and is freed. */
enum result qctl_ask_with(struct qctl *qctl, enum message_type type, const void *request,
        struct wire_body *body, struct wire_message *answer, struct err *err);
/* The line to the quarantine, for who asks in another way; lent until the end. */
enum result qctl_quarantine(struct qctl *qctl, struct wire_socket **out, struct err *err);

/* Asks whoever is at `endpoint`. */
enum result qctl_ask_at(struct qctl *qctl, const char *endpoint, enum message_type type,
        const void *request, int timeout_ms, struct wire_message *answer, struct err *err);

/* The wire, for who asks in another way; lent until the end. */
enum result qctl_wire(struct qctl *qctl, struct wire **out, struct err *err);

/* Prints and empties it. */
void qctl_print(struct buf *text);

int command_list(struct qctl *qctl);
int command_show(struct qctl *qctl);
int command_preview(struct qctl *qctl);
int command_export(struct qctl *qctl);
int command_release(struct qctl *qctl);
int command_delete(struct qctl *qctl);
int command_hold(struct qctl *qctl);
int command_unhold(struct qctl *qctl);
int command_erase(struct qctl *qctl);
int command_rescan(struct qctl *qctl);
int command_notices(struct qctl *qctl);
int command_stats(struct qctl *qctl);
int command_reload(struct qctl *qctl);
int command_explain(struct qctl *qctl);
int command_rules(struct qctl *qctl);
int command_verify(struct qctl *qctl);
int command_backup(struct qctl *qctl);
int command_restore(struct qctl *qctl);
int command_audit(struct qctl *qctl);
int command_learn(struct qctl *qctl);
int command_model(struct qctl *qctl);
int command_check(struct qctl *qctl);
int command_keys(struct qctl *qctl);

#endif
