/* Images that come with the message: how many, how large, and what they are called. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/spam/function.h"

enum kind { GIF, PNG, JPEG, KINDS };

static const char *const kind_names[KINDS] = {"gif", "png", "jpeg"};

struct image {
	enum kind kind;
	unsigned width, height; /* 0: it can't be read */
	const char *name;       /* "" */
};

static unsigned big(const unsigned char *at, size_t size)
{
	unsigned value = 0;

	for (size_t i = 0; i < size; i++)
		value = value << 8 | at[i];
	return value;
}

static void read_gif(const unsigned char *bytes, size_t size, struct image *image)
{
	if (size < 10 || (memcmp(bytes, "GIF87a", 6) != 0 && memcmp(bytes, "GIF89a", 6) != 0))
		return;
	image->width = bytes[6] | (unsigned)bytes[7] << 8;
	image->height = bytes[8] | (unsigned)bytes[9] << 8;
}

/* The first chunk of a PNG is its header (RFC 2083 section 4.1.1). */
static void read_png(const unsigned char *bytes, size_t size, struct image *image)
{
	if (size < 24 || memcmp(bytes, "\x89PNG\r\n\x1a\n", 8) != 0 || big(bytes + 8, 4) != 13 ||
	        memcmp(bytes + 12, "IHDR", 4) != 0)
		return;
	image->width = big(bytes + 16, 4);
	image->height = big(bytes + 20, 4);
}

/* Markers that begin a frame hold its size. */
static int is_frame(unsigned char marker)
{
	return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 &&
	       marker != 0xcc;
}

static void read_jpeg(const unsigned char *bytes, size_t size, struct image *image)
{
	size_t at = 2;

	if (size < 4 || bytes[0] != 0xff || bytes[1] != 0xd8)
		return;
	while (at + 9 <= size && bytes[at] == 0xff && bytes[at + 1] != 0xda &&
	        bytes[at + 1] != 0xd9) {
		if (is_frame(bytes[at + 1])) {
			image->height = big(bytes + at + 5, 2);
			image->width = big(bytes + at + 7, 2);
			return;
		}
		if (big(bytes + at + 2, 2) < 2)
			return;
		at += 2 + big(bytes + at + 2, 2);
	}
}

/* The next image from *at on; 0 behind the last. */
static int next_image(const struct functions_view *view, size_t *at, struct image *image)
{
	static void (*const readers[])(const unsigned char *, size_t, struct image *) = {
	        read_gif, read_png, read_jpeg};
	const struct parts *parts = &view->texts->parts;

	while (*at < parts->count) {
		const struct part *part = &parts->items[(*at)++];

		if (!part->is_leaf || strncmp(part->type, "image/", 6) != 0 ||
		        strcmp(part->encoding, "base64") != 0)
			continue;
		for (int kind = 0; kind < KINDS; kind++) {
			if (strcmp(part->type + 6, kind_names[kind]) != 0 &&
			        (kind != JPEG || strcmp(part->type + 6, "jpg") != 0))
				continue;
			*image =
			        (struct image){(enum kind)kind, 0, 0, part->name ? part->name : ""};
			if (part->body.size)
				readers[kind]((const unsigned char *)part->body.data,
				        part->body.size, image);
			return 1;
		}
	}
	return 0;
}

static int is_wanted(const struct image *image, const char *kind)
{
	return strcmp(kind, "all") == 0 || strcmp(kind, kind_names[image->kind]) == 0;
}

static double area_of(const struct functions_view *view, const char *kind)
{
	struct image image;
	double area = 0;

	for (size_t at = 0; next_image(view, &at, &image);) {
		if (is_wanted(&image, kind))
			area += (double)image.width * image.height;
	}
	return area;
}

static unsigned long is_between(const struct functions_call *call, double value)
{
	return value >= function_number(call, 1, 0) && value <= function_number(call, 2, INFINITY);
}

unsigned long function_image_count(
        const struct functions_view *view, const struct functions_call *call)
{
	const char *kind = function_argument(call, 0);
	struct image image;
	double count = 0;

	if (!kind || !function_argument(call, 1))
		return 0;
	for (size_t at = 0; next_image(view, &at, &image);)
		count += is_wanted(&image, kind);
	return is_between(call, count);
}

unsigned long function_pixel_coverage(
        const struct functions_view *view, const struct functions_call *call)
{
	const char *kind = function_argument(call, 0);

	return kind && function_argument(call, 1) && is_between(call, area_of(view, kind));
}

/* Bytes of text to points of images. */
unsigned long function_image_to_text_ratio(
        const struct functions_view *view, const struct functions_call *call)
{
	const char *kind = function_argument(call, 0);
	const struct pieces *text = call->is_raw ? &view->texts->rawbody : &view->texts->body;
	double area = kind ? area_of(view, kind) : 0, length = (double)text->bytes.size;

	return area > 0 && length > 0 && length / area >= function_number(call, 1, 0) &&
	       length / area < function_number(call, 2, 0);
}

unsigned long function_image_size_exact(
        const struct functions_view *view, const struct functions_call *call)
{
	const char *kind = function_argument(call, 0);
	struct image image;

	for (size_t at = 0; kind && next_image(view, &at, &image);) {
		if (is_wanted(&image, kind) && image.width && image.height &&
		        image.height == function_number(call, 1, 0) &&
		        image.width == function_number(call, 2, 0))
			return 1;
	}
	return 0;
}

unsigned long function_image_size_range(
        const struct functions_view *view, const struct functions_call *call)
{
	const char *kind = function_argument(call, 0);
	struct image image;

	for (size_t at = 0; kind && next_image(view, &at, &image);) {
		if (is_wanted(&image, kind) && image.width && image.height &&
		        image.height >= function_number(call, 1, 0) &&
		        image.width >= function_number(call, 2, 0) &&
		        image.height <= function_number(call, 3, INFINITY) &&
		        image.width <= function_number(call, 4, INFINITY))
			return 1;
	}
	return 0;
}

unsigned long function_image_named(
        const struct functions_view *view, const struct functions_call *call)
{
	const char *name = function_argument(call, 0);
	struct image image;

	for (size_t at = 0; name && next_image(view, &at, &image);) {
		if (image.width && image.height && strcmp(image.name, name) == 0)
			return 1;
	}
	return 0;
}

unsigned long function_image_name_regex(
        const struct functions_view *view, const struct functions_call *call)
{
	const char *text = function_argument(call, 0);
	const struct match *match = text ? pattern_of(text) : NULL;
	struct image image;

	for (size_t at = 0; next_image(view, &at, &image);) {
		if (image.width && image.height && *image.name &&
		        function_matches(match, image.name, strlen(image.name)))
			return 1;
	}
	return 0;
}
