#include "quarantine/schedule.h"

#include <time.h>

enum { MONDAY = 1, DAYS_A_WEEK = 7, HALF_HOUR_S = 1800 };

static int shows(time_t when, const struct tm *wanted)
{
	struct tm local;

	return localtime_r(&when, &local) && local.tm_mday == wanted->tm_mday &&
	       local.tm_hour == wanted->tm_hour && local.tm_min == wanted->tm_min;
}

/* Of a time that the clock shows twice mktime() gives either, so the earlier one is looked for. */
static time_t first_of(time_t when)
{
	struct tm local;
	int back;

	if (!localtime_r(&when, &local))
		return when;
	for (back = 2; back > 0; back--)
		if (shows(when - back * HALF_HOUR_S, &local))
			return when - back * HALF_HOUR_S;
	return when;
}

static time_t on_day(const struct tm *today, int days, unsigned minutes)
{
	struct tm wanted = {.tm_year = today->tm_year,
	        .tm_mon = today->tm_mon,
	        .tm_mday = today->tm_mday + days,
	        .tm_hour = (int)minutes / 60,
	        .tm_min = (int)minutes % 60,
	        .tm_isdst = -1};

	return first_of(mktime(&wanted));
}

int64_t schedule_next(int64_t now_ms, enum config_every every, unsigned minutes)
{
	time_t now = (time_t)(now_ms / 1000), when;
	int step = every == EVERY_WEEK ? DAYS_A_WEEK : 1, days = 0;
	struct tm today;

	if (!localtime_r(&now, &today))
		return now_ms + (int64_t)step * 24 * 3600 * 1000;
	if (every == EVERY_WEEK)
		days = (MONDAY - today.tm_wday + DAYS_A_WEEK) % DAYS_A_WEEK;
	when = on_day(&today, days, minutes);
	if (when <= now)
		when = on_day(&today, days + step, minutes);
	return (int64_t)when * 1000;
}
