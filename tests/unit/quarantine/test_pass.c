#include "tests/unit/quarantine/fixture.h"

#include <sys/stat.h>

#include "lib/base/text.h"
#include "lib/crypto/digest.h"
#include "quarantine/inside.h"
#include "quarantine/pass.h"

static struct fixture f;
static uint8_t key[PASS_KEY_SIZE] = "a key of thirty-two bytes, or so";

static const char one[] = "0123456789abcdef0123456789abcdef",
                  other[] = "ffffffffffffffffffffffffffffffff",
                  sha256[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
                  item[] = "aaaaaaaaaaaaaaaa";

enum { LIFETIME_MS = 1000 };

static Lz__Outgoing outgoing;
static char *to[2] = {"a@example.com", "b@example.com"};

static int set_up(void **state)
{
	fixture_new(&f, 64 << 20);
	lz__outgoing__init(&outgoing);
	outgoing.id = (char *)item;
	outgoing.to = to;
	outgoing.n_to = 2;
	return 0;
}

static int tear_down(void **state)
{
	fixture_free(&f);
	return 0;
}

static void give(char text[PASS_TEXT_ROOM], int64_t now_ms)
{
	fixture_begin(&f, now_ms);
	assert_int_equal(fixture_end(&f, pass_give(f.store->txn, key, &outgoing, sha256, now_ms,
	                                         LIFETIME_MS, text, &f.err)),
	        RESULT_OK);
}

static const char *redeem(const char *text, const char *message, const char *hash,
        const char *for_whom, int64_t now_ms)
{
	Lz__Store request = LZ__STORE__INIT;
	const char *fate;

	request.message_id = (char *)message;
	request.pass = (char *)text;
	request.pass_sha256 = (char *)hash;
	request.pass_to = (char **)&for_whom;
	request.n_pass_to = 1;
	fixture_begin(&f, now_ms);
	assert_int_equal(
	        fixture_end(&f, pass_redeem(f.store->txn, key, &request, now_ms, &fate, &f.err)),
	        RESULT_OK);
	return fate;
}

static void it_lets_one_message_through_once_for_each_recipient(void **state)
{
	char text[PASS_TEXT_ROOM];

	give(text, start_ms);
	assert_string_equal(redeem(text, one, sha256, "a@example.com", start_ms + 1), "redeemed");
	assert_string_equal(redeem(text, one, sha256, "A@EXAMPLE.com", start_ms + 2), "redeemed");
	assert_string_equal(redeem(text, other, sha256, "a@example.com", start_ms + 3), "replayed");
	assert_string_equal(redeem(text, other, sha256, "b@example.com", start_ms + 4), "redeemed");
	assert_string_equal(redeem(text, one, sha256, "c@example.com", start_ms + 5), "foreign");
}

static void what_was_altered_forged_or_is_too_late_lets_nothing_through(void **state)
{
	static const char hash[] =
	        "0000000000000000000000000000000000000000000000000000000000000000";
	char text[PASS_TEXT_ROOM], wrong[PASS_TEXT_ROOM + 1];
	size_t at;

	give(text, start_ms);
	assert_string_equal(redeem(text, one, hash, "a@example.com", start_ms), "altered");
	for (at = 0; text[at]; at++) { /* not a single character may be another one */
		memcpy(wrong, text, sizeof(text));
		wrong[at] = text[at] == '1' ? '2' : '1';
		assert_string_equal(
		        redeem(wrong, one, sha256, "a@example.com", start_ms), "forged");
	}
	assert_string_equal(redeem("", one, sha256, "a@example.com", start_ms), "forged");
	snprintf(wrong, sizeof(wrong), "%s1", text);
	assert_string_equal(redeem(wrong, one, sha256, "a@example.com", start_ms), "forged");
	assert_string_equal(
	        redeem(text, one, sha256, "a@example.com", start_ms + LIFETIME_MS), "expired");
	key[0] ^= 1; /* another quarantine's */
	assert_string_equal(redeem(text, one, sha256, "a@example.com", start_ms), "forged");
	key[0] ^= 1;
	assert_string_equal(redeem(text, one, sha256, "a@example.com", start_ms), "redeemed");
}

static void a_second_try_has_the_same_and_what_was_redeemed_stays_so(void **state)
{
	char first[PASS_TEXT_ROOM], second[PASS_TEXT_ROOM];

	give(first, start_ms);
	assert_string_equal(redeem(first, one, sha256, "a@example.com", start_ms), "redeemed");
	give(second, start_ms + 10);
	assert_string_equal(first, second);
	assert_string_equal(
	        redeem(second, other, sha256, "a@example.com", start_ms + 11), "replayed");
	give(second, start_ms + LIFETIME_MS + 1);
	assert_string_not_equal(first, second);
}

static void what_has_ended_is_removed(void **state)
{
	char text[PASS_TEXT_ROOM];
	enum result result;

	give(text, start_ms);
	fixture_begin(&f, start_ms);
	result = pass_expire(f.store->txn, start_ms + LIFETIME_MS - 1, &f.err);
	fixture_end(&f, RESULT_OK);
	assert_int_equal(result, RESULT_NONE);
	fixture_begin(&f, start_ms);
	assert_int_equal(fixture_end(&f, pass_expire(f.store->txn, start_ms + LIFETIME_MS, &f.err)),
	        RESULT_OK);
	assert_string_equal(redeem(text, one, sha256, "a@example.com", start_ms), "expired");
}

static void the_key_is_made_once_and_for_its_owner_alone(void **state)
{
	char folder[] = "/tmp/lazaret-pass.XXXXXX", path[64];
	uint8_t first[PASS_KEY_SIZE], second[PASS_KEY_SIZE];
	struct stat status;
	struct err err;

	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/pass.key", folder);
	assert_int_equal(pass_key_load(path, first, &err), RESULT_OK);
	assert_int_equal(pass_key_load(path, second, &err), RESULT_OK);
	assert_memory_equal(first, second, PASS_KEY_SIZE);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
	assert_int_equal(chmod(path, 0640), 0);
	assert_int_equal(pass_key_load(path, second, &err), RESULT_PERMANENT);
	assert_int_equal(chmod(path, 0600), 0);
	assert_int_equal(truncate(path, 31), 0);
	assert_int_equal(pass_key_load(path, second, &err), RESULT_PERMANENT);
	unlink(path);
	rmdir(folder);
}

static void the_hash_is_of_lines_however_they_end(void **state)
{
	struct digest a, b;

	digest_of_lines("a\r\nb\rc\n\r\n\r", 10, &a);
	digest_of("a\nb\rc\n\n\r\n", 9, &b);
	assert_memory_equal(a.bytes, b.bytes, DIGEST_SIZE);
	digest_of_lines("", 0, &a);
	digest_of("", 0, &b);
	assert_memory_equal(a.bytes, b.bytes, DIGEST_SIZE);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	        TEST(it_lets_one_message_through_once_for_each_recipient),
	        TEST(what_was_altered_forged_or_is_too_late_lets_nothing_through),
	        TEST(a_second_try_has_the_same_and_what_was_redeemed_stays_so),
	        TEST(what_has_ended_is_removed),
	        TEST(the_key_is_made_once_and_for_its_owner_alone),
	        TEST(the_hash_is_of_lines_however_they_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
