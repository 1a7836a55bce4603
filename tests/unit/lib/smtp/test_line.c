/* Over a real socket in a private folder: the other end is this test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/smtp/line.h"

static char folder[64];
static int listener;

static int begin(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	strcpy(folder, "/tmp/test_line.XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/s", folder);
	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(listener, 5), 0);
	return 0;
}

static int finish(void **state)
{
	char path[80];

	close(listener);
	snprintf(path, sizeof(path), "%s/s", folder);
	unlink(path);
	rmdir(folder);
	return 0;
}

static struct smtp_target *target(void)
{
	struct smtp_target *made = NULL;
	char text[80];

	snprintf(text, sizeof(text), "unix:%s/s", folder);
	assert_int_equal(smtp_target_new(text, &made, NULL), RESULT_OK);
	return made;
}

static void tell(int fd, struct smtp_line *line, const char *text)
{
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	smtp_line_ready(line, 0);
}

static void expect(int fd, const char *want)
{
	char got[256] = "";
	ssize_t size = read(fd, got, sizeof(got) - 1);

	assert_true(size >= 0);
	assert_string_equal(got, want);
}

static void a_message_crosses_a_socket(void **state)
{
	const struct smtp_piece piece = {"x\n", 2};
	const struct smtp_recipient recipient = {.address = "a@x"};
	const struct smtp_message message = {.reverse_path = "",
	        .recipients = &recipient,
	        .recipient_count = 1,
	        .pieces = &piece,
	        .piece_count = 1};
	struct smtp_target *where = target();
	struct smtp_line *line = smtp_line_open(where, "me", 0, 1000);
	int fd = accept(listener, NULL, NULL);

	tell(fd, line, "220 hi\r\n");
	expect(fd, "EHLO me\r\n");
	tell(fd, line, "250-h\r\n250 PIPELINING\r\n");
	assert_int_equal(smtp_line_state(line), SMTP_IDLE);
	assert_int_equal(smtp_line_wants(line), SMTP_LINE_READ);
	smtp_line_send(line, &message, 0);
	expect(fd, "MAIL FROM:<>\r\nRCPT TO:<a@x>\r\n");
	tell(fd, line, "250 ok\r\n250 ok\r\n");
	expect(fd, "DATA\r\n");
	tell(fd, line, "354 go\r\n");
	expect(fd, "x\r\n.\r\n");
	tell(fd, line, "250 ok\r\n");
	assert_int_equal(smtp_line_state(line), SMTP_DONE);
	assert_int_equal(smtp_client_result(smtp_line_client(line), 0, NULL), RESULT_OK);
	smtp_line_close(&line);
	expect(fd, "QUIT\r\n");
	close(fd);
	smtp_target_free(&where);
}

static void a_kept_line_notices_that_the_server_left(void **state)
{
	struct smtp_target *where = target();
	struct smtp_line *line = smtp_line_open(where, "me", 0, 1000);
	int fd = accept(listener, NULL, NULL);

	tell(fd, line, "220 hi\r\n");
	expect(fd, "EHLO me\r\n");
	tell(fd, line, "250 h\r\n");
	close(fd);
	smtp_line_ready(line, 0);
	assert_int_equal(smtp_line_state(line), SMTP_CLOSED);
	assert_int_equal(smtp_line_wants(line), 0);
	smtp_line_close(&line);
	smtp_target_free(&where);
}

static void nobody_there_is_a_closed_line(void **state)
{
	struct smtp_target *where;
	struct smtp_line *line;

	assert_int_equal(smtp_target_new("unix:/nonexistent/s", &where, NULL), RESULT_OK);
	line = smtp_line_open(where, "me", 0, 1000);
	assert_int_equal(smtp_line_state(line), SMTP_CLOSED);
	smtp_line_close(&line);
	smtp_target_free(&where);
}

static void targets_are_read_strictly(void **state)
{
	static const char *const bad[] = {
	        "", "127.0.0.1", ":25", "127.0.0.1:", "::1:25", "[::1]", "unix:", "1:2:3"};
	static const char *const good[] = {"127.0.0.1:25", "[::1]:25"};
	struct smtp_target *where;
	struct err err;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(smtp_target_new(bad[i], &where, &err), RESULT_PERMANENT);
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(smtp_target_new(good[i], &where, &err), RESULT_OK);
		assert_int_equal(smtp_target_count(where), 1);
		smtp_target_free(&where);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_message_crosses_a_socket),
	        cmocka_unit_test(a_kept_line_notices_that_the_server_left),
	        cmocka_unit_test(nobody_there_is_a_closed_line),
	        cmocka_unit_test(targets_are_read_strictly),
	};

	return cmocka_run_group_tests(tests, begin, finish);
}
