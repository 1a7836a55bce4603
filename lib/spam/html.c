#include "lib/spam/html.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/base/utf8.h"

enum { TAG_NAME_MOST = 15, URL_MOST_BYTES = 8192 };

/* ------------------------------------------------------------ character references */

/* U+00A0 to U+00FF in order; the rest by name. */
static const char latin1_names[] =
        "nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg "
        "plusmn sup2 sup3 acute micro para middot cedil sup1 ordm raquo frac14 frac12 frac34 "
        "iquest "
        "Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil Egrave Eacute Ecirc Euml Igrave Iacute "
        "Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave Uacute Ucirc "
        "Uuml Yacute THORN szlig agrave aacute acirc atilde auml aring aelig ccedil egrave eacute "
        "ecirc euml igrave iacute icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide "
        "oslash ugrave uacute ucirc uuml yacute thorn yuml ";

static const struct {
	const char *name;
	uint32_t code;
} other_names[] = {
        {"amp", '&'},
        {"lt", '<'},
        {"gt", '>'},
        {"quot", '"'},
        {"apos", '\''},
        {"ndash", 0x2013},
        {"mdash", 0x2014},
        {"lsquo", 0x2018},
        {"rsquo", 0x2019},
        {"ldquo", '"'},
        {"rdquo", '"'},
        {"bull", 0x2022},
        {"hellip", 0x2026},
        {"euro", 0x20ac},
        {"trade", 0x2122},
        {"zwnj", 0x200c},
        {"zwj", 0x200d},
        {"sol", '/'},
        {"colon", ':'},
        {"period", '.'},
        {"commat", '@'},
        {"num", '#'},
        {"Tab", '\t'},
        {"NewLine", '\n'},
};

static uint32_t named_character(const char *name, size_t size)
{
	const char *at = latin1_names;

	for (size_t i = 0; i < sizeof(other_names) / sizeof(*other_names); i++) {
		if (strlen(other_names[i].name) == size &&
		        memcmp(other_names[i].name, name, size) == 0)
			return other_names[i].code;
	}
	for (uint32_t code = 0xa0; *at; code++) {
		size_t length = strcspn(at, " ");

		if (length == size && memcmp(at, name, size) == 0)
			return code;
		at += length + 1;
	}
	return 0;
}

/* Browsers take numbers 128 to 159 for windows-1252, which matters for quotes and dashes only. */
static uint32_t numbered_character(uint32_t code)
{
	static const uint16_t windows[32] = {0x20ac, 0, 0x201a, 0x192, 0x201e, 0x2026, 0x2020,
	        0x2021, 0x2c6, 0x2030, 0x160, 0x2039, 0x152, 0, 0x17d, 0, 0, 0x2018, 0x2019, '"',
	        '"', 0x2022, 0x2013, 0x2014, 0x2dc, 0x2122, 0x161, 0x203a, 0x153, 0, 0x17e, 0x178};

	if (code >= 128 && code < 160)
		return windows[code - 128];
	return code;
}

static size_t read_number(const char *at, size_t size, uint32_t *code)
{
	size_t used = 2;
	int hex = size > 2 && (at[2] == 'x' || at[2] == 'X');

	used += (size_t)hex;
	*code = 0;
	while (used < size &&
	        (hex ? isxdigit((unsigned char)at[used]) : isdigit((unsigned char)at[used]))) {
		char digit = at[used++];
		uint32_t value = isdigit((unsigned char)digit)
		                         ? (uint32_t)(digit - '0')
		                         : (uint32_t)((digit | 32) - 'a' + 10);

		/* Capped well above the last character, so that no run of digits overflows. */
		if (*code < 0x1000000)
			*code = *code * (hex ? 16 : 10) + value;
	}
	*code = numbered_character(*code);
	return used > 2 + (size_t)hex ? used : 0;
}

/* Size of the character reference that begins at `at` ("&…"), its character in *code; 0: none. */
static size_t read_reference(const char *at, size_t size, uint32_t *code)
{
	size_t used = 1;

	if (size > 2 && at[1] == '#') {
		used = read_number(at, size, code);
	} else {
		while (used < size && used < 12 && isalnum((unsigned char)at[used]))
			used++;
		*code = used > 1 ? named_character(at + 1, used - 1) : 0;
		if (!*code)
			return 0;
	}
	if (used && used < size && at[used] == ';')
		used++;
	return used;
}

static void add_character(struct buf *out, uint32_t code)
{
	char bytes[4];

	if (code == 0xa0) {
		buf_add_char(out, ' ');
	} else if (code == 0xad) {
		return; /* a soft hyphen isn't seen */
	} else if (code == 0x201c || code == 0x201d) {
		buf_add_char(out, '"');
	} else if (code) {
		buf_add(out, bytes, utf8_encode(code, bytes));
	}
}

void html_decode(const char *bytes, size_t size, struct buf *out)
{
	uint32_t code;
	size_t used;

	for (size_t at = 0; at < size;) {
		used = bytes[at] == '&' ? read_reference(bytes + at, size - at, &code) : 0;
		if (used) {
			add_character(out, code);
			at += used;
		} else {
			buf_add_char(out, bytes[at++]);
		}
	}
}

/* ------------------------------------------------------------ the pass */

/* What ends something was looked for and isn't there: not looked for again, so that a million
 * beginnings cost one search. */
struct missing {
	int comment_end, single_quote, double_quote, script_end, style_end, tag_end;
};

struct page {
	const char *bytes;
	size_t size;
	size_t at;
	struct buf *text;
	const struct html_links *links;
	struct missing missing;
	struct buf base; /* of relative links */
	struct buf value;
};

struct tag {
	char name[TAG_NAME_MOST + 1];
	int is_end;
	int is_refresh; /* a meta whose http-equiv is refresh */
};

static const struct {
	const char *name;
	const char *gap;
} gaps[] = {
        {"br", "\n"},
        {"div", "\n"},
        {"p", "\n\n"},
        {"hr", "\n\n"},
        {"blockquote", "\n\n"},
        {"pre", "\n\n"},
        {"listing", "\n\n"},
        {"plaintext", "\n\n"},
        {"xmp", "\n\n"},
        {"title", "\n\n"},
        {"li", " "},
        {"td", " "},
        {"th", " "},
        {"dd", " "},
        {"dt", " "},
        {"embed", " "},
        {"h1", " "},
        {"h2", " "},
        {"h3", " "},
        {"h4", " "},
        {"h5", " "},
        {"h6", " "},
};

/* Attributes that hold an address. */
static const struct {
	const char *tag;
	const char *attribute;
} link_places[] = {
        {"a", "href"},
        {"area", "href"},
        {"link", "href"},
        {"img", "src"},
        {"frame", "src"},
        {"iframe", "src"},
        {"embed", "src"},
        {"script", "src"},
        {"bgsound", "src"},
        {"input", "src"},
        {"form", "action"},
        {"body", "background"},
        {"table", "background"},
        {"tr", "background"},
        {"td", "background"},
};

static int is_blank(char byte)
{
	return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

/* Where `needle` next begins, from `from` on; page->size where it doesn't, and *missing is set. */
static size_t find_end(struct page *page, size_t from, const char *needle, int *missing)
{
	const char *found = NULL;

	if (!*missing && from < page->size)
		found = text_find(page->bytes + from, page->size - from, needle);
	if (!found) {
		*missing = 1;
		return page->size;
	}
	return (size_t)(found - page->bytes);
}

static void add_gap(struct page *page, const struct tag *tag)
{
	for (size_t i = 0; i < sizeof(gaps) / sizeof(*gaps); i++) {
		if (strcmp(tag->name, gaps[i].name) != 0)
			continue;
		buf_add_string(page->text, gaps[i].gap);
		return;
	}
}

static int is_link_place(const char *tag, const char *attribute)
{
	for (size_t i = 0; i < sizeof(link_places) / sizeof(*link_places); i++) {
		if (strcmp(tag, link_places[i].tag) == 0 &&
		        strcmp(attribute, link_places[i].attribute) == 0)
			return 1;
	}
	return 0;
}

/* Browsers drop line ends and tabs inside an address, and blanks around it. */
static void clean_url(struct buf *url)
{
	size_t kept = 0, start = 0;

	for (size_t i = 0; i < url->size; i++) {
		if (!strchr("\t\r\n", url->data[i]) || !url->data[i])
			url->data[kept++] = url->data[i];
	}
	while (kept && is_blank(url->data[kept - 1]))
		kept--;
	while (start < kept && is_blank(url->data[start]))
		start++;
	if (url->size)
		url->data[kept] = '\0';
	url->size = kept;
	buf_drop_front(url, start);
}

static int has_scheme(const struct buf *url)
{
	size_t at = 0;

	while (at < url->size &&
	        (isalnum((unsigned char)url->data[at]) || strchr("+-.", url->data[at])))
		at++;
	return at && at < url->size && url->data[at] == ':';
}

/* How much of the base stays in front of a relative link. */
static size_t base_kept(const struct buf *base, const char *url)
{
	const char *host = base->size ? strstr(base->data, "//") : NULL;
	const char *path = host ? strchr(host + 2, '/') : NULL, *slash;

	if (!host)
		return 0;
	if (url[0] == '/' && url[1] == '/')
		return (size_t)(host - base->data);
	if (!path || url[0] == '/')
		return path ? (size_t)(path - base->data) : base->size;
	slash = strrchr(path, '/');
	return (size_t)(slash - base->data) + 1;
}

static void give_link(struct page *page, struct buf *url)
{
	struct buf whole = {0};

	clean_url(url);
	if (!page->links || !url->size || url->size > URL_MOST_BYTES)
		return;
	if (has_scheme(url) || !page->base.size) {
		page->links->add(page->links->context, url->data, url->size);
		return;
	}
	buf_add(&whole, page->base.data, base_kept(&page->base, url->data));
	if (whole.size && whole.data[whole.size - 1] != '/' && url->data[0] != '/')
		buf_add_char(&whole, '/');
	buf_add(&whole, url->data, url->size);
	page->links->add(page->links->context, whole.data, whole.size);
	buf_fini(&whole);
}

/* content="5; URL=http://…" of a meta refresh. */
static void give_refresh(struct page *page)
{
	const char *found = text_find(page->value.data, page->value.size, "url=");

	if (!found)
		return;
	found += 4;
	found += *found == '\'' || *found == '"';
	buf_drop_front(&page->value, (size_t)(found - page->value.data));
	if (page->value.size && strchr("'\"", page->value.data[page->value.size - 1]))
		page->value.data[--page->value.size] = '\0';
	give_link(page, &page->value);
}

/* One attribute of a tag; its value is in page->value. */
static void take_attribute(struct page *page, struct tag *tag, const char *attribute)
{
	if (tag->is_end || !page->value.size)
		return;
	if (is_link_place(tag->name, attribute)) {
		give_link(page, &page->value);
	} else if (strcmp(tag->name, "base") == 0 && strcmp(attribute, "href") == 0) {
		clean_url(&page->value);
		if (page->value.size <= URL_MOST_BYTES) {
			buf_clear(&page->base);
			buf_add(&page->base, page->value.data, page->value.size);
		}
	} else if (strcmp(tag->name, "meta") == 0) {
		if (strcmp(attribute, "http-equiv") == 0)
			tag->is_refresh = text_same(page->value.data, "refresh");
		else if (strcmp(attribute, "content") == 0 && tag->is_refresh)
			give_refresh(page);
	}
}

/* Reads a name of letters and digits, lower case; what doesn't fit is cut. */
static void read_word(struct page *page, char *out, const char *stops)
{
	size_t size = 0;
	char byte;

	while (page->at < page->size) {
		byte = page->bytes[page->at];
		if (is_blank(byte) || (byte && strchr(stops, byte)))
			break;
		if (size < TAG_NAME_MOST)
			out[size++] = (char)tolower((unsigned char)byte);
		page->at++;
	}
	out[size] = '\0';
}

static void skip_blanks(struct page *page)
{
	while (page->at < page->size && is_blank(page->bytes[page->at]))
		page->at++;
}

/* Behind a "=": a quoted value, or one up to a blank or ">". */
static void read_value(struct page *page)
{
	size_t start, end;
	char quote;

	buf_clear(&page->value);
	skip_blanks(page);
	if (page->at == page->size)
		return;
	quote = page->bytes[page->at];
	start = end = page->at;
	if (quote == '"')
		end = find_end(page, start + 1, "\"", &page->missing.double_quote);
	else if (quote == '\'')
		end = find_end(page, start + 1, "'", &page->missing.single_quote);
	if (end != start && end != page->size) {
		html_decode(page->bytes + start + 1, end - start - 1, &page->value);
		page->at = end + 1;
		return;
	}
	/* An unclosed quote is a character like others: it must not swallow the rest. */
	end = start;
	while (end < page->size && !is_blank(page->bytes[end]) && page->bytes[end] != '>')
		end++;
	html_decode(page->bytes + start, end - start, &page->value);
	page->at = end;
}

/* Everything up to the tag's ">". */
static void read_attributes(struct page *page, struct tag *tag)
{
	char attribute[TAG_NAME_MOST + 1];
	size_t before;

	while (page->at < page->size && page->bytes[page->at] != '>') {
		before = page->at;
		skip_blanks(page);
		read_word(page, attribute, "=>/");
		skip_blanks(page);
		if (page->at < page->size && page->bytes[page->at] == '=') {
			page->at++;
			read_value(page);
			take_attribute(page, tag, attribute);
		} else if (page->at == before) {
			page->at++; /* a "/" or an odd byte */
		}
	}
	if (page->at < page->size)
		page->at++;
}

/* Scripts and styles are dropped, if they end. */
static void skip_element(struct page *page, const struct tag *tag)
{
	size_t end = page->size;

	if (tag->is_end)
		return;
	if (strcmp(tag->name, "script") == 0)
		end = find_end(page, page->at, "</script", &page->missing.script_end);
	else if (strcmp(tag->name, "style") == 0)
		end = find_end(page, page->at, "</style", &page->missing.style_end);
	if (end != page->size)
		page->at = end;
}

/* "<!-- … -->", "<!…>", "<?…>". */
static void skip_declaration(struct page *page)
{
	size_t end;

	if (page->size - page->at >= 4 && memcmp(page->bytes + page->at, "<!--", 4) == 0) {
		end = find_end(page, page->at + 4, "-->", &page->missing.comment_end);
		if (end != page->size) {
			page->at = end + 3;
			return;
		}
	}
	page->at = find_end(page, page->at, ">", &page->missing.tag_end) + 1;
}

static void read_tag(struct page *page)
{
	struct tag tag = {0};

	page->at++;
	if (page->bytes[page->at] == '/') {
		tag.is_end = 1;
		page->at++;
	}
	read_word(page, tag.name, "/>");
	read_attributes(page, &tag);
	add_gap(page, &tag);
	skip_element(page, &tag);
}

/* Does "<" begin markup here, or is it just a character? It does only where a ">" follows. */
static int is_markup(struct page *page, char *next)
{
	if (page->at + 1 >= page->size)
		return 0;
	*next = page->bytes[page->at + 1];
	if (!isalpha((unsigned char)*next) && *next != '/' && *next != '!' && *next != '?')
		return 0;
	return find_end(page, page->at, ">", &page->missing.tag_end) != page->size;
}

static void read_text(struct page *page)
{
	const char *start = page->bytes + page->at;
	const char *end = memchr(start + 1, '<', page->size - page->at - 1);
	size_t size = end ? (size_t)(end - start) : page->size - page->at;
	size_t from = page->text->size;

	html_decode(start, size, page->text);
	for (; from < page->text->size; from++) {
		if (is_blank(page->text->data[from]))
			page->text->data[from] = ' ';
	}
	page->at += size;
}

void html_render(const char *bytes, size_t size, struct buf *text, const struct html_links *links)
{
	struct page page = {.bytes = bytes, .size = size, .text = text, .links = links};
	char next;

	while (page.at < page.size) {
		if (bytes[page.at] != '<' || !is_markup(&page, &next))
			read_text(&page);
		else if (next == '!' || next == '?')
			skip_declaration(&page);
		else
			read_tag(&page);
	}
	buf_fini(&page.base);
	buf_fini(&page.value);
}
