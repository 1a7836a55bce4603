#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/smtp/command.h"
#include "lib/smtp/xtext.h"

static const struct smtp_offer everything = {
        .pipelining = 1, .size = 1, .eight_bit = 1, .smtputf8 = 1, .dsn = 1, .xforward = 0x7f};
static const struct smtp_offer nothing;

static void check_rcpt(const char *address, const char *want)
{
	struct smtp_recipient recipient = {.address = address};
	struct buf out = {0};
	struct err err;
	enum result result = command_rcpt(&out, &recipient, &nothing, &err);

	assert_int_equal(result, want ? RESULT_OK : RESULT_PERMANENT);
	if (want)
		assert_string_equal(out.data, want);
	else
		assert_int_equal(out.size, 0);
	buf_fini(&out);
}

static void addresses_are_said_as_smtp_wants(void **state)
{
	check_rcpt("a@example.org", "RCPT TO:<a@example.org>\r\n");
	check_rcpt("a.b+c@[192.0.2.1]", "RCPT TO:<a.b+c@[192.0.2.1]>\r\n");
	check_rcpt("root", "RCPT TO:<root>\r\n");
	check_rcpt("\"a b\"@example.org", "RCPT TO:<\"a b\"@example.org>\r\n");
	check_rcpt("a b@example.org", "RCPT TO:<\"a b\"@example.org>\r\n");
	check_rcpt("a..b@example.org", "RCPT TO:<\"a..b\"@example.org>\r\n");
	check_rcpt("a\"b\\c@example.org", "RCPT TO:<\"a\\\"b\\\\c\"@example.org>\r\n");
	check_rcpt("a@b@example.org", "RCPT TO:<\"a@b\"@example.org>\r\n");
	check_rcpt("\"a\\\"@example.org", "RCPT TO:<\"\\\"a\\\\\\\"\"@example.org>\r\n");
}

static void addresses_that_would_end_the_line_are_refused(void **state)
{
	char longest[1200];

	check_rcpt("", NULL);
	check_rcpt("a\r\nDATA\r\n@example.org", NULL);
	check_rcpt("a\n@example.org", NULL);
	check_rcpt("a@example.org> NOTIFY=NEVER", NULL);
	check_rcpt("a@example.org X=y", NULL);
	check_rcpt("a@", NULL);
	check_rcpt("a\177@example.org", NULL);
	memset(longest, 'a', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	check_rcpt(longest, NULL);
}

static void check_mail(
        const struct smtp_message *message, const struct smtp_offer *offer, const char *want)
{
	struct buf out = {0};

	assert_int_equal(command_mail(&out, message, offer, 123, NULL), RESULT_OK);
	assert_string_equal(out.data, want);
	buf_fini(&out);
}

static void mail_parameters_follow_what_is_offered(void **state)
{
	struct smtp_recipient recipient = {.address = "a@example.org"};
	struct smtp_message message = {.reverse_path = "s@example.org",
	        .recipients = &recipient,
	        .recipient_count = 1,
	        .eight_bit = 1,
	        .envid = "QQ+2B1",
	        .ret = "HDRS"};

	check_mail(&message, &nothing, "MAIL FROM:<s@example.org>\r\n");
	check_mail(&message, &everything,
	        "MAIL FROM:<s@example.org> SIZE=123 BODY=8BITMIME RET=HDRS ENVID=QQ+2B1\r\n");
	recipient.address = "\xc3\xa9@example.org";
	message.eight_bit = 0;
	message.envid = "a b";
	message.ret = "ALL\r\nRSET";
	check_mail(&message, &everything, "MAIL FROM:<s@example.org> SIZE=123 SMTPUTF8\r\n");
	recipient.address = "a@example.org";
	message.reverse_path = "";
	check_mail(&message, &everything, "MAIL FROM:<> SIZE=123\r\n");
}

static void check_dsn(const char *notify, const char *orcpt, const char *want)
{
	struct smtp_recipient recipient = {"a@b", orcpt, notify};
	struct buf out = {0};

	assert_int_equal(command_rcpt(&out, &recipient, &everything, NULL), RESULT_OK);
	assert_string_equal(out.data, want);
	buf_fini(&out);
}

static void dsn_parameters_that_are_not_well_formed_are_left_out(void **state)
{
	check_dsn("SUCCESS,FAILURE", "rfc822;a+2Bb@c",
	        "RCPT TO:<a@b> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;a+2Bb@c\r\n");
	check_dsn("NEVER", "", "RCPT TO:<a@b> NOTIFY=NEVER\r\n");
	check_dsn("NEVER,DELAY", "rfc822", "RCPT TO:<a@b>\r\n");
	check_dsn("SUCCESS,", "rfc822;", "RCPT TO:<a@b>\r\n");
	check_dsn("DELAY\r\nDATA", "rfc822;a b", "RCPT TO:<a@b>\r\n");
	check_dsn("", "rf c;ab", "RCPT TO:<a@b>\r\n");
	check_dsn("", "rfc822;a+2", "RCPT TO:<a@b>\r\n");
}

static void the_offer_is_read_from_the_lines(void **state)
{
	struct smtp_offer offer;

	command_read_offer(
	        "PIPELINING\nsize 1000\n8BITMIME\nXFORWARD NAME ADDR SOURCE FOO\nDSNX\n", &offer);
	assert_true(offer.pipelining && offer.size && offer.eight_bit);
	assert_false(offer.smtputf8 || offer.dsn);
	assert_int_equal(offer.max_size, 1000);
	assert_int_equal(offer.xforward, 1 | 2 | 64);
	command_read_offer("SIZE\nDSN\nSMTPUTF8\nXFORWARD\n", &offer);
	assert_true(offer.size && offer.dsn && offer.smtputf8);
	assert_int_equal(offer.max_size, 0);
	assert_int_equal(offer.xforward, 0);
	command_read_offer("", &offer);
	assert_false(offer.size || offer.dsn);
}

static void xforward_says_what_is_offered_and_known(void **state)
{
	struct smtp_message message = {.xforward_name = "unknown",
	        .xforward_addr = "2001:db8::1",
	        .xforward_helo = "a b=c"};
	struct smtp_offer some = {.xforward = 1 | 2 | 16 | 64};
	struct buf out = {0};

	assert_int_equal(command_xforward(&out, &message, &some), 1);
	assert_string_equal(out.data, "XFORWARD NAME=[UNAVAILABLE] ADDR=IPV6:2001:db8::1 "
	                              "HELO=a+20b+3Dc SOURCE=REMOTE\r\n");
	buf_clear(&out);
	assert_int_equal(command_xforward(&out, &message, &nothing), 0);
	message = (struct smtp_message){0};
	assert_int_equal(command_xforward(&out, &message, &everything), 0);
	assert_int_equal(out.size, 0);
	buf_fini(&out);
}

static void long_xforward_values_are_split_over_commands_and_cut(void **state)
{
	char value[2000];
	struct smtp_message message = {.xforward_name = value,
	        .xforward_addr = "192.0.2.1",
	        .xforward_port = "25",
	        .xforward_proto = "ESMTP",
	        .xforward_helo = value,
	        .xforward_ident = value};
	struct buf out = {0};
	char *at, *end;
	int commands = 0;

	memset(value, '=', sizeof(value) - 1);
	value[sizeof(value) - 1] = '\0';
	assert_int_equal(command_xforward(&out, &message, &everything), 3);
	for (at = out.data; *at; at = end + 2, commands++) {
		end = strstr(at, "\r\n");
		assert_non_null(end);
		assert_true(end + 2 - at <= COMMAND_MAX);
		assert_memory_equal(at, "XFORWARD ", 9);
	}
	assert_int_equal(commands, 3);
	buf_fini(&out);
}

static void xtext_knows_its_own(void **state)
{
	struct buf out = {0};

	xtext_add(&out, "a+b=c d\xff", 100);
	assert_string_equal(out.data, "a+2Bb+3Dc+20d+FF");
	assert_true(xtext_valid(out.data, 16));
	assert_false(xtext_valid(out.data, 15));
	assert_false(xtext_valid("", 15));
	assert_false(xtext_valid("a=b", 15));
	assert_false(xtext_valid("a+2b", 15));
	assert_false(xtext_valid("a\r\n", 15));
	buf_fini(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(addresses_are_said_as_smtp_wants),
	        cmocka_unit_test(addresses_that_would_end_the_line_are_refused),
	        cmocka_unit_test(mail_parameters_follow_what_is_offered),
	        cmocka_unit_test(dsn_parameters_that_are_not_well_formed_are_left_out),
	        cmocka_unit_test(the_offer_is_read_from_the_lines),
	        cmocka_unit_test(xforward_says_what_is_offered_and_known),
	        cmocka_unit_test(long_xforward_values_are_split_over_commands_and_cut),
	        cmocka_unit_test(xtext_knows_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
