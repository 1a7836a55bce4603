#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "submitter/qfront/keep.h"
#include "submitter/qfront/submission.h"

static const char body[] = "Subject: x\n\nx\n";

static struct letter sample(const char *queue_id, const char *first, const char *second)
{
	struct letter letter = {0};

	letter.texts[LETTER_QUEUE_ID] = queue_id;
	letter.texts[LETTER_SENDER] = "s@x";
	letter_add_recipient(&letter, first);
	if (second)
		letter_add_recipient(&letter, second);
	return letter;
}

static Lz__Submission *make(struct letter letter, const char *bytes)
{
	Lz__Submission *submission = NULL;
	struct digest mail;
	struct err err;

	assert_int_equal(submission_make(&letter, bytes, strlen(bytes), &submission, &mail, &err),
	        RESULT_OK);
	letter_fini(&letter);
	return submission;
}

static void check_ids(struct letter one, const char *a, struct letter two, const char *b, int same)
{
	Lz__Submission *first = make(one, a), *second = make(two, b);

	assert_int_equal(strcmp(first->message_id, second->message_id) == 0, same);
	lz__submission__free_unpacked(first, NULL);
	lz__submission__free_unpacked(second, NULL);
}

static void the_id_is_made_of_what_the_mta_gave_us(void **state)
{
	check_ids(sample("Q", "a@x", "b@x"), body, sample("Q", "a@x", "b@x"), body, 1);
	check_ids(sample("Q", "a@x", "b@x"), body, sample("R", "a@x", "b@x"), body, 0);
	check_ids(sample("Q", "a@x", "b@x"), body, sample("Q", "b@x", "a@x"), body, 0);
	check_ids(sample("Q", "a@x", "b@x"), body, sample("Q", "a@x", NULL), body, 0);
	check_ids(sample("Q", "a@x", "b@x"), body, sample("Q", "a@x", "b@x"), "", 0);
}

static struct digest mail_of(struct letter letter, const char *bytes)
{
	Lz__Submission *submission = NULL;
	struct digest mail;
	struct err err;

	submission_make(&letter, bytes, strlen(bytes), &submission, &mail, &err);
	lz__submission__free_unpacked(submission, NULL);
	letter_fini(&letter);
	return mail;
}

static void the_mail_is_the_same_for_all_its_recipients(void **state)
{
	struct digest one = mail_of(sample("Q", "a@x", "b@x"), body), two;

	two = mail_of(sample("Q", "b@x", NULL), body);
	assert_memory_equal(&one, &two, sizeof(one));
	two = mail_of(sample("R", "b@x", NULL), body);
	assert_memory_not_equal(&one, &two, sizeof(one));
	two = mail_of(sample("Q", "b@x", NULL), "");
	assert_memory_not_equal(&one, &two, sizeof(one));
}

static void what_describes_the_client_is_made_fit(void **state)
{
	struct letter letter = sample("Q", "a@x", NULL);
	Lz__Submission *submission;

	letter.texts[LETTER_HELO] = "a\r\nb\xff c";
	letter.texts[LETTER_CLIENT_ADDRESS] = "192.0.2.1 x";
	submission = make(letter, body);
	assert_string_equal(submission->helo, "a??b? c");
	assert_string_equal(submission->client_address, "192.0.2.1?x");
	assert_false(submission->eight_bit || submission->smtputf8);
	lz__submission__free_unpacked(submission, NULL);
}

static void eight_bit_and_smtputf8_are_seen(void **state)
{
	Lz__Submission *submission = make(sample("Q", "a@x", NULL), "Subject: \xc3\xa9\n\n");

	assert_true(submission->eight_bit);
	assert_false(submission->smtputf8);
	lz__submission__free_unpacked(submission, NULL);
	submission = make(sample("Q", "\xc3\xa9@x", NULL), body);
	assert_true(submission->smtputf8);
	lz__submission__free_unpacked(submission, NULL);
}

static void original_recipients_become_orcpt(void **state)
{
	struct letter letter = sample("Q", "a@x", NULL);
	Lz__Submission *submission;

	letter_add_original(&letter, "o+1@x");
	submission = make(letter, body);
	assert_string_equal(submission->recipients[0]->orcpt, "rfc822;o+2B1@x");
	lz__submission__free_unpacked(submission, NULL);
}

static void an_address_that_cannot_be_said_is_refused(void **state)
{
	struct letter letter = sample("Q", "a\n@x", NULL);
	Lz__Submission *submission;
	struct digest mail;
	struct err err;

	assert_int_equal(submission_make(&letter, body, sizeof(body) - 1, &submission, &mail, &err),
	        RESULT_PERMANENT);
	letter_fini(&letter);
}

/* Numbers that a Postfix 3.7 announced for messages of these shapes. */
static void what_postfix_announces_is_not_short(void **state)
{
	static char text[1600000];
	size_t at;

	assert_false(submission_is_short(body, sizeof(body) - 1, 0));
	memset(text, 'x', sizeof(text));
	for (at = 76; at < 1540260; at += 77)
		text[at] = '\n';
	assert_false(submission_is_short(text, 1540260, 1560269));
	memset(text, 'y', 100261);
	assert_false(submission_is_short(text, 100261, 100416));
	memset(text, '\n', 5260);
	assert_false(submission_is_short(text, 5260, 10269));
	memset(text, 'w', 77299); /* a milter has deleted 50 fields */
	assert_false(submission_is_short(text, 77299, 83800));
}

static void a_message_that_ended_early_is_short(void **state)
{
	static char text[1540260];
	size_t at;

	memset(text, 'x', sizeof(text));
	for (at = 76; at < sizeof(text); at += 77)
		text[at] = '\n';
	assert_true(submission_is_short(text, sizeof(text) / 2, 1560269));
	assert_true(submission_is_short(text, sizeof(text) - 65536, 1560269));
	assert_true(submission_is_short("", 0, 100000));
}

static Lz__Store *kept(const Lz__Submission *submission, const size_t *recipients)
{
	static const Lz__Verdict verdict = LZ__VERDICT__INIT;
	const struct keep keep = {submission, &verdict, "550 5.1.1 no", "admin@x"};

	return keep_make(&keep, recipients, 1);
}

static void what_is_kept_for_the_refused_is_whole_and_stays_the_same(void **state)
{
	static const size_t second[] = {1};
	struct letter letter = sample("Q", "a@x", "b@x");
	Lz__Submission *submission;
	Lz__Store *one, *two;

	letter.texts[LETTER_CLIENT_ADDRESS] = "192.0.2.1";
	submission = make(letter, body);
	one = kept(submission, second);
	two = kept(submission, second);
	assert_int_equal(
	        message_check(MESSAGE_STORE, &one->base, sizeof(body) - 1, NULL), RESULT_OK);
	assert_string_equal(one->items[0]->id, two->items[0]->id);
	assert_string_equal(one->items[0]->recipients[0]->address, "b@x");
	assert_true(one->items[0]->keep_original);
	/* The sender can't be trusted to be who it says: the administrator is told. */
	assert_string_equal(one->items[0]->notices[0]->to, "admin@x");
	lz__store__free_unpacked(one, NULL);
	lz__submission__free_unpacked(submission, NULL);
	lz__store__free_unpacked(two, NULL);
	letter = sample("Q", "a@x", "b@x");
	letter.texts[LETTER_CLIENT_ADDRESS] = "192.0.2.1";
	letter.texts[LETTER_SASL_USERNAME] = "s";
	submission = make(letter, body);
	one = kept(submission, second);
	assert_string_equal(one->items[0]->notices[0]->to, "s@x");
	lz__store__free_unpacked(one, NULL);
	lz__submission__free_unpacked(submission, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_id_is_made_of_what_the_mta_gave_us),
	        cmocka_unit_test(the_mail_is_the_same_for_all_its_recipients),
	        cmocka_unit_test(what_describes_the_client_is_made_fit),
	        cmocka_unit_test(eight_bit_and_smtputf8_are_seen),
	        cmocka_unit_test(original_recipients_become_orcpt),
	        cmocka_unit_test(an_address_that_cannot_be_said_is_refused),
	        cmocka_unit_test(what_postfix_announces_is_not_short),
	        cmocka_unit_test(a_message_that_ended_early_is_short),
	        cmocka_unit_test(what_is_kept_for_the_refused_is_whole_and_stays_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
