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
#include "quarantine/audit.h"
#include "quarantine/care_tell.h"
#include "quarantine/store.h"

enum { TELL_EVERY_MS = 500, CARE_WHO_ROOM = 32 };

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
	       " bytes in %" PRIu64 " chunks, %" PRIu64 " outgoing, %" PRIu64
	       " entries of the audit, %" PRIu64 " problems\n",
	        folder, report->items, report->messages, report->blobs, report->bytes,
	        report->chunks, report->outgoing, report->audited, report->problems);
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

/* ---------------------------------------------------------------- the audit */

/* While nobody serves: a running qstore has the lock. */
static enum result note_here(const struct config *config, const char *action, const char *who,
        const char *detail, struct err *err)
{
	struct store_options options = options_for(config, config->quarantine.path, 0);
	struct audit_fact fact = {.who = who, .action = action, .detail = detail};
	struct store *store = NULL;
	enum result result = store_open(&backend_lmdb, &options, &store, err);

	if (!result)
		result = audit_note(store, &fact, clock_wall_ms(), err);
	store_close(&store);
	return result;
}

/* Where the audit had got to that a restore takes away. */
static void note_head(const struct config *config, char out[CHAIN_PLACE_ROOM + 8])
{
	struct store_options options = options_for(config, config->quarantine.path, 1);
	char place[CHAIN_PLACE_ROOM];
	struct store *store = NULL;
	struct digest hash;
	uint64_t seq = 0;

	out[0] = '\0';
	if (!store_open(&backend_lmdb, &options, &store, NULL) &&
	        !audit_head(store, &seq, &hash, NULL)) {
		chain_place_text(seq, &hash, place);
		snprintf(out, CHAIN_PLACE_ROOM + 8, "was %s", place);
	}
	store_close(&store);
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

static int restore(const struct config *config, const char *folder, const char *who)
{
	struct store_options options = options_for(config, config->quarantine.path, 0);
	char kept[BACKEND_NAME_ROOM], before[CHAIN_PLACE_ROOM + 8];
	int code = verify(config, folder);
	struct err err;
	enum result result;

	if (code)
		return code;
	note_head(config, before);
	result = backend_lmdb.replace(&options.backend, folder, kept, &err);
	if (!result)
		result = note_here(config, "restore", who, before, &err);
	if (result)
		return daemon_failed(result, &err);
	if (*kept)
		printf("what was there is kept as %s/%s\n", config->quarantine.path, kept);
	return EX_OK;
}

int care_run(const struct config *config, const struct care *care)
{
	char who[CARE_WHO_ROOM];
	enum result result = RESULT_OK;
	struct err err;
	int is_told = 0;

	snprintf(who, sizeof(who), "uid=%u", (unsigned)getuid());
	if (care->what == CARE_BACKUP)
		result = make_folder(config, care->folder, &err);
	if (!result && care->what == CARE_BACKUP)
		is_told = care_tell(config, "backup");
	if (!result)
		result = daemon_drop(config->site.user, &err);
	if (result)
		return daemon_failed(result, &err);
	if (care->what == CARE_BACKUP && !is_told &&
	        note_here(config, "backup", who, "", &err) != RESULT_OK)
		fprintf(stderr, "this copy is not in the audit: %s\n", err.text);
	if (care->what == CARE_BACKUP)
		return back_up(config, care->folder);
	if (care->what == CARE_RESTORE)
		return restore(config, care->folder, who);
	return verify(config, care->folder ? care->folder : config->quarantine.path);
}
