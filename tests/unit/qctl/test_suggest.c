#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/config/config.h"
#include "qctl/suggest.h"

struct case_ {
	Lz__Item item;
	Lz__Recipient recipient, *recipients[1];
	Lz__Part part, *parts[1];
	Lz__Symbol symbols[3], *lent[3];
	struct buf out;
	struct err err;
};

static void start(struct case_ *c, char *reason)
{
	memset(c, 0, sizeof(*c));
	lz__item__init(&c->item);
	lz__recipient__init(&c->recipient);
	lz__part__init(&c->part);
	c->item.id = "0123456789abcdef";
	c->item.reason = reason;
	c->item.reverse_path = "shop@partner.example";
	c->recipient.address = "o'neill@example.org";
	c->recipients[0] = &c->recipient;
	c->item.recipients = c->recipients;
	c->item.n_recipients = 1;
	c->part.path = "2";
	c->part.name = "Tool \xc3\x9c.exe";
	c->part.type = "application/x-tool";
	c->parts[0] = &c->part;
	c->item.parts = c->parts;
	c->item.n_parts = 1;
	c->item.symbols = c->lent;
}

static void add(struct case_ *c, char *name, char *where, char *detail)
{
	Lz__Symbol *symbol = &c->symbols[c->item.n_symbols];

	lz__symbol__init(symbol);
	symbol->name = name;
	symbol->where = where;
	symbol->detail = detail;
	c->lent[c->item.n_symbols++] = symbol;
}

/* What is suggested must be a configuration that is taken. */
static struct config *suggested(struct case_ *c)
{
	struct config *config = NULL;
	char *text;

	assert_int_equal(suggest_rules(&c->item, &c->out, &c->err), RESULT_OK);
	text = alloc_format("site: {name: mx.example.org, admin: admin@example.org}\n"
	                    "front: {next_hop: '127.0.0.1:26'}\n%s",
	        c->out.data);
	if (config_parse("test", text, strlen(text), &config, &c->err))
		fail_msg("%s in\n%s", c->err.text, text);
	free(text);
	buf_fini(&c->out);
	return config;
}

static void spam_is_allowed_by_sender_and_recipient(void **state)
{
	struct config *config;
	struct case_ c;

	start(&c, "spam");
	config = suggested(&c);
	assert_int_equal(config->access.count, 1);
	assert_int_equal(config->access.rules[0].action, ACTION_ALLOW);
	assert_string_equal(config->access.rules[0].senders.items[0], "@partner.example");
	assert_string_equal(config->access.rules[0].recipients.items[0], "o'neill@example.org");
	assert_int_equal(config->attachments.exception_count, 0);
	config_free(&config);
	start(&c, "subject");
	c.item.reverse_path = "";
	config = suggested(&c);
	assert_string_equal(config->access.rules[0].senders.items[0], "<>");
	config_free(&config);
}

static void a_part_is_allowed_by_its_name_beside_the_rules_that_are_there(void **state)
{
	const struct config_attachment_rule *rule;
	struct config *config;
	struct case_ c;

	start(&c, "attachment");
	add(&c, "ATTACHMENT_EXECUTABLES", "2", "true type application/x-dosexec");
	config = suggested(&c);
	assert_int_equal(config->attachments.exception_count, 1);
	assert_true(config->attachments.count > 1);
	rule = &config->attachments.exceptions[0];
	assert_int_equal(rule->match, MATCH_EXACT);
	assert_string_equal(rule->names.items[0], "tool \xc3\xbc.exe");
	assert_int_equal(rule->names.count, 1);
	assert_int_equal(rule->types.count, 0);
	assert_string_equal(rule->senders.items[0], "@partner.example");
	config_free(&config);
}

static void a_member_of_an_archive_is_allowed_by_its_own_name(void **state)
{
	struct config *config;
	struct case_ c;

	start(&c, "attachment");
	add(&c, "ATTACHMENT_EXECUTABLES", "2/inner.zip/x.exe", "name x.exe");
	config = suggested(&c);
	assert_string_equal(config->attachments.exceptions[0].names.items[0], "x.exe");
	assert_int_equal(config->attachments.exceptions[0].names.count, 1);
	config_free(&config);
}

static void a_name_is_no_pattern(void **state)
{
	struct config *config;
	struct case_ c;

	start(&c, "attachment");
	add(&c, "ATTACHMENT_EXECUTABLES", "2", "");
	c.part.name = "invoice [1.exe";
	config = suggested(&c);
	assert_string_equal(config->attachments.exceptions[0].names.items[0], "invoice [1.exe");
	config_free(&config);
}

static void what_has_no_name_is_allowed_by_its_type(void **state)
{
	struct config *config;
	struct case_ c;

	start(&c, "attachment");
	c.part.name = "";
	add(&c, "ATTACHMENT_X", "2", "type application/x-tool");
	config = suggested(&c);
	assert_string_equal(config->attachments.exceptions[0].types.items[0], "application/x-tool");
	config_free(&config);
}

static void an_archive_with_a_password_is_allowed_as_such(void **state)
{
	struct config *config;
	struct case_ c;

	start(&c, "unscanned");
	c.part.name = "a.zip";
	add(&c, "UNSCANNED_ENCRYPTED", "2", "");
	config = suggested(&c);
	assert_string_equal(config->attachments.exceptions[0].traits.items[0], "encrypted");
	assert_string_equal(config->attachments.exceptions[0].names.items[0], "a.zip");
	config_free(&config);
}

static void nothing_lets_a_virus_through(void **state)
{
	static char *const reasons[] = {"virus", "pua", "heuristic", "size", "undeliverable",
	        "report", "unscanned", "attachment", "request", "strange"};
	struct case_ c;
	size_t at;

	for (at = 0; at < sizeof(reasons) / sizeof(reasons[0]); at++) {
		start(&c, reasons[at]);
		assert_int_equal(suggest_rules(&c.item, &c.out, &c.err), RESULT_NONE);
		assert_null(c.out.data);
	}
	start(&c, "attachment");
	add(&c, "ATTACHMENT_X", "2", "");
	add(&c, "VIRUS_Eicar", "2", "");
	assert_int_equal(suggest_rules(&c.item, &c.out, &c.err), RESULT_NONE);
	assert_non_null(strstr(c.err.text, "virus"));
	start(&c, "attachment");
	add(&c, "ATTACHMENT_X", "2", "");
	c.part.name = "in?voice.exe"; /* what was not printable is not kept */
	assert_int_equal(suggest_rules(&c.item, &c.out, &c.err), RESULT_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(spam_is_allowed_by_sender_and_recipient),
	        cmocka_unit_test(a_part_is_allowed_by_its_name_beside_the_rules_that_are_there),
	        cmocka_unit_test(a_member_of_an_archive_is_allowed_by_its_own_name),
	        cmocka_unit_test(a_name_is_no_pattern),
	        cmocka_unit_test(what_has_no_name_is_allowed_by_its_type),
	        cmocka_unit_test(an_archive_with_a_password_is_allowed_as_such),
	        cmocka_unit_test(nothing_lets_a_virus_through),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
