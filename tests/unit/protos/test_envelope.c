#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "protos/envelope.h"

static int same(const ProtobufCMessage *message, const char *field, const ProtobufCMessage *other)
{
	const ProtobufCFieldDescriptor *here, *there;

	here = protobuf_c_message_descriptor_get_field_by_name(message->descriptor, field);
	there = protobuf_c_message_descriptor_get_field_by_name(other->descriptor, field);
	return strcmp(*(char *const *)((const char *)message + here->offset),
	               *(char *const *)((const char *)other + there->offset)) == 0;
}

static void set(Lz__Submission *submission, const char *field)
{
	const ProtobufCFieldDescriptor *at =
	        protobuf_c_message_descriptor_get_field_by_name(submission->base.descriptor, field);

	*(char **)((char *)submission + at->offset) = alloc_format("the %s", field);
}

/* By name, so that a field which both have and nobody copies is seen. */
static void every_text_that_both_have_is_copied(void **state)
{
	const ProtobufCMessageDescriptor *kind = &lz__submission__descriptor;
	Lz__Submission *submission = alloc(sizeof(*submission)), *back;
	Lz__Item *item = alloc(sizeof(*item));
	size_t at, both = 0;

	lz__submission__init(submission);
	lz__item__init(item);
	for (at = 0; at < kind->n_fields; at++)
		if (kind->fields[at].type == PROTOBUF_C_TYPE_STRING &&
		        kind->fields[at].label != PROTOBUF_C_LABEL_REPEATED)
			set(submission, kind->fields[at].name);
	submission->size = 7;
	submission->eight_bit = submission->smtputf8 = 1;
	envelope_to_item(submission, item);
	for (at = 0; at < kind->n_fields; at++) {
		const char *name = kind->fields[at].name;

		if (kind->fields[at].type != PROTOBUF_C_TYPE_STRING ||
		        !protobuf_c_message_descriptor_get_field_by_name(
		                item->base.descriptor, name))
			continue;
		both++;
		if (!same(&submission->base, name, &item->base))
			fail_msg("%s is not copied", name);
	}
	assert_true(both >= 9);
	assert_int_equal(item->size, 7);
	assert_true(item->eight_bit && item->smtputf8);
	back = envelope_of_item(item);
	for (at = 0; at < kind->n_fields; at++)
		if (kind->fields[at].type == PROTOBUF_C_TYPE_STRING &&
		        kind->fields[at].label != PROTOBUF_C_LABEL_REPEATED &&
		        protobuf_c_message_descriptor_get_field_by_name(
		                item->base.descriptor, kind->fields[at].name))
			assert_true(same(&item->base, kind->fields[at].name, &back->base));
	assert_int_equal(back->size, 7);
	assert_true(back->eight_bit && back->smtputf8);
	message_free(&back->base);
	message_free(&submission->base);
	message_free(&item->base);
}

static void a_recipient_keeps_its_dsn_parameters(void **state)
{
	Lz__Recipient from = LZ__RECIPIENT__INIT, *copy;

	from.address = (char *)"a@example.org";
	from.orcpt = (char *)"rfc822;b@example.org";
	from.notify = (char *)"NEVER";
	copy = envelope_recipient(&from);
	assert_string_equal(copy->address, from.address);
	assert_string_equal(copy->orcpt, from.orcpt);
	assert_string_equal(copy->notify, from.notify);
	message_free(&copy->base);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_text_that_both_have_is_copied),
	        cmocka_unit_test(a_recipient_keeps_its_dsn_parameters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
