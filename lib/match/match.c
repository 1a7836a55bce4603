#include "lib/match/match.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/clock.h"

/*
 * The JIT counts the match limit anew for each place in the text where it tries to begin, so this
 * bounds one beginning, and the clock is asked behind so many of them; honest patterns over a line
 * of mail stay four orders of magnitude below. Depth and heap limits matter only where a pattern
 * can't be JIT-compiled.
 */
enum {
	MATCH_LIMIT = 200000,
	DEPTH_LIMIT = 20000,
	HEAP_LIMIT_KIB = 8192,
	STACK_START_BYTES = 64 * 1024,
	STACK_MOST_BYTES = 1024 * 1024,
	PATTERN_MOST_BYTES = 256 * 1024,
	NEST_MOST = 200,
	BEGINNINGS = 16 * 1024,
	MOST_US = 2 * 1000 * 1000, /* for one text */
};

struct match {
	pcre2_code *code;
	int utf;
	int has_jit;
};

/*
 * What a match needs besides the pattern. One set a process is enough, because a process matches in
 * one thread; it is made with the first pattern, so that after a fork each child has a copy of its
 * own without asking for memory.
 */
static struct {
	pcre2_compile_context *compiling;
	pcre2_match_context *matching;
	pcre2_match_data *data;
	pcre2_match_data *groups;
	pcre2_jit_stack *stack;
	/* Like `compiling`, with the tables below. */
	pcre2_compile_context *compiling_latin1;
	uint8_t *latin1;
} process;

/* What pcre2_set_character_tables(3) leaves to pcre2_maketables(): first which byte is the small
 * letter of each, then which is its other case. */
enum { TABLE_LOWER = 0, TABLE_OTHER_CASE = 256 };

static int is_latin1_letter(unsigned byte)
{
	return byte >= 0xc0 && byte != 0xd7 && byte != 0xf7 && byte != 0xdf && byte != 0xff;
}

/* The tables of the C locale know no letter above ASCII. */
static void latin1_start(void)
{
	process.latin1 = (uint8_t *)(uintptr_t)pcre2_maketables(NULL);
	process.compiling_latin1 = pcre2_compile_context_copy(process.compiling);
	if (!process.latin1 || !process.compiling_latin1)
		abort();
	for (unsigned byte = 0xc0; byte < 0x100; byte++) {
		if (!is_latin1_letter(byte))
			continue;
		process.latin1[TABLE_LOWER + byte] = (uint8_t)(byte | 0x20);
		process.latin1[TABLE_OTHER_CASE + byte] = (uint8_t)(byte ^ 0x20);
	}
	pcre2_set_character_tables(process.compiling_latin1, process.latin1);
}

static void process_start(void)
{
	if (process.data)
		return;
	process.compiling = pcre2_compile_context_create(NULL);
	process.matching = pcre2_match_context_create(NULL);
	process.stack = pcre2_jit_stack_create(STACK_START_BYTES, STACK_MOST_BYTES, NULL);
	process.data = pcre2_match_data_create(1, NULL);
	process.groups = pcre2_match_data_create(MATCH_GROUPS_MOST, NULL);
	if (!process.compiling || !process.groups || !process.matching || !process.data)
		abort();
	pcre2_set_newline(process.compiling, PCRE2_NEWLINE_LF);
	pcre2_set_max_pattern_length(process.compiling, PATTERN_MOST_BYTES);
	pcre2_set_parens_nest_limit(process.compiling, NEST_MOST);
	pcre2_set_match_limit(process.matching, MATCH_LIMIT);
	pcre2_set_depth_limit(process.matching, DEPTH_LIMIT);
	pcre2_set_heap_limit(process.matching, HEAP_LIMIT_KIB);
	latin1_start();
	/* Without a JIT here there is no stack either: the interpreter does the work. */
	if (process.stack)
		pcre2_jit_stack_assign(process.matching, NULL, process.stack);
}

static uint32_t options_of(unsigned flags)
{
	/* \C could split a character of UTF-8 and keeps the JIT away. */
	uint32_t options = PCRE2_NEVER_BACKSLASH_C | PCRE2_USE_OFFSET_LIMIT;

	options |= flags & MATCH_CASELESS ? PCRE2_CASELESS : 0;
	options |= flags & MATCH_MULTILINE ? PCRE2_MULTILINE : 0;
	options |= flags & MATCH_DOTALL ? PCRE2_DOTALL : 0;
	options |= flags & MATCH_EXTENDED ? PCRE2_EXTENDED : 0;
	options |= flags & MATCH_UTF ? PCRE2_UTF | PCRE2_MATCH_INVALID_UTF : 0;
	return options;
}

enum result match_new(const char *pattern, unsigned flags, struct match **out, struct err *err)
{
	unsigned char words[200];
	struct match *match;
	pcre2_code *code;
	PCRE2_SIZE at;
	size_t size;
	int number;

	process_start();
	code = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, options_of(flags), &number,
	        &at, flags & MATCH_LATIN1 ? process.compiling_latin1 : process.compiling);
	if (!code) {
		pcre2_get_error_message(number, words, sizeof(words));
		return err_set(err, RESULT_PERMANENT, "%s, at offset %zu", words, (size_t)at);
	}
	/* A pattern the JIT can't take is still matched, by the interpreter. */
	if (!(flags & MATCH_NO_JIT))
		pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
	match = alloc(sizeof(*match));
	match->code = code;
	match->has_jit = pcre2_pattern_info(code, PCRE2_INFO_JITSIZE, &size) == 0 && size > 0;
	match->utf = (flags & MATCH_UTF) != 0;
	*out = match;
	return RESULT_OK;
}

void match_free(struct match **match)
{
	if (!*match)
		return;
	pcre2_code_free((*match)->code);
	free(*match);
	*match = NULL;
}

/* A search begun inside a character would be an error to PCRE2. */
static size_t next_character(const unsigned char *bytes, size_t size, size_t from)
{
	while (from < size && (bytes[from] & 0xc0) == 0x80)
		from++;
	return from;
}

/* pcre2_match() without what it looks at before the JIT has its turn, which for most patterns takes
 * longer than to find that they don't match. Text that may be no UTF-8 needs that. */
static int match_once(const struct match *match, const void *bytes, size_t size, size_t from,
        pcre2_match_data *data)
{
	if (match->has_jit && !match->utf)
		return pcre2_jit_match(match->code, bytes, size, from, 0, data, process.matching);
	return pcre2_match(match->code, bytes, size, from, 0, data, process.matching);
}

/* One beginning is bounded by the limits, many of them in a large text by the clock. Gives what
 * pcre2_match() does. */
static int match_in_time(const struct match *match, const void *bytes, size_t size, size_t from,
        pcre2_match_data *data)
{
	int64_t end_us = size - from > BEGINNINGS ? clock_monotonic_us() + MOST_US : 0;
	int count = PCRE2_ERROR_NOMATCH;

	while (count == PCRE2_ERROR_NOMATCH && size - from > BEGINNINGS) {
		if (clock_monotonic_us() > end_us) {
			count = PCRE2_ERROR_MATCHLIMIT;
			break;
		}
		pcre2_set_offset_limit(process.matching, from + BEGINNINGS - 1);
		count = match_once(match, bytes, size, from, data);
		from += BEGINNINGS;
		if (match->utf)
			from = next_character(bytes, size, from);
	}
	if (end_us)
		pcre2_set_offset_limit(process.matching, PCRE2_UNSET);
	if (count != PCRE2_ERROR_NOMATCH)
		return count;
	return match_once(match, bytes, size, from, data);
}

/* Runs it over `bytes`; `data` has room for as many groups as the caller wants. */
static enum result run(const struct match *match, const void *bytes, size_t size, size_t from,
        pcre2_match_data *data)
{
	int count;

	if (from > size)
		return RESULT_NONE;
	if (match->utf)
		from = next_character(bytes, size, from);
	count = match_in_time(match, bytes, size, from, data);
	if (count == PCRE2_ERROR_NOMATCH)
		return RESULT_NONE;
	return count < 0 ? RESULT_TEMPORARY : RESULT_OK;
}

/* \K in a lookahead can put the start behind the end; the range we give is in order. */
static void give_range(pcre2_match_data *data, size_t *start, size_t *end)
{
	const PCRE2_SIZE *range = pcre2_get_ovector_pointer(data);

	if (start)
		*start = range[0] < range[1] ? range[0] : range[1];
	if (end)
		*end = range[1];
}

enum result match_find(const struct match *match, const void *bytes, size_t size, size_t from,
        size_t *start, size_t *end)
{
	enum result result = run(match, bytes ? bytes : "", size, from, process.data);

	if (!result)
		give_range(process.data, start, end);
	return result;
}

/* ------------------------------------------------------------ named groups */

/* The n-th of PCRE2's entries, each the group's number in two bytes, then its name. */
static const unsigned char *name_entry(const struct match *match, size_t nth)
{
	uint32_t count = 0, size = 0;
	PCRE2_SPTR table = NULL;

	pcre2_pattern_info(match->code, PCRE2_INFO_NAMECOUNT, &count);
	if (nth >= count)
		return NULL;
	pcre2_pattern_info(match->code, PCRE2_INFO_NAMEENTRYSIZE, &size);
	pcre2_pattern_info(match->code, PCRE2_INFO_NAMETABLE, &table);
	return table + nth * size;
}

const char *match_group_name(const struct match *match, size_t nth)
{
	const unsigned char *entry = name_entry(match, nth);

	return entry ? (const char *)entry + 2 : NULL;
}

static void give_groups(const struct match *match, const char *bytes, pcre2_match_data *data,
        match_group *give, void *context)
{
	const PCRE2_SIZE *ranges = pcre2_get_ovector_pointer(data);
	const unsigned char *entry;

	for (size_t i = 0; (entry = name_entry(match, i)) != NULL; i++) {
		const PCRE2_SIZE *range = ranges + 2 * (size_t)(entry[0] << 8 | entry[1]);

		if (range[0] != PCRE2_UNSET && range[1] > range[0])
			give(context, (const char *)entry + 2, bytes + range[0],
			        range[1] - range[0]);
	}
}

enum result match_find_groups(const struct match *match, const void *bytes, size_t size,
        size_t from, size_t *start, size_t *end, match_group *give, void *context)
{
	pcre2_match_data *data = pcre2_match_data_create_from_pattern(match->code, NULL);
	enum result result;

	if (!data)
		abort();
	bytes = bytes ? bytes : "";
	result = run(match, bytes, size, from, data);
	if (!result) {
		give_range(data, start, end);
		give_groups(match, bytes, data, give, context);
	}
	pcre2_match_data_free(data);
	return result;
}

/* What pcre2_match() said of process.groups. */
static enum result tell_groups(int set, struct match_range *groups, size_t count)
{
	const PCRE2_SIZE *range = pcre2_get_ovector_pointer(process.groups);

	if (set == PCRE2_ERROR_NOMATCH)
		return RESULT_NONE;
	if (set < 0)
		return RESULT_TEMPORARY;
	/* 0: there are more groups than we have room for, and all of the room is set. */
	set = set ? set : MATCH_GROUPS_MOST;
	for (size_t i = 0; i < count; i++)
		groups[i] = i < (size_t)set && range[2 * i] != PCRE2_UNSET
		                    ? (struct match_range){range[2 * i], range[2 * i + 1]}
		                    : (struct match_range){MATCH_NO_GROUP, MATCH_NO_GROUP};
	return RESULT_OK;
}

enum result match_groups(const struct match *match, const void *bytes, size_t size, size_t from,
        struct match_range *groups, size_t count)
{
	if (from > size)
		return RESULT_NONE;
	bytes = bytes ? bytes : "";
	return tell_groups(match_in_time(match, bytes, size, from, process.groups), groups, count);
}

enum result match_groups_between(const struct match *match, const void *bytes, size_t size,
        size_t from, size_t last, struct match_range *groups, size_t count)
{
	int set;

	if (from > size)
		return RESULT_NONE;
	pcre2_set_offset_limit(process.matching, last);
	set = match_once(match, bytes ? bytes : "", size, from, process.groups);
	pcre2_set_offset_limit(process.matching, PCRE2_UNSET);
	return tell_groups(set, groups, count);
}
