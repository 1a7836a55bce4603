#include "workers/qworker/crashes.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/base/buf.h"
#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/base/safe.h"
#include "lib/base/text.h"
#include "lib/crypto/digest.h"

enum {
	KNOWN = 64, /* what was kept lately */
	CORE_MOST = 64 << 20,
	COPY_BYTES = 64 << 10,
	NAME_ROOM = 80, /* of a digest or a message id */
};

struct crashes {
	char *folder; /* NULL: nothing is kept */
	uint64_t most;
	char known[KNOWN][NAME_ROOM];
	size_t next;
	int is_full; /* was told, and so was */
	int is_broken;
};

struct crashes *crashes_new(const struct config *config)
{
	struct crashes *crashes = alloc_zero(1, sizeof(*crashes));

	crashes->most = config->workers.keep_crashes;
	if (crashes->most)
		crashes->folder = alloc_format("%s/crashes", config->site.state_dir);
	return crashes;
}

void crashes_free(struct crashes **crashes)
{
	if (!*crashes)
		return;
	free((*crashes)->folder);
	free(*crashes);
	*crashes = NULL;
}

static int is_known(const struct crashes *crashes, const char *name)
{
	size_t at;

	for (at = 0; at < KNOWN; at++)
		if (*name && strcmp(crashes->known[at], name) == 0)
			return 1;
	return 0;
}

static void remember(struct crashes *crashes, const char *name)
{
	if (!*name || is_known(crashes, name))
		return;
	snprintf(crashes->known[crashes->next], NAME_ROOM, "%s", name);
	crashes->next = (crashes->next + 1) % KNOWN;
}

/* Copies have other fields on top. */
static void name_body(const struct job *job, char out[DIGEST_HEX_ROOM])
{
	const char *bytes = wire_body_data(&job->body);
	size_t size = wire_body_size(&job->body), at = text_behind_blank_line(bytes, size);
	struct digest digest;

	digest_of(bytes + (at < size ? at : 0), at < size ? size - at : size, &digest);
	text_hex(digest.bytes, DIGEST_SIZE, out);
}

/* ---------------------------------------------------------------- room */

static uint64_t count_kept(const char *path)
{
	DIR *folder = opendir(path);
	const struct dirent *entry;
	uint64_t count = 0;

	if (!folder)
		return 0;
	while ((entry = readdir(folder)) != NULL)
		count += entry->d_name[0] != '.';
	closedir(folder);
	return count;
}

static int has_room(struct crashes *crashes)
{
	int is_full = count_kept(crashes->folder) >= crashes->most;

	if (is_full && !crashes->is_full)
		log_event(LOG_LEVEL_WARNING, NULL, "crashes_full",
		        "folder=%s kept=%llu text=\"no more are kept until some are removed\"",
		        log_quote(crashes->folder), (unsigned long long)crashes->most);
	crashes->is_full = is_full;
	return !is_full;
}

static void complain(struct crashes *crashes, const struct err *err)
{
	if (!crashes->is_broken)
		log_event(LOG_LEVEL_WARNING, NULL, "crash_not_kept", "folder=%s error=%s",
		        log_quote(crashes->folder), log_quote(err->text));
	crashes->is_broken = 1;
}

/* ---------------------------------------------------------------- one of them */

static enum result create(int folder, const char *name, int *fd, struct err *err)
{
	*fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	return *fd < 0 ? err_sys(err, RESULT_TEMPORARY, "create %s", name) : RESULT_OK;
}

static enum result write_bytes(
        int folder, const char *name, const void *bytes, size_t size, struct err *err)
{
	enum result result;
	int fd;

	result = create(folder, name, &fd, err);
	if (result)
		return result;
	result = file_write_fd(fd, bytes, size, err);
	close(fd);
	return result;
}

/* It comes from a process that a message may have taken over: so many bytes, whatever it is. */
static enum result copy_core(int folder, int core, struct err *err)
{
	char *bytes = alloc(COPY_BYTES);
	enum result result;
	off_t at = 0;
	ssize_t got;
	int fd;

	result = create(folder, "core", &fd, err);
	while (!result && at < CORE_MOST && (got = pread(core, bytes, COPY_BYTES, at)) > 0) {
		result = file_write_fd(fd, bytes, (size_t)got, err);
		at += got;
	}
	if (fd >= 0)
		close(fd);
	free(bytes);
	return result;
}

static void tell_core(struct buf *out, const struct death *death)
{
	struct buf pattern = {0};
	struct err err;
	char *safe;

	if (death->core >= 0) {
		buf_add_string(out, "core: beside this\n");
		return;
	}
	if (file_read("/proc/sys/kernel/core_pattern", 4096, &pattern, &err) == RESULT_OK &&
	        pattern.size && (*pattern.data == '|' || strchr(pattern.data, '/'))) {
		safe = safe_text(pattern.data, 200);
		buf_add_format(out, "core: none here; the kernel gives it to %s\n", safe);
		free(safe);
	} else {
		buf_add_string(out, "core: none\n");
	}
	buf_fini(&pattern);
}

static void write_report(
        struct buf *out, const struct job *job, const struct death *death, const char *engine)
{
	char *safe = safe_text(engine, 200), body[DIGEST_HEX_ROOM];

	name_body(job, body);
	buf_add_format(out, "id: %s\nwhy: %s\nsignal: %d\nstage: %s\n", job_id(job), death->why,
	        death->signal, *death->stage ? death->stage : "unknown");
	if (death->part != DEATH_NO_PART)
		buf_add_format(out, "part: %d\n", death->part);
	buf_add_format(out, "body: %s\ndigest: %s\nengine: %s\n", body,
	        *death->digest ? death->digest : "unknown", *safe ? safe : "unknown");
	tell_core(out, death);
	free(safe);
}

/* The report comes last, as it says whether there is a core: the message is worth keeping without.
 */
static enum result fill(
        int folder, const struct job *job, struct death *death, const char *engine, struct err *err)
{
	struct buf report = {0};
	enum result result = write_bytes(
	        folder, "message.eml", wire_body_data(&job->body), wire_body_size(&job->body), err);

	if (result)
		return result;
	if (death->core >= 0 && copy_core(folder, death->core, err) != RESULT_OK) {
		unlinkat(folder, "core", 0);
		death->core = -1;
	}
	write_report(&report, job, death, engine);
	result = write_bytes(folder, "report.txt", report.data, report.size, err);
	buf_fini(&report);
	return result;
}

/* Half a message would be taken for one, and for one of those that may be kept. */
static void drop(int folder, const char *path)
{
	static const char *const names[] = {"message.eml", "core", "report.txt"};
	size_t at;

	for (at = 0; at < sizeof(names) / sizeof(names[0]); at++)
		unlinkat(folder, names[at], 0);
	rmdir(path);
}

static char *name_folder(const struct crashes *crashes, const struct job *job)
{
	time_t now = time(NULL);
	struct tm parts;
	char when[32];

	gmtime_r(&now, &parts);
	strftime(when, sizeof(when), "%Y%m%dT%H%M%SZ", &parts);
	return alloc_format("%s/%s-%s", crashes->folder, when, job_id(job));
}

static enum result keep(struct crashes *crashes, const char *path, const struct job *job,
        struct death *death, const char *engine, struct err *err)
{
	enum result result = file_make_folder(crashes->folder, 0700, err);
	int folder;

	if (result)
		return result;
	if (mkdir(path, 0700) < 0)
		return err_sys(err, RESULT_TEMPORARY, "make %s", path);
	folder = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (folder < 0)
		return err_sys(err, RESULT_TEMPORARY, "open %s", path);
	result = fill(folder, job, death, engine, err);
	if (result)
		drop(folder, path);
	close(folder);
	return result;
}

void crashes_keep(struct crashes *crashes, const struct job *job, const struct death *death,
        const char *engine)
{
	char body[DIGEST_HEX_ROOM], *path;
	struct death told = *death;
	struct err err;

	if (!crashes->folder)
		return;
	name_body(job, body);
	if (is_known(crashes, job_id(job)) || is_known(crashes, death->digest) ||
	        is_known(crashes, body) || !has_room(crashes))
		return;
	remember(crashes, job_id(job));
	remember(crashes, death->digest);
	remember(crashes, body);
	path = name_folder(crashes, job);
	if (keep(crashes, path, job, &told, engine, &err) == RESULT_OK)
		log_event(LOG_LEVEL_INFO, job_id(job), "crash_kept", "folder=%s core=%d",
		        log_quote(path), told.core >= 0);
	else
		complain(crashes, &err);
	free(path);
}
