#include "lib/spam/html_style.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"

enum { SIZE_MOST = 1000, VALUE_MOST = 200 };

/* ------------------------------------------------------------ colours */

/* CSS Color Module Level 3, section 4.3; in the order of their names. */
static const struct named {
	const char *name;
	int32_t colour;
} named_colours[] = {
        {"aliceblue", 0xf0f8ff},
        {"antiquewhite", 0xfaebd7},
        {"aqua", 0x00ffff},
        {"aquamarine", 0x7fffd4},
        {"azure", 0xf0ffff},
        {"beige", 0xf5f5dc},
        {"bisque", 0xffe4c4},
        {"black", 0x000000},
        {"blanchedalmond", 0xffebcd},
        {"blue", 0x0000ff},
        {"blueviolet", 0x8a2be2},
        {"brown", 0xa52a2a},
        {"burlywood", 0xdeb887},
        {"cadetblue", 0x5f9ea0},
        {"chartreuse", 0x7fff00},
        {"chocolate", 0xd2691e},
        {"coral", 0xff7f50},
        {"cornflowerblue", 0x6495ed},
        {"cornsilk", 0xfff8dc},
        {"crimson", 0xdc143c},
        {"cyan", 0x00ffff},
        {"darkblue", 0x00008b},
        {"darkcyan", 0x008b8b},
        {"darkgoldenrod", 0xb8860b},
        {"darkgray", 0xa9a9a9},
        {"darkgreen", 0x006400},
        {"darkgrey", 0xa9a9a9},
        {"darkkhaki", 0xbdb76b},
        {"darkmagenta", 0x8b008b},
        {"darkolivegreen", 0x556b2f},
        {"darkorange", 0xff8c00},
        {"darkorchid", 0x9932cc},
        {"darkred", 0x8b0000},
        {"darksalmon", 0xe9967a},
        {"darkseagreen", 0x8fbc8f},
        {"darkslateblue", 0x483d8b},
        {"darkslategray", 0x2f4f4f},
        {"darkslategrey", 0x2f4f4f},
        {"darkturquoise", 0x00ced1},
        {"darkviolet", 0x9400d3},
        {"deeppink", 0xff1493},
        {"deepskyblue", 0x00bfff},
        {"dimgray", 0x696969},
        {"dimgrey", 0x696969},
        {"dodgerblue", 0x1e90ff},
        {"firebrick", 0xb22222},
        {"floralwhite", 0xfffaf0},
        {"forestgreen", 0x228b22},
        {"fuchsia", 0xff00ff},
        {"gainsboro", 0xdcdcdc},
        {"ghostwhite", 0xf8f8ff},
        {"gold", 0xffd700},
        {"goldenrod", 0xdaa520},
        {"gray", 0x808080},
        {"green", 0x008000},
        {"greenyellow", 0xadff2f},
        {"grey", 0x808080},
        {"honeydew", 0xf0fff0},
        {"hotpink", 0xff69b4},
        {"indianred", 0xcd5c5c},
        {"indigo", 0x4b0082},
        {"ivory", 0xfffff0},
        {"khaki", 0xf0e68c},
        {"lavender", 0xe6e6fa},
        {"lavenderblush", 0xfff0f5},
        {"lawngreen", 0x7cfc00},
        {"lemonchiffon", 0xfffacd},
        {"lightblue", 0xadd8e6},
        {"lightcoral", 0xf08080},
        {"lightcyan", 0xe0ffff},
        {"lightgoldenrodyellow", 0xfafad2},
        {"lightgray", 0xd3d3d3},
        {"lightgreen", 0x90ee90},
        {"lightgrey", 0xd3d3d3},
        {"lightpink", 0xffb6c1},
        {"lightsalmon", 0xffa07a},
        {"lightseagreen", 0x20b2aa},
        {"lightskyblue", 0x87cefa},
        {"lightslategray", 0x778899},
        {"lightslategrey", 0x778899},
        {"lightsteelblue", 0xb0c4de},
        {"lightyellow", 0xffffe0},
        {"lime", 0x00ff00},
        {"limegreen", 0x32cd32},
        {"linen", 0xfaf0e6},
        {"magenta", 0xff00ff},
        {"maroon", 0x800000},
        {"mediumaquamarine", 0x66cdaa},
        {"mediumblue", 0x0000cd},
        {"mediumorchid", 0xba55d3},
        {"mediumpurple", 0x9370db},
        {"mediumseagreen", 0x3cb371},
        {"mediumslateblue", 0x7b68ee},
        {"mediumspringgreen", 0x00fa9a},
        {"mediumturquoise", 0x48d1cc},
        {"mediumvioletred", 0xc71585},
        {"midnightblue", 0x191970},
        {"mintcream", 0xf5fffa},
        {"mistyrose", 0xffe4e1},
        {"moccasin", 0xffe4b5},
        {"navajowhite", 0xffdead},
        {"navy", 0x000080},
        {"oldlace", 0xfdf5e6},
        {"olive", 0x808000},
        {"olivedrab", 0x6b8e23},
        {"orange", 0xffa500},
        {"orangered", 0xff4500},
        {"orchid", 0xda70d6},
        {"palegoldenrod", 0xeee8aa},
        {"palegreen", 0x98fb98},
        {"paleturquoise", 0xafeeee},
        {"palevioletred", 0xdb7093},
        {"papayawhip", 0xffefd5},
        {"peachpuff", 0xffdab9},
        {"peru", 0xcd853f},
        {"pink", 0xffc0cb},
        {"plum", 0xdda0dd},
        {"powderblue", 0xb0e0e6},
        {"purple", 0x800080},
        {"red", 0xff0000},
        {"rosybrown", 0xbc8f8f},
        {"royalblue", 0x4169e1},
        {"saddlebrown", 0x8b4513},
        {"salmon", 0xfa8072},
        {"sandybrown", 0xf4a460},
        {"seagreen", 0x2e8b57},
        {"seashell", 0xfff5ee},
        {"sienna", 0xa0522d},
        {"silver", 0xc0c0c0},
        {"skyblue", 0x87ceeb},
        {"slateblue", 0x6a5acd},
        {"slategray", 0x708090},
        {"slategrey", 0x708090},
        {"snow", 0xfffafa},
        {"springgreen", 0x00ff7f},
        {"steelblue", 0x4682b4},
        {"tan", 0xd2b48c},
        {"teal", 0x008080},
        {"thistle", 0xd8bfd8},
        {"tomato", 0xff6347},
        {"turquoise", 0x40e0d0},
        {"violet", 0xee82ee},
        {"wheat", 0xf5deb3},
        {"white", 0xffffff},
        {"whitesmoke", 0xf5f5f5},
        {"yellow", 0xffff00},
        {"yellowgreen", 0x9acd32},
};

static int by_name(const void *name, const void *row)
{
	return strcmp(name, ((const struct named *)row)->name);
}

/* Copies without the blanks around it, in small letters; 0 where it doesn't fit. */
static int copy_trimmed(const char *text, size_t size, char *out, size_t room)
{
	while (size && isspace((unsigned char)*text)) {
		text++;
		size--;
	}
	while (size && isspace((unsigned char)text[size - 1]))
		size--;
	if (size >= room)
		return 0;
	memcpy(out, text, size);
	out[size] = '\0';
	text_lower(out);
	return 1;
}

/* What stands behind a "#": three or six digits count, what is too long is cut and what is too
 * short filled with zeroes. */
static int32_t hex_colour(const char *text)
{
	char digits[7];
	size_t count = 0;
	long value;

	for (; *text && count < 6; text++) {
		if (isxdigit((unsigned char)*text))
			digits[count++] = *text;
	}
	if (!count)
		return COLOUR_INVALID;
	if (count == 6) {
		digits[6] = '\0';
		return (int32_t)strtol(digits, NULL, 16);
	}
	for (; count < 3; count++)
		digits[count] = '0';
	digits[3] = '\0';
	value = strtol(digits, NULL, 16);
	return (int32_t)(((value & 0xf00) << 8 | (value & 0xf0) << 4 | (value & 0xf)) * 0x11);
}

static int32_t join_colour(const unsigned *parts)
{
	int32_t colour = 0;

	for (size_t i = 0; i < 3; i++)
		colour = colour << 8 | (int32_t)(parts[i] > 255 ? 255 : parts[i]);
	return colour;
}

int32_t style_colour(const char *text, size_t size)
{
	char name[VALUE_MOST];
	const struct named *found;
	unsigned parts[3];

	if (!copy_trimmed(text, size, name, sizeof(name)))
		return COLOUR_INVALID;
	found = bsearch(name, named_colours, sizeof(named_colours) / sizeof(*named_colours),
	        sizeof(*named_colours), by_name);
	if (found)
		return found->colour;
	if (*name == '#' && !name[strspn(name, "#0123456789abcdef")])
		return hex_colour(name + 1);
	if (sscanf(name, "rgb(%3u%%,%3u%%,%3u%%", &parts[0], &parts[1], &parts[2]) == 3) {
		for (size_t i = 0; i < 3; i++)
			parts[i] = parts[i] * 255 / 100;
		return join_colour(parts);
	}
	if (sscanf(name, "rgb(%3u,%3u,%3u", &parts[0], &parts[1], &parts[2]) == 3)
		return join_colour(parts);
	return COLOUR_INVALID;
}

/* ------------------------------------------------------------ a style attribute */

/* Whatever digits there are, in the order of red, green and blue. */
static int32_t any_rgb(const char *value)
{
	unsigned parts[3] = {0};

	for (size_t i = 0; i < 3 && *value; i++) {
		for (; *value && *value != ','; value++) {
			if (isdigit((unsigned char)*value) && parts[i] < 1000)
				parts[i] = parts[i] * 10 + (unsigned)(*value - '0');
		}
		value += *value == ',';
	}
	return join_colour(parts);
}

static void set_colour(struct style *style, const struct style *around, int ground, char *value)
{
	int32_t *colour = ground ? &style->ground : &style->text;
	char *mark = strchr(value, '!');

	if (mark)
		*mark = '\0';
	if (strstr(value, "rgb"))
		*colour = any_rgb(value);
	else if (text_starts(value, "transparent"))
		*colour = around->ground;
	else if (!text_starts(value, "inherit"))
		*colour = style_colour(value, strlen(value));
}

/* "background: url(x) red": the first word of the last layer that is a colour. */
static void set_background(struct style *style, const char *value)
{
	const char *layer = value, *end;
	int depth = 0;
	int32_t colour;

	for (const char *at = value; *at; at++) {
		depth += (*at == '(') - (*at == ')');
		if (*at == ',' && depth <= 0)
			layer = at + 1;
	}
	for (; *layer; layer = *end ? end + 1 : end) {
		end = layer;
		for (depth = 0; *end && (*end != ' ' || depth > 0); end++)
			depth += (*end == '(') - (*end == ')');
		colour = style_colour(layer, (size_t)(end - layer));
		if (end > layer && colour != COLOUR_INVALID) {
			style->ground = colour;
			return;
		}
	}
}

static void take_property(
        struct style *style, const struct style *around, const char *text, size_t size)
{
	const char *colon = memchr(text, ':', size);
	char name[32], value[VALUE_MOST];

	if (!colon || !copy_trimmed(text, (size_t)(colon - text), name, sizeof(name)) ||
	        !copy_trimmed(colon + 1, size - (size_t)(colon + 1 - text), value, sizeof(value)) ||
	        !*value)
		return;
	if (strcmp(name, "color") == 0)
		set_colour(style, around, 0, value);
	else if (strcmp(name, "background-color") == 0)
		set_colour(style, around, 1, value);
	else if (strcmp(name, "background") == 0)
		set_background(style, value);
	else if (strcmp(name, "display") == 0)
		style->is_hidden = strcmp(value, "none") == 0;
	else if (strcmp(name, "visibility") == 0)
		style->is_unseen = strcmp(value, "hidden") == 0;
}

static void take_style(struct style *style, const struct style *around, const char *text)
{
	size_t size;

	for (; *text; text += size + (text[size] != '\0')) {
		size = strcspn(text, ";");
		take_property(style, around, text, size);
	}
}

/* ------------------------------------------------------------ the stack */

void styles_start(struct styles *styles)
{
	memset(styles, 0, sizeof(*styles));
	styles->base_size = styles->least = styles->most = 3;
	styles->stack[0] = (struct style){STYLE_NONE, 0x000000, 0xffffff, 3, 0, 0};
	styles->depth = 1;
}

static struct style *top(struct styles *styles)
{
	return &styles->stack[styles->depth - 1];
}

static void pop(struct styles *styles)
{
	styles->open[top(styles)->element]--;
	styles->depth--;
}

/* A cell or a row ends with the next one. */
static void close_cells(struct styles *styles, enum style_element element)
{
	enum style_element inner;

	if (!styles->open[element])
		return;
	while (styles->depth > 1) {
		inner = top(styles)->element;
		if (inner != STYLE_FONT && inner != STYLE_TD &&
		        (inner != STYLE_TR || element != STYLE_TR))
			return;
		pop(styles);
	}
}

static long read_size(const struct styles *styles, const char *text, long otherwise)
{
	char *end;
	long size;

	text += strspn(text, " \t\r\n\f\v");
	size = strtol(text, &end, 10);
	if (end == text)
		return otherwise;
	if (*text == '+' || *text == '-')
		size = size < SIZE_MOST ? size + styles->base_size : size;
	return size > SIZE_MOST ? SIZE_MOST : size < -SIZE_MOST ? -SIZE_MOST : size;
}

static void push(struct styles *styles, const struct style *style)
{
	if (styles->depth == STYLES_MOST) {
		styles->beyond++;
		return;
	}
	styles->stack[styles->depth++] = *style;
	styles->open[style->element]++;
}

static void note_size(struct styles *styles, long size)
{
	if (size > styles->most)
		styles->most = size;
	else if (size < styles->least)
		styles->least = size;
}

/* Which of the attributes an element has. */
static int has_colour(enum style_element element)
{
	return element == STYLE_FONT || element == STYLE_BASEFONT || element == STYLE_BODY;
}

static int has_style(enum style_element element)
{
	return element == STYLE_TABLE || element == STYLE_TR || element == STYLE_TD ||
	       element >= STYLE_SPAN;
}

void styles_open(struct styles *styles, enum style_element element,
        const struct style_attributes *attributes)
{
	struct style style, around;

	if (element == STYLE_BASEFONT && attributes->size &&
	        isdigit((unsigned char)attributes->size[strspn(attributes->size, " \t\r\n")])) {
		styles->base_size = read_size(styles, attributes->size, 3);
		return;
	}
	if (element == STYLE_TD || element == STYLE_TR)
		close_cells(styles, element);
	around = style = *top(styles);
	style.element = element;
	style.size += (element == STYLE_BIG) - (element == STYLE_SMALL);
	if (attributes->color && has_colour(element))
		style.text = style_colour(attributes->color, strlen(attributes->color));
	if (attributes->size && element == STYLE_FONT)
		style.size = read_size(styles, attributes->size, style.size);
	if (attributes->style && has_style(element))
		take_style(&style, &around, attributes->style);
	if ((has_colour(element) && (attributes->color || attributes->size)) ||
	        (has_style(element) && attributes->style))
		note_size(styles, style.size);
	push(styles, &style);
}

void styles_close(struct styles *styles, enum style_element element)
{
	enum style_element inner;

	/* Text behind </body> is shown like that before it. */
	if (element == STYLE_BODY)
		return;
	if (styles->beyond) {
		styles->beyond--;
		return;
	}
	if (!styles->open[element])
		return;
	do {
		inner = top(styles)->element;
		pop(styles);
	} while (inner != element);
}

/* ------------------------------------------------------------ sight */

/* How far apart two colours are for the eye, squared. */
static double distance(int32_t a, int32_t b)
{
	static const double weights[] = {0.0722, 0.7152, 0.2126};
	double sum = 0, part;

	for (size_t i = 0; i < 3; i++) {
		part = weights[i] * ((a >> (8 * i) & 255) - (b >> (8 * i) & 255));
		sum += part * part;
	}
	return sum;
}

enum style_sight styles_sight(const struct styles *styles)
{
	const struct style *style = &styles->stack[styles->depth - 1];

	if (style->text == style->ground)
		return SIGHT_LOW_CONTRAST;
	if (style->text == COLOUR_INVALID || style->ground == COLOUR_INVALID)
		return SIGHT_INVALID_COLOUR;
	if (distance(style->text, style->ground) < 12.0 * 12.0)
		return SIGHT_LOW_CONTRAST;
	if (style->size <= 1 || style->is_hidden || style->is_unseen)
		return SIGHT_HIDDEN;
	return SIGHT_CLEAR;
}
