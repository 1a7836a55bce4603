/* A database made: patterns widened, tried, shared out to groups, and these compiled side by side.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/hyper/ascii.h"
#include "lib/hyper/hyper.h"
#include "lib/hyper/library.h"
#include "lib/hyper/widen.h"

#if __has_include(<hs.h>)
#include <hs.h>

/* So many databases are compiled side by side where there are many patterns. More would be done
 * sooner where there are more processors, but each is another pass over every text. What is for
 * texts of ASCII is one more. */
enum { GROUPS_MOST = 2, PATTERNS_FEW = 200 };

/* One pattern as the library gets it. */
struct entry {
	char *text; /* NULL: it stays outside */
	unsigned flags, number;
	int is_refused;               /* the library couldn't take it after all */
	struct library_pattern found; /* when it is */
};

struct group {
	struct entry **entries;
	size_t count;
	char *bytes;
	size_t size;
	int has_failed;
	char why[200];
};

struct work {
	struct entry *entries, *ascii; /* of each pattern; the latter for texts of ASCII */
	size_t count;
	struct group groups[GROUPS_MOST + 1];
	size_t group_count, any_end, ascii_start;
	size_t next, done;
	pthread_mutex_t lock;
	pthread_cond_t some_done;
	hyper_progress *progress;
	void *context;
};

static unsigned flags_of(unsigned flags)
{
	return HS_FLAG_SINGLEMATCH | (flags & HYPER_CASELESS ? HS_FLAG_CASELESS : 0) |
	       (flags & HYPER_MULTILINE ? HS_FLAG_MULTILINE : 0) |
	       (flags & HYPER_DOTALL ? HS_FLAG_DOTALL : 0);
}

/* The least width of what it matches; 0 where the library doesn't accept it, or it matches nothing
 * at all and would be named for each text. */
static unsigned least_width(const struct entry *entry)
{
	hs_expr_info_t *info = NULL;
	hs_compile_error_t *error = NULL;
	int accepted = hs_expression_info(entry->text, entry->flags, &info, &error) == HS_SUCCESS;
	unsigned width = accepted ? info->min_width : 0;

	free(info);
	hs_free_compile_error(error);
	return width;
}

/* To be told of each end takes the library more than of one, which can be too much. */
static int compiles(const struct entry *entry)
{
	hs_compile_error_t *error = NULL;
	hs_database_t *database = NULL;
	int done = hs_compile(entry->text, entry->flags, HS_MODE_BLOCK, NULL, &database, &error) ==
	           HS_SUCCESS;

	hs_free_database(database);
	hs_free_compile_error(error);
	return done;
}

static void count_ends(struct entry *entry, unsigned long times, unsigned width)
{
	struct entry counted = *entry;

	counted.flags &= ~(unsigned)HS_FLAG_SINGLEMATCH;
	counted.found.times = times < UINT16_MAX ? (uint16_t)times : UINT16_MAX;
	counted.found.apart = width < UINT16_MAX ? (uint16_t)width : UINT16_MAX;
	if (compiles(&counted))
		*entry = counted;
}

/* Does the library accept it as something wider that it makes of it itself? */
static int is_accepted_wider(struct entry *entry)
{
	char *text;

	entry->flags |= HS_FLAG_PREFILTER;
	if (least_width(entry))
		return 1;
	text = without_ends(entry->text);
	free(entry->text);
	entry->text = text;
	return least_width(entry) > 0;
}

/* As it is if it can be so, else as something wider, of which it isn't known where it ends: so its
 * ends are not counted. */
static void prepare(struct entry *entry, const struct hyper_pattern *pattern, unsigned number)
{
	struct wide wide;
	unsigned width;

	entry->number = number;
	entry->flags = flags_of(pattern->flags);
	if (!pattern->text || !widen(pattern->text, pattern->flags & HYPER_CASELESS, &wide))
		return;
	entry->text = wide.text;
	entry->found = (struct library_pattern){1, 0};
	width = least_width(entry);
	if (width && wide.times > 1)
		count_ends(entry, wide.times, width);
	if (width || is_accepted_wider(entry))
		return;
	free(entry->text);
	entry->text = NULL;
}

/* ---------------------------------------------------------------- groups */

static int by_length(const void *left, const void *right)
{
	const struct entry *a = *(struct entry *const *)left, *b = *(struct entry *const *)right;
	size_t a_size = strlen(a->text), b_size = strlen(b->text);

	if (a_size != b_size)
		return a_size > b_size ? -1 : 1;
	return a->number < b->number ? -1 : 1;
}

/* Adds groups of these entries. Each gets its share of the long ones, which take longest. */
static void share_out(struct work *work, struct entry *entries, size_t most)
{
	struct entry **all = alloc((work->count + 1) * sizeof(*all));
	struct group *groups = work->groups + work->group_count;
	size_t count = 0, used;

	for (size_t i = 0; i < work->count; i++) {
		if (entries[i].text)
			all[count++] = &entries[i];
	}
	qsort(all, count, sizeof(*all), by_length);
	used = count < PATTERNS_FEW ? 1 : most;
	for (size_t g = 0; g < used; g++)
		groups[g].entries = alloc((count / used + 1) * sizeof(*all));
	for (size_t i = 0; i < count; i++) {
		struct group *group = &groups[i % used];

		group->entries[group->count++] = all[i];
	}
	work->group_count += used;
	free(all);
}

/* 0 where they are the same as those for any text. */
static int make_ascii_forms(struct work *work)
{
	int differ = 0;

	for (size_t i = 0; i < work->count; i++) {
		const char *text = work->entries[i].text;

		work->ascii[i] = work->entries[i];
		work->ascii[i].text = text ? ascii_form(text) : NULL;
		differ |= text && (!work->ascii[i].text || strcmp(text, work->ascii[i].text) != 0);
	}
	return differ;
}

static void make_groups(struct work *work)
{
	share_out(work, work->entries, GROUPS_MOST);
	work->any_end = work->group_count;
	if (!make_ascii_forms(work))
		return;
	work->ascii_start = work->group_count;
	share_out(work, work->ascii, 1);
}

/* The pattern that the library couldn't take after all stays outside. 0 where it names none. */
static int leave_out(struct group *group, const hs_compile_error_t *error)
{
	size_t at = error->expression < 0 ? group->count : (size_t)error->expression;

	if (at >= group->count)
		return 0;
	free(group->entries[at]->text);
	group->entries[at]->text = NULL;
	group->entries[at]->is_refused = 1;
	memmove(group->entries + at, group->entries + at + 1,
	        (--group->count - at) * sizeof(*group->entries));
	return 1;
}

static int compile_once(struct group *group, hs_database_t **out, hs_compile_error_t **error)
{
	const char **texts = alloc((group->count + 1) * sizeof(*texts));
	unsigned *flags = alloc((group->count + 1) * sizeof(*flags));
	unsigned *numbers = alloc((group->count + 1) * sizeof(*numbers));
	int code;

	for (size_t i = 0; i < group->count; i++) {
		texts[i] = group->entries[i]->text;
		flags[i] = group->entries[i]->flags;
		numbers[i] = group->entries[i]->number;
	}
	code = hs_compile_multi(
	        texts, flags, numbers, (unsigned)group->count, HS_MODE_BLOCK, NULL, out, error);
	free(texts);
	free(flags);
	free(numbers);
	return code == HS_SUCCESS;
}

static void compile_group(struct group *group)
{
	hs_compile_error_t *error = NULL;
	hs_database_t *database = NULL;
	int again = 1;

	while (again && group->count && !compile_once(group, &database, &error)) {
		again = leave_out(group, error);
		if (!again)
			snprintf(group->why, sizeof(group->why), "%s", error->message);
		hs_free_compile_error(error);
		error = NULL;
	}
	group->has_failed = !again || (database && hs_serialize_database(database, &group->bytes,
	                                                   &group->size) != HS_SUCCESS);
	hs_free_database(database);
}

/* ---------------------------------------------------------------- side by side */

static void *run(void *context)
{
	struct work *work = context;
	size_t mine;

	for (;;) {
		pthread_mutex_lock(&work->lock);
		mine = work->next++;
		pthread_mutex_unlock(&work->lock);
		if (mine >= work->group_count)
			return NULL;
		compile_group(&work->groups[mine]);
		pthread_mutex_lock(&work->lock);
		work->done++;
		pthread_cond_signal(&work->some_done);
		pthread_mutex_unlock(&work->lock);
	}
}

/* Tells how far it is now and then, as a group can take half a minute. */
static void wait_for_all(struct work *work)
{
	struct timespec until;

	pthread_mutex_lock(&work->lock);
	while (work->done < work->group_count) {
		if (work->progress)
			work->progress(work->context, work->done, work->group_count);
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_sec++;
		pthread_cond_timedwait(&work->some_done, &work->lock, &until);
	}
	pthread_mutex_unlock(&work->lock);
}

static void run_all(struct work *work)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	pthread_t threads[GROUPS_MOST + 1];
	size_t count = 0, wanted = work->group_count;

	wanted = cores > 0 && (size_t)cores < wanted ? (size_t)cores : wanted;
	while (count < wanted && pthread_create(&threads[count], NULL, run, work) == 0)
		count++;
	if (count)
		wait_for_all(work);
	else
		run(work);
	while (count)
		pthread_join(threads[--count], NULL);
	if (work->progress)
		work->progress(work->context, work->group_count, work->group_count);
}

/* ---------------------------------------------------------------- the bytes */

static void write_body(const struct work *work, struct buf *out)
{
	uint64_t size;

	static const struct library_pattern outside;

	for (size_t i = 0; i < work->count; i++) {
		int is_in = work->entries[i].text && !work->ascii[i].is_refused;

		buf_add(out, is_in ? &work->entries[i].found : &outside, sizeof(outside));
	}
	for (size_t g = 0; g < work->group_count; g++) {
		size = work->groups[g].size;
		buf_add(out, &size, sizeof(size));
		if (size)
			buf_add(out, work->groups[g].bytes, size);
	}
}

static void write_all(const struct work *work, const struct digest *key, struct buf *out)
{
	struct library_head head = {.magic = LIBRARY_MAGIC,
	        .key = *key,
	        .patterns = work->count,
	        .groups = work->group_count,
	        .any_end = work->any_end,
	        .ascii_start = work->ascii_start};
	struct buf body = {0};

	write_body(work, &body);
	digest_of(body.data ? body.data : "", body.size, &head.body);
	buf_add(out, &head, sizeof(head));
	buf_add(out, body.data ? body.data : "", body.size);
	buf_fini(&body);
}

static void work_fini(struct work *work)
{
	for (size_t i = 0; i < work->count; i++) {
		free(work->entries[i].text);
		free(work->ascii[i].text);
	}
	for (size_t g = 0; g < work->group_count; g++) {
		free(work->groups[g].entries);
		free(work->groups[g].bytes);
	}
	free(work->entries);
	free(work->ascii);
	pthread_cond_destroy(&work->some_done);
	pthread_mutex_destroy(&work->lock);
}

enum result hyper_compile(const struct hyper_pattern *patterns, size_t count,
        hyper_progress *progress, void *context, struct buf *out, struct err *err)
{
	struct work work = {.count = count, .progress = progress, .context = context};
	enum result result = RESULT_OK;
	struct digest key;

	if (library_key(patterns, count, &key))
		return err_set(
		        err, RESULT_NONE, "Hyperscan is not here, or not for this processor");
	pthread_mutex_init(&work.lock, NULL);
	pthread_cond_init(&work.some_done, NULL);
	work.entries = alloc_zero(count + 1, sizeof(*work.entries));
	work.ascii = alloc_zero(count + 1, sizeof(*work.ascii));
	for (size_t i = 0; i < count; i++)
		prepare(&work.entries[i], &patterns[i], (unsigned)i);
	make_groups(&work);
	run_all(&work);
	for (size_t g = 0; !result && g < work.group_count; g++) {
		if (work.groups[g].has_failed)
			result =
			        err_set(err, RESULT_TEMPORARY, "Hyperscan: %s", work.groups[g].why);
	}
	if (!result)
		write_all(&work, &key, out);
	work_fini(&work);
	return result;
}

#else /* built without the library */

enum result hyper_compile(const struct hyper_pattern *patterns, size_t count,
        hyper_progress *progress, void *context, struct buf *out, struct err *err)
{
	return err_set(err, RESULT_NONE, "this was built without Hyperscan");
}

#endif
