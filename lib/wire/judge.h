/*
 * Asks the brokers what would become of messages that are in no delivery (dry runs,
 * docs/PROTOCOL.md section 5): what is kept is looked at again. Several at once, for programs
 * without a loop, or from a timer of one that has one.
 *
 * A question goes to the first broker; where that is not there, busy or silent, to the next one,
 * and round and round until its deadline. A broker that is asked again has the message or takes it
 * anew, so a question survives the end of any program but its own.
 */
#ifndef LIB_WIRE_JUDGE_H
#define LIB_WIRE_JUDGE_H

#include "lib/config/config.h"
#include "lib/wire/wire.h"

struct judge;

struct judgement {
	void *of;           /* as it was asked with */
	enum result result; /* RESULT_OK: the verdict is there. RESULT_TEMPORARY: nobody had one in
	                       time. RESULT_PERMANENT: this message gets none */
	Lz__Verdict *verdict; /* to be freed with message_free(); NULL */
	struct err err;
};

/* Connects to all of front->brokers, which need not be there yet. Lends both. Gives *out. */
enum result judge_open(
        struct wire *wire, const struct config_front *front, struct judge **out, struct err *err);
/* Whatever was asked and not given back is asked no more. */
void judge_close(struct judge **judge);

/* Takes the submission and the body. Its size is the body's; that it is a dry run, its id and its
 * deadline are set here. Several answers come in any order. */
void judge_ask(struct judge *judge, Lz__Submission **submission, struct wire_body *body,
        int64_t deadline_ms, void *of);

/* Asked and not given back yet. */
size_t judge_count(const struct judge *judge);

/* Gives one that is answered or given up. RESULT_NONE: there is none within so much time. */
enum result judge_wait(struct judge *judge, int64_t timeout_ms, struct judgement *out);

#endif
