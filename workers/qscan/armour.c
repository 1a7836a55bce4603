#include "workers/qscan/armour.h"

#include <string.h>

#include "lib/base/text.h"
#include "lib/mime/decode.h"

enum {
	LEAST = 64,            /* characters: less is a word */
	HEAD_LOOKED_AT = 8192, /* that is base64 and nothing else */
};

static const char begin[] = "-----BEGIN ";

static const char *next_line(const char *at, const char *end)
{
	const char *lf = memchr(at, '\n', (size_t)(end - at));

	return lf ? lf + 1 : end;
}

/* Behind "-----BEGIN …-----" and fields (RFC 1421 section 4.6), which a line without a colon ends.
 */
static const char *behind_head(const char *at, const char *end)
{
	const char *line;

	at = next_line(at, end);
	for (line = next_line(at, end); line > at && memchr(at, ':', (size_t)(line - at));
	        line = next_line(at, end))
		at = line;
	return at;
}

/* The next line of dashes, or the end. */
static const char *find_end(const char *at, const char *end)
{
	const char *dashes = memmem(at, (size_t)(end - at), "-----", 5);

	return dashes ? dashes : end;
}

static int is_base64(const char *at, const char *end)
{
	static const char others[] = "+/= \t\r\n";
	size_t seen = 0;

	if (end - at > HEAD_LOOKED_AT)
		end = at + HEAD_LOOKED_AT;
	for (; at < end; at++) {
		if ((*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') ||
		        (*at >= '0' && *at <= '9'))
			seen++;
		else if (!*at || !strchr(others, *at))
			return 0;
	}
	return seen >= LEAST;
}

/* The next block at or behind *at, which is moved to its beginning; gives its end. */
static const char *next_block(const char **at, const char *end)
{
	const char *found;

	while ((found = memmem(*at, (size_t)(end - *at), begin, sizeof(begin) - 1))) {
		*at = behind_head(found, end);
		if (!text_starts(found + sizeof(begin) - 1, "PGP "))
			return find_end(*at, end);
	}
	return NULL;
}

static int undo_whole(const char *at, const char *end, struct buf *out)
{
	if (end - at >= 3 && !memcmp(at, "\xef\xbb\xbf", 3))
		at += 3;
	if (!is_base64(at, end))
		return 0;
	decode_base64(at, (size_t)(end - at), out);
	return out->size > 0;
}

int armour_undo(const void *bytes, size_t size, size_t *at, struct buf *out)
{
	const char *start = (const char *)bytes + *at, *all = (const char *)bytes + size, *end;
	int whole = !*at && !memmem(bytes, size, begin, sizeof(begin) - 1);

	*at = size;
	if (whole)
		return undo_whole(start, all, out);
	while ((end = next_block(&start, all))) {
		if (is_base64(start, end)) {
			decode_base64(start, (size_t)(end - start), out);
			*at = (size_t)(end - (const char *)bytes);
			return 1;
		}
		start = end;
	}
	return 0;
}
