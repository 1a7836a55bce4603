#include "submitter/door/letter.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/bytes.h"

enum {
	TAG_RECIPIENT = 100,
	TAG_ORIGINAL = 101,
	FIELD_HEAD = 5, /* tag and length */
};

static const struct {
	const char *option;
	size_t longest;
} texts[] = {
#define X(name, option, longest) {option, longest},
        LETTER_TEXTS(X)
#undef X
};

const char *letter_option(enum letter_text text)
{
	return texts[text].option;
}

size_t letter_longest(enum letter_text text)
{
	return texts[text].longest;
}

static void add_to(const char ***list, size_t *count, const char *address)
{
	*list = alloc_grow(*list, *count + 1, sizeof(**list));
	(*list)[(*count)++] = address;
}

void letter_add_recipient(struct letter *letter, const char *address)
{
	add_to(&letter->recipients, &letter->recipient_count, address);
}

void letter_add_original(struct letter *letter, const char *address)
{
	add_to(&letter->originals, &letter->original_count, address);
}

void letter_fini(struct letter *letter)
{
	free(letter->recipients);
	free(letter->originals);
	*letter = (struct letter){0};
}

/* ---- the one check, made by who writes and by who reads ---- */

static enum result check_addresses(
        const char *const *list, size_t count, const char *what, struct err *err)
{
	size_t i;

	if (count > LETTER_RECIPIENTS_MAX)
		return err_set(
		        err, RESULT_PERMANENT, "more than %d %ss", LETTER_RECIPIENTS_MAX, what);
	for (i = 0; i < count; i++)
		if (!*list[i] || strlen(list[i]) > LETTER_ADDRESS_MAX)
			return err_set(
			        err, RESULT_PERMANENT, "a %s that is empty or too long", what);
	return RESULT_OK;
}

enum result letter_check(const struct letter *letter, struct err *err)
{
	size_t i;

	for (i = 0; i < LETTER_TEXT_COUNT; i++)
		if (letter->texts[i] && strlen(letter->texts[i]) > texts[i].longest)
			return err_set(err, RESULT_PERMANENT, "%s is longer than %zu bytes",
			        texts[i].option, texts[i].longest);
	if (!letter->texts[LETTER_SENDER])
		return err_set(err, RESULT_PERMANENT, "no sender (-f)");
	if (!letter->recipient_count)
		return err_set(err, RESULT_PERMANENT, "no recipient");
	if (letter->original_count && letter->original_count != letter->recipient_count)
		return err_set(err, RESULT_PERMANENT, "not as many orcpt as recipients");
	if (check_addresses(letter->originals, letter->original_count, "original recipient", err))
		return RESULT_PERMANENT;
	return check_addresses(letter->recipients, letter->recipient_count, "recipient", err);
}

/* ---- bytes ---- */

static void put_number(char out[4], size_t number)
{
	out[0] = (char)(number >> 24);
	out[1] = (char)(number >> 16);
	out[2] = (char)(number >> 8);
	out[3] = (char)number;
}

static size_t get_number(const char *in)
{
	return bytes_big32((const unsigned char *)in);
}

static void add_field(struct buf *out, int tag, const char *text)
{
	char head[FIELD_HEAD] = {(char)tag};

	put_number(head + 1, strlen(text));
	buf_add(out, head, sizeof(head));
	buf_add_string(out, text);
}

void letter_write(struct buf *out, const struct letter *letter)
{
	size_t start = out->size, i;

	buf_add(out, "LZD1\0\0\0\0", DOOR_HEAD);
	for (i = 0; i < LETTER_TEXT_COUNT; i++)
		if (letter->texts[i])
			add_field(out, (int)i, letter->texts[i]);
	for (i = 0; i < letter->recipient_count; i++)
		add_field(out, TAG_RECIPIENT, letter->recipients[i]);
	for (i = 0; i < letter->original_count; i++)
		add_field(out, TAG_ORIGINAL, letter->originals[i]);
	put_number(out->data + start + 4, out->size - start);
}

static size_t size_after(const char *head, const char *letters, size_t most)
{
	size_t size = get_number(head + 4);

	return memcmp(head, letters, 4) == 0 && size > DOOR_HEAD && size <= most ? size : 0;
}

size_t letter_size(const char head[DOOR_HEAD])
{
	return size_after(head, "LZD1", LETTER_MAX);
}

size_t answer_size(const char head[DOOR_HEAD])
{
	return size_after(head, "LZA1", DOOR_HEAD + 1 + ANSWER_TEXT_MAX);
}

static enum result take_field(struct letter *out, int tag, const char *text, struct err *err)
{
	if (tag == TAG_RECIPIENT && out->recipient_count <= LETTER_RECIPIENTS_MAX)
		letter_add_recipient(out, text);
	else if (tag == TAG_ORIGINAL && out->original_count <= LETTER_RECIPIENTS_MAX)
		letter_add_original(out, text);
	else if (tag < LETTER_TEXT_COUNT && !out->texts[tag])
		out->texts[tag] = text;
	else
		return err_set(err, RESULT_PERMANENT, "field %d makes no sense here", tag);
	return RESULT_OK;
}

/* Texts are moved one byte down, over their own length, so that each has room for a NUL. */
enum result letter_read(char *bytes, size_t size, struct letter *out, struct err *err)
{
	size_t at = DOOR_HEAD, length;
	char *text;
	int tag;

	*out = (struct letter){0};
	if (size <= DOOR_HEAD || letter_size(bytes) != size)
		return err_set(err, RESULT_PERMANENT, "not a letter");
	while (at < size) {
		if (size - at < FIELD_HEAD || get_number(bytes + at + 1) > size - at - FIELD_HEAD)
			return err_set(err, RESULT_PERMANENT, "a field is cut short");
		tag = (unsigned char)bytes[at];
		length = get_number(bytes + at + 1);
		text = bytes + at;
		at += FIELD_HEAD + length;
		memmove(text, text + FIELD_HEAD, length);
		text[length] = '\0';
		if (strlen(text) != length)
			return err_set(err, RESULT_PERMANENT, "a NUL in field %d", tag);
		if (take_field(out, tag, text, err))
			return RESULT_PERMANENT;
	}
	return letter_check(out, err);
}

static const char question[DOOR_HEAD] = {'L', 'Z', 'Q', '1', 0, 0, 0, DOOR_HEAD};
static const char presence[DOOR_HEAD] = {'L', 'Z', 'P', '1', 0, 0, 0, DOOR_HEAD};

void question_write(char out[DOOR_HEAD])
{
	memcpy(out, question, DOOR_HEAD);
}

void presence_write(char out[DOOR_HEAD])
{
	memcpy(out, presence, DOOR_HEAD);
}

int question_is(const char head[DOOR_HEAD])
{
	return memcmp(head, question, DOOR_HEAD) == 0;
}

int presence_is(const char head[DOOR_HEAD])
{
	return memcmp(head, presence, DOOR_HEAD) == 0;
}

void answer_write(struct buf *out, int status, const char *text)
{
	size_t start = out->size, length = strnlen(text, ANSWER_TEXT_MAX);

	buf_add(out, "LZA1\0\0\0\0", DOOR_HEAD);
	buf_add_char(out, (char)status);
	buf_add(out, text, length);
	put_number(out->data + start + 4, out->size - start);
}

enum result answer_read(char *bytes, size_t size, int *status, const char **text, struct err *err)
{
	if (size <= DOOR_HEAD || answer_size(bytes) != size)
		return err_set(err, RESULT_PERMANENT, "not an answer");
	*status = (unsigned char)bytes[DOOR_HEAD];
	bytes[size] = '\0';
	*text = bytes + DOOR_HEAD + 1;
	return RESULT_OK;
}
