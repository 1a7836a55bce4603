#include "lib/spam/html.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/text.h"
#include "lib/base/utf8.h"
#include "lib/spam/html_elements.h"
#include "lib/spam/html_style.h"
#include "lib/spam/html_tokens.h"
#include "lib/spam/pattern.h"

enum { NAME_MOST = 63, COUNTS_MOST = 65536, SHORT_WORD = 7 };

struct page {
	struct html *html;
	struct buf *text;
	const struct html_links *links;
	struct styles styles;
	struct buf base; /* of relative links */
	struct buf source, value, color, size, style, word;
	size_t last; /* where the last element of the text begins */
	int has_last, last_is_gap, last_is_unseen;
};

/* ------------------------------------------------------------ names */

/* "o:p", "st1:city": what office programs write. */
static int is_namespace(const char *name)
{
	static struct pattern office = {"^(?:o|st\\d):[\\w-]+/?$"};

	return strchr(name, ':') && pattern_is(&office, name, strlen(name));
}

static uint64_t hash_of(const char *name, size_t size)
{
	uint64_t hash = 14695981039346656037u;

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ (unsigned char)tolower((unsigned char)name[i])) * 1099511628211u;
	return hash;
}

static struct html_count *find_count(const struct html_counts *counts, uint64_t hash)
{
	size_t at = hash & (counts->room - 1);

	while (counts->slots[at].is_used && counts->slots[at].name != hash)
		at = (at + 1) & (counts->room - 1);
	return &counts->slots[at];
}

static void grow_counts(struct html_counts *counts)
{
	struct html_counts old = *counts;

	counts->room = old.room ? 4 * old.room : 256;
	counts->slots = alloc_zero(counts->room, sizeof(*counts->slots));
	for (size_t i = 0; i < old.room; i++) {
		if (old.slots[i].is_used)
			*find_count(counts, old.slots[i].name) = old.slots[i];
	}
	free(old.slots);
}

/* The count of a name, made if it is new. NULL where there are too many. */
static struct html_count *count_of(struct html_counts *counts, uint64_t hash, int *is_new)
{
	struct html_count *count;

	if (2 * counts->used >= counts->room)
		grow_counts(counts);
	count = find_count(counts, hash);
	*is_new = !count->is_used;
	if (count->is_used)
		return count;
	if (counts->used == COUNTS_MOST)
		return NULL;
	counts->used++;
	*count = (struct html_count){hash, 0, 1};
	return count;
}

const long *html_count(const struct html *html, const char *name)
{
	const struct html_count *count;

	if (!html->tags.room)
		return NULL;
	count = find_count(&html->tags, hash_of(name, strlen(name)));
	return count->is_used ? &count->open : NULL;
}

static int is_inside(const struct page *page, const char *name)
{
	const long *open = html_count(page->html, name);

	return open && *open > 0;
}

/* ------------------------------------------------------------ attributes */

/* The first one of that name, decoded into `out`; NULL: there is none. */
static const char *attribute(const struct html_tag *tag, const char *name, struct buf *out)
{
	for (size_t i = 0; i < tag->count; i++) {
		const struct html_attribute *found = &tag->attributes[i];

		if (!text_same_bytes(found->name.bytes, found->name.size, name))
			continue;
		buf_clear(out);
		html_decode(found->value.bytes, found->value.size, 0, out);
		buf_add(out, "", 0);
		return out->data;
	}
	return NULL;
}

/* An address, also where broken markup put something before its name ("b/href"). */
static const char *address(const struct html_tag *tag, const char *name, struct buf *out)
{
	const char *slash;
	size_t left;

	for (size_t i = 0; i < tag->count; i++) {
		const struct html_attribute *found = &tag->attributes[i];

		slash = memchr(found->name.bytes, '/', found->name.size);
		left = slash ? found->name.size - (size_t)(slash + 1 - found->name.bytes) : 0;
		if (slash > found->name.bytes && isalnum((unsigned char)slash[-1]) &&
		        left >= strlen(name) && text_starts(slash + 1, name)) {
			buf_clear(out);
			html_decode(found->value.bytes, found->value.size, 0, out);
			buf_add(out, "", 0);
			return out->data;
		}
	}
	return attribute(tag, name, out);
}

/* ------------------------------------------------------------ text */

static int is_blank(char byte)
{
	return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

size_t html_odd_blank(const char *bytes, size_t size)
{
	uint32_t code;
	size_t length;

	if (is_blank(*bytes))
		return 1;
	/* All others begin with U+0080 to U+00BF, or U+1000 to U+3FFF. */
	if (*bytes != '\xc2' && (*bytes < '\xe1' || *bytes > '\xe3'))
		return 0;
	length = utf8_decode((const unsigned char *)bytes, size, &code);
	if (!length)
		return 0;
	return code == 0x85 || code == 0xa0 || code == 0x1680 ||
	                       (code >= 0x2000 && code <= 0x200a) || code == 0x2028 ||
	                       code == 0x2029 || code == 0x202f || code == 0x205f || code == 0x3000
	               ? length
	               : 0;
}

/* Not a blank, and not one of ASCII's marks. */
static int is_word(char byte)
{
	return (byte & 0x80) || isalnum((unsigned char)byte) ||
	       (!ispunct((unsigned char)byte) && !is_blank(byte));
}

static void begin_element(struct page *page, int is_gap, int is_unseen)
{
	page->last = page->text->size;
	page->has_last = 1;
	page->last_is_gap = is_gap;
	page->last_is_unseen = is_unseen;
}

static void add_gap(struct page *page, const char *gap)
{
	struct buf *text = page->text;

	/* The blank before it goes, where it is that of a text that is seen. */
	if (page->has_last && !page->last_is_gap && !page->last_is_unseen &&
	        text->size > page->last && text->data[text->size - 1] == ' ')
		text->data[--text->size] = '\0';
	begin_element(page, 1, 0);
	buf_add_string(text, gap);
}

static void add_text(struct page *page, const char *bytes, size_t size, int is_unseen)
{
	int skip = page->has_last && page->last_is_gap && !is_unseen, blank = 0;

	begin_element(page, 0, is_unseen);
	for (size_t at = 0; at < size; at++) {
		if (is_blank(bytes[at])) {
			if (!blank && !(skip && at == 0))
				buf_add_char(page->text, ' ');
			blank = 1;
		} else {
			blank = 0;
			buf_add_char(page->text, bytes[at]);
		}
	}
}

static size_t short_word(const char *bytes, size_t size, int from_end)
{
	size_t count = 0;

	while (count < size && count <= SHORT_WORD &&
	        is_word(from_end ? bytes[size - 1 - count] : bytes[count]))
		count++;
	return count > SHORT_WORD ? 0 : count;
}

/* A tag between two letters: a word taken apart. */
static void note_obfuscation(struct page *page, const char *bytes, size_t size)
{
	const char *last;
	size_t last_size, before, behind;

	if (!page->has_last || page->text->size == page->last || !size)
		return;
	last = page->text->data + page->last;
	last_size = page->text->size - page->last;
	if (!is_word(*bytes) || !is_word(last[last_size - 1]) || html_blank(bytes, size) ||
	        (last_size > 1 && html_blank(last + last_size - 2, 2) == 2))
		return;
	page->html->obfuscation++;
	before = short_word(last, last_size, 1);
	behind = short_word(bytes, size, 0);
	if (before && behind)
		page->html->backhair |= (uint64_t)1 << (before * 8 + behind - 9);
}

/* Gives whether it can't be seen. */
static int note_sight(struct page *page, const char *bytes, size_t size)
{
	enum style_sight sight = styles_sight(&page->styles);
	size_t at = 0, blank;

	while (at < size && (blank = html_blank(bytes + at, size - at)))
		at += blank;
	if (at == size)
		return 0;
	page->html->low_contrast |= sight == SIGHT_LOW_CONTRAST;
	page->html->invalid_colour |= sight == SIGHT_INVALID_COLOUR;
	return sight != SIGHT_CLEAR;
}

static void on_text(void *context, const char *bytes, size_t size, int plain)
{
	struct page *page = context;
	struct html *html = page->html;
	struct buf *word = &page->word;
	int is_unseen;

	if (is_inside(page, "script")) {
		pieces_add(&html->scripts, bytes, size);
		return;
	}
	if (is_inside(page, "style"))
		return;
	buf_clear(word);
	if (plain)
		buf_add(word, bytes, size);
	else
		html_decode(bytes, size, 1, word);
	if (is_inside(page, "a"))
		pieces_extend(&html->anchors, word->data, word->size);
	if (is_inside(page, "title"))
		pieces_extend(&html->titles, word->data, word->size);
	is_unseen = note_sight(page, word->data, word->size);
	note_obfuscation(page, word->data, word->size);
	add_text(page, word->data, word->size, is_unseen);
}

/* ------------------------------------------------------------ links */

static void trim(struct buf *url)
{
	size_t start = 0, blank;

	while (start < url->size && (blank = html_blank(url->data + start, url->size - start)))
		start += blank;
	buf_drop_front(url, start);
	while (url->size && is_blank(url->data[url->size - 1]))
		url->data[--url->size] = '\0';
	while (url->size > 1 && html_blank(url->data + url->size - 2, 2) == 2) {
		url->size -= 2;
		url->data[url->size] = '\0';
	}
}

static void trim_url(struct page *page, struct buf *url)
{
	trim(url);
	if (url->size <= HTML_URL_MOST_BYTES)
		return;
	page->html->is_url_cut = 1;
	url->size = HTML_URL_MOST_BYTES;
	url->data[url->size] = '\0';
}

static int has_own_scheme(const char *url)
{
	static const char *const schemes[] = {"data:", "mailto:", "file:", "cid:", "tel:"};

	for (size_t i = 0; i < sizeof(schemes) / sizeof(*schemes); i++) {
		if (text_starts(url, schemes[i]))
			return 1;
	}
	return 0;
}

static void give(struct page *page, const struct buf *url, enum html_place place)
{
	if (page->links && url->size)
		page->links->add(page->links->context, url->data, url->size, place);
}

static void give_link(struct page *page, const char *value, enum html_place place)
{
	struct buf url = {0}, whole = {0};

	if (!value)
		return;
	buf_add(&url, value, strlen(value));
	trim_url(page, &url);
	if (has_own_scheme(url.data)) {
		give(page, &url, place);
	} else {
		html_resolve(page->base.data, page->base.size, url.data, url.size, &whole);
		give(page, &whole, place);
	}
	buf_fini(&url);
	buf_fini(&whole);
}

/* A base that browsers heed: absolute, without the file's name. */
static void take_base(struct page *page, const char *value)
{
	static struct pattern file = {
	        "^[a-z]+:/{0,2}[^/]+/.*?([^/.]+\\.[^/.]{2,4})$", MATCH_CASELESS};
	struct match_range groups[2];
	struct buf *url = &page->base;

	give_link(page, value, HTML_PLACE_OTHER);
	if (!text_starts(value, "http:") && !text_starts(value, "https:") &&
	        !text_starts(value, "ftp:"))
		return;
	buf_clear(url);
	buf_add_string(url, value);
	trim_url(page, url);
	if (pattern_groups(&file, url->data, url->size, 0, groups, 2))
		url->size = groups[1].start;
	if (url->data[url->size - 1] != '/')
		buf_add_char(url, '/');
	url->data[url->size] = '\0';
}

/* content="5; URL=http://…" of a meta refresh. */
static void take_refresh(struct page *page, const char *content)
{
	static struct pattern refresh = {"^.*\\burl\\s*=\\s*([^;]*?)\\s*(?:;.*)?$", MATCH_CASELESS};
	struct match_range groups[2];
	struct buf url = {0};

	if (!pattern_groups(&refresh, content, strlen(content), 0, groups, 2))
		return;
	buf_add(&url, content + groups[1].start, groups[1].end - groups[1].start);
	if (url.size)
		give_link(page, url.data, HTML_PLACE_OTHER);
	buf_fini(&url);
}

static void take_meta_charset(struct page *page, const char *content)
{
	static struct pattern charset = {"\\bcharset\\s*=\\s*[\"']?([^\"']+)", MATCH_CASELESS};
	struct match_range groups[2];

	if (!pattern_groups(&charset, content, strlen(content), 0, groups, 2))
		return;
	if (page->html->charsets.size)
		buf_add_char(&page->html->charsets, ' ');
	if (page->html->charsets.size < HTML_URL_MOST_BYTES)
		buf_add(&page->html->charsets, content + groups[1].start,
		        groups[1].end - groups[1].start);
}

static void take_meta(struct page *page, const struct html_tag *tag)
{
	const char *kind = attribute(tag, "http-equiv", &page->value);
	const char *content = attribute(tag, "content", &page->style);

	if (!kind || !content)
		return;
	if (text_find(kind, strlen(kind), "refresh"))
		take_refresh(page, content);
	if (text_find(kind, strlen(kind), "content-type"))
		take_meta_charset(page, content);
}

static void take_source(struct page *page, const char *name, const struct html_tag *tag)
{
	int is_iframe = strcmp(name, "iframe") == 0;
	const char *value = address(tag, "src", &page->value);

	if (value && *value && is_iframe)
		page->html->has_iframe_source = 1;
	give_link(page, value, is_iframe ? HTML_PLACE_IFRAME : HTML_PLACE_OTHER);
}

static void take_links(
        struct page *page, const struct html_element *element, const struct html_tag *tag)
{
	const char *value;

	switch (element->links) {
	case HTML_LINKS_NONE:
		break;
	case HTML_LINKS_BACKGROUND:
		give_link(page, attribute(tag, "background", &page->value), HTML_PLACE_OTHER);
		break;
	case HTML_LINKS_HREF:
		value = address(tag, "href", &page->value);
		give_link(page, value,
		        strcmp(element->name, "a") == 0 ? HTML_PLACE_A : HTML_PLACE_OTHER);
		give_link(page, attribute(tag, "data-saferedirecturl", &page->value),
		        HTML_PLACE_OTHER);
		break;
	case HTML_LINKS_SRC:
		take_source(page, element->name, tag);
		break;
	case HTML_LINKS_ACTION:
		value = attribute(tag, "action", &page->value);
		give_link(page, value, HTML_PLACE_OTHER);
		page->html->mails_form |= value && text_find(value, strlen(value), "mailto:");
		break;
	case HTML_LINKS_BASE:
		value = attribute(tag, "href", &page->value);
		if (value && *value)
			take_base(page, value);
		break;
	case HTML_LINKS_META:
		take_meta(page, tag);
		break;
	}
}

/* ------------------------------------------------------------ tags */

static void take_anchor(struct page *page, const struct html_tag *tag)
{
	struct html *html = page->html;
	struct buf url = {0};
	const char *value = address(tag, "href", &page->value);

	buf_add_string(&url, value ? value : "");
	trim_url(page, &url);
	give(page, &url, HTML_PLACE_ANCHOR);
	pieces_add(&html->anchors, "", 0);
	pieces_add(&html->anchor_urls, url.data, url.size);
	buf_fini(&url);
}

/* "120" or "50%" of a screen of `whole`; what can't be read is 200. */
static double image_side(const char *value, double whole)
{
	char *end;
	double side = strtod(value, &end);

	if (!isdigit((unsigned char)*value) ||
	        strspn(value, "0123456789") != (size_t)(end - value) ||
	        (*end && strcmp(end, "%") != 0))
		return 200;
	side *= *end == '%' ? whole / 100 : 1;
	return side > 0 ? side : 200;
}

static void take_image(struct page *page, const struct html_tag *tag)
{
	const char *width = attribute(tag, "width", &page->value);
	const char *height = attribute(tag, "height", &page->style);

	if (is_inside(page, "a"))
		pieces_extend(&page->html->anchors, "<img>\n", 6);
	if (width && height)
		page->html->image_area += image_side(width, 800) * image_side(height, 600);
}

static void check_font_face(struct page *page, const struct html_tag *tag)
{
	static struct pattern good = {
	        "^\\s*[\"'.]?[a-z ][a-z -]*[a-z]\\d?[\"']?(?:,\\s*[\"']?[a-z][a-z "
	        "-]*[a-z]\\d?[\"']?)"
	        "*;?$",
	        MATCH_CASELESS};
	const char *face = attribute(tag, "face", &page->value);

	if (face && !pattern_is(&good, face, strlen(face)))
		page->html->bad_font_face = 1;
}

static void take_style(struct page *page, enum style_element element, const struct html_tag *tag)
{
	struct style_attributes style;

	if (element == STYLE_NONE)
		return;
	if (tag->is_end) {
		styles_close(&page->styles, element);
		return;
	}
	style.color = attribute(tag, element == STYLE_BODY ? "text" : "color", &page->color);
	style.size = attribute(tag, "size", &page->size);
	style.style = attribute(tag, "style", &page->style);
	styles_open(&page->styles, element, &style);
}

static void take_start(
        struct page *page, const struct html_element *element, const struct html_tag *tag)
{
	const char *name = element->name;

	page->html->element = name;
	take_links(page, element, tag);
	page->html->element = NULL;
	if (strcmp(name, "font") == 0)
		check_font_face(page, tag);
	else if (strcmp(name, "img") == 0)
		take_image(page, tag);
	else if (strcmp(name, "a") == 0)
		take_anchor(page, tag);
	else if (strcmp(name, "title") == 0)
		pieces_add(&page->html->titles, "", 0);
	else if (strcmp(name, "object") == 0 || strcmp(name, "embed") == 0)
		page->html->has_embeds = 1;
}

static void count_tag(struct page *page, const struct html_tag *tag, int is_known)
{
	struct html *html = page->html;
	int is_new;
	struct html_count *count =
	        count_of(&html->tags, hash_of(tag->name.bytes, tag->name.size), &is_new);

	html->tag_count++;
	html->element_count += is_known != 0;
	html->tags_seen += is_new != 0;
	html->elements_seen += is_known && is_new;
	if (!count)
		return;
	count->open += tag->is_end ? -1 : 1;
	if (count->open < 0) {
		count->open = 0;
		html->closed_extra++;
	}
}

static void on_tag(void *context, const struct html_tag *tag)
{
	struct page *page = context;
	char name[NAME_MOST + 1] = "";
	const struct html_element *element;
	int office;

	if (tag->name.size <= NAME_MOST) {
		memcpy(name, tag->name.bytes, tag->name.size);
		name[tag->name.size] = '\0';
		text_lower(name);
	}
	office = is_namespace(name);
	element = html_element(name);
	count_tag(page, tag, office || (element && !element->is_trick));
	if (office || !element)
		return;
	take_style(page, element->style, tag);
	if (element->gap)
		add_gap(page, element->gap);
	if (!tag->is_end)
		take_start(page, element, tag);
}

static void on_comment(void *context, const char *bytes, size_t size)
{
	struct page *page = context;

	pieces_add(&page->html->comments, bytes, size);
}

/* Counts like a known tag that is never open. */
static void on_declaration(void *context, const char *bytes, size_t size)
{
	struct page *page = context;
	struct html_count *count;
	int is_new;

	if (size < 9 || !text_starts(bytes, "<!doctype"))
		return;
	page->html->tag_count++;
	page->html->element_count++;
	count = count_of(&page->html->tags, hash_of("!doctype", 8), &is_new);
	if (count)
		count->open = 0;
}

/* ------------------------------------------------------------ the page */

/* Size of "<name />" at `at`, with the name's end in *name_end; 0 where it isn't that. */
static size_t empty_tag(const char *bytes, size_t size, size_t at, size_t *name_end)
{
	size_t end = at + 1;

	while (end < size && (isalnum((unsigned char)bytes[end]) || bytes[end] == '_'))
		end++;
	*name_end = end;
	if (end == at + 1)
		return 0;
	while (end < size && is_blank(bytes[end]))
		end++;
	return end + 1 < size && bytes[end] == '/' && bytes[end + 1] == '>' ? end + 2 - at : 0;
}

static size_t plain_run(const char *bytes, size_t size)
{
	size_t at = 0;

	while (at < size && bytes[at] != '&' && bytes[at] != '<' && bytes[at] != '\xe2')
		at++;
	return at;
}

/* Curly double quotes would be taken for parts of values, "&nbsp;" for letters of a word, and
 * "<br/>" for a tag that is called "br/". */
static void prepare(const char *bytes, size_t size, struct buf *out)
{
	size_t at = 0, used, name_end;

	buf_reserve(out, size);
	for (;;) {
		used = plain_run(bytes + at, size - at);
		buf_add(out, bytes + at, used);
		at += used;
		if (at == size)
			return;
		used = 1;
		if (bytes[at] == '&' && size - at >= 6 && memcmp(bytes + at, "&nbsp;", 6) == 0) {
			buf_add_char(out, ' ');
			used = 6;
		} else if (bytes[at] == '\xe2' && size - at >= 3 && bytes[at + 1] == '\x80' &&
		           (bytes[at + 2] == '\x9c' || bytes[at + 2] == '\x9d')) {
			buf_add_char(out, '"');
			used = 3;
		} else if (bytes[at] == '<' && (used = empty_tag(bytes, size, at, &name_end)) > 0) {
			buf_add(out, bytes + at, name_end - at);
			buf_add_char(out, '>');
		} else {
			buf_add_char(out, bytes[at]);
			used = 1;
		}
		at += used;
	}
}

static size_t characters(const char *bytes, size_t size)
{
	size_t count = 0;

	for (size_t i = 0; i < size; i++)
		count += (bytes[i] & 0xc0) != 0x80;
	return count;
}

static void count_text(struct html *html, const char *bytes, size_t size)
{
	size_t at = 0, blank;

	html->text_characters = characters(bytes, size);
	while (at < size) {
		blank = html_blank(bytes + at, size - at);
		html->text_blanks += blank > 0;
		at += blank ? blank : 1;
	}
}

static void start(struct page *page, struct html *html)
{
	memset(html, 0, sizeof(*html));
	grow_counts(&html->tags);
	html->comments.most = html->scripts.most = html->titles.most = HTML_ITEMS_MOST;
	html->anchors.most = html->anchor_urls.most = HTML_ITEMS_MOST;
	styles_start(&page->styles);
}

static void page_fini(struct page *page)
{
	struct buf *bufs[] = {&page->base, &page->source, &page->value, &page->color, &page->size,
	        &page->style, &page->word};

	for (size_t i = 0; i < sizeof(bufs) / sizeof(*bufs); i++)
		buf_fini(bufs[i]);
}

void html_read(const char *bytes, size_t size, struct html *html, struct buf *text,
        const struct html_links *links)
{
	struct page page = {.html = html, .text = text, .links = links};
	const struct html_handlers handlers = {on_tag, on_text, on_comment, on_declaration, &page};
	size_t begin = text->size;

	start(&page, html);
	html->length = characters(bytes, size);
	prepare(bytes, size, &page.source);
	html_tokens(page.source.data ? page.source.data : "", page.source.size, &handlers);
	html->least_size = page.styles.least;
	html->most_size = page.styles.most;
	if (text->size > begin)
		count_text(html, text->data + begin, text->size - begin);
	page_fini(&page);
}

void html_fini(struct html *html)
{
	pieces_fini(&html->comments);
	pieces_fini(&html->scripts);
	pieces_fini(&html->titles);
	pieces_fini(&html->anchors);
	pieces_fini(&html->anchor_urls);
	buf_fini(&html->charsets);
	free(html->tags.slots);
	memset(html, 0, sizeof(*html));
}
