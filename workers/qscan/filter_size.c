/*
 * Messages larger than size.max_size. The rest is not looked at for them where the rule refuses
 * them: nobody gets them.
 */
#include "workers/qscan/scan.h"

static void size_scan(void *state, struct scan *scan)
{
	const struct config_size *size = &scan->config->size;
	struct finding *finding;

	if (scan->size <= size->max_size)
		return;
	finding = scan_find(scan, "size", "size", "SIZE_EXCEEDED");
	finding->action = size->action;
	finding->code = size->code;
	finding_text(&finding->text, "%s", size->text);
	finding_text(&finding->rule, "size.max_size");
	finding_text(&finding->detail, "%zu bytes, at most %llu", scan->size,
	        (unsigned long long)size->max_size);
}

const struct filter filter_size = {
        .name = "size",
        .scan = size_scan,
};
