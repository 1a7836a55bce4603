#include "quarantine/words.h"

#include <stdint.h>
#include <string.h>

#include "lib/base/utf8.h"

struct words words_of(const char *text)
{
	return (struct words){text, strlen(text)};
}

/* Signs, blanks and controls; everything else is taken for a letter or a digit. */
static int parts_words(uint32_t code)
{
	if (code < 0x80)
		return !((code >= '0' && code <= '9') || (code >= 'a' && code <= 'z') ||
		         (code >= 'A' && code <= 'Z'));
	return (code < 0xc0 && code != 0xaa && code != 0xb5 && code != 0xba) || code == 0xd7 ||
	       code == 0xf7 || (code >= 0x2000 && code <= 0x206f) || code == 0x1680 ||
	       (code >= 0x2190 && code <= 0x2bff) || (code >= 0x3000 && code <= 0x3004) ||
	       (code >= 0x3008 && code <= 0x3020) || (code >= 0xe000 && code <= 0xf8ff) ||
	       (code >= 0xfe10 && code <= 0xfe6f) || (code >= 0xff00 && code <= 0xff0f) ||
	       (code >= 0xff1a && code <= 0xff20) || (code >= 0xff3b && code <= 0xff40) ||
	       (code >= 0xff5b && code <= 0xff65) || (code >= 0x1f000 && code <= 0x1faff);
}

/* Of a script that writes no blanks between words. */
static int stands_alone(uint32_t code)
{
	return (code >= 0x3040 && code <= 0x30ff) || (code >= 0x3400 && code <= 0x9fff) ||
	       (code >= 0xf900 && code <= 0xfaff) || (code >= 0x20000 && code <= 0x3ffff);
}

/* The next character, folded; an undecodable byte parts words, as a blank does. */
static uint32_t next_code(const struct words *words, size_t *size)
{
	uint32_t code;

	*size = utf8_decode((const unsigned char *)words->at, words->left, &code);
	if (*size)
		return utf8_fold(code);
	*size = 1;
	return ' ';
}

static void skip(struct words *words, size_t size)
{
	words->at += size;
	words->left -= size;
}

/* The rest of a word that is full is passed over. */
static size_t add_code(char word[WORD_ROOM], size_t used, uint32_t code, int *is_full)
{
	char bytes[4];
	size_t size = utf8_encode(code, bytes);

	*is_full |= used + size > WORD_MAX;
	if (*is_full)
		return used;
	memcpy(word + used, bytes, size);
	return used + size;
}

int words_next(struct words *words, char word[WORD_ROOM])
{
	size_t used = 0, size;
	int is_full = 0;
	uint32_t code;

	for (; words->left; skip(words, size)) {
		code = next_code(words, &size);
		if (utf8_is_invisible(code))
			continue;
		if (used && (parts_words(code) || stands_alone(code)))
			break;
		if (parts_words(code))
			continue;
		used = add_code(word, used, code, &is_full);
		if (stands_alone(code)) {
			skip(words, size);
			break;
		}
	}
	word[used] = '\0';
	return used > 0;
}

int words_has(const char *text, const char *word)
{
	struct words words = words_of(text);
	char next[WORD_ROOM];

	while (words_next(&words, next))
		if (!strcmp(next, word))
			return 1;
	return 0;
}
