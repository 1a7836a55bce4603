#include "lib/unpack/inflate.h"

#include <stdint.h>
#include <string.h>

enum {
	BITS_MOST = 15, /* of a code */
	LITERALS = 288,
	DISTANCES = 30,
	ORDERED = 19,   /* codes of lengths of codes */
	BITS_SHORT = 9, /* of a code that is looked up */
	END = 256,
	STEP = 1 << 16, /* bytes that are paid for at once */
};

struct inflate {
	struct piece data;
	struct buf *out;
	int (*spend)(void *context, size_t bytes);
	void *context;
	size_t paid; /* bytes of out */
	uint32_t bits;
	unsigned count; /* of bits */
	int broken;     /* or at the end */
};

/* A canonical code: how many of each length there are, and the symbols in its order. Short codes
 * are looked up by the bits that come next: 16 times the symbol, and the length; or 0. */
struct code {
	uint16_t counts[BITS_MOST + 1];
	uint16_t symbols[LITERALS];
	uint16_t quick[1 << BITS_SHORT];
};

/* ---------------------------------------------------------------- bits and bytes */

static unsigned take_bits(struct inflate *inflate, unsigned wanted)
{
	unsigned value;

	while (inflate->count < wanted) {
		if (!inflate->data.left) {
			inflate->broken = 1;
			return 0;
		}
		inflate->bits |= piece_take(&inflate->data, 1) << inflate->count;
		inflate->count += 8;
	}
	value = inflate->bits & ((1u << wanted) - 1);
	inflate->bits >>= wanted;
	inflate->count -= wanted;
	return value;
}

static int pay(struct inflate *inflate)
{
	size_t owed = inflate->out->size - inflate->paid;

	if (owed && !inflate->spend(inflate->context, owed)) {
		inflate->out->size = inflate->paid;
		inflate->broken = 1;
		return 0;
	}
	inflate->paid += owed;
	return 1;
}

static int may_add(struct inflate *inflate, size_t bytes)
{
	return inflate->out->size - inflate->paid + bytes <= STEP || pay(inflate);
}

/* ---------------------------------------------------------------- codes */

static unsigned reverse(unsigned value, unsigned length)
{
	unsigned reversed = 0;

	for (; length; length--, value >>= 1)
		reversed = reversed << 1 | (value & 1);
	return reversed;
}

static void fill_quick(struct code *code)
{
	unsigned value = 0, index = 0, length, n, at;

	memset(code->quick, 0, sizeof(code->quick));
	for (length = 1; length <= BITS_SHORT; length++, value <<= 1)
		for (n = 0; n < code->counts[length]; n++, value++, index++)
			for (at = reverse(value, length); at < 1 << BITS_SHORT; at += 1u << length)
				code->quick[at] = (uint16_t)(code->symbols[index] << 4 | length);
}

/* False where more codes are given than there can be; too few are taken for what they are. */
static int make_code(struct code *code, const unsigned char *lengths, size_t count)
{
	uint16_t offsets[BITS_MOST + 1] = {0};
	int left = 1;
	size_t at;

	memset(code->counts, 0, sizeof(code->counts));
	for (at = 0; at < count; at++)
		code->counts[lengths[at]]++;
	code->counts[0] = 0;
	for (at = 1; at <= BITS_MOST; at++) {
		left = 2 * left - code->counts[at];
		if (left < 0)
			return 0;
		if (at < BITS_MOST)
			offsets[at + 1] = (uint16_t)(offsets[at] + code->counts[at]);
	}
	for (at = 0; at < count; at++)
		if (lengths[at])
			code->symbols[offsets[lengths[at]]++] = (uint16_t)at;
	fill_quick(code);
	return 1;
}

/* Codes of one length are numbers in a row, and follow on those that are shorter. */
static unsigned take_long_symbol(struct inflate *inflate, const struct code *code)
{
	int value = 0, first = 0, index = 0, length;

	for (length = 1; length <= BITS_MOST; length++) {
		int count = code->counts[length];

		value |= (int)take_bits(inflate, 1);
		if (inflate->broken)
			return END;
		if (value - count < first)
			return code->symbols[index + (value - first)];
		index += count;
		first = (first + count) << 1;
		value <<= 1;
	}
	inflate->broken = 1;
	return END;
}

static unsigned take_symbol(struct inflate *inflate, const struct code *code)
{
	unsigned known;

	while (inflate->count < BITS_MOST && inflate->data.left) {
		inflate->bits |= (uint32_t)*inflate->data.at++ << inflate->count;
		inflate->data.left--;
		inflate->count += 8;
	}
	known = code->quick[inflate->bits & ((1 << BITS_SHORT) - 1)];
	if (!known || (known & 15) > inflate->count)
		return take_long_symbol(inflate, code);
	inflate->bits >>= known & 15;
	inflate->count -= known & 15;
	return known >> 4;
}

/* ---------------------------------------------------------------- blocks */

static void take_stored(struct inflate *inflate)
{
	unsigned size, check;
	struct piece bytes;

	inflate->data.at -= inflate->count / 8;
	inflate->data.left += inflate->count / 8;
	inflate->bits = 0;
	inflate->count = 0;
	size = piece_take(&inflate->data, 2);
	check = piece_take(&inflate->data, 2);
	if ((size ^ check) != 0xffff)
		inflate->broken = 1;
	bytes = piece_take_run(&inflate->data, inflate->broken ? 0 : size);
	if (may_add(inflate, bytes.left))
		buf_add(inflate->out, bytes.at, bytes.left);
	inflate->broken |= bytes.left < size;
}

/* A run of what came before; false where there is none so far back. */
static int copy(struct inflate *inflate, unsigned symbol, const struct code *distances)
{
	static const uint16_t sizes[] = {3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31,
	        35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258};
	static const uint16_t backs[] = {1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193,
	        257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577};
	unsigned size, back, at = symbol - END - 1;

	if (at >= sizeof(sizes) / sizeof(sizes[0]))
		return 0;
	size = sizes[at] + take_bits(inflate, at < 8 || at == 28 ? 0 : (at - 4) / 4);
	at = take_symbol(inflate, distances);
	if (at >= DISTANCES)
		return 0;
	back = backs[at] + take_bits(inflate, at < 4 ? 0 : (at - 2) / 2);
	if (inflate->broken || back > inflate->out->size || !may_add(inflate, size))
		return 0;
	buf_reserve(inflate->out, size + 1);
	for (; size; size--, inflate->out->size++)
		inflate->out->data[inflate->out->size] =
		        inflate->out->data[inflate->out->size - back];
	inflate->out->data[inflate->out->size] = '\0';
	return 1;
}

static void take_coded(
        struct inflate *inflate, const struct code *literals, const struct code *distances)
{
	for (;;) {
		unsigned symbol = take_symbol(inflate, literals);

		if (inflate->broken || symbol == END)
			return;
		if (symbol < END && may_add(inflate, 1))
			buf_add_char(inflate->out, (char)symbol);
		else if (symbol < END || !copy(inflate, symbol, distances))
			inflate->broken = 1;
	}
}

static void take_fixed(struct inflate *inflate)
{
	unsigned char lengths[LITERALS];
	struct code literals, distances;

	memset(lengths, 8, 144);
	memset(lengths + 144, 9, 112);
	memset(lengths + 256, 7, 24);
	memset(lengths + 280, 8, 8);
	make_code(&literals, lengths, LITERALS);
	memset(lengths, 5, DISTANCES);
	make_code(&distances, lengths, DISTANCES);
	take_coded(inflate, &literals, &distances);
}

/* The lengths of both codes in a row, themselves in a code with signs for runs. */
static int take_lengths(
        struct inflate *inflate, const struct code *code, unsigned char *lengths, size_t count)
{
	size_t at = 0;

	while (at < count && !inflate->broken) {
		unsigned symbol = take_symbol(inflate, code), run = 1;
		unsigned char length = (unsigned char)symbol;

		if (inflate->broken || (symbol == 16 && !at))
			return 0;
		if (symbol == 16)
			run = 3 + take_bits(inflate, 2);
		else if (symbol > 16)
			run = symbol == 17 ? 3 + take_bits(inflate, 3) : 11 + take_bits(inflate, 7);
		if (symbol >= 16)
			length = symbol == 16 ? lengths[at - 1] : 0;
		if (run > count - at)
			return 0;
		memset(lengths + at, length, run);
		at += run;
	}
	return !inflate->broken;
}

static void take_dynamic(struct inflate *inflate)
{
	static const unsigned char order[ORDERED] = {
	        16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};
	unsigned char lengths[LITERALS + 32] = {0};
	struct code literals, distances;
	size_t first = 257 + take_bits(inflate, 5), second = 1 + take_bits(inflate, 5);
	size_t count = 4 + take_bits(inflate, 4), at;

	for (at = 0; at < count; at++)
		lengths[order[at]] = (unsigned char)take_bits(inflate, 3);
	if (inflate->broken || first > LITERALS || !make_code(&literals, lengths, ORDERED) ||
	        !take_lengths(inflate, &literals, lengths, first + second) ||
	        !make_code(&literals, lengths, first) ||
	        !make_code(&distances, lengths + first, second)) {
		inflate->broken = 1;
		return;
	}
	take_coded(inflate, &literals, &distances);
}

static void take_block(struct inflate *inflate)
{
	switch (take_bits(inflate, 2)) {
	case 0:
		if (!inflate->broken)
			take_stored(inflate);
		break;
	case 1:
		take_fixed(inflate);
		break;
	case 2:
		take_dynamic(inflate);
		break;
	default:
		inflate->broken = 1;
		break;
	}
}

int inflate_all(struct piece data, int (*spend)(void *context, size_t bytes), void *context,
        struct buf *out)
{
	struct inflate inflate = {.data = data, .out = out, .spend = spend, .context = context};
	int is_last = 0;

	buf_add(out, "", 0);
	while (!is_last && !inflate.broken) {
		is_last = (int)take_bits(&inflate, 1);
		take_block(&inflate);
	}
	return pay(&inflate) && !inflate.broken;
}
