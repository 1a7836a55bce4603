/*
 * The statistical model on disk: an LMDB environment of its own beside the quarantine's, as its
 * pages are rewritten with every lesson. What a model is and how it learns is lib/model's.
 *
 *   facts    "facts" → the numbers for the whole
 *   chunks   number → MODEL_CHUNK records, and the generation in which they changed last
 *   seen     digest of a message → what it was learned as, and the steps that were taken
 *   order    number, one more with each message → its digest: the oldest are dropped beyond
 *            MODEL_SEEN_MOST, and are then unknown
 *
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

struct model_disk;

/* What is kept of a message. */
struct model_seen {
	int is_spam;
	struct model_steps steps;
	int64_t time_ms;
};

enum model_disk_state {
	MODEL_DISK_GOOD,
	MODEL_DISK_DEAD,    /* takes nothing more until it is opened again */
	MODEL_DISK_DAMAGED, /* it failed as only what is damaged fails */
};

enum result model_disk_open(const char *path, struct model_disk **out, struct err *err);
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
/* All of them, and what is kept. */
enum result model_disk_clear_seen(struct model_disk *disk, struct err *err);

/* What is in that slot of the rehearsal now; beyond its last there is nothing. */
enum result model_disk_put_kept(struct model_disk *disk, const struct rehearsal *rehearsal,
        int is_spam, size_t slot, struct err *err);

#endif
