/* When a message says it was written, against when it was received. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/base/alloc.h"
#include "lib/spam/dates.h"
#include "lib/spam/function.h"

enum { TIMES_MOST = 200, HOUR = 3600 };

/* 365.2425 days. */
static const double year = 31556952;

struct times {
	int64_t date, received[TIMES_MOST];
	int has_date;
	size_t count;
};

static void read_date(const struct functions_view *view, struct times *times)
{
	static const char *const keys[] = {"Resent-Date", "Date"};
	struct buf text = {0};
	char *rest, *line;

	for (size_t i = 0; i < 2 && !times->has_date; i++) {
		function_ask(view, keys[i], &text);
		/* Of several the first one that can be read counts. */
		for (rest = text.data; !times->has_date && (line = function_line(&rest));)
			times->has_date = dates_read(line, strlen(line), &times->date);
	}
	buf_fini(&text);
}

static struct pattern date_in_received = {
        "(\\s.?[0-9]+ \\S\\S\\S [0-9]+ [0-9]+:[0-9]+:[0-9]+ \\S+)"};

static int received_time(const char *line, int64_t *out)
{
	struct match_range groups[2];

	return pattern_groups(&date_in_received, line, strlen(line), 0, groups, 2) &&
	       dates_read(line + groups[1].start, groups[1].end - groups[1].start, out);
}

/* What a program that fetches mail wrote is about today, not about the message. */
static int is_local(const char *line)
{
	static struct pattern local = {
	        "\\bfrom (?:localhost\\s|(?:\\S+ ){1,2}\\S*\\b127\\.0\\.0\\.1\\b)|"
	        "qmail [0-9]+ invoked by uid [0-9]+"};

	return pattern_is(&local, line, strlen(line));
}

static int is_fetched(const char *line)
{
	static struct pattern fetched = {"\\bby localhost with \\w+ \\(fetchmail-[0-9.]+"};

	return pattern_is(&fetched, line, strlen(line));
}

static void add_time(struct times *times, const char *line)
{
	if (times->count < TIMES_MOST && received_time(line, &times->received[times->count]))
		times->count++;
}

static int is_empty(const char *line)
{
	return !line[strspn(line, " \t\r")];
}

static void read_received(const struct functions_view *view, struct times *times)
{
	struct buf text = {0};
	char *rest, *line, *held = NULL;
	size_t number = 0;

	function_ask(view, "Received", &text);
	for (rest = text.data; (line = function_line(&rest));) {
		if (is_empty(line))
			continue;
		number++;
		if (number == 1 && is_local(line)) {
			held = line;
			continue;
		}
		if (number == 1 + (held != NULL) && is_fetched(line)) {
			held = NULL;
			continue;
		}
		if (held)
			add_time(times, held);
		held = NULL;
		add_time(times, line);
	}
	if (held)
		add_time(times, held);
	buf_fini(&text);
}

/* Each rule asks for another range of hours. */
static const struct times *times_of(const struct functions_view *view)
{
	struct times *times = kept_find(view->texts->kept, "the times");

	if (!times) {
		times = alloc_zero(1, sizeof(*times));
		kept_put(view->texts->kept, "the times", times, free);
		read_date(view, times);
		read_received(view, times);
	}
	return times;
}

/* The least difference to a Received field, in seconds. The oldest of several doesn't count where
 * it says the same as the message: one program wrote both. */
static int64_t difference(const struct times *times)
{
	int64_t least = 0, one;
	size_t count = times->count;

	if (!times->has_date || !count)
		return 0;
	if (count > 1 && times->received[count - 1] == times->date)
		count--;
	for (size_t i = 0; i < count; i++) {
		one = times->date - times->received[i];
		if (i == 0 || llabs(one) < llabs(least))
			least = one;
	}
	return least;
}

/* Hours that the message is ahead: at least the first, less than the second number. */
unsigned long function_check_for_shifted_date(
        const struct functions_view *view, const struct functions_call *call)
{
	double ahead = (double)difference(times_of(view));

	return ahead >= HOUR * function_number(call, 0, -INFINITY) &&
	       ahead < HOUR * function_number(call, 1, INFINITY);
}

static int descending(const void *left, const void *right)
{
	int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;

	return (a < b) - (a > b);
}

/* When it was received, as most of its dates have it. */
static int64_t likely_time(const struct times *times)
{
	int64_t dates[3] = {0};
	size_t count = 0;

	if (times->has_date)
		dates[count++] = times->date;
	if (times->count)
		dates[count++] = times->received[0];
	if (times->has_date && times->count)
		dates[count++] = times->date - difference(times);
	qsort(dates, count, sizeof(*dates), descending);
	return count ? dates[(count - 1) / 2] : 0;
}

unsigned long function_received_within_months(
        const struct functions_view *view, const struct functions_call *call)
{
	double age = (double)time(NULL) - (double)likely_time(times_of(view));

	return age >= year / 12 * function_number(call, 0, -INFINITY) &&
	       age < year / 12 * function_number(call, 1, INFINITY);
}

/* Outlook puts the time, in its own units, into the Message-ID. */
static int64_t outlook_ticks(int64_t time)
{
	return (int64_t)((double)time * 0.0023283064365387 + 27111902.8329849);
}

unsigned long function_check_outlook_message_id(
        const struct functions_view *view, const struct functions_call *call)
{
	static struct pattern id = {"^<[0-9a-f]{4}([0-9a-f]{8})\\$[0-9a-f]{8}\\$[0-9a-f]{8}@"};
	struct match_range groups[2];
	struct buf text = {0};
	int64_t ticks = 0, date = 0, received = 0;
	int is_outlook;

	function_ask(view, "MESSAGEID", &text);
	is_outlook = pattern_groups(&id, text.data, text.size, 0, groups, 2);
	if (is_outlook) {
		text.data[groups[1].end] = '\0';
		ticks = (int64_t)strtoul(text.data + groups[1].start, NULL, 16);
		function_ask(view, "Date", &text);
		dates_read(text.data, text.size, &date);
		function_ask(view, "Received", &text);
		dates_read(text.data, text.size, &received);
	}
	buf_fini(&text);
	return is_outlook && llabs(ticks - outlook_ticks(date)) >= 250 &&
	       llabs(ticks - outlook_ticks(received)) >= 250;
}
