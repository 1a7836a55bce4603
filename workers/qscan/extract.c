#include "workers/qscan/extract.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/text.h"
#include "lib/filetype/filetype.h"
#include "lib/mime/decode.h"
#include "lib/unpack/unpack.h"
#include "workers/qscan/opaque.h"

static const char check[] = "attachments";

enum { MAIL_HEAD = 8192 };

struct extract {
	struct scan *scan;
	struct unpack_budget budget;
	extract_visit *visit;
	void *context;
	int late;
	unsigned char *read; /* one byte a content, as far as there is room: a map has looked for
	                        mail inside it */
	size_t read_room;
};

/* Where we are: inside which content of which part. */
struct place {
	struct extract *extract;
	int part;
	int level;        /* 0: the message itself, where each part is its own */
	const char *path; /* what the pieces' paths begin with; "" for the message itself */
	const char *name; /* a container's own, for a member that has none */
	int is_single;    /* a container of one compressed file */
	size_t content;   /* the container's own, in the scan */
};

static int is_late(struct extract *extract)
{
	if (!extract->late && scan_late(extract->scan)) {
		extract->late = 1;
		scan_unscanned(extract->scan, check, UNSCANNED_TIMEOUT, "no time left to unpack");
	}
	return extract->late;
}

static void tell(struct extract *extract, enum unscanned why, int part, const char *where,
        const char *detail)
{
	struct finding *finding = scan_unscanned(extract->scan, check, why, detail);

	finding->part = part;
	finding_text(&finding->where, "%s", where);
}

static void show(struct extract *extract, const struct extracted *extracted)
{
	extract->visit(extract->context, extract->scan, extracted);
}

/* The content that was added last is not opened as mail again. */
static void set_read(struct extract *extract)
{
	size_t index = extract->scan->content_count - 1, room = extract->read_room;

	if (index >= room) {
		extract->read_room = 2 * index + 16;
		extract->read = alloc_grow(extract->read, extract->read_room, 1);
		memset(extract->read + room, 0, extract->read_room - room);
	}
	extract->read[index] = 1;
}

static int is_read(const struct extract *extract, size_t index)
{
	return index < extract->read_room && extract->read[index];
}

/* Shows the content that was added last. */
static void show_content(struct extract *extract, struct extracted *extracted)
{
	extracted->content = (long)extract->scan->content_count - 1;
	show(extract, extracted);
	extracted->content = EXTRACT_NO_CONTENT;
}

/* ---------------------------------------------------------------- parts */

static void describe(struct extracted *extracted, const struct mime_part *part)
{
	size_t at;

	for (at = 0; at < part->name_count && at < EXTRACT_MOST_TEXTS; at++)
		extracted->names[extracted->name_count++] = part->names[at].text;
	extracted->types[extracted->type_count++] = part->type;
	for (at = 0; at < part->other_type_count && at + 1 < EXTRACT_MOST_TEXTS; at++)
		extracted->types[extracted->type_count++] = part->other_types[at];
}

static const char *name_of(const struct mime_part *part)
{
	return part->name_count ? part->names[0].text : "";
}

/* "1.2/x.exe" for a part that has a name, "1.2" for one that has none, behind where its mail is. */
static char *path_of(const struct place *place, const struct mime_part *part)
{
	const char *name = name_of(part);

	return alloc_format("%s%s%s%s%s", place->path, *place->path ? "/" : "", part->path,
	        *name ? "/" : "", name);
}

/* A leaf under one encoding. Identity lends the message's own bytes. */
static void add_leaf(const struct place *place, const struct mime_map *map, size_t index,
        enum mime_encoding encoding, struct extracted *extracted)
{
	const struct mime_part *part = &map->parts[index];
	struct content *content = scan_add_content(place->extract->scan, extracted->part,
	        extracted->path, name_of(part), place->level);

	if (encoding == MIME_IDENTITY) {
		content->bytes = map->bytes + part->body.offset;
		content->size = part->body.length;
		if (text_starts(part->type, "text/"))
			set_read(place->extract);
	} else {
		buf_add(&content->owned, "", 0);
		decode_part(map, index, encoding, &content->owned);
		content->bytes = (const unsigned char *)content->owned.data;
		content->size = content->owned.size;
	}
	show_content(place->extract, extracted);
}

static int is_believed(const struct mime_part *part, enum mime_encoding encoding)
{
	return (part->encodings >> encoding & 1) != 0;
}

/* The bytes as they stand, which is also what an unknown encoding leaves. */
static void add_raw(const struct place *place, const struct mime_map *map, size_t index,
        struct extracted *extracted)
{
	const struct mime_part *part = &map->parts[index];

	if (is_believed(part, MIME_IDENTITY) || is_believed(part, MIME_UNKNOWN_ENCODING))
		add_leaf(place, map, index, MIME_IDENTITY, extracted);
}

static void add_leaves(const struct place *place, const struct mime_map *map, size_t index,
        struct extracted *extracted)
{
	const struct mime_part *part = &map->parts[index];
	int encoding;

	add_raw(place, map, index, extracted);
	for (encoding = MIME_IDENTITY + 1; encoding < MIME_UNKNOWN_ENCODING; encoding++)
		if (is_believed(part, encoding))
			add_leaf(place, map, index, encoding, extracted);
}

/* ---------------------------------------------------------------- mail inside */

static void read_map(const struct place *place, const struct mime_map *map, size_t first);

static void tell_anomalies(const struct place *place, const struct mime_map *map)
{
	size_t at;

	if (map->truncated)
		tell(place->extract, UNSCANNED_LIMIT, place->part, place->path,
		        "more parts than are looked at");
	for (at = 0; at < map->anomaly_count; at++) {
		if (mime_anomaly_severity(map->anomalies[at].kind) < 2)
			continue;
		tell(place->extract, UNSCANNED_AMBIGUOUS, place->part, place->path,
		        mime_anomaly_text(map->anomalies[at].kind));
		return;
	}
}

static int is_too_deep(const struct place *place)
{
	if ((uint64_t)place->level <= place->extract->scan->config->attachments.max_depth)
		return 0;
	tell(place->extract, UNSCANNED_LIMIT, place->part, place->path,
	        "nested deeper than is looked at");
	return 1;
}

static struct mime_limits limits_of(const struct extract *extract)
{
	const struct config_attachments *limits = &extract->scan->config->attachments;

	return (struct mime_limits){limits->max_parts, limits->max_depth, 1000, 65536};
}

/* Reads `bytes` as a message. Its parts lend from them, so they must be a content of the scan. */
static void read_mail(const struct place *place, const unsigned char *bytes, size_t size)
{
	struct mime_limits mime = limits_of(place->extract);
	struct mime_map *map;

	if (is_too_deep(place))
		return;
	map = mime_map_new(bytes, size, &mime);
	tell_anomalies(place, map);
	read_map(place, map, 0);
	mime_map_free(&map);
}

/* What a part with its encoding undone is: a multipart or text stands in the new map as its root,
 * which is shown here already; a message is all new. */
static void read_decoded(const struct place *place, const struct mime_map *outer, size_t index,
        const unsigned char *bytes, size_t size)
{
	struct mime_limits mime = limits_of(place->extract);
	struct mime_map *map;

	if (is_too_deep(place))
		return;
	map = mime_map_new_decoded(outer, index, bytes, size, &mime);
	tell_anomalies(place, map);
	read_map(place, map, outer->parts[index].is_message ? 0 : 1);
	mime_map_free(&map);
}

static void read_encoded(const struct place *place, const struct mime_map *map, size_t index,
        enum mime_encoding encoding, struct extracted *extracted)
{
	struct extract *extract = place->extract;
	struct place inner = {extract, extracted->part, place->level + 1, extracted->path};
	struct content *content = scan_add_content(extract->scan, extracted->part, extracted->path,
	        name_of(&map->parts[index]), place->level);

	buf_add(&content->owned, "", 0);
	decode_part(map, index, encoding, &content->owned);
	content->bytes = (const unsigned char *)content->owned.data;
	content->size = content->owned.size;
	set_read(extract);
	show_content(extract, extracted);
	read_decoded(&inner, map, index, content->bytes, content->size);
}

/* The children of a multipart are what it is as it stands; a leaf has none. */
static void read_encoded_all(const struct place *place, const struct mime_map *map, size_t index,
        struct extracted *extracted)
{
	int encoding;

	if (!map->parts[index].is_multipart)
		add_raw(place, map, index, extracted);
	for (encoding = MIME_IDENTITY + 1; encoding < MIME_UNKNOWN_ENCODING; encoding++)
		if (is_believed(&map->parts[index], encoding))
			read_encoded(place, map, index, encoding, extracted);
}

/* Parts of mail inside mail count like members of an archive. */
static int may_read_part(const struct place *place)
{
	if (is_late(place->extract))
		return 0;
	if (!place->level)
		return 1;
	if (!place->extract->budget.members) {
		tell(place->extract, UNSCANNED_LIMIT, place->part, place->path, "too many members");
		return 0;
	}
	place->extract->budget.members--;
	return 1;
}

static void read_part(const struct place *place, const struct mime_map *map, size_t index)
{
	const struct mime_part *part = &map->parts[index];
	char *path = path_of(place, part);
	struct extracted extracted = {
	        .part = place->level ? place->part : (int)index,
	        .level = place->level,
	        .path = path,
	        .content = EXTRACT_NO_CONTENT,
	};

	describe(&extracted, part);
	if (part->needs_decoding)
		read_encoded_all(place, map, index, &extracted);
	else if (part->is_multipart || part->child_count)
		show(place->extract, &extracted);
	else
		add_leaves(place, map, index, &extracted);
	free(path);
}

static void read_map(const struct place *place, const struct mime_map *map, size_t first)
{
	size_t index;

	for (index = first; index < map->part_count && may_read_part(place); index++)
		read_part(place, map, index);
}

/* ---------------------------------------------------------------- containers */

/* What is left of a compressed file's name: "x.exe" of "x.exe.gz", "y.tar" of "y.tgz". */
static char *unpacked_name(const char *name)
{
	const char *dot = strrchr(name, '.');
	const char *slash = strrchr(name, '/');

	if (!dot || dot == name || (slash && dot < slash))
		return alloc_string(name);
	if (text_starts(dot, ".t") || text_starts(dot, ".svgz"))
		return alloc_format(
		        "%.*s.%s", (int)(dot - name), name, text_starts(dot, ".t") ? "tar" : "svg");
	return alloc_bytes(name, (size_t)(dot - name));
}

static void take_member(void *context, struct unpack_member *member)
{
	const struct place *place = context;
	char *name = place->is_single && !*member->name ? unpacked_name(place->name)
	                                                : alloc_string(member->name);
	char *path = alloc_format("%s/%s", place->path, name);
	struct extracted extracted = {
	        .part = place->part,
	        .level = place->level,
	        .path = path,
	        .names = {name},
	        .name_count = 1,
	        .content = EXTRACT_NO_CONTENT,
	};
	struct content *content;

	if (member->content) {
		content = scan_add_content(
		        place->extract->scan, place->part, path, name, place->level);
		content->owned = *member->content;
		memset(member->content, 0, sizeof(*member->content));
		content->bytes = (const unsigned char *)content->owned.data;
		content->size = content->owned.size;
		show_content(place->extract, &extracted);
	} else if (!member->is_folder) {
		show(place->extract, &extracted);
	}
	free(path);
	free(name);
}

static void take_problem(
        void *context, enum unpack_problem problem, const char *member, const char *detail)
{
	static const enum unscanned whys[] = {
	        [UNPACK_LIMIT] = UNSCANNED_LIMIT,
	        [UNPACK_TIMEOUT] = UNSCANNED_TIMEOUT,
	        [UNPACK_ENCRYPTED] = UNSCANNED_ENCRYPTED,
	        [UNPACK_FORMAT] = UNSCANNED_FORMAT,
	        [UNPACK_AMBIGUOUS] = UNSCANNED_AMBIGUOUS,
	};
	const struct place *place = context;
	char *where = alloc_format("%s%s%s", place->path, *member ? "/" : "", member);

	tell(place->extract, whys[problem], place->part, where, detail);
	free(where);
}

static void take_trait(void *context, enum unpack_trait trait, const char *detail)
{
	const struct place *place = context;

	place->extract->scan->contents[place->content].traits |= 1u << trait;
}

static void open_container(struct extract *extract, const struct content *content, const char *kind)
{
	/* Adding members moves scan->contents, so everything is taken out first. */
	char *path = alloc_string(content->path), *name = alloc_string(content->name);
	struct place place = {.extract = extract,
	        .part = content->part,
	        .level = content->level + 1,
	        .path = path,
	        .name = name,
	        .is_single = unpack_is_single(kind),
	        .content = (size_t)(content - extract->scan->contents)};
	struct unpack_sink sink = {&place, take_member, take_problem, take_trait};

	if ((uint64_t)place.level > extract->scan->config->attachments.max_depth)
		tell(extract, UNSCANNED_LIMIT, place.part, path, "nested deeper than is looked at");
	else
		unpack_walk(content->bytes, content->size, &extract->budget, &sink);
	free(path);
	free(name);
}

/* ---------------------------------------------------------------- contents that are more */

/* A piece that a client opens as mail: an .eml or .mht, or what a signature was put around. */
static int is_mail(const struct content *content)
{
	size_t head = content->size < MAIL_HEAD ? content->size : MAIL_HEAD;
	const char *text = (const char *)content->bytes, *type;

	type = filetype_text(content->bytes, content->size);
	if (!type || !text_find(text, head, "content-type:"))
		return 0;
	return !strcmp(type, "message/rfc822") || text_starts(text, "content-type:") ||
	       text_find(text, head, "\ncontent-type:") != NULL;
}

static void open_mail(struct extract *extract, const struct content *content)
{
	char *path = alloc_string(content->path);
	struct place place = {extract, content->part, content->level + 1, path};

	read_mail(&place, content->bytes, content->size);
	free(path);
}

static void open_signed(struct extract *extract, size_t index)
{
	struct content *outer = &extract->scan->contents[index], *inner;
	struct extracted extracted = {.part = outer->part, .level = outer->level + 1};
	struct buf mail = {0};
	char *path;

	if (!opaque_signed(outer->bytes, outer->size, &mail)) {
		buf_fini(&mail);
		return; /* a signature beside what it signs */
	}
	if ((uint64_t)extracted.level > extract->scan->config->attachments.max_depth) {
		tell(extract, UNSCANNED_LIMIT, outer->part, outer->path,
		        "nested deeper than is looked at");
		buf_fini(&mail);
		return;
	}
	path = alloc_format("%s/signed", outer->path);
	inner = scan_add_content(extract->scan, outer->part, path, "", extracted.level);
	inner->owned = mail;
	inner->bytes = (const unsigned char *)inner->owned.data;
	inner->size = inner->owned.size;
	extracted.path = path;
	show_content(extract, &extracted);
	free(path);
}

static void open_opaque(struct extract *extract, size_t index, enum opaque kind)
{
	const struct content *content = &extract->scan->contents[index];

	if (kind == OPAQUE_ENCRYPTED)
		tell(extract, UNSCANNED_ENCRYPTED, content->part, content->path,
		        "S/MIME or OpenPGP");
	else if (kind == OPAQUE_COMPRESSED)
		tell(extract, UNSCANNED_FORMAT, content->part, content->path,
		        "S/MIME compressed-data");
	else if (kind == OPAQUE_SIGNED)
		open_signed(extract, index);
}

static void open_content(struct extract *extract, size_t index)
{
	const struct content *content = &extract->scan->contents[index];
	enum opaque opaque;
	const char *kind;

	if (!is_read(extract, index) && is_mail(content)) {
		open_mail(extract, content);
		return;
	}
	/* A text may be a container by what its script brings along, and hold an encrypted message.
	 */
	opaque = opaque_kind(content->bytes, content->size);
	kind = unpack_kind(content->bytes, content->size);
	if (kind)
		open_container(extract, content, kind);
	open_opaque(extract, index, opaque);
}

/* What GMime alone saw has no part and no types. */
static void show_extras(struct extract *extract)
{
	size_t at, count = extract->scan->content_count;

	for (at = 0; at < count; at++) {
		const struct content *content = &extract->scan->contents[at];
		struct extracted extracted = {.part = content->part,
		        .level = content->level,
		        .path = content->path,
		        .names = {content->name},
		        .name_count = *content->name != '\0',
		        .content = (long)at};

		show(extract, &extracted);
	}
}

void extract_all(struct scan *scan, extract_visit *visit, void *context)
{
	const struct config_attachments *limits = &scan->config->attachments;
	struct extract extract = {.scan = scan, .visit = visit, .context = context};
	struct place top = {.extract = &extract, .part = SCAN_NO_PART, .path = ""};
	size_t at;

	extract.budget = (struct unpack_budget){
	        limits->max_members, limits->max_expanded, limits->max_ratio, scan->deadline_us};
	show_extras(&extract);
	read_map(&top, scan->map, 0);
	/* The list grows while it is walked: each content is opened once, level by level. */
	for (at = 0; at < scan->content_count && !is_late(&extract); at++)
		open_content(&extract, at);
	free(extract.read);
}
