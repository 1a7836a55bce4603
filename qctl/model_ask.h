/*
 * Asking the quarantine for the statistical model.
 */
#ifndef QCTL_MODEL_ASK_H
#define QCTL_MODEL_ASK_H

#include "lib/model/model.h"
#include "qctl/qctl.h"

/* What is told of it beside its records; free with wire_message_free(). The state is there. */
enum result model_ask_state(struct qctl *qctl, struct wire_message *answer,
        const Lz__ModelState **state, struct err *err);

/* All of it; to be ended with model_fini(). */
enum result model_ask(struct qctl *qctl, struct model *out, struct err *err);

/* In memory, as a file for a program that we become; -1: there is none to be had. */
int model_lend(struct qctl *qctl);

#endif
