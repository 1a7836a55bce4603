#include "lib/unpack/pdf_filter.h"

#include <string.h>

#include "lib/base/text.h"
enum { ZLIB_HEAD = 2 };

static void undo_flate(struct walk *walk, struct piece data, struct buf *out)
{
	piece_take_run(&data, ZLIB_HEAD);
	walk_inflate(walk, data, out);
}

/* The others are paid for when they are done, and end where there is nothing left to pay with. */
static int is_enough(const struct walk *walk, const struct buf *out)
{
	return out->size > walk->budget->bytes;
}

static void undo_hex(struct walk *walk, struct piece data, struct buf *out)
{
	int high = -1, value;

	for (; data.left && *data.at != '>' && !is_enough(walk, out); piece_take_run(&data, 1)) {
		value = text_hex_value(*data.at);
		if (value < 0)
			continue;
		if (high >= 0)
			buf_add_char(out, (char)(high << 4 | value));
		high = high >= 0 ? -1 : value;
	}
	if (high >= 0)
		buf_add_char(out, (char)(high << 4));
}

static void add_highest(struct buf *out, uint32_t value, unsigned count)
{
	for (; count; count--, value <<= 8)
		buf_add_char(out, (char)(value >> 24));
}

static void undo_85(struct walk *walk, struct piece data, struct buf *out)
{
	unsigned count = 0, fill;
	uint32_t value = 0;

	for (; data.left && *data.at != '~' && !is_enough(walk, out); piece_take_run(&data, 1)) {
		if (*data.at == 'z' && !count)
			add_highest(out, 0, 4);
		if (*data.at < '!' || *data.at > 'u')
			continue;
		value = value * 85 + (*data.at - '!');
		if (++count < 5)
			continue;
		add_highest(out, value, 4);
		count = 0;
		value = 0;
	}
	for (fill = count; fill < 5; fill++)
		value = value * 85 + 84;
	add_highest(out, value, count ? count - 1 : 0);
}

static void undo_runs(struct walk *walk, struct piece data, struct buf *out)
{
	while (data.left && *data.at != 128 && !is_enough(walk, out)) {
		unsigned length = piece_take(&data, 1);
		struct piece run = piece_take_run(&data, length < 128 ? length + 1 : 1);

		if (length < 128)
			buf_add(out, run.at, run.left);
		for (; run.left && length > 128 && length < 257; length++)
			buf_add_char(out, (char)*run.at);
	}
}

static const struct filter {
	const char *name, *short_name;
	void (*undo)(struct walk *walk, struct piece data, struct buf *out);
	int pays; /* itself, for what comes out */
} known[] = {
        {"FlateDecode", "Fl", undo_flate, 1},
        {"ASCIIHexDecode", "AHx", undo_hex, 0},
        {"ASCII85Decode", "A85", undo_85, 0},
        {"RunLengthDecode", "RL", undo_runs, 0},
};

static const struct filter *find_filter(const char *name)
{
	size_t at;

	for (at = 0; at < sizeof(known) / sizeof(known[0]); at++)
		if (!strcmp(name, known[at].name) || !strcmp(name, known[at].short_name))
			return &known[at];
	return NULL;
}

static int is_codec(const char *name)
{
	static const char *const codecs[] = {
	        "DCTDecode", "DCT", "JPXDecode", "CCITTFaxDecode", "CCF", "JBIG2Decode"};
	size_t at;

	for (at = 0; at < sizeof(codecs) / sizeof(codecs[0]); at++)
		if (!strcmp(name, codecs[at]))
			return 1;
	return 0;
}

static void undo(struct walk *walk, const struct filter *filter, struct piece data, struct buf *out)
{
	buf_add(out, "", 0);
	if (walk->out_of_bytes || walk->stopped)
		return;
	filter->undo(walk, data, out);
	if (!filter->pays && !walk_spend(walk, out->size, ""))
		buf_clear(out);
}

static const char *undo_next(struct walk *walk, const char *name, struct buf *out)
{
	const struct filter *filter = find_filter(name);
	struct buf packed = *out;

	if (!filter)
		return is_codec(name) || !strcmp(name, "Crypt") ? NULL : "an unknown filter";
	*out = (struct buf){0};
	undo(walk, filter, (struct piece){(const unsigned char *)packed.data, packed.size}, out);
	buf_fini(&packed);
	return NULL;
}

void pdf_filter_add(struct pdf_filters *filters, const char *name)
{
	if (filters->count < PDF_FILTERS_MOST)
		memcpy(filters->names[filters->count], name, strlen(name) + 1);
	filters->count++;
}

const char *pdf_unfilter(
        struct walk *walk, struct piece data, const struct pdf_filters *filters, struct buf *out)
{
	const struct filter *first = filters->count ? find_filter(filters->names[0]) : NULL;
	const char *why = NULL;
	size_t at;

	buf_add(out, "", 0);
	if (first)
		undo(walk, first, data, out);
	else if (!walk->out_of_bytes && walk_spend(walk, data.left, ""))
		buf_add(out, data.at, data.left);
	for (at = first ? 1 : 0; !why && at < filters->count && at < PDF_FILTERS_MOST; at++)
		why = undo_next(walk, filters->names[at], out);
	if (!why && filters->count > PDF_FILTERS_MOST)
		why = "too many filters";
	if (!why && filters->has_predictor)
		why = "a predictor";
	return why;
}
