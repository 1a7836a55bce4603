/*
 * Any pattern, made wider as Hyperscan gets it, over any text: where the pattern matches, the wider
 * one does. The first byte has flags, then comes the pattern, a NUL, the text.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/hyper/ascii.h"
#include "lib/hyper/fold.h"
#include "lib/hyper/trim.h"
#include "lib/hyper/widen.h"
#include "lib/match/match.h"

enum { PATTERN_MOST = 200 };

static enum result found(const char *pattern, unsigned flags, const uint8_t *text, size_t size)
{
	struct match *match = NULL;
	enum result result;

	if (match_new(pattern, flags | MATCH_NO_JIT, &match, NULL))
		return RESULT_PERMANENT;
	result = match_find(match, text, size, 0, NULL, NULL);
	match_free(&match);
	return result;
}

/* Told less exactly, it must still be found where it was. */
static void check_folds(const char *wide, unsigned flags, const uint8_t *text, size_t size)
{
	static const enum fold folds[] = {FOLD_LONG, FOLD_ALL};

	for (size_t i = 0; i < 2; i++) {
		char *folded = fold_high(wide, folds[i]);

		assert(strlen(folded) <= 4 * strlen(wide) + 16);
		assert(found(folded, flags, text, size) != RESULT_NONE);
		free(folded);
	}
}

static void check_ends(const char *wide, unsigned flags, const uint8_t *text, size_t size)
{
	char *without = without_ends(wide);
	char *trimmed = trim_end(strdup(wide));

	assert(found(trimmed, flags, text, size) != RESULT_NONE);
	free(trimmed);

	assert(found(without, flags, text, size) != RESULT_NONE);
	free(without);
}

/* In a text of ASCII, what needs no byte above it must be found as well. */
static void check_ascii(const char *wide, unsigned flags, const uint8_t *text, size_t size)
{
	char *form = ascii_form(wide);

	for (size_t i = 0; i < size; i++) {
		if (text[i] & 0x80)
			size = 0;
	}
	if (size) {
		assert(form);
		assert(found(form, flags, text, size) != RESULT_NONE);
	}
	free(form);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = size > 1 ? memchr(data + 1, '\0', size - 1) : NULL;
	size_t length = end ? (size_t)(end - data) - 1 : 0;
	struct wide wide = {NULL, 0};
	unsigned flags;
	char *pattern;

	if (!end || length > PATTERN_MOST)
		return 0;
	size -= length + 2;
	flags = MATCH_LATIN1 | (data[0] & (MATCH_CASELESS | MATCH_MULTILINE | MATCH_DOTALL));
	pattern = alloc_bytes(data + 1, length);
	if (widen(pattern, data[0] & MATCH_CASELESS, &wide) &&
	        found(pattern, flags, end + 1, size) == RESULT_OK) {
		assert(found(wide.text, flags, end + 1, size) != RESULT_NONE);
		check_folds(wide.text, flags, end + 1, size);
		check_ends(wide.text, flags, end + 1, size);
		check_ascii(wide.text, flags, end + 1, size);
	}
	free(wide.text);
	free(pattern);
	return 0;
}
