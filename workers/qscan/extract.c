#include "workers/qscan/extract.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "lib/base/text.h"
#include "lib/filetype/filetype.h"
#include "lib/mime/decode.h"
#include "lib/unpack/unpack.h"
#include "workers/qscan/armour.h"
#include "workers/qscan/blame.h"
#include "workers/qscan/opaque.h"

static const char check[] = "attachments";

/* Bytes of a path, and of a name. Each member has its container's path in its own, and each name is
 * held against every pattern: what packs to nothing would take memory and time for each of them. */
enum { PATH_MOST = 8192, NAME_MOST = 2048 };

struct extract {
	struct scan *scan;
	struct unpack_budget budget;
	int late;
};

/* Where we are: inside which content of which part. */
struct place {
	struct extract *extract;
	int part;
	int level;      /* 0: the message itself, where each part is its own */
	long container; /* the content that we are in, or SCAN_NO_CONTENT */
	long last;      /* the member that was handed out before, or SCAN_NO_CONTENT */
	int is_single;  /* a container of one compressed file */
};

static const struct content *container_of(const struct place *place)
{
	return &place->extract->scan->contents[place->container];
}

/* What the pieces' paths begin with; "" for the message itself. */
static const char *path_to(const struct place *place)
{
	return place->container == SCAN_NO_CONTENT ? "" : container_of(place)->path;
}

/* The configuration's own limit is met long before the deadline that ends all. */
static enum unscanned out_of_time(const struct extract *extract)
{
	return scan_late(extract->scan) ? UNSCANNED_TIMEOUT : UNSCANNED_LIMIT;
}

static int is_late(struct extract *extract)
{
	if (!extract->late && clock_monotonic_us() > extract->budget.deadline_us) {
		extract->late = 1;
		scan_unscanned(
		        extract->scan, check, out_of_time(extract), "no time left to unpack");
	}
	return extract->late;
}

static void tell(
        const struct place *place, enum unscanned why, const char *member, const char *detail)
{
	const char *path = path_to(place);
	struct finding *finding = scan_unscanned(place->extract->scan, check, why, detail);

	finding->part = place->part;
	finding->content = place->container;
	finding_text(&finding->where, "%s%s%s", path, *path && *member ? "/" : "", member);
}

static void tell_names(struct scan *scan, const struct content *content)
{
	struct finding *finding = scan_unscanned(
	        scan, check, UNSCANNED_LIMIT, "more or longer names than are looked at");

	finding->part = content->part;
	finding->content = content - scan->contents;
	finding_text(&finding->where, "%s", content->path);
}

/* Adds what is found here, and says what it was found in; lends it until the next one. */
static struct content *add_content(const struct place *place, int part, const char *path)
{
	struct scan *scan = place->extract->scan;
	size_t length = strnlen(path, PATH_MOST);
	char *kept = alloc_bytes(path, length);
	struct content *content = scan_add_content(scan, part, place->level, kept);

	content->parent = place->container;
	free(kept);
	if (path[length])
		tell_names(scan, content);
	return content;
}

/* Of one that is too long, the end, which says what opens it. */
static void add_name(struct scan *scan, struct content *content, const char *name)
{
	size_t length = strlen(name);

	if (length > NAME_MOST || content->name_count == SCAN_MOST_TEXTS)
		tell_names(scan, content);
	content_add_name(content, length > NAME_MOST ? name + length - NAME_MOST : name);
}

static long index_of(const struct extract *extract, const struct content *content)
{
	return content - extract->scan->contents;
}

/* The bytes that it owns, from now on. */
static void own(struct content *content, struct buf *bytes)
{
	buf_add(bytes, "", 0);
	content->owned = *bytes;
	memset(bytes, 0, sizeof(*bytes));
	content->bytes = (const unsigned char *)content->owned.data;
	content->size = content->owned.size;
}

/* ---------------------------------------------------------------- parts */

static void describe(struct scan *scan, struct content *content, const struct mime_part *part)
{
	size_t at;

	for (at = 0; at < part->name_count; at++)
		add_name(scan, content, part->names[at].text);
	content_add_type(content, part->type);
	for (at = 0; at < part->other_type_count; at++)
		content_add_type(content, part->other_types[at]);
}

/* "1.2/x.exe" for a part that has a name, "1.2" for one that has none, behind where its mail is. */
static char *path_of(const struct place *place, const struct mime_part *part)
{
	const char *name = part->name_count ? part->names[0].text : "", *path = path_to(place);

	return alloc_format(
	        "%s%s%s%s%s", path, *path ? "/" : "", part->path, *name ? "/" : "", name);
}

/* Two clients may see different contents in it. */
static int is_ambiguous(const struct mime_part *part)
{
	enum mime_anomaly_kind kind;

	for (kind = 0; kind < MIME_ANOMALY_KINDS; kind++)
		if (part->noted >> kind & 1 && mime_anomaly_severity(kind) > 1)
			return 1;
	return 0;
}

/* A part of the message itself is its own; those of mail inside it are in one of these. */
static struct content *add_part(const struct place *place, const struct mime_map *map, size_t index)
{
	const struct mime_part *part = &map->parts[index];
	char *path = path_of(place, part);
	struct content *content = add_content(place, place->level ? place->part : (int)index, path);

	describe(place->extract->scan, content, part);
	if (is_ambiguous(part))
		content->traits |= 1u << TRAIT_AMBIGUOUS;
	free(path);
	return content;
}

/* What is decoded in mail inside mail counts as unpacked: each mail around it may come in several
 * readings, and each of these has it again. What lies in the message itself is bounded by that. */
static int may_decode(const struct place *place, size_t size)
{
	struct unpack_budget *budget = &place->extract->budget;

	if (!place->level)
		return 1;
	if (size > budget->bytes) {
		tell(place, UNSCANNED_LIMIT, "", "more bytes than are unpacked");
		return 0;
	}
	budget->bytes -= size;
	return 1;
}

/* A leaf under one encoding. Identity lends the message's own bytes; without bytes where there was
 * no room for them. */
static struct content *add_leaf(const struct place *place, const struct mime_map *map, size_t index,
        enum mime_encoding encoding)
{
	const struct mime_part *part = &map->parts[index];
	struct content *content = add_part(place, map, index);
	struct buf decoded = {0};

	if (encoding == MIME_IDENTITY) {
		content->bytes = map->bytes + part->body.offset;
		content->size = part->body.length;
		content->is_read = text_starts(part->type, "text/");
	} else if (may_decode(place, part->body.length)) {
		decode_part(map, index, encoding, &decoded);
		own(content, &decoded);
	}
	return content;
}

static int is_believed(const struct mime_part *part, enum mime_encoding encoding)
{
	return (part->encodings >> encoding & 1) != 0;
}

/* With a blank for each bare CR; false where there is none. */
static int with_blanks(const unsigned char *bytes, size_t size, struct buf *out)
{
	const unsigned char *at = bytes, *end = bytes + size, *cr;
	int found = 0;

	while (at < end && (cr = memchr(at, '\r', (size_t)(end - at)))) {
		at = cr + 1;
		if (at < end && *at == '\n')
			continue;
		if (!found)
			buf_add(out, bytes, size);
		found = 1;
		out->data[cr - bytes] = ' ';
	}
	return found;
}

/* A bare CR never leaves as one, but as a blank (lib/smtp/body.h): what that makes of a body is
 * looked at, too. */
static void add_as_sent(const struct place *place, const struct mime_map *map, size_t index)
{
	const struct mime_range body = map->parts[index].body;
	struct buf sent = {0};
	struct content *content;

	if (place->level || !with_blanks(map->bytes + body.offset, body.length, &sent))
		return;
	content = add_part(place, map, index);
	own(content, &sent);
}

/* The bytes as they stand, which is also what an unknown encoding leaves. */
static void add_raw(const struct place *place, const struct mime_map *map, size_t index)
{
	const struct mime_part *part = &map->parts[index];

	if (!is_believed(part, MIME_IDENTITY) && !is_believed(part, MIME_UNKNOWN_ENCODING))
		return;
	add_leaf(place, map, index, MIME_IDENTITY);
	add_as_sent(place, map, index);
}

static void add_leaves(const struct place *place, const struct mime_map *map, size_t index)
{
	int encoding;

	add_raw(place, map, index);
	for (encoding = MIME_IDENTITY + 1; encoding < MIME_UNKNOWN_ENCODING; encoding++)
		if (is_believed(&map->parts[index], encoding))
			add_leaf(place, map, index, encoding);
}

/* ---------------------------------------------------------------- mail inside */

static void read_map(const struct place *place, const struct mime_map *map, size_t first);

static void tell_truncated(const struct place *place)
{
	tell(place, UNSCANNED_LIMIT, "", "more parts than are looked at");
}

static void tell_anomalies(const struct place *place, const struct mime_map *map)
{
	size_t at;

	if (map->truncated)
		tell_truncated(place);
	for (at = 0; at < map->anomaly_count; at++) {
		if (mime_anomaly_severity(map->anomalies[at].kind) < 2)
			continue;
		tell(place, UNSCANNED_AMBIGUOUS, "", mime_anomaly_text(map->anomalies[at].kind));
		return;
	}
}

static int is_too_deep(const struct place *place)
{
	if ((uint64_t)place->level <= place->extract->scan->config->attachments.max_depth)
		return 0;
	tell(place, UNSCANNED_LIMIT, "", "nested deeper than is looked at");
	return 1;
}

static struct mime_limits limits_of(const struct extract *extract)
{
	const struct config_attachments *limits = &extract->scan->config->attachments;

	return (struct mime_limits){limits->max_parts, limits->max_depth, 1000, 65536};
}

/* The place inside a content. */
static struct place inside(struct extract *extract, size_t index)
{
	const struct content *content = &extract->scan->contents[index];

	return (struct place){.extract = extract,
	        .part = content->part,
	        .level = content->level + 1,
	        .container = (long)index,
	        .last = SCAN_NO_CONTENT};
}

/* What a part with its encoding undone is: a multipart or text stands in the new map as its root,
 * which is there already; a message is all new. The parts lend from the content's bytes. */
static void read_decoded(const struct place *place, const struct mime_map *outer, size_t index)
{
	struct mime_limits mime = limits_of(place->extract);
	const struct content *content = container_of(place);
	struct mime_map *map;

	if (is_too_deep(place))
		return;
	map = mime_map_new_decoded(outer, index, content->bytes, content->size, &mime);
	tell_anomalies(place, map);
	read_map(place, map, outer->parts[index].is_message ? 0 : 1);
	mime_map_free(&map);
}

static void read_encoded(const struct place *place, const struct mime_map *map, size_t index,
        enum mime_encoding encoding)
{
	struct content *content = add_leaf(place, map, index, encoding);
	struct place inner = inside(place->extract, (size_t)index_of(place->extract, content));

	content->is_read = 1;
	if (content->bytes)
		read_decoded(&inner, map, index);
}

/* The children of a multipart are what it is as it stands; a leaf has none. */
static void read_encoded_all(const struct place *place, const struct mime_map *map, size_t index)
{
	int encoding;

	if (!map->parts[index].is_multipart)
		add_raw(place, map, index);
	for (encoding = MIME_IDENTITY + 1; encoding < MIME_UNKNOWN_ENCODING; encoding++)
		if (is_believed(&map->parts[index], encoding))
			read_encoded(place, map, index, encoding);
}

/* Parts of mail inside mail count like members of an archive. */
static int may_read_part(const struct place *place)
{
	if (is_late(place->extract))
		return 0;
	if (!place->level)
		return 1;
	if (!place->extract->budget.members) {
		tell(place, UNSCANNED_LIMIT, "", "too many members");
		return 0;
	}
	place->extract->budget.members--;
	return 1;
}

/* Its names and types are in its header, which was read already. */
static void leave_out(
        const struct place *place, const struct mime_map *map, size_t index, enum unscanned why)
{
	struct scan *scan = place->extract->scan;
	struct content *content = add_part(place, map, index);
	struct finding *finding =
	        scan_unscanned(scan, check, why, "it ended who looked at it, alone as well");

	finding->part = (int)index;
	finding->content = content - scan->contents;
	finding_text(&finding->where, "%s", content->path);
}

/* Of the message itself, whose parts are looked at singly where one of them is in the way. */
static int is_looked_at(const struct place *place, const struct mime_map *map, size_t index)
{
	const struct scan *scan = place->extract->scan;
	enum unscanned why;

	if (place->level)
		return 1;
	if (scan->is_probe)
		return index >= scan->from && index < scan->to;
	why = scan_left_out(scan, index);
	if (why != UNSCANNED_NOT)
		leave_out(place, map, index, why);
	return why == UNSCANNED_NOT;
}

static void read_part(const struct place *place, const struct mime_map *map, size_t index)
{
	const struct mime_part *part = &map->parts[index];

	if (!is_looked_at(place, map, index))
		return;
	if (part->needs_decoding)
		read_encoded_all(place, map, index);
	else if (part->is_multipart || part->child_count)
		add_part(place, map, index);
	else
		add_leaves(place, map, index);
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
	int stem;

	if (!dot || dot == name || (slash && dot < slash))
		return alloc_string(name);
	stem = (int)(dot - name);
	if (text_starts(dot, ".svgz"))
		return alloc_format("%.*s.svg", stem, name);
	if (text_starts(dot, ".t") && !text_same(dot, ".txt"))
		return alloc_format("%.*s.tar", stem, name);
	return alloc_bytes(name, (size_t)stem);
}

static void add_member(struct place *place, struct unpack_member *member)
{
	char *name = place->is_single && !*member->name
	                     ? unpacked_name(content_name(container_of(place)))
	                     : alloc_string(member->name);
	char *path = alloc_format("%s/%s", path_to(place), name);
	struct content *content = add_content(place, place->part, path);

	add_name(place->extract->scan, content, name);
	if (member->content)
		own(content, member->content);
	place->last = index_of(place->extract, content);
	free(path);
	free(name);
}

static void take_member(void *context, struct unpack_member *member)
{
	struct place *place = context;
	struct scan *scan = place->extract->scan;

	if (member->is_folder)
		place->last = SCAN_NO_CONTENT;
	else if (member->is_alias && place->last != SCAN_NO_CONTENT)
		add_name(scan, &scan->contents[place->last], member->name);
	else
		add_member(place, member);
}

static void set_trait(const struct place *place, enum trait trait)
{
	place->extract->scan->contents[place->container].traits |= 1u << trait;
}

static void take_problem(
        void *context, enum unpack_problem problem, const char *member, const char *detail)
{
	const struct place *place = context;

	switch (problem) {
	case UNPACK_LIMIT:
		tell(place, UNSCANNED_LIMIT, member, detail);
		break;
	case UNPACK_TIMEOUT:
		tell(place, out_of_time(place->extract), member, detail);
		break;
	case UNPACK_ENCRYPTED:
		tell(place, UNSCANNED_ENCRYPTED, member, detail);
		set_trait(place, TRAIT_ENCRYPTED);
		break;
	case UNPACK_FORMAT:
		tell(place, UNSCANNED_FORMAT, member, detail);
		set_trait(place, TRAIT_BROKEN);
		break;
	case UNPACK_AMBIGUOUS:
		tell(place, UNSCANNED_AMBIGUOUS, member, detail);
		set_trait(place, TRAIT_AMBIGUOUS);
		break;
	}
}

static void take_trait(void *context, enum unpack_trait trait, const char *detail)
{
	static const enum trait traits[] = {
	        [UNPACK_MACRO] = TRAIT_MACRO,
	        [UNPACK_SCRIPT] = TRAIT_SCRIPT,
	        [UNPACK_SMUGGLED] = TRAIT_SMUGGLED,
	        [UNPACK_EMBEDDED] = TRAIT_EMBEDDED,
	        [UNPACK_EXTERNAL] = TRAIT_EXTERNAL,
	};
	const struct place *place = context;

	if (trait == UNPACK_PACKAGE)
		place->extract->scan->contents[place->container].is_package = 1;
	else
		set_trait(place, traits[trait]);
}

static void open_container(struct extract *extract, size_t index, const char *kind)
{
	const struct content *content = &extract->scan->contents[index];
	struct place place = inside(extract, index);
	struct unpack_sink sink = {&place, take_member, take_problem, take_trait};

	if (!*content->kind)
		extract->scan->contents[index].kind = kind;
	place.is_single = unpack_is_single(kind);
	if (!is_too_deep(&place))
		unpack_walk(content->bytes, content->size, &extract->budget, &sink);
}

/* ---------------------------------------------------------------- contents that are more */

static int is_named_mail(const struct content *content)
{
	static const char *const endings[] = {"*.eml", "*.mht", "*.mhtml", "*.nws"};
	size_t name, at;

	for (name = 0; name < content->name_count; name++)
		for (at = 0; at < sizeof(endings) / sizeof(endings[0]); at++)
			if (text_glob(endings[at], content->names[name],
			            strlen(content->names[name])))
				return 1;
	return 0;
}

/* A piece that a client opens as mail: an .eml or .mht, or what a signature was put around. */
static int is_mail(const struct content *content, const struct mime_map *map)
{
	return mime_field(map, 0, "Content-Type", 0) ||
	       (is_named_mail(content) && map->parts[0].field_count);
}

/* There may be more in it. A text whose first lines look like a thousand fields is a text. */
static int has_too_many_parts(const struct mime_map *map)
{
	return mime_map_has(map, MIME_ANOMALY_TOO_MANY_PARTS) ||
	       mime_map_has(map, MIME_ANOMALY_TOO_DEEP);
}

/* A text that is mail, or has files or mail in it. What else is odd about it is that of a text. */
static int open_text(struct extract *extract, size_t index)
{
	struct mime_limits mime = limits_of(extract);
	struct place place = inside(extract, index);
	const struct content *content = container_of(&place);
	struct mime_map *map = mime_map_new(content->bytes, content->size, &mime);
	int mail = is_mail(content, map);
	int more = mail || map->part_count > 1 || has_too_many_parts(map);

	if (more)
		extract->scan->contents[index].kind = mail ? "mail" : "text";
	if (more && !is_too_deep(&place)) {
		if (mail)
			tell_anomalies(&place, map);
		else if (has_too_many_parts(map))
			tell_truncated(&place);
		read_map(&place, map, mail ? 0 : 1);
	}
	mime_map_free(&map);
	return mail;
}

static void add_unarmoured(const struct place *place, struct buf *bytes)
{
	char *name = unpacked_name(content_name(container_of(place)));
	char *path = alloc_format("%s/%s", path_to(place), *name ? name : "base64");
	struct content *content = add_content(place, place->part, path);

	add_name(place->extract->scan, content, name);
	own(content, bytes);
	free(path);
	free(name);
}

/* What armour is around is a content of its own; there may be several in a text. */
static void open_armour(struct extract *extract, size_t index)
{
	const unsigned char *bytes = extract->scan->contents[index].bytes;
	size_t size = extract->scan->contents[index].size, at = 0;
	struct place place = inside(extract, index);
	struct buf undone = {0};

	while (armour_undo(bytes, size, &at, &undone) && !is_too_deep(&place) &&
	        may_read_part(&place) && may_decode(&place, undone.size))
		add_unarmoured(&place, &undone);
	buf_fini(&undone);
}

/* A signature beside what it signs has nothing in it. */
static void open_signed(struct extract *extract, size_t index)
{
	const struct content *outer = &extract->scan->contents[index];
	struct place place = inside(extract, index);
	struct buf mail = {0};
	char *path;

	if (opaque_signed(outer->bytes, outer->size, &mail) && !is_too_deep(&place)) {
		path = alloc_format("%s/signed", outer->path);
		own(add_content(&place, place.part, path), &mail);
		free(path);
	}
	buf_fini(&mail);
}

static void open_opaque(struct extract *extract, size_t index, enum opaque kind)
{
	struct place place = inside(extract, index);

	if (kind == OPAQUE_ENCRYPTED)
		take_problem(&place, UNPACK_ENCRYPTED, "", "S/MIME or OpenPGP");
	else if (kind == OPAQUE_COMPRESSED)
		take_problem(&place, UNPACK_FORMAT, "", "S/MIME compressed-data");
	else if (kind == OPAQUE_SIGNED)
		open_signed(extract, index);
}

/* Text in every respect but its bytes. */
static int is_yenc(const struct content *content)
{
	return content->size > 8 && !memcmp(content->bytes, "=ybegin ", 8);
}

static void open_content(struct extract *extract, size_t index)
{
	const struct content *content = &extract->scan->contents[index];
	enum opaque opaque = OPAQUE_NOT;
	const char *kind;
	int is_text, is_mail;

	if (!content->bytes || !blame_content(extract->scan, check, index))
		return;
	is_text = filetype_text(content->bytes, content->size) || is_yenc(content);
	is_mail = is_text && !content->is_read && open_text(extract, index);
	if (is_text && !is_mail)
		open_armour(extract, index);
	content = &extract->scan->contents[index]; /* they may have moved */
	/* A text may be a container by what its script brings along, and hold an encrypted message.
	 * One that begins like mail is a page or a document to programs that look for its beginning
	 * further on, wherever in the mail that is. */
	if (!is_mail)
		opaque = opaque_kind(content->bytes, content->size);
	kind = unpack_kind(content->bytes, content->size);
	if (kind)
		open_container(extract, index, kind);
	open_opaque(extract, index, opaque);
}

/* What a member of a document has, the document has: nobody opens the one without the other. */
static void hand_up_traits(struct scan *scan)
{
	static const unsigned handed = 1u << TRAIT_MACRO | 1u << TRAIT_SCRIPT |
	                               1u << TRAIT_EMBEDDED | 1u << TRAIT_EXTERNAL |
	                               1u << TRAIT_ENCRYPTED;
	size_t at;

	/* Members stand behind what they are in. */
	for (at = scan->content_count; at; at--) {
		const struct content *member = &scan->contents[at - 1];

		if (member->parent != SCAN_NO_CONTENT && scan->contents[member->parent].is_package)
			scan->contents[member->parent].traits |= member->traits & handed;
	}
}

static int64_t time_for(const struct scan *scan)
{
	int64_t most = clock_monotonic_us() + scan->config->attachments.max_time_ms * 1000;

	return most < scan->deadline_us ? most : scan->deadline_us;
}

/* What only GMime sees belongs to no part, and is looked at with the whole. */
static void forget_others(struct scan *scan)
{
	size_t at;

	for (at = 0; at < scan->content_count; at++)
		scan->contents[at].bytes = NULL;
}

void extract_all(struct scan *scan)
{
	const struct config_attachments *limits = &scan->config->attachments;
	struct extract extract = {.scan = scan,
	        .budget = {limits->max_members, limits->max_expanded, limits->max_ratio,
	                time_for(scan)}};
	struct place top = {.extract = &extract,
	        .part = SCAN_NO_PART,
	        .container = SCAN_NO_CONTENT,
	        .last = SCAN_NO_CONTENT};
	size_t at;

	if (scan->is_probe)
		forget_others(scan);
	read_map(&top, scan->map, 0);
	/* The list grows while it is walked: each content is opened once, level by level. */
	for (at = 0; at < scan->content_count && !is_late(&extract); at++)
		open_content(&extract, at);
	hand_up_traits(scan);
}
