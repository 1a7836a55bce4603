/*
 * Any message, taken apart and held against the default rules: contents stand behind what they are
 * in, one level further; nothing leaves the message or the limits; whatever was found makes a
 * verdict that passes all checks of those who read it.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/utf8.h"
#include "lib/mime/name.h"
#include "tests/unit/workers/qscan/made.h"
#include "workers/qscan/verdict.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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

static void check_name(const char *name)
{
	char *normalised = name_normalise(name);

	assert(utf8_valid(normalised, strlen(normalised)));
	free(normalised);
}

static void check_contents(const struct scan *scan)
{
	uint64_t expanded = 0;
	size_t at, name;

	for (at = 0; at < scan->content_count; at++) {
		const struct content *content = &scan->contents[at];

		assert(content->parent < (long)at);
		assert(content->level <= 6);
		if (content->parent != SCAN_NO_CONTENT)
			assert(content->level == scan->contents[content->parent].level + 1);
		assert(content->part < (int)scan->map->part_count);
		assert(content->bytes || !content->size);
		expanded += content->level ? content->owned.size : 0;
		for (name = 0; name < content->name_count; name++)
			check_name(content->names[name]);
	}
	/* What is read in several ways is counted in each; mail's own decoding is not expansion. */
	assert(expanded <= (uint64_t)16 * (1 << 20) + 16 * (uint64_t)scan->size);
	for (at = 0; at < scan->finding_count; at++)
		assert(scan->findings[at].content < (long)scan->content_count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct made *made;
	Lz__ScanResult *result;
	struct err err;

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
	check_contents(&made->scan);
	made_decide(made);
	result = verdict_make(&made->scan, made->decision);
	if (message_check(MESSAGE_SCAN_RESULT, &result->base, size, &err) != RESULT_OK ||
	        verdict_fits(result->verdict, made->submission, &err) != RESULT_OK) {
		fprintf(stderr, "%s\n", err.text);
		abort();
	}
	lz__scan_result__free_unpacked(result, NULL);
	made_free(&made);
	return 0;
}
