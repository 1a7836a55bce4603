#include "quarantine/model_copy.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/base/bytes.h"
#include "lib/base/file.h"
#include "lib/crypto/digest.h"
#include "quarantine/copies.h"
#include "quarantine/model_apart.h"
#include "quarantine/model_disk.h"

char *model_copy_path(const char *backup)
{
	return alloc_format("%s/model", backup);
}

/* ---- looking through it ---- */

static enum result read_all(struct model_disk *disk, struct model_summary *out, struct err *err)
{
	uint64_t *generations = alloc_zero(MODEL_CHUNKS, sizeof(*generations));
	struct rehearsal *rehearsal = alloc_zero(1, sizeof(*rehearsal));
	struct model model;
	enum result result;

	model_init(&model, 0, 0);
	result = model_disk_read(disk, &model, rehearsal, generations, err);
	if (result == RESULT_NONE)
		result = err_set(err, RESULT_PERMANENT, "model: its numbers are missing");
	for (size_t at = 0; at < MODEL_CHUNKS && !result; at++)
		if (generations[at] > model.facts.generation)
			result = err_set(err, RESULT_PERMANENT,
			        "model: chunk %zu is of a lesson that never was", at);
	out->spam = model.facts.spam;
	out->ham = model.facts.ham;
	model_fini(&model);
	rehearse_fini(rehearsal);
	free(rehearsal);
	free(generations);
	return result;
}

static enum result check(const char *path, struct model_summary *out, struct err *err)
{
	struct model_disk *disk = NULL;
	enum result result = model_disk_open_beside(path, &disk, err);

	*out = (struct model_summary){0};
	if (!result)
		result = read_all(disk, out, err);
	if (!result)
		result = model_disk_check(disk, &out->messages, err);
	model_disk_close(&disk);
	return result;
}

/* ---- a copy ---- */

static enum result copy_into(struct model_disk *disk, const char *folder, struct err *err)
{
	char *data = alloc_format("%s/data.mdb", folder),
	     *part = alloc_format("%s/unfinished.mdb", folder);
	enum result result = file_make_folder(folder, 0700, err);

	if (!result)
		result = model_disk_copy(disk, part, err);
	if (!result && rename(part, data) < 0)
		result = err_sys(err, RESULT_PERMANENT, "%s", data);
	if (!result)
		result = copies_sync_names(folder, err);
	free(data);
	free(part);
	return result;
}

static enum result copy(const char *path, const char *backup, struct err *err)
{
	char *folder = model_copy_path(backup);
	struct model_disk *disk = NULL;
	enum result result = model_disk_open_beside(path, &disk, err);

	if (!result)
		result = copy_into(disk, folder, err);
	model_disk_close(&disk);
	free(folder);
	return result;
}

/* ---- by a process that may die of it ---- */

struct job {
	const char *path, *backup; /* NULL: it is looked through */
	struct model_summary summary;
	struct err err;
};

static int do_job(void *context)
{
	struct job *job = context;

	return (int)(job->backup ? copy(job->path, job->backup, &job->err)
	                         : check(job->path, &job->summary, &job->err));
}

static enum result run(
        const char *path, const char *backup, struct model_summary *out, struct err *err)
{
	struct job *job =
	        mmap(NULL, sizeof(*job), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	enum result result;
	int code = 0;

	if (job == MAP_FAILED)
		return err_sys(err, RESULT_TEMPORARY, "model: memory");
	job->path = path;
	job->backup = backup;
	result = model_apart(do_job, job, &code, err);
	if (!result) {
		result = (enum result)code;
		*err = job->err;
	}
	*out = job->summary;
	munmap(job, sizeof(*job));
	return result;
}

enum result model_copy_check(const char *path, struct model_summary *out, struct err *err)
{
	return run(path, NULL, out, err);
}

enum result model_copy_make(const char *path, const char *backup, struct err *err)
{
	struct model_summary none;

	return run(path, backup, &none, err);
}

/* ---- putting one back ---- */

/* Of a former try that did not end, or of this one. */
static void clear(const char *folder)
{
	static const char *const names[] = {"data.mdb", "lock.mdb"};

	for (size_t at = 0; at < sizeof(names) / sizeof(names[0]); at++) {
		char *name = alloc_format("%s/%s", folder, names[at]);

		unlink(name);
		free(name);
	}
	rmdir(folder);
}

static enum result renew(struct model_disk *disk, struct err *err)
{
	uint64_t epoch;

	random_bytes(&epoch, sizeof(epoch));
	return model_disk_renew(disk, epoch, err);
}

/* A copy in a folder of its own, to be changed before it has its name. */
static enum result stage(const char *from, const char *folder, struct err *err)
{
	char *data = alloc_format("%s/data.mdb", folder);
	struct model_disk *disk = NULL;
	enum result result = file_make_folder(folder, 0700, err);

	if (!result)
		result = copies_file(from, data, err);
	if (!result)
		result = model_disk_open(folder, &disk, err);
	if (!result)
		result = renew(disk, err);
	model_disk_close(&disk);
	free(data);
	return result;
}

/* In this order, so that a crash leaves the one or the other, whole. */
static enum result put_in_place(
        const char *path, const char *staged, char *kept, size_t room, struct err *err)
{
	char *fresh = alloc_format("%s/data.mdb", staged),
	     *data = alloc_format("%s/data.mdb", path), *lock = alloc_format("%s/lock.mdb", path);
	enum result result = copies_set_aside(path, data, kept, room, err);

	if (!result && rename(fresh, data) < 0)
		result = err_sys(err, RESULT_TEMPORARY, "%s", data);
	if (!result) {
		unlink(lock);
		result = copies_sync_names(path, err);
	}
	free(fresh);
	free(data);
	free(lock);
	return result;
}

enum result model_copy_restore(
        const char *path, const char *backup, char *kept, size_t room, struct err *err)
{
	char *from = alloc_format("%s/model/data.mdb", backup),
	     *staged = alloc_format("%s/restored", path);
	enum result result = RESULT_NONE;

	kept[0] = '\0';
	if (access(from, F_OK) == 0) {
		result = file_make_folder(path, 0700, err);
		clear(staged);
		if (!result)
			result = stage(from, staged, err);
		if (!result)
			result = put_in_place(path, staged, kept, room, err);
		clear(staged);
	}
	free(from);
	free(staged);
	return result;
}
