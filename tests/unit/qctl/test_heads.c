#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "lib/audit/chain.h"
#include "qctl/heads.h"

#define A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static struct heads heads;
static struct err err;

/* Passes entries first to last, each with a hash of such bytes. */
static enum result pass(uint64_t anchor, uint64_t last, uint8_t byte)
{
	Lz__AuditPlace place = LZ__AUDIT_PLACE__INIT;
	Lz__AuditEntry entry = LZ__AUDIT_ENTRY__INIT;
	uint8_t hash[DIGEST_SIZE];

	memset(hash, byte, sizeof(hash));
	place.seq = anchor;
	place.hash = entry.hash = (ProtobufCBinaryData){sizeof(hash), hash};
	heads_begin(&heads, &place);
	for (entry.seq = anchor + 1; entry.seq <= last; entry.seq++)
		heads_pass(&heads, &entry);
	return heads_end(&heads, last, &err);
}

static void a_chain_that_passes_all_heads_is_good(void **state)
{
	assert_int_equal(
	        heads_parse(&heads,
	                "3 2026-11-26T10:00:00Z " A "\n\n7 2026-11-26T10:00:00Z " A "\n", &err),
	        RESULT_OK);
	assert_int_equal(heads_count(&heads), 2);
	assert_int_equal(pass(0, 9, 0xaa), RESULT_OK);
	assert_int_equal(pass(3, 9, 0xaa), RESULT_OK);
	heads_fini(&heads);
}

static void a_cut_tail_a_new_chain_and_a_trimmed_head_are_told_apart(void **state)
{
	assert_int_equal(heads_parse(&heads, "7 2026-11-26T10:00:00Z " A, &err), RESULT_OK);
	assert_int_equal(pass(0, 6, 0xaa), RESULT_PERMANENT);
	assert_non_null(strstr(err.text, "cut off"));
	assert_int_equal(pass(0, 9, 0xbb), RESULT_PERMANENT);
	assert_non_null(strstr(err.text, "entry 7 is another one"));
	assert_int_equal(pass(8, 9, 0xaa), RESULT_PERMANENT);
	assert_non_null(strstr(err.text, "trimmed"));
	heads_fini(&heads);
}

static void what_is_no_head_is_refused(void **state)
{
	static const char *const wrong[] = {
	        "x", "7 " A, "7 t " A "a", "0 t " A, "7 t xx", "-7 t " A};
	size_t at;

	for (at = 0; at < sizeof(wrong) / sizeof(wrong[0]); at++)
		if (heads_parse(&heads, wrong[at], &err) != RESULT_PERMANENT)
			fail_msg("%s", wrong[at]);
	assert_int_equal(heads_read(&heads, "/nowhere/head", &err), RESULT_PERMANENT);
	assert_int_equal(heads_read(&heads, NULL, &err), RESULT_OK);
	assert_int_equal(pass(0, 9, 0xbb), RESULT_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_chain_that_passes_all_heads_is_good),
	        cmocka_unit_test(a_cut_tail_a_new_chain_and_a_trimmed_head_are_told_apart),
	        cmocka_unit_test(what_is_no_head_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
