#include "workers/qscan/armour.h"

#include <string.h>

#include "lib/base/text.h"
#include "lib/mime/decode.h"

enum {
	LEAST = 64,            /* characters: less is a word */
	LINE_MOST = 1 << 10,   /* of a line that names what it is */
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

int armour_undo(const void *bytes, size_t size, struct buf *out)
{
	const char *at = bytes, *end = at + size, *found;

	found = memmem(at, size < LINE_MOST ? size : LINE_MOST, begin, sizeof(begin) - 1);
	if (found && text_starts(found + sizeof(begin) - 1, "PGP "))
		return 0;
	if (found)
		at = behind_head(found, end);
	end = find_end(at, end);
	if (!is_base64(at, end))
		return 0;
	decode_base64(at, (size_t)(end - at), out);
	return out->size > 0;
}
