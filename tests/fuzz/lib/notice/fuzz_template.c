/*
 * Whatever stands in a template: it is refused with its line, or what is filled is bounded and has
 * in HTML no mark of a value's.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/notice/template.h"

enum { VALUE_BYTES = 3 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *text_of(const void *context, const char *name, int entry)
{
	return strcmp(name, "b") ? "<\"'" : "";
}

static int count_of(const void *context, const char *name)
{
	return strcmp(name, "list") ? -1 : 3;
}

static size_t marks_in(const char *text, size_t size)
{
	size_t count = 0;

	while (size--)
		count += text[size] == '<' || text[size] == '"' || text[size] == '\'';
	return count;
}

/* Each run of the list may bring the template's own marks again. */
static void check_filled(const struct template *template, const char *source)
{
	const struct template_values values = {.text = text_of, .count = count_of};
	struct buf out = {0};

	template_fill(template, TEMPLATE_TEXT, &values, &out);
	assert(out.size <= TEMPLATE_FILLED_MOST + strlen(source) + VALUE_BYTES);
	buf_clear(&out);
	template_fill(template, TEMPLATE_HTML, &values, &out);
	assert(marks_in(out.data, out.size) <= 3 * marks_in(source, strlen(source)));
	buf_fini(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = {"a", "b", "list", NULL};
	char *text = alloc_bytes(data, size);
	const struct template_source source = {
	        .name = "t", .line = 1, .text = text, .names = names};
	struct template *template = NULL;
	struct err err;

	if (template_new(&source, &template, &err)) {
		assert(!template && !strncmp(err.text, "t:", 2));
	} else {
		check_filled(template, text);
		template_free(&template);
	}
	free(text);
	return 0;
}
