#include "workers/qscan/example.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/buf.h"
#include "lib/crypto/digest.h"
#include "workers/qscan/edits.h"

enum { HEADER_LOOKED_AT = 256 << 10 };

/* ---- the same message again ---- */

/* Line ends differ between a mailbox, the wire and what was kept; so do blank lines at the end. */
static void digest_body(struct digest_state *state, const unsigned char *text, size_t size)
{
	const unsigned char *found;
	size_t end;

	while (size && (text[size - 1] == '\n' || text[size - 1] == '\r'))
		size--;
	for (; size && (found = memchr(text, '\r', size)); text += end + 1, size -= end + 1) {
		end = (size_t)(found - text);
		digest_add(state, text, end);
	}
	digest_add(state, text, size);
}

void example_digest(const struct mime_map *map, uint8_t out[EXAMPLE_DIGEST])
{
	static const char *const names[] = {"Message-ID", "Date", "From", "To", "Subject"};
	const struct mime_part *root = &map->parts[0];
	const struct mime_field *field;
	struct digest_state state;
	struct digest digest;
	size_t at;

	digest_init(&state);
	for (at = 0; at < sizeof(names) / sizeof(names[0]); at++) {
		field = mime_field(map, 0, names[at], 0);
		digest_add_string(&state, names[at]);
		if (field)
			digest_body(&state, map->bytes + field->value.offset, field->value.length);
	}
	digest_body(&state, map->bytes + root->body.offset, root->body.length);
	digest_final(&state, &digest);
	memcpy(out, digest.bytes, EXAMPLE_DIGEST);
}

/* ---- what was put on it ---- */

/* A mailbox may have left its own line before the header. */
static size_t mailbox_line(const unsigned char *mail, size_t size)
{
	const unsigned char *end =
	        size > 5 && !memcmp(mail, "From ", 5) ? memchr(mail, '\n', size) : NULL;

	return end ? (size_t)(end - mail) + 1 : 0;
}

static size_t prefix_size(
        const struct example_mail *mail, const struct mime_field *field, const char *prefix)
{
	char *word = edits_word(prefix);
	size_t size = strlen(word), found = 0;
	const unsigned char *value = mail->bytes + field->value.offset;

	if (size && field->value.length > size && value[0] == ' ' && !memcmp(value + 1, word, size))
		found = size + 1;
	free(word);
	return found;
}

/* Where the policies of several recipients have one each, it is any of them. */
static size_t any_prefix(const struct config *config, const struct example_mail *mail,
        const struct mime_field *field)
{
	size_t found = prefix_size(mail, field, config->policy.subject_prefix), at;

	for (at = 0; !found && at < config->policies.count; at++)
		found = prefix_size(mail, field, config->policies.rules[at].subject_prefix);
	return found;
}

static int has_prefixes(const struct config *config)
{
	size_t at;

	for (at = 0; at < config->policies.count; at++)
		if (*config->policies.rules[at].subject_prefix)
			return 1;
	return *config->policy.subject_prefix != '\0';
}

static void take_out_prefixes(const struct config *config, struct example_mail *mail)
{
	size_t head = mail->size < HEADER_LOOKED_AT ? mail->size : HEADER_LOOKED_AT;
	struct mime_map *map = mime_map_new(mail->bytes, head, NULL);
	const struct mime_field *field;
	struct buf out = {0};
	size_t nth, size, from = 0;

	for (nth = 0; (field = mime_field(map, 0, "Subject", nth)) != NULL; nth++) {
		size = any_prefix(config, mail, field);
		if (!size || field->value.offset < from)
			continue;
		buf_add(&out, mail->bytes + from, field->value.offset - from);
		from = field->value.offset + size;
	}
	mime_map_free(&map);
	if (!from)
		return;
	buf_add(&out, mail->bytes + from, mail->size - from);
	mail->size = out.size;
	mail->owned = (unsigned char *)buf_give(&out);
	mail->bytes = mail->owned;
}

void example_bare(
        const struct config *config, const void *mail, size_t size, struct example_mail *out)
{
	size_t skip = mailbox_line(mail, size);

	*out = (struct example_mail){(const unsigned char *)mail + skip, size - skip, NULL};
	if (has_prefixes(config))
		take_out_prefixes(config, out);
}

void example_bare_free(struct example_mail *mail)
{
	free(mail->owned);
	*mail = (struct example_mail){0};
}
