#include "lib/unpack/walk.h"

#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/text.h"
#include "lib/base/utf8.h"
#include "lib/unpack/inflate.h"

/* Below it the ratio means nothing: a page of blanks packs a thousand times. */
enum { RATIO_FROM_BYTES = 4 << 20 };

int walk_count(struct walk *walk)
{
	if (walk->stopped)
		return 0;
	if (clock_monotonic_us() > walk->budget->deadline_us) {
		walk_problem(walk, UNPACK_TIMEOUT, "", "no time left to unpack");
		walk->stopped = 1;
		return 0;
	}
	if (!walk->budget->members) {
		walk_problem(walk, UNPACK_LIMIT, "", "too many members");
		walk->stopped = 1;
		return 0;
	}
	walk->budget->members--;
	return 1;
}

static const char *overspent(const struct walk *walk, size_t bytes)
{
	uint64_t after = walk->expanded + bytes;

	if (bytes > walk->budget->bytes)
		return "the members are too large together";
	if (walk->budget->ratio && after > RATIO_FROM_BYTES &&
	        after / walk->budget->ratio > walk->size)
		return "expands too much";
	return NULL;
}

int walk_spend(struct walk *walk, size_t bytes, const char *name)
{
	const char *why = overspent(walk, bytes);

	if (clock_monotonic_us() > walk->budget->deadline_us) {
		walk_problem(walk, UNPACK_TIMEOUT, name, "no time left to unpack");
		walk->stopped = 1;
		return 0;
	}
	if (why) {
		walk_problem(walk, UNPACK_LIMIT, name, why);
		walk->out_of_bytes = 1;
		return 0;
	}
	walk->budget->bytes -= bytes;
	walk->expanded += bytes;
	return 1;
}

/* Pieces of an archive look broken; that its kind can't be read is true of the whole, too. */
static int is_hushed(const struct walk *walk, enum unpack_problem problem, const char *detail)
{
	if (problem == UNPACK_AMBIGUOUS)
		return walk->quiet != QUIET_NOT;
	if (problem != UNPACK_FORMAT || walk->quiet < QUIET_UNLISTED)
		return 0;
	return walk->quiet == QUIET_UNLISTED || !detail ||
	       (!text_find(detail, strlen(detail), "unsupported") &&
	               !text_find(detail, strlen(detail), "unknown codec"));
}

void walk_listed(struct walk *walk)
{
	if (walk->quiet == QUIET_UNLISTED)
		walk->quiet = QUIET_AMBIGUOUS;
}

void walk_problem(
        struct walk *walk, enum unpack_problem problem, const char *name, const char *detail)
{
	if (is_hushed(walk, problem, detail))
		return;
	walk->sink->problem(walk->sink->context, problem, name, detail ? detail : "");
}

void walk_trait(struct walk *walk, enum unpack_trait trait, const char *detail)
{
	if (walk->told >> trait & 1)
		return;
	walk->told |= 1u << trait;
	walk->sink->trait(walk->sink->context, trait, detail);
}

void walk_encrypted(struct walk *walk)
{
	if (walk->is_encrypted)
		return;
	walk->is_encrypted = 1;
	walk_problem(walk, UNPACK_ENCRYPTED, "", "an encrypted document");
}

void walk_member(struct walk *walk, const char *name, struct buf *content, int is_folder)
{
	struct unpack_member member = {.name = name, .content = content, .is_folder = is_folder};

	walk->sink->member(walk->sink->context, &member);
}

void walk_alias(struct walk *walk, const char *name)
{
	struct unpack_member member = {.name = name, .is_alias = 1};

	walk->sink->member(walk->sink->context, &member);
}

int walk_copy(struct walk *walk, struct piece data, const char *name)
{
	struct buf content = {0};

	if (!walk_count(walk))
		return 0;
	if (walk->out_of_bytes || !walk_spend(walk, data.left, name)) {
		walk_member(walk, name, NULL, 0);
		return !walk->stopped;
	}
	buf_add(&content, data.at, data.left);
	walk_member(walk, name, &content, 0);
	buf_fini(&content);
	return 1;
}

struct payer {
	struct walk *walk;
	const char *name;
};

static int spend_for(void *context, size_t bytes)
{
	const struct payer *payer = context;

	return walk_spend(payer->walk, bytes, payer->name);
}

int walk_inflate_named(struct walk *walk, struct piece data, const char *name, struct buf *out)
{
	struct payer payer = {walk, name};

	buf_add(out, "", 0);
	return !walk->out_of_bytes && inflate_all(data, spend_for, &payer, out);
}

int walk_inflate(struct walk *walk, struct piece data, struct buf *out)
{
	walk_inflate_named(walk, data, "", out);
	return !walk->out_of_bytes && !walk->stopped;
}

/* The upper half of code page 437. */
static const uint16_t cp437[128] = {0xc7, 0xfc, 0xe9, 0xe2, 0xe4, 0xe0, 0xe5, 0xe7, 0xea, 0xeb,
        0xe8, 0xef, 0xee, 0xec, 0xc4, 0xc5, 0xc9, 0xe6, 0xc6, 0xf4, 0xf6, 0xf2, 0xfb, 0xf9, 0xff,
        0xd6, 0xdc, 0xa2, 0xa3, 0xa5, 0x20a7, 0x192, 0xe1, 0xed, 0xf3, 0xfa, 0xf1, 0xd1, 0xaa, 0xba,
        0xbf, 0x2310, 0xac, 0xbd, 0xbc, 0xa1, 0xab, 0xbb, 0x2591, 0x2592, 0x2593, 0x2502, 0x2524,
        0x2561, 0x2562, 0x2556, 0x2555, 0x2563, 0x2551, 0x2557, 0x255d, 0x255c, 0x255b, 0x2510,
        0x2514, 0x2534, 0x252c, 0x251c, 0x2500, 0x253c, 0x255e, 0x255f, 0x255a, 0x2554, 0x2569,
        0x2566, 0x2560, 0x2550, 0x256c, 0x2567, 0x2568, 0x2564, 0x2565, 0x2559, 0x2558, 0x2552,
        0x2553, 0x256b, 0x256a, 0x2518, 0x250c, 0x2588, 0x2584, 0x258c, 0x2590, 0x2580, 0x3b1, 0xdf,
        0x393, 0x3c0, 0x3a3, 0x3c3, 0xb5, 0x3c4, 0x3a6, 0x398, 0x3a9, 0x3b4, 0x221e, 0x3c6, 0x3b5,
        0x2229, 0x2261, 0xb1, 0x2265, 0x2264, 0x2320, 0x2321, 0xf7, 0x2248, 0xb0, 0x2219, 0xb7,
        0x221a, 0x207f, 0xb2, 0x25a0, 0xa0};

char *walk_name(const void *bytes, size_t size)
{
	const unsigned char *from = bytes;
	int is_utf8 = utf8_valid(bytes, size);
	struct buf name = {0};
	char encoded[4];
	size_t at;

	buf_add(&name, "", 0);
	for (at = 0; at < size; at++) {
		if (!from[at])
			continue;
		if (is_utf8 || from[at] < 128)
			buf_add_char(&name, (char)from[at]);
		else
			buf_add(&name, encoded, utf8_encode(cp437[from[at] - 128], encoded));
	}
	return buf_give(&name);
}
