/*
 * Any bytes as HTML: the text is at most a few times as long as the markup, valid UTF-8 stays
 * valid, and what is cut into pieces by then loses nothing but white space.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/utf8.h"
#include "lib/spam/html.h"
#include "lib/spam/links.h"
#include "lib/spam/texts.h"

static void add(void *context, const char *url, size_t size, enum html_place place)
{
	assert(size > 0);
	links_add(context, url, size, (enum links_place)place, NULL, 0);
}

static size_t ink(const char *bytes, size_t size)
{
	size_t count = 0;

	for (size_t i = 0; i < size; i++)
		count += bytes[i] > ' ' && bytes[i] < 127;
	return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pieces body = {.most = 100000};
	struct links links;
	struct html_links sink = {add, &links};
	struct html html;
	struct buf text = {0};
	size_t shown = 0, length;

	links_init(&links, NULL, 1000, 1);
	html_read((const char *)data, size, &html, &text, &sink);
	assert(text.size <= 4 * size);
	assert(html.element_count <= html.tag_count && html.tags_seen <= html.tag_count);
	if (text.size) {
		assert(!utf8_valid(data, size) || utf8_valid(text.data, text.size));
		links_scan(&links, text.data, text.size);
		texts_add_paragraphs(&body, text.data, text.size);
		shown = ink(text.data, text.size);
	}
	for (size_t i = 0; i < body.count; i++) {
		const char *piece = pieces_at(&body, i, &length);

		assert(length > 0 && length <= 2049);
		shown -= ink(piece, length);
	}
	assert(shown == 0);
	links_settle(&links);
	links_fini(&links);
	html_fini(&html);
	pieces_fini(&body);
	buf_fini(&text);
	return 0;
}
