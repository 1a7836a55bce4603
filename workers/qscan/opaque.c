#include "workers/qscan/opaque.h"

#include <string.h>

#include "lib/base/text.h"

enum {
	TAG_INTEGER = 0x02,
	TAG_OCTETS = 0x04,
	TAG_OID = 0x06,
	TAG_SEQUENCE = 0x30,
	TAG_SET = 0x31,
	TAG_OCTETS_IN_PIECES = 0x24,
	TAG_EXPLICIT = 0xa0,
	MOST_DEPTH = 16,
	PGP_SEARCHED = 4096,
};

struct ber {
	const unsigned char *at, *end;
};

struct element {
	unsigned tag;
	int indefinite; /* ends at two zero bytes, which `content` still has to find */
	struct ber content;
};

/* Takes one element's head; with a definite length its content as well. Lengths that go too far are
 * cut to what there is: a mail that was cut off is still looked at. */
static int take(struct ber *from, struct element *element)
{
	size_t length, bytes;

	if (from->end - from->at < 2)
		return 0;
	element->tag = *from->at++;
	length = *from->at++;
	element->indefinite = length == 0x80;
	if (length > 0x80) {
		bytes = length & 0x7f;
		if (bytes > 8 || (size_t)(from->end - from->at) < bytes)
			return 0;
		for (length = 0; bytes; bytes--)
			length = length << 8 | *from->at++;
	}
	if (element->indefinite || length > (size_t)(from->end - from->at))
		length = (size_t)(from->end - from->at);
	element->content = (struct ber){from->at, from->at + length};
	if (!element->indefinite)
		from->at += length;
	return 1;
}

static int is_end(const struct ber *from)
{
	return from->end - from->at >= 2 && !from->at[0] && !from->at[1];
}

/* Goes behind an element of any form. */
static int skip(struct ber *from, int depth)
{
	struct element element;

	if (depth > MOST_DEPTH || !take(from, &element))
		return 0;
	if (!element.indefinite)
		return 1;
	while (!is_end(from))
		if (!skip(from, depth + 1))
			return 0;
	from->at += 2;
	return 1;
}

/* Goes into an element of that tag. */
static int enter(struct ber *from, unsigned tag)
{
	struct element element;

	if (!take(from, &element) || element.tag != tag)
		return 0;
	*from = element.content;
	return 1;
}

static int add_octets(struct ber *from, struct buf *out, int depth)
{
	struct element element;

	if (depth > MOST_DEPTH || !take(from, &element))
		return 0;
	if (element.tag == TAG_OCTETS && !element.indefinite) {
		buf_add(out, element.content.at,
		        (size_t)(element.content.end - element.content.at));
		return 1;
	}
	if (element.tag != TAG_OCTETS_IN_PIECES)
		return 0;
	while (element.content.at < element.content.end && !is_end(&element.content))
		if (!add_octets(&element.content, out, depth + 1))
			return 0;
	if (element.indefinite)
		from->at = element.content.at + (is_end(&element.content) ? 2 : 0);
	return 1;
}

/* The object identifier at the front of a CMS structure. */
static int cms_type(struct ber *ber, struct ber *type)
{
	struct element element;

	if (!enter(ber, TAG_SEQUENCE) || !take(ber, &element) || element.tag != TAG_OID)
		return 0;
	*type = element.content;
	return 1;
}

static int is_type(const struct ber *type, const char *oid, size_t size)
{
	return (size_t)(type->end - type->at) == size && !memcmp(type->at, oid, size);
}

static enum opaque cms_kind(const void *bytes, size_t size)
{
	static const struct {
		const char *oid;
		size_t size;
		enum opaque kind;
	} table[] = {
	        {"\x2a\x86\x48\x86\xf7\x0d\1\7\2", 9, OPAQUE_SIGNED},
	        {"\x2a\x86\x48\x86\xf7\x0d\1\7\3", 9, OPAQUE_ENCRYPTED},
	        {"\x2a\x86\x48\x86\xf7\x0d\1\7\6", 9, OPAQUE_ENCRYPTED},
	        {"\x2a\x86\x48\x86\xf7\x0d\1\x09\x10\1\x17", 11, OPAQUE_ENCRYPTED},
	        {"\x2a\x86\x48\x86\xf7\x0d\1\x09\x10\1\x09", 11, OPAQUE_COMPRESSED},
	};
	struct ber ber = {bytes, (const unsigned char *)bytes + size}, type;
	size_t at;

	if (!cms_type(&ber, &type))
		return OPAQUE_NOT;
	for (at = 0; at < sizeof(table) / sizeof(table[0]); at++)
		if (is_type(&type, table[at].oid, table[at].size))
			return table[at].kind;
	return OPAQUE_NOT;
}

enum opaque opaque_kind(const void *bytes, size_t size)
{
	if (text_find(bytes, size < PGP_SEARCHED ? size : PGP_SEARCHED,
	            "-----BEGIN PGP MESSAGE-----"))
		return OPAQUE_ENCRYPTED;
	return cms_kind(bytes, size);
}

int opaque_signed(const void *bytes, size_t size, struct buf *out)
{
	struct ber ber = {bytes, (const unsigned char *)bytes + size}, type;

	return cms_type(&ber, &type) && enter(&ber, TAG_EXPLICIT) && enter(&ber, TAG_SEQUENCE) &&
	       skip(&ber, 0) && /* version */
	       skip(&ber, 0) && /* digest algorithms */
	       cms_type(&ber, &type) && enter(&ber, TAG_EXPLICIT) && add_octets(&ber, out, 0);
}
