#include "lib/base/age.h"

#include <stdio.h>

int64_t age_ms(int64_t made_s, int64_t now_ms)
{
	if (made_s <= 0 || made_s > now_ms / 1000)
		return 0;
	return now_ms - made_s * 1000;
}

int age_exceeds(int64_t made_s, int64_t now_ms, int64_t limit_ms)
{
	return limit_ms > 0 && age_ms(made_s, now_ms) > limit_ms;
}

void age_text(int64_t age, char out[AGE_ROOM])
{
	static const struct {
		const char *word;
		int64_t ms;
	} units[] = {{"day", 86400000}, {"hour", 3600000}, {"minute", 60000}};
	int64_t count;
	int at = 0;

	while (at < 2 && age < 2 * units[at].ms)
		at++;
	count = age / units[at].ms;
	snprintf(out, AGE_ROOM, "%lld %s%s", (long long)count, units[at].word,
	        count == 1 ? "" : "s");
}
