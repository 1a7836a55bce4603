#include "workers/qworker/death.h"

#include <stdio.h>
#include <string.h>

#include "protos/messages.h"

struct death death_bare(const char *why)
{
	return (struct death){.why = why, .part = DEATH_NO_PART, .core = -1};
}

static const char *known(const char *why)
{
	static const char *const whys[] = {"crash", "timeout", "memory"};
	size_t at;

	for (at = 0; at < sizeof(whys) / sizeof(whys[0]); at++)
		if (strcmp(whys[at], why) == 0)
			return whys[at];
	return NULL;
}

/* "-" where there is none. */
static int take_digest(const char *word, struct death *death)
{
	if (strcmp(word, "-") == 0)
		return 1;
	if (strlen(word) != sizeof(death->digest) - 1 ||
	        strspn(word, "0123456789abcdef") != strlen(word))
		return 0;
	memcpy(death->digest, word, sizeof(death->digest));
	return 1;
}

int death_read(const char *text, int *pid, struct death *out)
{
	struct death death = death_bare(NULL);
	char why[16], digest[80], end;
	int number;

	if (sscanf(text, "died %d %15s %15[a-z] %d %d %79s%c", &number, why, death.stage,
	            &death.part, &death.signal, digest, &end) != 6)
		return 0;
	death.why = known(why);
	if (!death.why || number <= 0 || death.part < DEATH_NO_PART ||
	        death.part >= MESSAGE_PARTS_MAX || death.signal < 0 || death.signal > 64)
		return 0;
	if (!take_digest(digest, &death))
		return 0;
	*pid = number;
	*out = death;
	return 1;
}
