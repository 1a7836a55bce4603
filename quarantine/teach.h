/*
 * The model and its lessons. It is held in memory and on disk; a lesson is one transaction there,
 * for the weights that it changed, the numbers for the whole and the digests of its messages, and
 * is answered when that is committed. Where it could not be, memory is read from disk again.
 *
 * Learning the same message twice is learning it once; learning it as the other kind takes back
 * what was learned first.
 */
#ifndef QUARANTINE_TEACH_H
#define QUARANTINE_TEACH_H

#include "lib/wire/wire.h"
#include "quarantine/requests.h"

struct teach;

/* Reads what is in the folder, or begins an empty model there. One that can't be read is logged,
 * and is no reason for the quarantine not to start: whoever asks for it gets the error, until it
 * can. */
struct teach *teach_open(const char *path);
void teach_close(struct teach **teach);

/* Is it a message about the model? */
int teach_answers(enum message_type type);

/* Fills *out on RESULT_OK. The message is lent. RESULT_UNSURE never comes: whoever hears that a
 * lesson failed may give it again. */
enum result teach_handle(struct teach *teach, const struct wire_message *message, int64_t now_ms,
        struct answer *out, struct err *err);

/*
 * Learns what a mail reports, `most` mails of one reporter in a day at most, and fills *out. The
 * same mail again finds what became of it, and so does one that is tried again after a crash. What
 * an administrator taught of a message holds against reports of it. RESULT_TEMPORARY: nothing is
 * learned, and may be when it is asked again; so it is where the features are of another model,
 * which its worker will hear of. RESULT_PERMANENT: never. The report is lent.
 */
enum result teach_report(struct teach *teach, const Lz__Report *report, const char *message_id,
        uint64_t most, int64_t now_ms, Lz__Reported *out, struct err *err);

/* Of what is there now. */
const struct model_facts *teach_facts(const struct teach *teach);

#endif
