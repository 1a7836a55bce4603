#include "tests/unit/quarantine/fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include "lib/crypto/digest.h"

enum { ROUNDS = 12, SIZE_MAX_BYTES = 200 * 1000 };

static struct fixture f;
/* Never full, so that what recipients have is reckoned and nothing goes that the test looks for. */
static struct config_quota quota = {.each_recipient = 1024 * 1024 * 1024};

/* Bytes that can be made again from the number alone; some parts repeat from item to item, and some
 * are compressed. */
static size_t body_of(unsigned number, char *body)
{
	size_t size = 1000 + number * 48271u % (SIZE_MAX_BYTES - 1000), at;
	uint32_t seed = number / 3 + 1;

	for (at = 0; at < size; at++) {
		seed = seed * 1664525u + 1013904223u;
		body[at] = (char)(number / 3 % 2 ? 'a' + (seed >> 28) : seed >> 24);
	}
	return size;
}

static void names(unsigned number, char id[17], char message[33])
{
	snprintf(id, 17, "item%012u", number);
	snprintf(message, 33, "%032u", number);
}

static void store_one(unsigned number, char *body)
{
	char id[17], message[33];
	Lz__Delete delete = LZ__DELETE__INIT;
	Lz__Item *item;
	size_t size = body_of(number, body);

	names(number, id, message);
	item = new_item(id, message, "r@example.com");
	add_part(item, 100, size / 2);
	strings_set(&item->subject, number % 3 ? "Invoice of March" : "lunch at noon");
	if (put(&f, item, body, size, start_ms + number))
		_exit(1);
	if (number % 2)
		confirm(&f, message, NULL, 1, start_ms + number);
	/* Those before it go, so that pages are freed and used again: every fourth stays. */
	if (number >= 2 && (number - 2) % 4) {
		names(number - 2, id, message);
		delete.id = id;
		fixture_begin(&f, start_ms + number);
		fixture_end(&f, store_delete(f.store, &delete, &f.err));
	}
}

/* Stores until it is killed; each number is written to the pipe only after its item was answered.
 */
static void child(int acknowledged, unsigned number)
{
	char *body = alloc(SIZE_MAX_BYTES);

	fixture_open(&f);
	for (;; number++) {
		store_one(number, body);
		if (write(acknowledged, &number, sizeof(number)) != sizeof(number))
			_exit(2);
	}
}

static unsigned run_until_killed(unsigned from, unsigned delay_us)
{
	int ends[2], status;
	unsigned number, last = from;
	pid_t pid;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid)
		child(ends[1], from);
	close(ends[1]);
	usleep(delay_us);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	assert_true(WIFSIGNALED(status));
	while (read(ends[0], &number, sizeof(number)) == sizeof(number))
		last = number + 1;
	close(ends[0]);
	return last;
}

static void expect_stored(unsigned number, char *body)
{
	char id[17], message[33];
	Lz__Fetch request = LZ__FETCH__INIT;
	Lz__Fetched fetched = LZ__FETCHED__INIT;
	struct buf bytes = {0};
	size_t size = body_of(number, body);

	names(number, id, message);
	request.id = id;
	if (store_fetch(f.store, &request, &fetched, &bytes, &f.err))
		fail_msg("item %u was acknowledged: %s", number, f.err.text);
	assert_int_equal(bytes.size, size);
	assert_memory_equal(bytes.data, body, size);
	free(fetched.sha256);
	buf_fini(&bytes);
}

/* By a word that it has, and not by one that only others have. */
static void expect_found(unsigned number)
{
	static const char *const words[] = {"noon", "march"};
	Lz__List request = LZ__LIST__INIT;
	Lz__Items *items;
	int which;

	request.since_ms = start_ms + number;
	request.until_ms = request.since_ms + 1;
	for (which = 0; which < 2; which++) {
		items = alloc(sizeof(*items));
		lz__items__init(items);
		request.subject = (char *)words[which];
		assert_int_equal(store_list(f.store, &request, items, &f.err), RESULT_OK);
		assert_int_equal(items->n_items, which == (number % 3 != 0));
		message_free((ProtobufCMessage *)items);
	}
}

static void what_was_acknowledged_is_there_after_kill_9(void **state)
{
	char *body = alloc(SIZE_MAX_BYTES);
	unsigned next = 0, round, number, delay_us;

	fixture_new(&f, FIXTURE_MAP);
	store_close(&f.store);
	f.options.rules.quotas = (struct config_quotas){1, &quota};
	for (round = 0; round < ROUNDS; round++) {
		random_bytes(&delay_us, sizeof(delay_us));
		next = run_until_killed(next, 20 * 1000 + delay_us % (150 * 1000));
		fixture_open(&f);
		fixture_verify(&f);
		for (number = 0; number < next; number++)
			/* The one before the last may have been deleted by one that was not
			 * answered. */
			if (number + 1 == next || !(number % 4)) {
				expect_stored(number, body);
				expect_found(number);
			}
		store_close(&f.store);
	}
	assert_true(next > ROUNDS);
	fixture_free(&f);
	free(body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_was_acknowledged_is_there_after_kill_9),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
