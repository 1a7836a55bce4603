/* Notices of many messages, those that can be answered, and what an answer brings. */
#include "tests/unit/lib/notice/composing.h"

struct many {
	struct fixture f;
	Lz__Gathered entry[2], *entries[2];
	Lz__Counter counter[2], *senders[2];
};

static void many_init(struct many *many, Lz__NoticeKind of)
{
	Lz__Outgoing *outgoing = &many->f.outgoing;
	int at;

	fixture_init(&many->f);
	for (at = 0; at < 2; at++) {
		lz__gathered__init(&many->entry[at]);
		lz__counter__init(&many->counter[at]);
		many->entries[at] = &many->entry[at];
		many->senders[at] = &many->counter[at];
		many->entry[at].item = text(at ? "1111111111111111" : "0000000000000000");
		many->entry[at].subject = text("<b>\r\nBcc: x</b>");
		many->entry[at].sender = text("sender@outside.example");
		many->entry[at].recipients = text("secret@example.org");
		many->entry[at].detail = text("spam");
		many->counter[at].name = text(at ? "most@outside.example" : "few@outside.example");
		many->counter[at].value = at ? 70 : 3;
	}
	many->entry[1].token = text("0123456789abcdefghjkmnpqrstvwxyz01234567890123");
	outgoing->of = of;
	outgoing->count = 73;
	outgoing->group = text("virus: Worm");
	outgoing->entries = many->entries;
	outgoing->n_entries = 2;
	outgoing->senders = many->senders;
	outgoing->n_senders = 2;
}

static char *compose_many(struct many *many, Lz__NoticeKind kind)
{
	struct buf told = {0};
	char *mail = compose_from("templates", "  request_address: release@example.org\n", &many->f,
	             kind, &told),
	     *shown = readable(mail);

	assert_string_equal(told.data, "");
	buf_fini(&told);
	free(mail);
	return shown;
}

static void a_digest_lists_its_entries_and_how_to_ask_for_them(void **state)
{
	struct many many;
	char *mail;

	many_init(&many, LZ__NOTICE_KIND__NOTICE_RECIPIENT);
	mail = compose_many(&many, LZ__NOTICE_KIND__NOTICE_DIGEST);
	assert_non_null(strstr(mail, "Subject: 73 messages to you were stopped\r\n"));
	assert_non_null(strstr(mail, "Item:     0000000000000000"));
	assert_non_null(strstr(mail, "and 71 more"));
	assert_non_null(strstr(
	        mail, "release+0123456789abcdefghjkmnpqrstvwxyz01234567890123@example.org\r\n"));
	assert_non_null(strstr(mail, "<a href=\"mailto:release+0123456789abcdefghjkmnpqrstvwxyz0123"
	                             "4567890123@example.org?subject=release%20"));
	assert_non_null(strstr(mail, "&lt;b&gt;"));
	assert_null(strstr(mail, "<td><b>"));
	assert_null(strstr(mail, "\nBcc:"));
	assert_null(strstr(mail, "secret@example.org"));
	assert_null(strstr(mail, "Reply-To"));
	free(mail);
}

static void a_flood_tells_the_most_frequent_first(void **state)
{
	struct many many;
	char *mail, *most, *few;

	many_init(&many, LZ__NOTICE_KIND__NOTICE_ADMIN);
	mail = compose_many(&many, LZ__NOTICE_KIND__NOTICE_FLOOD);
	assert_non_null(strstr(mail, "Subject: [Example Ltd] 73 notices: virus: Worm\r\n"));
	most = strstr(mail, "most@outside.example (70)");
	few = strstr(mail, "few@outside.example (3)");
	assert_true(most && few && most < few);
	assert_null(strstr(mail, "release+"));
	free(mail);
}

static void a_notice_that_can_be_answered_says_where_and_carries_the_token_twice(void **state)
{
	struct many many;
	char *mail;

	many_init(&many, LZ__NOTICE_KIND__NOTICE_RECIPIENT);
	many.f.outgoing.token = many.entry[1].token;
	mail = compose_many(&many, LZ__NOTICE_KIND__NOTICE_RECIPIENT);
	assert_non_null(strstr(mail,
	        "Reply-To: <release+0123456789abcdefghjkmnpqrstvwxyz01234567890123@example.org>"
	        "\r\n"));
	assert_non_null(strstr(mail, "answer this message as it is"));
	assert_null(strstr(mail, "name the item"));
	free(mail);
}

static void a_broken_text_of_many_is_told_and_loses_no_notice(void **state)
{
	char *folder = folder_in_english(), *mail;
	struct buf told = {0};
	struct many many;

	folder_put(folder, "en", "digest.txt", "Subject: s\n\n{{#entries}}\n{{entry_nonsense}}\n");
	many_init(&many, LZ__NOTICE_KIND__NOTICE_RECIPIENT);
	mail = compose_from(folder, "", &many.f, LZ__NOTICE_KIND__NOTICE_DIGEST, &told);
	assert_non_null(strstr(told.data, "/en/digest.txt:4: found entry_nonsense, expected"));
	assert_non_null(strstr(mail, "1111111111111111"));
	free(mail);
	buf_fini(&told);
	folder_free(&folder);
}

static void an_answer_says_what_became_of_the_request(void **state)
{
	static const char *const outcomes[] = {
	        "released", "asked", "used", "expired", "virus", "never", "parts", "gone"};
	static const char *const words[] = {"on its way to you", "will look at it", "before. It",
	        "is\r\nover", "A virus was found", "not released on request", "can't\r\nbe",
	        "any more"};
	struct fixture f;
	char *mail, *shown;
	size_t at, other;

	for (at = 0; at < 8; at++) {
		fixture_init(&f);
		f.outgoing.why = text(outcomes[at]);
		mail = compose(&f, LZ__NOTICE_KIND__NOTICE_ANSWER);
		shown = readable(mail);
		for (other = 0; other < 8; other++)
			assert_true(!strstr(shown, words[other]) == (other != at));
		free(shown);
		free(mail);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_digest_lists_its_entries_and_how_to_ask_for_them),
	        cmocka_unit_test(a_flood_tells_the_most_frequent_first),
	        cmocka_unit_test(
	                a_notice_that_can_be_answered_says_where_and_carries_the_token_twice),
	        cmocka_unit_test(a_broken_text_of_many_is_told_and_loses_no_notice),
	        cmocka_unit_test(an_answer_says_what_became_of_the_request),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
