#include "lib/features/features.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/alloc.h"
#include "lib/base/text.h"
#include "lib/mime/decode.h"

enum {
	TEXT_BYTES = 64 << 10,  /* of the text parts together */
	FIELD_BYTES = 64 << 10, /* of the header's fields together */
	RUN_BYTES = 10 << 10,   /* that runs are taken of */
	RUN = 4,
	WORD_BYTES = 64, /* what is longer is no word: its beginning stands for it */
	WINDOW = 5,
	WORD_SPAN = 1024, /* records that all pairs of a word lie in; fewer would be too few for
	                     "the" */
	RUN_SPAN = 4096,  /* likewise of a run's first two bytes */
};

struct word {
	uint64_t hash; /* 0: there is none */
	const unsigned char *text;
	size_t size;
};

struct maker {
	struct model_features *out;
	uint64_t *seen; /* a bit for each record */
	uint64_t seed;
	struct word recent[WINDOW]; /* words before, the last one first */
	uint32_t *late;             /* what is no word: behind all words at the end */
	size_t late_count;
	size_t run_bytes;
	/* Those that are to be named, for features_name() alone. */
	const uint32_t *wanted;
	size_t wanted_count;
	char **names;
	const char *field; /* whose words are taken; "" in the text */
};

/* ---- hashing ---- */

static uint64_t mix(uint64_t hash)
{
	hash ^= hash >> 32;
	hash *= 0xd6e8feb86659fd93;
	hash ^= hash >> 32;
	hash *= 0xd6e8feb86659fd93;
	return hash ^ hash >> 32;
}

static uint64_t hash_of(uint64_t seed, const unsigned char *bytes, size_t size)
{
	uint64_t hash = seed ^ size;
	size_t at;

	for (at = 0; at < size; at++)
		hash = (hash ^ bytes[at]) * 0x100000001b3;
	return mix(hash);
}

/* ---- keeping ---- */

/* Neighbours in a text are to be neighbours in memory and on disk: what begins alike lies within a
 * span. */
static uint32_t place(uint64_t anchor, uint64_t hash, uint32_t span)
{
	return ((uint32_t)anchor + (uint32_t)(hash % span)) & (MODEL_RECORDS - 1);
}

static int is_new(struct maker *maker, uint32_t index)
{
	uint64_t bit = 1ULL << (index & 63), *word = &maker->seen[index >> 6];

	if (*word & bit)
		return 0;
	*word |= bit;
	return 1;
}

static int is_full(const struct maker *maker)
{
	return maker->out->count + maker->late_count >= MODEL_FEATURES_MAX;
}

static uint32_t group_of(const struct maker *maker, int is_run)
{
	enum model_group text = is_run ? MODEL_TEXT_RUNS : MODEL_TEXT,
	                 header = is_run ? MODEL_HEADER_RUNS : MODEL_HEADER;

	return *maker->field ? header : text;
}

static void add_word(struct maker *maker, uint32_t index)
{
	if (!is_full(maker) && is_new(maker, index))
		maker->out->list[maker->out->count++] = model_feature(index, group_of(maker, 0));
}

static void add_late(struct maker *maker, uint32_t index, int is_run)
{
	if (!is_full(maker) && is_new(maker, index))
		maker->late[maker->late_count++] = model_feature(index, group_of(maker, is_run));
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

static void take_hash(struct maker *maker, const struct word *word)
{
	uint32_t index = place(word->hash, word->hash >> 32, WORD_SPAN);
	size_t back;

	add_word(maker, index);
	if (maker->wanted)
		name_word(maker, index, word);
	for (back = 0; back < WINDOW - 1 && maker->recent[back].hash; back++) {
		const struct word *left = &maker->recent[back];

		index = place(left->hash, mix(left->hash * (2 * back + 3) + word->hash), WORD_SPAN);
		add_late(maker, index, 0);
		if (maker->wanted)
			name_pair(maker, index, left, word, back);
	}
	memmove(maker->recent + 1, maker->recent, (WINDOW - 1) * sizeof(*maker->recent));
	maker->recent[0] = *word;
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
		uint32_t index = place(word.hash, word.hash >> 32, WORD_SPAN);

		add_word(maker, index);
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

static void take_runs(struct maker *maker, const unsigned char *text, size_t size)
{
	uint64_t seed = mix(maker->seed + 2);
	size_t at, left = RUN_BYTES - maker->run_bytes;

	if (size > left)
		size = left;
	maker->run_bytes += size;
	for (at = 0; at + RUN <= size && !is_full(maker); at++) {
		uint64_t anchor = mix(seed + text[at] + 256U * text[at + 1]);
		uint32_t index = place(anchor, hash_of(seed, text + at, RUN), RUN_SPAN);

		add_late(maker, index, 1);
		if (maker->wanted)
			name_run(maker, index, text + at);
	}
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
	*out = (struct model_features){0};
	out->list = alloc_zero(MODEL_FEATURES_MAX, sizeof(*out->list));
	maker->out = out;
	maker->late = alloc_zero(MODEL_FEATURES_MAX, sizeof(*maker->late));
	maker->seen = alloc_zero(MODEL_RECORDS / 64, sizeof(*maker->seen));
	take_all(maker, map);
	out->words = out->count;
	memcpy(out->list + out->count, maker->late, maker->late_count * sizeof(*maker->late));
	out->count += maker->late_count;
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
