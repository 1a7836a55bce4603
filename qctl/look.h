/*
 * Has the brokers look again at what is kept of an item: its bytes are fetched and asked about in
 * its own envelope (lib/wire/judge.h). Nothing is altered.
 */
#ifndef QCTL_LOOK_H
#define QCTL_LOOK_H

#include "lib/wire/judge.h"
#include "qctl/qctl.h"

/* Of one part, or of the whole (0). The judgement has `of`. RESULT_NONE: it is gone. */
enum result look_ask(struct qctl *qctl, struct judge *judge, const Lz__Item *item, uint32_t part,
        void *of, struct err *err);

/* Of all that is kept: the whole where that is, else each part. Counts what was asked in
 * *questions, also where it fails on the way. */
enum result look_ask_all(struct qctl *qctl, struct judge *judge, const Lz__Item *item, void *of,
        size_t *questions, struct err *err);

/* Does anybody look at mail, and with which signatures? Waits for `wait_ms` at most; nothing else
 * may be asked of the judge meanwhile. Gives *engine, to be freed. */
enum result look_engine(
        struct qctl *qctl, struct judge *judge, int64_t wait_ms, char **engine, struct err *err);

#endif
