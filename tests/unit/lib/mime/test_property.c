/*
 * Mails changed at random (by a generator with a fixed seed, so that each run is the same):
 * whatever comes of it, ranges stay inside each other, and a cut changes its own bytes only.
 */
#include "tests/unit/lib/mime/support.h"

#include "lib/mime/cut.h"
#include "tests/unit/lib/mime/ranges.h"

enum { ROUNDS = 20000 };

static const char *const mails[] = {
        "Subject: x\r\nContent-Type: multipart/mixed; boundary=B\r\n\r\npre\r\n--B\r\n\r\none\r\n"
        "--B\r\nContent-Type: a/b; name=x\r\nContent-Transfer-Encoding: "
        "base64\r\n\r\n\3--B--\r\nepi",
        "Content-Type: message/rfc822\n\nContent-Type: multipart/signed; "
        "boundary=\"C\"\n\n--C\n\nt\n"
        "--C\nContent-Disposition: attachment; filename*0=a; filename*1*=%20b\n\nu\n--C--\n",
        "From: a\n\ntext\nbegin 644 f\n#:&5L\n`\nend\n\nContent-Type: a/b; name=n\n"
        "Content-Transfer-Encoding: base64\n\n\3\n=ybegin x name=y\nzz\n=yend\n",
        "Content-Type: multipart/a; boundary=B; boundary=BB\r\n\r\n--BB\r\n\r\n1\r\n--B\r\n"
        "Content-Type: multipart/b; boundary=B\r\n\r\n--B\r\n\r\n2\r\n--Bx\r\nA: "
        "b\r\n\r\n3\r\n--B--\r\n",
};

static uint64_t random_next(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

/* A few bytes are changed, dropped, doubled, or replaced by something that means something. */
static void mutate(struct buf *text, uint64_t *seed)
{
	static const char *const words[] = {"\r", "\n", "\r\n\r\n", "--B", "--B\n", "--B--",
	        "\n--C\n", "Content-Type: multipart/mixed; boundary=B\n",
	        "\nContent-Type: message/rfc822\n\n", ";", "\"", "(", "=", " ", "\nbegin 6 x\n",
	        "boundary=", ":"};
	const char *word = words[random_next(seed) % (sizeof words / sizeof words[0])];
	size_t at = text->size ? random_next(seed) % text->size : 0, drop = random_next(seed) % 8;
	struct buf out = {0};

	if (drop > text->size - at)
		drop = text->size - at;
	buf_add(&out, text->data, at);
	if (random_next(seed) % 3)
		buf_add_string(&out, word);
	else
		buf_add(&out, text->data + at / 2, at - at / 2);
	buf_add(&out, text->data + at + drop, text->size - at - drop);
	buf_fini(text);
	*text = out;
}

static void check_one(const struct buf *text, uint64_t *seed)
{
	struct mime_map *map = mime_map_new(text->data, text->size, NULL), *after;
	struct cut cut = {0};
	struct buf out = {0};
	struct err err;

	check_map(map);
	if (cut_part(&cut, map, random_next(seed) % map->part_count, "Gone.", &err) == RESULT_OK) {
		check_edits(&cut, map);
		cut_apply(&cut, map, &out);
		after = mime_map_new(out.data, out.size, NULL);
		check_map(after);
		mime_map_free(&after);
	}
	buf_fini(&out);
	cut_fini(&cut);
	mime_map_free(&map);
}

static void changed_mails_keep_their_ranges_in_order(void **state)
{
	uint64_t seed = 20261122;
	size_t round, changes;

	for (round = 0; round < ROUNDS; round++) {
		char *start = mail(mails[round % (sizeof mails / sizeof mails[0])]);
		struct buf text = {0};

		buf_add_string(&text, start);
		for (changes = 1 + random_next(&seed) % 6; changes; changes--)
			mutate(&text, &seed);
		if (text.size < 1 << 16)
			check_one(&text, &seed);
		buf_fini(&text);
		free(start);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(changed_mails_keep_their_ranges_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
