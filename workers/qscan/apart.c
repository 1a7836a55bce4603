#include "workers/qscan/apart.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/daemon/daemon.h"
#include "workers/qscan/sandbox.h"

/* Whoever asks may be root, and the message is as hostile as any. */
enum result apart_enter(const struct config *config, const char *tmp, struct err *err)
{
	const struct sandbox sandbox = {
	        .tmp = tmp, .pair = -1, .is_required = config->workers.sandbox == SANDBOX_REQUIRED};
	enum result result = RESULT_OK;

	sandbox_bound();
	if (geteuid() == 0 && *config->site.scan_user)
		result = daemon_drop(config->site.scan_user, err);
	setenv("TMPDIR", tmp, 1);
	return result ? result : sandbox_enter(&sandbox, err);
}

char *apart_tmp(const struct config *config, struct err *err)
{
	const char *base = getenv("TMPDIR"), *user = config->site.scan_user;
	char *folder = alloc_format("%s/qscan-XXXXXX", base && *base == '/' ? base : "/tmp");
	const struct passwd *account = geteuid() == 0 && *user ? getpwnam(user) : NULL;

	if (!mkdtemp(folder)) {
		err_sys(err, RESULT_PERMANENT, "make the folder %s", folder);
		free(folder);
		return NULL;
	}
	if (!account || chown(folder, account->pw_uid, account->pw_gid) == 0)
		return folder;
	err_sys(err, RESULT_PERMANENT, "give %s to %s", folder, user);
	rmdir(folder);
	free(folder);
	return NULL;
}
