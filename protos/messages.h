/*
 * Every message there is: its number on the wire, its name, its envelope, and whether a frame of
 * bytes follows. docs/PROTOCOL.md tells who sends which and when; a test checks that it names every
 * one.
 */
#ifndef PROTOS_MESSAGES_H
#define PROTOS_MESSAGES_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "protos/lazaret.pb-c.h"

enum { PROTOCOL_VERSION = 1 };

/* The bounds that senders keep to, as receivers refuse what is beyond. Texts that are taken from a
 * mail's content (names, subjects, findings' places) are for the scanner to cut. The other fields'
 * limits stand in the table of protos/check.c. */
enum {
	MESSAGE_ENVELOPE_MAX = 16 << 20, /* bytes of an envelope, packed */
	MESSAGE_RECIPIENTS_MAX = 10000,
	MESSAGE_LINE_MAX = 1024,        /* bytes of an address, a name, a reply's text */
	MESSAGE_MAIL_TEXT_MAX = 4096,   /* bytes of a text that a mail's content chose */
	MESSAGE_PARTS_MAX = 100000,     /* of a map */
	MESSAGE_EXAMPLES_MAX = 1000,    /* of one LEARN */
	MESSAGE_FEATURES_MAX = 1 << 15, /* of one of them */
	MESSAGE_REPORTED_MAX = 50,      /* examples of one report */
	MESSAGE_PREVIEW_LINES_MAX = 10000,
	MESSAGE_SMALL_MAX = 1 << 20, /* bytes of a message that does not wait for larger ones */
};

/*   NAME                  number  envelope type           pb-c function prefix        body */
#define MESSAGES(X)                                                                                \
	X(SUBMIT, 1, Lz__Submission, submission, 1)                                                \
	X(VERDICT, 2, Lz__Verdict, verdict, 0)                                                     \
	X(BUSY, 3, Lz__Busy, busy, 0)                                                              \
	X(READY, 4, Lz__Ready, ready, 0)                                                           \
	X(JOB, 5, Lz__Job, job, 1)                                                                 \
	X(DONE, 6, Lz__Done, done, 0)                                                              \
	X(FAILED, 7, Lz__Failed, failed, 0)                                                        \
	X(HEARTBEAT, 8, Lz__Heartbeat, heartbeat, 0)                                               \
	X(GOODBYE, 9, Lz__Goodbye, goodbye, 0)                                                     \
	X(BROKER_STATUS_REQUEST, 10, Lz__BrokerStatusRequest, broker_status_request, 0)            \
	X(BROKER_STATUS, 11, Lz__BrokerStatus, broker_status, 0)                                   \
	X(RELOAD, 12, Lz__Reload, reload, 0)                                                       \
	X(RELOADING, 13, Lz__Reloading, reloading, 0)                                              \
	X(STORE, 20, Lz__Store, store, 1)                                                          \
	X(STORED, 21, Lz__Stored, stored, 0)                                                       \
	X(CONFIRM, 22, Lz__Confirm, confirm, 0)                                                    \
	X(CONFIRMED, 23, Lz__Confirmed, confirmed, 0)                                              \
	X(LIST, 24, Lz__List, list, 0)                                                             \
	X(ITEMS, 25, Lz__Items, items, 0)                                                          \
	X(SHOW, 26, Lz__Show, show, 0)                                                             \
	X(SHOWN, 27, Lz__Shown, shown, 0)                                                          \
	X(FETCH, 28, Lz__Fetch, fetch, 0)                                                          \
	X(FETCHED, 29, Lz__Fetched, fetched, 1)                                                    \
	X(RELEASE, 30, Lz__Release, release, 0)                                                    \
	X(RELEASED, 31, Lz__Released, released, 0)                                                 \
	X(DELETE, 32, Lz__Delete, delete, 0)                                                       \
	X(DELETED, 33, Lz__Deleted, deleted, 0)                                                    \
	X(STATS_REQUEST, 34, Lz__StatsRequest, stats_request, 0)                                   \
	X(STATS, 35, Lz__Stats, stats, 0)                                                          \
	X(COUNT, 36, Lz__Count, count, 0)                                                          \
	X(COUNTED, 37, Lz__Counted, counted, 0)                                                    \
	X(TAKE, 38, Lz__Take, take, 0)                                                             \
	X(TAKEN, 39, Lz__Taken, taken, 0)                                                          \
	X(FINISH, 40, Lz__Finish, finish, 0)                                                       \
	X(FINISHED, 41, Lz__Finished, finished, 0)                                                 \
	X(ERROR, 42, Lz__Error, error, 0)                                                          \
	X(LIST_OUTBOX, 43, Lz__ListOutbox, list_outbox, 0)                                         \
	X(OUTBOX, 44, Lz__Outbox, outbox, 0)                                                       \
	X(LEARN, 90, Lz__Learn, learn, 0)                                                          \
	X(LEARNED, 91, Lz__Learned, learned, 0)                                                    \
	X(MODEL_FETCH, 92, Lz__ModelFetch, model_fetch, 0)                                         \
	X(MODEL_PIECE, 93, Lz__ModelPiece, model_piece, 1)                                         \
	X(MODEL_RESET, 94, Lz__ModelReset, model_reset, 0)                                         \
	X(MODEL_CHANGED, 95, Lz__ModelChanged, model_changed, 0)                                   \
	X(MODEL_LOAD, 96, Lz__ModelLoad, model_load, 1)                                            \
	X(MODEL_FIT, 97, Lz__ModelFit, model_fit, 0)                                               \
	X(SCAN_RESULT, 50, Lz__ScanResult, scan_result, 0)                                         \
	X(SCAN_ORDER, 51, Lz__ScanOrder, scan_order, 1)                                            \
	X(LIST_AUDIT, 52, Lz__ListAudit, list_audit, 0)                                            \
	X(AUDIT, 53, Lz__Audit, audit, 0)                                                          \
	X(NOTE, 54, Lz__Note, note, 0)                                                             \
	X(NOTED, 55, Lz__Noted, noted, 0)                                                          \
	X(HOLD, 60, Lz__Hold, hold, 0)                                                             \
	X(HELD, 61, Lz__Held, held, 0)                                                             \
	X(ERASE, 62, Lz__Erase, erase, 0)                                                          \
	X(ERASED, 63, Lz__Erased, erased, 0)                                                       \
	X(LIST_ERASURES, 64, Lz__ListErasures, list_erasures, 0)                                   \
	X(ERASURES, 65, Lz__Erasures, erasures, 0)                                                 \
	X(LIST_USAGE, 66, Lz__ListUsage, list_usage, 0)                                            \
	X(USAGE, 67, Lz__Usage, usage, 0)                                                          \
	X(PREVIEW, 70, Lz__Preview, preview, 0)                                                    \
	X(RELEASE_PART, 71, Lz__Release, release, 1)                                               \
	X(PASS_REQUEST, 72, Lz__PassRequest, pass_request, 0)                                      \
	X(PASS_GIVEN, 73, Lz__PassGiven, pass_given, 0)                                            \
	X(AMEND, 80, Lz__Amend, amend, 0)                                                          \
	X(AMENDED, 81, Lz__Amended, amended, 0)

enum message_type {
#define X(name, number, type, prefix, body) MESSAGE_##name = number,
	MESSAGES(X)
#undef X
};

/* What is known of one type; NULL for a number that no message has. */
struct message_info {
	enum message_type type;
	const char *name;
	const ProtobufCMessageDescriptor *descriptor;
	int has_body;
};

const struct message_info *message_info(unsigned type);

/*
 * Unpacks and checks an envelope: refuses malformed bytes, fields this version does not know, texts
 * that are not UTF-8 or hold control characters where they may not, too many or too long fields,
 * and values out of their range (protos/check.c has the limits, protos/sense.c what belongs
 * together). Gives the message on RESULT_OK; free with message_free(). Everything else is
 * RESULT_PERMANENT.
 *
 * `body_size` is what came behind it; of a MESSAGE_SCAN_RESULT, which never crosses the wire but
 * comes from a scanner, the size of the message that was scanned. It is not looked at for types
 * without a body. A hostile envelope costs at most some 16 times its size in memory.
 */
enum result message_unpack(enum message_type type, const void *bytes, size_t size, size_t body_size,
        ProtobufCMessage **out, struct err *err);

/* The same checks for a message that was built here, such as a submission with what the MTA said:
 * refused at once, it is an answer; refused by the next program, it is silence. */
enum result message_check(
        enum message_type type, const ProtobufCMessage *message, size_t body_size, struct err *err);

/*
 * What a verdict alone can't show: that it is this submission's, that each of its recipients is in
 * exactly one group, and that every edit lies inside the message. RESULT_OK or RESULT_PERMANENT.
 */
enum result verdict_fits(
        const Lz__Verdict *verdict, const Lz__Submission *submission, struct err *err);

void message_free(ProtobufCMessage *message); /* NULL is fine */

#endif
