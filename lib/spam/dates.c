#include "lib/spam/dates.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/text.h"
#include "lib/spam/pattern.h"

enum { TEXT_MOST = 4096 };

static const struct {
	const char *name;
	int minutes;
} zones[] = {
        {"UT", 0},
        {"UTC", 0},
        {"GMT", 0},
        {"NDT", -150},
        {"AST", -240},
        {"ADT", -180},
        {"NST", -210},
        {"EST", -300},
        {"EDT", -240},
        {"CST", -360},
        {"CDT", -300},
        {"MST", -420},
        {"MDT", -360},
        {"PST", -480},
        {"PDT", -420},
        {"HST", -600},
        {"AKST", -540},
        {"AKDT", -480},
        {"HADT", -540},
        {"HAST", -600},
        {"WET", 0},
        {"WEST", 60},
        {"BST", 60},
        {"IST", 60},
        {"CET", 60},
        {"CEST", 120},
        {"MET", 60},
        {"MEST", 120},
        {"EET", 120},
        {"EEST", 180},
        {"MSK", 180},
        {"MSD", 240},
        {"JST", 540},
        {"KST", 540},
        {"AEST", 600},
        {"NZST", 720},
        {"NZDT", 780},
        {"MEZ", 60},
        {"MESZ", 120},
        {"BRST", -120},
        {"BRT", -180},
        {"AEDT", 660},
        {"ACST", 570},
        {"ACDT", 630},
        {"AWST", 480},
        {"HKT", 480},
        {"SGT", 480},
        {"PHT", 480},
        {"IDT", 180},
};

struct moment {
	int year, month, day, hour, minute, second;
	int zone_minutes;
};

static int number(const char *text, struct match_range group)
{
	int value = 0;

	if (group.start == MATCH_NO_GROUP)
		return 0;
	for (size_t i = group.start; i < group.end && value < 1000000; i++)
		value = value * 10 + (text[i] - '0');
	return value;
}

static int month(const char *text, struct match_range group)
{
	static const char names[] = "janfebmaraprmayjunjulaugsepoctnovdec";
	const char *found = text_find(names, sizeof(names) - 1,
	        (char[]){text[group.start], text[group.start + 1], text[group.start + 2], '\0'});

	return found ? (int)(found - names) / 3 + 1 : 0;
}

#define MONTH "(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"

static int read_day(const char *text, size_t size, struct moment *moment)
{
	static struct pattern shapes[] = {
	        {" ([0-9]+) " MONTH " ([0-9]{4}) ", MATCH_CASELESS},
	        {" " MONTH " +([0-9]+) [0-9]+:[0-9]+:[0-9]+ ([0-9]{4}) ", MATCH_CASELESS},
	        {" ([0-9]+) " MONTH " ([0-9]{2,3}) ", MATCH_CASELESS},
	};
	struct match_range groups[4];
	size_t digits;

	for (size_t i = 0; i < 3; i++) {
		if (!pattern_groups(&shapes[i], text, size, 0, groups, 4))
			continue;
		moment->day = number(text, groups[i == 1 ? 2 : 1]);
		moment->month = month(text, groups[i == 1 ? 1 : 2]);
		moment->year = number(text, groups[3]);
		digits = groups[3].end - groups[3].start;
		if (digits == 2 && moment->year < 50)
			moment->year += 2000;
		else if (digits != 4)
			moment->year += 1900;
		return 1;
	}
	return 0;
}

static void read_time(const char *text, size_t size, struct moment *moment)
{
	static struct pattern clock = {" ([0-9]?[0-9]):([0-9][0-9])(?::([0-9][0-9]))? "};
	struct match_range groups[4];

	if (!pattern_groups(&clock, text, size, 0, groups, 4))
		return;
	moment->hour = number(text, groups[1]);
	moment->minute = number(text, groups[2]);
	moment->second = number(text, groups[3]);
}

static void read_zone(const char *text, size_t size, struct moment *moment)
{
	static struct pattern offset = {" ([-+])([0-9]{2})([0-9]{2}) "};
	static struct pattern name = {"\\b([A-Z]{2,4}(?:-DST)?)\\b"};
	struct match_range groups[4];
	int minutes;

	if (pattern_groups(&offset, text, size, 0, groups, 4)) {
		minutes = number(text, groups[2]) * 60 + number(text, groups[3]);
		moment->zone_minutes = text[groups[1].start] == '-' ? -minutes : minutes;
	} else if (pattern_groups(&name, text, size, 0, groups, 2)) {
		for (size_t i = 0; i < sizeof(zones) / sizeof(*zones); i++) {
			if (text_same_bytes(text + groups[1].start, groups[1].end - groups[1].start,
			            zones[i].name))
				moment->zone_minutes = zones[i].minutes;
		}
	}
}

static int days_in(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	return days[month - 1] +
	       (month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0));
}

static void make_possible(struct moment *moment)
{
	moment->second = moment->second > 59 ? 59 : moment->second;
	moment->minute = moment->minute > 59 ? 59 : moment->minute;
	moment->hour = moment->hour > 23 ? 23 : moment->hour;
	if (moment->day > days_in(moment->year, moment->month)) {
		moment->day = 1;
		moment->year += moment->month == 12;
		moment->month = moment->month % 12 + 1;
	}
	moment->year = moment->year > 2037 ? 2037 : moment->year < 1970 ? 1970 : moment->year;
}

static int64_t seconds(const struct moment *moment)
{
	int64_t days = 0;

	for (int year = 1970; year < moment->year; year++)
		days += 337 + days_in(year, 2);
	for (int m = 1; m < moment->month; m++)
		days += days_in(moment->year, m);
	days += moment->day - 1;
	return ((days * 24 + moment->hour) * 60 + moment->minute) * 60 + moment->second;
}

int dates_read(const char *text, size_t size, int64_t *out)
{
	struct moment moment = {0};
	struct buf plain = {0};
	int is_date;

	buf_add_char(&plain, ' ');
	for (size_t i = 0; i < size && plain.size < TEXT_MOST; i++) {
		if (!strchr(" \t\r\n", text[i]) || !text[i])
			buf_add_char(&plain, text[i]);
		else if (plain.data[plain.size - 1] != ' ')
			buf_add_char(&plain, ' ');
		if (text[i] == ',')
			buf_add_char(&plain, ' ');
	}
	buf_add_char(&plain, ' ');
	is_date = read_day(plain.data, plain.size, &moment) && moment.day;
	if (is_date) {
		read_time(plain.data, plain.size, &moment);
		read_zone(plain.data, plain.size, &moment);
		make_possible(&moment);
		*out = seconds(&moment) - moment.zone_minutes * 60;
		*out = *out < 0 ? 0 : *out;
	}
	buf_fini(&plain);
	return is_date;
}
