#include "workers/qscan/pass.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/text.h"
#include "lib/base/utf8.h"

enum { FIELDS_MOST = 100, TEXT_MOST = 200 };

static int is_named(const struct scan *scan, const struct mime_field *field, const char *name)
{
	const char *bytes = (const char *)scan->bytes + field->name.offset;

	return text_same_bytes(bytes, field->name.length, name);
}

/* What is put in front of a message on its way (RFC 5321 section 4.4, and customary ones). */
static int is_trace(const struct scan *scan, const struct mime_field *field)
{
	static const char *const names[] = {"Received", "Return-Path", "Delivered-To",
	        "X-Original-To", "Authentication-Results", "Received-SPF"};
	size_t at;

	for (at = 0; at < sizeof(names) / sizeof(names[0]); at++)
		if (is_named(scan, field, names[at]))
			return 1;
	return 0;
}

static const struct mime_field *find_field(const struct scan *scan)
{
	const struct mime_part *root = &scan->map->parts[0];
	const struct mime_field *field;
	size_t at;

	for (at = 0; at < root->field_count && at < FIELDS_MOST; at++) {
		field = &scan->map->fields[root->first_field + at];
		if (is_named(scan, field, "X-Lazaret-Pass"))
			return field;
		if (!is_trace(scan, field))
			return NULL;
	}
	return NULL;
}

/* The value without the blanks around it; "" where it can't be one. To be freed. */
static char *text_of(const struct scan *scan, const struct mime_field *field)
{
	const char *from = (const char *)scan->bytes + field->value.offset;
	size_t size = field->value.length;

	while (size && strchr(" \t\r\n", *from) && *from) {
		from++;
		size--;
	}
	while (size && strchr(" \t\r\n", from[size - 1]) && from[size - 1])
		size--;
	if (size > TEXT_MOST || memchr(from, '\0', size) || !utf8_valid(from, size))
		size = 0;
	return alloc_bytes(from, size);
}

static size_t behind_field(const struct scan *scan, const struct mime_field *field)
{
	size_t at = field->value.offset + field->value.length;

	if (at < scan->size && scan->bytes[at] == '\r')
		at++;
	if (at < scan->size && scan->bytes[at] == '\n')
		at++;
	return at;
}

/* Delivered as it is, to all, but for the field. */
static Lz__Group *through(const struct scan *scan, size_t from, size_t end)
{
	size_t at, count = scan->submission->n_recipients;
	Lz__Group *group = alloc(sizeof(*group));
	Lz__Edit *edit = alloc(sizeof(*edit));

	lz__group__init(group);
	lz__edit__init(edit);
	edit->offset = from;
	edit->length = end - from;
	group->edits = alloc_zero(1, sizeof(*group->edits));
	group->edits[group->n_edits++] = edit;
	group->recipients = alloc_zero(count, sizeof(*group->recipients));
	for (at = 0; at < count; at++)
		group->recipients[group->n_recipients++] = (uint32_t)at;
	group->disposition = LZ__DISPOSITION__DELIVER;
	group->rule = alloc_string("notifier.release_pass");
	return group;
}

Lz__Pass *pass_find(const struct scan *scan)
{
	const struct mime_field *field = scan->map ? find_field(scan) : NULL;
	char hex[DIGEST_HEX_ROOM];
	struct digest digest;
	Lz__Pass *pass;
	size_t end;

	if (!field || scan->submission->dry_run)
		return NULL;
	pass = alloc(sizeof(*pass));
	lz__pass__init(pass);
	pass->text = text_of(scan, field);
	end = behind_field(scan, field);
	digest_of_lines(scan->bytes + end, scan->size - end, &digest);
	text_hex(digest.bytes, DIGEST_SIZE, hex);
	pass->sha256 = alloc_string(hex);
	pass->through = through(scan, field->name.offset, end);
	return pass;
}
