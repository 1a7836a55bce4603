#include "lib/hyper/hyper.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/hyper/library.h"

#if __has_include(<hs.h>)
#include <hs.h>

enum { GROUPS_MOST = 64 };

struct hyper {
	hs_database_t *groups[GROUPS_MOST];
	size_t group_count;
	hs_scratch_t *scratch;
	unsigned char *has; /* of each pattern */
	size_t pattern_count;
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
	if (head->patterns != count || head->groups > GROUPS_MOST || size - sizeof(*head) < count)
		return err_set(err, RESULT_PERMANENT, "damaged: its numbers don't fit");
	return RESULT_OK;
}

static enum result open_group(struct hyper *hyper, const char *bytes, size_t size, struct err *err)
{
	hs_database_t **group = &hyper->groups[hyper->group_count];
	size_t loaded = 0;

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
	hyper->has = (unsigned char *)alloc_bytes(at, count);
	for (size_t i = 0; i < count; i++)
		hyper->in_count += hyper->has[i] != 0;
	result = open_groups(hyper, &head, at + count, size - sizeof(head) - count, err);
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
	free((*hyper)->has);
	free(*hyper);
	*hyper = NULL;
}

int hyper_has(const struct hyper *hyper, size_t pattern)
{
	return pattern < hyper->pattern_count && hyper->has[pattern];
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
	hyper_found *found;
	void *context;
};

static int on_match(
        unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *context)
{
	const struct told *told = context;

	told->found(told->context, id);
	return 0;
}

enum result hyper_scan(const struct hyper *hyper, const void *bytes, size_t size,
        hyper_found *found, void *context)
{
	struct told told = {found, context};

	if (size > UINT_MAX)
		return RESULT_PERMANENT;
	for (size_t i = 0; i < hyper->group_count; i++) {
		if (hs_scan(hyper->groups[i], bytes, (unsigned)size, 0, hyper->scratch, on_match,
		            &told) != HS_SUCCESS)
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
