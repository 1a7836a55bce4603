/* Functions that ask who sent a mail, to whom, when and over which relays. */
#include "tests/unit/lib/spam/calling.h"

/* ------------------------------------------------------------ header fields */

static void bytes_that_headers_may_not_have_are_counted(void **state)
{
	HITS("Subject: \xe4\xf6\xfc x\n\n", "check_illegal_chars", "Subject", "0.1", "2");
	MISSES("Subject: \xc3\xa4\xc3\xb6\n\n", "check_illegal_chars", "Subject", "0.1", "2");
	MISSES("Subject: plain\n\n", "check_illegal_chars", "Subject", "0.0", "1");
	/* One pound sign is nothing. */
	MISSES("Subject: \xa3 5\n\n", "check_illegal_chars", "Subject", "0.0", "1");
	MISSES("Subject: \xe4\n\n", "check_for_unique_subject_id", NULL);
}

static void subjects_in_capitals_are_told(void **state)
{
	HITS("Subject: Re: BUY THIS NOW\n\n", "subject_is_all_caps", NULL);
	MISSES("Subject: BUY THIS now\n\n", "subject_is_all_caps", NULL);
	MISSES("Subject: CAPITALSALONE\n\n", "subject_is_all_caps", NULL);
	MISSES("Subject: =?gb2312?q?BUY_THIS_NOW_PLEASE?=\n\n", "subject_is_all_caps", NULL);
}

static void a_subject_that_speaks_to_the_recipient_is_told(void **state)
{
	HITS("To: joe@example.org\nSubject: joe, buy\n\n", "check_for_to_in_subject", "user");
	HITS("To: joe@example.org\nSubject: Joe\n\n", "check_for_to_in_subject", "user");
	HITS("To: joe@example.org\nSubject: re: hello joe\n\n", "check_for_to_in_subject", "user");
	HITS("To: joe@example.org\nSubject: hello, joe!\n\n", "check_for_to_in_subject", "user");
	MISSES("To: joe@example.org\nSubject: about joe and others\n\n", "check_for_to_in_subject",
	        "user");
	HITS("To: joe@example.org\nSubject: for joe@example.org now\n\n", "check_for_to_in_subject",
	        "address");
	MISSES("To: joe@example.org\nSubject: for xjoe@example.org\n\n", "check_for_to_in_subject",
	        "address");
}

static void recipients_in_order_or_alike_are_told(void **state)
{
	static const char sorted[] =
	        "To: a1@x.org, b2@x.org, c3@x.org, d4@x.org, e5@x.org, f6@x.org, g7@x.org\n\n";
	static const char mixed[] =
	        "To: g7@x.org, b2@y.org, c3@z.org, d4@w.org, e5@v.org, f6@u.org, a1@t.org\n\n";
	static const char alike[] =
	        "To: joe1@x.org, joe2@x.org, joe3@x.org, joe4@x.org, joe5@x.org\n\n";

	HITS(sorted, "sorted_recipients", NULL);
	MISSES(mixed, "sorted_recipients", NULL);
	HITS(alike, "similar_recipients", "0.65", "undef");
	MISSES(mixed, "similar_recipients", "0.65", "undef");
}

static void a_missing_recipient_is_told(void **state)
{
	HITS("From: a@b\n\n", "check_for_missing_to_header", NULL);
	MISSES("To: a@b\n\n", "check_for_missing_to_header", NULL);
	MISSES("Apparently-To: a@b\n\n", "check_for_missing_to_header", NULL);
}

static void the_sender_is_held_against_the_envelope(void **state)
{
	HITS("Return-Path: <a@x.org>\nFrom: A@x.org\n\n", "check_for_matching_env_and_hdr_from",
	        NULL);
	MISSES("Return-Path: <a@x.org>\nFrom: b@x.org\n\n", "check_for_matching_env_and_hdr_from",
	        NULL);
	HITS("Return-Path: <a@m.x.org>\nFrom: b@y.org\n\n", "check_equal_from_domains", NULL);
	MISSES("Return-Path: <a@m.x.org>\nFrom: b@n.x.org\n\n", "check_equal_from_domains", NULL);
	HITS("Return-Path: <q.example.org.joe@x.com>\nTo: joe@example.org\n\n",
	        "check_ratware_envelope_from", NULL);
	MISSES("Return-Path: <q@x.com>\nTo: joe@example.org\n\n", "check_ratware_envelope_from",
	        NULL);
	HITS("From: \"J\" <joe@x.org>\nMessage-Id: <ABCDEFGHIJKLMNOPQRSTUVWXYZAB.joe@x.org>\n\n",
	        "check_ratware_name_id", NULL);
	MISSES("From: \"J\" <jim@x.org>\nMessage-Id: <ABCDEFGHIJKLMNOPQRSTUVWXYZAB.joe@x.org>\n\n",
	        "check_ratware_name_id", NULL);
}

static void different_fields_of_a_name_are_counted(void **state)
{
	HITS("Subject: a\nSubject: b\n\n", "check_header_count_range", "Subject", "2", "999");
	MISSES("Subject: a\nSubject: a\n\n", "check_header_count_range", "Subject", "2", "999");
	MISSES("From: a\n\n", "check_header_count_range", "Subject", "1", "999");
}

static void what_a_mailer_should_have_filled_in_is_told(void **state)
{
	HITS("X-Info: %FIRST_NAME\n\n", "check_unresolved_template", NULL);
	HITS("X-Info: =?utf-8?b?JUZJUlNUX05BTUU=?=\n\n", "check_unresolved_template", NULL);
	MISSES("Subject: %FIRST_NAME\n\n", "check_unresolved_template", NULL);
	MISSES("X-Info: 5%\n\n", "check_unresolved_template", NULL);
}

static void fields_that_list_servers_take_away_are_known(void **state)
{
	HITS("Subject: s\n\n", "gated_through_received_hdr_remover", NULL);
	MISSES("Received: from x\n\n", "gated_through_received_hdr_remover", NULL);
	HITS("Received: from x\nList-Unsubscribe: <mailto:leave-x@y.org>\n\n",
	        "check_messageid_not_usable", NULL);
	MISSES("Received: from x\n\n", "check_messageid_not_usable", NULL);
}

/* ------------------------------------------------------------ dates */

static void dates_are_held_against_the_fields_of_relays(void **state)
{
#define DATED(date) "Received: from x by y; Mon, 2 Sep 2002 10:00:00 +0000\nDate: " date "\n\n"
	HITS(DATED("Mon, 2 Sep 2002 14:00:00 +0000"), "check_for_shifted_date", "3", "6");
	MISSES(DATED("Mon, 2 Sep 2002 14:00:00 +0200"), "check_for_shifted_date", "3", "6");
	HITS(DATED("Sun, 1 Sep 2002 20:00 UTC"), "check_for_shifted_date", "-24", "-12");
	HITS(DATED("1 Jan 2002 20:00:00 EST"), "check_for_shifted_date", "undef", "-96");
	MISSES("Date: Mon, 2 Sep 2002 14:00:00 +0000\n\n", "check_for_shifted_date", "3", "6");
	/* Of several the first one that can be read counts. */
	HITS("Date: some day\n" DATED(
	             "Mon, 2 Sep 2002 14:00:00 +0000\nDate: Tue, 3 Sep 2002 14:00:00"),
	        "check_for_shifted_date", "3", "6");
	HITS(DATED("Mon, 2 Sep 2002 10:00:00 +0000"), "received_within_months", "6", "undef");
	MISSES(DATED("Mon, 2 Sep 2002 10:00:00 +0000"), "received_within_months", "undef", "6");
}

static void an_outlook_message_id_holds_its_date(void **state)
{
	/* 2 Sep 2002 10:00:00 UTC in Outlook's units is 1c25267. */
	HITS("Message-Id: <0001f0000000$11111111$22222222@x>\nDate: Mon, 2 Sep 2002 10:00:00 "
	     "+0000\n"
	     "Received: from x by y; Mon, 2 Sep 2002 10:00:00 +0000\n\n",
	        "check_outlook_message_id", NULL);
	MISSES("Message-Id: <000101c25267$11111111$22222222@x>\nDate: Mon, 2 Sep 2002 10:00:00 "
	       "+0000\n\n",
	        "check_outlook_message_id", NULL);
	MISSES("Message-Id: <a@b>\n\n", "check_outlook_message_id", NULL);
}

/* ------------------------------------------------------------ relays */

static void relays_are_counted_by_whether_they_are_believed(void **state)
{
	static const char inside[] = FROM_TO("a", "a.example.org", "10.0.0.1", "b");
	static const char outside[] = FROM_TO("a", "a.example.org", "192.0.2.1", "b");

	HITS(inside, "check_all_trusted", NULL);
	MISSES(outside, "check_all_trusted", NULL);
	HITS("Subject: s\n\n", "check_no_relays", NULL);
	MISSES(outside, "check_no_relays", NULL);
	HITS("Received: from what is this\n\n", "check_relays_unparseable", NULL);
	MISSES(outside, "check_relays_unparseable", NULL);
	lists_add(lists, "trusted_networks", "192.0.2.0/24");
	HITS(outside, "check_all_trusted", NULL);
	MISSES(outside, "check_for_illegal_ip", NULL);
}

static void what_a_relay_calls_itself_is_held_against_its_address(void **state)
{
	HITS(FROM_TO("192.0.2.9", "x.example.org", "192.0.2.9", "b.example.org"),
	        "check_for_numeric_helo", NULL);
	MISSES(FROM_TO("10.1.1.1", "x.example.org", "192.0.2.9", "b.example.org"),
	        "check_for_numeric_helo", NULL);
	HITS(FROM_TO("198.51.100.7", "x.example.org", "192.0.2.9", "b.example.org"),
	        "helo_ip_mismatch", NULL);
	MISSES(FROM_TO("192.0.2.8", "x.example.org", "192.0.2.9", "b.example.org"),
	        "helo_ip_mismatch", NULL);
	HITS(FROM_TO("198.51.100.7", "x.example.org", "192.0.2.9", "b.example.org"),
	        "check_for_forged_received_ip_helo", NULL);
	MISSES(FROM_TO("192.0.100.7", "x.example.org", "192.0.2.9", "b.example.org"),
	        "check_for_forged_received_ip_helo", NULL);
	HITS("Received: from aol.com (unknown [192.0.2.9]) by b.example.org (Postfix) with SMTP id "
	     "ABC; x\n\n",
	        "check_for_no_rdns_dotcom_helo", NULL);
	MISSES(FROM_TO("aol.com", "x.aol.com", "192.0.2.9", "b.example.org"),
	        "check_for_no_rdns_dotcom_helo", NULL);
	HITS(FROM_TO("a", "x.example.org", "192.0.2.9", "b.example.org"),
	        "check_for_sender_no_reverse", NULL);
	MISSES(FROM_TO("a", "x.example.org", "10.0.0.9", "b.example.org"),
	        "check_for_sender_no_reverse", NULL);
}

static void a_trail_with_two_breaks_is_told(void **state)
{
	HITS(FROM_TO("a", "one.alpha.org", "192.0.2.1", "mx.here.org")
	                FROM_TO("b", "two.beta.org", "192.0.2.2", "mx.gamma.org")
	                        FROM_TO("c", "three.delta.org", "192.0.2.3", "mx.epsilon.org"),
	        "check_for_forged_received_trail", NULL);
	MISSES(FROM_TO("a", "one.alpha.org", "192.0.2.1", "mx.here.org")
	                FROM_TO("b", "two.beta.org", "192.0.2.2", "mx.alpha.org"),
	        "check_for_forged_received_trail", NULL);
	HITS("From: j@example.org\n" FROM_TO("a", "one.example.org", "192.0.2.1", "mx.example.org"),
	        "check_for_from_domain_in_received_headers", "example.org", "true");
	MISSES("From: j@example.org\n" FROM_TO(
	               "a", "one.example.org", "192.0.2.1", "mx.example.org"),
	        "check_for_from_domain_in_received_headers", "example.org", "false");
	HITS("From: j@example.org\n" FROM_TO("a", "one.other.org", "192.0.2.1", "mx.other.org"),
	        "check_for_from_domain_in_received_headers", "example.org", "false");
}

static void a_sender_at_the_relays_own_domain_is_told(void **state)
{
	HITS("Return-Path: <a@example.org>\n" FROM_TO(
	             "a", "one.example.org", "192.0.2.1", "mx.here.org"),
	        "check_mailfrom_matches_rcvd", NULL);
	MISSES("Return-Path: <a@other.org>\n" FROM_TO(
	               "a", "one.example.org", "192.0.2.1", "mx.here.org"),
	        "check_mailfrom_matches_rcvd", NULL);
	MISSES(FROM_TO("a", "one.example.org", "192.0.2.1", "mx.here.org") "X: 1\n",
	        "check_mailfrom_matches_rcvd", NULL);
}

/* ------------------------------------------------------------ large services */

static void mail_of_large_services_comes_their_way(void **state)
{
	static const char elsewhere[] = FROM_TO("a", "one.example.org", "192.0.2.1", "mx.here.org");
	char *mail;

#define FROM_AT(domain) (mail = alloc_format("From: x@%s\n%s\n", domain, elsewhere))
	HITS(FROM_AT("yahoo.com"), "check_for_forged_yahoo_received_headers", NULL);
	free(mail);
	MISSES(FROM_AT("example.org"), "check_for_forged_yahoo_received_headers", NULL);
	free(mail);
	HITS(FROM_AT("gmail.com"), "check_for_forged_gmail_received_headers", NULL);
	free(mail);
	MISSES(FROM_AT("example.org"), "check_for_forged_gmail_received_headers", NULL);
	free(mail);
	HITS(FROM_AT("juno.com"), "check_for_forged_juno_received_headers", NULL);
	free(mail);
	HITS(FROM_AT("eudoramail.com"), "check_for_forged_eudoramail_received_headers", NULL);
	free(mail);
	HITS(FROM_AT("hotmail.com"), "check_for_no_hotmail_received_headers", NULL);
	MISSES(mail, "check_for_forged_hotmail_received_headers", NULL);
	free(mail);
	HITS("From: x@y.org\nReceived: from hotmail.com (one.example.org [192.0.2.1]) by b "
	     "(8.11/8.11)\n\n",
	        "check_for_forged_hotmail_received_headers", NULL);
	HITS("Received: from unknown by rly-xw01.mx.aol.com with QMQP\n\n",
	        "check_for_fake_aol_relay_in_rcvd", NULL);
	MISSES("Received: from x by rly-ip01.mx.aol.com (8.8.8/8.8.8/AOL-5.0.0)\n\n",
	        "check_for_fake_aol_relay_in_rcvd", NULL);
	MISSES(elsewhere, "check_for_msn_groups_headers", NULL);
	HITS("Received: from a\nReceived: from x.com by gw05 with ESMTP; Thu, 21 Jun 2001 02:28:32 "
	     "-0400\n\n",
	        "check_for_forged_gw05_received_headers", NULL);
	MISSES(elsewhere, "check_for_forged_gw05_received_headers", NULL);
}

static void groups_of_msn_write_their_own_fields(void **state)
{
	HITS("Return-Path: <list-bounce@groups.msn.com>\nTo: \"L\" <list@groups.msn.com>\n"
	     "Message-Id: <list-1392@groups.msn.com>\n"
	     "Received: from mail pickup service by p04.groups.msn.com with Microsoft SMTPSVC; "
	     "x\n\n",
	        "check_for_msn_groups_headers", NULL);
}

/* ------------------------------------------------------------ lists */

static void senders_and_recipients_are_looked_for_in_lists(void **state)
{
	static const char mail[] = "From: Joe <joe@x.org>\nTo: ann@y.org\nReply-To: r@z.org\n\n";
	static const struct {
		const char *function, *list, *value;
	} rows[] = {
	        {"check_from_in_blocklist", "blocklist_from", "*@x.org"},
	        {"check_from_in_blacklist", "blocklist_from", "joe@*"},
	        {"check_to_in_blocklist", "blocklist_to", "*@y.org"},
	        {"check_to_in_blacklist", "blocklist_to", "ann@y.org"},
	        {"check_to_in_welcomelist", "welcomelist_to", "ann@*"},
	        {"check_to_in_whitelist", "welcomelist_to", "ann@*"},
	        {"check_to_in_more_spam", "more_spam_to", "ann@*"},
	        {"check_to_in_all_spam", "all_spam_to", "ann@*"},
	        {"check_from_in_welcomelist", "welcomelist_from", "*@x.org"},
	        {"check_from_in_whitelist", "welcomelist_from", "*@x.org"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		lists_clear(lists, rows[i].list);
		MISSES(mail, rows[i].function, NULL);
		lists_add(lists, rows[i].list, rows[i].value);
		HITS(mail, rows[i].function, NULL);
	}
	MISSES(mail, "check_from_in_list", "BANKS");
	lists_add(lists, "addrlist BANKS", "*@x.org");
	HITS(mail, "check_from_in_list", "BANKS");
	MISSES(mail, "check_to_in_list", "BANKS");
	MISSES(mail, "check_replyto_in_list", "BANKS");
	lists_add(lists, "addrlist BANKS", "r@z.org");
	lists_add(lists, "addrlist BANKS", "ann@y.org");
	HITS(mail, "check_to_in_list", "BANKS");
	HITS(mail, "check_replyto_in_list", "BANKS");
}

static void a_welcome_sender_has_to_come_from_its_host(void **state)
{
	static const char real[] =
	        "From: joe@x.org\n" FROM_TO("a", "mail.x.org", "192.0.2.1", "mx.here.org");
	static const char forged[] =
	        "From: joe@x.org\n" FROM_TO("a", "mail.evil.org", "198.51.100.1", "mx.here.org");

	lists_add(lists, "welcomelist_from_rcvd", "*@x.org x.org");
	HITS(real, "check_from_in_welcomelist", NULL);
	MISSES(forged, "check_from_in_welcomelist", NULL);
	HITS(forged, "check_forged_in_welcomelist", NULL);
	HITS(forged, "check_forged_in_whitelist", NULL);
	lists_add(lists, "welcomelist_allows_relays", "joe@x.org");
	MISSES(forged, "check_forged_in_welcomelist", NULL);
	lists_clear(lists, "welcomelist_from_rcvd");
	lists_clear(lists, "welcomelist_allows_relays");
	lists_add(lists, "def_welcomelist_from_rcvd", "*@x.org [192.0.2.0]/24");
	HITS(real, "check_from_in_default_welcomelist", NULL);
	HITS(real, "check_from_in_default_whitelist", NULL);
	MISSES(forged, "check_from_in_default_welcomelist", NULL);
	HITS(forged, "check_forged_in_default_welcomelist", NULL);
	HITS(forged, "check_forged_in_default_whitelist", NULL);
}

static void subjects_are_looked_for_in_lists(void **state)
{
	static const char *const names[] = {"check_subject_in_welcomelist",
	        "check_subject_in_whitelist", "check_subject_in_blocklist",
	        "check_subject_in_blacklist"};

	for (size_t i = 0; i < 4; i++) {
		lists_clear(lists, i < 2 ? "welcomelist_subject" : "blocklist_subject");
		MISSES("Subject: our [Bug 5] list\n\n", names[i], NULL);
		lists_add(lists, i < 2 ? "welcomelist_subject" : "blocklist_subject", "[bug ?]");
		MISSES("Subject: other\n\n", names[i], NULL);
	}
	lists_add(lists, "welcomelist_subject", "our * list");
	HITS("Subject: our own list\n\n", "check_subject_in_welcomelist", NULL);
}

static void bounces_of_our_own_mail_name_our_relays(void **state)
{
	static const char mail[] =
	        "Subject: failed\n\nReceived: from x\n by out.here.org with SMTP\n";

	MISSES(mail, "have_any_bounce_relays", NULL);
	MISSES(mail, "check_welcomelist_bounce_relays", NULL);
	lists_add(lists, "welcomelist_bounce_relays", "*.here.org");
	HITS(mail, "have_any_bounce_relays", NULL);
	HITS(mail, "check_welcomelist_bounce_relays", NULL);
	HITS(mail, "check_whitelist_bounce_relays", NULL);
	MISSES("Subject: s\n\nout.here.org\n", "check_welcomelist_bounce_relays", NULL);
}

/* ------------------------------------------------------------ FreeMail */

static void addresses_that_anybody_can_have_are_told(void **state)
{
	static const char mail[] = "From: joe@gmx.example.net\nReply-To: "
	                           "jim99@gmx.example.net\n\nwrite to ann@gmx.example.net now\n";

	MISSES(mail, "check_freemail_from", NULL);
	lists_add(lists, "freemail_domains", "gmx.*.net");
	HITS(mail, "check_freemail_from", NULL);
	HITS(mail, "check_freemail_from", "^joe@");
	MISSES("From: joe@gmx.a.b.net\n\n", "check_freemail_from", NULL);
	MISSES(mail, "check_freemail_from", "^ann@");
	HITS(mail, "check_freemail_header", "Reply-To", "\\d@");
	MISSES(mail, "check_freemail_header", "From", "\\d@");
	HITS(mail, "check_freemail_body", NULL);
	MISSES(mail, "check_freemail_body", "^joe@");
	HITS(mail, "check_freemail_replyto", "replyto");
	MISSES("From: support@gmx.example.net\n\n", "check_freemail_from", NULL);
	lists_add(lists, "freemail_welcomelist", "joe@gmx.example.net");
	MISSES(mail, "check_freemail_from", NULL);
}

static void answers_to_somebody_in_the_text_are_told(void **state)
{
	static const char mail[] =
	        "From: joe@gmx.example.net\n\nwrite to ann@gmx.example.net now\n";

	lists_add(lists, "freemail_domains", "gmx.example.net");
	HITS(mail, "check_freemail_replyto", "reply");
	MISSES(mail, "check_freemail_replyto", "replyto");
	MISSES("From: joe@gmx.example.net\n\nmail joe@gmx.example.net now\n",
	        "check_freemail_replyto", "reply");
	/* Who is quoted isn't who writes. */
	MISSES("From: joe@gmx.example.net\n\nAnn <ann@gmx.example.net> wrote:\n",
	        "check_freemail_replyto", "reply");
	MISSES("Return-Path: <list-bounces@x.org>\nFrom: joe@gmx.example.net\n\nto "
	       "ann@gmx.example.net now\n",
	        "check_freemail_replyto", "reply");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(bytes_that_headers_may_not_have_are_counted),
	        TEST(subjects_in_capitals_are_told),
	        TEST(a_subject_that_speaks_to_the_recipient_is_told),
	        TEST(recipients_in_order_or_alike_are_told),
	        TEST(a_missing_recipient_is_told),
	        TEST(the_sender_is_held_against_the_envelope),
	        TEST(different_fields_of_a_name_are_counted),
	        TEST(what_a_mailer_should_have_filled_in_is_told),
	        TEST(fields_that_list_servers_take_away_are_known),
	        TEST(dates_are_held_against_the_fields_of_relays),
	        TEST(an_outlook_message_id_holds_its_date),
	        TEST(relays_are_counted_by_whether_they_are_believed),
	        TEST(what_a_relay_calls_itself_is_held_against_its_address),
	        TEST(a_trail_with_two_breaks_is_told),
	        TEST(a_sender_at_the_relays_own_domain_is_told),
	        TEST(mail_of_large_services_comes_their_way),
	        TEST(groups_of_msn_write_their_own_fields),
	        TEST(senders_and_recipients_are_looked_for_in_lists),
	        TEST(a_welcome_sender_has_to_come_from_its_host),
	        TEST(subjects_are_looked_for_in_lists),
	        TEST(bounces_of_our_own_mail_name_our_relays),
	        TEST(addresses_that_anybody_can_have_are_told),
	        TEST(answers_to_somebody_in_the_text_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
