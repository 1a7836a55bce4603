#include "lib/config/spell.h"

#include <limits.h>
#include <string.h>

enum { WORD_MOST = 63 };

static unsigned least_of(unsigned a, unsigned b, unsigned c)
{
	a = a < b ? a : b;
	return a < c ? a : c;
}

unsigned spell_distance(const char *a, const char *b)
{
	unsigned row[WORD_MOST + 1], diagonal, above;
	size_t a_size = strlen(a), b_size = strlen(b), i, k;

	if (a_size > WORD_MOST || b_size > WORD_MOST)
		return UINT_MAX;
	for (k = 0; k <= b_size; k++)
		row[k] = (unsigned)k;
	for (i = 1; i <= a_size; i++) {
		diagonal = row[0];
		row[0] = (unsigned)i;
		for (k = 1; k <= b_size; k++) {
			above = row[k];
			row[k] = least_of(
			        above + 1, row[k - 1] + 1, diagonal + (a[i - 1] != b[k - 1]));
			diagonal = above;
		}
	}
	return row[b_size];
}

void spell_suggest(const struct section *section, const char *key, struct buf *out)
{
	const char *best = NULL;
	unsigned distance, nearest = UINT_MAX;
	size_t i;

	for (i = 0; i < section->count; i++) {
		distance = spell_distance(key, section->fields[i].key);
		if (distance < nearest) {
			nearest = distance;
			best = section->fields[i].key;
		}
	}
	if (best && nearest <= 1 + strlen(best) / 4) {
		buf_add_format(out, "a known one: did you mean %s?", best);
		return;
	}
	buf_add_string(out, "one of ");
	for (i = 0; i < section->count; i++)
		buf_add_format(out, "%s%s", i ? ", " : "", section->fields[i].key);
}
