/*
 * For the tests of this folder: archives made by hand or by the usual programs, and a sink that
 * remembers what a walk gave.
 */
#ifndef TESTS_UNIT_LIB_UNPACK_PACK_H
#define TESTS_UNIT_LIB_UNPACK_PACK_H

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/unpack/unpack.h"

enum { PACK_PROBLEMS = UNPACK_AMBIGUOUS + 1, PACK_TRAITS = UNPACK_PACKAGE + 1 };

struct seen {
	struct buf names;    /* one a line */
	struct buf contents; /* one behind the other */
	unsigned problems[PACK_PROBLEMS];
	unsigned traits[PACK_TRAITS];
	unsigned members; /* without aliases */
};

static inline void seen_member(void *context, struct unpack_member *member)
{
	struct seen *seen = context;

	buf_add_format(
	        &seen->names, "\n%s%s\n", member->name, member->is_folder ? " (folder)" : "");
	if (member->content)
		buf_add(&seen->contents, member->content->data, member->content->size);
	seen->members += !member->is_alias;
}

static inline void seen_problem(
        void *context, enum unpack_problem problem, const char *member, const char *detail)
{
	struct seen *seen = context;

	assert_non_null(member);
	assert_non_null(detail);
	seen->problems[problem]++;
}

static inline void seen_trait(void *context, enum unpack_trait trait, const char *detail)
{
	struct seen *seen = context;

	assert_true(detail && *detail);
	seen->traits[trait]++;
}

static inline void walk_with(
        const void *bytes, size_t size, struct unpack_budget *budget, struct seen *seen)
{
	struct unpack_sink sink = {seen, seen_member, seen_problem, seen_trait};

	memset(seen, 0, sizeof(*seen));
	buf_add(&seen->names, "", 0);
	buf_add(&seen->contents, "", 0);
	unpack_walk(bytes, size, budget, &sink);
}

static inline void walk(const struct buf *archive, struct seen *seen)
{
	struct unpack_budget budget = {1000, 64 << 20, 200, clock_monotonic_us() + 10000000};

	walk_with(archive->data, archive->size, &budget, seen);
}

static inline void seen_fini(struct seen *seen)
{
	buf_fini(&seen->names);
	buf_fini(&seen->contents);
}

static inline int has_name(const struct seen *seen, const char *name)
{
	char line[600];

	snprintf(line, sizeof(line), "\n%s\n", name);
	return strstr(seen->names.data, line) != NULL;
}

static inline int has_content(const struct seen *seen, const char *content)
{
	return memmem(seen->contents.data, seen->contents.size, content, strlen(content)) != NULL;
}

static inline unsigned problem_count(const struct seen *seen)
{
	unsigned count = 0;

	for (int at = 0; at < PACK_PROBLEMS; at++)
		count += seen->problems[at];
	return count;
}

/* Traits and passwords that a walk told of, and no other problem. Frees what was seen. */
static inline void expect_told(
        struct seen *seen, const char *what, int macro, int embedded, int encrypted)
{
	if ((seen->traits[UNPACK_MACRO] > 0) != macro ||
	        (seen->traits[UNPACK_EMBEDDED] > 0) != embedded ||
	        (seen->problems[UNPACK_ENCRYPTED] > 0) != encrypted ||
	        problem_count(seen) != seen->problems[UNPACK_ENCRYPTED])
		fail_msg("%s: macros %u, embedded %u, encrypted %u, problems %u", what,
		        seen->traits[UNPACK_MACRO], seen->traits[UNPACK_EMBEDDED],
		        seen->problems[UNPACK_ENCRYPTED], problem_count(seen));
	seen_fini(seen);
}

/* ---------------------------------------------------------------- archives of other programs */

static char pack_folder[PATH_MAX];

static inline int pack_begin(void **state)
{
	unpack_start();
	snprintf(pack_folder, sizeof(pack_folder), "/tmp/test_unpack.XXXXXX");
	return mkdtemp(pack_folder) ? 0 : -1;
}

static inline int pack_end(void **state)
{
	char command[PATH_MAX + 16];

	snprintf(command, sizeof(command), "rm -r %s", pack_folder);
	return system(command);
}

/* Runs a command in the private folder, where a.txt says "clean" and x.exe "payload", and reads the
 * file it made. */
static inline void pack(const char *command, const char *made, struct buf *out)
{
	char line[PATH_MAX + 1024];

	snprintf(line, sizeof(line),
	        "cd %s && rm -rf * && echo clean >a.txt && echo payload >x.exe && (%s) >/dev/null",
	        pack_folder, command);
	assert_int_equal(system(line), 0);
	snprintf(line, sizeof(line), "%s/%s", pack_folder, made);
	assert_int_equal(file_read(line, 64 << 20, out, NULL), RESULT_OK);
}

static inline void little(struct buf *out, unsigned long value, int bytes)
{
	for (; bytes; bytes--, value >>= 8)
		buf_add_char(out, (char)(value & 0xff));
}

#endif
