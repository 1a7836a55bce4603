#include "submitter/qfront/edit.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"

static void add_piece(struct edit *edit, const void *bytes, size_t size)
{
	if (size)
		edit->pieces[edit->piece_count++] = (struct smtp_piece){bytes, size};
}

/* The end of the first line tells. */
static const char *line_end_of(const char *original, size_t size)
{
	const char *end = size ? memchr(original, '\n', size) : NULL;

	return end && end > original && end[-1] == '\r' ? "\r\n" : "\n";
}

/* A value may be folded: a line's end in it is followed by a blank. Anything else would end the
 * field, or the header. */
static int is_value(const char *value)
{
	for (; *value; value++) {
		if (*value == '\r' && value[1] != '\n')
			return 0;
		if (*value == '\n' && value[1] != ' ' && value[1] != '\t')
			return 0;
	}
	return 1;
}

static int is_name(const char *name)
{
	size_t at;

	for (at = 0; name[at]; at++)
		if (name[at] <= ' ' || name[at] > '~' || name[at] == ':')
			return 0;
	return at > 0;
}

static void add_value(struct buf *out, const char *value, const char *line_end)
{
	for (; *value; value++) {
		if (*value == '\n')
			buf_add_string(out, line_end);
		else if (*value != '\r')
			buf_add_char(out, *value);
	}
	buf_add_string(out, line_end);
}

static enum result add_fields(
        struct edit *edit, const Lz__Group *group, const char *line_end, struct err *err)
{
	size_t i;

	for (i = 0; i < group->n_fields; i++) {
		if (!is_name(group->fields[i]->name) || !is_value(group->fields[i]->value))
			return err_set(
			        err, RESULT_PERMANENT, "field %zu would break the header", i);
		buf_add_format(&edit->fields, "%s: ", group->fields[i]->name);
		add_value(&edit->fields, group->fields[i]->value, line_end);
	}
	add_piece(edit, edit->fields.data, edit->fields.size);
	return RESULT_OK;
}

static enum result add_edits(struct edit *edit, const char *original, size_t size,
        const Lz__Group *group, struct err *err)
{
	const Lz__Edit *one;
	size_t at = 0, i;

	for (i = 0; i < group->n_edits; i++) {
		one = group->edits[i];
		if (one->offset < at || one->offset > size || one->length > size - one->offset)
			return err_set(err, RESULT_PERMANENT, "edit %zu is out of its place", i);
		add_piece(edit, original + at, (size_t)one->offset - at);
		add_piece(edit, one->replacement.data, one->replacement.len);
		at = (size_t)(one->offset + one->length);
	}
	if (at < size)
		add_piece(edit, original + at, size - at);
	return RESULT_OK;
}

enum result edit_apply(const void *original, size_t size, const Lz__Group *group, struct edit *out,
        struct err *err)
{
	*out = (struct edit){0};
	out->pieces = alloc_zero(2 * group->n_edits + 2, sizeof(*out->pieces));
	if (add_fields(out, group, line_end_of(original, size), err) ||
	        add_edits(out, original, size, group, err)) {
		edit_fini(out);
		return RESULT_PERMANENT;
	}
	return RESULT_OK;
}

void edit_fini(struct edit *edit)
{
	free(edit->pieces);
	buf_fini(&edit->fields);
	*edit = (struct edit){0};
}
