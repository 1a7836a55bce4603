#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/spam/fields.h"

static void list_is(const char *text, const char *addresses, const char *names)
{
	struct buf out = {0};

	buf_add_string(&out, "");
	fields_addresses(text, strlen(text), 0, &out);
	assert_string_equal(out.data, addresses);
	buf_clear(&out);
	buf_add_string(&out, "");
	fields_addresses(text, strlen(text), 1, &out);
	assert_int_equal(strlen(names), out.size);
	assert_memory_equal(out.data, names, out.size);
	buf_fini(&out);
}

static void addresses_come_one_a_line_and_names_beside_them(void **state)
{
	list_is("a@b", "a@b", "");
	list_is("Anna Berg <a@b>, c@d", "a@b\nc@d", "Anna Berg");
	list_is("\"Berg, Anna\" <a@b>; \"x \\\"y\\\"\" <c@d>", "a@b\nc@d", "Berg, Anna\nx \"y\"");
	list_is("a@b (Anna (the first))", "a@b", "Anna (the first)");
}

static void groups_are_looked_into(void **state)
{
	list_is("friends: a@b, Carl <c@d>;, e@f", "a@b\nc@d\ne@f", "Carl");
	list_is("undisclosed-recipients:;", "", "");
}

static void names_are_decoded_squeezed_and_lose_one_pair_of_quotes(void **state)
{
	list_is("=?utf-8?q?J=C3=B6rg?=   'x'  <a@b>", "a@b", "J\xc3\xb6rg 'x'");
	list_is("'Anna  Berg' <a@b>", "a@b", "Anna Berg");
}

static void broken_lists_end(void **state)
{
	list_is("\"never closed <a@b>", "", "never closed <a@b>");
	list_is("<a@b", "a@b", "");
	list_is(",,;,<>", "", "");
	list_is("(open", "", "");
	list_is("", "", "");
}

static void value_is(const char *mail, struct header_key key, int is_there, const char *want)
{
	struct mime_map *map = mime_map_new(mail, strlen(mail), NULL);
	struct texts texts;
	struct buf out = {0};

	buf_add_string(&out, "");
	texts_build(&(struct texts_input){.map = map}, &texts);
	assert_int_equal(fields_value(&texts, 0, &key, &out), is_there);
	assert_string_equal(out.data, want);
	texts_fini(&texts);
	buf_fini(&out);
	mime_map_free(&map);
}

static void values_are_unfolded_trimmed_and_decoded(void **state)
{
	static const char mail[] =
	        "Subject:   =?iso-8859-1?q?=FC?=\r\n\t more \r\nX: 1\r\nx: 2\r\n\r\n";

	value_is(mail, (struct header_key){"subject", FORM_VALUE, PICK_ALL}, 1, "\xc3\xbc more\n");
	value_is(mail, (struct header_key){"X", FORM_VALUE, PICK_ALL}, 1, "1\n2\n");
	value_is(mail, (struct header_key){"X", FORM_VALUE, PICK_LAST}, 1, "2\n");
	value_is(mail, (struct header_key){"X", FORM_RAW, PICK_FIRST}, 1, " 1\n");
	value_is(mail, (struct header_key){"Y", FORM_VALUE, PICK_ALL}, 0, "");
}

static void what_is_structure_is_not_decoded(void **state)
{
	value_is("Message-ID: <=?utf-8?q?a?=@b>\n\n",
	        (struct header_key){"Message-ID", FORM_VALUE, PICK_ALL}, 1, "<=?utf-8?q?a?=@b>\n");
	value_is("List-Id: =?utf-8?q?a?=\n\n", (struct header_key){"List-Id", FORM_VALUE, PICK_ALL},
	        1, "=?utf-8?q?a?=\n");
}

static void all_is_every_field_in_order(void **state)
{
	value_is("B: 2\nA: =?utf-8?q?1?=\n\nC: no\n",
	        (struct header_key){"ALL", FORM_VALUE, PICK_ALL}, 1, "B: 2\nA: 1\n");
	value_is("B:2\nA:  x\n y\n\n", (struct header_key){"ALL", FORM_RAW, PICK_ALL}, 1,
	        "B:2\nA:  x\n y\n");
}

static void what_another_filter_said_is_left_out(void **state)
{
	static const char mail[] = "A: 1\nx-spam-flag: NO\nX-Spam-Level: *\nX-Spammer: 1\n\n";

	value_is(mail, (struct header_key){"ALL", FORM_VALUE, PICK_ALL}, 1, "A: 1\nX-Spammer: 1\n");
	value_is(mail, (struct header_key){"X-Spam-Flag", FORM_VALUE, PICK_ALL}, 0, "");
	value_is(mail, (struct header_key){"ALL", FORM_RAW, PICK_ALL}, 1,
	        "A: 1\nx-spam-flag: NO\nX-Spam-Level: *\nX-Spammer: 1\n");
}

static const char way[] =
        "Received: from here (here.example [10.0.0.1])\n by mx.example (8.11/8.11) with ESMTP id "
        "A1B2\n"
        "X-Ours: 1\n"
        "Received: from there (host.example.net [192.0.2.7]) by here (8.11/8.11) with ESMTP id B2\n"
        "X-Theirs: 2\n"
        "Received: from beyond (x.example.org [192.0.2.9]) by there (8.11/8.11) with SMTP id C3\n"
        "From: \"Doe, J.\" <Joe.Doe@Mail.Example.CO.UK>\nSubject: s\n\nbody\n";

static void all_is_cut_where_fields_are_no_longer_believed(void **state)
{
	value_is("A: 1\n\nbody\n", (struct header_key){"ALL-UNTRUSTED", FORM_VALUE, PICK_ALL}, 0,
	        "");
	value_is(way, (struct header_key){"ALL-TRUSTED", FORM_VALUE, PICK_ALL}, 1,
	        "Received: from here (here.example [10.0.0.1]) by mx.example (8.11/8.11) with "
	        "ESMTP id "
	        "A1B2\nX-Ours: 1\n"
	        "Received: from there (host.example.net [192.0.2.7]) by here (8.11/8.11) with "
	        "ESMTP id "
	        "B2\n");
}

static void relays_are_texts_like_fields(void **state)
{
	value_is(way, (struct header_key){"X-Spam-Relays-Trusted", FORM_VALUE, PICK_ALL}, 1,
	        "[ ip=10.0.0.1 rdns=here.example helo=here by=mx.example ident= envfrom= intl=1 "
	        "id=A1B2 "
	        "auth= msa=0 ]");
}

static void hosts_domains_and_ip_addresses_are_found_in_fields(void **state)
{
	value_is(way, (struct header_key){"From", FORM_HOST, PICK_ALL}, 1, "Mail.Example.CO.UK");
	value_is(way, (struct header_key){"Received", FORM_IP, PICK_FIRST}, 1, "10.0.0.1");
	value_is(way, (struct header_key){"Received", FORM_REVIP, PICK_LAST}, 1, "9.2.0.192");
	value_is(way, (struct header_key){"From", FORM_DOMAIN, PICK_ALL}, 1, "co.uk");
	value_is(way, (struct header_key){"Subject", FORM_HOST, PICK_ALL}, 0, "");
}

static void sender_is(const char *mail, const char *reverse_path, const char *want)
{
	struct mime_map *map = mime_map_new(mail, strlen(mail), NULL);
	struct texts texts;
	struct buf out = {0};

	texts_build(&(struct texts_input){.map = map, .reverse_path = reverse_path}, &texts);
	assert_int_equal(fields_envelope_from(&texts, &out), want != NULL);
	assert_string_equal(out.data, want ? want : "");
	texts_fini(&texts);
	buf_fini(&out);
	mime_map_free(&map);
}

static void the_envelope_sender_is_what_the_server_said_or_what_fields_tell(void **state)
{
	sender_is("Return-Path: <a@b>\nReceived: from x\n\n", "known@c", "known@c");
	sender_is("Return-Path: <a@b>\nReceived: from x\n\n", NULL, "a@b");
	/* A list may have changed it behind that. */
	sender_is("Received: from x\nReturn-Path: <a@b>\n\n", NULL, NULL);
	sender_is("Received: from h (h.example [192.0.2.1]) by mx (8.11/8.11) with SMTP id x "
	          "(envelope-from <e@f>)\nReturn-Path: <a@b>\n\n",
	        NULL, "e@f");
	sender_is("From: a@b\n\n", NULL, NULL);
}

static void a_nul_before_the_mark_ends_nothing(void **state)
{
	static const char text[] = "x\0@y.example <a //b.example c@d.example";
	struct buf out = {0};

	fields_addresses(text, sizeof(text) - 1, 0, &out);
	buf_fini(&out);
	fields_addresses("\0@b.example", 11, 0, &out);
	buf_fini(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_nul_before_the_mark_ends_nothing),
	        cmocka_unit_test(addresses_come_one_a_line_and_names_beside_them),
	        cmocka_unit_test(groups_are_looked_into),
	        cmocka_unit_test(names_are_decoded_squeezed_and_lose_one_pair_of_quotes),
	        cmocka_unit_test(broken_lists_end),
	        cmocka_unit_test(values_are_unfolded_trimmed_and_decoded),
	        cmocka_unit_test(what_is_structure_is_not_decoded),
	        cmocka_unit_test(all_is_every_field_in_order),
	        cmocka_unit_test(what_another_filter_said_is_left_out),
	        cmocka_unit_test(all_is_cut_where_fields_are_no_longer_believed),
	        cmocka_unit_test(relays_are_texts_like_fields),
	        cmocka_unit_test(hosts_domains_and_ip_addresses_are_found_in_fields),
	        cmocka_unit_test(the_envelope_sender_is_what_the_server_said_or_what_fields_tell),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
