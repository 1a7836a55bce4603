/*
 * Any message, and any findings about its parts: the verdict passes all checks of those who read
 * it, so every recipient is in exactly one group, and edits ascend, never overlap and stay inside.
 * The first byte chooses what is found. To anna it is a report of spam: what is attached becomes
 * lessons, which pass the same checks.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "lib/model/model.h"
#include "tests/unit/workers/qscan/made.h"
#include "workers/qscan/verdict.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void find_something(struct made *made, unsigned choice)
{
	size_t i, count = made->scan.map->part_count;

	for (i = 0; i < count && i < 50; i++) {
		struct finding *finding;

		if ((choice >> i % 4 & 1) == 0)
			continue;
		finding = scan_find(&made->scan, "attachment", "attachment", "X");
		finding->part = (int)i;
		finding->action = choice & 16 ? ACTION_CUT : (enum action)(choice % 9);
		if (choice & 32)
			finding_concern(finding, &made->scan, i % 2);
		finding_text(&finding->detail, "%s", made->scan.map->parts[i].type);
	}
	made->scan.score = choice & 64 ? 7 : 0;
	made->submission->reply_per_recipient = choice >> 7;
}

static void report_to_anna(struct made *made, unsigned choice)
{
	static char *addresses[] = {(char *)"anna@example.org"}, *users[] = {(char *)"*"};
	static struct config_report rule = {
	        .spam_to = {1, addresses}, .users = {1, users}, .allow = TEACH_LEARN};
	static const struct model model = {.facts = {.seed = 1}};

	rule.then = choice & 8 ? THEN_DISCARD : THEN_DELIVER;
	made->config.spam.enabled = made->config.spam.model.enabled = 1;
	made->config.spam.model.reports = (struct config_reports){1, &rule};
	made->config.spam.model.report_messages = 3;
	made->submission->sasl_username = alloc_string("carla");
	made->scan.model = &model;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct made *made;
	Lz__ScanResult *result;
	struct err err;

	if (size < 1)
		return 0;
	made = made_start("");
	free(made->mail);
	made->mail = alloc_bytes(data + 1, size - 1);
	made->config.policy.spam_tag = 5;
	made->config.policy.cut_signed = data[0] & 1;
	made->config.policy.subject_prefix = (char *)"[SPAM]";
	made_add_recipient(made, "anna@example.org");
	made_add_recipient(made, "bert@example.org");
	made->submission->size = size - 1;
	scan_init(&made->scan, &made->config, made->submission, made->mail, size - 1);
	made->scan.map = mime_map_new(made->mail, size - 1, NULL);
	report_to_anna(made, data[0]);
	find_something(made, data[0]);
	made_decide(made);
	result = verdict_make(&made->scan, made->decision);
	if (message_check(MESSAGE_SCAN_RESULT, &result->base, size - 1, &err) != RESULT_OK ||
	        verdict_fits(result->verdict, made->submission, &err) != RESULT_OK) {
		fprintf(stderr, "%s\n", err.text);
		abort();
	}
	lz__scan_result__free_unpacked(result, NULL);
	made_free(&made);
	return 0;
}
