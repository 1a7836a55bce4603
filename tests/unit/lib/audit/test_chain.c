/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */

#include <stdio.h>
#include <string.h>

#include "lib/audit/chain.h"

enum { ENTRIES = 5 };

struct made {
	Lz__AuditEntry entry;
	struct digest previous, hash;
};
static struct made made[ENTRIES + 1];

/* Entries 1 to ENTRIES, each in its place of the array. */
static int make_chain(void **state)
{
	unsigned at;

	memset(made, 0, sizeof(made));
	for (at = 1; at <= ENTRIES; at++) {
		lz__audit_entry__init(&made[at].entry);
		made[at].entry.time_ms = 1000 + at;
		made[at].entry.who = (char *)"uid=0";
		made[at].entry.action = (char *)"view";
		made[at].previous = made[at - 1].hash;
		chain_link(&made[at].entry, at, &made[at].previous, &made[at].hash);
	}
	return 0;
}

/* Walks all but `skip`; gives the number of the first that is refused, 0 where none is. */
static unsigned walk(unsigned skip, struct err *err)
{
	struct chain chain;
	unsigned at;

	assert_int_equal(chain_begin(&chain, NULL, err), RESULT_OK);
	for (at = 1; at <= ENTRIES; at++)
		if (at != skip && chain_take(&chain, &made[at].entry, err))
			return at;
	assert_int_equal(chain_end(&chain, err), RESULT_OK);
	return 0;
}

static void a_chain_that_nobody_touched_is_whole(void **state)
{
	struct err err;

	assert_int_equal(walk(0, &err), 0);
}

static void every_field_of_an_entry_counts(void **state)
{
	Lz__AuditEntry *entry = &made[3].entry, before = *entry;
	struct err err;

	entry->who = (char *)"uid=1";
	assert_int_equal(walk(0, &err), 3);
	assert_string_equal(err.text, "entry 3 is not what it was");
	*entry = before;
	entry->action = (char *)"store";
	assert_int_equal(walk(0, &err), 3);
	*entry = before;
	entry->item = (char *)"0123456789abcdef";
	assert_int_equal(walk(0, &err), 3);
	*entry = before;
	entry->why = (char *)"because";
	assert_int_equal(walk(0, &err), 3);
	*entry = before;
	entry->detail = (char *)"because";
	assert_int_equal(walk(0, &err), 3);
	*entry = before;
	entry->time_ms++;
	assert_int_equal(walk(0, &err), 3);
	*entry = before;
	made[3].previous.bytes[31] ^= 1;
	assert_int_equal(walk(0, &err), 3);
	made[3].previous.bytes[31] ^= 1;
	made[3].hash.bytes[0] ^= 1;
	assert_int_equal(walk(0, &err), 3);
	made[3].hash.bytes[0] ^= 1;
	assert_int_equal(walk(0, &err), 0);
}

/* What stands in one field can't be moved into the next. */
static void fields_do_not_run_together(void **state)
{
	struct digest one, other;

	made[1].entry.why = (char *)"ab";
	made[1].entry.detail = (char *)"c";
	chain_hash(&made[1].entry, &one);
	made[1].entry.why = (char *)"a";
	made[1].entry.detail = (char *)"bc";
	chain_hash(&made[1].entry, &other);
	assert_memory_not_equal(&one, &other, sizeof(one));
}

static void an_entry_that_is_gone_is_missed(void **state)
{
	struct err err;

	assert_int_equal(walk(3, &err), 4);
	assert_string_equal(err.text, "entry 3 is missing");
	assert_int_equal(walk(1, &err), 2);
}

/* Made anew with its own number and hash, it still follows from another one. */
static void an_entry_in_anothers_place_does_not_follow(void **state)
{
	struct digest other = {{7}};
	struct err err;

	made[3].previous = other;
	chain_link(&made[3].entry, 3, &made[3].previous, &made[3].hash);
	assert_int_equal(walk(0, &err), 3);
	assert_string_equal(err.text, "entry 3 does not follow from the one before");
}

/* The walk from behind entry 2, where the trim is told in entry 5. */
static enum result walk_trimmed(const char *detail, uint64_t anchor, struct err *err)
{
	Lz__AuditPlace place = LZ__AUDIT_PLACE__INIT;
	struct chain chain;
	unsigned at;

	made[5].entry.action = (char *)"trim";
	made[5].entry.detail = (char *)detail;
	chain_link(&made[5].entry, 5, &made[5].previous, &made[5].hash);
	place.seq = anchor;
	place.hash = made[anchor].entry.hash;
	assert_int_equal(chain_begin(&chain, &place, err), RESULT_OK);
	for (at = (unsigned)anchor + 1; at <= ENTRIES; at++)
		if (chain_take(&chain, &made[at].entry, err))
			return RESULT_PERMANENT;
	return chain_end(&chain, err);
}

static void what_was_trimmed_must_be_told_by_the_last_trim(void **state)
{
	char detail[CHAIN_PLACE_ROOM];
	struct err err;

	chain_place_text(2, &made[2].hash, detail);
	assert_int_equal(walk_trimmed(detail, 2, &err), RESULT_OK);
	/* more was cut off than was told */
	assert_int_equal(walk_trimmed(detail, 3, &err), RESULT_PERMANENT);
	assert_string_equal(err.text, "it begins behind entry 3, but was trimmed to entry 2");
	assert_int_equal(walk_trimmed("no place", 2, &err), RESULT_PERMANENT);
}

static void a_place_is_read_as_it_was_written_and_nothing_else_is_one(void **state)
{
	static const char *const wrong[] = {"", "7", "7 ", "x 00", "-1 00",
	        "7 zz00000000000000000000000000000000000000000000000000000000000000"};
	static const char too_large[] =
	        "99999999999999999999 "
	        "0000000000000000000000000000000000000000000000000000000000000000";
	struct digest hash = {{1, 2, 254}}, read;
	char text[CHAIN_PLACE_ROOM];
	uint64_t seq;
	size_t at;

	chain_place_text(UINT64_MAX, &hash, text);
	assert_true(chain_place_read(text, &seq, &read));
	assert_true(seq == UINT64_MAX);
	assert_memory_equal(&read, &hash, sizeof(hash));
	for (at = 0; at < sizeof(wrong) / sizeof(wrong[0]); at++)
		assert_false(chain_place_read(wrong[at], &seq, &read));
	assert_false(chain_place_read(too_large, &seq, &read));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup(a_chain_that_nobody_touched_is_whole, make_chain),
	        cmocka_unit_test_setup(every_field_of_an_entry_counts, make_chain),
	        cmocka_unit_test_setup(fields_do_not_run_together, make_chain),
	        cmocka_unit_test_setup(an_entry_that_is_gone_is_missed, make_chain),
	        cmocka_unit_test_setup(an_entry_in_anothers_place_does_not_follow, make_chain),
	        cmocka_unit_test_setup(what_was_trimmed_must_be_told_by_the_last_trim, make_chain),
	        cmocka_unit_test(a_place_is_read_as_it_was_written_and_nothing_else_is_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
