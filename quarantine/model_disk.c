#include "quarantine/model_disk.h"

#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/base/file.h"
#include "lib/model/chunk.h"

enum { TABLES = 6, FORMAT = 1, REPORTS_DROPPED = 100, DISK_FULL_BYTES = 1 << 20 };

struct model_disk {
	MDB_env *env;
	unsigned mode; /* MDB_RDONLY, or 0 */
	MDB_txn *txn;  /* NULL: none is open */
	MDB_dbi facts, chunks, seen, order, kept, reports;
	enum model_disk_state state;
};

/* As they stand on disk, on this host. */
struct kept_facts {
	uint32_t format, features;
	struct model_facts facts;
};
struct kept_chunk {
	uint64_t generation;
	uint8_t records[CHUNK_RECORDS_BYTES];
};
struct kept_seen {
	uint64_t number; /* of its record in `order` */
	int64_t time_ms;
	struct model_steps steps;
	uint64_t is_spam; /* KEPT_SPAM, and KEPT_REPORTED */
};
enum { KEPT_SPAM = 1, KEPT_REPORTED = 2 };
struct kept_report_key {
	uint8_t day[8], kind, digest[MODEL_DIGEST]; /* the highest byte first: in order */
};

static enum result answer(int code, const char *what, struct err *err)
{
	switch (code) {
	case 0:
		return RESULT_OK;
	case MDB_NOTFOUND:
		return RESULT_NONE;
	case MDB_MAP_FULL:
	case ENOSPC:
	case EDQUOT:
	case MDB_READERS_FULL:
	case ENOMEM:
	case EAGAIN:
		return err_set(err, RESULT_TEMPORARY, "model: %s: %s", what, mdb_strerror(code));
	default:
		return err_set(err, RESULT_PERMANENT, "model: %s: %s", what, mdb_strerror(code));
	}
}

/* What can't be done for good is remembered. */
static enum result say(struct model_disk *disk, int code, const char *what, struct err *err)
{
	enum result result = answer(code, what, err);

	if (result == RESULT_PERMANENT && disk->state == MODEL_DISK_GOOD)
		disk->state =
		        code == MDB_PANIC || code == EIO ? MODEL_DISK_DEAD : MODEL_DISK_DAMAGED;
	return result;
}

enum model_disk_state model_disk_state(const struct model_disk *disk)
{
	return disk->state;
}

/* ---- opening ---- */

static enum result open_tables(struct model_disk *disk, struct err *err)
{
	unsigned make = disk->mode ? 0 : MDB_CREATE;
	MDB_txn *txn;
	int code = mdb_txn_begin(disk->env, NULL, disk->mode, &txn);

	if (code)
		return answer(code, "begin", err);
	code = mdb_dbi_open(txn, "facts", make, &disk->facts);
	if (!code)
		code = mdb_dbi_open(txn, "chunks", make | MDB_INTEGERKEY, &disk->chunks);
	if (!code)
		code = mdb_dbi_open(txn, "seen", make, &disk->seen);
	if (!code)
		code = mdb_dbi_open(txn, "order", make | MDB_INTEGERKEY, &disk->order);
	if (!code)
		code = mdb_dbi_open(txn, "kept", make | MDB_INTEGERKEY, &disk->kept);
	if (!code)
		code = mdb_dbi_open(txn, "reports", make, &disk->reports);
	/* A model that nobody has reported to since that is possible has none. */
	if (!code || (code == MDB_NOTFOUND && disk->kept && disk->mode))
		return answer(mdb_txn_commit(txn), "commit", err);
	mdb_txn_abort(txn);
	return answer(code, "open a table", err);
}

enum result model_disk_set_aside(const char *path, struct err *err)
{
	char *data = alloc_format("%s/data.mdb", path),
	     *aside = alloc_format("%s/damaged.mdb", path);
	enum result result = RESULT_OK;

	if (rename(data, aside) < 0 && errno != ENOENT)
		result = err_sys(err, RESULT_PERMANENT, "%s", data);
	free(data);
	free(aside);
	return result;
}

static enum result open_there(
        const char *path, unsigned mode, struct model_disk **out, struct err *err)
{
	struct model_disk *disk = alloc_zero(1, sizeof(*disk));
	enum result result;
	int code, dead;

	disk->mode = mode;
	code = mdb_env_create(&disk->env);
	if (!code)
		code = mdb_env_set_maxdbs(disk->env, TABLES);
	if (!code)
		code = mdb_env_set_mapsize(disk->env, MODEL_MAP_BYTES);
	if (!code)
		code = mdb_env_open(disk->env, path, mode, 0600);
	if (!code)
		code = mdb_reader_check(disk->env, &dead);
	result = answer(code, path, err);
	if (!result)
		result = open_tables(disk, err);
	if (result)
		model_disk_close(&disk);
	*out = disk;
	return result;
}

enum result model_disk_open(const char *path, struct model_disk **out, struct err *err)
{
	enum result result = file_make_folder(path, 0700, err);

	*out = NULL;
	return result ? result : open_there(path, 0, out, err);
}

enum result model_disk_open_beside(const char *path, struct model_disk **out, struct err *err)
{
	char *data = alloc_format("%s/data.mdb", path);
	int is_none = access(data, F_OK) < 0 && errno == ENOENT;
	enum result result;

	free(data);
	*out = NULL;
	if (is_none)
		return err_set(err, RESULT_NONE, "%s: no model", path);
	result = open_there(path, MDB_RDONLY, out, err);
	/* A table is missing: it is no model. */
	return result == RESULT_NONE
	               ? err_set(err, RESULT_PERMANENT, "model: %s: it is damaged", path)
	               : result;
}

void model_disk_close(struct model_disk **disk)
{
	if (!*disk)
		return;
	model_disk_abort(*disk);
	if ((*disk)->env)
		mdb_env_close((*disk)->env);
	free(*disk);
	*disk = NULL;
}

/* ---- transactions ---- */

enum result model_disk_begin(struct model_disk *disk, struct err *err)
{
	return say(disk, mdb_txn_begin(disk->env, NULL, disk->mode, &disk->txn), "begin", err);
}

static int is_full(const struct model_disk *disk)
{
	struct statvfs room;
	int fd;

	return !mdb_env_get_fd(disk->env, &fd) && !fstatvfs(fd, &room) &&
	       (uint64_t)room.f_bavail * room.f_frsize < DISK_FULL_BYTES;
}

enum result model_disk_commit(struct model_disk *disk, struct err *err)
{
	int code = mdb_txn_commit(disk->txn);

	disk->txn = NULL;
	/* So LMDB calls a write that was cut short. */
	if (code == EIO && is_full(disk))
		code = ENOSPC;
	return say(disk, code, "commit", err);
}

void model_disk_abort(struct model_disk *disk)
{
	if (disk->txn)
		mdb_txn_abort(disk->txn);
	disk->txn = NULL;
}

static int get(struct model_disk *disk, MDB_dbi table, const void *key, size_t key_size, void *out,
        size_t size)
{
	MDB_val name = {key_size, (void *)key}, value;
	int code = mdb_get(disk->txn, table, &name, &value);

	if (!code && value.mv_size != size)
		code = MDB_CORRUPTED;
	if (!code)
		memcpy(out, value.mv_data, size);
	return code;
}

static int put(struct model_disk *disk, MDB_dbi table, const void *key, size_t key_size,
        const void *bytes, size_t size)
{
	MDB_val name = {key_size, (void *)key}, value = {size, (void *)bytes};

	return mdb_put(disk->txn, table, &name, &value, 0);
}

static int drop(struct model_disk *disk, MDB_dbi table, const void *key, size_t key_size)
{
	MDB_val name = {key_size, (void *)key};

	return mdb_del(disk->txn, table, &name, NULL);
}

/* ---- the whole ---- */

static enum result read_facts(struct model_disk *disk, struct model_facts *out, struct err *err)
{
	struct kept_facts kept;
	enum result result =
	        say(disk, get(disk, disk->facts, "facts", 5, &kept, sizeof(kept)), "facts", err);

	if (result)
		return result;
	if (kept.format != FORMAT || kept.features != MODEL_FEATURES_VERSION)
		return err_set(err, RESULT_PERMANENT,
		        "the model is of another version (%u.%u, not %d.%d): qctl model reset",
		        kept.format, kept.features, FORMAT, MODEL_FEATURES_VERSION);
	*out = kept.facts;
	return RESULT_OK;
}

static enum result read_chunks(struct model_disk *disk, struct model *model,
        uint64_t generations[MODEL_CHUNKS], struct err *err)
{
	struct kept_chunk chunk;
	unsigned number;
	int code = 0;

	for (number = 0; number < MODEL_CHUNKS && !code; number++) {
		code = get(disk, disk->chunks, &number, sizeof(number), &chunk, sizeof(chunk));
		if (code == MDB_NOTFOUND) {
			code = 0;
			continue;
		}
		if (code)
			break;
		chunk_unpack(model, number, chunk.records);
		generations[number] = chunk.generation;
	}
	return say(disk, code, "chunks", err);
}

/* A record is a digest, how many features are words, and these. */
enum { KEPT_HEAD = MODEL_DIGEST + 4 };

static int read_kept(
        struct rehearsal *rehearsal, int is_spam, const MDB_val *value, struct model_features *room)
{
	const uint8_t *bytes = value->mv_data;
	uint32_t words;

	if (value->mv_size < KEPT_HEAD || (value->mv_size - KEPT_HEAD) % 4 ||
	        value->mv_size - KEPT_HEAD > MODEL_FEATURES_MAX * sizeof(uint32_t))
		return MDB_CORRUPTED;
	memcpy(&words, bytes + MODEL_DIGEST, sizeof(words));
	room->words = words;
	room->count = (value->mv_size - KEPT_HEAD) / 4;
	memcpy(room->list, bytes + KEPT_HEAD, value->mv_size - KEPT_HEAD);
	if (!model_features_are_sane(room))
		return MDB_CORRUPTED;
	return rehearse_put(rehearsal, is_spam, room, bytes) ? 0 : MDB_CORRUPTED;
}

/* A transaction that reads does not close its cursors. NULL: it was not opened. */
static void end_reading(MDB_cursor *cursor)
{
	if (cursor)
		mdb_cursor_close(cursor);
}

static enum result read_rehearsal(
        struct model_disk *disk, struct rehearsal *rehearsal, struct err *err)
{
	struct model_features room = {alloc(MODEL_FEATURES_MAX * sizeof(uint32_t)), 0, 0};
	MDB_val key, value;
	MDB_cursor *cursor = NULL;
	unsigned slot;
	int code = mdb_cursor_open(disk->txn, disk->kept, &cursor);

	while (!code && !(code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT))) {
		memcpy(&slot, key.mv_data, sizeof(slot));
		code = read_kept(rehearsal, slot >= REHEARSE_KEPT, &value, &room);
	}
	free(room.list);
	end_reading(cursor);
	return code == MDB_NOTFOUND ? RESULT_OK : say(disk, code, "kept", err);
}

enum result model_disk_put_kept(struct model_disk *disk, const struct rehearsal *rehearsal,
        int is_spam, size_t slot, struct err *err)
{
	const struct rehearse_kept *kept = &rehearsal->kept[is_spam != 0][slot];
	unsigned key = (unsigned)slot + (is_spam ? REHEARSE_KEPT : 0);
	uint32_t words = (uint32_t)kept->features.words;
	struct buf value = {0};
	int code;

	if (slot >= rehearsal->count[is_spam != 0]) {
		code = drop(disk, disk->kept, &key, sizeof(key));
		return code == MDB_NOTFOUND ? RESULT_OK : say(disk, code, "kept", err);
	}
	buf_add(&value, kept->digest, MODEL_DIGEST);
	buf_add(&value, &words, sizeof(words));
	buf_add(&value, kept->features.list, 4 * kept->features.count);
	code = put(disk, disk->kept, &key, sizeof(key), value.data, value.size);
	buf_fini(&value);
	return say(disk, code, "kept", err);
}

enum result model_disk_read(struct model_disk *disk, struct model *model,
        struct rehearsal *rehearsal, uint64_t generations[MODEL_CHUNKS], struct err *err)
{
	enum result result = model_disk_begin(disk, err);

	if (!result)
		result = read_facts(disk, &model->facts, err);
	if (!result)
		result = read_chunks(disk, model, generations, err);
	if (!result)
		result = read_rehearsal(disk, rehearsal, err);
	model_disk_abort(disk);
	return result;
}

enum result model_disk_put_facts(
        struct model_disk *disk, const struct model_facts *facts, struct err *err)
{
	struct kept_facts kept = {FORMAT, MODEL_FEATURES_VERSION, *facts};

	return say(disk, put(disk, disk->facts, "facts", 5, &kept, sizeof(kept)), "facts", err);
}

enum result model_disk_put_chunk(struct model_disk *disk, const struct model *model,
        uint32_t number, uint64_t generation, struct err *err)
{
	struct kept_chunk chunk = {.generation = generation};
	unsigned key = number;

	chunk_pack(model, number, chunk.records);
	return say(disk, put(disk, disk->chunks, &key, sizeof(key), &chunk, sizeof(chunk)),
	        "chunks", err);
}

/* ---- messages ---- */

enum result model_disk_get_seen(struct model_disk *disk, const uint8_t digest[MODEL_DIGEST],
        struct model_seen *out, struct err *err)
{
	struct kept_seen kept;
	enum result result = say(disk,
	        get(disk, disk->seen, digest, MODEL_DIGEST, &kept, sizeof(kept)), "seen", err);

	if (!result)
		*out = (struct model_seen){.is_spam = (kept.is_spam & KEPT_SPAM) != 0,
		        .is_reported = (kept.is_spam & KEPT_REPORTED) != 0,
		        .steps = kept.steps,
		        .time_ms = kept.time_ms};
	return result;
}

enum result model_disk_affirm_seen(
        struct model_disk *disk, const uint8_t digest[MODEL_DIGEST], struct err *err)
{
	struct kept_seen kept;
	int code = get(disk, disk->seen, digest, MODEL_DIGEST, &kept, sizeof(kept));

	if (!code) {
		kept.is_spam &= KEPT_SPAM;
		code = put(disk, disk->seen, digest, MODEL_DIGEST, &kept, sizeof(kept));
	}
	return answer(code, "seen", err);
}

/* The first or the last record of the table that numbers them; 0: there is none. */
static size_t number_at(struct model_disk *disk, MDB_cursor_op where, uint8_t digest[MODEL_DIGEST])
{
	MDB_val key, value;
	MDB_cursor *cursor;
	size_t number = 0;

	if (mdb_cursor_open(disk->txn, disk->order, &cursor))
		return 0;
	if (!mdb_cursor_get(cursor, &key, &value, where) && value.mv_size == MODEL_DIGEST) {
		memcpy(&number, key.mv_data, sizeof(number));
		memcpy(digest, value.mv_data, MODEL_DIGEST);
	}
	mdb_cursor_close(cursor);
	return number;
}

/* A message that was learned anew since has a later number, and stays. */
static int forget_oldest(struct model_disk *disk)
{
	uint8_t digest[MODEL_DIGEST];
	struct kept_seen kept;
	size_t number = number_at(disk, MDB_FIRST, digest);
	int code = get(disk, disk->seen, digest, MODEL_DIGEST, &kept, sizeof(kept));

	if (!code && kept.number == number)
		code = drop(disk, disk->seen, digest, MODEL_DIGEST);
	if (code && code != MDB_NOTFOUND)
		return code;
	return drop(disk, disk->order, &number, sizeof(number));
}

enum result model_disk_put_seen(struct model_disk *disk, const uint8_t digest[MODEL_DIGEST],
        const struct model_seen *seen, struct err *err)
{
	uint8_t last[MODEL_DIGEST];
	size_t number = number_at(disk, MDB_LAST, last) + 1;
	struct kept_seen kept = {number, seen->time_ms, seen->steps,
	        (seen->is_spam ? KEPT_SPAM : 0U) | (seen->is_reported ? KEPT_REPORTED : 0U)};
	MDB_stat stat;
	int code = put(disk, disk->seen, digest, MODEL_DIGEST, &kept, sizeof(kept));

	if (!code)
		code = put(disk, disk->order, &number, sizeof(number), digest, MODEL_DIGEST);
	if (!code)
		code = mdb_stat(disk->txn, disk->order, &stat);
	if (!code && stat.ms_entries > MODEL_SEEN_MOST)
		code = forget_oldest(disk);
	return say(disk, code, "seen", err);
}

enum result model_disk_add_steps(struct model_disk *disk, const uint8_t digest[MODEL_DIGEST],
        const struct model_steps *steps, struct err *err)
{
	struct kept_seen kept;
	int code = get(disk, disk->seen, digest, MODEL_DIGEST, &kept, sizeof(kept)), at;

	if (code)
		return say(disk, code, "seen", err);
	for (at = 0; at < MODEL_GROUPS; at++)
		kept.steps.of[at] += steps->of[at];
	return say(disk, put(disk, disk->seen, digest, MODEL_DIGEST, &kept, sizeof(kept)), "seen",
	        err);
}

enum result model_disk_drop_seen(
        struct model_disk *disk, const uint8_t digest[MODEL_DIGEST], struct err *err)
{
	return say(disk, drop(disk, disk->seen, digest, MODEL_DIGEST), "seen", err);
}

/* ---- reports ---- */

static void report_key(struct kept_report_key *key, int kind, int64_t day, const uint8_t *digest)
{
	size_t at;

	*key = (struct kept_report_key){.kind = (uint8_t)kind};
	for (at = 0; at < sizeof(key->day); at++)
		key->day[at] = (uint8_t)((uint64_t)day >> 8 * (sizeof(key->day) - 1 - at));
	if (digest)
		memcpy(key->digest, digest, MODEL_DIGEST);
}

enum result model_disk_get_report(struct model_disk *disk, enum model_report_kind kind, int64_t day,
        const uint8_t digest[MODEL_DIGEST], struct model_report *out, struct err *err)
{
	struct kept_report_key key;

	report_key(&key, (int)kind, day, digest);
	return say(disk, get(disk, disk->reports, &key, sizeof(key), out, sizeof(*out)), "reports",
	        err);
}

enum result model_disk_put_report(struct model_disk *disk, enum model_report_kind kind, int64_t day,
        const uint8_t digest[MODEL_DIGEST], const struct model_report *report, struct err *err)
{
	struct kept_report_key key;

	report_key(&key, (int)kind, day, digest);
	return say(disk, put(disk, disk->reports, &key, sizeof(key), report, sizeof(*report)),
	        "reports", err);
}

enum result model_disk_drop_reports(struct model_disk *disk, int64_t today, struct err *err)
{
	struct kept_report_key first;
	MDB_val key, value;
	MDB_cursor *cursor;
	int code = mdb_cursor_open(disk->txn, disk->reports, &cursor), dropped = 0;

	if (code)
		return say(disk, code, "reports", err);
	report_key(&first, 0, today > REPORT_DAYS ? today - REPORT_DAYS : 0, NULL);
	while (!code && dropped++ < REPORTS_DROPPED) {
		code = mdb_cursor_get(cursor, &key, &value, MDB_FIRST);
		if (!code && key.mv_size == sizeof(first) &&
		        memcmp(key.mv_data, &first, sizeof(first)) >= 0)
			break;
		if (!code)
			code = mdb_cursor_del(cursor, 0);
	}
	mdb_cursor_close(cursor);
	return code == MDB_NOTFOUND ? RESULT_OK : say(disk, code, "reports", err);
}

enum result model_disk_clear_seen(struct model_disk *disk, struct err *err)
{
	int code = mdb_drop(disk->txn, disk->seen, 0);

	if (!code)
		code = mdb_drop(disk->txn, disk->order, 0);
	if (!code)
		code = mdb_drop(disk->txn, disk->kept, 0);
	return say(disk, code, "seen", err);
}

/* ---- copies ---- */

enum result model_disk_renew(struct model_disk *disk, uint64_t epoch, struct err *err)
{
	enum result result = model_disk_begin(disk, err);
	struct model_facts facts;

	if (result)
		return result;
	result = read_facts(disk, &facts, err);
	if (!result) {
		facts.epoch = epoch;
		facts.generation++;
		result = model_disk_put_facts(disk, &facts, err);
	}
	if (!result)
		return model_disk_commit(disk, err);
	model_disk_abort(disk);
	return result;
}

enum result model_disk_copy(struct model_disk *disk, const char *file, struct err *err)
{
	int fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	enum result result;

	if (fd < 0)
		return err_sys(err, RESULT_PERMANENT, "%s", file);
	result = answer(mdb_env_copyfd2(disk->env, fd, MDB_CP_COMPACT), file, err);
	if (!result && fsync(fd) < 0)
		result = err_sys(err, RESULT_TEMPORARY, "%s", file);
	close(fd);
	if (result)
		unlink(file);
	return result;
}

/* Its number leads back to it. */
static int check_one(struct model_disk *disk, const MDB_val *key, const MDB_val *value)
{
	uint8_t digest[MODEL_DIGEST];
	struct kept_seen kept;
	size_t number;
	int code;

	if (key->mv_size != MODEL_DIGEST || value->mv_size != sizeof(kept))
		return MDB_CORRUPTED;
	memcpy(&kept, value->mv_data, sizeof(kept));
	number = kept.number;
	code = get(disk, disk->order, &number, sizeof(number), digest, sizeof(digest));
	if (code && code != MDB_NOTFOUND)
		return code;
	return code || memcmp(digest, key->mv_data, MODEL_DIGEST) != 0 ? MDB_CORRUPTED : 0;
}

enum result model_disk_check(struct model_disk *disk, uint64_t *messages, struct err *err)
{
	enum result result = model_disk_begin(disk, err);
	MDB_val key, value;
	MDB_cursor *cursor = NULL;
	int code;

	*messages = 0;
	if (result)
		return result;
	code = mdb_cursor_open(disk->txn, disk->seen, &cursor);
	while (!code && !(code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT))) {
		code = check_one(disk, &key, &value);
		*messages += 1;
	}
	end_reading(cursor);
	if (code != MDB_NOTFOUND)
		result = answer(code, "seen", err);
	model_disk_abort(disk);
	return result;
}
