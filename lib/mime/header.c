/*
 * A header, read as the most lenient client would: lines that are no field are passed over, a
 * missing empty line ends it, fields behind a bare CR are fields, too.
 */
#include "lib/mime/build.h"

#include <string.h>
#include <strings.h>

#include "lib/base/alloc.h"

struct reader {
	struct build *build;
	size_t part;
	const unsigned char *bytes;
	size_t at, end;
	int cr_lines;
	size_t count;
};

static void note(struct reader *reader, enum mime_anomaly_kind kind, size_t offset)
{
	mime_map_note(reader->build->map, kind, reader->part, offset);
}

size_t header_field_name(const unsigned char *bytes, const struct line *line)
{
	size_t at = line->start, end;

	while (at < line->end && bytes[at] != ':' && !lines_is_blank(bytes[at]) &&
	        bytes[at] != '\r')
		at++;
	end = at;
	while (at < line->end && (lines_is_blank(bytes[at]) || bytes[at] == '\r'))
		at++;
	return at < line->end && bytes[at] == ':' ? end - line->start : 0;
}

static int is_content_field(const unsigned char *bytes, size_t start, size_t end)
{
	return end - start > 8 && strncasecmp((const char *)bytes + start, "content-", 8) == 0;
}

static void add_field(struct reader *reader, struct mime_range name, struct mime_range value)
{
	struct build *build = reader->build;
	struct mime_map *map = build->map;
	int content = is_content_field(reader->bytes, name.offset, value.offset);

	if (value.length > build->limits.max_field_bytes) {
		note(reader, MIME_ANOMALY_HEADER_TOO_LONG, name.offset);
		map->truncated |= content;
	}
	if (reader->count == build->limits.max_fields) {
		note(reader, MIME_ANOMALY_TOO_MANY_FIELDS, name.offset);
		map->truncated = 1;
		return;
	}
	if (map->field_count == build->field_room) {
		build->field_room = build->field_room ? 2 * build->field_room : 32;
		map->fields = alloc_grow(map->fields, build->field_room, sizeof *map->fields);
	}
	map->fields[map->field_count++] = (struct mime_field){name, value};
	reader->count++;
}

static void add_line(struct reader *reader, const struct line *line, size_t name_size, size_t end)
{
	const unsigned char *colon =
	        memchr(reader->bytes + line->start + name_size, ':', end - line->start - name_size);
	size_t value = (size_t)(colon - reader->bytes) + 1;

	if (value - 1 > line->start + name_size)
		note(reader, MIME_ANOMALY_SPACE_BEFORE_COLON, line->start);
	add_field(reader, (struct mime_range){line->start, name_size},
	        (struct mime_range){value, end - value});
}

/* "X-Foo: bar\rContent-Type: …": one field for those who end lines at LF, two for others. */
static void look_behind_cr(struct reader *reader, size_t start, size_t end)
{
	const unsigned char *cr;
	struct line line;

	while (start < end && (cr = memchr(reader->bytes + start, '\r', end - start))) {
		start = (size_t)(cr - reader->bytes) + 1;
		if (start == end || *(cr + 1) == '\n')
			continue;
		note(reader, MIME_ANOMALY_BARE_CR, start - 1);
		lines_read(reader->bytes, start, end, 1, &line);
		if (line.end - line.start >= 2 && memcmp(reader->bytes + start, "--", 2) == 0)
			note(reader, MIME_ANOMALY_HIDDEN_FIELD, start);
		if (!header_field_name(reader->bytes, &line))
			continue;
		add_line(reader, &line, header_field_name(reader->bytes, &line), line.end);
		if (is_content_field(reader->bytes, line.start, line.end))
			note(reader, MIME_ANOMALY_HIDDEN_FIELD, start);
	}
}

static int blank_line(const unsigned char *bytes, const struct line *line)
{
	size_t at = line->start;

	while (at < line->end && (lines_is_blank(bytes[at]) || bytes[at] == '\r'))
		at++;
	return at == line->end;
}

/* The next line if there is one; false at the end. */
static int peek(const struct reader *reader, size_t at, struct line *line)
{
	if (at >= reader->end)
		return 0;
	lines_read(reader->bytes, at, reader->end, reader->cr_lines, line);
	return 1;
}

/* More of the field above: begins with a blank, or with a CR, which leaves as one. */
static int is_fold(const struct reader *reader, const struct line *line)
{
	return line->start < line->end &&
	       (lines_is_blank(reader->bytes[line->start]) || reader->bytes[line->start] == '\r');
}

/* A field, or more of the folded one. */
static int goes_on(const struct reader *reader, const struct line *line)
{
	return header_field_name(reader->bytes, line) ||
	       (is_fold(reader, line) && !blank_line(reader->bytes, line));
}

/* Takes the continuation lines of the field that begins with `line`; gives where its value ends. A
 * line of blanks followed by a field is a fold; before anything else it is the header's end. */
static size_t read_folds(struct reader *reader, const struct line *line)
{
	size_t end = line->end;
	struct line next, behind;

	reader->at = line->next;
	while (peek(reader, reader->at, &next) && is_fold(reader, &next)) {
		if (blank_line(reader->bytes, &next)) {
			note(reader, MIME_ANOMALY_BLANK_SEPARATOR, next.start);
			if (!peek(reader, next.next, &behind) || !goes_on(reader, &behind))
				break;
		}
		end = next.end;
		reader->at = next.next;
	}
	return end;
}

static void read_field(struct reader *reader, const struct line *line, size_t name_size)
{
	size_t end = read_folds(reader, line), size = end - line->start;

	add_line(reader, line, name_size, end);
	if (memchr(reader->bytes + line->start, '\0', size))
		note(reader, MIME_ANOMALY_NUL_IN_HEADER, line->start);
	if (!reader->cr_lines && memchr(reader->bytes + line->start, '\r', size))
		look_behind_cr(reader, line->start, end);
}

/* Lines that are no field: behind them there may be more fields (then they are passed over), or the
 * body begins with them. Gives true in the first case. */
static int pass_over(struct reader *reader, const struct line *first)
{
	struct line line = *first;

	do {
		if (line.start == line.end ||
		        (line.end - line.start >= 2 &&
		                memcmp(reader->bytes + line.start, "--", 2) == 0))
			return 0;
		if (header_field_name(reader->bytes, &line)) {
			reader->at = line.start;
			return 1;
		}
	} while (peek(reader, line.next, &line));
	return 0;
}

static int is_envelope_line(const struct reader *reader, const struct line *line)
{
	static const char words[][7] = {"From ", ">From "};
	size_t at;

	for (at = 0; at < 2; at++)
		if (line->end - line->start > strlen(words[at]) &&
		        memcmp(reader->bytes + line->start, words[at], strlen(words[at])) == 0)
			return 1;
	return 0;
}

/* Reads one field, or what stands in its place; false where the header ends. */
static int read_line(struct reader *reader)
{
	struct line line;
	size_t name_size;

	if (!peek(reader, reader->at, &line))
		return 0;
	if (line.start == line.end) {
		reader->at = line.next;
		return 0;
	}
	if (blank_line(reader->bytes, &line)) {
		note(reader, MIME_ANOMALY_BLANK_SEPARATOR, line.start);
		reader->at = line.next;
		return 0;
	}
	name_size = header_field_name(reader->bytes, &line);
	if (name_size) {
		read_field(reader, &line, name_size);
		return 1;
	}
	if (is_envelope_line(reader, &line) && !reader->count) {
		reader->at = line.next;
		return 1;
	}
	note(reader, MIME_ANOMALY_BAD_HEADER_LINE, line.start);
	return pass_over(reader, &line);
}

void header_read(struct build *build, size_t part, int cr_lines)
{
	struct mime_part *own = &build->map->parts[part];
	struct reader reader = {.build = build,
	        .part = part,
	        .bytes = build->map->bytes,
	        .at = own->whole.offset,
	        .end = own->whole.offset + own->whole.length,
	        .cr_lines = cr_lines};

	if (reader.end - reader.at >= 3 && memcmp(reader.bytes + reader.at, "\xEF\xBB\xBF", 3) == 0)
		reader.at += 3;
	own->first_field = build->map->field_count;
	while (read_line(&reader))
		continue;
	own->field_count = build->map->field_count - own->first_field;
	own->header = (struct mime_range){own->whole.offset, reader.at - own->whole.offset};
	own->body = (struct mime_range){reader.at, reader.end - reader.at};
}
