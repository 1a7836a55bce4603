#include "lazaret/folders.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/base/file.h"
#include "lib/base/log.h"

struct owner {
	uid_t user;
	gid_t group;
};

static enum result find_account(
        const char *key, const char *name, struct owner *owner, struct err *err)
{
	const struct passwd *account;

	if (!name[0])
		return RESULT_OK;
	account = getpwnam(name);
	if (!account)
		return err_set(err, RESULT_PERMANENT, "site.%s: no such account: %s", key,
		        log_quote(name));
	owner->user = account->pw_uid;
	owner->group = account->pw_gid;
	return RESULT_OK;
}

static enum result find_group(
        const char *key, const char *name, struct owner *owner, struct err *err)
{
	const struct group *group;

	if (!name[0])
		return RESULT_OK;
	group = getgrnam(name);
	if (!group)
		return err_set(
		        err, RESULT_PERMANENT, "%s: no such group: %s", key, log_quote(name));
	owner->group = group->gr_gid;
	return RESULT_OK;
}

/* By descriptor, and never through a link: the folder above may belong to somebody else. */
static enum result settle(const char *path, unsigned mode, struct owner owner, struct err *err)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	enum result result = RESULT_OK;
	struct stat st;

	if (fd < 0)
		return err_sys(err, RESULT_PERMANENT, "open the folder %s", path);
	if (fstat(fd, &st) < 0)
		result = err_sys(err, RESULT_PERMANENT, "look at the folder %s", path);
	else if ((st.st_uid != owner.user || st.st_gid != owner.group) &&
	         fchown(fd, owner.user, owner.group) < 0)
		result = err_sys(err, RESULT_PERMANENT, "give the folder %s to its owner", path);
	else if ((st.st_mode & 07777) != mode && fchmod(fd, mode) < 0)
		result = err_sys(err, RESULT_PERMANENT, "set the mode of the folder %s", path);
	close(fd);
	return result;
}

static enum result make(const char *path, unsigned mode, struct owner owner, struct err *err)
{
	enum result result = file_make_folder(path, mode, err);

	return result ? result : settle(path, mode, owner, err);
}

static enum result make_under(
        const char *folder, const char *name, unsigned mode, struct owner owner, struct err *err)
{
	char *path = alloc_format("%s/%s", folder, name);
	enum result result = make(path, mode, owner, err);

	free(path);
	return result;
}

/* The two on top are made where they are missing, whatever the umask, and else left as they are.
 * They stay ours: who owns a folder can exchange what is in it. */
static enum result make_top(const char *path, struct err *err)
{
	const struct owner self = {geteuid(), getegid()};
	struct stat st;

	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return RESULT_OK;
	return make(path, 0755, self, err);
}

struct owners {
	struct owner user, front, scan, store;
};

static enum result find_owners(const struct config *config, struct owners *out, struct err *err)
{
	const struct config_site *site = &config->site;
	const struct owner self = {geteuid(), getegid()};
	enum result result;

	*out = (struct owners){self, self, self, self};
	result = geteuid() == 0 ? find_account("user", site->user, &out->user, err) : RESULT_OK;
	out->front = out->scan = out->store = out->user;
	if (!result && geteuid() == 0)
		result = find_account("scan_user", site->scan_user, &out->scan, err);
	/* without root this works for a group that we are in */
	if (!result)
		result = find_group("site.front_group", site->front_group, &out->front, err);
	return result ? result
	              : find_group("quarantine.group", config->quarantine.group, &out->store, err);
}

/* Sockets that are made in it get the folder's group, so its members may open them where they are
 * not private; they can't make anything in it themselves. */
static enum result make_for_group(
        const struct config *config, const char *name, struct owner owner, struct err *err)
{
	unsigned mode = *config->quarantine.group ? 02750 : 0700;

	return make_under(config->site.run_dir, name, mode, owner, err);
}

enum result folders_make(const struct config *config, struct err *err)
{
	const struct config_site *site = &config->site;
	struct owners owners;
	enum result result = find_owners(config, &owners, err);

	if (!result)
		result = make_top(site->run_dir, err);
	if (!result)
		result = make_top(site->state_dir, err);
	if (!result)
		result = make_under(site->run_dir, "front", 0750, owners.front, err);
	if (!result)
		result = make_for_group(config, "broker", owners.store, err);
	if (!result)
		result = make_for_group(config, "quarantine", owners.store, err);
	if (!result)
		result = make(config->workers.tmp_dir, 0700, owners.scan, err);
	if (!result)
		result = make(config->quarantine.path, 0700, owners.user, err);
	if (!result)
		result = make(config->spam.model.path, 0700, owners.user, err);
	if (!result && config->workers.keep_crashes)
		result = make_under(site->state_dir, "crashes", 0700, owners.user, err);
	return result;
}
