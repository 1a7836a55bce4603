/*
 * Files that text brings along: what a script in HTML or SVG puts together and offers to save, a
 * link that is its own content. And whether a picture runs anything.
 *
 * A text is taken as it stands, or in pieces that are added. What a script turns round, enciphers
 * or replaces letters in first is not found: only running it would tell.
 */
#include <string.h>

#include "lib/base/text.h"
#include "lib/unpack/encoded.h"
#include "lib/unpack/live.h"
#include "lib/unpack/walk.h"

enum {
	BLOB_LEAST = 64, /* characters, numbers or escapes: less is a word */
	GLUE_MOST = 64,  /* between two quoted pieces of one blob */
	HEAD_LOOKED_AT = 1024,
	LINK_HEAD = 128, /* in front of a link's content */
	HASH_MOST = 128, /* hexadecimal digits that are rather a sum than a file */
	PROGRAM_LEAST = 32,
	TABLE_MOST = 1024, /* numbers that are rather a table than a file */
};

enum blob_place { BLOB_IN_TEXT, BLOB_IN_LINK, BLOB_IN_PAGE };

struct page {
	struct walk *walk;
	const unsigned char *bytes, *at, *end;
	struct live live;
	int builds; /* -1: not yet known */
	int told;
};

/* ---------------------------------------------------------------- what a blob is */

static int begins(const struct buf *bytes, const char *magic, size_t length)
{
	return bytes->size >= length && !memcmp(bytes->data, magic, length);
}

static int is_program(const struct buf *bytes)
{
	return bytes->size >= PROGRAM_LEAST &&
	       (begins(bytes, "MZ", 2) || begins(bytes, "\177ELF", 4) ||
	               begins(bytes, "L\0\0\0\1\24\2\0", 8));
}

static int is_script(const struct buf *bytes)
{
	static const char *const words[] = {"<script", "<html", "<!doctype", "@echo", "#!/",
	        "wscript.", "createobject(", "powershell", "[internetshortcut]"};
	size_t size = bytes->size < HEAD_LOOKED_AT ? bytes->size : HEAD_LOOKED_AT, at;

	for (at = 0; at < sizeof(words) / sizeof(words[0]); at++)
		if (text_find(bytes->data, size, words[at]))
			return 1;
	return 0;
}

static int is_media(const struct buf *bytes)
{
	static const struct {
		const char *magic;
		size_t length;
	} media[] = {{"\x89PNG", 4}, {"GIF8", 4}, {"\xff\xd8\xff", 3}, {"RIFF", 4}, {"wOF", 3},
	        {"OTTO", 4}, {"\0\1\0\0", 4}, {"\0\0\1\0", 4}, {"<svg", 4}, {"ID3", 3}, {"OggS", 4},
	        {"\x1a\x45\xdf\xa3", 4}, {"BM", 2}};
	size_t at;

	for (at = 0; at < sizeof(media) / sizeof(media[0]); at++)
		if (begins(bytes, media[at].magic, media[at].length))
			return 1;
	return bytes->size > 8 && !memcmp(bytes->data + 4, "ftyp", 4);
}

/* It is seen whole as it is, and hides nothing. */
static int is_plain_text(const struct buf *bytes)
{
	size_t at;

	for (at = 0; at < bytes->size; at++) {
		unsigned char c = (unsigned char)bytes->data[at];

		if ((c < ' ' && c != '\t' && c != '\r' && c != '\n') || c == 127)
			return 0;
	}
	return 1;
}

/* A picture in a page may be SVG with a picture in it, and an invoice in a link is PDF. */
static int is_file(const struct buf *bytes, enum blob_place place)
{
	const char *kind = unpack_kind(bytes->data, bytes->size);

	if (is_program(bytes))
		return 1;
	if (kind && (place == BLOB_IN_TEXT || (strcmp(kind, "markup") && strcmp(kind, "pdf") &&
	                                              strcmp(kind, "card"))))
		return 1;
	return place == BLOB_IN_TEXT && is_script(bytes);
}

static int is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static int is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

/* Base64 of anything packed or secret has letters of both sizes and digits; lists of words, names
 * and the alphabet that a decoder carries have not. */
static int is_dense(const struct buf *text)
{
	size_t upper = 0, lower = 0, digits = 0, at;

	if (text_find(text->data, text->size, "abcdefghijklmnopqrstuvwxyz"))
		return 0;
	for (at = 0; at < text->size; at++) {
		upper += is_upper(text->data[at]);
		lower += is_lower(text->data[at]);
		digits += text->data[at] >= '0' && text->data[at] <= '9';
	}
	return upper * 7 > text->size && lower * 7 > text->size && digits * 25 > text->size;
}

/* Words change the size of their letters seldom, and base64 does all the time. */
static int is_mixed(const struct buf *text)
{
	size_t changes = 0, at;

	for (at = 1; at < text->size; at++) {
		char before = text->data[at - 1], c = text->data[at];

		changes += (is_upper(before) && is_lower(c)) || (is_lower(before) && is_upper(c));
	}
	return changes * 8 > text->size;
}

/* The sums by which pages name what they load. */
static int is_sum(const struct buf *text)
{
	return text_starts(text->data, "sha256-") || text_starts(text->data, "sha384-") ||
	       text_starts(text->data, "sha512-") ||
	       (text->size <= HASH_MOST && encoded_is_hex(text));
}

static int builds_files(struct page *page)
{
	if (page->builds < 0)
		page->builds = live_builds_files(page->bytes, (size_t)(page->end - page->bytes));
	return page->builds;
}

static void give(
        struct page *page, const struct buf *bytes, enum blob_place place, int may_be_built)
{
	if (!bytes->size)
		return;
	if (page->live.has_script && !page->told &&
	        (is_file(bytes, place) ||
	                (may_be_built && place != BLOB_IN_PAGE && !is_media(bytes) &&
	                        !is_plain_text(bytes) && builds_files(page)))) {
		page->told = 1;
		walk_trait(page->walk, UNPACK_SMUGGLED, "a script with a file in it");
	}
	walk_copy(page->walk, (struct piece){(const unsigned char *)bytes->data, bytes->size}, "");
}

/* ---------------------------------------------------------------- base64 and digits */

static int is_quote(unsigned char c)
{
	return c == '"' || c == '\'' || c == '`';
}

/* Behind a quote: the next piece of the same text, where the two are added or listed; else `end`.
 */
static const unsigned char *next_piece(const unsigned char *at, const unsigned char *end)
{
	const unsigned char *most = end - at > GLUE_MOST ? at + GLUE_MOST : end;
	int glue = 0;

	for (; at < most; at++) {
		if (is_quote(*at) && glue)
			return at + 1;
		if (*at == '+' || *at == ',' || *at == '\\')
			glue = 1;
		else if (!strchr(" \t\r\n", *at) || !*at)
			return end;
	}
	return end;
}

static int is_blank(unsigned char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The length of a blank, or of a script's escape that stands for one. */
static size_t blank_length(const unsigned char *at, const unsigned char *end)
{
	if (is_blank(*at))
		return 1;
	return *at == '\\' && end - at > 1 && at[1] && strchr("nrtf\n", at[1]) ? 2 : 0;
}

static int is_of_blob(unsigned char c)
{
	return encoded_value(c) != ENCODED_NONE || c == '=';
}

/* A run of base64 up to what else stands there; blanks in it are left out and end it but where
 * *blanks is not NULL, which counts them. */
static const unsigned char *take_run(
        const unsigned char *at, const unsigned char *end, size_t *blanks, struct buf *blob)
{
	while (at < end) {
		const unsigned char *start = at;
		size_t length;

		while (at < end && is_of_blob(*at))
			at++;
		buf_add(blob, start, (size_t)(at - start));
		length = at < end && blanks ? blank_length(at, end) : 0;
		if (!length)
			break;
		*blanks += length;
		at += length;
	}
	return at;
}

/* A run of base64 and what it goes on with; gives its end. */
static const unsigned char *take_blob(
        const unsigned char *at, const unsigned char *end, size_t *blanks, struct buf *blob)
{
	const unsigned char *next;

	for (;;) {
		at = take_run(at, end, blanks, blob);
		if (at == end || !is_quote(*at))
			return at;
		next = next_piece(at + 1, end);
		if (next == end || !(is_of_blob(*next) || (blanks && blank_length(next, end))))
			return at;
		at = next;
	}
}

/* Where a blob stands that begins at `at`: behind the head of a link, and of what type it says
 * that it is. */
static enum blob_place place_of(const struct page *page, const unsigned char *at)
{
	static const char *const shown[] = {"image/", "font/", "audio/", "video/", "text/css",
	        "text/javascript", "application/javascript", "application/json", "application/font",
	        "application/x-font", "application/vnd.ms-fontobject"};
	size_t size = at - page->bytes > LINK_HEAD ? LINK_HEAD : (size_t)(at - page->bytes), n;
	const char *head = (const char *)at - size, *from = NULL, *next = head;

	if (size < 8 || !text_same_bytes((const char *)at - 8, 8, ";base64,"))
		return BLOB_IN_TEXT;
	while ((next = text_find(next, (size_t)((const char *)at - next), "data:")))
		from = next += strlen("data:");
	for (n = 0; from && n < sizeof(shown) / sizeof(shown[0]); n++)
		if (text_starts(from, shown[n]))
			return BLOB_IN_PAGE;
	return BLOB_IN_LINK;
}

static void use_blob(struct page *page, const struct buf *text, enum blob_place place, int is_sure)
{
	int is_dense_text = !is_sum(text) && (encoded_is_hex(text) || is_dense(text));
	struct buf bytes = {0};

	if (encoded_is_hex(text))
		encoded_hex(text, &bytes);
	else
		encoded_base64(text, &bytes);
	if (is_sure || is_dense_text || is_mixed(text) || is_file(&bytes, place))
		give(page, &bytes, place, is_dense_text);
	buf_fini(&bytes);
}

/* Scripts pass over the blanks and line ends in base64, and so do links. Words with blanks between
 * them look the same, but what they would be is no file. */
static int may_be_spaced(const struct page *page)
{
	static const char link[] = ";base64";
	size_t length = sizeof(link) - 1;

	if (*page->at != ',')
		return page->live.has_script;
	return (size_t)(page->at - page->bytes) >= length &&
	       text_same_bytes((const char *)page->at - length, length, link);
}

/* Base64 in a link's address, which long ones are full of, does not begin behind a quote, a comma
 * or an element's beginning. */
static void take_quoted(struct page *page)
{
	const unsigned char *start = page->at + 1;
	size_t blanks = *page->at == '>';
	struct buf text = {0};

	buf_add(&text, "", 0);
	page->at = take_blob(start, page->end, may_be_spaced(page) ? &blanks : NULL, &text);
	if (text.size >= BLOB_LEAST)
		use_blob(page, &text, place_of(page, start), !blanks);
	buf_fini(&text);
}

/* ---------------------------------------------------------------- numbers and escapes */

/* False, and nothing is taken, where there is no number. */
static int take_numbers(struct page *page)
{
	const unsigned char *start = page->at + is_quote(*page->at), *stop;
	int is_quoted = start > page->at;
	struct buf bytes = {0};
	size_t size;

	buf_add(&bytes, "", 0);
	stop = encoded_numbers(start, page->end, &bytes);
	size = bytes.size;
	if (size >= BLOB_LEAST)
		give(page, &bytes, BLOB_IN_TEXT, size > TABLE_MOST);
	buf_fini(&bytes);
	if (stop == start || (is_quoted && size < BLOB_LEAST))
		return 0;
	page->at = stop;
	return 1;
}

static int take_escapes(struct page *page)
{
	const unsigned char *start = page->at;
	struct buf bytes = {0};
	size_t count;

	buf_add(&bytes, "", 0);
	page->at = encoded_escapes(start, page->end, &bytes, &count);
	if (count >= BLOB_LEAST)
		give(page, &bytes, BLOB_IN_TEXT, 0);
	buf_fini(&bytes);
	return page->at > start;
}

static int starts_number(const struct page *page)
{
	const unsigned char *at = page->at;

	if (is_quote(*at))
		at++;
	else if (at > page->bytes && (encoded_value(at[-1]) != ENCODED_NONE || at[-1] == '.'))
		return 0;
	return at < page->end && (*at == '-' || (*at >= '0' && *at <= '9'));
}

/* ---------------------------------------------------------------- the page */

static void read_page(struct page *page)
{
	while (page->at < page->end && !page->walk->stopped) {
		unsigned char c = *page->at;

		if (page->live.has_script && starts_number(page) && take_numbers(page))
			continue;
		if (page->live.has_script && (c == '\\' || c == '%' || c == '&') &&
		        take_escapes(page))
			continue;
		if (is_quote(c) || c == ',' || (c == '>' && page->live.has_script))
			take_quoted(page);
		else
			page->at++;
	}
}

/* 1 or 2 for UTF-16 with the lower or higher byte first, which XML may have without a mark. */
static int wide_order(const unsigned char *bytes, size_t size)
{
	if (size < 4)
		return 0;
	if (!memcmp(bytes, "\xff\xfe", 2) || (bytes[0] == '<' && !bytes[1] && bytes[2]))
		return 1;
	return !memcmp(bytes, "\xfe\xff", 2) || (!bytes[0] && bytes[1] == '<' && !bytes[2]) ? 2 : 0;
}

void walk_narrow(const unsigned char *bytes, size_t size, struct buf *out)
{
	int order = wide_order(bytes, size);
	size_t at;

	buf_add(out, "", 0);
	if (!order && !memchr(bytes, 0, size)) {
		buf_add(out, bytes, size);
		return;
	}
	for (at = 0; at < size; at++) {
		unsigned char c = bytes[at];

		if (order && at + 1 == size)
			break;
		if (order == 1)
			c = bytes[at + 1] ? '?' : bytes[at];
		else if (order == 2)
			c = bytes[at] ? '?' : bytes[at + 1];
		at += order != 0;
		if (c)
			buf_add_char(out, (char)c);
	}
}

static int is_wide_or_holed(const unsigned char *bytes, size_t size)
{
	return wide_order(bytes, size) || memchr(bytes, '\0', size);
}

static void read_bytes(struct walk *walk, const unsigned char *bytes, size_t size)
{
	struct page page = {.walk = walk, .bytes = bytes, .at = bytes, .end = bytes + size};

	page.live = live_look(bytes, size);
	page.builds = -1;
	if (page.live.is_picture && page.live.has_script)
		walk_trait(walk, UNPACK_SCRIPT, "a script in a picture");
	read_page(&page);
}

void walk_markup(struct walk *walk)
{
	struct buf text = {0};

	if (!is_wide_or_holed(walk->bytes, walk->size)) {
		read_bytes(walk, walk->bytes, walk->size);
		return;
	}
	walk_narrow(walk->bytes, walk->size, &text);
	read_bytes(walk, (const unsigned char *)text.data, text.size);
	buf_fini(&text);
}

int walk_begins_as_markup(const unsigned char *bytes, size_t size)
{
	size_t at = 0;

	while (at < size && at < HEAD_LOOKED_AT &&
	        strchr(" \t\r\n\f\xef\xbb\xbf\xff\xfe", bytes[at]))
		at++;
	return at < size && bytes[at] == '<';
}

const struct kind *walk_markup_kind(const unsigned char *bytes, size_t size)
{
	static const struct kind markup = {"markup", KIND_DOCUMENT};
	struct buf text = {0};
	int has_script;

	if (!walk_begins_as_markup(bytes, size))
		return NULL;
	walk_narrow(bytes, size, &text);
	has_script = live_look((const unsigned char *)text.data, text.size).has_script;
	buf_fini(&text);
	return has_script ? &markup : NULL;
}
