#include "lib/mime/dkim.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/text.h"
#include "lib/mime/canon.h"

/* Tags of one field, known or not; and what d= and s= may have, which are domain names. */
enum { TAGS_MAX = 32, DOMAIN_BYTES_MAX = 255 };

static const char field_name[] = "DKIM-Signature";

/* Bytes of a field's text. */
struct span {
	const char *start, *end;
};

struct tag {
	struct span name, value;
};

struct tags {
	struct tag list[TAGS_MAX];
	size_t count;
};

/* ---------------------------------------------------------------- tag=value lists (section 3.2) */

static int is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

static struct span trimmed(struct span span)
{
	while (span.start < span.end && is_blank(*span.start))
		span.start++;
	while (span.start < span.end && is_blank(span.end[-1]))
		span.end--;
	return span;
}

static size_t span_size(struct span span)
{
	return (size_t)(span.end - span.start);
}

/* Takes what stands before the next `mark` off the front of `rest`, and the mark. */
static struct span take_until(struct span *rest, char mark)
{
	const char *at = memchr(rest->start, mark, span_size(*rest));
	struct span taken = {rest->start, at ? at : rest->end};

	rest->start = at ? at + 1 : rest->end;
	return taken;
}

static int is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static int is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int is_tag_name(struct span name)
{
	const char *at;

	for (at = name.start; at < name.end; at++)
		if (!is_letter(*at) && (at == name.start || (!is_digit(*at) && *at != '_')))
			return 0;
	return span_size(name) > 0;
}

static const struct tag *find_tag(const struct tags *tags, const char *name, size_t size)
{
	size_t at;

	for (at = 0; at < tags->count; at++)
		if (span_size(tags->list[at].name) == size &&
		        memcmp(tags->list[at].name.start, name, size) == 0)
			return &tags->list[at];
	return NULL;
}

/* False where it is no such list: one tag without a name, or twice, spoils all of it. */
static int read_tags(struct tags *tags, struct span list)
{
	struct span rest = list, all, name;

	tags->count = 0;
	while (rest.start < rest.end) {
		all = take_until(&rest, ';');
		if (!span_size(trimmed(all)) && !span_size(trimmed(rest)))
			break;
		name = take_until(&all, '=');
		if (name.end == all.end)
			return 0;
		name = trimmed(name);
		if (!is_tag_name(name) || tags->count == TAGS_MAX ||
		        find_tag(tags, name.start, span_size(name)))
			return 0;
		tags->list[tags->count++] = (struct tag){name, trimmed(all)};
	}
	return 1;
}

/* The value of a tag without the blanks around it; empty if it isn't there. */
static struct span value_of(const struct tags *tags, const char *name)
{
	const struct tag *tag = find_tag(tags, name, strlen(name));

	return tag ? tag->value : (struct span){"", ""};
}

static int is_value(struct span value, const char *text)
{
	return text_same_bytes(value.start, span_size(value), text);
}

/* What is behind the field's colon. */
static struct span field_value(const struct canon_header *header, const struct canon_field *field)
{
	const char *text = header->text.data + field->start;
	struct span rest = {text + field->name_size, text + field->size};

	take_until(&rest, ':');
	return rest;
}

/* ---------------------------------------------------------------- a signature (section 3.5) */

/* Letters beyond ASCII as RFC 8616 allows them. */
static int is_domain(struct span name)
{
	const char *at;

	for (at = name.start; at < name.end; at++)
		if (!is_letter(*at) && !is_digit(*at) && *at != '-' && *at != '_' && *at != '.' &&
		        (unsigned char)*at < 0x80)
			return 0;
	return span_size(name) > 0 && span_size(name) <= DOMAIN_BYTES_MAX;
}

static void take_domain(char **out, struct span name)
{
	if (!is_domain(name))
		return;
	free(*out);
	*out = alloc_bytes(name.start, span_size(name));
}

static int read_form(struct span word, enum dkim_form *form)
{
	*form = is_value(word, "relaxed") ? DKIM_RELAXED : DKIM_SIMPLE;
	return *form == DKIM_RELAXED || is_value(word, "simple");
}

/* "relaxed" alone is of the header: the body is simple. */
static int read_forms(struct dkim_signature *signature, const struct tags *tags)
{
	struct span rest = value_of(tags, "c"), header;
	int has_body = memchr(rest.start, '/', span_size(rest)) != NULL;

	if (!find_tag(tags, "c", 1))
		return 1;
	header = take_until(&rest, '/');
	return read_form(header, &signature->header_form) &&
	       (!has_body || read_form(rest, &signature->body_form));
}

/* Seventy digits are allowed; what no body reaches is all the same. */
static int read_length(struct dkim_signature *signature, const struct tags *tags)
{
	struct span value = value_of(tags, "l");
	const char *at;
	int64_t length = 0;

	if (!find_tag(tags, "l", 1))
		return 1;
	for (at = value.start; at < value.end; at++) {
		if (!is_digit(*at))
			return 0;
		length = length > INT64_MAX / 10 - 1 ? length : 10 * length + (*at - '0');
	}
	signature->body_length = length;
	return span_size(value) > 0;
}

static int is_field_name(struct span name)
{
	const char *at;

	for (at = name.start; at < name.end; at++)
		if (*at <= ' ' || *at > '~')
			return 0;
	return span_size(name) > 0;
}

static int read_names(struct dkim_signature *signature, const struct tags *tags)
{
	struct span rest = value_of(tags, "h"), name;
	int more = 1, has_from = 0;

	signature->names = alloc_zero(DKIM_NAMES_MAX, sizeof *signature->names);
	while (more) {
		more = memchr(rest.start, ':', span_size(rest)) != NULL;
		name = trimmed(take_until(&rest, ':'));
		if (!is_field_name(name) || signature->name_count == DKIM_NAMES_MAX)
			return 0;
		has_from |= is_value(name, "from");
		signature->names[signature->name_count] = alloc_bytes(name.start, span_size(name));
		text_lower(signature->names[signature->name_count++]);
	}
	return has_from;
}

static int has_all_tags(const struct tags *tags)
{
	static const char *const names[] = {"v", "a", "b", "bh", "d", "h", "s"};
	size_t at;

	for (at = 0; at < sizeof names / sizeof names[0]; at++)
		if (!span_size(value_of(tags, names[at])))
			return 0;
	return 1;
}

/* Gives why it can't be read. */
static const char *read_signature(struct dkim_signature *signature, struct span value)
{
	struct tags tags;

	if (!read_tags(&tags, value))
		return "it is no list of tags";
	take_domain(&signature->domain, value_of(&tags, "d"));
	take_domain(&signature->selector, value_of(&tags, "s"));
	if (!has_all_tags(&tags))
		return "a tag is missing";
	if (!is_value(value_of(&tags, "v"), "1"))
		return "its version is unknown";
	if (!*signature->domain || !*signature->selector)
		return "its domain or selector is none";
	if (!read_forms(signature, &tags))
		return "its canonicalization is unknown";
	if (!read_length(signature, &tags))
		return "its body length is no number";
	if (!read_names(signature, &tags))
		return "its list of fields can't be read, or lacks From";
	return NULL;
}

static const struct canon_field *field_at(const struct canon_header *header, size_t offset)
{
	size_t at;

	for (at = 0; at < header->count; at++)
		if (header->fields[at].offset == offset &&
		        canon_field_is(header, &header->fields[at], field_name))
			return &header->fields[at];
	return NULL;
}

static void add_signature(
        struct dkim_signatures *signatures, const struct canon_header *header, size_t offset)
{
	const struct canon_field *field = field_at(header, offset);
	struct dkim_signature *signature = &signatures->list[signatures->count++];

	*signature = (struct dkim_signature){.offset = offset, .body_length = -1};
	signature->domain = alloc_string("");
	signature->selector = alloc_string("");
	if (header->too_long)
		signature->unreadable = "the header is too long";
	else if (!field)
		signature->unreadable = "it is no field of the header for everyone";
	else
		signature->unreadable = read_signature(signature, field_value(header, field));
}

/* The message as it stands. */
static void read_header(struct canon_header *header, const struct mime_map *map)
{
	struct canon_source source;

	canon_source_init(&source, map, NULL, 0, &(struct buf){0});
	canon_header_read(header, &source);
}

void dkim_read(struct dkim_signatures *signatures, const struct mime_map *map)
{
	const struct mime_field *field;
	struct canon_header header;

	read_header(&header, map);
	*signatures = (struct dkim_signatures){0};
	signatures->list = alloc_zero(DKIM_SIGNATURES_MAX, sizeof *signatures->list);
	while ((field = mime_field(map, 0, field_name, signatures->count)) != NULL &&
	        signatures->count < DKIM_SIGNATURES_MAX)
		add_signature(signatures, &header, field->name.offset);
	signatures->too_many =
	        field != NULL || (map->parts[0].noted >> MIME_ANOMALY_TOO_MANY_FIELDS & 1);
	canon_header_fini(&header);
}

void dkim_fini(struct dkim_signatures *signatures)
{
	size_t at, name;

	for (at = 0; at < signatures->count; at++) {
		struct dkim_signature *signature = &signatures->list[at];

		for (name = 0; name < signature->name_count; name++)
			free(signature->names[name]);
		free(signature->names);
		free(signature->domain);
		free(signature->selector);
	}
	free(signatures->list);
	*signatures = (struct dkim_signatures){0};
}

/* ---------------------------------------------------------------- a change */

struct dkim_change {
	struct buf front; /* the added fields, as far as they are known: their names */
	int is_sound;
	struct canon_header before, after;
	int is_compared[DKIM_RELAXED + 1]; /* the bodies, in this form */
	uint64_t differ_at[DKIM_RELAXED + 1];
};

struct dkim_change *dkim_change_new(const struct mime_map *map, const struct dkim_edit *edits,
        size_t edit_count, const char *const *added, size_t added_count)
{
	struct dkim_change *change = alloc_zero(1, sizeof *change);
	struct canon_source source;
	size_t at;

	change->is_sound = canon_edits_are_sound(edits, edit_count, map->size);
	if (!change->is_sound)
		return change;
	for (at = 0; at < added_count; at++)
		buf_add_format(&change->front, "%s:\n", added[at]);
	read_header(&change->before, map);
	canon_source_init(&source, map, edits, edit_count, &change->front);
	canon_header_read(&change->after, &source);
	return change;
}

void dkim_change_free(struct dkim_change **change)
{
	if (!*change)
		return;
	canon_header_fini(&(*change)->before);
	canon_header_fini(&(*change)->after);
	buf_fini(&(*change)->front);
	free(*change);
	*change = NULL;
}

/* ---------------------------------------------------------------- its effect on the header */

static void add_canonical(struct buf *out, const struct canon_header *header,
        const struct canon_field *field, enum dkim_form form)
{
	canon_add_field(out, header->text.data + field->start, field->size, field->name_size, form);
}

/* The signature's own field is signed without the value of b=, of which blanks don't count (section
 * 3.5); the rest of the value must stay. */
static void add_own(struct buf *out, const struct canon_header *header,
        const struct canon_field *field, enum dkim_form form)
{
	const char *text = header->text.data + field->start, *at;
	struct span all = {text, text + field->size}, value;
	struct buf squeezed = {0};
	struct tags tags;

	if (!read_tags(&tags, field_value(header, field)) || !find_tag(&tags, "b", 1)) {
		add_canonical(out, header, field, form);
		return;
	}
	value = value_of(&tags, "b");
	while (value.start > all.start && is_blank(value.start[-1]))
		value.start--;
	while (value.end < all.end && is_blank(*value.end))
		value.end++;
	buf_add(&squeezed, all.start, (size_t)(value.start - all.start));
	for (at = value.start; at < value.end; at++)
		if (!is_blank(*at))
			buf_add_char(&squeezed, *at);
	buf_add(&squeezed, value.end, (size_t)(all.end - value.end));
	canon_add_field(out, squeezed.data, squeezed.size, field->name_size, form);
	buf_fini(&squeezed);
}

static int is_same(const struct buf *one, const struct buf *other)
{
	return one->size == other->size && memcmp(one->data, other->data, one->size) == 0;
}

/* Of added fields only the name is known, so they are like none that was there. */
static int is_added(const struct dkim_change *change, const struct canon_field *field)
{
	return field->start < change->front.size;
}

static int is_own_field_kept(
        const struct dkim_change *change, const struct dkim_signature *signature)
{
	const struct canon_header *after = &change->after;
	const struct canon_field *own = field_at(&change->before, signature->offset);
	struct buf before = {0}, one = {0};
	int kept = 0;
	size_t at;

	if (!own)
		return 0;
	add_own(&before, &change->before, own, signature->header_form);
	for (at = 0; at < after->count && !kept; at++) {
		if (is_added(change, &after->fields[at]) ||
		        !canon_field_is(after, &after->fields[at], field_name))
			continue;
		buf_clear(&one);
		add_own(&one, after, &after->fields[at], signature->header_form);
		kept = is_same(&before, &one);
	}
	buf_fini(&before);
	buf_fini(&one);
	return kept;
}

/* Of a name that is listed n times, the n lowest fields are signed (section 5.4.2); where there are
 * fewer, that there is no other. */
static int is_name_kept(const struct dkim_change *change, const struct dkim_signature *signature,
        const char *name, size_t nth)
{
	const struct canon_field *before = canon_field_from_below(&change->before, name, nth);
	const struct canon_field *after = canon_field_from_below(&change->after, name, nth);
	struct buf one = {0}, other = {0};
	int kept;

	if (!before || !after)
		return before == after;
	if (is_added(change, after))
		return 0;
	add_canonical(&one, &change->before, before, signature->header_form);
	add_canonical(&other, &change->after, after, signature->header_form);
	kept = is_same(&one, &other);
	buf_fini(&one);
	buf_fini(&other);
	return kept;
}

static size_t count_before(const struct dkim_signature *signature, size_t which)
{
	size_t at, count = 0;

	for (at = 0; at < which; at++)
		count += strcmp(signature->names[at], signature->names[which]) == 0;
	return count;
}

static int is_header_kept(const struct dkim_change *change, const struct dkim_signature *signature)
{
	size_t at;

	if (!is_own_field_kept(change, signature))
		return 0;
	for (at = 0; at < signature->name_count; at++)
		if (!is_name_kept(
		            change, signature, signature->names[at], count_before(signature, at)))
			return 0;
	return 1;
}

/* ---------------------------------------------------------------- its effect on the body */

/* The first l= bytes are signed. A body that has got shorter than that differs where it ends. */
static int is_body_kept(struct dkim_change *change, const struct dkim_signature *signature)
{
	enum dkim_form form = signature->body_form;

	if (!change->is_compared[form]) {
		change->differ_at[form] =
		        canon_bodies_differ_at(&change->before.body, &change->after.body, form);
		change->is_compared[form] = 1;
	}
	if (signature->body_length < 0)
		return change->differ_at[form] == UINT64_MAX;
	return change->differ_at[form] >= (uint64_t)signature->body_length;
}

unsigned dkim_effect(struct dkim_change *change, const struct dkim_signature *signature)
{
	unsigned effect = DKIM_KEPT;

	if (signature->unreadable || !change->is_sound || change->before.too_long ||
	        change->after.too_long)
		return DKIM_UNREADABLE;
	if (!is_header_kept(change, signature))
		effect |= DKIM_BREAKS_HEADER;
	if (!is_body_kept(change, signature))
		effect |= DKIM_BREAKS_BODY;
	return effect;
}
