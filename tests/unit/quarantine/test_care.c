/* An environment is opened once in a process, so whatever looks at it from beside is a child here.
 */
#include <sys/wait.h>

#include "tests/unit/quarantine/fixture.h"

#include "lib/base/file.h"
#include "quarantine/audit.h"
#include "quarantine/care.h"
#include "quarantine/model_copy.h"
#include "quarantine/model_disk.h"

static struct fixture f;
static char folder[80], model_path[80];

static struct config *config_of(void)
{
	char *text = alloc_format("site: {name: a.example.org, admin: a@example.org}\n"
	                          "front: {next_hop: '127.0.0.1:10026'}\n"
	                          "quarantine: {path: %s, map_size: 64M, max_item_size: 16M}\n"
	                          "size: {max_size: 16M}\n"
	                          "spam: {model: {path: %s}}\n",
	        f.path, model_path);
	struct config *config = NULL;
	struct err err;

	if (config_parse("t.yaml", text, strlen(text), &config, &err))
		fail_msg("%s", err.text);
	free(text);
	return config;
}

/* Nothing is asserted in the child: a test that fails there would go on in it. */
static int run(enum care_what what, const char *where)
{
	const struct care care = {what, where};
	struct config *config = config_of();
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (!freopen("/dev/null", "w", stdout) || !freopen("/dev/null", "w", stderr))
			_exit(99);
		_exit(care_run(config, &care));
	}
	config_free(&config);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void add(unsigned number)
{
	char id[17], message[33], body[64];

	snprintf(id, sizeof(id), "bbbb%012u", number);
	snprintf(message, sizeof(message), "%032u", number);
	snprintf(body, sizeof(body), "body %u", number);
	assert_int_equal(
	        put(&f, new_item(id, message, "r@example.com"), body, strlen(body), start_ms),
	        RESULT_OK);
}

static int set_up(void **state)
{
	unsigned number;

	fixture_new(&f, FIXTURE_MAP);
	for (number = 0; number < 50; number++)
		add(number);
	snprintf(folder, sizeof(folder), "%s-copy", f.path);
	snprintf(model_path, sizeof(model_path), "%s-model", f.path);
	return 0;
}

static int tear_down(void **state)
{
	char *line = alloc_format("rm -rf %s %s %s", folder, model_path, f.path);
	int bad;

	store_close(&f.store);
	bad = system(line);
	free(line);
	return bad;
}

static uint64_t items(void)
{
	struct store_report report = {0};

	assert_int_equal(store_verify(f.store, &report, &f.err), RESULT_OK);
	assert_int_equal(report.problems, 0);
	return report.items;
}

static void a_store_in_use_is_verified_from_beside(void **state)
{
	assert_int_equal(run(CARE_VERIFY, NULL), 0);
	add(50);
	assert_int_equal(items(), 51);
}

static void a_backup_is_of_one_moment_and_restores_it(void **state)
{
	assert_int_equal(run(CARE_BACKUP, folder), 0);
	add(50);
	assert_int_equal(run(CARE_VERIFY, folder), 0);
	assert_int_not_equal(run(CARE_RESTORE, folder), 0); /* it is in use */
	assert_int_equal(items(), 51);
	store_close(&f.store);
	assert_int_equal(run(CARE_RESTORE, folder), 0);
	fixture_open(&f);
	assert_int_equal(items(), 50);
	add(51);
	assert_int_equal(items(), 51);
}

static void what_was_replaced_is_kept(void **state)
{
	struct stat st;
	char *path;

	assert_int_equal(run(CARE_BACKUP, folder), 0);
	store_close(&f.store);
	assert_int_equal(run(CARE_RESTORE, folder), 0);
	assert_int_equal(run(CARE_RESTORE, folder), 0);
	path = alloc_format("%s/replaced-2.mdb", f.path);
	assert_int_equal(stat(path, &st), 0);
	free(path);
	path = alloc_format("%s/restored.mdb", f.path);
	assert_int_not_equal(stat(path, &st), 0);
	free(path);
}

static void a_backup_goes_into_an_empty_folder_only(void **state)
{
	char *path = alloc_format("%s/other", folder);
	FILE *file;

	assert_int_equal(mkdir(folder, 0700), 0);
	file = fopen(path, "w");
	assert_non_null(file);
	fclose(file);
	assert_int_equal(run(CARE_BACKUP, folder), 78);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(run(CARE_BACKUP, folder), 0);
	free(path);
}

static void a_damaged_backup_is_not_restored(void **state)
{
	char *path = alloc_format("%s/data.mdb", folder);
	FILE *file;
	long at;

	assert_int_equal(run(CARE_BACKUP, folder), 0);
	file = fopen(path, "r+");
	assert_non_null(file);
	/* All bodies begin so; one of them is changed. */
	for (at = 0; fseek(file, at, SEEK_SET) == 0; at++) {
		char found[6] = "";

		if (fread(found, 1, 5, file) != 5)
			fail_msg("no body is in the copy");
		if (memcmp(found, "body ", 5) == 0)
			break;
	}
	assert_int_equal(fseek(file, at, SEEK_SET), 0);
	fputs("BODY", file);
	fclose(file);
	assert_int_equal(run(CARE_VERIFY, folder), 1);
	store_close(&f.store);
	assert_int_equal(run(CARE_RESTORE, folder), 1);
	fixture_open(&f);
	assert_int_equal(items(), 50);
	free(path);
}

static void what_is_no_database_is_an_error(void **state)
{
	assert_int_not_equal(run(CARE_VERIFY, "/nonexistent"), 0);
	assert_int_equal(mkdir(folder, 0700), 0);
	assert_int_not_equal(run(CARE_VERIFY, folder), 0);
	store_close(&f.store);
	assert_int_not_equal(run(CARE_RESTORE, folder), 0);
	fixture_open(&f);
	assert_int_equal(items(), 50);
}

/* To be freed. */
static char *newest_entry(void)
{
	Lz__ListAudit request = LZ__LIST_AUDIT__INIT;
	Lz__Audit *audit = alloc(sizeof(*audit));
	char *told;

	lz__audit__init(audit);
	request.limit = 1;
	assert_int_equal(audit_list(f.store, &request, audit, &f.err), RESULT_OK);
	assert_int_equal(audit->n_entries, 1);
	told = alloc_format("%llu %s %s %s", (unsigned long long)audit->entries[0]->seq,
	        audit->entries[0]->action, audit->entries[0]->who, audit->entries[0]->detail);
	message_free((ProtobufCMessage *)audit);
	return told;
}

static void a_backup_and_a_restore_are_in_the_audit(void **state)
{
	char *told, *wanted;

	store_close(&f.store);
	assert_int_equal(run(CARE_BACKUP, folder), 0);
	fixture_open(&f);
	told = newest_entry();
	wanted = alloc_format("51 backup uid=%u ", (unsigned)getuid());
	assert_string_equal(told, wanted);
	free(told);
	free(wanted);
	add(50);
	store_close(&f.store);
	assert_int_equal(run(CARE_RESTORE, folder), 0);
	fixture_open(&f);
	assert_int_equal(items(), 50);
	told = newest_entry();
	wanted = alloc_format("52 restore uid=%u was 52 ", (unsigned)getuid());
	assert_int_equal(strncmp(told, wanted, strlen(wanted)), 0);
	free(told);
	free(wanted);
}

/* ---- the model ---- */

/* A model of so many lessons, in so many generations; each is a message that is known. */
static void make_model(uint64_t lessons)
{
	struct model_disk *disk = NULL;
	struct model model;
	uint64_t at;

	assert_int_equal(model_disk_open(model_path, &disk, &f.err), RESULT_OK);
	model_init(&model, 77, 5);
	assert_int_equal(model_disk_begin(disk, &f.err), RESULT_OK);
	for (at = 0; at < lessons; at++) {
		uint8_t digest[MODEL_DIGEST] = {(uint8_t)at, 1};
		const struct model_seen seen = {.is_spam = 1, .time_ms = start_ms};

		assert_int_equal(model_disk_put_seen(disk, digest, &seen, &f.err), RESULT_OK);
	}
	model.facts.spam = model.facts.generation = lessons;
	assert_int_equal(model_disk_put_chunk(disk, &model, 3, lessons, &f.err), RESULT_OK);
	assert_int_equal(model_disk_put_facts(disk, &model.facts, &f.err), RESULT_OK);
	assert_int_equal(model_disk_commit(disk, &f.err), RESULT_OK);
	model_disk_close(&disk);
	model_fini(&model);
}

static struct model_facts model_facts(void)
{
	static uint64_t generations[MODEL_CHUNKS];
	static struct rehearsal rehearsal;
	struct model_disk *disk = NULL;
	struct model_facts facts;
	struct model model;

	model_init(&model, 0, 0);
	assert_int_equal(model_disk_open_beside(model_path, &disk, &f.err), RESULT_OK);
	assert_int_equal(model_disk_read(disk, &model, &rehearsal, generations, &f.err), RESULT_OK);
	model_disk_close(&disk);
	rehearse_fini(&rehearsal);
	facts = model.facts;
	model_fini(&model);
	return facts;
}

static void a_backup_has_the_model_and_a_restore_brings_it_back(void **state)
{
	struct model_summary report;
	struct model_facts facts;

	make_model(20);
	assert_int_equal(run(CARE_BACKUP, folder), 0);
	make_model(30);
	store_close(&f.store);
	assert_int_equal(run(CARE_RESTORE, folder), 0);
	assert_int_equal(model_copy_check(model_path, &report, &f.err), RESULT_OK);
	assert_int_equal(report.spam, 20);
	assert_int_equal(report.messages, 20);
	facts = model_facts();
	assert_int_equal(facts.seed, 5);
	assert_int_not_equal(facts.epoch, 77); /* so that who has 30 lessons takes these 20 */
	assert_true(facts.generation > 20);
	fixture_open(&f);
}

static int is_there(const char *where, const char *name)
{
	char *path = alloc_format("%s/%s", where, name);
	int there = access(path, F_OK) == 0;

	free(path);
	return there;
}

static void a_model_that_was_replaced_is_kept(void **state)
{
	make_model(20);
	assert_int_equal(run(CARE_BACKUP, folder), 0);
	store_close(&f.store);
	assert_int_equal(run(CARE_RESTORE, folder), 0);
	assert_int_equal(run(CARE_RESTORE, folder), 0);
	assert_true(is_there(model_path, "replaced-2.mdb"));
	assert_false(is_there(model_path, "restored"));
	fixture_open(&f);
}

static void a_model_stays_where_the_quarantine_is_in_use(void **state)
{
	make_model(20);
	assert_int_equal(run(CARE_BACKUP, folder), 0);
	make_model(30);
	assert_int_not_equal(run(CARE_RESTORE, folder), 0);
	assert_int_equal(model_facts().spam, 30);
}

static void a_backup_without_a_model_leaves_the_one_that_is_there(void **state)
{
	assert_int_equal(run(CARE_BACKUP, folder), 0);
	assert_false(is_there(folder, "model"));
	assert_int_equal(run(CARE_VERIFY, folder), 0);
	make_model(30);
	store_close(&f.store);
	assert_int_equal(run(CARE_RESTORE, folder), 0);
	assert_int_equal(model_facts().spam, 30);
	assert_int_equal(model_facts().epoch, 77);
	fixture_open(&f);
}

/* Changes the bytes where they stand first. */
static void damage(const char *path, const char *bytes, size_t size, const char *others)
{
	struct buf data = {0};
	char *at;

	assert_int_equal(file_read(path, 64 << 20, &data, &f.err), RESULT_OK);
	at = memmem(data.data, data.size, bytes, size);
	assert_non_null(at);
	memcpy(at, others, size);
	assert_int_equal(file_write(path, data.data, data.size, 0600, &f.err), RESULT_OK);
	buf_fini(&data);
}

static void a_damaged_model_is_told_and_the_rest_restored_without_it(void **state)
{
	static const char seen[MODEL_DIGEST] = {7, 1}, other[MODEL_DIGEST] = {7, 2};
	char *data = alloc_format("%s/model/data.mdb", folder), *line;

	make_model(20);
	assert_int_equal(run(CARE_BACKUP, folder), 0);
	damage(data, seen, sizeof(seen), other); /* of a message, but not where its number leads */
	assert_int_equal(run(CARE_VERIFY, folder), 1);
	damage(data, other, sizeof(other), seen);
	assert_int_equal(run(CARE_VERIFY, folder), 0);
	damage(data, "facts", 5, "fects");
	assert_int_equal(run(CARE_VERIFY, folder), 1);
	store_close(&f.store);
	assert_int_equal(run(CARE_RESTORE, folder), 1);
	line = alloc_format("rm -rf %s/model", folder);
	assert_int_equal(system(line), 0);
	free(line);
	assert_int_equal(run(CARE_RESTORE, folder), 0);
	assert_int_equal(model_facts().spam, 20);
	fixture_open(&f);
	free(data);
}

static void a_model_that_cannot_be_copied_keeps_no_mail_from_being_copied(void **state)
{
	char *data = alloc_format("%s/data.mdb", model_path);

	make_model(20);
	assert_int_equal(file_write(data, "no database", 11, 0600, &f.err), RESULT_OK);
	assert_int_equal(run(CARE_BACKUP, folder), 1);
	assert_true(is_there(folder, "data.mdb"));
	assert_int_equal(run(CARE_VERIFY, folder), 0);
	assert_int_equal(run(CARE_VERIFY, NULL), 1);
	free(data);
}

/* Who reads one that was cut off is ended by that. */
static void a_model_that_ends_who_reads_it_keeps_no_mail_from_being_copied(void **state)
{
	char *data = alloc_format("%s/data.mdb", model_path);

	make_model(20);
	assert_int_equal(truncate(data, 2 * sysconf(_SC_PAGESIZE)), 0);
	assert_int_equal(run(CARE_BACKUP, folder), 1);
	assert_true(is_there(folder, "data.mdb"));
	assert_int_equal(run(CARE_VERIFY, folder), 0);
	assert_int_equal(run(CARE_VERIFY, NULL), 1);
	free(data);
}

static int taken(struct care *care, const char *a, const char *b, const char *c)
{
	char *argv[5] = {(char *)"qstore", (char *)a, (char *)b, (char *)c, NULL};
	int argc = 1;

	while (argv[argc])
		argc++;
	return care_arguments(care, &argc, argv) ? argc : -1;
}

static void arguments_name_one_thing_and_its_folder(void **state)
{
	struct care care;

	assert_int_equal(taken(&care, NULL, NULL, NULL), 1);
	assert_int_equal(care.what, CARE_NOTHING);
	assert_int_equal(taken(&care, "-c", "x.yaml", "--verify"), 3);
	assert_int_equal(care.what, CARE_VERIFY);
	assert_null(care.folder);
	assert_int_equal(taken(&care, "--verify", "y", NULL), 1);
	assert_string_equal(care.folder, "y");
	assert_int_equal(taken(&care, "--backup", "y", NULL), 1);
	assert_int_equal(taken(&care, "--backup", NULL, NULL), -1);
	assert_int_equal(taken(&care, "--restore", "--check", NULL), -1);
	assert_int_equal(taken(&care, "--verify", "--verify", NULL), -1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(a_store_in_use_is_verified_from_beside),
	        TEST(a_backup_is_of_one_moment_and_restores_it),
	        TEST(what_was_replaced_is_kept),
	        TEST(a_backup_goes_into_an_empty_folder_only),
	        TEST(a_damaged_backup_is_not_restored),
	        TEST(what_is_no_database_is_an_error),
	        TEST(a_backup_and_a_restore_are_in_the_audit),
	        TEST(a_backup_has_the_model_and_a_restore_brings_it_back),
	        TEST(a_model_that_was_replaced_is_kept),
	        TEST(a_model_stays_where_the_quarantine_is_in_use),
	        TEST(a_backup_without_a_model_leaves_the_one_that_is_there),
	        TEST(a_damaged_model_is_told_and_the_rest_restored_without_it),
	        TEST(a_model_that_cannot_be_copied_keeps_no_mail_from_being_copied),
	        TEST(a_model_that_ends_who_reads_it_keeps_no_mail_from_being_copied),
	        cmocka_unit_test(arguments_name_one_thing_and_its_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
