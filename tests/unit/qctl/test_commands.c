#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/file.h"
#include "qctl/qctl.h"

static char *text_of(const char *path)
{
	struct buf text = {0};
	struct err err;

	if (file_read(path, 1 << 20, &text, &err))
		fail_msg("%s", err.text);
	return buf_give(&text);
}

static void expect(const char *path, const char *text, const char *wanted)
{
	if (!strstr(text, wanted))
		fail_msg("%s doesn't have \"%s\"", path, wanted);
}

static void expect_options(const char *path, const char *text, const char *dashes,
        const struct argument_option *option)
{
	char *wanted;

	for (; option->name; option++) {
		wanted = alloc_format("%s%s", dashes, option->name);
		expect(path, text, wanted);
		free(wanted);
	}
}

static void expect_command(const char *path, const char *text, const char *before,
        const char *dashes, const char *after)
{
	const struct command *command;
	char *wanted;

	for (command = commands; command->name; command++) {
		wanted = alloc_format("%s%s%s", before, command->name, after);
		expect(path, text, wanted);
		free(wanted);
		expect_options(path, text, dashes, command->options);
	}
	expect_options(path, text, dashes, selecting_options);
}

static void the_completion_names_every_command_and_option(void **state)
{
	char *text = text_of("qctl/qctl.bash"), *list = strstr(text, "commands=\""), *wanted, *at;
	const struct command *command;

	assert_non_null(list);
	at = list + strlen("commands=\"");
	for (command = commands; command->name; command++) {
		assert_int_equal(strncmp(at, command->name, strlen(command->name)), 0);
		at += strlen(command->name);
		assert_true(*at == (command[1].name ? ' ' : '"'));
		at++;
		wanted = alloc_format("\n\t%s)", command->name);
		expect("qctl/qctl.bash", text, wanted);
		free(wanted);
	}
	expect_command("qctl/qctl.bash", text, "", "--", "");
	free(text);
}

static void the_man_page_names_every_command_and_option(void **state)
{
	char *text = text_of("man/qctl.8");

	expect_command("man/qctl.8", text, "\n.It Ic ", "Fl -", "");
	free(text);
}

static void every_row_is_whole(void **state)
{
	const struct command *command;

	for (command = commands; command->name; command++) {
		assert_non_null(command->words);
		assert_non_null(command->details);
		assert_non_null(command->options);
		assert_non_null(command->run);
		assert_true(command->least <= command->most);
		assert_true(*command->summary);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_completion_names_every_command_and_option),
	        cmocka_unit_test(the_man_page_names_every_command_and_option),
	        cmocka_unit_test(every_row_is_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
