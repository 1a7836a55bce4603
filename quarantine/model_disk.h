/*
 * The statistical model on disk: an LMDB environment of its own beside the quarantine's, as its
 * pages are rewritten with every lesson. What a model is and how it learns is lib/model's.
 *
 *   facts    "facts" → the numbers for the whole
 *   chunks   number → MODEL_CHUNK records, and the generation in which they changed last
 *   seen     digest of a message → what it was learned as, and the steps that were taken
 *   order    number, one more with each message → its digest: the oldest are dropped beyond
 *            MODEL_SEEN_MOST, and are then unknown
 *   reports  day, whether it is a reporter or a report, and its digest → what is counted of the
 *            one, or became of the other; of the last REPORT_DAYS days
 *   kept     slot, those of spam behind those of ham → a digest and the features of a message that
 *            is to be rehearsed
 *
 * One process, one thread; results as quarantine/backend.h has them.
 */
#ifndef QUARANTINE_MODEL_DISK_H
#define QUARANTINE_MODEL_DISK_H

#include "lib/base/err.h"
#include "lib/model/model.h"
#include "lib/model/rehearse.h"

enum { MODEL_DIGEST = 16, MODEL_SEEN_MOST = 1 << 20, MODEL_MAP_BYTES = 1 << 30 };

/* For longer no MTA tries a mail again. */
enum { REPORT_DAYS = 10 };

enum model_report_kind { MODEL_REPORTER, MODEL_REPORT };

/* What became of a report, or how many a reporter has sent in a day. */
struct model_report {
	uint32_t fate; /* enum report_fate of quarantine/teach.c; of a reporter 0 */
	uint32_t count;
	uint32_t learned, corrected, already, contradicted;
};

struct model_disk;

/* What is kept of a message. */
struct model_seen {
	int is_spam;
	int is_reported; /* a user has said so, and no administrator */
	struct model_steps steps;
	int64_t time_ms;
};

enum model_disk_state {
	MODEL_DISK_GOOD,
	MODEL_DISK_DEAD,    /* takes nothing more until it is opened again */
	MODEL_DISK_DAMAGED, /* it failed as only what is damaged fails */
};

enum result model_disk_open(const char *path, struct model_disk **out, struct err *err);
/* Only to read, in a process of its own, while another one serves. RESULT_NONE: there is none. */
enum result model_disk_open_beside(const char *path, struct model_disk **out, struct err *err);
void model_disk_close(struct model_disk **disk);
enum model_disk_state model_disk_state(const struct model_disk *disk);

/* Takes what can't be opened out of the way of a new one, under the name damaged.mdb; what had that
 * name before is lost. */
enum result model_disk_set_aside(const char *path, struct err *err);

/* Reads all of it into the model, which is initialised, the rehearsal, which is empty, and the
 * generation of each chunk.
 * RESULT_NONE: there is none yet. RESULT_PERMANENT: it is damaged, or of another version. */
enum result model_disk_read(struct model_disk *disk, struct model *model,
        struct rehearsal *rehearsal, uint64_t generations[MODEL_CHUNKS], struct err *err);

/* The same model, as another one: who follows it takes all of it. */
enum result model_disk_renew(struct model_disk *disk, uint64_t epoch, struct err *err);

/* Writes all of one moment into the file, on disk when it returns, but for its name; while others
 * go on. */
enum result model_disk_copy(struct model_disk *disk, const char *file, struct err *err);

/* Looks whether what is known of messages fits together, and counts them. RESULT_PERMANENT, and err
 * says what doesn't. */
enum result model_disk_check(struct model_disk *disk, uint64_t *messages, struct err *err);

/* Everything from here on stands between begin and commit or abort. */
enum result model_disk_begin(struct model_disk *disk, struct err *err);
enum result model_disk_commit(struct model_disk *disk, struct err *err); /* ends it either way */
void model_disk_abort(struct model_disk *disk);

enum result model_disk_put_facts(
        struct model_disk *disk, const struct model_facts *facts, struct err *err);
enum result model_disk_put_chunk(struct model_disk *disk, const struct model *model,
        uint32_t number, uint64_t generation, struct err *err);

enum result model_disk_get_seen(struct model_disk *disk, const uint8_t digest[MODEL_DIGEST],
        struct model_seen *out, struct err *err);
enum result model_disk_put_seen(struct model_disk *disk, const uint8_t digest[MODEL_DIGEST],
        const struct model_seen *seen, struct err *err);
/* Adds to the steps of a message; RESULT_NONE: it is not known any more. */
enum result model_disk_add_steps(struct model_disk *disk, const uint8_t digest[MODEL_DIGEST],
        const struct model_steps *steps, struct err *err);
enum result model_disk_drop_seen(
        struct model_disk *disk, const uint8_t digest[MODEL_DIGEST], struct err *err);
/* An administrator has said the same. RESULT_NONE: it is not known. */
enum result model_disk_affirm_seen(
        struct model_disk *disk, const uint8_t digest[MODEL_DIGEST], struct err *err);

/* Of that day (since 1970, UTC). RESULT_NONE: there is none. */
enum result model_disk_get_report(struct model_disk *disk, enum model_report_kind kind, int64_t day,
        const uint8_t digest[MODEL_DIGEST], struct model_report *out, struct err *err);
enum result model_disk_put_report(struct model_disk *disk, enum model_report_kind kind, int64_t day,
        const uint8_t digest[MODEL_DIGEST], const struct model_report *report, struct err *err);
/* Some of what is older than REPORT_DAYS goes: more than is added between two calls. */
enum result model_disk_drop_reports(struct model_disk *disk, int64_t today, struct err *err);

/* All of them, and what is kept. */
enum result model_disk_clear_seen(struct model_disk *disk, struct err *err);

/* What is in that slot of the rehearsal now; beyond its last there is nothing. */
enum result model_disk_put_kept(struct model_disk *disk, const struct rehearsal *rehearsal,
        int is_spam, size_t slot, struct err *err);

#endif
