#include "quarantine/model_trial.h"

#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "quarantine/model_apart.h"
#include "quarantine/model_disk.h"

enum { PIECE = 1 << 20 };

static const char *const tables[] = {"facts", "chunks", "seen", "order", "kept", "reports"};

/* ---- in the process that may die ---- */

/* Reads all of it. */
static void touch(const MDB_val *value)
{
	const volatile unsigned char *bytes = value->mv_data;
	size_t at;

	for (at = 0; at < value->mv_size; at++)
		(void)bytes[at];
}

/* Keys in order, and as many as the table says there are. */
static int read_table(MDB_txn *txn, const char *name)
{
	MDB_val key, value, last = {0, NULL};
	MDB_cursor *cursor;
	MDB_stat stat;
	MDB_dbi table;
	size_t count = 0;
	int code = mdb_dbi_open(txn, name, 0, &table);

	if (code)
		return code == MDB_NOTFOUND ? 0 : code;
	code = mdb_stat(txn, table, &stat);
	if (!code)
		code = mdb_cursor_open(txn, table, &cursor);
	while (!code && !(code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT))) {
		if (++count > stat.ms_entries ||
		        (count > 1 && mdb_cmp(txn, table, &last, &key) >= 0))
			return MDB_CORRUPTED;
		touch(&key);
		touch(&value);
		last = key;
	}
	if (code == MDB_NOTFOUND)
		code = count == stat.ms_entries ? 0 : MDB_CORRUPTED;
	return code;
}

/* Every page of a lesson comes from those that are free, which nothing else reads. */
static int write_table(MDB_txn *txn, const char *name)
{
	MDB_val key, value, copy;
	MDB_cursor *cursor;
	MDB_dbi table;
	int code = mdb_dbi_open(txn, name, 0, &table);

	if (code)
		return code == MDB_NOTFOUND ? 0 : code;
	code = mdb_cursor_open(txn, table, &cursor);
	while (!code && !(code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT))) {
		copy = (MDB_val){value.mv_size, alloc_bytes(value.mv_data, value.mv_size)};
		code = mdb_cursor_put(cursor, &key, &copy, MDB_CURRENT);
		free(copy.mv_data);
	}
	return code == MDB_NOTFOUND ? 0 : code;
}

/* LMDB's own table of pages that are free: how many, and their numbers, from the last one down. */
static int read_free(MDB_env *env, MDB_txn *txn)
{
	enum { FREE_TABLE = 0, FIRST_PAGE = 2 };
	MDB_val key, value;
	MDB_cursor *cursor;
	MDB_envinfo info;
	size_t count, page, last, at;
	int code = mdb_env_info(env, &info);

	if (!code)
		code = mdb_cursor_open(txn, FREE_TABLE, &cursor);
	while (!code && !(code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT))) {
		if (value.mv_size < sizeof(count))
			return MDB_CORRUPTED;
		memcpy(&count, value.mv_data, sizeof(count));
		if (count > value.mv_size / sizeof(page) - 1)
			return MDB_CORRUPTED;
		for (at = 1, last = info.me_last_pgno + 1; at <= count; at++, last = page) {
			memcpy(&page, (const char *)value.mv_data + at * sizeof(page),
			        sizeof(page));
			if (page >= last || page < FIRST_PAGE)
				return MDB_CORRUPTED;
		}
	}
	return code == MDB_NOTFOUND ? 0 : code;
}

static int read_all(MDB_env *env)
{
	MDB_txn *txn;
	size_t at;
	int code = mdb_txn_begin(env, NULL, MDB_RDONLY, &txn);

	for (at = 0; at < sizeof(tables) / sizeof(tables[0]) && !code; at++)
		code = read_table(txn, tables[at]);
	if (!code)
		code = read_free(env, txn);
	if (!code)
		mdb_txn_abort(txn);
	return code;
}

/* The end of the process aborts it. */
static int write_some(MDB_env *env)
{
	MDB_txn *txn;
	int code = mdb_txn_begin(env, NULL, 0, &txn);

	if (!code)
		code = write_table(txn, "facts");
	return code ? code : write_table(txn, "chunks");
}

static int try_all(MDB_env *env)
{
	int code = read_all(env);

	return code ? code : write_some(env);
}

/* What has no room or no rights now is no damage. */
static int is_damage(int code)
{
	return code && code != MDB_MAP_FULL && code != MDB_TXN_FULL && code != ENOMEM &&
	       code != EACCES && code != EROFS && code != EIO;
}

/* From its beginning to its end: by its keys, page after page is somewhere else on the disk. */
static void warm(const char *path)
{
	char *data = alloc_format("%s/data.mdb", path), *piece = alloc(PIECE);
	int fd = open(data, O_RDONLY | O_CLOEXEC);

	while (fd >= 0 && read(fd, piece, PIECE) > 0)
		continue;
	if (fd >= 0)
		close(fd);
	free(piece);
	free(data);
}

static int try_it(void *context)
{
	const char *path = context;
	MDB_env *env;
	int code;

	warm(path);
	code = mdb_env_create(&env);
	if (!code)
		code = mdb_env_set_maxdbs(env, sizeof(tables) / sizeof(tables[0]));
	if (!code)
		code = mdb_env_set_mapsize(env, MODEL_MAP_BYTES);
	if (!code)
		code = mdb_env_open(env, path, MDB_NOLOCK, 0600);
	/* What can't be opened is told by who opens it. */
	return code ? 0 : is_damage(try_all(env));
}

/* ---- in the process that asks ---- */

/* 0: there is none. */
static int look_at(const char *path, struct model_trial *out)
{
	char *data = alloc_format("%s/data.mdb", path);
	struct stat st;
	int is_there = stat(data, &st) == 0;

	free(data);
	*out = (struct model_trial){0};
	if (is_there) {
		out->inode = st.st_ino;
		out->size = (uint64_t)st.st_size;
		out->changed_ns = st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
	}
	return is_there;
}

static int is_same(const struct model_trial *a, const struct model_trial *b)
{
	return a->inode == b->inode && a->size == b->size && a->changed_ns == b->changed_ns;
}

static enum result run(const char *path, struct err *err)
{
	char *copy = alloc_string(path);
	int is_damaged = 0;
	enum result result = model_apart(try_it, copy, &is_damaged, err);

	free(copy);
	if (!result && is_damaged)
		result = err_set(err, RESULT_PERMANENT, "model: its database is damaged");
	return result;
}

enum result model_trial(const char *path, struct model_trial *trial, struct err *err)
{
	struct model_trial now;
	int is_there = look_at(path, &now);
	enum result result;

	if (is_there && trial->why && is_same(trial, &now))
		return err_set(err, RESULT_PERMANENT, "%s", trial->why);
	model_trial_fini(trial);
	if (!is_there)
		return RESULT_OK;
	result = run(path, err);
	if (result == RESULT_PERMANENT)
		model_trial_fail(path, trial, err->text);
	return result;
}

void model_trial_fail(const char *path, struct model_trial *trial, const char *why)
{
	model_trial_fini(trial);
	if (look_at(path, trial))
		trial->why = alloc_string(why);
}

void model_trial_fini(struct model_trial *trial)
{
	free(trial->why);
	*trial = (struct model_trial){0};
}
