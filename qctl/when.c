#include "qctl/when.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/base/text.h"

enum { DAY_MS = 24 * 3600 * 1000 };

enum result when_duration(const char *text, int64_t *out, struct err *err)
{
	static const struct {
		char unit;
		int64_t ms;
	} units[] = {{'s', 1000}, {'m', 60 * 1000}, {'h', 3600 * 1000}, {'d', DAY_MS},
	        {'w', 7 * (int64_t)DAY_MS}};
	size_t digits = strspn(text, "0123456789"), at;

	if (digits && digits <= 6 && text[digits] && !text[digits + 1])
		for (at = 0; at < sizeof(units) / sizeof(units[0]); at++)
			if (units[at].unit == text[digits]) {
				*out = atoll(text) * units[at].ms;
				return RESULT_OK;
			}
	return err_set(
	        err, RESULT_PERMANENT, "\"%s\" is not a duration such as 90s, 30m, 2h, 3d", text);
}

/* timegm() accepts the 31st of February and makes March of it: what doesn't come back is wrong. */
static int from_calendar(struct tm *tm, int64_t *out)
{
	struct tm asked = *tm;
	time_t seconds = timegm(tm);

	if (tm->tm_mday != asked.tm_mday || tm->tm_mon != asked.tm_mon ||
	        tm->tm_hour != asked.tm_hour)
		return 0;
	*out = (int64_t)seconds * 1000;
	return 1;
}

static int parse_calendar(const char *text, int64_t *out)
{
	static const char *const forms[] = {"%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M",
	        "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"};
	const char *end;
	struct tm tm;
	size_t at;

	for (at = 0; at < sizeof(forms) / sizeof(forms[0]); at++) {
		memset(&tm, 0, sizeof(tm));
		end = strptime(text, forms[at], &tm);
		if (end && (!*end || !strcmp(end, "Z")))
			return from_calendar(&tm, out);
	}
	return 0;
}

enum result when_parse(const char *text, int64_t now_ms, int64_t *out, struct err *err)
{
	int64_t today_ms = now_ms - now_ms % DAY_MS, ago_ms;

	if (text_same(text, "today"))
		*out = today_ms;
	else if (text_same(text, "yesterday"))
		*out = today_ms - DAY_MS;
	else if (!when_duration(text, &ago_ms, NULL))
		*out = now_ms - ago_ms;
	else if (!parse_calendar(text, out))
		return err_set(err, RESULT_PERMANENT,
		        "\"%s\" is not a time: try 2h, 3d, yesterday, 2026-11-22 or "
		        "\"2026-11-22 10:30\"",
		        text);
	return RESULT_OK;
}
