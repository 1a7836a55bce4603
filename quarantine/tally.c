#include "quarantine/tally.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/base/alloc.h"
#include "quarantine/key.h"
#include "quarantine/record.h"

enum { DAY_SIZE = 10, DAY_ROOM = 32 };

enum result tally_add(struct backend_txn *txn, const char *name, int64_t change, struct err *err)
{
	struct backend_key key = key_text(name);
	uint64_t number;
	enum result result = number_get(txn, TABLE_TALLY, &key, &number, err);

	if (result || !change)
		return result;
	if (change < 0 && number < (uint64_t)-change)
		return err_set(err, RESULT_PERMANENT, "the tally %s is damaged", name);
	return number_put(txn, TABLE_TALLY, &key, number + (uint64_t)change, err);
}

enum result tally_add_in(struct backend_txn *txn, const char *group, const char *name,
        int64_t change, struct err *err)
{
	char full[2 * TALLY_NAME_MAX];

	snprintf(full, sizeof(full), "%.*s.%.*s", TALLY_NAME_MAX - 1, group, TALLY_NAME_MAX - 1,
	        name);
	return tally_add(txn, full, change, err);
}

static void day_text(int64_t wall_ms, char out[DAY_ROOM])
{
	time_t seconds = (time_t)(wall_ms / 1000);
	struct tm tm;

	gmtime_r(&seconds, &tm);
	snprintf(out, DAY_ROOM, "%04d-%02d-%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
}

static enum result check_name(const char *name, struct err *err)
{
	size_t size = strlen(name);

	if (!size || size > TALLY_NAME_MAX ||
	        strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789._-") != size)
		return err_set(err, RESULT_PERMANENT, "not a counter's name");
	return RESULT_OK;
}

/* Whoever counts can't fill the store with names. */
static enum result check_room(struct backend_txn *txn, const char *day, struct err *err)
{
	struct backend_key prefix = key_pair(day, ""), key = prefix;
	unsigned names = 0;
	enum result result;

	while (!(result = backend_step(txn, TABLE_DAYS, BACKEND_AFTER, &key, NULL, err)) &&
	        key_starts(&key, &prefix))
		if (++names >= TALLY_NAMES_A_DAY)
			return err_set(err, RESULT_PERMANENT, "too many counters for one day");
	return result == RESULT_NONE ? RESULT_OK : result;
}

enum result tally_day(
        struct backend_txn *txn, int64_t now_ms, const char *name, uint64_t count, struct err *err)
{
	char day[DAY_ROOM];
	struct backend_key key;
	uint64_t number;
	enum result result = check_name(name, err);

	if (result || !count)
		return result;
	day_text(now_ms, day);
	key = key_pair(day, name);
	result = number_get(txn, TABLE_DAYS, &key, &number, err);
	if (!result && !number)
		result = check_room(txn, day, err);
	if (result)
		return result;
	if (count > UINT64_MAX - number)
		count = UINT64_MAX - number;
	return number_put(txn, TABLE_DAYS, &key, number + count, err);
}

void tally_list_add(Lz__Counter ***list, size_t *count, const char *name, uint64_t value)
{
	Lz__Counter *counter = alloc(sizeof(*counter));

	lz__counter__init(counter);
	counter->name = alloc_string(name);
	counter->value = value;
	*list = alloc_grow(*list, *count + 1, sizeof(**list));
	(*list)[(*count)++] = counter;
}

static Lz__Day *day_of(Lz__Stats *out, const struct backend_key *key, uint32_t days)
{
	char name[DAY_SIZE + 1];
	Lz__Day *day;

	memcpy(name, key->bytes, DAY_SIZE);
	name[DAY_SIZE] = '\0';
	if (out->n_days && !strcmp(out->days[out->n_days - 1]->day, name))
		return out->days[out->n_days - 1];
	if (out->n_days == days)
		return NULL;
	day = alloc(sizeof(*day));
	lz__day__init(day);
	day->day = alloc_string(name);
	out->days = alloc_grow(out->days, out->n_days + 1, sizeof(*out->days));
	out->days[out->n_days++] = day;
	return day;
}

/* Backwards, so that the newest days come first. */
static enum result read_days(
        struct backend_txn *txn, uint32_t days, Lz__Stats *out, struct err *err)
{
	struct backend_key nothing = {0}, key = key_end_of(&nothing);
	struct buf value = {0};
	char name[TALLY_NAME_MAX + 1];
	uint64_t number;
	enum result result;
	Lz__Day *day;

	while (!(result = backend_step(txn, TABLE_DAYS, BACKEND_BEFORE, &key, &value, err))) {
		result = number_read(&value, &number, err);
		if (result || key.size <= DAY_SIZE + 1 || key.size > DAY_SIZE + 1 + TALLY_NAME_MAX)
			break;
		day = day_of(out, &key, days);
		if (!day)
			break;
		snprintf(name, sizeof(name), "%.*s", (int)(key.size - DAY_SIZE - 1),
		        (const char *)key.bytes + DAY_SIZE + 1);
		tally_list_add(&day->counters, &day->n_counters, name, number);
	}
	buf_fini(&value);
	return result == RESULT_NONE ? RESULT_OK : result;
}

static enum result read_now(struct backend_txn *txn, Lz__Stats *out, struct err *err)
{
	struct backend_key key = key_text(" ");
	struct buf value = {0};
	char name[2 * TALLY_NAME_MAX + 1];
	uint64_t number;
	enum result result;

	while (!(result = backend_step(txn, TABLE_TALLY, BACKEND_AFTER, &key, &value, err))) {
		result = number_read(&value, &number, err);
		if (result)
			break;
		snprintf(name, sizeof(name), "%.*s", (int)key.size, (const char *)key.bytes);
		tally_list_add(&out->now, &out->n_now, name, number);
	}
	buf_fini(&value);
	return result == RESULT_NONE ? RESULT_OK : result;
}

enum result tally_read(struct backend_txn *txn, uint32_t days, Lz__Stats *out, struct err *err)
{
	enum result result = read_days(txn, days, out, err);

	return result ? result : read_now(txn, out, err);
}

enum result tally_forget(struct backend_txn *txn, int64_t before_ms, unsigned most, struct err *err)
{
	char day[DAY_ROOM];
	struct backend_key end, key;
	enum result result = RESULT_OK;

	day_text(before_ms, day);
	end = key_text(day);
	while (!result && most--) {
		key = key_text("0");
		result = backend_step(txn, TABLE_DAYS, BACKEND_AT_LEAST, &key, NULL, err);
		if (!result && memcmp(key.bytes, end.bytes, DAY_SIZE) >= 0)
			result = RESULT_NONE;
		if (!result)
			result = backend_drop(txn, TABLE_DAYS, &key, err);
	}
	return result == RESULT_NONE ? RESULT_OK : result;
}
