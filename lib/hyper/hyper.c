#include "lib/hyper/hyper.h"

#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/hyper/library.h"

#if __has_include(<hs.h>)
#include <hs.h>

enum { GROUPS_MOST = 64 };

/* How often a pattern was found, and where its last end was that counts. */
struct counter {
	unsigned times;
	unsigned long long last;
};

struct hyper {
	hs_database_t *groups[GROUPS_MOST];       /* NULL: one without patterns */
	size_t group_count, any_end, ascii_start; /* see library.h */
	hs_scratch_t *scratch;
	struct library_pattern *patterns;
	size_t pattern_count;
	struct counter *counters; /* of each pattern, while a text is looked at */
	unsigned *counted;        /* which must be found more than once */
	size_t counted_count;
	size_t in_count, size;
};

int hyper_is_here(void)
{
	return hs_valid_platform() == HS_SUCCESS;
}

enum result library_key(const struct hyper_pattern *patterns, size_t count, struct digest *out)
{
	struct digest_state state;
	hs_platform_info_t platform;

	if (!hyper_is_here() || hs_populate_platform(&platform) != HS_SUCCESS)
		return RESULT_NONE;
	digest_init(&state);
	digest_add_string(&state, LIBRARY_MAGIC);
	digest_add_string(&state, hs_version());
	digest_add(&state, &platform.tune, sizeof(platform.tune));
	digest_add(&state, &platform.cpu_features, sizeof(platform.cpu_features));
	for (size_t i = 0; i < count; i++) {
		digest_add(&state, &patterns[i].flags, sizeof(patterns[i].flags));
		digest_add_string(&state, patterns[i].text);
	}
	digest_final(&state, out);
	return RESULT_OK;
}

/* ---------------------------------------------------------------- opening */

/* The head, if the bytes are whole and of these patterns. */
static enum result check_head(const void *bytes, size_t size, const struct hyper_pattern *patterns,
        size_t count, struct library_head *head, struct err *err)
{
	struct digest key, body;

	if (library_key(patterns, count, &key))
		return err_set(err, RESULT_NONE, "Hyperscan is not here");
	if (size < sizeof(*head))
		return err_set(err, RESULT_PERMANENT, "too short");
	memcpy(head, bytes, sizeof(*head));
	if (memcmp(head->magic, LIBRARY_MAGIC, sizeof(head->magic)) != 0)
		return err_set(err, RESULT_NONE, "of another version");
	if (memcmp(&head->key, &key, sizeof(key)) != 0)
		return err_set(
		        err, RESULT_NONE, "for other rules, another library or another processor");
	digest_of((const char *)bytes + sizeof(*head), size - sizeof(*head), &body);
	if (memcmp(&head->body, &body, sizeof(body)) != 0)
		return err_set(err, RESULT_PERMANENT, "damaged");
	if (head->patterns != count || head->groups > GROUPS_MOST || head->any_end > head->groups ||
	        head->ascii_start > head->groups ||
	        size - sizeof(*head) < count * sizeof(struct library_pattern))
		return err_set(err, RESULT_PERMANENT, "damaged: its numbers don't fit");
	return RESULT_OK;
}

static enum result open_group(struct hyper *hyper, const char *bytes, size_t size, struct err *err)
{
	hs_database_t **group = &hyper->groups[hyper->group_count];
	size_t loaded = 0;

	if (!size) {
		hyper->group_count++;
		return RESULT_OK;
	}
	if (hs_deserialize_database(bytes, size, group) != HS_SUCCESS)
		return err_set(err, RESULT_PERMANENT, "a group can't be read");
	hyper->group_count++;
	if (hs_alloc_scratch(*group, &hyper->scratch) != HS_SUCCESS)
		return err_set(err, RESULT_PERMANENT, "there is no memory for it");
	hs_database_size(*group, &loaded);
	hyper->size += loaded;
	return RESULT_OK;
}

static enum result open_groups(struct hyper *hyper, const struct library_head *head,
        const char *bytes, size_t size, struct err *err)
{
	enum result result = RESULT_OK;
	uint64_t group_size;

	for (uint64_t i = 0; !result && i < head->groups; i++) {
		if (size < sizeof(group_size))
			return err_set(err, RESULT_PERMANENT, "damaged: a group is missing");
		memcpy(&group_size, bytes, sizeof(group_size));
		bytes += sizeof(group_size);
		size -= sizeof(group_size);
		if (group_size > size)
			return err_set(err, RESULT_PERMANENT, "damaged: a group is cut short");
		result = open_group(hyper, bytes, group_size, err);
		bytes += group_size;
		size -= group_size;
	}
	return result;
}

static void read_patterns(struct hyper *hyper, const char *bytes)
{
	size_t count = hyper->pattern_count;

	hyper->patterns = alloc((count + 1) * sizeof(*hyper->patterns));
	memcpy(hyper->patterns, bytes, count * sizeof(*hyper->patterns));
	hyper->counters = alloc_zero(count + 1, sizeof(*hyper->counters));
	hyper->counted = alloc((count + 1) * sizeof(*hyper->counted));
	for (size_t i = 0; i < count; i++) {
		hyper->in_count += hyper->patterns[i].times != 0;
		if (hyper->patterns[i].times > 1)
			hyper->counted[hyper->counted_count++] = (unsigned)i;
	}
}

enum result hyper_open(const void *bytes, size_t size, const struct hyper_pattern *patterns,
        size_t count, struct hyper **out, struct err *err)
{
	struct library_head head;
	struct hyper *hyper;
	const char *at = (const char *)bytes + sizeof(head);
	enum result result = check_head(bytes, size, patterns, count, &head, err);

	if (result)
		return result;
	hyper = alloc_zero(1, sizeof(*hyper));
	hyper->pattern_count = count;
	hyper->any_end = head.any_end;
	hyper->ascii_start = head.ascii_start;
	read_patterns(hyper, at);
	at += count * sizeof(*hyper->patterns);
	result = open_groups(hyper, &head, at, size - (size_t)(at - (const char *)bytes), err);
	if (result)
		hyper_free(&hyper);
	else
		*out = hyper;
	return result;
}

void hyper_free(struct hyper **hyper)
{
	if (!*hyper)
		return;
	for (size_t i = 0; i < (*hyper)->group_count; i++)
		hs_free_database((*hyper)->groups[i]);
	hs_free_scratch((*hyper)->scratch);
	free((*hyper)->patterns);
	free((*hyper)->counters);
	free((*hyper)->counted);
	free(*hyper);
	*hyper = NULL;
}

int hyper_has(const struct hyper *hyper, size_t pattern)
{
	return pattern < hyper->pattern_count && hyper->patterns[pattern].times;
}

size_t hyper_count(const struct hyper *hyper)
{
	return hyper->in_count;
}

size_t hyper_size(const struct hyper *hyper)
{
	return hyper->size;
}

/* ---------------------------------------------------------------- scanning */

struct told {
	const struct hyper *hyper;
	hyper_found *found;
	void *context;
};

/* Is this the last end that was wanted of it? Ends that are nearer to each other than the pattern
 * is wide are not of two places side by side. */
static int completes(
        const struct library_pattern *pattern, struct counter *counter, unsigned long long end)
{
	if (counter->times && end < counter->last + pattern->apart)
		return 0;
	counter->last = end;
	return ++counter->times == pattern->times;
}

static int on_match(
        unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *context)
{
	const struct told *told = context;
	const struct library_pattern *pattern = &told->hyper->patterns[id];

	if (pattern->times == 1 || completes(pattern, &told->hyper->counters[id], to))
		told->found(told->context, id);
	return 0;
}

static int is_ascii(const char *bytes, size_t size)
{
	uint64_t eight;
	size_t i = 0;

	for (; i + sizeof(eight) <= size; i += sizeof(eight)) {
		memcpy(&eight, bytes + i, sizeof(eight));
		if (eight & 0x8080808080808080)
			return 0;
	}
	for (; i < size; i++) {
		if (bytes[i] & 0x80)
			return 0;
	}
	return 1;
}

enum result hyper_scan(const struct hyper *hyper, const void *bytes, size_t size,
        hyper_found *found, void *context)
{
	struct told told = {hyper, found, context};
	int ascii = is_ascii(bytes, size);
	size_t end = ascii ? hyper->group_count : hyper->any_end;

	if (size > UINT_MAX)
		return RESULT_PERMANENT;
	for (size_t i = 0; i < hyper->counted_count; i++)
		hyper->counters[hyper->counted[i]].times = 0;
	for (size_t i = ascii ? hyper->ascii_start : 0; i < end; i++) {
		if (hyper->groups[i] && hs_scan(hyper->groups[i], bytes, (unsigned)size, 0,
		                                hyper->scratch, on_match, &told) != HS_SUCCESS)
			return RESULT_PERMANENT;
	}
	return RESULT_OK;
}

#else /* built without the library */

int hyper_is_here(void)
{
	return 0;
}

enum result library_key(const struct hyper_pattern *patterns, size_t count, struct digest *out)
{
	return RESULT_NONE;
}

enum result hyper_open(const void *bytes, size_t size, const struct hyper_pattern *patterns,
        size_t count, struct hyper **out, struct err *err)
{
	return err_set(err, RESULT_NONE, "Hyperscan is not here");
}

void hyper_free(struct hyper **hyper)
{
}

int hyper_has(const struct hyper *hyper, size_t pattern)
{
	return 0;
}

size_t hyper_count(const struct hyper *hyper)
{
	return 0;
}

size_t hyper_size(const struct hyper *hyper)
{
	return 0;
}

enum result hyper_scan(const struct hyper *hyper, const void *bytes, size_t size,
        hyper_found *found, void *context)
{
	return RESULT_PERMANENT;
}

#endif
