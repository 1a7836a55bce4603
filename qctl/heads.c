#include "qctl/heads.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/audit/chain.h"
#include "lib/base/alloc.h"
#include "lib/base/file.h"
#include "lib/base/log.h"

enum { FILE_MOST = 1 << 20, LINE_ROOM = 200 };

/* "<seq> <time> <hash>": the time is for people. */
static int read_line(const char *line, size_t size, struct head *out)
{
	char text[LINE_ROOM], number[24], hash[DIGEST_HEX_ROOM + 1], place[CHAIN_PLACE_ROOM + 8];

	*out = (struct head){0};
	if (size >= sizeof(text))
		return 0;
	memcpy(text, line, size);
	text[size] = '\0';
	if (sscanf(text, "%23s %*63s %65s", number, hash) != 2)
		return 0;
	snprintf(place, sizeof(place), "%s %s", number, hash);
	return chain_place_read(place, &out->seq, &out->hash) && out->seq;
}

enum result heads_parse(struct heads *heads, const char *text, struct err *err)
{
	struct head head;
	size_t size;

	*heads = (struct heads){0};
	for (; *text; text += size + (text[size] == '\n')) {
		size = strcspn(text, "\n");
		if (!size)
			continue;
		if (!read_line(text, size, &head)) {
			heads_fini(heads);
			return err_set(err, RESULT_PERMANENT,
			        "%s is no head as qctl audit head prints it",
			        log_quote_bytes(text, size));
		}
		heads->list = alloc_grow(heads->list, heads->count + 1, sizeof(*heads->list));
		heads->list[heads->count++] = head;
	}
	return RESULT_OK;
}

enum result heads_read(struct heads *heads, const char *path, struct err *err)
{
	struct buf text = {0};
	enum result result;

	*heads = (struct heads){0};
	if (!path)
		return RESULT_OK;
	result = file_read(path, FILE_MOST, &text, err);
	if (!result)
		result = heads_parse(heads, text.data ? text.data : "", err);
	if (!result && !heads->count)
		result = err_set(err, RESULT_PERMANENT, "no head is in it");
	if (result)
		err_wrap(err, result, "%s", path);
	buf_fini(&text);
	return result;
}

void heads_fini(struct heads *heads)
{
	free(heads->list);
	*heads = (struct heads){0};
}

size_t heads_count(const struct heads *heads)
{
	return heads->count;
}

static void compare(struct heads *heads, uint64_t seq, const ProtobufCBinaryData *hash)
{
	size_t at;

	for (at = 0; at < heads->count; at++)
		if (heads->list[at].seq == seq && hash->len == DIGEST_SIZE &&
		        !memcmp(hash->data, heads->list[at].hash.bytes, DIGEST_SIZE))
			heads->list[at].is_passed = 1;
}

void heads_begin(struct heads *heads, const Lz__AuditPlace *anchor)
{
	size_t at;

	for (at = 0; at < heads->count; at++)
		heads->list[at].is_passed = 0;
	heads->anchor_seq = anchor->seq;
	compare(heads, anchor->seq, &anchor->hash);
}

void heads_pass(struct heads *heads, const Lz__AuditEntry *entry)
{
	compare(heads, entry->seq, &entry->hash);
}

enum result heads_end(const struct heads *heads, uint64_t last, struct err *err)
{
	const struct head *head;
	size_t at;

	for (at = 0; at < heads->count; at++) {
		head = &heads->list[at];
		if (head->is_passed)
			continue;
		if (head->seq > last)
			return err_set(err, RESULT_PERMANENT,
			        "it ends at entry %" PRIu64 ", and a head of entry %" PRIu64
			        " was kept: what is behind was cut off",
			        last, head->seq);
		if (head->seq < heads->anchor_seq)
			return err_set(err, RESULT_PERMANENT,
			        "a head of entry %" PRIu64 " was kept, but all up to entry %" PRIu64
			        " is trimmed: a later head is needed",
			        head->seq, heads->anchor_seq);
		return err_set(err, RESULT_PERMANENT,
		        "entry %" PRIu64 " is another one than when its head was kept", head->seq);
	}
	return RESULT_OK;
}
