#include "lib/features/features.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/alloc.h"
#include "lib/base/bytes.h"
#include "lib/base/text.h"
#include "lib/mime/decode.h"

enum {
	TEXT_BYTES = 64 << 10,  /* of the text parts together */
	FIELD_BYTES = 64 << 10, /* of the header's fields together */
	RUN_BYTES = 10 << 10,   /* that runs are taken of */
	RUN = 4,
	WORD_BYTES = 64, /* what is longer is no word: its beginning stands for it */
	RECENT = 4,      /* words before one that it makes pairs with */
	/* Records that all pairs of a word lie in, as powers of two; fewer would be too few for
	 * "the". */
	WORD_SPAN_BITS = 10,
	RUN_SPAN_BITS = 12, /* likewise of a run's first two bytes */
};

struct word {
	uint64_t hash; /* 0: there is none */
	const unsigned char *text;
	size_t size;
};

struct maker {
	uint64_t seed;
	uint32_t *seen;         /* a bit for each record */
	uint32_t *words, *late; /* `late`: what is no word, behind all words at the end */
	size_t word_count, late_count;
	struct word recent[RECENT]; /* words before, each in the place of its number mod RECENT */
	size_t number;              /* of the next word */
	size_t run_bytes;
	/* Those that are to be named, for features_name() alone. */
	const uint32_t *wanted;
	size_t wanted_count;
	char **names;
	const char *field; /* whose words are taken; "" in the text */
};

/* ---- hashing ---- */

static const uint64_t odd = 0xd6e8feb86659fd93;

/* Its upper bits are the best ones. */
static uint64_t stir(uint64_t hash)
{
	return (hash ^ hash >> 32) * odd;
}

static uint64_t mix(uint64_t hash)
{
	return stir(stir(hash));
}

/* By four bytes, and the last four, of which some may have been there already. */
static uint64_t hash_of(uint64_t seed, const unsigned char *bytes, size_t size)
{
	uint64_t hash = seed ^ size;
	size_t at;

	if (size < 4) {
		for (at = 0; at < size; at++)
			hash = (hash ^ bytes[at]) * odd;
		return mix(hash);
	}
	for (at = 0; at + 4 < size; at += 4)
		hash = (hash ^ bytes_little32(bytes + at)) * odd;
	return mix((hash ^ bytes_little32(bytes + size - 4)) * odd);
}

/* ---- keeping ---- */

/* Neighbours in a text are to be neighbours in memory and on disk: what begins alike lies within a
 * span. Of a hash the upper bits are the best ones. */
static uint32_t place(uint64_t anchor, uint64_t hash, unsigned span_bits)
{
	return ((uint32_t)(anchor >> (64 - MODEL_BITS)) + (uint32_t)(hash >> (64 - span_bits))) &
	       (MODEL_RECORDS - 1);
}

static size_t is_new(struct maker *maker, uint32_t index)
{
	uint32_t *word = &maker->seen[index / 32], bit = index % 32, before = *word;

	*word = before | 1U << bit;
	return ~(before >> bit) & 1;
}

static int is_full(const struct maker *maker)
{
	return maker->word_count + maker->late_count >= MODEL_FEATURES_MAX;
}

/* One that is not new is written as well, and the next one over it: no processor could foresee
 * which ones are. */
static void add(struct maker *maker, uint32_t *list, size_t *count, uint32_t index)
{
	if (is_full(maker))
		return;
	list[*count] = model_feature(index, *maker->field ? MODEL_HEADER : MODEL_TEXT);
	*count += is_new(maker, index);
}

/* ---- naming ---- */

static char **name_of(const struct maker *maker, uint32_t index)
{
	size_t at;

	for (at = 0; at < maker->wanted_count; at++)
		if (model_index(maker->wanted[at]) == index && !maker->names[at])
			return &maker->names[at];
	return NULL;
}

static void name_word(const struct maker *maker, uint32_t index, const struct word *word)
{
	char **name = name_of(maker, index);

	if (name)
		*name = alloc_format("%s%s%.*s", maker->field, *maker->field ? ": " : "",
		        (int)word->size, (const char *)word->text);
}

static void name_pair(const struct maker *maker, uint32_t index, const struct word *left,
        const struct word *right, size_t apart)
{
	char **name = name_of(maker, index);

	if (name)
		*name = alloc_format("%s%s%.*s %.*s%.*s", maker->field, *maker->field ? ": " : "",
		        (int)left->size, (const char *)left->text, 2 * (int)apart, "_ _ _ _ ",
		        (int)right->size, (const char *)right->text);
}

static void name_run(const struct maker *maker, uint32_t index, const unsigned char *text)
{
	char **name = name_of(maker, index);

	if (name)
		*name = alloc_format("%.*s", RUN, (const char *)text);
}

/* ---- words and pairs ---- */

static uint32_t word_index(const struct word *word)
{
	return place(word->hash, word->hash << MODEL_BITS, WORD_SPAN_BITS);
}

static uint32_t pair_index(const struct word *left, const struct word *right, size_t apart)
{
	return place(left->hash, stir(left->hash * (2 * apart + 3) + right->hash), WORD_SPAN_BITS);
}

static void take_hash(struct maker *maker, const struct word *word)
{
	uint32_t index = word_index(word);
	size_t back;

	add(maker, maker->words, &maker->word_count, index);
	if (maker->wanted)
		name_word(maker, index, word);
	for (back = 0; back < RECENT; back++) {
		const struct word *left = &maker->recent[(maker->number - 1 - back) % RECENT];

		if (!left->hash)
			break;
		index = pair_index(left, word, back);
		add(maker, maker->late, &maker->late_count, index);
		if (maker->wanted)
			name_pair(maker, index, left, word, back);
	}
	maker->recent[maker->number++ % RECENT] = *word;
}

static void take_word(struct maker *maker, uint64_t seed, const unsigned char *text, size_t size)
{
	struct word word = {.text = text, .size = size < WORD_BYTES ? size : WORD_BYTES};

	word.hash = hash_of(seed, text, word.size);
	take_hash(maker, &word);
}

static void forget_recent(struct maker *maker)
{
	memset(maker->recent, 0, sizeof(maker->recent));
}

/* What stands between words; asked of each byte of a mail. */
static const unsigned char between[256] = {[0 ... ' '] = 1,
        ['"'] = 1,
        ['#'] = 1,
        ['&'] = 1,
        ['('] = 1,
        [')'] = 1,
        ['*'] = 1,
        [','] = 1,
        ['/'] = 1,
        [':'] = 1,
        [';'] = 1,
        ['<'] = 1,
        ['='] = 1,
        ['>'] = 1,
        ['?'] = 1,
        ['['] = 1,
        ['\\'] = 1,
        [']'] = 1,
        ['{'] = 1,
        ['|'] = 1,
        ['}'] = 1,
        [0x7f] = 1};

/* A host, and what it lies in: "host:a.example.com", "host:example.com", "host:com". */
static void take_host(struct maker *maker, const unsigned char *host, size_t size)
{
	uint64_t seed = mix(maker->seed + 1);
	size_t at = 0, pieces = 0;

	while (at < size && pieces++ < 8) {
		const unsigned char *dot;
		const struct word word = {
		        hash_of(seed, host + at, size - at), host + at, size - at};
		uint32_t index = word_index(&word);

		add(maker, maker->words, &maker->word_count, index);
		if (maker->wanted)
			name_word(maker, index, &word);
		dot = memchr(host + at, '.', size - at);
		at = dot ? (size_t)(dot - host) + 1 : size;
	}
}

static int is_behind_slashes(const unsigned char *text, size_t at)
{
	return at >= 3 && !memcmp(text + at - 3, "://", 3);
}

static void take_words(struct maker *maker, uint64_t seed, const unsigned char *text, size_t size)
{
	size_t at = 0, start;

	while (at < size && !is_full(maker)) {
		while (at < size && between[text[at]])
			at++;
		for (start = at; at < size && !between[text[at]];)
			at++;
		if (at == start)
			continue;
		take_word(maker, seed, text + start, at - start);
		if (is_behind_slashes(text, start))
			take_host(maker, text + start, at - start < 255 ? at - start : 255);
	}
}

/* ---- runs ---- */

static uint64_t hash_of_two(uint64_t key, const unsigned char *bytes)
{
	return stir(bytes_little16(bytes) * key);
}

/* A run is two and two bytes. The latter are the former of the run after the next. */
static void take_run_bytes(struct maker *maker, const unsigned char *text, size_t size)
{
	uint64_t key = mix(maker->seed + 2) | 1, hashes[RUN - 1];
	size_t at, count = maker->late_count, most = MODEL_FEATURES_MAX - maker->word_count;
	uint32_t group = *maker->field ? MODEL_HEADER_RUNS : MODEL_TEXT_RUNS, index;

	hashes[0] = hash_of_two(key, text);
	hashes[1] = hash_of_two(key, text + 1);
	for (at = 0; at + RUN <= size && count < most; at++) {
		hashes[2] = hash_of_two(key, text + at + 2);
		index = place(hashes[0], stir(hashes[0] + 3 * hashes[2]), RUN_SPAN_BITS);
		hashes[0] = hashes[1];
		hashes[1] = hashes[2];
		maker->late[count] = model_feature(index, group); /* as add() does */
		count += is_new(maker, index);
		if (maker->wanted)
			name_run(maker, index, text + at);
	}
	maker->late_count = count;
}

static void take_runs(struct maker *maker, const unsigned char *text, size_t size)
{
	size_t left = RUN_BYTES - maker->run_bytes;

	if (size > left)
		size = left;
	maker->run_bytes += size;
	if (size >= RUN)
		take_run_bytes(maker, text, size);
}

/* ---- the message ---- */

int features_pass_over(const char *name, size_t size)
{
	static const char *const names[] = {"Status", "X-Status", "X-UID", "X-UIDL", "X-Keywords",
	        "X-IMAP", "X-IMAPbase", "X-Mozilla-Status", "X-Mozilla-Status2", "X-Mozilla-Keys",
	        "X-Bogosity", "X-Quarantine", "Authentication-Results", "X-Virus-Scanned",
	        "X-Virus-Status"};
	static const char *const starts[] = {
	        "X-Spam", "X-Lazaret", "X-Rspamd", "X-CRM114", "X-SA-", "X-Ham"};
	size_t at;

	if (!size || !memchr("AaSsXx", *name, 6))
		return 0; /* as most are */
	for (at = 0; at < sizeof(names) / sizeof(names[0]); at++)
		if (text_same_bytes(name, size, names[at]))
			return 1;
	for (at = 0; at < sizeof(starts) / sizeof(starts[0]); at++)
		if (size >= strlen(starts[at]) &&
		        !strncasecmp(name, starts[at], strlen(starts[at])))
			return 1;
	return 0;
}

static void take_field(
        struct maker *maker, const struct mime_map *map, const struct mime_field *field, int is_top)
{
	const char *name = (const char *)map->bytes + field->name.offset;
	char lower[WORD_BYTES + 1];
	size_t size = field->name.length < WORD_BYTES ? field->name.length : WORD_BYTES;
	uint64_t seed;

	memcpy(lower, name, size);
	lower[size] = '\0';
	text_lower(lower);
	seed = hash_of(maker->seed, (const unsigned char *)lower, size);
	maker->field = "a field";
	forget_recent(maker);
	take_word(maker, maker->seed, (const unsigned char *)lower, size); /* that it is there */
	maker->field = lower;
	take_words(maker, seed, map->bytes + field->value.offset, field->value.length);
	if (is_top)
		take_runs(maker, map->bytes + field->name.offset,
		        field->value.offset + field->value.length - field->name.offset);
	maker->field = "";
}

static void take_header(struct maker *maker, const struct mime_map *map, size_t index)
{
	const struct mime_part *part = &map->parts[index];
	size_t at, bytes = 0;

	for (at = 0; at < part->field_count && bytes < FIELD_BYTES; at++) {
		const struct mime_field *field = &map->fields[part->first_field + at];

		bytes += field->name.length + field->value.length;
		if (!features_pass_over(
		            (const char *)map->bytes + field->name.offset, field->name.length))
			take_field(maker, map, field, index == 0);
	}
}

static int is_text(const struct mime_part *part)
{
	return !part->is_multipart && !part->is_message && !part->is_synthetic &&
	       text_starts(part->type, "text/");
}

static void take_body(struct maker *maker, const struct mime_map *map, size_t index, size_t *left)
{
	struct buf text = {0};
	size_t size;

	decode_part(map, index, map->parts[index].encoding, &text);
	size = text.size < *left ? text.size : *left;
	*left -= size;
	forget_recent(maker);
	if (size) {
		take_words(maker, maker->seed, (const unsigned char *)text.data, size);
		take_runs(maker, (const unsigned char *)text.data, size);
	}
	buf_fini(&text);
}

static void take_all(struct maker *maker, const struct mime_map *map)
{
	size_t at, left = TEXT_BYTES;

	maker->field = "";
	for (at = 0; at < map->part_count; at++) {
		take_header(maker, map, at);
		if (left && is_text(&map->parts[at]))
			take_body(maker, map, at, &left);
	}
}

static void make(struct maker *maker, const struct mime_map *map, struct model_features *out)
{
	maker->words = alloc(MODEL_FEATURES_MAX * sizeof(*maker->words));
	maker->late = alloc(MODEL_FEATURES_MAX * sizeof(*maker->late));
	maker->seen = alloc_zero(MODEL_RECORDS / 32, sizeof(*maker->seen));
	take_all(maker, map);
	*out = (struct model_features){
	        maker->words, maker->word_count + maker->late_count, maker->word_count};
	memcpy(out->list + out->words, maker->late, maker->late_count * sizeof(*maker->late));
	free(maker->seen);
	free(maker->late);
}

void features_of(const struct mime_map *map, uint64_t seed, struct model_features *out)
{
	struct maker maker = {.seed = mix(seed)};

	make(&maker, map, out);
}

void features_name(
        const struct mime_map *map, uint64_t seed, const uint32_t *list, size_t count, char **texts)
{
	struct maker maker = {
	        .seed = mix(seed), .wanted = list, .wanted_count = count, .names = texts};
	struct model_features features;

	make(&maker, map, &features);
	features_free(&features);
}

void features_free(struct model_features *features)
{
	free(features->list);
	*features = (struct model_features){0};
}
