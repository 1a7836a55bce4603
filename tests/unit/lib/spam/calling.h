/*
 * For the tests of the functions that rules call: one function called for one mail, with lists of
 * the test's own.
 */
#ifndef TESTS_UNIT_LIB_SPAM_CALLING_H
#define TESTS_UNIT_LIB_SPAM_CALLING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/alloc.h"
#include "lib/spam/functions.h"

static struct lists *lists; /* of the test that runs */

static inline int start(void **state)
{
	lists = lists_new();
	return 0;
}

static inline int stop(void **state)
{
	lists_free(&lists);
	return 0;
}

static inline unsigned long call(
        const char *mail, int is_raw, const char *name, char *const *arguments)
{
	const struct functions_entry *entry = functions_find(name);
	struct functions_call one = {arguments, 0, is_raw};
	struct mime_map *map = mime_map_new(mail, strlen(mail), NULL);
	struct functions_view view = {map, NULL, lists, NULL};
	struct texts texts;
	unsigned long hits;

	while (arguments[one.count])
		one.count++;
	assert_non_null(entry);
	assert_non_null(entry->run);
	texts_build(&(struct texts_input){.map = map, .lists = lists}, &texts);
	view.texts = &texts;
	hits = entry->run(&view, &one);
	texts_fini(&texts);
	mime_map_free(&map);
	return hits;
}

#define CALL(mail, name, ...) call(mail, 0, name, (char *[]){__VA_ARGS__, NULL})
#define HITS(mail, ...) assert_int_equal(CALL(mail, __VA_ARGS__), 1)
#define MISSES(mail, ...) assert_int_equal(CALL(mail, __VA_ARGS__), 0)

/* A message of HTML. */
#define HTML(source) "Subject: offer\nContent-Type: text/html\n\n" source

/* A message that came over two relays of the public internet. */
#define FROM_TO(helo, rdns, ip, by)                                                                \
	"Received: from " helo " (" rdns " [" ip "]) by " by                                       \
	" (8.11/8.11) with ESMTP id A1B2; Mon, 2 Sep 2002 10:00:00 +0000\n"

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

#endif
