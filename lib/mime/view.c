#include "lib/mime/view.h"

#include <gmime/gmime.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/mime/decode.h"

/* GMime recurses; what is nested deeper than this is over every limit anyway. */
enum { DEPTH_MOST = 200 };

struct walk {
	struct view *view;
	struct mime_limits limits;
	size_t room;
};

void view_start(void)
{
	g_mime_init();
	decode_start();
}

char *view_nfkc(const char *utf8)
{
	char *valid = g_utf8_make_valid(utf8, -1);
	char *composed = g_utf8_normalize(valid, -1, G_NORMALIZE_NFKC);
	char *lower = g_utf8_strdown(composed ? composed : valid, -1);
	char *text = alloc_string(lower);

	g_free(valid);
	g_free(composed);
	g_free(lower);
	return text;
}

/* ---------------------------------------------------------------- leaves */

static char *type_of(GMimeObject *object)
{
	GMimeContentType *type = g_mime_object_get_content_type(object);
	char *text = type ? g_mime_content_type_get_mime_type(type) : NULL;
	char *copy = alloc_string(text ? text : "");

	g_free(text);
	return copy;
}

static char *name_of(GMimeObject *object)
{
	const char *name =
	        GMIME_IS_PART(object) ? g_mime_part_get_filename(GMIME_PART(object)) : NULL;

	if (!name)
		name = g_mime_object_get_content_type_parameter(object, "name");
	return alloc_string(name ? name : "");
}

static struct view_part *add_leaf(struct walk *walk, GMimeObject *object)
{
	struct view *view = walk->view;
	struct view_part *part;

	if (view->count == walk->limits.max_parts) {
		view->truncated = 1;
		return NULL;
	}
	if (view->count == walk->room) {
		walk->room = walk->room ? 2 * walk->room : 16;
		view->parts = alloc_grow(view->parts, walk->room, sizeof *view->parts);
	}
	part = &view->parts[view->count++];
	*part = (struct view_part){.type = type_of(object), .name = name_of(object)};
	return part;
}

static void add_content(struct walk *walk, GMimeObject *object, GMimeDataWrapper *content)
{
	struct view_part *part = add_leaf(walk, object);
	GMimeStream *stream;
	GByteArray *bytes;

	if (!part)
		return;
	stream = g_mime_stream_mem_new();
	if (content)
		g_mime_data_wrapper_write_to_stream(content, stream);
	bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(stream));
	part->content = alloc_bytes(bytes->len ? (const char *)bytes->data : "", bytes->len);
	part->size = bytes->len;
	g_object_unref(stream);
}

static void add_text(struct walk *walk, GMimeObject *object, const char *text)
{
	struct view_part *part = add_leaf(walk, object);

	if (!part)
		return;
	part->content = alloc_string(text ? text : "");
	part->size = strlen(part->content);
}

static void walk_object(struct walk *walk, GMimeObject *object, size_t depth);

/* Where no delimiter was found, GMime keeps the whole body as the text before the first one. */
static void walk_multipart(struct walk *walk, GMimeMultipart *multipart, size_t depth)
{
	int count = g_mime_multipart_get_count(multipart), at;

	for (at = 0; at < count && !walk->view->truncated; at++)
		walk_object(walk, g_mime_multipart_get_part(multipart, at), depth + 1);
	if (!count)
		add_text(walk, GMIME_OBJECT(multipart), g_mime_multipart_get_prologue(multipart));
}

static void walk_object(struct walk *walk, GMimeObject *object, size_t depth)
{
	if (depth > walk->view->depth)
		walk->view->depth = depth;
	if (depth > walk->limits.max_depth) {
		walk->view->truncated = 1;
	} else if (GMIME_IS_MULTIPART(object)) {
		walk_multipart(walk, GMIME_MULTIPART(object), depth);
	} else if (GMIME_IS_MESSAGE_PART(object)) {
		GMimeMessage *message = g_mime_message_part_get_message(GMIME_MESSAGE_PART(object));

		if (message && g_mime_message_get_mime_part(message))
			walk_object(walk, g_mime_message_get_mime_part(message), depth + 1);
	} else if (GMIME_IS_PART(object)) {
		add_content(walk, object, g_mime_part_get_content(GMIME_PART(object)));
	}
}

/* An mbox line in front is no field; GMime would call the header broken. */
static size_t envelope_line(const char *bytes, size_t size)
{
	const char *lf;

	if (size < 5 || memcmp(bytes, "From ", 5) != 0)
		return 0;
	lf = memchr(bytes, '\n', size);
	return lf ? (size_t)(lf - bytes) + 1 : 0;
}

/* To be unreferenced; NULL where GMime sees no message at all. */
static GMimeMessage *parse(const void *bytes, size_t size)
{
	size_t skip = envelope_line(bytes, size);
	GMimeStream *stream =
	        g_mime_stream_mem_new_with_buffer((const char *)bytes + skip, size - skip);
	GMimeParser *parser = g_mime_parser_new_with_stream(stream);
	GMimeMessage *message = g_mime_parser_construct_message(parser, NULL);

	g_object_unref(parser);
	g_object_unref(stream);
	return message;
}

void view_parse(const void *bytes, size_t size)
{
	GMimeMessage *message = parse(bytes, size);

	if (message)
		g_object_unref(message);
}

struct view *view_new(const void *bytes, size_t size, const struct mime_limits *limits)
{
	struct walk walk = {.limits = {1000, 30, 1000, 64 << 10}};
	GMimeMessage *message = parse(bytes, size);

	if (limits)
		walk.limits = *limits;
	if (walk.limits.max_depth > DEPTH_MOST)
		walk.limits.max_depth = DEPTH_MOST;
	walk.view = alloc_zero(1, sizeof *walk.view);
	if (message && g_mime_message_get_mime_part(message))
		walk_object(&walk, g_mime_message_get_mime_part(message), 0);
	if (message)
		g_object_unref(message);
	return walk.view;
}

void view_free(struct view **view)
{
	size_t at;

	if (!*view)
		return;
	for (at = 0; at < (*view)->count; at++) {
		free((*view)->parts[at].type);
		free((*view)->parts[at].name);
		free((*view)->parts[at].content);
	}
	free((*view)->parts);
	free(*view);
	*view = NULL;
}
