/*
 * The bare pipeline: every file of a folder through all filters and the policy, once or until the
 * time is up, in forked processes that share what was loaded, without ZeroMQ or anything else
 * around it: the ceiling for a pool. Prints "messages seconds cpu_seconds".
 *
 * The processes take the next mail from one list, as scanners do, and memory is tuned as theirs is:
 * libclamav remembers what it has found clean, each process for itself, so who always gets the same
 * half of a folder would be measured on its memory.
 *
 *     bench_pipeline CONFIG FOLDER SECONDS PROCESSES
 */
#include <dirent.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/mime/view.h"
#include "workers/qscan/marker.h"
#include "workers/qscan/pipeline.h"
#include "workers/qscan/poison.h"
#include "workers/qscan/scanner.h"

enum { MOST_FILES = 20000, MOST_BYTES = 64 << 20, MOST_PROCESSES = 64 };

struct mail {
	char *bytes;
	size_t size;
};

static struct mail *mails;
static size_t mail_count;

static void read_mail(const char *folder, const char *name)
{
	struct buf bytes = {0};
	struct stat st;
	struct err err;
	char *path = alloc_format("%s/%s", folder, name);

	if (stat(path, &st) == 0 && S_ISREG(st.st_mode) && mail_count < MOST_FILES &&
	        !file_read(path, MOST_BYTES, &bytes, &err) && bytes.size) {
		mails = alloc_grow(mails, mail_count + 1, sizeof(*mails));
		mails[mail_count].size = bytes.size;
		mails[mail_count++].bytes = buf_give(&bytes);
	}
	buf_fini(&bytes);
	free(path);
}

static void read_folder(const char *folder)
{
	struct dirent **names;
	int count = scandir(folder, &names, NULL, alphasort), at;

	for (at = 0; at < count; at++) {
		read_mail(folder, names[at]->d_name);
		free(names[at]);
	}
	if (count >= 0)
		free(names);
}

static void scan_one(
        const struct scanner *scanner, uint64_t number, struct buf *envelope, struct buf *out)
{
	static char to[] = "user@example.org", from[] = "sender@outside.example",
	            client[] = "198.51.100.7";
	const struct mail *mail = &mails[number];
	Lz__Recipient recipient = LZ__RECIPIENT__INIT, *recipients[] = {&recipient};
	Lz__Submission submission = LZ__SUBMISSION__INIT;
	Lz__ScanOrder order = LZ__SCAN_ORDER__INIT;
	struct pair_parcel parcel = {.kind = PAIR_SCAN};
	char id[33];
	struct err err;

	snprintf(id, sizeof(id), "%032llx", (unsigned long long)number);
	recipient.address = to;
	submission.message_id = id;
	submission.queue_id = id;
	submission.client_address = client;
	submission.reverse_path = from;
	submission.recipients = recipients;
	submission.n_recipients = 1;
	submission.size = mail->size;
	submission.deadline_ms = 60000;
	order.submission = &submission;
	buf_clear(envelope);
	buf_reserve(envelope, lz__scan_order__get_packed_size(&order));
	envelope->size = lz__scan_order__pack(&order, (uint8_t *)envelope->data);
	parcel.parts[0] = (const unsigned char *)envelope->data;
	parcel.sizes[0] = envelope->size;
	parcel.parts[1] = (const unsigned char *)mail->bytes;
	parcel.sizes[1] = mail->size;
	buf_clear(out);
	if (scanner_answer(scanner, &parcel, out, &err)) {
		fprintf(stderr, "bench_pipeline: %s\n", err.text);
		_exit(1);
	}
}

static void run(const struct scanner *scanner, int64_t end_us, atomic_ulong *next)
{
	struct buf envelope = {0}, out = {0};
	unsigned long number;

	while (clock_monotonic_us() < end_us && (number = atomic_fetch_add(next, 1)) < mail_count)
		scan_one(scanner, number, &envelope, &out);
	buf_fini(&envelope);
	buf_fini(&out);
}

static void warn(void *context, const char *sentence)
{
	fprintf(stderr, "bench_pipeline: %s\n", sentence);
}

/* As qscan's supervisor does. */
static void tune_memory(void)
{
	mallopt(M_TRIM_THRESHOLD, 512 << 20);
	mallopt(M_TOP_PAD, 16 << 20);
	mallopt(M_MMAP_THRESHOLD, 32 << 20);
}

int main(int argc, char **argv)
{
	struct config *config = NULL;
	struct scanner scanner = {0};
	struct pipeline *pipeline = NULL;
	struct poison *poison = NULL;
	struct rusage usage;
	struct err err;
	int processes, process;
	int64_t began_us;
	atomic_ulong *next;

	if (argc != 5)
		return 64;
	processes = atoi(argv[4]);
	if (processes < 1 || processes > MOST_PROCESSES)
		return 64;
	tune_memory();
	read_folder(argv[2]);
	view_start();
	if (config_load(argv[1], &config, &err) ||
	        pipeline_open(config, warn, NULL, &pipeline, &err) || poison_new(&poison, &err)) {
		fprintf(stderr, "bench_pipeline: %s\n", err.text);
		return 1;
	}
	scanner.config = config;
	scanner.pipeline = pipeline;
	scanner.poison = poison;
	next = mmap(NULL, sizeof(*next), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	began_us = clock_monotonic_us();
	for (process = 0; process < processes; process++)
		if (fork() == 0) {
			if (pipeline_settle(pipeline, &err) || marker_new(&scanner.marker, &err))
				_exit(1);
			run(&scanner, began_us + atoi(argv[3]) * 1000000ll, next);
			_exit(0);
		}
	while (wait(NULL) > 0)
		continue;
	getrusage(RUSAGE_CHILDREN, &usage);
	printf("%lu %.3f %.3f\n", *next < mail_count ? *next : mail_count,
	        (double)(clock_monotonic_us() - began_us) / 1e6,
	        (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
	                (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6);
	return *next == 0;
}
