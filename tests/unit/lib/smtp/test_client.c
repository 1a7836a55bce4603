/* Scripted conversations: what the server says, and what the client must answer to it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/smtp/client.h"

enum { TIMEOUT_MS = 1000 };

static const struct smtp_recipient recipients[] = {
        {.address = "a@x"}, {.address = "b@x"}, {.address = "c@x"}};
static const struct smtp_piece piece = {"Subject: x\n\n.dot\n", 17};

static struct smtp_message message_to(size_t count)
{
	return (struct smtp_message){.reverse_path = "s@x",
	        .recipients = recipients,
	        .recipient_count = count,
	        .pieces = &piece,
	        .piece_count = 1};
}

static void hear(struct smtp_client *client, const char *text)
{
	smtp_client_input(client, text, strlen(text), 0);
}

/* All that the client wants to write now, in writes of three bytes, is `want`. */
static void says(struct smtp_client *client, const char *want)
{
	struct buf all = {0};
	const char *bytes;
	size_t size;

	while ((size = smtp_client_output(client, &bytes)) > 0) {
		size = size > 3 ? 3 : size;
		buf_add(&all, bytes, size);
		smtp_client_written(client, size, 0);
	}
	assert_string_equal(all.size ? all.data : "", want);
	buf_fini(&all);
}

static struct smtp_client *greeted(const char *ehlo)
{
	struct smtp_client *client = smtp_client_new("me", 0, TIMEOUT_MS);

	assert_int_equal(smtp_client_state(client), SMTP_CONNECTING);
	hear(client, "220 hello\r\n");
	says(client, "EHLO me\r\n");
	hear(client, ehlo);
	assert_int_equal(smtp_client_state(client), SMTP_IDLE);
	return client;
}

static void ends(struct smtp_client *client, size_t recipient, enum result want, int code)
{
	struct smtp_reply reply;

	assert_int_equal(smtp_client_result(client, recipient, &reply), want);
	assert_int_equal(reply.code, code);
}

static void a_message_is_sent_command_by_command(void **state)
{
	struct smtp_client *client = greeted("250 host\r\n");
	struct smtp_message message = message_to(2);

	smtp_client_send(client, &message, 0);
	says(client, "MAIL FROM:<s@x>\r\n");
	hear(client, "250 ok\r\n");
	says(client, "RCPT TO:<a@x>\r\n");
	hear(client, "250 ok\r\n");
	says(client, "RCPT TO:<b@x>\r\n");
	hear(client, "251 ok\r\n");
	says(client, "DATA\r\n");
	hear(client, "354 go\r\n");
	says(client, "Subject: x\r\n\r\n..dot\r\n.\r\n");
	assert_int_equal(smtp_client_state(client), SMTP_BUSY);
	hear(client, "250 2.0.0 queued as 1\r\n");
	assert_int_equal(smtp_client_state(client), SMTP_DONE);
	ends(client, 0, RESULT_OK, 250);
	ends(client, 1, RESULT_OK, 250);
	smtp_client_next(client);
	smtp_client_quit(client, 0);
	says(client, "QUIT\r\n");
	smtp_client_free(&client);
}

static void commands_are_pipelined_but_never_data(void **state)
{
	struct smtp_client *client = greeted("250-host\r\n250-SIZE 1000\r\n250 PIPELINING\r\n");
	struct smtp_message message = message_to(2);

	smtp_client_send(client, &message, 0);
	says(client, "MAIL FROM:<s@x> SIZE=20\r\nRCPT TO:<a@x>\r\nRCPT TO:<b@x>\r\n");
	hear(client, "250 ok\r\n250 ok\r\n");
	says(client, "");
	hear(client, "550 5.1.1 no\r\n");
	says(client, "DATA\r\n");
	hear(client, "354 go\r\n");
	says(client, "Subject: x\r\n\r\n..dot\r\n.\r\n");
	hear(client, "250 ok\r\n");
	ends(client, 0, RESULT_OK, 250);
	ends(client, 1, RESULT_PERMANENT, 550);
	smtp_client_free(&client);
}

static void all_or_none_sends_nothing_when_one_is_refused_for_now(void **state)
{
	struct smtp_client *client = greeted("250-h\r\n250 PIPELINING\r\n");
	struct smtp_message message = message_to(3);

	message.all_or_none = 1;
	smtp_client_send(client, &message, 0);
	says(client, "MAIL FROM:<s@x>\r\nRCPT TO:<a@x>\r\nRCPT TO:<b@x>\r\nRCPT TO:<c@x>\r\n");
	hear(client, "250 ok\r\n250 ok\r\n451 4.3.0 later\r\n550 never\r\n");
	says(client, "");
	assert_int_equal(smtp_client_state(client), SMTP_DONE);
	ends(client, 0, RESULT_TEMPORARY, 451);
	ends(client, 1, RESULT_TEMPORARY, 451);
	ends(client, 2, RESULT_PERMANENT, 550);
	/* The open transaction is reset with the next message. */
	smtp_client_next(client);
	message = message_to(1);
	smtp_client_send(client, &message, 0);
	says(client, "RSET\r\nMAIL FROM:<s@x>\r\nRCPT TO:<a@x>\r\n");
	smtp_client_free(&client);
}

static void a_refused_sender_is_every_recipients_answer(void **state)
{
	struct smtp_client *client = greeted("250-h\r\n250 PIPELINING\r\n");
	struct smtp_message message = message_to(2);

	smtp_client_send(client, &message, 0);
	hear(client, "553 5.1.8 no\r\n503 first\r\n503 first\r\n");
	assert_int_equal(smtp_client_state(client), SMTP_DONE);
	ends(client, 0, RESULT_PERMANENT, 553);
	ends(client, 1, RESULT_PERMANENT, 553);
	smtp_client_free(&client);
	client = greeted("250 h\r\n");
	smtp_client_send(client, &message, 0);
	says(client, "MAIL FROM:<s@x>\r\n");
	hear(client, "451 4.1.8 later\r\n");
	assert_int_equal(smtp_client_state(client), SMTP_DONE);
	ends(client, 1, RESULT_TEMPORARY, 451);
	smtp_client_free(&client);
}

static void too_many_recipients_said_as_552_is_for_now(void **state)
{
	struct smtp_client *client = greeted("250-h\r\n250 PIPELINING\r\n");
	struct smtp_message message = message_to(1);

	smtp_client_send(client, &message, 0);
	hear(client, "250 ok\r\n552 too many\r\n");
	ends(client, 0, RESULT_TEMPORARY, 552);
	smtp_client_free(&client);
}

static void the_caller_is_asked_before_data(void **state)
{
	struct smtp_client *client = greeted("250-h\r\n250 PIPELINING\r\n");
	struct smtp_message message = message_to(2);

	message.ask = 1;
	smtp_client_send(client, &message, 0);
	says(client, "MAIL FROM:<s@x>\r\nRCPT TO:<a@x>\r\nRCPT TO:<b@x>\r\n");
	hear(client, "250 ok\r\n250 ok\r\n550 no\r\n");
	assert_int_equal(smtp_client_state(client), SMTP_ASKING);
	says(client, "");
	ends(client, 0, RESULT_NONE, 250);
	ends(client, 1, RESULT_PERMANENT, 550);
	smtp_client_proceed(client, 0, 0);
	assert_int_equal(smtp_client_state(client), SMTP_DONE);
	ends(client, 0, RESULT_TEMPORARY, 0);
	smtp_client_next(client);
	smtp_client_send(client, &message, 0);
	hear(client, "250 ok\r\n250 ok\r\n250 ok\r\n250 ok\r\n");
	says(client, "RSET\r\nMAIL FROM:<s@x>\r\nRCPT TO:<a@x>\r\nRCPT TO:<b@x>\r\n");
	smtp_client_proceed(client, 1, 0);
	says(client, "DATA\r\n");
	smtp_client_free(&client);
}

static void a_message_over_the_servers_size_is_not_tried(void **state)
{
	struct smtp_client *client = greeted("250-h\r\n250 SIZE 19\r\n");
	struct smtp_message message = message_to(1);

	smtp_client_send(client, &message, 0);
	assert_int_equal(smtp_client_state(client), SMTP_DONE);
	says(client, "");
	ends(client, 0, RESULT_PERMANENT, 0);
	smtp_client_free(&client);
}

static void smtputf8_is_needed_by_whom_it_concerns(void **state)
{
	struct smtp_client *client = greeted("250 h\r\n");
	const struct smtp_recipient mixed[] = {{.address = "\xc3\xa9@x"}, {.address = "b@x"}};
	struct smtp_message message = message_to(2);

	message.recipients = mixed;
	smtp_client_send(client, &message, 0);
	says(client, "MAIL FROM:<s@x>\r\n");
	hear(client, "250 ok\r\n");
	says(client, "RCPT TO:<b@x>\r\n");
	ends(client, 0, RESULT_PERMANENT, 0);
	smtp_client_free(&client);
	client = greeted("250 h\r\n");
	message = message_to(1);
	message.smtputf8 = 1;
	smtp_client_send(client, &message, 0);
	assert_int_equal(smtp_client_state(client), SMTP_DONE);
	ends(client, 0, RESULT_PERMANENT, 0);
	smtp_client_free(&client);
}

static void where_no_address_can_be_said_nothing_is(void **state)
{
	struct smtp_client *client = greeted("250 h\r\n");
	const struct smtp_recipient bad[] = {{.address = "a\n@x"}};
	struct smtp_message message = message_to(1);

	message.recipients = bad;
	smtp_client_send(client, &message, 0);
	assert_int_equal(smtp_client_state(client), SMTP_DONE);
	says(client, "");
	ends(client, 0, RESULT_PERMANENT, 0);
	smtp_client_next(client);
	message = message_to(1);
	message.reverse_path = "s\r\n@x";
	smtp_client_send(client, &message, 0);
	says(client, "");
	ends(client, 0, RESULT_PERMANENT, 0);
	smtp_client_free(&client);
}

/* Brings a message to one recipient up to the reply to DATA. */
static struct smtp_client *sending(struct smtp_message *message)
{
	struct smtp_client *client = greeted("250-h\r\n250 PIPELINING\r\n");

	smtp_client_send(client, message, 0);
	says(client, "MAIL FROM:<s@x>\r\nRCPT TO:<a@x>\r\n");
	hear(client, "250 ok\r\n250 ok\r\n");
	says(client, "DATA\r\n");
	return client;
}

static void a_refusal_of_the_message_counts_for_all_taken(void **state)
{
	struct smtp_message message = message_to(1);
	struct smtp_client *client = sending(&message);

	hear(client, "354 go\r\n");
	says(client, "Subject: x\r\n\r\n..dot\r\n.\r\n");
	hear(client, "550 5.7.1 spam\r\n");
	ends(client, 0, RESULT_PERMANENT, 550);
	smtp_client_free(&client);
	client = sending(&message);
	hear(client, "451 later\r\n");
	assert_int_equal(smtp_client_state(client), SMTP_DONE);
	ends(client, 0, RESULT_TEMPORARY, 451);
	smtp_client_free(&client);
}

static void before_the_last_byte_is_written_nothing_is_unsure(void **state)
{
	struct smtp_message message = message_to(1);
	struct smtp_client *client = sending(&message);
	const char *bytes;
	size_t size;

	hear(client, "354 go\r\n");
	size = smtp_client_output(client, &bytes);
	smtp_client_written(client, size - 1, 0);
	smtp_client_eof(client, NULL);
	assert_int_equal(smtp_client_state(client), SMTP_CLOSED);
	ends(client, 0, RESULT_TEMPORARY, 0);
	smtp_client_free(&client);
}

static void after_the_last_byte_no_reply_means_unsure(void **state)
{
	static const char *const ends_of_it[] = {
	        "", "nonsense\r\n", "354 what?\r\n", "250-half\r\n"};
	struct smtp_message message = message_to(1);
	struct smtp_client *client;
	size_t i;

	for (i = 0; i < sizeof(ends_of_it) / sizeof(ends_of_it[0]); i++) {
		client = sending(&message);
		hear(client, "354 go\r\n");
		says(client, "Subject: x\r\n\r\n..dot\r\n.\r\n");
		hear(client, ends_of_it[i]);
		smtp_client_eof(client, NULL);
		assert_int_equal(smtp_client_state(client), SMTP_CLOSED);
		ends(client, 0, RESULT_UNSURE, 0);
		smtp_client_free(&client);
	}
}

static void a_421_is_final_wherever_it_comes(void **state)
{
	struct smtp_message message = message_to(1);
	struct smtp_client *client = sending(&message);

	hear(client, "354 go\r\n");
	says(client, "Subject: x\r\n\r\n..dot\r\n.\r\n");
	hear(client, "421 4.3.2 closing\r\n");
	assert_int_equal(smtp_client_state(client), SMTP_CLOSED);
	ends(client, 0, RESULT_TEMPORARY, 421);
	smtp_client_free(&client);
	client = sending(&message);
	hear(client, "421 4.3.2 closing\r\n");
	assert_int_equal(smtp_client_state(client), SMTP_CLOSED);
	ends(client, 0, RESULT_TEMPORARY, 421);
	smtp_client_free(&client);
	client = greeted("250 h\r\n");
	hear(client, "421 idle too long\r\n");
	assert_int_equal(smtp_client_state(client), SMTP_CLOSED);
	smtp_client_free(&client);
	client = smtp_client_new("me", 0, TIMEOUT_MS);
	hear(client, "421 busy\r\n");
	assert_int_equal(smtp_client_state(client), SMTP_CLOSED);
	assert_string_equal(smtp_client_error(client), "the server said: 421 busy");
	smtp_client_free(&client);
}

static void a_refusal_before_the_message_is_whole_is_believed(void **state)
{
	struct smtp_message message = message_to(1);
	struct smtp_client *client = sending(&message);
	const char *bytes;

	hear(client, "354 go\r\n");
	smtp_client_output(client, &bytes);
	smtp_client_written(client, 3, 0);
	hear(client, "552 5.3.4 too big\r\n");
	assert_int_equal(smtp_client_state(client), SMTP_CLOSED);
	ends(client, 0, RESULT_PERMANENT, 552);
	smtp_client_free(&client);
	client = sending(&message);
	hear(client, "354 go\r\n250 thank you\r\n");
	assert_int_equal(smtp_client_state(client), SMTP_CLOSED);
	ends(client, 0, RESULT_TEMPORARY, 0);
	smtp_client_free(&client);
	client = greeted("250 h\r\n");
	smtp_client_send(client, &message, 0);
	says(client, "MAIL FROM:<s@x>\r\n");
	hear(client, "250 ok\r\n250 ok\r\n");
	assert_int_equal(smtp_client_state(client), SMTP_CLOSED);
	ends(client, 0, RESULT_TEMPORARY, 0);
	smtp_client_free(&client);
}

static void each_reply_has_its_time(void **state)
{
	struct smtp_message message = message_to(1);
	struct smtp_client *client = sending(&message);

	assert_int_equal(smtp_client_deadline(client), TIMEOUT_MS);
	smtp_client_tick(client, TIMEOUT_MS - 1);
	assert_int_equal(smtp_client_state(client), SMTP_BUSY);
	smtp_client_input(client, "354 go\r\n", 8, 500);
	smtp_client_tick(client, TIMEOUT_MS);
	assert_int_equal(smtp_client_state(client), SMTP_BUSY);
	smtp_client_tick(client, TIMEOUT_MS + 500);
	assert_int_equal(smtp_client_state(client), SMTP_CLOSED);
	ends(client, 0, RESULT_TEMPORARY, 0);
	smtp_client_free(&client);
	client = greeted("250 h\r\n");
	assert_true(smtp_client_deadline(client) == INT64_MAX);
	smtp_client_free(&client);
}

static void a_reply_that_drips_does_not_win_time(void **state)
{
	struct smtp_message message = message_to(1);
	struct smtp_client *client = sending(&message);

	smtp_client_input(client, "354-\r\n", 6, 900);
	assert_int_equal(smtp_client_deadline(client), TIMEOUT_MS);
	smtp_client_free(&client);
}

static void a_kept_connection_that_was_closed_is_told_from_a_failure(void **state)
{
	struct smtp_client *client = greeted("250-h\r\n250 PIPELINING\r\n");
	struct smtp_message message = message_to(1);

	smtp_client_send(client, &message, 0);
	smtp_client_eof(client, NULL);
	assert_true(smtp_client_untouched(client));
	ends(client, 0, RESULT_TEMPORARY, 0);
	smtp_client_free(&client);
	client = greeted("250 h\r\n");
	smtp_client_send(client, &message, 0);
	hear(client, "421 timeout\r\n");
	assert_true(smtp_client_untouched(client));
	smtp_client_free(&client);
	client = sending(&message);
	smtp_client_eof(client, NULL);
	assert_false(smtp_client_untouched(client));
	smtp_client_free(&client);
}

static void an_old_server_is_greeted_with_helo(void **state)
{
	struct smtp_client *client = smtp_client_new("me", 0, TIMEOUT_MS);

	hear(client, "220 hello\r\n");
	says(client, "EHLO me\r\n");
	hear(client, "502 what?\r\n");
	says(client, "HELO me\r\n");
	hear(client, "250-DSN\r\n250 PIPELINING\r\n");
	assert_int_equal(smtp_client_state(client), SMTP_IDLE);
	smtp_client_free(&client);
}

static void xforward_goes_with_the_envelope_and_may_be_refused(void **state)
{
	struct smtp_client *client =
	        greeted("250-h\r\n250-XFORWARD ADDR SOURCE\r\n250 PIPELINING\r\n");
	struct smtp_message message = message_to(1);

	message.xforward_addr = "192.0.2.1";
	smtp_client_send(client, &message, 0);
	says(client,
	        "XFORWARD ADDR=192.0.2.1 SOURCE=REMOTE\r\nMAIL FROM:<s@x>\r\nRCPT TO:<a@x>\r\n");
	hear(client, "550 not you\r\n250 ok\r\n250 ok\r\n");
	says(client, "DATA\r\n");
	smtp_client_free(&client);
}

static void garbage_and_replies_unasked_close(void **state)
{
	struct smtp_client *client = greeted("250-h\r\n250 PIPELINING\r\n");

	hear(client, "250 what?\r\n");
	assert_int_equal(smtp_client_state(client), SMTP_CLOSED);
	smtp_client_free(&client);
	client = smtp_client_new("me", 0, TIMEOUT_MS);
	hear(client, "SSH-2.0-OpenSSH\r\n");
	assert_int_equal(smtp_client_state(client), SMTP_CLOSED);
	assert_string_equal(smtp_client_error(client), "the server's reply is not SMTP");
	smtp_client_free(&client);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_message_is_sent_command_by_command),
	        cmocka_unit_test(commands_are_pipelined_but_never_data),
	        cmocka_unit_test(all_or_none_sends_nothing_when_one_is_refused_for_now),
	        cmocka_unit_test(a_refused_sender_is_every_recipients_answer),
	        cmocka_unit_test(too_many_recipients_said_as_552_is_for_now),
	        cmocka_unit_test(the_caller_is_asked_before_data),
	        cmocka_unit_test(a_message_over_the_servers_size_is_not_tried),
	        cmocka_unit_test(smtputf8_is_needed_by_whom_it_concerns),
	        cmocka_unit_test(where_no_address_can_be_said_nothing_is),
	        cmocka_unit_test(a_refusal_of_the_message_counts_for_all_taken),
	        cmocka_unit_test(before_the_last_byte_is_written_nothing_is_unsure),
	        cmocka_unit_test(after_the_last_byte_no_reply_means_unsure),
	        cmocka_unit_test(a_421_is_final_wherever_it_comes),
	        cmocka_unit_test(a_refusal_before_the_message_is_whole_is_believed),
	        cmocka_unit_test(each_reply_has_its_time),
	        cmocka_unit_test(a_reply_that_drips_does_not_win_time),
	        cmocka_unit_test(a_kept_connection_that_was_closed_is_told_from_a_failure),
	        cmocka_unit_test(an_old_server_is_greeted_with_helo),
	        cmocka_unit_test(xforward_goes_with_the_envelope_and_may_be_refused),
	        cmocka_unit_test(garbage_and_replies_unasked_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
