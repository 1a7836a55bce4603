#include "tests/unit/quarantine/fixture.h"

#include "lib/crypto/digest.h"
#include "quarantine/blob.h"
#include "quarantine/key.h"
#include "quarantine/record.h"
#include "quarantine/tally.h"

enum { SIZE = 5 * 65280 + 1234, MAP = 64 * 1024 * 1024 };

static char path[64], body[SIZE];
static struct backend *backend;
static struct backend_txn *txn;
static struct pack *pack;
static struct err err;

static int set_up(void **state)
{
	struct backend_options options = {.path = path, .size = MAP};

	snprintf(path, sizeof(path), "/tmp/lazaret-test-XXXXXX");
	assert_non_null(mkdtemp(path));
	assert_int_equal(backend_lmdb.open(&options, &backend, &err), RESULT_OK);
	assert_int_equal(backend_lmdb.begin(backend, BACKEND_WRITE, &txn, &err), RESULT_OK);
	pack = pack_new(3);
	return 0;
}

static int tear_down(void **state)
{
	static const char *const files[] = {"data.mdb", "lock.mdb", "qstore.lock"};
	char name[128];
	size_t at;

	pack_free(&pack);
	if (txn)
		backend_lmdb.abort(&txn);
	backend_lmdb.close(&backend);
	for (at = 0; at < 3; at++) {
		snprintf(name, sizeof(name), "%s/%s", path, files[at]);
		unlink(name);
	}
	rmdir(path);
	return 0;
}

/* As the text of mails: no two lines are alike, and all of them shrink. */
static void make_text(void)
{
	unsigned line, at = 0;

	for (line = 0; at < SIZE; line++)
		at += (unsigned)snprintf(body + at, SIZE - at, "This is line %u of %x\r\n", line,
		        line * 2654435761u);
}

static Lz__KeptBlob *record_of(const struct digest *name)
{
	struct backend_key key = key_bytes(name->bytes, DIGEST_SIZE);
	Lz__KeptBlob *record = NULL;

	if (record_get(txn, TABLE_BLOBS, &key, &lz__kept_blob__descriptor, (void **)&record, &err))
		return NULL;
	return record;
}

static uint64_t entries_in(enum backend_table table)
{
	struct backend_key key = key_bytes("", 1);
	uint64_t count = 0;

	while (!backend_step(txn, table, BACKEND_AFTER, &key, NULL, &err))
		count++;
	return count;
}

static void expect_range(const struct digest *name, uint64_t offset, uint64_t size)
{
	struct buf bytes = {0};

	assert_int_equal(blob_read(txn, name, offset, size, &bytes, &err), RESULT_OK);
	assert_int_equal(bytes.size, size);
	assert_memory_equal(bytes.data, body + offset, size);
	buf_fini(&bytes);
}

static void expect_ranges(const struct digest *name)
{
	expect_range(name, 0, SIZE);
	expect_range(name, 0, 1);
	expect_range(name, SIZE - 1, 1);
	expect_range(name, 65279, 2);
	expect_range(name, 65280, 65280);
	expect_range(name, 4079, 130562);
	assert_int_equal(blob_check(txn, name, &err), RESULT_OK);
}

static void a_text_is_compressed_and_any_range_of_it_comes_back(void **state)
{
	struct digest name, plain;
	Lz__KeptBlob *record;

	make_text();
	digest_of(body, SIZE, &plain);
	assert_int_equal(blob_put(txn, body, SIZE, pack, &name, &err), RESULT_OK);
	assert_memory_equal(&name, &plain, sizeof(name));
	record = record_of(&name);
	assert_int_equal(record->packing, PACKING_ZSTD);
	assert_true(record->stored < SIZE / 2);
	assert_int_equal(record->size, SIZE);
	assert_int_equal(entries_in(TABLE_CHUNKS), record->chunks);
	message_free(&record->base);
	expect_ranges(&name);
}

static void what_does_not_shrink_at_its_beginning_is_kept_as_it_is(void **state)
{
	struct digest name;
	Lz__KeptBlob *record;

	make_text();
	random_bytes(body, 65280);
	assert_int_equal(blob_put(txn, body, SIZE, pack, &name, &err), RESULT_OK);
	record = record_of(&name);
	assert_int_equal(record->packing, PACKING_PLAIN);
	assert_int_equal(record->stored, SIZE);
	message_free(&record->base);
	expect_ranges(&name);
}

/* A frame of what does not shrink is a little larger than its chunk. */
static void random_bytes_behind_a_text_are_kept_whole(void **state)
{
	struct digest name;
	Lz__KeptBlob *record;

	make_text();
	random_bytes(body + 65280, SIZE - 65280);
	assert_int_equal(blob_put(txn, body, SIZE, pack, &name, &err), RESULT_OK);
	record = record_of(&name);
	assert_int_equal(record->packing, PACKING_ZSTD);
	assert_int_equal(entries_in(TABLE_CHUNKS), record->chunks);
	message_free(&record->base);
	expect_ranges(&name);
	assert_int_equal(blob_drop(txn, &name, &err), RESULT_OK);
	assert_int_equal(entries_in(TABLE_CHUNKS), 0);
	assert_int_equal(entries_in(TABLE_BLOBS), 0);
	assert_int_equal(entries_in(TABLE_TALLY), 0);
}

static void without_compression_it_is_in_pieces_of_a_page(void **state)
{
	struct backend_key key = key_bytes("", 1);
	struct buf value = {0};
	struct digest name;

	make_text();
	assert_int_equal(blob_put(txn, body, SIZE, NULL, &name, &err), RESULT_OK);
	expect_ranges(&name);
	while (!backend_step(txn, TABLE_CHUNKS, BACKEND_AFTER, &key, &value, &err))
		assert_true(value.size <= BACKEND_PIECE);
	buf_fini(&value);
}

/* As a store of before has it: whole chunks of 65,520 bytes, and a record without the newer fields.
 */
static void put_as_before(struct digest *name)
{
	Lz__KeptBlob record = LZ__KEPT_BLOB__INIT;
	struct backend_key key;
	uint32_t number;

	digest_of(body, SIZE, name);
	key = key_bytes(name->bytes, DIGEST_SIZE);
	assert_int_equal(tally_add(txn, "blobs", 1, &err), RESULT_OK);
	assert_int_equal(tally_add(txn, "blob_bytes", SIZE, &err), RESULT_OK);
	record.references = 1;
	record.size = SIZE;
	record.chunks = (SIZE + BACKEND_CHUNK - 1) / BACKEND_CHUNK;
	assert_int_equal(record_put(txn, TABLE_BLOBS, &key, &record, &err), RESULT_OK);
	for (number = 0; number < record.chunks; number++) {
		size_t at = (size_t)number * BACKEND_CHUNK;

		key = key_chunk(name->bytes, number);
		assert_int_equal(
		        backend_put(txn, TABLE_CHUNKS, &key, body + at,
		                SIZE - at < BACKEND_CHUNK ? SIZE - at : BACKEND_CHUNK, &err),
		        RESULT_OK);
	}
}

static void what_an_earlier_version_kept_is_read_counted_and_mended(void **state)
{
	struct digest name, again;
	struct backend_key key;
	Lz__KeptBlob *record;

	make_text();
	put_as_before(&name);
	expect_ranges(&name);
	key = key_chunk(name.bytes, 2);
	assert_int_equal(backend_put(txn, TABLE_CHUNKS, &key, "x", 1, &err), RESULT_OK);
	assert_int_equal(blob_check(txn, &name, &err), RESULT_PERMANENT);
	assert_int_equal(blob_put(txn, body, SIZE, pack, &again, &err), RESULT_OK);
	expect_ranges(&name);
	record = record_of(&name);
	assert_int_equal(record->references, 2);
	assert_int_equal(record->packing, PACKING_CHUNKS);
	message_free(&record->base);
}

static void a_changed_or_lost_piece_is_found_and_mended(void **state)
{
	struct backend_key key;
	struct digest name;
	uint32_t piece;

	make_text();
	assert_int_equal(blob_put(txn, body, SIZE, pack, &name, &err), RESULT_OK);
	for (piece = 0; piece < 2; piece++) {
		key = key_chunk(name.bytes, 32 + piece);
		assert_int_equal(
		        backend_put(txn, TABLE_CHUNKS, &key, "damage", 6, &err), RESULT_OK);
		assert_int_equal(blob_check(txn, &name, &err), RESULT_PERMANENT);
		assert_int_equal(blob_mend(txn, &name, body, SIZE, &err), RESULT_OK);
		expect_ranges(&name);
		assert_int_equal(backend_drop(txn, TABLE_CHUNKS, &key, &err), RESULT_OK);
		assert_int_equal(blob_check(txn, &name, &err), RESULT_PERMANENT);
		assert_int_equal(blob_mend(txn, &name, body, SIZE, &err), RESULT_OK);
		expect_ranges(&name);
	}
	assert_int_equal(blob_drop(txn, &name, &err), RESULT_OK);
	assert_int_equal(entries_in(TABLE_CHUNKS), 0);
	assert_int_equal(entries_in(TABLE_TALLY), 0);
}

static void a_record_that_lies_is_damage_and_nothing_worse(void **state)
{
	struct backend_key key;
	Lz__KeptBlob *record;
	struct digest name;
	struct buf bytes = {0};

	make_text();
	assert_int_equal(blob_put(txn, body, SIZE, pack, &name, &err), RESULT_OK);
	key = key_bytes(name.bytes, DIGEST_SIZE);
	record = record_of(&name);
	record->size = UINT64_MAX;
	assert_int_equal(record_put(txn, TABLE_BLOBS, &key, record, &err), RESULT_OK);
	assert_int_equal(blob_check(txn, &name, &err), RESULT_PERMANENT);
	assert_int_equal(blob_read(txn, &name, SIZE - 5, 1000000, &bytes, &err), RESULT_PERMANENT);
	record->size = SIZE;
	record->packing = 77;
	assert_int_equal(record_put(txn, TABLE_BLOBS, &key, record, &err), RESULT_OK);
	assert_int_equal(blob_check(txn, &name, &err), RESULT_PERMANENT);
	message_free(&record->base);
	buf_fini(&bytes);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	        TEST(a_text_is_compressed_and_any_range_of_it_comes_back),
	        TEST(what_does_not_shrink_at_its_beginning_is_kept_as_it_is),
	        TEST(random_bytes_behind_a_text_are_kept_whole),
	        TEST(without_compression_it_is_in_pieces_of_a_page),
	        TEST(what_an_earlier_version_kept_is_read_counted_and_mended),
	        TEST(a_changed_or_lost_piece_is_found_and_mended),
	        TEST(a_record_that_lies_is_damage_and_nothing_worse),
	};
#undef TEST

	return cmocka_run_group_tests(tests, NULL, NULL);
}
