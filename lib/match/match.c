#include "lib/match/match.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"

/*
 * The JIT counts the match limit anew for each place in the text where it tries to begin, so this
 * bounds one beginning; honest patterns over a line of mail stay four orders of magnitude below.
 * Depth and heap limits matter only where a pattern can't be JIT-compiled.
 */
enum {
	MATCH_LIMIT = 200000,
	DEPTH_LIMIT = 20000,
	HEAP_LIMIT_KIB = 8192,
	STACK_START_BYTES = 64 * 1024,
	STACK_MOST_BYTES = 1024 * 1024,
	PATTERN_MOST_BYTES = 256 * 1024,
	NEST_MOST = 200,
};

struct match {
	pcre2_code *code;
	int utf;
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
	pcre2_jit_stack *stack;
} process;

static void process_start(void)
{
	if (process.data)
		return;
	process.compiling = pcre2_compile_context_create(NULL);
	process.matching = pcre2_match_context_create(NULL);
	process.stack = pcre2_jit_stack_create(STACK_START_BYTES, STACK_MOST_BYTES, NULL);
	process.data = pcre2_match_data_create(1, NULL);
	if (!process.compiling || !process.matching || !process.data)
		abort();
	pcre2_set_newline(process.compiling, PCRE2_NEWLINE_LF);
	pcre2_set_max_pattern_length(process.compiling, PATTERN_MOST_BYTES);
	pcre2_set_parens_nest_limit(process.compiling, NEST_MOST);
	pcre2_set_match_limit(process.matching, MATCH_LIMIT);
	pcre2_set_depth_limit(process.matching, DEPTH_LIMIT);
	pcre2_set_heap_limit(process.matching, HEAP_LIMIT_KIB);
	/* Without a JIT here there is no stack either: the interpreter does the work. */
	if (process.stack)
		pcre2_jit_stack_assign(process.matching, NULL, process.stack);
}

static uint32_t options_of(unsigned flags)
{
	/* \C could split a character of UTF-8 and keeps the JIT away. */
	uint32_t options = PCRE2_NEVER_BACKSLASH_C;

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
	int number;

	process_start();
	code = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, options_of(flags), &number,
	        &at, process.compiling);
	if (!code) {
		pcre2_get_error_message(number, words, sizeof(words));
		return err_set(err, RESULT_PERMANENT, "%s, at offset %zu", words, (size_t)at);
	}
	/* A pattern the JIT can't take is still matched, by the interpreter. */
	pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
	match = alloc(sizeof(*match));
	match->code = code;
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

enum result match_find(const struct match *match, const void *bytes, size_t size, size_t from,
        size_t *start, size_t *end)
{
	const PCRE2_SIZE *range;
	int count;

	if (from > size)
		return RESULT_NONE;
	if (!bytes)
		bytes = "";
	if (match->utf)
		from = next_character(bytes, size, from);
	count = pcre2_match(match->code, bytes, size, from, 0, process.data, process.matching);
	if (count == PCRE2_ERROR_NOMATCH)
		return RESULT_NONE;
	if (count < 0)
		return RESULT_TEMPORARY;
	range = pcre2_get_ovector_pointer(process.data);
	/* \K in a lookahead can put the start behind the end; the range we give is in order. */
	if (start)
		*start = range[0] < range[1] ? range[0] : range[1];
	if (end)
		*end = range[1];
	return RESULT_OK;
}
