#include "qctl/who.h"

#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/base/alloc.h"

char *qctl_who(const struct qctl *qctl)
{
	const char *given = arguments_value(&qctl->arguments, "by"), *sudo = getenv("SUDO_USER");
	const struct passwd *account = getpwuid(getuid());

	if (given)
		return alloc_string(given);
	if (!account)
		return alloc_format("uid %u", (unsigned)getuid());
	if (sudo && !getuid())
		return alloc_format("%s (sudo by %.64s)", account->pw_name, sudo);
	return alloc_string(account->pw_name);
}
