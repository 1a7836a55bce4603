#include "quarantine/care.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/daemon/daemon.h"
#include "quarantine/store.h"

enum { TELL_EVERY_MS = 500 };

/* ---------------------------------------------------------------- arguments */

static int take_one(struct care *care, const char *word, const char *next)
{
	static const struct {
		const char *word;
		enum care_what what;
	} table[] = {
	        {"--verify", CARE_VERIFY}, {"--backup", CARE_BACKUP}, {"--restore", CARE_RESTORE}};
	size_t at;

	for (at = 0; at < sizeof(table) / sizeof(table[0]); at++) {
		if (strcmp(word, table[at].word) != 0)
			continue;
		care->what = table[at].what;
		care->folder = next && *next != '-' ? next : NULL;
		return care->folder ? 2 : 1;
	}
	return 0;
}

int care_arguments(struct care *care, int *argc, char **argv)
{
	int at, kept = 1, taken, times = 0;

	*care = (struct care){CARE_NOTHING, NULL};
	for (at = 1; at < *argc; at += taken) {
		taken = take_one(care, argv[at], argv[at + 1]);
		times += taken != 0;
		if (!taken) {
			argv[kept++] = argv[at];
			taken = 1;
		}
	}
	argv[kept] = NULL;
	*argc = kept;
	return times < 2 &&
	       (care->folder || care->what == CARE_NOTHING || care->what == CARE_VERIFY);
}

/* ---------------------------------------------------------------- looking through it */

static struct store_options options_for(const struct config *config, const char *folder, int beside)
{
	return (struct store_options){
	        .backend = {.path = folder, .size = config->quarantine.map_size, .beside = beside}};
}

/* On a terminal only: one line that is written over. */
static void tell_progress(const struct store_report *report)
{
	static int64_t told_ms;
	int64_t now_ms = clock_monotonic_ms();

	if (now_ms - told_ms < TELL_EVERY_MS || !isatty(STDERR_FILENO))
		return;
	told_ms = now_ms;
	fprintf(stderr, "\r%" PRIu64 " records, %" PRIu64 " items ", report->looked_at,
	        report->items);
}

static int tell_report(const char *folder, const struct store_report *report)
{
	if (isatty(STDERR_FILENO))
		fputs("\r\033[K", stderr);
	printf("%s: %" PRIu64 " items, %" PRIu64 " messages, %" PRIu64 " contents of %" PRIu64
	       " bytes in %" PRIu64 " chunks, %" PRIu64 " outgoing, %" PRIu64 " problems\n",
	        folder, report->items, report->messages, report->blobs, report->bytes,
	        report->chunks, report->outgoing, report->problems);
	if (report->problems)
		printf("the first: %s\n", report->first.text);
	return report->problems ? 1 : EX_OK;
}

static int verify(const struct config *config, const char *folder)
{
	struct store_options options = options_for(config, folder, 1);
	struct store_report report = {.tell = tell_progress};
	struct store *store = NULL;
	struct err err;
	enum result result = store_open(&backend_lmdb, &options, &store, &err);

	if (!result)
		result = store_verify(store, &report, &err);
	store_close(&store);
	return result ? daemon_failed(result, &err) : tell_report(folder, &report);
}

/* ---------------------------------------------------------------- copies */

static enum result check_empty(const char *path, struct err *err)
{
	const struct dirent *entry;
	enum result result = RESULT_OK;
	DIR *folder = opendir(path);

	if (!folder)
		return err_sys(err, RESULT_PERMANENT, "%s", path);
	while ((entry = readdir(folder)) && !result)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			result = err_set(err, RESULT_PERMANENT, "%s is not empty", path);
	closedir(folder);
	return result;
}

/* While still root: the copy is written, and looked through, as the account that the quarantine is
 * of. */
static enum result make_folder(const struct config *config, const char *path, struct err *err)
{
	enum result result = file_make_folder(path, 0700, err);
	const struct passwd *account;

	if (!result)
		result = check_empty(path, err);
	if (result || geteuid() != 0 || !*config->site.user)
		return result;
	account = getpwnam(config->site.user);
	if (!account)
		return err_set(err, RESULT_PERMANENT, "site.user: no such account");
	if (chown(path, account->pw_uid, account->pw_gid) < 0 || chmod(path, 0700) < 0)
		return err_sys(err, RESULT_PERMANENT, "%s", path);
	return RESULT_OK;
}

/* A copy is one when it was looked through. */
static int back_up(const struct config *config, const char *folder)
{
	struct store_options options = options_for(config, config->quarantine.path, 1);
	struct store *store = NULL;
	struct err err;
	enum result result = store_open(&backend_lmdb, &options, &store, &err);

	if (!result)
		result = store_copy(store, folder, &err);
	store_close(&store);
	return result ? daemon_failed(result, &err) : verify(config, folder);
}

static int restore(const struct config *config, const char *folder)
{
	struct store_options options = options_for(config, config->quarantine.path, 0);
	char kept[BACKEND_NAME_ROOM];
	int code = verify(config, folder);
	struct err err;
	enum result result;

	if (code)
		return code;
	result = backend_lmdb.replace(&options.backend, folder, kept, &err);
	if (result)
		return daemon_failed(result, &err);
	if (*kept)
		printf("what was there is kept as %s/%s\n", config->quarantine.path, kept);
	return EX_OK;
}

int care_run(const struct config *config, const struct care *care)
{
	enum result result = RESULT_OK;
	struct err err;

	if (care->what == CARE_BACKUP)
		result = make_folder(config, care->folder, &err);
	if (!result)
		result = daemon_drop(config->site.user, &err);
	if (result)
		return daemon_failed(result, &err);
	if (care->what == CARE_BACKUP)
		return back_up(config, care->folder);
	if (care->what == CARE_RESTORE)
		return restore(config, care->folder);
	return verify(config, care->folder ? care->folder : config->quarantine.path);
}
