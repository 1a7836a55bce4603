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

/* Of what is there now. */
const struct model_facts *teach_facts(const struct teach *teach);

#endif
