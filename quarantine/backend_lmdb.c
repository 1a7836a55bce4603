/*
 * LMDB. The one file that includes its header.
 *
 * Default flags only: NOSYNC and MAPASYNC lose commits, WRITEMAP lets a stray pointer write into
 * the file, NOMETASYNC may lose the last transaction. One process, one thread: a transaction
 * belongs to the thread that began it, and a thread has one.
 */
#include "quarantine/backend.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/base/file.h"
#include "quarantine/copies.h"

enum { DISK_FULL_BYTES = 1 << 20 };

/* LMDB's own list of free pages has this number, so no table of ours ever does. */
enum { ABSENT = 0 };

struct lmdb_backend {
	struct backend base;
	MDB_env *env;
	MDB_dbi tables[TABLE_COUNT]; /* ABSENT where a copy from before does not have it */
	uint64_t page_bytes;
	int lock;            /* descriptor of the file that keeps a second process out */
	int busy;            /* a transaction is open */
	uint64_t free_pages; /* when the last write began */
};

struct lmdb_txn {
	struct backend_txn base;
	MDB_txn *txn;
	int reads;
	MDB_cursor *cursors[TABLE_COUNT]; /* opened when first stepped through */
};

static struct lmdb_backend *lmdb_of(struct backend *backend)
{
	return (struct lmdb_backend *)backend;
}

static struct lmdb_txn *txn_of(struct backend_txn *txn)
{
	return (struct lmdb_txn *)txn;
}

/* What LMDB's codes mean for mail. */
static enum result answer(int code, const char *what, struct err *err)
{
	switch (code) {
	case 0:
		return RESULT_OK;
	case MDB_NOTFOUND:
		return RESULT_NONE;
	case MDB_MAP_FULL:
		return err_set(err, RESULT_TEMPORARY, "quarantine is full");
	case MDB_TXN_FULL:
		return err_set(err, RESULT_TEMPORARY, "too much for one transaction");
	case ENOSPC:
	case EDQUOT:
		return err_set(err, RESULT_TEMPORARY, "no space on the quarantine's disk");
	case MDB_PANIC:
		return err_set(err, RESULT_UNSURE, "%s: a root could not be written", what);
	case MDB_READERS_FULL:
	case ENOMEM:
	case EAGAIN:
		return err_set(err, RESULT_TEMPORARY, "%s: %s", what, mdb_strerror(code));
	default:
		return err_set(err, RESULT_PERMANENT, "%s: %s", what, mdb_strerror(code));
	}
}

/* ---- opening ---- */

/* LMDB's locks and its shared map do not work over a network. */
static enum result refuse_network(const char *path, struct err *err)
{
	enum { NFS = 0x6969, SMB = 0x517b, SMB2 = (int)0xfe534d42, CIFS = (int)0xff534d42 };
	struct statfs fs;

	if (statfs(path, &fs) < 0)
		return err_sys(err, RESULT_PERMANENT, "%s", path);
	switch ((int)fs.f_type) {
	case NFS:
	case SMB:
	case SMB2:
	case CIFS:
		return err_set(err, RESULT_PERMANENT,
		        "%s is on a network file system: the quarantine needs a local one", path);
	default:
		return RESULT_OK;
	}
}

/*
 * A lock of our own, on a file of our own: LMDB allows several processes, we do not, and opening
 * and closing its files a second time would drop the locks it holds.
 */
static enum result take_lock(const char *path, int *lock, struct err *err)
{
	char *name = alloc_format("%s/qstore.lock", path);
	char holder[16] = "";
	enum result result = RESULT_OK;
	int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0) {
		result = err_sys(err, RESULT_PERMANENT, "%s", name);
	} else if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (read(fd, holder, sizeof(holder) - 1) < 0)
			holder[0] = '\0';
		result = err_set(err, RESULT_PERMANENT,
		        "%s: another qstore (pid %d) has this quarantine open", path, atoi(holder));
		close(fd);
	} else {
		if (ftruncate(fd, 0) < 0 || dprintf(fd, "%d\n", (int)getpid()) < 0)
			result = err_sys(err, RESULT_PERMANENT, "%s", name);
		*lock = fd;
	}
	free(name);
	return result;
}

/* What may only be read can't get a table that came with a later version: it is an empty one. */
static int open_table(MDB_txn *txn, const char *name, int beside, MDB_dbi *table)
{
	int code = mdb_dbi_open(txn, name, beside ? 0 : MDB_CREATE, table);

	if (code != MDB_NOTFOUND || !beside)
		return code;
	*table = ABSENT;
	return 0;
}

static enum result open_tables(
        struct lmdb_backend *lmdb, const struct backend_options *options, struct err *err)
{
	static const char *const names[] = {
#define X(name, text) text,
	        BACKEND_TABLES(X)
#undef X
	};
	MDB_txn *txn;
	int code = mdb_txn_begin(lmdb->env, NULL, options->beside ? MDB_RDONLY : 0, &txn), at;

	if (code)
		return answer(code, "begin", err);
	for (at = 0; at < TABLE_COUNT && !code; at++)
		code = open_table(txn, names[at], options->beside, &lmdb->tables[at]);
	if (code) {
		mdb_txn_abort(txn);
		return answer(code, names[at - 1], err);
	}
	return answer(mdb_txn_commit(txn), "commit", err);
}

static enum result open_env(
        struct lmdb_backend *lmdb, const struct backend_options *options, struct err *err)
{
	long page = sysconf(_SC_PAGESIZE);
	int code = mdb_env_create(&lmdb->env), dead;
	MDB_stat stat;

	if (code)
		return answer(code, "create", err);
	code = mdb_env_set_maxdbs(lmdb->env, TABLE_COUNT);
	if (!code)
		code = mdb_env_set_mapsize(lmdb->env, options->size / (size_t)page * (size_t)page);
	if (!code)
		code = mdb_env_open(
		        lmdb->env, options->path, options->beside ? MDB_RDONLY : 0, 0600);
	if (!code)
		code = mdb_reader_check(lmdb->env, &dead);
	if (!code)
		code = mdb_env_stat(lmdb->env, &stat);
	if (code)
		return answer(code, options->path, err);
	lmdb->page_bytes = stat.ms_psize;
	return open_tables(lmdb, options, err);
}

static const char data_name[] = "data.mdb", lock_name[] = "lock.mdb";

static enum result open_fresh(
        const struct backend_options *options, const char *folder, struct err *err)
{
	struct lmdb_backend lmdb = {.lock = -1};
	struct backend_options fresh = *options;
	enum result result;

	fresh.path = folder;
	result = open_env(&lmdb, &fresh, err);
	if (lmdb.env)
		mdb_env_close(lmdb.env);
	return result;
}

/*
 * LMDB refuses a file of which only a part of the first two pages is there, as a crash just behind
 * its first write leaves it. So a new database is made beside, and gets its name when it is whole.
 */
static enum result create(const struct backend_options *options, struct err *err)
{
	char *folder = alloc_format("%s/fresh", options->path),
	     *fresh = alloc_format("%s/%s", folder, data_name),
	     *lock = alloc_format("%s/%s", folder, lock_name),
	     *data = alloc_format("%s/%s", options->path, data_name);
	enum result result = RESULT_OK;

	if (access(data, F_OK) < 0) {
		result = file_make_folder(folder, 0700, err);
		unlink(fresh); /* of a former try that did not end */
		if (!result)
			result = open_fresh(options, folder, err);
		if (!result && rename(fresh, data) < 0)
			result = err_sys(err, RESULT_PERMANENT, "%s", data);
		unlink(lock);
		rmdir(folder);
		if (!result)
			result = copies_sync_names(options->path, err);
	}
	free(folder);
	free(fresh);
	free(lock);
	free(data);
	return result;
}

static void lmdb_close(struct backend **backend)
{
	struct lmdb_backend *lmdb;

	if (!*backend)
		return;
	lmdb = lmdb_of(*backend);
	assert(!lmdb->busy);
	if (lmdb->env)
		mdb_env_close(lmdb->env);
	if (lmdb->lock >= 0)
		close(lmdb->lock);
	free(lmdb);
	*backend = NULL;
}

static enum result lmdb_open(
        const struct backend_options *options, struct backend **out, struct err *err)
{
	struct lmdb_backend *lmdb = alloc_zero(1, sizeof(*lmdb));
	struct backend *backend = &lmdb->base;
	enum result result =
	        options->beside ? RESULT_OK : file_make_folder(options->path, 0700, err);

	backend->engine = &backend_lmdb;
	lmdb->lock = -1;
	if (!result)
		result = refuse_network(options->path, err);
	if (!result && !options->beside)
		result = take_lock(options->path, &lmdb->lock, err);
	if (!result && !options->beside)
		result = create(options, err);
	if (!result)
		result = open_env(lmdb, options, err);
	if (result) {
		lmdb_close(&backend);
		return result;
	}
	*out = backend;
	return RESULT_OK;
}

/* A reader that died with a transaction open pins every page that was freed since. */
static unsigned lmdb_upkeep(struct backend *backend)
{
	int dead = 0;

	if (mdb_reader_check(lmdb_of(backend)->env, &dead))
		return 0;
	return (unsigned)dead;
}

/* ---- transactions ---- */

/* Pages that deletes have freed: LMDB lists them in its table 0, how many first in each record. */
static int count_free(MDB_txn *txn, uint64_t *pages)
{
	enum { FREE_TABLE = 0 };
	MDB_cursor *cursor;
	MDB_val key, value;
	size_t count;
	int code = mdb_cursor_open(txn, FREE_TABLE, &cursor);

	if (code)
		return code;
	*pages = 0;
	while (!(code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT))) {
		memcpy(&count, value.mv_data, sizeof(count));
		*pages += count;
	}
	mdb_cursor_close(cursor);
	return code == MDB_NOTFOUND ? 0 : code;
}

/* LMDB shows its free list to readers only, so a writer's is counted just before it begins. */
static int count_before_write(struct lmdb_backend *lmdb)
{
	MDB_txn *txn;
	int code = mdb_txn_begin(lmdb->env, NULL, MDB_RDONLY, &txn);

	if (code)
		return code;
	code = count_free(txn, &lmdb->free_pages);
	mdb_txn_abort(txn);
	return code;
}

static enum result lmdb_begin(
        struct backend *backend, enum backend_mode mode, struct backend_txn **out, struct err *err)
{
	struct lmdb_backend *lmdb = lmdb_of(backend);
	struct lmdb_txn *txn = alloc_zero(1, sizeof(*txn));
	int code = 0;

	assert(!lmdb->busy);
	if (mode == BACKEND_WRITE)
		code = count_before_write(lmdb);
	if (!code)
		code = mdb_txn_begin(
		        lmdb->env, NULL, mode == BACKEND_READ ? MDB_RDONLY : 0, &txn->txn);
	if (code) {
		free(txn);
		return answer(code, "begin a transaction", err);
	}
	txn->base.backend = backend;
	txn->reads = mode == BACKEND_READ;
	lmdb->busy = 1;
	*out = &txn->base;
	return RESULT_OK;
}

/* Cursors of a write transaction must be closed before it ends. */
static MDB_txn *end(struct backend_txn **txn)
{
	struct lmdb_txn *ours = txn_of(*txn);
	MDB_txn *inner = ours->txn;
	int at;

	for (at = 0; at < TABLE_COUNT; at++)
		if (ours->cursors[at])
			mdb_cursor_close(ours->cursors[at]);
	lmdb_of((*txn)->backend)->busy = 0;
	free(ours);
	*txn = NULL;
	return inner;
}

/* What the disk has left for us; where nobody can say, it has enough. */
static uint64_t disk_room(struct lmdb_backend *lmdb)
{
	struct statvfs disk;
	int fd;

	if (mdb_env_get_fd(lmdb->env, &fd) || fstatvfs(fd, &disk) < 0)
		return UINT64_MAX;
	return (uint64_t)disk.f_bavail * disk.f_frsize;
}

/* Whether the environment still takes transactions: not where the root could not be written. */
static int is_alive(struct backend *backend)
{
	MDB_txn *txn;
	int code = mdb_txn_begin(lmdb_of(backend)->env, NULL, 0, &txn);

	if (!code)
		mdb_txn_abort(txn);
	return !code;
}

/* After a failed fsync the kernel may have dropped the pages: only looking again tells. */
static enum result lmdb_commit(struct backend_txn **txn, struct err *err)
{
	struct backend *backend = (*txn)->backend;
	int code = mdb_txn_commit(end(txn));
	enum result result;

	/* So LMDB calls a write that was cut short. */
	if (code == EIO && disk_room(lmdb_of(backend)) < DISK_FULL_BYTES)
		code = ENOSPC;
	result = answer(code, "commit", err);
	if (result == RESULT_PERMANENT || (result == RESULT_TEMPORARY && !is_alive(backend)))
		return RESULT_UNSURE;
	return result;
}

static void lmdb_abort(struct backend_txn **txn)
{
	if (*txn)
		mdb_txn_abort(end(txn));
}

/* ---- records ---- */

static MDB_val key_value(const struct backend_key *key)
{
	assert(key->size && key->size <= BACKEND_KEY_MAX);
	return (MDB_val){.mv_size = key->size, .mv_data = (void *)key->bytes};
}

static enum result lmdb_get(struct backend_txn *txn, enum backend_table table,
        const struct backend_key *key, struct buf *out, struct err *err)
{
	MDB_dbi dbi = lmdb_of(txn->backend)->tables[table];
	MDB_val name = key_value(key), value;
	int code = dbi == ABSENT ? MDB_NOTFOUND : mdb_get(txn_of(txn)->txn, dbi, &name, &value);

	buf_clear(out);
	if (code)
		return answer(code, "get", err);
	buf_add(out, value.mv_data, value.mv_size);
	return RESULT_OK;
}

static enum result lmdb_put(struct backend_txn *txn, enum backend_table table,
        const struct backend_key *key, const void *value, size_t size, struct err *err)
{
	MDB_val name = key_value(key), data = {.mv_size = size, .mv_data = (void *)value};

	return answer(
	        mdb_put(txn_of(txn)->txn, lmdb_of(txn->backend)->tables[table], &name, &data, 0),
	        "put", err);
}

static enum result lmdb_drop(struct backend_txn *txn, enum backend_table table,
        const struct backend_key *key, struct err *err)
{
	MDB_val name = key_value(key);

	return answer(mdb_del(txn_of(txn)->txn, lmdb_of(txn->backend)->tables[table], &name, NULL),
	        "delete", err);
}

static int seek(MDB_cursor *cursor, enum backend_step step, const struct backend_key *from,
        MDB_val *key, MDB_val *value)
{
	int code;

	*key = key_value(from);
	code = mdb_cursor_get(cursor, key, value, MDB_SET_RANGE);
	if (step == BACKEND_BEFORE)
		return mdb_cursor_get(cursor, key, value, code ? MDB_LAST : MDB_PREV);
	if (code || step == BACKEND_AT_LEAST)
		return code;
	if (key->mv_size == from->size && !memcmp(key->mv_data, from->bytes, from->size))
		return mdb_cursor_get(cursor, key, value, MDB_NEXT);
	return code;
}

static enum result lmdb_step(struct backend_txn *txn, enum backend_table table,
        enum backend_step step, struct backend_key *key, struct buf *value, struct err *err)
{
	struct lmdb_txn *ours = txn_of(txn);
	MDB_dbi dbi = lmdb_of(txn->backend)->tables[table];
	MDB_cursor **cursor = &ours->cursors[table];
	MDB_val name, data;
	int code = 0;

	if (dbi == ABSENT)
		return RESULT_NONE;
	if (!*cursor)
		code = mdb_cursor_open(ours->txn, dbi, cursor);
	if (!code)
		code = seek(*cursor, step, key, &name, &data);
	if (code)
		return answer(code, "step", err);
	assert(name.mv_size <= BACKEND_KEY_MAX);
	key->size = name.mv_size;
	memcpy(key->bytes, name.mv_data, name.mv_size);
	if (value) {
		buf_clear(value);
		buf_add(value, data.mv_data, data.mv_size);
	}
	return RESULT_OK;
}

static enum result lmdb_count(
        struct backend_txn *txn, enum backend_table table, uint64_t *entries, struct err *err)
{
	MDB_dbi dbi = lmdb_of(txn->backend)->tables[table];
	MDB_stat stat = {0};
	int code = dbi == ABSENT ? 0 : mdb_stat(txn_of(txn)->txn, dbi, &stat);

	*entries = stat.ms_entries;
	return answer(code, "count", err);
}

/* ---- space ---- */

/* The map may be larger than its disk, and others fill that, too. */
static enum result lmdb_space(struct backend_txn *txn, struct backend_space *out, struct err *err)
{
	struct lmdb_backend *lmdb = lmdb_of(txn->backend);
	MDB_envinfo info;
	uint64_t free_pages = lmdb->free_pages, pages, disk_bytes;
	int code = mdb_env_info(lmdb->env, &info);

	if (!code && txn_of(txn)->reads)
		code = count_free(txn_of(txn)->txn, &free_pages);
	if (code)
		return answer(code, "look at the space", err);
	pages = (uint64_t)info.me_last_pgno + 1;
	disk_bytes = disk_room(lmdb);
	out->total_bytes = info.me_mapsize;
	if (disk_bytes < out->total_bytes &&
	        disk_bytes + pages * lmdb->page_bytes < out->total_bytes)
		out->total_bytes = disk_bytes + pages * lmdb->page_bytes;
	out->used_bytes = (pages - free_pages) * lmdb->page_bytes;
	return RESULT_OK;
}

/* ---- copies ---- */

static enum result write_copy(struct backend *backend, const char *path, struct err *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600), code;
	enum result result;

	if (fd < 0)
		return err_sys(err, RESULT_PERMANENT, "%s", path);
	code = mdb_env_copyfd2(lmdb_of(backend)->env, fd, MDB_CP_COMPACT);
	result = answer(code, path, err);
	if (!result && fsync(fd) < 0)
		result = err_sys(err, RESULT_TEMPORARY, "%s", path);
	close(fd);
	return result;
}

/* Half a database looks like one until the half that is missing is read. So it gets its name when
 * it is whole. */
static enum result lmdb_copy(struct backend *backend, const char *folder, struct err *err)
{
	char *data = alloc_format("%s/%s", folder, data_name),
	     *part = alloc_format("%s/unfinished.mdb", folder);
	enum result result = write_copy(backend, part, err);

	if (!result && rename(part, data) < 0)
		result = err_sys(err, RESULT_PERMANENT, "%s", data);
	if (result)
		unlink(part);
	else
		result = copies_sync_names(folder, err);
	free(data);
	free(part);
	return result;
}

/* In this order, so that a crash leaves the one or the other, whole. */
static enum result put_in_place(
        const char *path, const char *folder, char kept[BACKEND_NAME_ROOM], struct err *err)
{
	char *from = alloc_format("%s/%s", folder, data_name),
	     *data = alloc_format("%s/%s", path, data_name),
	     *lock = alloc_format("%s/%s", path, lock_name),
	     *fresh = alloc_format("%s/restored.mdb", path);
	enum result result;

	unlink(fresh); /* of a former try that did not end */
	result = copies_file(from, fresh, err);
	if (!result)
		result = copies_set_aside(path, data, kept, BACKEND_NAME_ROOM, err);
	if (!result && rename(fresh, data) < 0)
		result = err_sys(err, RESULT_TEMPORARY, "%s", data);
	if (!result) {
		unlink(lock);
		result = copies_sync(path, err);
	}
	free(from);
	free(data);
	free(lock);
	free(fresh);
	return result;
}

static enum result lmdb_replace(const struct backend_options *options, const char *folder,
        char kept[BACKEND_NAME_ROOM], struct err *err)
{
	enum result result = file_make_folder(options->path, 0700, err);
	int lock = -1;

	if (!result)
		result = refuse_network(options->path, err);
	if (!result)
		result = take_lock(options->path, &lock, err);
	if (!result)
		result = put_in_place(options->path, folder, kept, err);
	if (lock >= 0)
		close(lock);
	return result;
}

const struct backend_engine backend_lmdb = {
        .name = "lmdb",
        .open = lmdb_open,
        .close = lmdb_close,
        .begin = lmdb_begin,
        .commit = lmdb_commit,
        .abort = lmdb_abort,
        .get = lmdb_get,
        .put = lmdb_put,
        .drop = lmdb_drop,
        .step = lmdb_step,
        .count = lmdb_count,
        .space = lmdb_space,
        .upkeep = lmdb_upkeep,
        .copy = lmdb_copy,
        .replace = lmdb_replace,
};
