#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "lib/spam/dates.h"
#include "lib/spam/domains.h"
#include "lib/spam/relays.h"

static void reads(const char *text, const char *want)
{
	struct relay relay;
	struct buf out = {0};

	assert_int_equal(received_read(text, strlen(text), &relay), RECEIVED_RELAY);
	received_print(&relay, &out);
	if (!strstr(out.data, want))
		fail_msg("%s: %s", text, out.data);
	received_fini(&relay);
	buf_fini(&out);
}

static void is(const char *text, enum received want)
{
	struct relay relay;
	enum received got = received_read(text, strlen(text), &relay);

	if (got == RECEIVED_RELAY)
		received_fini(&relay);
	if (got != want)
		fail_msg("%s: %d", text, (int)got);
}

static void what_common_servers_write_is_read(void **state)
{
	assert_true(received_shapes() > 90);
	/* Postfix */
	reads("from a.example.org (b.example.org [192.0.2.1])\n\tby mx.example.net (Postfix) with "
	      "ESMTP "
	      "id A96E18BD97\n\tfor <j@x>; Thu, 13 Mar 2003 15:23:15 -0500 (EST)",
	        "[ ip=192.0.2.1 rdns=b.example.org helo=a.example.org by=mx.example.net ident= "
	        "envfrom= "
	        "intl=0 id=A96E18BD97 auth= msa=0 ]");
	reads("from a (unknown [192.0.2.1]) by mx (Postfix) with ESMTP id ABC", " rdns= helo=a ");
	/* sendmail */
	reads("from a (IDENT:u@b.example.org [192.0.2.1] (may be forged)) by mx (8.11.6/8.11.6) "
	      "with "
	      "SMTP id h381Vvf19860",
	        "[ ip=192.0.2.1 rdns=b.example.org helo=a by=mx ident=u ");
	reads("from a ([192.0.2.1]) by mx (8.11.6/8.11.6) with ESMTP id h2FH0Zx11330",
	        "[ ip=192.0.2.1 rdns= helo=a by=mx ");
	/* Exim */
	reads("from b.example.org ([192.0.2.1] helo=a) by mx with esmtp (Exim 3.35 #1) id "
	      "18t301-0007Bh",
	        "[ ip=192.0.2.1 rdns=b.example.org helo=a by=mx ");
	reads("from [192.0.2.1] (helo=a ident=u) by mx with smtp (Exim 3.35 #1) id 194BE5-0005Zh",
	        "[ ip=192.0.2.1 rdns= helo=a by=mx ident=u ");
	/* qmail */
	reads("from b.example.org (HELO a) (u@192.0.2.1) by mx with SMTP; 14 Nov 2003 08:05:50 "
	      "-0000",
	        "[ ip=192.0.2.1 rdns=b.example.org helo=a by=mx ident=u ");
	reads("from unknown (HELO a) (192.0.2.1)\n  by mx with SMTP; 1 Nov 2003 07:05:19 -0000",
	        "[ ip=192.0.2.1 rdns= helo=a by=mx ");
	/* Microsoft */
	reads("from a ([192.0.2.1]) by mx with Microsoft SMTPSVC(5.0.2195.6624);\n\t Thu, 6 Mar "
	      "2003 "
	      "12:02:35 -0800",
	        "[ ip=192.0.2.1 rdns= helo=a by=mx ");
	reads("from A.example (2001:db8::1) by B.example (2001:db8::2) with mapi id "
	      "15.20.1943.023; "
	      "Mon, 29 Oct 2018 11:17:19 +0100",
	        "[ ip=2001:db8::1 rdns= helo=A.example by=B.example ");
	/* and others */
	reads("from [192.0.2.1] by web1.mail.example.com via HTTP; Wed, 12 Feb 2003 14:22:21 PST",
	        "[ ip=192.0.2.1 rdns= helo= by=web1.mail.example.com ");
	reads("from oemcomputer [192.0.2.1] by mx (SMTPD32-7.07) id A4CE7F2A0028",
	        "[ ip=192.0.2.1 rdns= helo=oemcomputer by=mx ");
	reads("from a.example.org (IPv6:::ffff:192.0.2.1) by mx with esmtp", "[ ip=192.0.2.1 ");
}

static void who_proved_who_it_is_is_told(void **state)
{
	reads("from a (b.example.org [192.0.2.1]) by mx (Postfix) with ESMTPSA id ABC",
	        " auth=ESMTPSA ");
	reads("from a (b.example.org [192.0.2.1]) (Authenticated sender: joe) by mx (Postfix) with "
	      "ESMTP id ABC",
	        " auth=Postfix ");
	reads("from a (b.example.org [192.0.2.1]) by mx (Postfix) with ESMTP id ABC", " auth= ");
}

static void steps_inside_of_a_host_are_none(void **state)
{
	is("by mx (Postfix, from userid 1002) id DABBD1BED3", RECEIVED_IGNORE);
	is("(qmail 84907 invoked from network); 13 Feb 2003 20:59:28 -0000", RECEIVED_IGNORE);
	is("from mail pickup service by a with Microsoft SMTPSVC; Thu, 13 Feb 2003 19:05:39 -0500",
	        RECEIVED_IGNORE);
	is("from joe by mx with local (Exim 4.12) id 18xeL6-000Dn1-00", RECEIVED_IGNORE);
	is("from pop.example.org [192.0.2.1] by localhost with POP3 (fetchmail-5.9.0)",
	        RECEIVED_FETCHED);
	is("from phobos (x) by localhost with IMAP (fetchmail-5.9.0) for j", RECEIVED_FETCHED);
	is("from what is this", RECEIVED_UNKNOWN);
	is("", RECEIVED_IGNORE);
}

static void odd_bytes_can_not_pose_as_the_marks_around_them(void **state)
{
	reads("from [1.2.3.4] (b.example.org [192.0.2.1]) by mx (Postfix) with ESMTP id ABC",
	        " helo=!1.2.3.4! by=mx ");
}

static void hostile_fields_cost_little(void **state)
{
	static const char *const pieces[] = {
	        "(", "[", " by ", "from ", "([1.2.3.4] ", "a@", "1.2.3.4 ", ":", "f:"};
	int64_t began;

	for (size_t i = 0; i < sizeof(pieces) / sizeof(*pieces); i++) {
		struct buf text = {0};
		struct relay relay;

		buf_add_string(&text, "from ");
		while (text.size < 100000)
			buf_add_string(&text, pieces[i]);
		began = clock_monotonic_ms();
		if (received_read(text.data, text.size, &relay) == RECEIVED_RELAY)
			received_fini(&relay);
		assert_true(clock_monotonic_ms() - began < 3000);
		buf_fini(&text);
	}
}

/* ------------------------------------------------------------ the way */

#define STEP(ip) "Received: from a (a.example.org [" ip "]) by b (8.11/8.11) with ESMTP id A1B2\n"

static size_t trusted_of(const char *mail, const struct lists *lists)
{
	struct mime_map *map = mime_map_new(mail, strlen(mail), NULL);
	struct relays relays;
	size_t count;

	relays_read(map, lists, &relays);
	count = relays_count(&relays, RELAYS_TRUSTED);
	relays_fini(&relays);
	mime_map_free(&map);
	return count;
}

static void steps_are_believed_up_to_the_first_from_outside(void **state)
{
	static const char mail[] =
	        STEP("10.0.0.1") STEP("192.168.1.1") STEP("192.0.2.1") STEP("10.0.0.2") "\n";
	struct lists *lists = lists_new();

	assert_int_equal(trusted_of(mail, lists), 2);
	lists_add(lists, "trusted_networks", "192.0.3/24");
	assert_int_equal(trusted_of(mail, lists), 0);
	lists_add(lists, "trusted_networks", "10.");
	lists_add(lists, "trusted_networks", "192.168.0.0/16");
	assert_int_equal(trusted_of(mail, lists), 2);
	lists_add(lists, "trusted_networks", "192.0.2.0/24");
	assert_int_equal(trusted_of(mail, lists), 4);
	lists_free(&lists);
}

static void what_is_fetched_from_a_mailbox_begins_the_way_anew(void **state)
{
	static const char mail[] = STEP("127.0.0.1") "Received: from x (y) by localhost with IMAP "
	                                             "(fetchmail-5.9.0)\n" STEP("192.0.2.1") "\n";

	assert_int_equal(trusted_of(mail, NULL), 0);
}

static void networks_are_read_in_all_their_forms(void **state)
{
	assert_true(relays_is_in("192.0.2.0/25", "192.0.2.127"));
	assert_false(relays_is_in("192.0.2.0/25", "192.0.2.128"));
	assert_true(relays_is_in("10.", "10.200.0.1"));
	assert_true(relays_is_in("2001:db8::/33", "2001:db8:7fff::1"));
	assert_false(relays_is_in("2001:db8::/33", "2001:db8:8000::1"));
	assert_false(relays_is_in("nonsense", "10.0.0.1"));
	assert_false(relays_is_in("10.0.0.0/99", "10.0.0.1"));
}

/* ------------------------------------------------------------ hosts and dates */

static void what_was_registered_of_a_host_is_known(void **state)
{
	struct lists *lists = lists_new();

	lists_add(lists, "util_rb_tld", "uk");
	lists_add(lists, "util_rb_2tld", "co.uk");
	lists_add(lists, "util_rb_3tld", "demon.co.uk");
	assert_string_equal(domains_registered(lists, "a.b.c.co.uk"), "c.co.uk");
	assert_string_equal(domains_registered(lists, "a.b.demon.co.uk"), "b.demon.co.uk");
	assert_string_equal(domains_registered(lists, "a.b.uk"), "b.uk");
	assert_string_equal(domains_registered(lists, "w.x.y.va.us"), "x.y.va.us");
	assert_string_equal(domains_registered(lists, "uk"), "uk");
	assert_true(domains_is_known(lists, "a.UK", 4));
	assert_false(domains_is_known(lists, "a.com", 5));
	assert_true(domains_is_known(NULL, "a.com", 5));
	lists_free(&lists);
}

static void hosts_of_addresses_are_found(void **state)
{
	char host[HOST_MOST_BYTES + 1];

	assert_string_equal(domains_of_url(NULL, "http://u:p@WWW.a.com:80/x@y", 27, host), "a.com");
	assert_string_equal(host, "www.a.com");
	assert_string_equal(domains_of_url(NULL, "mailto:j@b.org?x=y@z", 20, host), "b.org");
	assert_string_equal(domains_of_url(NULL, "http://192.0.2.1/", 17, host), "192.0.2.1");
	assert_null(domains_of_url(NULL, "http://a.nosuchdomain/", 22, host));
	assert_null(domains_of_url(NULL, "cid:x@a.com", 11, host));
	assert_false(domains_is_well_formed("-a.com", 6));
	assert_false(domains_is_well_formed("a_b.com", 7));
	assert_true(domains_is_well_formed("a_b.c.com", 9));
}

static void date_is(const char *text, int64_t want)
{
	int64_t got = -1;

	assert_int_equal(dates_read(text, strlen(text), &got), want >= 0);
	assert_int_equal(got, want);
}

static void dates_are_read_as_programs_write_them(void **state)
{
	date_is("Mon, 2 Sep 2002 10:00:00 +0000", 1030960800);
	date_is("Mon, 2 Sep 2002 10:00:00 +0230", 1030960800 - 9000);
	date_is("Mon,2 Sep 2002 10:00 EST", 1030960800 + 18000);
	date_is("Mon Sep  2 10:00:00 2002", 1030960800);
	date_is("2 Sep 02 10:00:00 GMT", 1030960800);
	date_is("2 Sep 102 10:00:00", 1030960800);
	date_is("31 Sep 2002 25:70:70 +0000", 1033516799);
	date_is("yesterday", -1);
	date_is("", -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_common_servers_write_is_read),
	        cmocka_unit_test(who_proved_who_it_is_is_told),
	        cmocka_unit_test(steps_inside_of_a_host_are_none),
	        cmocka_unit_test(odd_bytes_can_not_pose_as_the_marks_around_them),
	        cmocka_unit_test(hostile_fields_cost_little),
	        cmocka_unit_test(steps_are_believed_up_to_the_first_from_outside),
	        cmocka_unit_test(what_is_fetched_from_a_mailbox_begins_the_way_anew),
	        cmocka_unit_test(networks_are_read_in_all_their_forms),
	        cmocka_unit_test(what_was_registered_of_a_host_is_known),
	        cmocka_unit_test(hosts_of_addresses_are_found),
	        cmocka_unit_test(dates_are_read_as_programs_write_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
