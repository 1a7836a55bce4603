#include "quarantine/care.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/daemon/daemon.h"
#include "quarantine/audit.h"
#include "quarantine/care_tell.h"
#include "quarantine/model_copy.h"
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

/* One that can't be read is no reason to do without the rest: so it is told how. */
static int verify_model(const char *path, int is_copy)
{
	struct model_summary report;
	struct err err;
	enum result result = model_copy_check(path, &report, &err);

	if (result == RESULT_NONE) {
		printf("%s\n", err.text);
		return EX_OK;
	}
	if (result) {
		printf("%s: 1 problem: %s%s\n", path, err.text,
		        is_copy ? "; without this folder the rest can be restored" : "");
		return 1;
	}
	printf("%s: %" PRIu64 " spam and %" PRIu64 " ham learned, %" PRIu64
	       " messages known, 0 problems\n",
	        path, report.spam, report.ham, report.messages);
	return EX_OK;
}

static int verify_store(const struct config *config, const char *folder)
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

/* NULL: what is served. */
static int verify(const struct config *config, const char *copy)
{
	int code = verify_store(config, copy ? copy : config->quarantine.path), bad;
	char *path = copy ? model_copy_path(copy) : NULL;

	if (code <= 1) {
		bad = verify_model(path ? path : config->spam.model.path, copy != NULL);
		code = code ? code : bad;
	}
	free(path);
	return code;
}

/* ---------------------------------------------------------------- the audit */

/* A model that is to be put back, and the name that the one before it has then. */
struct care_model {
	const char *backup;
	char *kept;
};

static enum result put_model(
        const struct config *config, const struct care_model *model, struct err *err)
{
	enum result result = model_copy_restore(
	        config->spam.model.path, model->backup, model->kept, BACKEND_NAME_ROOM, err);

	if (result && result != RESULT_NONE)
		err_wrap(err, result, "the quarantine is restored, but not its model");
	return result;
}

/* While nobody serves: a running qstore has the lock. So have we while this is open, and the model
 * of a backup can be put in its place. */
static enum result note_here(const struct config *config, const struct audit_fact *fact,
        const struct care_model *model, struct err *err)
{
	struct store_options options = options_for(config, config->quarantine.path, 0);
	struct store *store = NULL;
	enum result result = store_open(&backend_lmdb, &options, &store, err);

	if (!result)
		result = audit_note(store, fact, clock_wall_ms(), err);
	if (!result && model)
		result = put_model(config, model, err);
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

/* The model first: a folder with the quarantine's copy in it is a backup. A model that can't be
 * copied is no reason to have no backup of the mail. */
static int copy_model(const struct config *config, const char *folder)
{
	struct err err;
	enum result result = model_copy_make(config->spam.model.path, folder, &err);

	if (!result || result == RESULT_NONE)
		return EX_OK;
	fprintf(stderr, "the model is not in this copy: %s\n", err.text);
	return 1;
}

/* A copy is one when it was looked through. */
static int back_up(const struct config *config, const char *folder)
{
	struct store_options options = options_for(config, config->quarantine.path, 1);
	int code, bad = copy_model(config, folder);
	struct store *store = NULL;
	struct err err;
	enum result result = store_open(&backend_lmdb, &options, &store, &err);

	if (!result)
		result = store_copy(store, folder, &err);
	store_close(&store);
	if (result)
		return daemon_failed(result, &err);
	code = verify(config, folder);
	return code ? code : bad;
}

static void tell_kept(const char *path, const char *kept)
{
	if (*kept)
		printf("what was there is kept as %s/%s\n", path, kept);
}

static int restore(const struct config *config, const char *folder, const char *who)
{
	struct store_options options = options_for(config, config->quarantine.path, 0);
	char kept[BACKEND_NAME_ROOM], model_kept[BACKEND_NAME_ROOM], before[CHAIN_PLACE_ROOM + 8];
	const struct audit_fact fact = {.who = who, .action = "restore", .detail = before};
	const struct care_model model = {folder, model_kept};
	int code = verify(config, folder);
	struct err err;
	enum result result;

	if (code)
		return code;
	note_head(config, before);
	result = backend_lmdb.replace(&options.backend, folder, kept, &err);
	if (!result)
		result = note_here(config, &fact, &model, &err);
	if (result && result != RESULT_NONE)
		return daemon_failed(result, &err);
	tell_kept(config->quarantine.path, kept);
	if (result == RESULT_NONE)
		printf("no model is in it: %s stays as it is\n", config->spam.model.path);
	else
		tell_kept(config->spam.model.path, model_kept);
	return EX_OK;
}

static void note_backup(const struct config *config, const char *who)
{
	const struct audit_fact fact = {.who = who, .action = "backup", .detail = ""};
	struct err err;

	if (note_here(config, &fact, NULL, &err) != RESULT_OK)
		fprintf(stderr, "this copy is not in the audit: %s\n", err.text);
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
	if (care->what == CARE_BACKUP && !is_told)
		note_backup(config, who);
	if (care->what == CARE_BACKUP)
		return back_up(config, care->folder);
	if (care->what == CARE_RESTORE)
		return restore(config, care->folder, who);
	return verify(config, care->folder);
}
