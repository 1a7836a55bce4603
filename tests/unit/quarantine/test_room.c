/*
 * A quarantine whose disk is smaller than its map: a file system in memory, of 8 MiB, in a mount
 * namespace of our own.
 */
#include "tests/unit/quarantine/fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>

#include "lib/crypto/digest.h"
#include "quarantine/inside.h"
#include "quarantine/key.h"

enum { DISK = 8 * 1024 * 1024, RESERVE = 2 * 1024 * 1024, BODY = 100 * 1000 };

static struct fixture f;
static char filler[96];

static void names(unsigned number, char id[17], char message[33])
{
	snprintf(id, 17, "item%012u", number);
	snprintf(message, 33, "%032u", number);
}

static enum result put_random(unsigned number)
{
	char *body = alloc(BODY), id[17], message[33];
	enum result result;

	names(number, id, message);
	random_bytes(body, BODY);
	result = put(&f, new_item(id, message, "r@example.com"), body, BODY, start_ms);
	free(body);
	return result;
}

static unsigned fill(unsigned from)
{
	enum result result;

	while (!(result = put_random(from)))
		from++;
	assert_int_equal(result, RESULT_TEMPORARY);
	return from;
}

static enum result delete_one(unsigned number)
{
	Lz__Delete request = LZ__DELETE__INIT;
	char id[17], message[33];

	names(number, id, message);
	request.id = id;
	fixture_begin(&f, start_ms);
	return fixture_end(&f, store_delete(f.store, &request, &f.err));
}

static int set_up(void **state)
{
	memset(&f, 0, sizeof(f));
	snprintf(f.path, sizeof(f.path), "/tmp/lazaret-test-XXXXXX");
	assert_non_null(mkdtemp(f.path));
	*state = (void *)(uintptr_t)(unshare(CLONE_NEWNS) == 0 &&
	                             mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	                             mount("none", f.path, "tmpfs", 0, "size=8m") == 0);
	snprintf(filler, sizeof(filler), "%s/filler", f.path);
	f.options.backend.path = f.path;
	f.options.backend.size = 1024 * 1024 * 1024;
	f.options.reserve = RESERVE;
	f.options.max_item_size = 16 * 1024 * 1024;
	f.options.confirm_timeout_ms = HOUR_MS;
	f.options.rules.keep_ms = 30 * 24 * (int64_t)HOUR_MS;
	f.options.lease_ms = 60 * 1000;
	if (*state)
		fixture_open(&f);
	return 0;
}

static int tear_down(void **state)
{
	store_close(&f.store);
	unlink(filler);
	umount2(f.path, MNT_DETACH);
	rmdir(f.path);
	return 0;
}

static void need_mount(void **state)
{
	if (*state)
		return;
	print_message("# needs to mount a file system: root only\n");
	skip();
}

/* Somebody else takes what the disk still has. */
static void take_the_rest(void)
{
	static const char zeros[4096];
	int fd = open(filler, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	while (write(fd, zeros, sizeof(zeros)) > 0)
		continue;
	assert_int_equal(errno, ENOSPC);
	close(fd);
}

static void the_reserve_is_kept_free_on_the_disk_too(void **state)
{
	unsigned count, first = 0, round, next;
	char id[17], message[33];
	Lz__Release release = LZ__RELEASE__INIT;
	Lz__Released released = LZ__RELEASED__INIT;

	need_mount(state);
	count = next = fill(0);
	assert_string_equal(f.err.text, "quarantine is full");
	assert_in_range(count, 20, (DISK - RESERVE) / BODY);
	names(count - 1, id, message);
	assert_int_equal(confirm(&f, message, NULL, 1, start_ms), RESULT_OK);
	release.id = id;
	fixture_begin(&f, start_ms);
	assert_int_equal(
	        fixture_end(&f, store_release(f.store, &release, &released, &f.err)), RESULT_OK);
	free(released.id);
	free(released.outgoing);
	for (round = 0; round < 3; round++) {
		for (; first < next - 5; first++)
			assert_int_equal(delete_one(first), RESULT_OK);
		next = fill(next);
		fixture_verify(&f);
	}
	assert_true(next > 2 * count);
}

/* Without the check before: the disk itself says that it is full. */
static enum result put_unchecked(struct backend_key *key)
{
	char *bytes = alloc_zero(1, 4 * BODY);
	enum result result;

	fixture_begin(&f, start_ms);
	result = backend_put(f.store->txn, TABLE_META, key, bytes, 4 * BODY, &f.err);
	if (!result)
		result = store_commit(f.store, &f.err);
	store_abort(f.store);
	free(bytes);
	return result;
}

static void a_disk_without_any_room_defers_and_the_process_goes_on(void **state)
{
	struct backend_key key = key_text("large");
	unsigned at;

	need_mount(state);
	for (at = 0; at < 10; at++)
		assert_int_equal(put_random(at), RESULT_OK);
	take_the_rest();
	assert_int_equal(put_random(10), RESULT_TEMPORARY);
	assert_int_equal(put_unchecked(&key), RESULT_TEMPORARY);
	assert_string_equal(f.err.text, "no space on the quarantine's disk");
	fixture_verify(&f);
	unlink(filler);
	assert_int_equal(put_random(10), RESULT_OK);
	fixture_verify(&f);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(the_reserve_is_kept_free_on_the_disk_too),
	        TEST(a_disk_without_any_room_defers_and_the_process_goes_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
