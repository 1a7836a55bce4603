#include "tests/unit/lib/mime/support.h"

#include <time.h>

#include "lib/mime/cut.h"
#include "lib/mime/dkim.h"

#define TAGS(c, h, more)                                                                           \
	" v=1; a=rsa-sha256; c=" c "; d=example.org; s=key;\r\n\th=" h "; bh=AAAA; " more          \
	"b=BB\r\n CC"
#define SIGNED(c, h, more) "DKIM-Signature:" TAGS(c, h, more) "\r\n"
#define FIELDS                                                                                     \
	"Received: from c\r\nX-Spam-Status: No\r\nReceived: from b\r\nReceived: from a\r\n"        \
	"From: Ann <ann@example.org>\r\nSubject: Lunch  on\r\n Monday\r\nTo: b@example.net\r\n"
#define BODY "Dear  Bob,\r\n\r\nlunch at noon? \r\nAnn\r\n\r\n\r\n"
#define MAIL(c, h, more) SIGNED(c, h, more) FIELDS "\r\n" BODY

/* What it does to the first signature if `from`, which the mail has once, becomes `to`. NULL: no
 * edit. `added` may be NULL, too. */
static unsigned effect_of(const char *mail, const char *from, const char *to, const char *added)
{
	struct mime_map *map = map_of(mail);
	const char *at = from ? strstr(mail, from) : mail;
	struct dkim_signatures signatures;
	struct dkim_change *change;
	struct dkim_edit edit;
	unsigned effect;

	assert_non_null(at);
	edit = (struct dkim_edit){(size_t)(at - mail), from ? strlen(from) : 0, to, strlen(to)};
	dkim_read(&signatures, map);
	assert_true(signatures.count >= 1);
	change = dkim_change_new(map, &edit, from != NULL, &added, added != NULL);
	effect = dkim_effect(change, &signatures.list[0]);
	dkim_change_free(&change);
	dkim_fini(&signatures);
	mime_map_free(&map);
	return effect;
}

static const char *const forms[] = {
        MAIL("simple/simple", "from:subject", ""),
        MAIL("simple/relaxed", "from:subject", ""),
        MAIL("relaxed/simple", "from:subject", ""),
        MAIL("relaxed/relaxed", "from:subject", ""),
};

/* The same in all four forms. */
static void check_all(const char *from, const char *to, const char *added, unsigned want)
{
	size_t at;

	for (at = 0; at < 4; at++)
		assert_int_equal(effect_of(forms[at], from, to, added), want);
}

/* ---------------------------------------------------------------- reading */

static void check_unreadable(const char *tags)
{
	char *mail = alloc_format("DKIM-Signature:%s\r\n" FIELDS "\r\n" BODY, tags);
	struct mime_map *map = map_of(mail);
	struct dkim_signatures signatures;

	dkim_read(&signatures, map);
	assert_int_equal(signatures.count, 1);
	assert_non_null(signatures.list[0].unreadable);
	assert_non_null(signatures.list[0].domain);
	assert_non_null(signatures.list[0].selector);
	assert_int_equal(effect_of(mail, NULL, "", NULL), DKIM_UNREADABLE);
	assert_int_equal(effect_of(mail, "Bob", "Rob", NULL), DKIM_UNREADABLE);
	dkim_fini(&signatures);
	mime_map_free(&map);
	free(mail);
}

/* As a twin of what is unreadable: only that it can be read. */
static void check_readable(const char *tags)
{
	char *mail = alloc_format("DKIM-Signature:%s\r\n" FIELDS "\r\n" BODY, tags);

	assert_int_equal(effect_of(mail, NULL, "", NULL), DKIM_KEPT);
	free(mail);
}

static void a_signature_is_read_with_its_tags(void **state)
{
	struct mime_map *map =
	        map_of("From: a@b.c\r\n"
	               "DKIM-Signature : v = 1 ;\r\n a=rsa-sha256;\tc = relaxed\r\n ;\r\n"
	               "\td=Example.ORG ;s=k_1.x; l= 0123;\r\n"
	               "\th=From :\r\n Subject\t:from;bh=A\r\n B; x_y=?;b= A B;\r\n"
	               "Subject: x\r\n\r\n");
	struct dkim_signatures signatures;
	const struct dkim_signature *one;

	dkim_read(&signatures, map);
	assert_int_equal(signatures.count, 1);
	assert_false(signatures.too_many);
	one = &signatures.list[0];
	assert_null(one->unreadable);
	assert_int_equal(one->offset, strlen("From: a@b.c\r\n"));
	assert_string_equal(one->domain, "Example.ORG");
	assert_string_equal(one->selector, "k_1.x");
	assert_int_equal(one->header_form, DKIM_RELAXED);
	assert_int_equal(one->body_form, DKIM_SIMPLE);
	assert_int_equal(one->body_length, 123);
	assert_int_equal(one->name_count, 3);
	assert_string_equal(one->names[0], "from");
	assert_string_equal(one->names[1], "subject");
	assert_string_equal(one->names[2], "from");
	dkim_fini(&signatures);
	mime_map_free(&map);
}

static void simple_is_the_form_where_none_is_named(void **state)
{
	struct mime_map *map = map_of(
	        "DKIM-Signature: v=1;a=x;b=B;bh=B;d=d;s=s;h=from\nFrom: x\n\nDKIM-Signature: no\n");
	struct dkim_signatures signatures;

	dkim_read(&signatures, map);
	assert_int_equal(signatures.count, 1);
	assert_null(signatures.list[0].unreadable);
	assert_int_equal(signatures.list[0].header_form, DKIM_SIMPLE);
	assert_int_equal(signatures.list[0].body_form, DKIM_SIMPLE);
	assert_int_equal(signatures.list[0].body_length, -1);
	dkim_fini(&signatures);
	mime_map_free(&map);
}

static void a_mail_without_a_signature_has_none(void **state)
{
	static const char *const mails[] = {"", "\r\n", FIELDS "\r\n" BODY, "garbage", "\r\n\r\n"};
	struct dkim_signatures signatures;
	struct mime_map *map;
	size_t at;

	for (at = 0; at < sizeof mails / sizeof mails[0]; at++) {
		map = map_of(mails[at]);
		dkim_read(&signatures, map);
		assert_int_equal(signatures.count, 0);
		assert_false(signatures.too_many);
		dkim_fini(&signatures);
		mime_map_free(&map);
	}
}

static void what_is_no_list_of_tags_is_unreadable(void **state)
{
	check_readable(TAGS("simple", "from", ""));
	check_readable(TAGS("simple", "from", "x=1; ") " ; ");
	check_unreadable("");
	check_unreadable(" garbage");
	check_unreadable(TAGS("simple", "from", "garbage; "));
	check_unreadable(TAGS("simple", "from", "; "));
	check_unreadable(TAGS("simple", "from", "=1; "));
	check_unreadable(TAGS("simple", "from", "1x=1; "));
	check_unreadable(TAGS("simple", "from", "x x=1; "));
	check_unreadable(TAGS("simple", "from", "(comment) x=1; "));
	check_unreadable(TAGS("simple", "from", "x=1; x=1; "));
	check_unreadable(TAGS("simple", "from", "c=simple; "));
}

static void a_missing_or_odd_tag_makes_it_unreadable(void **state)
{
	check_readable(" v=1; a=x; b=B; bh=B; d=d; s=s; h=from");
	check_unreadable(" v=1; a=x; b=B; bh=B; d=d; s=s");
	check_unreadable(" v=1; a=x; b=B; bh=B; d=d; s=s; h=");
	check_unreadable(" v=1; a=x; b=B; bh=B; d=d; h=from");
	check_unreadable(" v=1; a=x; b=B; bh=B; s=s; h=from");
	check_unreadable(" v=1; a=x; b=B; d=d; s=s; h=from");
	check_unreadable(" v=1; a=x; bh=B; d=d; s=s; h=from");
	check_unreadable(" v=1; b=B; bh=B; d=d; s=s; h=from");
	check_unreadable(" a=x; b=B; bh=B; d=d; s=s; h=from");
	check_unreadable(" v=2; a=x; b=B; bh=B; d=d; s=s; h=from");
	check_unreadable(" v=1; a=x; b=B; bh=B; d=d; s=s; h=from; c=nofws");
	check_unreadable(" v=1; a=x; b=B; bh=B; d=d; s=s; h=from; c=simple/");
	check_unreadable(" v=1; a=x; b=B; bh=B; d=d; s=s; h=from; c=");
	check_unreadable(" v=1; a=x; b=B; bh=B; d=d; s=s; h=from; l=-1");
	check_unreadable(" v=1; a=x; b=B; bh=B; d=d; s=s; h=from; l=");
	check_unreadable(" v=1; a=x; b=B; bh=B; d=d e; s=s; h=from");
	check_unreadable(" v=1; a=x; b=B; bh=B; d=<d>; s=s; h=from");
	check_readable(" v=1; a=x; b=B; bh=B; d=d\xC3\xA4; s=s; h=from; c=Relaxed/Simple");
	check_readable(" v=1; a=x; b=B; bh=B; d=d; s=s; h=from; "
	               "l=1234567890123456789012345678901234567890");
}

static void a_list_without_from_is_unreadable(void **state)
{
	check_readable(TAGS("simple", "subject:FROM", ""));
	check_unreadable(TAGS("simple", "subject", ""));
	check_unreadable(TAGS("simple", "subject:from:", ""));
	check_unreadable(TAGS("simple", ":from", ""));
	check_unreadable(TAGS("simple", "from::to", ""));
	check_unreadable(TAGS("simple", "from:t o", ""));
}

static void add_names(struct buf *out, size_t count)
{
	buf_add_string(out, " v=1; a=x; b=B; bh=B; d=d; s=s; h=from");
	while (--count)
		buf_add_string(out, ":x");
}

static void a_list_longer_than_the_limit_is_unreadable(void **state)
{
	struct buf tags = {0};

	add_names(&tags, DKIM_NAMES_MAX);
	check_readable(tags.data);
	buf_clear(&tags);
	add_names(&tags, DKIM_NAMES_MAX + 1);
	check_unreadable(tags.data);
	buf_fini(&tags);
}

static void check_many(size_t count, size_t want, int too_many)
{
	struct dkim_signatures signatures;
	struct buf mail = {0};
	struct mime_map *map;
	size_t at;

	for (at = 0; at < count; at++)
		buf_add_string(&mail, SIGNED("simple", "from", ""));
	buf_add_string(&mail, FIELDS "\r\n" BODY);
	map = map_of(mail.data);
	dkim_read(&signatures, map);
	assert_int_equal(signatures.count, want);
	assert_int_equal(signatures.too_many, too_many);
	dkim_fini(&signatures);
	mime_map_free(&map);
	buf_fini(&mail);
}

static void more_signatures_than_the_limit_are_told(void **state)
{
	check_many(32, 32, 0);
	check_many(33, 32, 1);
}

/* The map reads on behind lines that end the header for an MTA, and behind a CR. */
static void a_signature_that_not_everyone_sees_is_unreadable(void **state)
{
	assert_int_equal(effect_of(FIELDS "no field\r\n" SIGNED("simple", "from", "") "\r\n", NULL,
	                         "", NULL),
	        DKIM_UNREADABLE);
	assert_int_equal(
	        effect_of("X: y\r" SIGNED("simple", "from", "") FIELDS "\r\n", NULL, "", NULL),
	        DKIM_UNREADABLE);
	assert_int_equal(effect_of(FIELDS " no field\r\n" SIGNED("simple", "from", "") "\r\n", NULL,
	                         "", NULL),
	        DKIM_KEPT);
}

/* ---------------------------------------------------------------- effects on the header */

static void nothing_changed_breaks_nothing(void **state)
{
	check_all(NULL, "", NULL, DKIM_KEPT);
	check_all("Ann\r\n", "Ann\r\n", NULL, DKIM_KEPT);
	check_all("Lunch", "Lunch", NULL, DKIM_KEPT);
}

static void a_prefix_of_a_signed_subject_breaks(void **state)
{
	check_all("Subject:", "Subject: [SPAM]", NULL, DKIM_BREAKS_HEADER);
	assert_int_equal(effect_of(MAIL("relaxed/relaxed", "from:to", ""),
	                         "Subject:", "Subject: [SPAM]", NULL),
	        DKIM_KEPT);
}

static void a_field_that_is_not_signed_may_go(void **state)
{
	check_all("X-Spam-Status: No\r\n", "", NULL, DKIM_KEPT);
	check_all("X-Spam-Status: No", "X-Spam-Status: Yes", NULL, DKIM_KEPT);
	assert_int_equal(effect_of(MAIL("relaxed/relaxed", "x-spam-status:from", ""),
	                         "X-Spam-Status: No\r\n", "", NULL),
	        DKIM_BREAKS_HEADER);
}

static void blanks_count_in_a_simple_header_only(void **state)
{
	static const char relaxed[] = MAIL("relaxed/simple", "from:subject", "");
	static const char simple[] = MAIL("simple/relaxed", "from:subject", "");
	static const char *const kept[] = {"Subject: Lunch on Monday\r\n",
	        "SUBJECT: Lunch  on\r\n Monday\r\n", "Subject:\r\n Lunch  on\r\n Monday\r\n",
	        "Subject \t:Lunch\t on\r\n\tMonday \t\r\n",
	        "Subject: Lunch\r\n on\r\n Monday\r\n \r\n"};
	size_t at;

	for (at = 0; at < sizeof kept / sizeof kept[0]; at++) {
		assert_int_equal(
		        effect_of(relaxed, "Subject: Lunch  on\r\n Monday\r\n", kept[at], NULL),
		        DKIM_KEPT);
		assert_int_equal(
		        effect_of(simple, "Subject: Lunch  on\r\n Monday\r\n", kept[at], NULL),
		        DKIM_BREAKS_HEADER);
	}
	assert_int_equal(effect_of(relaxed, "Lunch  on", "Lunchon", NULL), DKIM_BREAKS_HEADER);
	assert_int_equal(effect_of(relaxed, "Lunch  on", "Lunch\v on", NULL), DKIM_BREAKS_HEADER);
	assert_int_equal(effect_of(relaxed, "Lunch  on", "lunch  on", NULL), DKIM_BREAKS_HEADER);
}

static void line_ends_are_all_the_same(void **state)
{
	check_all("Lunch  on\r\n Monday\r\n", "Lunch  on\n Monday\n", NULL, DKIM_KEPT);
	check_all("Dear  Bob,\r\n\r\n", "Dear  Bob,\n\n", NULL, DKIM_KEPT);
	check_all("b@example.net\r\n\r\n", "b@example.net\n\n", NULL, DKIM_KEPT);
	check_all("noon?", "no\ron?", NULL, DKIM_BREAKS_BODY);
	check_all("Lunch", "Lun\rch", NULL, DKIM_BREAKS_HEADER);
}

static void an_lf_mail_is_read_like_others(void **state)
{
	static const char mail[] =
	        "DKIM-Signature: v=1; a=x; d=d; s=s;\n h=from:subject; bh=A;\n b=B\n"
	        "From: a\nSubject: x\nX-Spam-Flag: NO\n\none\ntwo\n";

	assert_int_equal(effect_of(mail, "X-Spam-Flag: NO\n", "", NULL), DKIM_KEPT);
	assert_int_equal(effect_of(mail, "Subject: x\n", "", NULL), DKIM_BREAKS_HEADER);
	assert_int_equal(effect_of(mail, "one\n", "", NULL), DKIM_BREAKS_BODY);
	assert_int_equal(effect_of(mail, "two\n", "two\r\n\r\n", NULL), DKIM_KEPT);
	assert_int_equal(effect_of(mail, "two\n", "two", NULL), DKIM_KEPT);
}

static void an_added_field_breaks_where_its_absence_is_signed(void **state)
{
	static const char once[] = MAIL("relaxed/relaxed", "from:subject", "");
	static const char twice[] = MAIL("relaxed/relaxed", "from:from:Subject:SUBJECT:x-none", "");

	assert_int_equal(effect_of(once, NULL, "", "Subject"), DKIM_KEPT);
	assert_int_equal(effect_of(once, NULL, "", "X-None"), DKIM_KEPT);
	assert_int_equal(effect_of(twice, NULL, "", "subject"), DKIM_BREAKS_HEADER);
	assert_int_equal(effect_of(twice, NULL, "", "From"), DKIM_BREAKS_HEADER);
	assert_int_equal(effect_of(twice, NULL, "", "X-None"), DKIM_BREAKS_HEADER);
	assert_int_equal(effect_of(twice, NULL, "", "X-Other"), DKIM_KEPT);
	assert_int_equal(effect_of(twice, NULL, "", NULL), DKIM_KEPT);
}

static void an_added_field_is_like_none_that_was_there(void **state)
{
	static const char mail[] = SIGNED("relaxed/relaxed", "from:x", "") "X:\r\nFrom: a\r\n\r\n";

	assert_int_equal(effect_of(mail, "X:\r\n", "", "X"), DKIM_BREAKS_HEADER);
	assert_int_equal(effect_of(mail, "X:\r\n", "x: \r\n", "X"), DKIM_KEPT);
}

static void instances_of_a_name_are_signed_from_below(void **state)
{
	static const char one[] = MAIL("relaxed/relaxed", "from:received", "");
	static const char two[] = MAIL("relaxed/relaxed", "received:from:Received", "");
	static const char four[] =
	        MAIL("relaxed/relaxed", "from:received:received:received:received", "");

	assert_int_equal(effect_of(one, "Received: from c\r\n", "", NULL), DKIM_KEPT);
	assert_int_equal(effect_of(one, "from b", "from x", "Received"), DKIM_KEPT);
	assert_int_equal(effect_of(one, "Received: from a\r\n", "", NULL), DKIM_BREAKS_HEADER);
	assert_int_equal(effect_of(two, "from c", "from x", "Received"), DKIM_KEPT);
	assert_int_equal(effect_of(two, "from b", "from x", NULL), DKIM_BREAKS_HEADER);
	assert_int_equal(effect_of(two, "Received: from b\r\n", "", NULL), DKIM_BREAKS_HEADER);
	assert_int_equal(effect_of(four, "X-Spam-Status: No\r\n", "", NULL), DKIM_KEPT);
	assert_int_equal(effect_of(four, "Received: from c\r\n", "", NULL), DKIM_BREAKS_HEADER);
	assert_int_equal(effect_of(four, NULL, "", "Received"), DKIM_BREAKS_HEADER);
}

/* Signed is what is found from below, wherever it stands. */
static void signed_fields_may_change_their_places(void **state)
{
	check_all("From: Ann <ann@example.org>\r\nSubject: Lunch  on\r\n Monday\r\n",
	        "Subject: Lunch  on\r\n Monday\r\nFrom: Ann <ann@example.org>\r\n", NULL,
	        DKIM_KEPT);
	check_all("To: b@example.net\r\n", "Subject: Lunch\r\n", NULL, DKIM_BREAKS_HEADER);
}

static void the_signature_itself_must_stay(void **state)
{
	static const char simple[] = MAIL("simple/simple", "from", "");
	static const char relaxed[] = MAIL("relaxed/simple", "from", "");

	assert_int_equal(effect_of(relaxed, SIGNED("relaxed/simple", "from", ""), "", NULL),
	        DKIM_BREAKS_HEADER);
	assert_int_equal(effect_of(relaxed, "DKIM-Sig", "X-DKIM-Sig", NULL), DKIM_BREAKS_HEADER);
	assert_int_equal(effect_of(relaxed, "s=key", "s=kez", NULL), DKIM_BREAKS_HEADER);
	assert_int_equal(effect_of(relaxed, "BB", "BX", NULL), DKIM_BREAKS_HEADER);
	assert_int_equal(effect_of(relaxed, "; bh=", ";  bh=", NULL), DKIM_KEPT);
	assert_int_equal(effect_of(simple, "; bh=", ";  bh=", NULL), DKIM_BREAKS_HEADER);
	assert_int_equal(effect_of(simple, "BB\r\n C", " BBC", NULL), DKIM_KEPT);
	assert_int_equal(effect_of(simple, NULL, "", "DKIM-Signature"), DKIM_KEPT);
}

static void a_signature_below_is_signed_as_any_field(void **state)
{
	static const char other[] = SIGNED("simple", "from", "");
	static const char mail[] = SIGNED("relaxed", "from:dkim-signature", "")
	        SIGNED("simple", "from", "") FIELDS "\r\n" BODY;

	assert_int_equal(effect_of(mail, other, "", NULL), DKIM_BREAKS_HEADER);
	assert_int_equal(effect_of(mail, "X-Spam-Status: No\r\n", "", "X-Lazaret"), DKIM_KEPT);
}

static void each_signature_has_its_own_effect(void **state)
{
	static const char mail[] = SIGNED("relaxed", "from", "l=4; ") SIGNED("relaxed", "from:to",
	        "") SIGNED("simple", "to", "") SIGNED("relaxed", "from", "") FIELDS "\r\n" BODY;
	static const unsigned want[] = {DKIM_KEPT, DKIM_BREAKS_HEADER | DKIM_BREAKS_BODY,
	        DKIM_UNREADABLE, DKIM_BREAKS_BODY};
	struct mime_map *map = map_of(mail);
	struct dkim_edit edits[] = {{(size_t)(strstr(mail, "To: ") - mail), 4, "To: x", 5},
	        {(size_t)(strstr(mail, "noon") - mail), 4, "one", 3}};
	struct dkim_change *change = dkim_change_new(map, edits, 2, NULL, 0);
	struct dkim_signatures signatures;
	size_t at;

	dkim_read(&signatures, map);
	assert_int_equal(signatures.count, 4);
	for (at = 0; at < 4; at++)
		assert_int_equal(dkim_effect(change, &signatures.list[at]), want[at]);
	dkim_change_free(&change);
	dkim_fini(&signatures);
	mime_map_free(&map);
}

static void an_edit_over_several_fields_breaks_what_is_signed_in_there(void **state)
{
	check_all("from b\r\nReceived: from a\r\n", "from x\r\n", NULL, DKIM_KEPT);
	check_all("from a\r\nFrom: Ann", "from a\r\n From: Ann", NULL, DKIM_BREAKS_HEADER);
	check_all("b@example.net\r\n\r\nDear", "b@example.net\r\n\r\nX-Y: z\r\n\r\nDear", NULL,
	        DKIM_BREAKS_BODY);
}

/* What is header and what is body is asked anew. A line that is no field ends the header even
 * without an empty line before it. */
static void an_edit_may_move_the_end_of_the_header(void **state)
{
	check_all("\r\n\r\nDear  Bob,", "\r\nDear: Bob,", NULL, DKIM_BREAKS_BODY);
	check_all("\r\n\r\nDear  Bob,", "\r\nDear  Bob,", NULL, DKIM_KEPT);
	check_all("\r\n\r\nDear", "\r\nDear: x\r\n\r\nDear", NULL, DKIM_KEPT);
	check_all("Subject:", "\r\nSubject:", NULL, DKIM_BREAKS_HEADER | DKIM_BREAKS_BODY);
	check_all("Received: from b", "no field\r\nReceived: from b", NULL,
	        DKIM_BREAKS_HEADER | DKIM_BREAKS_BODY);
}

static void a_header_without_end_has_an_empty_body(void **state)
{
	static const char mail[] = SIGNED("simple/simple", "from", "") "From: a";
	static const char relaxed[] = SIGNED("simple/relaxed", "from", "") "From: a";

	assert_int_equal(effect_of(mail, "From: a", "From: a\r\n\r\n", NULL), DKIM_KEPT);
	assert_int_equal(effect_of(relaxed, "From: a", "From: a\r\n\r\n \r\n", NULL), DKIM_KEPT);
	assert_int_equal(effect_of(mail, "From: a", "From: a\r\n\r\nx", NULL), DKIM_BREAKS_BODY);
}

/* MTAs take it off where it is the first line; behind added fields it ends the header. */
static void a_mailbox_line_is_none_of_the_header(void **state)
{
	static const char mail[] =
	        "From ann Mon\r\n" SIGNED("relaxed", "from", "") "From: a\r\n\r\nx\r\n";

	assert_int_equal(effect_of(mail, "From ann Mon\r\n", "", NULL), DKIM_KEPT);
	assert_int_equal(effect_of(mail, "x\r\n", "x", NULL), DKIM_KEPT);
	assert_int_equal(
	        effect_of(mail, NULL, "", "X-Lazaret"), DKIM_BREAKS_HEADER | DKIM_BREAKS_BODY);
}

/* ---------------------------------------------------------------- effects on the body */

static void a_changed_body_breaks(void **state)
{
	check_all("noon", "one", NULL, DKIM_BREAKS_BODY);
	check_all("Ann\r\n\r\n", "Ann\r\n-- \r\nMade safe.\r\n", NULL, DKIM_BREAKS_BODY);
	check_all("Dear", "", NULL, DKIM_BREAKS_BODY);
	check_all("Dear  Bob,\r\n", "", NULL, DKIM_BREAKS_BODY);
	check_all("\r\n\r\nlunch", "\r\nlunch", NULL, DKIM_BREAKS_BODY);
}

static void blanks_count_in_a_simple_body_only(void **state)
{
	static const char relaxed[] = MAIL("simple/relaxed", "from", "");
	static const char simple[] = MAIL("relaxed/simple", "from", "");
	static const char *const edits[][2] = {{"Dear  Bob", "Dear\tBob"}, {"noon? ", "noon?"},
	        {"noon? ", "noon? \t "}, {"\r\n\r\nlunch", "\r\n  \r\nlunch"},
	        {"Ann\r\n\r\n", "Ann\r\n \t\r\n"}};
	size_t at;

	for (at = 0; at < sizeof edits / sizeof edits[0]; at++) {
		assert_int_equal(effect_of(relaxed, edits[at][0], edits[at][1], NULL), DKIM_KEPT);
		assert_int_equal(
		        effect_of(simple, edits[at][0], edits[at][1], NULL), DKIM_BREAKS_BODY);
	}
	assert_int_equal(effect_of(relaxed, "Dear  Bob", "DearBob", NULL), DKIM_BREAKS_BODY);
	assert_int_equal(effect_of(relaxed, "Dear", " Dear", NULL), DKIM_BREAKS_BODY);
}

static void empty_lines_at_the_end_do_not_count(void **state)
{
	check_all("Ann\r\n\r\n\r\n", "Ann\r\n", NULL, DKIM_KEPT);
	check_all("Ann\r\n\r\n\r\n", "Ann", NULL, DKIM_KEPT);
	check_all("Ann\r\n\r\n\r\n", "Ann\n\n\r\n\n\n\n", NULL, DKIM_KEPT);
	check_all("Ann\r\n\r\n\r\n", "Ann\r\n\r\n.\r\n", NULL, DKIM_BREAKS_BODY);
	check_all("Dear", "\r\nDear", NULL, DKIM_BREAKS_BODY);
}

static void a_body_of_empty_lines_is_an_empty_body(void **state)
{
	static const char simple[] = SIGNED("simple/simple", "from", "") "From: a\r\n\r\n";
	static const char relaxed[] = SIGNED("simple/relaxed", "from", "") "From: a\r\n\r\n";

	assert_int_equal(effect_of(simple, "a\r\n\r\n", "a\r\n\r\n\r\n\n", NULL), DKIM_KEPT);
	assert_int_equal(effect_of(simple, "a\r\n\r\n", "a\r\n\r\n \r\n", NULL), DKIM_BREAKS_BODY);
	assert_int_equal(effect_of(relaxed, "a\r\n\r\n", "a\r\n\r\n \r\n", NULL), DKIM_KEPT);
}

/* "Dear  Bob,\r\n\r\nlunch" of the simple form has 19 bytes, of the relaxed one 18. */
static void only_the_signed_length_of_the_body_counts(void **state)
{
#define LENGTH(form, l) MAIL("relaxed/" form, "from", "l=" l "; ")
	assert_int_equal(effect_of(LENGTH("simple", "19"), "lunch", "lunchX", NULL), DKIM_KEPT);
	assert_int_equal(
	        effect_of(LENGTH("simple", "20"), "lunch", "lunchX", NULL), DKIM_BREAKS_BODY);
	assert_int_equal(effect_of(LENGTH("relaxed", "18"), "lunch", "lunchX", NULL), DKIM_KEPT);
	assert_int_equal(
	        effect_of(LENGTH("relaxed", "19"), "lunch", "lunchX", NULL), DKIM_BREAKS_BODY);
	assert_int_equal(effect_of(LENGTH("simple", "0"), "Dear", "", NULL), DKIM_KEPT);
	assert_int_equal(effect_of(LENGTH("simple", "4"), "Dear", "", NULL), DKIM_BREAKS_BODY);
	assert_int_equal(effect_of(LENGTH("simple", "18446744073709551617"), "Dear", "", NULL),
	        DKIM_BREAKS_BODY);
	assert_int_equal(
	        effect_of(LENGTH("simple", "9999"), "X-Spam-Status: No\r\n", "", NULL), DKIM_KEPT);
#undef LENGTH
}

/* All that follows goes: the canonical body ends in a line end then. */
static void a_body_shorter_than_the_signed_length_breaks(void **state)
{
#define LENGTH(l) MAIL("relaxed/simple", "from", "l=" l "; ")
	static const char rest[] = "\r\n\r\nlunch at noon? \r\nAnn\r\n\r\n\r\n";

	assert_int_equal(effect_of(LENGTH("10"), rest, "", NULL), DKIM_KEPT);
	assert_int_equal(effect_of(LENGTH("12"), rest, "", NULL), DKIM_KEPT);
	assert_int_equal(effect_of(LENGTH("13"), rest, "", NULL), DKIM_BREAKS_BODY);
#undef LENGTH
}

static void text_behind_the_signed_length_may_come(void **state)
{
	static const char mail[] =
	        SIGNED("relaxed/simple", "from", "l=5; ") "From: a\r\n\r\nabc\r\n";
	static const char all[] = SIGNED("relaxed/simple", "from", "") "From: a\r\n\r\nabc\r\n";

	assert_int_equal(effect_of(mail, "abc\r\n", "abc\r\n-- \r\nlist\r\n", NULL), DKIM_KEPT);
	assert_int_equal(
	        effect_of(all, "abc\r\n", "abc\r\n-- \r\nlist\r\n", NULL), DKIM_BREAKS_BODY);
}

/* ---------------------------------------------------------------- changes */

#define MULTI                                                                                      \
	"From: a\r\nContent-Type: multipart/mixed; boundary=B\r\n\r\n--B\r\n\r\nfirst\r\n"         \
	"--B\r\nContent-Type: a/b; name=x.exe\r\n\r\nsecret\r\n--B--\r\n"

static unsigned effect_of_a_cut(const char *mail, size_t part)
{
	struct mime_map *map = map_of(mail);
	struct dkim_signatures signatures;
	struct dkim_change *change;
	struct dkim_edit edits[4];
	struct cut cut = {0};
	struct err err;
	unsigned effect;
	size_t at;

	assert_int_equal(cut_part(&cut, map, part, "Gone.", &err), RESULT_OK);
	assert_true(cut.count <= 4);
	for (at = 0; at < cut.count; at++)
		edits[at] = (struct dkim_edit){cut.edits[at].offset, cut.edits[at].length,
		        cut.edits[at].bytes, cut.edits[at].size};
	dkim_read(&signatures, map);
	change = dkim_change_new(map, edits, cut.count, NULL, 0);
	effect = dkim_effect(change, &signatures.list[0]);
	dkim_change_free(&change);
	dkim_fini(&signatures);
	cut_fini(&cut);
	mime_map_free(&map);
	return effect;
}

static void a_cut_attachment_breaks_the_body(void **state)
{
	assert_int_equal(
	        effect_of_a_cut(SIGNED("relaxed/relaxed", "from", "") MULTI, 2), DKIM_BREAKS_BODY);
	assert_int_equal(
	        effect_of_a_cut(SIGNED("relaxed/relaxed", "from", "l=12; ") MULTI, 2), DKIM_KEPT);
	assert_int_equal(effect_of_a_cut(SIGNED("relaxed", "from:content-type",
	                                         "") "From: a\r\n"
	                                             "Content-Type: a/b\r\n\r\nx\r\n",
	                         0),
	        DKIM_BREAKS_HEADER | DKIM_BREAKS_BODY);
}

static unsigned effect_of_edits(const struct dkim_edit *edits, size_t count)
{
	static const char mail[] = "DKIM-Signature: v=1;a=x;b=B;bh=B;d=d;s=s;h=from\n"
	                           "X: 1\nY: 2\nFrom: x\n\n0123456789\n";
	struct mime_map *map = map_of(mail);
	struct dkim_signatures signatures;
	struct dkim_change *change;
	unsigned effect;

	dkim_read(&signatures, map);
	change = dkim_change_new(map, edits, count, NULL, 0);
	effect = dkim_effect(change, &signatures.list[0]);
	assert_int_equal(dkim_effect(change, &signatures.list[0]), effect);
	dkim_change_free(&change);
	dkim_fini(&signatures);
	mime_map_free(&map);
	return effect;
}

static void several_edits_are_one_change(void **state)
{
	static const struct dkim_edit kept[] = {{51, 1, "3", 1}, {53, 0, "Z: 4\n", 5},
	        {53, 5, "", 0}, {67, 3, "0", 1}, {70, 0, NULL, 0}, {70, 0, "12", 2},
	        {78, 0, "\n\n", 2}};
	static const struct dkim_edit broken[] = {
	        {51, 1, "3", 1}, {53, 5, NULL, 0}, {67, 3, "0", 1}, {70, 0, "13", 2}};

	assert_int_equal(effect_of_edits(kept, 3), DKIM_KEPT);
	assert_int_equal(effect_of_edits(kept, 7), DKIM_KEPT);
	assert_int_equal(effect_of_edits(broken, 4), DKIM_BREAKS_BODY);
}

static void edits_out_of_order_give_no_answer(void **state)
{
	static const struct dkim_edit back[] = {{60, 1, "", 0}, {50, 1, "", 0}};
	static const struct dkim_edit over[] = {{48, 3, "", 0}, {50, 1, "", 0}};
	static const struct dkim_edit outside[] = {{79, 0, "", 0}};
	static const struct dkim_edit beyond[] = {{70, SIZE_MAX - 10, "", 0}};

	assert_int_equal(effect_of_edits(back, 2), DKIM_UNREADABLE);
	assert_int_equal(effect_of_edits(over, 2), DKIM_UNREADABLE);
	assert_int_equal(effect_of_edits(outside, 1), DKIM_UNREADABLE);
	assert_int_equal(effect_of_edits(beyond, 1), DKIM_UNREADABLE);
}

/* ---------------------------------------------------------------- limits */

static void a_header_beyond_the_limits_gives_no_answer(void **state)
{
	struct buf mail = {0}, more = {0};
	size_t at;

	for (at = 0; at < DKIM_HEADER_BYTES_MAX / 8; at++)
		buf_add_string(&more, " folded\n");
	buf_add_format(
	        &mail, "%sFrom: a\r\nX: y\r\n%s\r\nx", SIGNED("simple", "from", ""), more.data);
	assert_int_equal(effect_of(mail.data, NULL, "", NULL), DKIM_UNREADABLE);
	assert_int_equal(
	        effect_of(MAIL("simple", "from", ""), "To: b@example.net\r\n", more.data, NULL),
	        DKIM_UNREADABLE);
	mail.data[mail.size - 1000] = mail.data[mail.size - 1001] = '\n';
	memcpy(mail.data + strlen(SIGNED("simple", "from", "") "From: a\r\nX:"), "\n\n", 2);
	assert_int_equal(effect_of(mail.data, NULL, "", NULL), DKIM_KEPT);
	buf_fini(&more);
	buf_fini(&mail);
}

static void more_fields_than_the_limit_give_no_answer(void **state)
{
	struct buf more = {0};
	size_t at;

	for (at = 0; at < DKIM_FIELDS_MAX; at++)
		buf_add_string(&more, "X: y\n");
	assert_int_equal(
	        effect_of(MAIL("simple", "from", ""), "To: b@example.net\r\n", more.data, NULL),
	        DKIM_UNREADABLE);
	more.data[5 * (DKIM_FIELDS_MAX - 20)] = '\0';
	assert_int_equal(
	        effect_of(MAIL("simple", "from", ""), "To: b@example.net\r\n", more.data, NULL),
	        DKIM_KEPT);
	buf_fini(&more);
}

static double seconds(void)
{
	return (double)clock() / CLOCKS_PER_SEC;
}

/* As many of everything as the limits allow, and a body for each of which nothing is copied. */
static void the_worst_header_and_a_large_body_take_little_time(void **state)
{
	struct dkim_signatures signatures;
	struct buf mail = {0};
	struct dkim_edit edit = {.bytes = " ", .size = 1};
	struct dkim_change *change;
	struct mime_map *map;
	double start;
	size_t at, name;

	for (at = 0; at < 32; at++) {
		buf_add_string(
		        &mail, "DKIM-Signature: v=1;a=x;b=B;bh=B;d=d;s=s;c=relaxed/relaxed;h=from");
		for (name = 1; name < DKIM_NAMES_MAX; name++)
			buf_add_format(&mail, ":%0100zu", name % 2 ? (size_t)0 : name);
		buf_add_string(&mail, "\n");
	}
	for (at = 0; at < 960; at++)
		buf_add_format(&mail, "%0100zu: x\n", at % 2 ? (size_t)0 : at);
	buf_add_string(&mail, "From: a\n\n");
	for (at = 0; at < 1 << 21; at++)
		buf_add_string(&mail, "a line of it \r\n");
	edit.offset = mail.size - 2;
	map = map_of(mail.data);
	start = seconds();
	dkim_read(&signatures, map);
	assert_int_equal(signatures.count, 32);
	change = dkim_change_new(map, &edit, 1, NULL, 0);
	for (at = 0; at < 32; at++)
		assert_int_equal(dkim_effect(change, &signatures.list[at]), DKIM_KEPT);
	if (getenv("VERBOSE"))
		printf("%.3f s\n", seconds() - start);
	assert_true(seconds() - start < 20);
	dkim_change_free(&change);
	dkim_fini(&signatures);
	mime_map_free(&map);
	buf_fini(&mail);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_signature_is_read_with_its_tags),
	        cmocka_unit_test(simple_is_the_form_where_none_is_named),
	        cmocka_unit_test(a_mail_without_a_signature_has_none),
	        cmocka_unit_test(what_is_no_list_of_tags_is_unreadable),
	        cmocka_unit_test(a_missing_or_odd_tag_makes_it_unreadable),
	        cmocka_unit_test(a_list_without_from_is_unreadable),
	        cmocka_unit_test(a_list_longer_than_the_limit_is_unreadable),
	        cmocka_unit_test(more_signatures_than_the_limit_are_told),
	        cmocka_unit_test(a_signature_that_not_everyone_sees_is_unreadable),
	        cmocka_unit_test(nothing_changed_breaks_nothing),
	        cmocka_unit_test(a_prefix_of_a_signed_subject_breaks),
	        cmocka_unit_test(a_field_that_is_not_signed_may_go),
	        cmocka_unit_test(blanks_count_in_a_simple_header_only),
	        cmocka_unit_test(line_ends_are_all_the_same),
	        cmocka_unit_test(an_lf_mail_is_read_like_others),
	        cmocka_unit_test(an_added_field_breaks_where_its_absence_is_signed),
	        cmocka_unit_test(an_added_field_is_like_none_that_was_there),
	        cmocka_unit_test(instances_of_a_name_are_signed_from_below),
	        cmocka_unit_test(signed_fields_may_change_their_places),
	        cmocka_unit_test(the_signature_itself_must_stay),
	        cmocka_unit_test(a_signature_below_is_signed_as_any_field),
	        cmocka_unit_test(each_signature_has_its_own_effect),
	        cmocka_unit_test(an_edit_over_several_fields_breaks_what_is_signed_in_there),
	        cmocka_unit_test(an_edit_may_move_the_end_of_the_header),
	        cmocka_unit_test(a_header_without_end_has_an_empty_body),
	        cmocka_unit_test(a_mailbox_line_is_none_of_the_header),
	        cmocka_unit_test(a_changed_body_breaks),
	        cmocka_unit_test(blanks_count_in_a_simple_body_only),
	        cmocka_unit_test(empty_lines_at_the_end_do_not_count),
	        cmocka_unit_test(a_body_of_empty_lines_is_an_empty_body),
	        cmocka_unit_test(only_the_signed_length_of_the_body_counts),
	        cmocka_unit_test(a_body_shorter_than_the_signed_length_breaks),
	        cmocka_unit_test(text_behind_the_signed_length_may_come),
	        cmocka_unit_test(a_cut_attachment_breaks_the_body),
	        cmocka_unit_test(several_edits_are_one_change),
	        cmocka_unit_test(edits_out_of_order_give_no_answer),
	        cmocka_unit_test(a_header_beyond_the_limits_gives_no_answer),
	        cmocka_unit_test(more_fields_than_the_limit_give_no_answer),
	        cmocka_unit_test(the_worst_header_and_a_large_body_take_little_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
