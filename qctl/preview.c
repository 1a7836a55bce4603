/*
 * preview: what an item is, as far as a person can be shown it without harm: why it is here, what
 * it is made of, and its text. Nothing of it reaches the terminal but printable characters.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/text.h"
#include "qctl/print.h"
#include "qctl/reader.h"

enum { LINES_DEFAULT = 100, INDENT_MOST = 20, NAME_MOST = 120, LINK_MOST = 300 };

/* ---------------------------------------------------------------- for people */

static void add_words(struct buf *out, const char *before, const char *text)
{
	if (!*text)
		return;
	buf_add_string(out, before);
	columns_safe(out, text, NAME_MOST);
}

/* One sentence, before all the details. */
static void add_decision(struct buf *out, const Lz__Item *item)
{
	static const char *const what[] = {"Parts were cut", "Held whole",
	        "Refused, a copy is kept", "Discarded, a copy is kept",
	        "Parts were cut and the rest redirected", "Kept"};
	size_t at;

	buf_add_string(out, what[item->disposition]);
	for (at = 0; at < item->n_recipients && at < 3; at++) {
		buf_add_string(out, at ? ", " : " for ");
		columns_safe(out, item->recipients[at]->address, NAME_MOST);
	}
	if (item->n_recipients > 3)
		buf_add_format(out, " and %zu more", item->n_recipients - 3);
	add_words(out, ": ", *item->detail ? item->detail : item->reason);
	add_words(out, "; decided by ", item->rule);
	buf_add_string(out, "\n\n");
}

static void add_indent(struct buf *out, size_t depth)
{
	size_t at;

	for (at = 0; at < depth && at < INDENT_MOST; at++)
		buf_add_string(out, "  ");
}

static void add_part(struct buf *out, const Lz__PreviewPart *part)
{
	size_t at;

	buf_add_string(out, "  ");
	add_indent(out, part->depth);
	columns_safe(out, part->path, NAME_MOST);
	add_words(out, "  ", part->type);
	if (strcmp(part->true_type, part->type) != 0)
		add_words(out, ", is ", part->true_type);
	add_words(out, ", ", part->encoding);
	buf_add_format(out, ", %llu bytes", (unsigned long long)part->size);
	for (at = 0; at < part->n_names; at++) {
		buf_add_string(out, at ? ", \"" : "  \"");
		columns_safe(out, part->names[at], NAME_MOST);
		buf_add_string(out, "\"");
	}
	for (at = 0; at < part->n_marks; at++) {
		buf_add_string(out, "  [");
		columns_safe(out, part->marks[at], 0);
		buf_add_string(out, "]");
	}
	buf_add_string(out, "\n");
	if (!*part->sha256)
		return;
	buf_add_string(out, "  ");
	add_indent(out, part->depth + 2);
	buf_add_format(out, "SHA-256 %s\n", part->sha256);
}

static void add_structure(struct buf *out, const Lz__Preview *preview)
{
	size_t at;

	buf_add_string(out, "\nStructure\n");
	for (at = 0; at < preview->n_parts; at++)
		add_part(out, preview->parts[at]);
	if (preview->more_parts)
		buf_add_format(out, "  and %u more\n", preview->more_parts);
}

static void add_texts(struct buf *out, const Lz__Preview *preview)
{
	size_t at, line;

	for (at = 0; at < preview->n_texts; at++) {
		const Lz__PreviewText *text = preview->texts[at];

		buf_add_string(out, "\nText of ");
		columns_safe(out, text->path, NAME_MOST);
		buf_add_string(
		        out, text->type && !strcmp(text->type, "text/html") ? " (HTML)\n" : "\n");
		for (line = 0; line < text->n_lines; line++) {
			buf_add_string(out, *text->lines[line] ? "  | " : "  |");
			columns_safe(out, text->lines[line], 0);
			buf_add_string(out, "\n");
		}
	}
	if (!preview->n_texts)
		buf_add_string(out, "\nNo text\n");
	if (preview->more_text)
		buf_add_string(out, "  … there is more: --lines\n");
}

static void add_links(struct buf *out, const Lz__Preview *preview)
{
	size_t at;

	if (preview->n_links)
		buf_add_string(out, "\nLinks in HTML\n");
	for (at = 0; at < preview->n_links; at++) {
		buf_add_string(out, "  ");
		columns_safe(out, preview->links[at], LINK_MOST);
		buf_add_string(out, "\n");
	}
	if (preview->more_links)
		buf_add_string(out, "  and more\n");
}

static void print_text(const Lz__Preview *preview, uint32_t part)
{
	struct buf out = {0};

	if (part)
		buf_add_format(&out, "\nPart %u\n", part);
	add_structure(&out, preview);
	add_texts(&out, preview);
	add_links(&out, preview);
	qctl_print(&out);
}

/* ---------------------------------------------------------------- for programs */

static void json_texts(struct json *json, const char *name, char *const *texts, size_t count)
{
	size_t at;

	json_list(json, name);
	for (at = 0; at < count; at++)
		json_text(json, NULL, texts[at]);
	json_end_list(json);
}

static void json_part(struct json *json, const Lz__PreviewPart *part)
{
	json_object(json, NULL);
	json_text(json, "path", part->path);
	json_number(json, "depth", part->depth);
	json_text(json, "type", part->type);
	json_text(json, "true_type", part->true_type);
	json_text(json, "encoding", part->encoding);
	json_number(json, "size", (int64_t)part->size);
	json_text(json, "sha256", part->sha256);
	json_texts(json, "names", part->names, part->n_names);
	json_texts(json, "marks", part->marks, part->n_marks);
	json_end_object(json);
}

static void json_preview(struct json *json, const Lz__Preview *preview, uint32_t part)
{
	size_t at;

	json_object(json, NULL);
	json_number(json, "part", part);
	json_list(json, "structure");
	for (at = 0; at < preview->n_parts; at++)
		json_part(json, preview->parts[at]);
	json_end_list(json);
	json_list(json, "texts");
	for (at = 0; at < preview->n_texts; at++) {
		json_object(json, NULL);
		json_text(json, "path", preview->texts[at]->path);
		json_text(json, "type", preview->texts[at]->type);
		json_texts(json, "lines", preview->texts[at]->lines, preview->texts[at]->n_lines);
		json_end_object(json);
	}
	json_end_list(json);
	json_texts(json, "links", preview->links, preview->n_links);
	json_bool(json, "more", preview->more_parts || preview->more_text || preview->more_links);
	json_end_object(json);
}

/* ---------------------------------------------------------------- what was asked for */

static enum result preview_part(struct qctl *qctl, const Lz__Item *item, uint32_t part,
        unsigned lines, struct json *json, struct err *err)
{
	const struct reader_of of = {item->id, part};
	Lz__Preview *preview;
	enum result result = reader_preview(qctl, &of, lines, &preview, err);

	if (result)
		return result;
	if (qctl->json)
		json_preview(json, preview, part);
	else
		print_text(preview, part);
	message_free(&preview->base);
	return RESULT_OK;
}

/* Where the whole was not kept, each of its parts is shown. */
static enum result preview_all(struct qctl *qctl, const Lz__Item *item, uint32_t part,
        unsigned lines, struct json *json, struct err *err)
{
	enum result result = RESULT_OK;
	size_t at;

	if (part || item->keep_original)
		return preview_part(qctl, item, part, lines, json, err);
	for (at = 0; !result && at < item->n_parts; at++)
		result = preview_part(qctl, item, (uint32_t)at + 1, lines, json, err);
	return result;
}

static int preview(struct qctl *qctl, uint32_t part, unsigned lines)
{
	Lz__Show request = LZ__SHOW__INIT;
	struct wire_message shown;
	struct json json = {0};
	struct buf out = {0};
	struct err err;
	enum result result;

	request.id = qctl->arguments.words[0];
	result = qctl_ask(qctl, MESSAGE_SHOW, &request, &shown, &err);
	if (result)
		return qctl_fail(result, &err);
	if (qctl->json) {
		json_object(&json, NULL);
		print_item_json(&json, ((const Lz__Shown *)shown.envelope)->item);
		json_list(&json, "previews");
	} else {
		add_decision(&out, ((const Lz__Shown *)shown.envelope)->item);
		print_shown_text(&out, (const Lz__Shown *)shown.envelope);
		qctl_print(&out);
	}
	result = preview_all(
	        qctl, ((const Lz__Shown *)shown.envelope)->item, part, lines, &json, &err);
	if (qctl->json) {
		json_end_list(&json);
		json_end_object(&json);
		json_flush(&json);
	}
	wire_message_free(&shown);
	return result ? qctl_fail(result, &err) : QCTL_OK;
}

static enum result read_number(
        const struct qctl *qctl, const char *name, uint64_t most, uint64_t *out, struct err *err)
{
	const char *text = arguments_value(&qctl->arguments, name);

	if (text && !text_number(text, most, out))
		return err_set(err, RESULT_PERMANENT,
		        "--%s %s: a number of at most %llu is expected", name, text,
		        (unsigned long long)most);
	return RESULT_OK;
}

int command_preview(struct qctl *qctl)
{
	uint64_t part = 0, lines = LINES_DEFAULT;
	struct err err;
	enum result result = read_number(qctl, "part", UINT32_MAX, &part, &err);

	if (!result)
		result = read_number(qctl, "lines", MESSAGE_PREVIEW_LINES_MAX, &lines, &err);
	if (result)
		return qctl_wrong(qctl, &err);
	return preview(qctl, (uint32_t)part, lines ? (unsigned)lines : MESSAGE_PREVIEW_LINES_MAX);
}
