#include "tests/unit/lib/unpack/pack.h"

/* 64 characters and more of base64: of what is packed in no way we know, of a ZIP, a program, a
 * shortcut, a picture and a font. */
#define SECRET "q83vASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4mrze8BI0VniavN7wEjRWeJ"
#define ZIP "UEsDBAoAAAAAAAAAIQAAAAAAAAAAAAAAAAABAAAAeFBLAQIUAAoAAAAAAAAAIQAAAAAA"
#define PROGRAM "TVqQAAMAAAAEAAAA//8AALgAAAAAAAAAQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define LINK "TAAAAAEUAgAAAAAAwAAAAAAAAEYAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define PNG "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGA"
#define WOFF "d09GRgABAAAAAAhMAA8AAAAADKwAAQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

static void check(const char *text, enum unpack_trait trait, unsigned want)
{
	struct buf bytes = {0};
	struct seen seen;

	buf_add_string(&bytes, text);
	walk(&bytes, &seen);
	if (seen.traits[trait] != want || problem_count(&seen))
		fail_msg("%u instead of %u: %s", seen.traits[trait], want, text);
	seen_fini(&seen);
	buf_fini(&bytes);
}

/* ---------------------------------------------------------------- pictures */

static void a_picture_that_runs_something_is_told(void **state)
{
	static const char *const texts[] = {
	        "<svg xmlns='http://www.w3.org/2000/svg'><script>x()</script></svg>",
	        "<svg><script><![CDATA[x()]]></script></svg>",
	        "<?xml?>\n<!-- <b> -->\n<!DOCTYPE svg>\n<svg><script href='x'/></svg>",
	        "\xef\xbb\xbf<s:svg xmlns:s='x'><s:script>x</s:script></s:svg>",
	        "<svg onload='x()'/>",
	        "<svg\nonload\n=x() />",
	        "<svg><g><rect width='1'onmouseover='x()'/></g></svg>",
	        "<svg><a xlink:href=\"javascript:x()\"><text>y</text></a></svg>",
	        "<svg><a href='&#106;avascript:x()'/></svg>",
	        "<svg><a href='&#x00006A;ava&#10;script&colon;x()'/></svg>",
	        "<svg><a href=' java\n\tscript:x()'/></svg>",
	        "<svg><animate attributeName='href' values='a;javascript:x()'/></svg>",
	        "<svg><foreignObject><iframe src='x'/></foreignObject></svg>",
	        "<!DOCTYPE svg [<!ENTITY x \"&#60;script>y()&#60;/script>\">]><svg>&x;</svg>",
	        "<!DOCTYPE svg [<!ENTITY x '><b '><!ENTITY j \"java\">]><svg><a href='&j;'/></svg>",
	};

	for (size_t at = 0; at < sizeof(texts) / sizeof(texts[0]); at++)
		check(texts[at], UNPACK_SCRIPT, 1);
}

static void a_picture_that_only_shows_is_not(void **state)
{
	static const char *const texts[] = {
	        "<svg xmlns='http://www.w3.org/2000/svg'><path d='M0,0 10,10'/></svg>",
	        "<svg><image href='data:image/png;base64," PNG "'/></svg>",
	        "<svg><text>The word javascript: and once = 1, onload=2</text></svg>",
	        "<svg font-family='one' data-on='1' inkscape:onload='x'/>",
	        "<!DOCTYPE svg [<!ENTITY n \"http://www.w3.org/2000/svg\">]><svg xmlns='&n;'/>",
	        "<!DOCTYPE svg [<!ENTITY s \"fill:#FFFFFF;\">]><svg style='&s;'/>",
	        "<html><body onload='x()'><svg><script>x()</script></svg></body></html>",
	        "<b>Words about &lt;svg onload=x&gt;</b>",
	        "An <svg onload=x> in a text",
	};

	for (size_t at = 0; at < sizeof(texts) / sizeof(texts[0]); at++)
		check(texts[at], UNPACK_SCRIPT, 0);
}

static void markup_in_utf16_and_with_nuls_is_read(void **state)
{
	static const char text[] = "<svg><script>x('" ZIP "')</script></svg>";
	struct buf forms[3] = {{0}, {0}, {0}};

	buf_add(&forms[0], "\xff\xfe", 2);
	buf_add(&forms[2], "<svg>\0", 6);
	buf_add_string(&forms[2], text + 5);
	for (size_t at = 0; text[at]; at++) {
		buf_add_char(&forms[0], text[at]);
		buf_add_char(&forms[0], 0);
		buf_add_char(&forms[1], 0);
		buf_add_char(&forms[1], text[at]);
	}
	for (size_t at = 0; at < 3; at++) {
		struct seen seen;

		walk(&forms[at], &seen);
		if (seen.traits[UNPACK_SCRIPT] != 1 || seen.traits[UNPACK_SMUGGLED] != 1)
			fail_msg("%zu", at);
		assert_string_equal(unpack_kind(forms[at].data, forms[at].size), "markup");
		seen_fini(&seen);
		buf_fini(&forms[at]);
	}
}

/* ---------------------------------------------------------------- smuggling */

static void a_script_that_brings_a_file_is_told(void **state)
{
	static const char *const texts[] = {
	        "<html><script>var a='" ZIP "';</script>",
	        "<script>f(\"" PROGRAM "\")</script>",
	        "<svg><script>f(`" LINK "`)</script></svg>",
	        "<a href='data:application/octet-stream;base64," ZIP "'>x</a><script>x()</script>",
	        "<a href='data:image/png;base64," ZIP "'>x</a><script>x()</script>",
	        "<script>a='" SECRET "'; b = new Blob([f(a)])</script>",
	        "<script>a='" SECRET "'; b = atob (a)</script>",
	        "<script>a='" SECRET "'; l.download = 'x'</script>",
	        "<body onload='f()'><p id='x' title='" ZIP "'></body>",
	        "<script>f('504b0304" /* in hexadecimal digits */
	        "0a00000000000000210000000000000000000000000000000100000078"
	        "504b0102140a00000000000000210000')</script>",
	        "<script>f('\\x3c\\x73\\x63\\x72\\x69\\x70\\x74\\x3e\\x20\\x20\\x20\\x20\\x20\\x20"
	        "\\x20\\x20\\x20\\x20\\x20\\x20\\x20\\x20\\x20\\x20\\x20\\x20\\x20\\x20\\x20\\x20"
	        "\\x20\\x20\\x20\\x20\\x20\\x20\\x20\\x20\\x20\\x20\\x20\\x20\\x20\\x20\\x20\\x20"
	        "\\x20\\x20\\x20\\x20\\x20\\x20\\x20\\x20\\x20\\x20\\x20\\x20\\x20\\x20\\x20\\x20"
	        "\\x20\\x20\\x20\\x20\\x20\\x20')</script>",
	};

	for (size_t at = 0; at < sizeof(texts) / sizeof(texts[0]); at++)
		check(texts[at], UNPACK_SMUGGLED, 1);
}

static void honest_pages_smuggle_nothing(void **state)
{
	static const char *const texts[] = {
	        /* a newsletter that counts its readers */
	        "<html><body><script src='https://example.org/count.js'></script>"
	        "<a href=\"https://example.org/" SECRET "\">x</a></body></html>",
	        /* a saved page, and a library in it that could do it */
	        "<img src='data:image/png;base64," PNG "'><style>@font-face{src:url("
	        "data:font/woff;base64," WOFF ")}</style><script>URL.createObjectURL(x)</script>",
	        "<script>atob(x);//# sourceMappingURL=data:application/json;base64," SECRET
	        "\n</script>",
	        "<link integrity='sha384-" SECRET "'><script>new Blob([x])</script>",
	        "<script>atob(x);k='ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	        "+/='</script>",
	        "<script>atob(x);e=['click','dblclick','mousedown','mouseup','mouseover',"
	        "'mousemove','mouseout','keydown','keypress','keyup','focusin']</script>",
	        "<script>atob(x);h='0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde"
	        "f'</script>",
	        /* no script at all */
	        "<a href='data:application/zip;base64," ZIP "'>x</a>",
	        /* an invoice behind a link */
	        "<a href='data:application/pdf;base64,JVBERi0xLjQKJVBERi0xLjQKJVBERi0xLjQKJVBERi0x"
	        "LjQKJVBERi0xLjQKJVBERi0xLjQK'>x</a><script>count()</script>",
	};

	for (size_t at = 0; at < sizeof(texts) / sizeof(texts[0]); at++)
		check(texts[at], UNPACK_SMUGGLED, 0);
}

static void has_member(const char *text, const char *content, int want)
{
	struct buf bytes = {0};
	struct seen seen;

	buf_add_string(&bytes, text);
	walk(&bytes, &seen);
	if (has_content(&seen, content) != want)
		fail_msg("%s: %s", text, seen.contents.data);
	seen_fini(&seen);
	buf_fini(&bytes);
}

/* "payload\n" eight times over, in one of the forms in which scripts write bytes. */
static void add_form(struct buf *out, const char *format, const char *between)
{
	for (int at = 0; at < 64; at++) {
		unsigned char c = (unsigned char)"payload\n"[at % 8];

		buf_add_string(out, at ? between : "");
		buf_add_format(out,
		        *format == 'd'    ? "%d"
		        : *format == 'x'  ? "0x%02X"
		        : *format == '\\' ? "\\x%02x"
		        : *format == 'u'  ? "\\u%04x"
		        : *format == '%'  ? "%%%02x"
		        : *format == '&'  ? "&#%d;"
		                          : "%02x",
		        c);
	}
}

static void bytes_in_every_form_are_members(void **state)
{
	static const struct {
		const char *before, *format, *between, *behind;
	} table[] = {
	        {"<script>new Uint8Array([", "d", ", ", "])</script>"},
	        {"<script>String.fromCharCode(", "x", ",", ")</script>"},
	        {"<script>[\"", "d", "\",\"", "\"]</script>"},
	        {"<script>f('", "\\", "", "')</script>"},
	        {"<script>f('", "u", "", "')</script>"},
	        {"<script>unescape('", "%", "", "')</script>"},
	        {"<script>f('", "h", "", "')</script>"},
	        {"<iframe srcdoc='", "&", "", "'></iframe><script>x()</script>"},
	};

	for (size_t at = 0; at < sizeof(table) / sizeof(table[0]); at++) {
		struct buf text = {0};

		buf_add_string(&text, table[at].before);
		add_form(&text, table[at].format, table[at].between);
		buf_add_string(&text, table[at].behind);
		has_member(text.data, "payload\npayload\n", 1);
		buf_fini(&text);
	}
}

static void short_lists_and_pictures_of_numbers_are_none(void **state)
{
	struct buf text = {0};

	has_member("<script>[112,97,121,108,111,97,100,10]</script>", "payload", 0);
	has_member("<script>f('%70%61%79%6c%6f%61%64')</script>", "payload", 0);
	buf_add_string(&text, "<svg><image href='data:image/png;base64," PNG "'/><path d='M");
	add_form(&text, "d", ",");
	buf_add_string(&text, "'/></svg>");
	has_member(text.data, "payload", 0); /* nothing runs there */
	buf_fini(&text);
}

static void long_runs_take_no_endless_time(void **state)
{
	static const char *const units[] = {"1,", "\"1\",", "%4", "&#", "\\x4", "<a b=", "'a',",
	        "<!ENTITY '", "77,999,", "&#0"};

	for (size_t at = 0; at < sizeof(units) / sizeof(units[0]); at++) {
		struct unpack_budget budget = {1000, 64 << 20, 0, clock_monotonic_us() + 60000000};
		int64_t start = clock_monotonic_us();
		struct buf text = {0};
		struct seen seen;

		buf_add_string(&text, "<script></script>");
		while (text.size < 2 << 20)
			buf_add_string(&text, units[at]);
		walk_with(text.data, text.size, &budget, &seen);
		if (clock_monotonic_us() - start > 5000000)
			fail_msg("%s", units[at]);
		seen_fini(&seen);
		buf_fini(&text);
	}
}

/* atob() passes over blanks, and so do links. */
static void blanks_in_base64_hide_nothing(void **state)
{
	static const char *const told[] = {
	        "<script>f('UEsDBAoA AAAAAAAA IQAAAAAA AAAAAAAA AAAAAAAA AQAAAHhQ SwECFAAK "
	        "AAAAAAAA "
	        "IQAAAAAA')</script>",
	        "<script>f(`TVqQAAMAAAAEAAAA//8AALgAAAA\nAAAAAQAAAAAAAAAAAAAAAAAAAAAAA\n"
	        "AAAAAAAAAAAAA`)</script>",
	        "<script>f('TVqQAAMAAAAEAAAA//8AALgAAAA\\nAAAAAQAAAAAAAAAAAAAAAAAAAAAAA\\n' + '"
	        "AAAAAAAAAAAAA')</script>",
	        "<script>a='q83vASNFZ4mrze8BI0VniavN7wEj RWeJq83vASNFZ4mrze8BI0VniavN7wEjRWeJ'; "
	        "atob(a)</script>",
	        "<div id='x'>\n" ZIP "\n</div><script>f(x)</script>",
	        "<a href='data:a/b;base64,UEsDBAoA AAAAAAAA IQAAAAAA AAAAAAAA AAAAAAAA AQAAAHhQ "
	        "SwECFAAK AAAAAAAA'>x</a><script>f()</script>",
	};
	static const char *const honest[] = {
	        "<p class='one two three four five six seven eight nine ten eleven twelve and "
	        "more'>"
	        "Words and more words of which there are so many that it would be long enough</p>"
	        "<script>f(new Blob([x]), atob(y))</script>",
	        "<script>f('Words and more words of which there are so many that it would be long')"
	        "; atob(x)</script>",
	};

	for (size_t at = 0; at < sizeof(told) / sizeof(told[0]); at++)
		check(told[at], UNPACK_SMUGGLED, 1);
	for (size_t at = 0; at < sizeof(honest) / sizeof(honest[0]); at++) {
		struct buf bytes = {0};
		struct seen seen;

		buf_add_string(&bytes, honest[at]);
		walk(&bytes, &seen);
		if (seen.members || seen.traits[UNPACK_SMUGGLED])
			fail_msg("%s", honest[at]);
		seen_fini(&seen);
		buf_fini(&bytes);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_picture_that_runs_something_is_told),
	        cmocka_unit_test(a_picture_that_only_shows_is_not),
	        cmocka_unit_test(markup_in_utf16_and_with_nuls_is_read),
	        cmocka_unit_test(a_script_that_brings_a_file_is_told),
	        cmocka_unit_test(honest_pages_smuggle_nothing),
	        cmocka_unit_test(bytes_in_every_form_are_members),
	        cmocka_unit_test(short_lists_and_pictures_of_numbers_are_none),
	        cmocka_unit_test(long_runs_take_no_endless_time),
	        cmocka_unit_test(blanks_in_base64_hide_nothing),
	};

	unpack_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
