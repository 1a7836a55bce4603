/*
 * Real mail, from the folder that CORPUS names (paths with "ham" in them are ham): how many
 * messages are called ambiguous, and whether every leaf can be cut with nothing else changed for
 * either reader. Without CORPUS the test tells that it was skipped.
 */
#include "tests/unit/lib/mime/support.h"

#include <ftw.h>

#include "lib/base/file.h"
#include "lib/mime/cut.h"
#include "tests/unit/lib/mime/ranges.h"

static struct {
	size_t mails, ham, ham_ambiguous, other_ambiguous;
	size_t cuts, refused, bad_cuts;
} counts;

static void show(const char *path, const struct mime_map *map)
{
	size_t at;

	printf("# ambiguous: %s:", path);
	for (at = 0; at < map->anomaly_count; at++)
		if (mime_anomaly_severity(map->anomalies[at].kind) == 2)
			printf(" %s@%zu", mime_anomaly_name(map->anomalies[at].kind),
			        map->anomalies[at].offset);
	printf("\n");
}

static int is_leaf(const struct mime_part *part)
{
	return !part->is_multipart && !part->child_count && !part->synthetic_count;
}

/* A leaf's cut leaves the tree and both views as they were but for that leaf. */
static void cut_leaf(const char *path, const struct mime_map *map, size_t part)
{
	const struct mime_part *own = &map->parts[part];
	size_t *extra, want = map->part_count - (own->is_synthetic != 0);
	struct cut cut = {0};
	struct buf out = {0};
	struct err err;
	struct mime_map *after;
	struct view *view;

	if (cut_part(&cut, map, part, "This part was taken out.\n--\n", &err) != RESULT_OK) {
		counts.refused++;
		return;
	}
	check_edits(&cut, map);
	cut_apply(&cut, map, &out);
	after = mime_map_new(out.data, out.size, NULL);
	view = view_new(out.data, out.size, NULL);
	counts.cuts++;
	if (view_compare(after, view, &extra) || mime_map_has(after, MIME_ANOMALY_VIEWS_DIFFER) ||
	        after->part_count != want) {
		printf("# cut of part %s differs: %s\n", own->path, path);
		counts.bad_cuts++;
	}
	free(extra);
	view_free(&view);
	mime_map_free(&after);
	buf_fini(&out);
	cut_fini(&cut);
}

static void look_at(const char *path, const struct buf *text)
{
	struct mime_map *map = mime_map_new(text->data, text->size, NULL);
	struct view *view = view_new(text->data, text->size, NULL);
	size_t *extra, part;
	int ambiguous, ham = strstr(path, "ham") != NULL;

	view_compare(map, view, &extra);
	ambiguous = worst_of(map) == 2;
	check_map(map);
	counts.mails++;
	counts.ham += (size_t)ham;
	counts.ham_ambiguous += ham && ambiguous;
	counts.other_ambiguous += !ham && ambiguous;
	if (ambiguous)
		show(path, map);
	for (part = 0; part < map->part_count; part++)
		if (is_leaf(&map->parts[part]) && (ham || !ambiguous))
			cut_leaf(path, map, part);
	free(extra);
	view_free(&view);
	mime_map_free(&map);
}

static int visit(const char *path, const struct stat *status, int kind, struct FTW *ftw)
{
	const char *dot = strrchr(path, '.');
	struct buf text = {0};
	struct err err;

	if (kind != FTW_F || !dot || strcmp(dot, ".eml") != 0)
		return 0;
	if (file_read(path, 1 << 28, &text, &err) == RESULT_OK) {
		buf_add(&text, "", 0);
		look_at(path, &text);
	}
	buf_fini(&text);
	return 0;
}

static void real_mail_is_not_called_ambiguous_and_can_be_cut(void **state)
{
	const char *corpus = getenv("CORPUS");

	if (!corpus)
		skip();
	assert_int_equal(nftw(corpus, visit, 16, FTW_PHYS), 0);
	printf("# %zu mails; ham %zu, of it ambiguous %zu; others ambiguous %zu\n", counts.mails,
	        counts.ham, counts.ham_ambiguous, counts.other_ambiguous);
	printf("# cuts %zu, refused %zu, differing %zu\n", counts.cuts, counts.refused,
	        counts.bad_cuts);
	assert_true(counts.mails > 0);
	assert_true(counts.ham_ambiguous * 1000 <= counts.ham);
	assert_int_equal(counts.bad_cuts, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(real_mail_is_not_called_ambiguous_and_can_be_cut),
	};

	view_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
