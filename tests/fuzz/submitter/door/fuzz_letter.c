/*
 * Whatever comes through the socket: a letter that is taken is whole and checked, and written again
 * it reads as the same letter.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "submitter/door/letter.h"

static void must(int condition)
{
	if (!condition)
		abort();
}

static int is_same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static void check_again(const struct letter *letter)
{
	struct buf bytes = {0};
	struct letter again;
	size_t i;

	letter_write(&bytes, letter);
	must(letter_size(bytes.data) == bytes.size);
	must(letter_read(bytes.data, bytes.size, &again, NULL) == RESULT_OK);
	for (i = 0; i < LETTER_TEXT_COUNT; i++)
		must(is_same(again.texts[i], letter->texts[i]));
	must(again.recipient_count == letter->recipient_count);
	for (i = 0; i < letter->recipient_count; i++)
		must(is_same(again.recipients[i], letter->recipients[i]));
	must(again.original_count == letter->original_count);
	letter_fini(&again);
	buf_fini(&bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *bytes = alloc_bytes(data, size);
	struct letter letter;
	const char *text;
	int status;

	if (letter_read(bytes, size, &letter, NULL) == RESULT_OK)
		check_again(&letter);
	letter_fini(&letter);
	memcpy(bytes, data, size);
	if (answer_read(bytes, size, &status, &text, NULL) == RESULT_OK)
		must(strlen(text) <= ANSWER_TEXT_MAX);
	free(bytes);
	return 0;
}
