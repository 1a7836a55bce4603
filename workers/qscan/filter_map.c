/*
 * The message's map and its second view, for all filters behind; and where the two readings differ,
 * or the message can be read in two ways, it is called ambiguous: a client may see what we don't.
 */
#include <stdlib.h>

#include "lib/base/alloc.h"
#include "lib/mime/decode.h"
#include "workers/qscan/authentic.h"
#include "workers/qscan/blame.h"
#include "workers/qscan/scan.h"

static enum result map_open(const struct config *config, void **state,
        void (*warn)(void *context, const char *sentence), void *context, struct err *err)
{
	view_start();
	return RESULT_OK;
}

static void take_text(char **field, char *text)
{
	if (!text)
		return;
	free(*field);
	*field = text;
}

static void read_fields(struct scan *scan)
{
	take_text(&scan->subject, decode_field(scan->map, 0, "Subject", 0));
	take_text(&scan->header_from, decode_field(scan->map, 0, "From", 0));
	take_text(&scan->header_message_id, decode_field(scan->map, 0, "Message-ID", 0));
	scan->sender_authentic = authentic_sender(scan->config, scan->submission, scan->map);
	scan->automatic = authentic_automatic(scan->submission, scan->map);
	scan->marked = authentic_notice(scan->config, scan->submission, scan->map);
}

/* What only GMime sees is looked at by all filters as well: the outcome is the union of views. */
static void add_extra_contents(struct scan *scan)
{
	size_t *extra = NULL, count = view_compare(scan->map, scan->view, &extra), i;
	char *path;

	for (i = 0; i < count; i++) {
		const struct view_part *leaf = &scan->view->parts[extra[i]];
		struct content *content;

		path = alloc_format("view.%zu", extra[i] + 1);
		content = scan_add_content(scan, SCAN_NO_PART, 0, path);
		content_add_name(content, leaf->name);
		content_add_type(content, leaf->type);
		content->bytes = (const unsigned char *)leaf->content;
		content->size = leaf->size;
		free(path);
	}
	free(extra);
}

/* Where the map ended by a limit, that is said once, as unscanned(limit). */
static int is_limit(enum mime_anomaly_kind kind)
{
	return kind == MIME_ANOMALY_TOO_MANY_PARTS || kind == MIME_ANOMALY_TOO_DEEP ||
	       kind == MIME_ANOMALY_TOO_MANY_FIELDS;
}

static void tell_anomalies(struct scan *scan)
{
	unsigned char told[MIME_ANOMALY_KINDS] = {0};
	size_t i;

	for (i = 0; i < scan->map->anomaly_count; i++) {
		const struct mime_anomaly *anomaly = &scan->map->anomalies[i];
		struct finding *finding;

		if (mime_anomaly_severity(anomaly->kind) < 2 || told[anomaly->kind] ||
		        is_limit(anomaly->kind))
			continue;
		told[anomaly->kind] = 1;
		finding = scan_unscanned(
		        scan, "map", UNSCANNED_AMBIGUOUS, mime_anomaly_text(anomaly->kind));
		finding_text(&finding->symbol, "MIME_%s", mime_anomaly_name(anomaly->kind));
		finding_text(&finding->where, "%s", scan->map->parts[anomaly->part].path);
	}
}

/* A part in a transfer encoding that nobody here knows was looked at as it stands, and a client may
 * know it. */
static void tell_undecodable(struct scan *scan)
{
	const unsigned not_decoded = 1u << MIME_IDENTITY | 1u << MIME_UNKNOWN_ENCODING;
	const struct mime_part *part;
	struct finding *finding;
	size_t i;

	for (i = 0; i < scan->map->part_count; i++) {
		part = &scan->map->parts[i];
		if (!(part->encodings & 1u << MIME_UNKNOWN_ENCODING) ||
		        part->encodings & ~not_decoded)
			continue;
		finding = scan_unscanned(
		        scan, "map", UNSCANNED_MALFORMED, "an unknown transfer encoding");
		finding_text(&finding->where, "%s", part->path);
		finding->part = (int)i;
	}
}

/* Where our own reading ended at a limit there is nothing to compare, and what is made to meet
 * limits makes GMime slow as well. A probe is of parts, and what only GMime sees is in none. Mail
 * that kills GMime is still read by us. */
static void add_view(struct scan *scan, const struct mime_limits *mime)
{
	if (scan->map->truncated || scan->is_probe || !blame_message(scan, "view"))
		return;
	scan->view = view_new(scan->bytes, scan->size, mime);
	add_extra_contents(scan);
}

static void map_scan(void *state, struct scan *scan)
{
	const struct config_attachments *limits = &scan->config->attachments;
	struct mime_limits mime = {limits->max_parts, limits->max_depth, 1000, 65536};

	scan->map = mime_map_new(scan->bytes, scan->size, &mime);
	read_fields(scan);
	add_view(scan, &mime);
	tell_anomalies(scan);
	tell_undecodable(scan);
	if (scan->map->truncated || (scan->view && scan->view->truncated))
		scan_unscanned(scan, "map", UNSCANNED_LIMIT, "more parts than are looked at");
}

const struct filter filter_map = {
        .name = "map",
        .open = map_open,
        .scan = map_scan,
};
