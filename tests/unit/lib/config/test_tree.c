#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "lib/config/tree.h"

static void refused_bytes(const char *text, size_t size, const char *want)
{
	struct tree *tree = (struct tree *)text;
	struct err err = {0};

	assert_int_equal(tree_parse("f", text, size, &tree, &err), RESULT_PERMANENT);
	assert_null(tree);
	if (strncmp(err.text, want, strlen(want)) != 0)
		fail_msg("found: %s, expected: %s", err.text, want);
}

static void refused(const char *text, const char *want)
{
	refused_bytes(text, strlen(text), want);
}

static void lines_kinds_and_quotes_are_kept(void **state)
{
	const char *text = "a: 1\n\nb:\n  - x\n  - 'y'\nc:\nd: {e: \"\"}\n";
	const struct tree *item;
	struct tree *tree;
	struct err err = {0};

	assert_int_equal(tree_parse("f", text, strlen(text), &tree, &err), RESULT_OK);
	assert_int_equal(tree->kind, TREE_MAP);
	assert_int_equal(tree->count, 4);
	item = tree_get(tree, "b");
	assert_int_equal(item->line, 3);
	assert_int_equal(item->kind, TREE_LIST);
	assert_int_equal(item->items[1].line, 5);
	assert_true(item->items[1].quoted);
	assert_false(item->items[0].quoted);
	assert_true(tree_is_nothing(tree_get(tree, "c")));
	item = tree_get(tree_get(tree, "d"), "e");
	assert_int_equal(item->line, 7);
	assert_false(tree_is_nothing(item));
	assert_null(tree_get(tree, "x"));
	assert_null(tree_get(NULL, "x"));
	tree_free(&tree);
	assert_null(tree);
}

static void an_empty_file_is_nothing(void **state)
{
	struct tree *tree;
	struct err err = {0};

	assert_int_equal(tree_parse("f", "# x\n", 4, &tree, &err), RESULT_OK);
	assert_true(tree_is_nothing(tree));
	assert_int_equal(tree->line, 1);
	tree_free(&tree);
}

static void what_could_unfold_is_refused(void **state)
{
	refused("a: b\nc: &x [1]\n", "f:2: found an anchor (&)");
	refused("a: b\nc: *x\n", "f:2: found an alias (*)");
	refused("&x {a: b}\n", "f:1: found an anchor (&)");
	refused("a: !!str b\n", "f:1: found a tag (!)");
	refused("&k a: b\n", "f:1: found an anchor (&)");
}

static void depth_is_bounded(void **state)
{
	struct tree *tree;
	struct err err = {0};

	assert_int_equal(tree_parse("f", "[[[[[[[[1]]]]]]]]", 17, &tree, &err), RESULT_OK);
	tree_free(&tree);
	refused("a:\n [[[[[[[[1]]]]]]]]\n", "f:2: found too many levels");
}

static void mistakes_have_a_line(void **state)
{
	refused("a: b\nc: [1,\n", "f:3: found a mistake in the YAML");
	refused("a: b\n\tc: d\n", "f:2: found a mistake in the YAML");
	refused("a: b\n---\nc: d\n", "f:2: found a second document");
	refused("a: \"x\\0y\"\n", "f:1: found a NUL character");
	refused("? [a]\n: b\n", "f:1: found a list or map as a key");
	refused_bytes("a: b\nc: \0d\n", 11, "f:2: found a mistake in the YAML");
	refused("a: b\n\nc: \xff\n", "f:3: found a mistake in the YAML");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(lines_kinds_and_quotes_are_kept),
	        cmocka_unit_test(an_empty_file_is_nothing),
	        cmocka_unit_test(what_could_unfold_is_refused),
	        cmocka_unit_test(depth_is_bounded),
	        cmocka_unit_test(mistakes_have_a_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
