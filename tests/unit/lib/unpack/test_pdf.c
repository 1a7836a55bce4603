#include "tests/unit/lib/unpack/pack.h"

#define HEAD "%PDF-1.7\n"

static void walk_text(const char *text, struct seen *seen)
{
	struct buf bytes = {0};

	buf_add_string(&bytes, text);
	walk(&bytes, seen);
	buf_fini(&bytes);
}

static void has_trait(const char *text, enum unpack_trait trait, unsigned want)
{
	struct seen seen;

	walk_text(text, &seen);
	if (seen.traits[trait] != want || seen.problems[UNPACK_FORMAT])
		fail_msg("%u instead of %u: %s", seen.traits[trait], want, text);
	seen_fini(&seen);
}

/* Stored blocks of deflate, so that no library is needed to write them. */
static void add_stored(struct buf *out, const void *bytes, size_t size)
{
	buf_add(out, "\x78\x01\1", 3);
	little(out, size, 2);
	little(out, ~size & 0xffff, 2);
	buf_add(out, bytes, size);
	little(out, 0, 4);
}

static void add_stream(struct buf *out, const char *dictionary, const void *bytes, size_t size)
{
	buf_add_format(out, "7 0 obj\n<<%s>>\nstream\n", dictionary);
	buf_add(out, bytes, size);
	buf_add_string(out, "\nendstream\nendobj\n");
}

/* ---------------------------------------------------------------- scripts */

static void what_a_document_runs_is_told(void **state)
{
	static const char *const texts[] = {
	        HEAD "1 0 obj<</S/JavaScript/JS(app.alert\\(1\\))>>endobj",
	        HEAD "1 0 obj<</S/#4aavaScript>>endobj",
	        HEAD "1 0 obj<</J#53 5 0 R>>endobj",
	        HEAD "1 0 obj\n<< /A << /S /Launch /F (cmd.exe) >> >>\nendobj",
	        HEAD "1 0 obj<</Subtype/RichMedia>>endobj",
	        HEAD "1 0 obj<</OpenAction<</S/JavaScript/JS<6161>>>>>",
	        HEAD "1 0 obj %(\n<</JS 5 0 R>>",
	        HEAD "trailer<</Root<</OpenAction<</JS(x)>>>>>>",
	        HEAD "1 0 obj<</X(stream)/JS 5 0 R>>endobj",
	        HEAD "1 0 obj<</Length 9>>stream\n 2 0 obj<</JS 5 0 R>>",
	        HEAD "1 0 obj<</X(\n2 0 obj<</JS 5 0 R>>endobj\n)>>endobj",
	        HEAD "(\n1 0 obj<</JS 5 0 R>>endobj",
	};

	for (size_t at = 0; at < sizeof(texts) / sizeof(texts[0]); at++)
		has_trait(texts[at], UNPACK_SCRIPT, 1);
}

static void words_in_text_run_nothing(void **state)
{
	static const char *const texts[] = {
	        HEAD "1 0 obj<</Title(How /JS and /JavaScript work)>>endobj",
	        HEAD "1 0 obj<</Title(A \\(nested\\) (pair) /JS)/B 1>>endobj",
	        HEAD "1 0 obj<</Title<2f4a53>>>endobj",
	        HEAD "1 0 obj % /JS\n<<>>endobj",
	        HEAD "1 0 obj<</Length 17>>stream\n/JS /JavaScript Tf\nendstream endobj",
	        HEAD "1 0 obj<</JSON 1/Launcher 2/JS1 3>>endobj",
	        HEAD "Words before /JS the first object.\n1 0 obj<<>>endobj",
	};

	for (size_t at = 0; at < sizeof(texts) / sizeof(texts[0]); at++)
		has_trait(texts[at], UNPACK_SCRIPT, 0);
}

static void packed_objects_are_read_where_their_table_says(void **state)
{
	static const struct {
		const char *content;
		unsigned first, want;
	} table[] = {
	        {"4 0 5 4 <<>><</S/JavaScript>>", 8, 1},
	        {"4 2 ( <</S/JavaScript>> )", 4, 1}, /* points into a string */
	        {"4 0 5 9 <</A(b)>><</T(/JS)>>", 8, 0},
	        {"4 0 <</JS(x)>>", 4, 2}, /* in what says that it is a file, too */
	};

	for (size_t at = 0; at < sizeof(table) / sizeof(table[0]); at++) {
		struct buf bytes = {0}, packed = {0};
		char dictionary[100];
		struct seen seen;

		snprintf(dictionary, sizeof(dictionary),
		        "/Type/ObjStm/N 2/First %u/Filter/FlateDecode%s", table[at].first,
		        table[at].want == 2 ? "/X/EmbeddedFile" : "");
		buf_add_string(&bytes, HEAD);
		add_stored(&packed, table[at].content, strlen(table[at].content));
		add_stream(&bytes, dictionary, packed.data, packed.size);
		walk(&bytes, &seen);
		if (seen.traits[UNPACK_SCRIPT] != !!table[at].want || problem_count(&seen))
			fail_msg("%s: %u %u", table[at].content, seen.traits[UNPACK_SCRIPT],
			        problem_count(&seen));
		seen_fini(&seen);
		buf_fini(&bytes);
		buf_fini(&packed);
	}
}

static void a_form_runs_something_where_its_xml_has_a_script(void **state)
{
	has_trait(HEAD "1 0 obj<</XFA 2 0 R>>endobj 2 0 obj<<>>stream\n<template><script>x"
	               "</script></template>\nendstream endobj",
	        UNPACK_SCRIPT, 1);
	has_trait(HEAD "1 0 obj<</XFA 2 0 R>>endobj 2 0 obj<<>>stream\n<template><field/>"
	               "</template>\nendstream endobj",
	        UNPACK_SCRIPT, 0);
	has_trait(HEAD "2 0 obj<<>>stream\n(<script>) Tj\nendstream endobj", UNPACK_SCRIPT, 0);
}

/* ---------------------------------------------------------------- files */

static void embedded_files_are_told_and_given(void **state)
{
	static const char *const texts[] = {
	        HEAD "1 0 obj<</Type/EmbeddedFile>>stream\npayload\nendstream endobj",
	        /* nothing but what refers to it says that it is one */
	        HEAD "1 0 obj<</EF<</F 2 0 R>>>>endobj 2 0 obj<<>>stream\npayload\nendstream",
	        HEAD "2 0 obj<<>>stream\npayload\nendstream endobj 1 0 obj<</EF<</UF 2 0 R>>>>",
	        HEAD "1 0 obj<</EF 3 0 R>>endobj 3 0 obj<</F 2 0 R>>endobj "
	             "2 0 obj<<>>stream\npayload\nendstream",
	        HEAD "1 0 obj<</Type/EmbeddedFile/X(stream)>>stream\npayload\nendstream",
	        HEAD "1 0 obj<</Type/EmbeddedFile>>stream\npayload",
	};

	for (size_t at = 0; at < sizeof(texts) / sizeof(texts[0]); at++) {
		struct seen seen;

		walk_text(texts[at], &seen);
		if (seen.traits[UNPACK_EMBEDDED] != 1 || seen.members != 1 ||
		        !has_content(&seen, "payload") || problem_count(&seen))
			fail_msg("%s", texts[at]);
		seen_fini(&seen);
	}
}

static void documents_without_files_have_none(void **state)
{
	static const char *const texts[] = {
	        HEAD "1 0 obj<</Font<</F 2 0 R>>>>endobj 2 0 obj<</Type/Font>>endobj",
	        HEAD "1 0 obj<</Contents 2 0 R>>endobj 2 0 obj<<>>stream\npayload\nendstream",
	        HEAD "1 0 obj<</Names<</EmbeddedFiles<</Names[]>>>>>>endobj",
	        HEAD "1 0 obj<</Title(/EmbeddedFile /Collection)>>endobj",
	};

	for (size_t at = 0; at < sizeof(texts) / sizeof(texts[0]); at++) {
		struct seen seen;

		walk_text(texts[at], &seen);
		if (seen.traits[UNPACK_EMBEDDED] || seen.members || problem_count(&seen))
			fail_msg("%s", texts[at]);
		seen_fini(&seen);
	}
	has_trait(HEAD "1 0 obj<</Collection<</View/T>>>>endobj", UNPACK_EMBEDDED, 1);
}

static void a_length_is_believed_where_the_stream_ends_there(void **state)
{
	struct seen seen;

	walk_text(HEAD "1 0 obj<</Type/EmbeddedFile/Length 24>>stream\n"
	               "before\nendstream\npayload\nendstream endobj",
	        &seen);
	assert_string_equal(seen.contents.data, "before\nendstream\npayload");
	seen_fini(&seen);
	walk_text(HEAD "1 0 obj<</Type/EmbeddedFile/Length 3>>stream\npayload\nendstream endobj",
	        &seen);
	assert_string_equal(seen.contents.data, "payload\n");
	seen_fini(&seen);
}

static void chained_filters_are_undone(void **state)
{
	struct buf once = {0}, twice = {0}, hex = {0};
	static const struct {
		const char *filters, *data;
	} table[] = {
	        {"/Filter/ASCIIHexDecode", "70 61 79 6C6f 616 4>"},
	        {"/Filter[/AHx]", "7061796c6f6164"},
	        {"/Filter [ /ASCII85Decode ]", "E++$.Ddd/~>"},
	        {"/Filter/RunLengthDecode", "\6payload\x80"},
	        {"/Filter[/ASCIIHexDecode/ASCIIHexDecode]", "37303631373936633666363136343e>"},
	};

	for (size_t at = 0; at < sizeof(table) / sizeof(table[0]); at++) {
		char dictionary[100];
		struct buf bytes = {0};
		struct seen seen;

		snprintf(dictionary, sizeof(dictionary), "/Type/EmbeddedFile%s", table[at].filters);
		buf_add_string(&bytes, HEAD);
		add_stream(&bytes, dictionary, table[at].data, strlen(table[at].data));
		walk(&bytes, &seen);
		if (!has_content(&seen, "payload") || problem_count(&seen))
			fail_msg("%s", table[at].filters);
		seen_fini(&seen);
		buf_fini(&bytes);
	}
	add_stored(&once, "payload", 7);
	add_stored(&twice, once.data, once.size);
	for (size_t at = 0; at < twice.size; at++)
		buf_add_format(&hex, "%02x", (unsigned char)twice.data[at]);
	for (int packed = 0; packed < 2; packed++) {
		struct buf bytes = {0};
		struct seen seen;

		buf_add_string(&bytes, HEAD);
		add_stream(&bytes,
		        packed ? "/Type/EmbeddedFile/Filter[/AHx/Fl/Fl]"
		               : "/Type/EmbeddedFile/Filter[/FlateDecode /FlateDecode]",
		        packed ? hex.data : twice.data, packed ? hex.size : twice.size);
		walk(&bytes, &seen);
		assert_string_equal(seen.contents.data, "payload");
		assert_int_equal(problem_count(&seen), 0);
		seen_fini(&seen);
		buf_fini(&bytes);
	}
	buf_fini(&once);
	buf_fini(&twice);
	buf_fini(&hex);
}

static void a_file_that_cant_be_unpacked_is_told(void **state)
{
	static const struct {
		const char *dictionary;
		enum unpack_problem problem;
	} table[] = {
	        {"/Type/EmbeddedFile/Filter/LZWDecode", UNPACK_FORMAT},
	        {"/Type/EmbeddedFile/Filter[/AHx/Odd]", UNPACK_FORMAT},
	        {"/Type/EmbeddedFile/Filter[/AHx/AHx/AHx/AHx/AHx/AHx/AHx/AHx/AHx]", UNPACK_FORMAT},
	        {"/Type/EmbeddedFile/DecodeParms<</Predictor 12>>", UNPACK_FORMAT},
	        {"/Type/EmbeddedFile/Filter/AHx/Filter/A85", UNPACK_AMBIGUOUS},
	        {"/Type/ObjStm/Filter/LZWDecode", UNPACK_FORMAT},
	};
	struct buf bytes = {0};
	struct seen seen;

	for (size_t at = 0; at < sizeof(table) / sizeof(table[0]); at++) {
		buf_clear(&bytes);
		buf_add_string(&bytes, HEAD);
		add_stream(&bytes, table[at].dictionary, "3330>", 5);
		walk(&bytes, &seen);
		if (seen.problems[table[at].problem] != 1)
			fail_msg("%s", table[at].dictionary);
		seen_fini(&seen);
	}
	buf_clear(&bytes);
	buf_add_string(&bytes, HEAD);
	add_stream(&bytes, "/Subtype/Image/Filter/LZWDecode", "x", 1);
	walk(&bytes, &seen);
	assert_int_equal(problem_count(&seen), 0);
	seen_fini(&seen);
	buf_fini(&bytes);
}

/* ---------------------------------------------------------------- encryption */

static void an_encrypted_document_is_told(void **state)
{
	static const char *const texts[] = {
	        HEAD "trailer<</Root 1 0 R/Encrypt 2 0 R>>",
	        HEAD "trailer\n<</#45ncrypt 2 0 R>>",
	        HEAD "5 0 obj<</Type/XRef/Encrypt 2 0 R>>stream\nendstream",
	};
	static const char *const twins[] = {
	        HEAD "trailer<</Root 1 0 R>>",
	        HEAD "1 0 obj<</Title(/Encrypt)/EncryptMetadata true/Encrypt 1>>",
	        HEAD "trailer<</Info<</Title(/Encrypt)>>>>",
	};

	for (size_t at = 0; at < 3; at++) {
		struct seen seen;

		walk_text(texts[at], &seen);
		if (seen.problems[UNPACK_ENCRYPTED] != 1)
			fail_msg("%s", texts[at]);
		seen_fini(&seen);
		walk_text(twins[at], &seen);
		if (problem_count(&seen))
			fail_msg("%s", twins[at]);
		seen_fini(&seen);
	}
}

/* ---------------------------------------------------------------- limits */

static void objects_in_one_another_take_no_endless_time(void **state)
{
	int64_t start = clock_monotonic_us();
	struct buf bytes = {0};
	struct seen seen;

	buf_add_string(&bytes, HEAD);
	for (int at = 0; at < 100000; at++)
		buf_add_string(&bytes, "1 0 obj<</X(");
	walk(&bytes, &seen);
	assert_int_equal(seen.problems[UNPACK_FORMAT], 1);
	assert_true(clock_monotonic_us() - start < 5000000);
	seen_fini(&seen);
	buf_clear(&bytes);
	buf_add_string(&bytes, HEAD "1 0 obj<</Type/ObjStm/First 500000>>stream\n");
	for (int at = 0; at < 100000; at++)
		buf_add_string(&bytes, "1 0 ");
	for (int at = 0; at < 400000; at++)
		buf_add_string(&bytes, "/A ");
	start = clock_monotonic_us();
	walk(&bytes, &seen);
	assert_int_equal(seen.problems[UNPACK_FORMAT], 1);
	assert_true(clock_monotonic_us() - start < 5000000);
	seen_fini(&seen);
	buf_clear(&bytes);
	buf_add_string(&bytes, HEAD);
	for (int at = 0; at < 50000; at++)
		buf_add_string(&bytes, "1 0 obj<</Type/ObjStm/Filter/Fl>>stream\n\x78\x01");
	start = clock_monotonic_us();
	walk(&bytes, &seen);
	assert_int_equal(seen.problems[UNPACK_FORMAT], 1);
	assert_true(clock_monotonic_us() - start < 5000000);
	seen_fini(&seen);
	buf_fini(&bytes);
}

static void names_are_given_once_and_too_many_are_told(void **state)
{
	struct unpack_budget budget = {5000, 1 << 20, 0, clock_monotonic_us() + 10000000};
	struct buf bytes = {0};
	struct seen seen;

	walk_text(HEAD "1 0 obj<</F(x.exe)/UF(x.exe)>>endobj 2 0 obj<</F(x.exe)>>", &seen);
	assert_int_equal(seen.members, 1);
	assert_int_equal(problem_count(&seen), 0);
	seen_fini(&seen);
	buf_add_string(&bytes, HEAD);
	for (int at = 0; at < 4500; at++)
		buf_add_format(&bytes, "1 0 obj<</F(%d.txt)>>endobj\n", at);
	walk_with(bytes.data, bytes.size, &budget, &seen);
	assert_int_equal(seen.members, 4096);
	assert_int_equal(seen.problems[UNPACK_LIMIT], 1);
	seen_fini(&seen);
	buf_fini(&bytes);
}

static void filters_that_expand_keep_to_the_budget(void **state)
{
	struct unpack_budget budget = {10, 5000, 0, clock_monotonic_us() + 10000000};
	struct buf bytes = {0};
	struct seen seen;

	buf_add_string(&bytes, HEAD "1 0 obj<</Type/EmbeddedFile/Filter/RL>>stream\n");
	for (int at = 0; at < 1000; at++)
		buf_add_string(&bytes, "\x81x");
	walk_with(bytes.data, bytes.size, &budget, &seen);
	assert_int_equal(seen.problems[UNPACK_LIMIT], 1);
	assert_int_equal(seen.contents.size, 0);
	seen_fini(&seen);
	buf_fini(&bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_a_document_runs_is_told),
	        cmocka_unit_test(words_in_text_run_nothing),
	        cmocka_unit_test(packed_objects_are_read_where_their_table_says),
	        cmocka_unit_test(a_form_runs_something_where_its_xml_has_a_script),
	        cmocka_unit_test(embedded_files_are_told_and_given),
	        cmocka_unit_test(documents_without_files_have_none),
	        cmocka_unit_test(a_length_is_believed_where_the_stream_ends_there),
	        cmocka_unit_test(chained_filters_are_undone),
	        cmocka_unit_test(a_file_that_cant_be_unpacked_is_told),
	        cmocka_unit_test(an_encrypted_document_is_told),
	        cmocka_unit_test(objects_in_one_another_take_no_endless_time),
	        cmocka_unit_test(names_are_given_once_and_too_many_are_told),
	        cmocka_unit_test(filters_that_expand_keep_to_the_budget),
	};

	unpack_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
