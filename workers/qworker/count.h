/*
 * What a worker has done since its last report to the quarantine, which keeps the statistics. Pure.
 */
#ifndef WORKERS_QWORKER_COUNT_H
#define WORKERS_QWORKER_COUNT_H

#include <stddef.h>
#include <stdint.h>

#include "protos/messages.h"

/* Names come from verdicts, so from scanners: there are never more than this. */
enum { COUNT_NAMES = 128, COUNT_NAME_ROOM = 48 };

struct count {
	struct {
		char name[COUNT_NAME_ROOM];
		uint64_t value;
	} counters[COUNT_NAMES];
	size_t size;
};

void count_add(struct count *count, const char *name, uint64_t value);

/* Nothing of a dry run; else messages, bytes, recipients, scan_us, virus.examined,
 * virus.remembered, virus.whole_left_out, model.*, report.*, disposition.*, reason.*,
 * unscanned.* */
void count_result(struct count *count, const Lz__ScanResult *result,
        const Lz__Submission *submission, int64_t cost_us);

/* Moves all of `from` into `to`. */
void count_move(struct count *from, struct count *to);
uint64_t count_value(const struct count *count, const char *name);

/* Fills an envelope that lends from `count`; free its arrays with count_envelope_fini(). */
void count_envelope(const struct count *count, Lz__Count *out);
void count_envelope_fini(Lz__Count *envelope);

#endif
