/*
 * Follows the model that the quarantine keeps: asks every spam.model.poll whether it has changed,
 * fetches what has, and hands the whole on. A quarantine that does not answer leaves the model that
 * is here in its place; before the first answer there is none.
 */
#ifndef WORKERS_QWORKER_FOLLOW_H
#define WORKERS_QWORKER_FOLLOW_H

#include "lib/config/config.h"
#include "lib/model/model.h"
#include "lib/wire/loop.h"

struct follow;

/* Called with each new state of it, lent. */
typedef void follow_changed(void *context, const struct model *model);

enum result follow_open(const struct config *config, struct wire *wire, struct loop *loop,
        follow_changed *changed, void *context, struct follow **out, struct err *err);
void follow_close(struct follow **follow);

/* The numbers of the one that is here. */
const struct model_facts *follow_facts(const struct follow *follow);

#endif
