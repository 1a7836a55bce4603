#include "qctl/operators.h"

#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/alloc.h"

enum { GROUPS_MOST = 1000, READ_AND_ENTER = 0050, READ_AND_WRITE = 0060 };

static int is_member(const struct passwd *account, gid_t wanted)
{
	gid_t groups[GROUPS_MOST];
	int count = GROUPS_MOST, at;

	if (getgrouplist(account->pw_name, account->pw_gid, groups, &count) < 0)
		return 0;
	for (at = 0; at < count; at++)
		if (groups[at] == wanted)
			return 1;
	return 0;
}

char *operator_complaint(const struct config *config, const struct config_operator *rule)
{
	const struct group *group;
	const struct passwd *account;

	if (!*rule->user)
		return NULL;
	account = getpwnam(rule->user);
	if (!account)
		return alloc_format("account %s is not on this host", rule->user);
	if (!*config->quarantine.group)
		return alloc_string("quarantine.group is empty: the socket is closed to it");
	group = getgrnam(config->quarantine.group);
	if (!group)
		return alloc_format("group %s is not on this host", config->quarantine.group);
	if (!is_member(account, group->gr_gid))
		return alloc_format("account %s is not in the group %s: the socket is closed to it",
		        rule->user, config->quarantine.group);
	return NULL;
}

/* The group's bits of one path. */
static char *path_complaint(const char *path, gid_t group, mode_t wanted)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return NULL; /* not made yet, or not for our eyes */
	if (st.st_gid != group || (st.st_mode & wanted) != wanted)
		return alloc_format("%s has not quarantine.group, or is closed to it (mode %04o)",
		        path, (unsigned)st.st_mode & 07777);
	return NULL;
}

char *socket_complaint(const struct config *config, const char *endpoint)
{
	static const char local[] = "ipc://";
	const struct group *group =
	        *config->quarantine.group ? getgrnam(config->quarantine.group) : NULL;
	char *folder, *slash, *complaint;

	if (!group || strncmp(endpoint, local, sizeof(local) - 1) != 0)
		return NULL;
	folder = alloc_string(endpoint + sizeof(local) - 1);
	complaint = path_complaint(folder, group->gr_gid, READ_AND_WRITE);
	slash = strrchr(folder, '/');
	if (!complaint && slash && slash != folder) {
		*slash = '\0';
		complaint = path_complaint(folder, group->gr_gid, READ_AND_ENTER);
	}
	free(folder);
	return complaint;
}
