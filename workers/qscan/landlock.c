#include "workers/qscan/landlock.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Written out, as the headers of an older kernel lack what a newer one may know. */
struct ruleset {
	uint64_t files;
	uint64_t net;    /* since ABI 4 */
	uint64_t scoped; /* since ABI 6 */
};

enum {
	TRUNCATE = 1 << 14,    /* LANDLOCK_ACCESS_FS_TRUNCATE, since ABI 3 */
	IOCTL_DEV = 1 << 15,   /* LANDLOCK_ACCESS_FS_IOCTL_DEV, since ABI 5 */
	BIND_AND_CONNECT = 3,  /* LANDLOCK_ACCESS_NET_BIND_TCP, _CONNECT_TCP */
	SOCKET_AND_SIGNAL = 3, /* LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET, _SIGNAL */
	FILES_OF_ABI_1 = (1 << 13) - 1,
};

static const uint64_t own_folder = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE |
                                   LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |
                                   LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |
                                   LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_REFER |
                                   TRUNCATE;

static struct ruleset everything(long abi)
{
	return (struct ruleset){
	        .files = FILES_OF_ABI_1 | (abi >= 2 ? LANDLOCK_ACCESS_FS_REFER : 0) |
	                 (abi >= 3 ? TRUNCATE : 0) | (abi >= 5 ? IOCTL_DEV : 0),
	        .net = abi >= 4 ? BIND_AND_CONNECT : 0,
	        .scoped = abi >= 6 ? SOCKET_AND_SIGNAL : 0,
	};
}

static size_t size_of(long abi)
{
	return abi >= 6   ? sizeof(struct ruleset)
	       : abi >= 4 ? offsetof(struct ruleset, scoped)
	                  : offsetof(struct ruleset, net);
}

static enum result add_folder(
        int rules, const struct ruleset *handled, const char *folder, struct err *err)
{
	struct landlock_path_beneath_attr beneath = {
	        .allowed_access = own_folder & handled->files,
	        .parent_fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC),
	};
	enum result result = RESULT_OK;

	if (beneath.parent_fd < 0)
		return err_sys(err, RESULT_PERMANENT, "open %s", folder);
	if (syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0) < 0)
		result = err_sys(err, RESULT_PERMANENT, "Landlock, %s", folder);
	close(beneath.parent_fd);
	return result;
}

enum result landlock_enter(const char *folder, struct err *err)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	struct ruleset handled = everything(abi);
	enum result result;
	int rules;

	if (abi < 1)
		return RESULT_NONE;
	rules = (int)syscall(SYS_landlock_create_ruleset, &handled, size_of(abi), 0);
	if (rules < 0)
		return RESULT_NONE;
	result = add_folder(rules, &handled, folder, err);
	if (!result && syscall(SYS_landlock_restrict_self, rules, 0) < 0)
		result = RESULT_NONE;
	close(rules);
	return result;
}
