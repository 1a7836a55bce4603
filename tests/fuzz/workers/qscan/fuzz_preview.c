/*
 * Any message, as a person is shown it: the preview passes all checks of who reads it, and its text
 * has no more lines than were asked for. A pass found on it does nothing but to let it through.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/utf8.h"
#include "tests/unit/workers/qscan/made.h"
#include "workers/qscan/pass.h"
#include "workers/qscan/preview.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LINES = 50 };

static struct config *config;
static void *map_state, *attachments_state;

static const char yaml[] = "site: {name: mx.example.net, admin: admin@example.net}\n"
                           "front: {next_hop: '127.0.0.1:10026'}\n"
                           "attachments: {max_parts: 200, max_depth: 6, max_members: 100, "
                           "max_expanded: 1M, max_time: 2s}\n";

static void start(void)
{
	struct err err;

	if (config_parse("fuzz.yaml", yaml, strlen(yaml), &config, &err) ||
	        filter_map.open(config, &map_state, NULL, NULL, &err) ||
	        filter_attachments.open(config, &attachments_state, NULL, NULL, &err)) {
		fprintf(stderr, "%s\n", err.text);
		abort();
	}
}

static void check_preview(struct scan *scan)
{
	Lz__Preview *preview = preview_make(scan, LINES);
	size_t at, lines = 0;
	struct err err;

	if (message_check(MESSAGE_PREVIEW, &preview->base, 0, &err) != RESULT_OK) {
		fprintf(stderr, "%s\n", err.text);
		abort();
	}
	for (at = 0; at < preview->n_texts; at++)
		lines += preview->texts[at]->n_lines;
	assert(lines <= LINES);
	message_free(&preview->base);
}

static void check_pass(const struct scan *scan)
{
	Lz__Pass *pass = pass_find(scan);

	if (!pass)
		return;
	assert(pass->through->n_edits == 1 && pass->through->edits[0]->length > 0);
	assert(pass->through->edits[0]->offset + pass->through->edits[0]->length <= scan->size);
	assert(utf8_valid(pass->text, strlen(pass->text)) && strlen(pass->sha256) == 64);
	message_free(&pass->base);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf content = {0};
	struct made *made;

	if (!config)
		start();
	made = made_start("");
	free(made->mail);
	made->mail = alloc_bytes(data, size);
	made_add_recipient(made, "anna@example.org");
	made->submission->size = size;
	scan_init(&made->scan, config, made->submission, made->mail, size);
	filter_map.scan(map_state, &made->scan);
	filter_attachments.scan(attachments_state, &made->scan);
	check_preview(&made->scan);
	check_pass(&made->scan);
	preview_content(&made->scan, "", &content);
	buf_fini(&content);
	made_free(&made);
	return 0;
}
