/*
 * Any answer of a scanner that a message has taken over: what result_read() takes fits the
 * submission, and keeps mail and sends notices for nobody else.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "workers/qworker/count.h"
#include "workers/qworker/result.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void assert_ours(const Lz__ScanResult *result)
{
	size_t i, j;

	for (i = 0; i < result->n_items; i++)
		for (j = 0; j < result->items[i]->n_recipients; j++)
			assert(strcmp(result->items[i]->recipients[j]->address, "a@b.c") == 0);
	for (i = 0; i < result->verdict->n_groups; i++)
		assert(result->verdict->groups[i]->n_recipients == 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct config config;
	Lz__Recipient recipient = LZ__RECIPIENT__INIT;
	Lz__Recipient *recipients[] = {&recipient};
	Lz__Submission submission = LZ__SUBMISSION__INIT;
	struct count count = {0};
	Lz__ScanResult *result;
	struct err err;

	config.site.admin = config.policy.redirect_to = (char *)"admin@b.c";
	recipient.address = (char *)"a@b.c";
	submission.message_id = (char *)"0123456789abcdef0123456789abcdef";
	submission.recipients = recipients;
	submission.n_recipients = 1;
	submission.size = 1000;
	if (result_read(&config, &submission, data, size, &result, &err) != RESULT_OK)
		return 0;
	assert_ours(result);
	count_result(&count, result, &submission, 1);
	assert(count_value(&count, "messages") == 1);
	lz__scan_result__free_unpacked(result, NULL);
	return 0;
}
