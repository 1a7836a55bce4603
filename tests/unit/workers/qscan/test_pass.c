#include "lib/base/text.h"
#include "tests/unit/workers/qscan/scanning.h"
#include "workers/qscan/pass.h"

static const char quiet[] = "virus: {enabled: false}\nspam: {enabled: false}\n";
static struct scanning s;

static Lz__Pass *pass_of(const char *mail)
{
	scanning_open(&s, quiet, &filter_map, NULL);
	scanning_text(&s, mail);
	return pass_find(&s.scan);
}

static void end(Lz__Pass *pass)
{
	if (pass)
		message_free(&pass->base);
	scanning_close(&s);
}

static void it_is_found_below_what_was_put_in_front(void **state)
{
	static const char mail[] = "Return-Path: <a@b>\nReceived: by x;\n\tnow\n"
	                           "X-Lazaret-Pass: 1.a.b\nSubject: x\n\nbody\n";
	Lz__Pass *pass = pass_of(mail);
	char hex[DIGEST_HEX_ROOM];
	struct digest digest;

	assert_non_null(pass);
	assert_string_equal(pass->text, "1.a.b");
	digest_of("Subject: x\n\nbody\n", 17, &digest);
	text_hex(digest.bytes, DIGEST_SIZE, hex);
	assert_string_equal(pass->sha256, hex);
	assert_int_equal(pass->through->n_edits, 1);
	assert_int_equal(pass->through->edits[0]->offset, strstr(mail, "X-L") - mail);
	assert_int_equal(pass->through->edits[0]->length, strlen("X-Lazaret-Pass: 1.a.b\n"));
	assert_int_equal(pass->through->n_recipients, 1);
	end(pass);
}

static void below_the_messages_own_fields_there_is_none(void **state)
{
	assert_null(pass_of("Subject: x\nX-Lazaret-Pass: 1.a.b\n\nbody\n"));
	scanning_close(&s);
	assert_null(pass_of("X-Lazaret-Passport: 1\n\nbody\n"));
	scanning_close(&s);
}

static void a_dry_run_redeems_nothing(void **state)
{
	scanning_open(&s, quiet, &filter_map, NULL);
	s.submission.dry_run = 1;
	scanning_text(&s, "X-Lazaret-Pass: 1.a.b\n\nbody\n");
	assert_null(pass_find(&s.scan));
	scanning_close(&s);
}

static void what_can_be_no_pass_is_empty_and_cut_all_the_same(void **state)
{
	char mail[1000];
	Lz__Pass *pass;

	snprintf(mail, sizeof(mail), "X-Lazaret-Pass: %0500d\n\nbody\n", 1);
	pass = pass_of(mail);
	assert_string_equal(pass->text, "");
	assert_int_equal(pass->through->n_edits, 1);
	end(pass);
	pass = pass_of("X-Lazaret-Pass: \xff\xfe\n\nbody\n");
	assert_string_equal(pass->text, "");
	end(pass);
	pass = pass_of("X-Lazaret-Pass:");
	assert_string_equal(pass->text, "");
	end(pass);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(it_is_found_below_what_was_put_in_front),
	        cmocka_unit_test(below_the_messages_own_fields_there_is_none),
	        cmocka_unit_test(a_dry_run_redeems_nothing),
	        cmocka_unit_test(what_can_be_no_pass_is_empty_and_cut_all_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
