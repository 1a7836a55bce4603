/*
 * The bare library: what the pipeline hands to libclamav for every file of a folder, and nothing
 * else. All of it is taken apart beforehand; then forked processes that share the engine scan it,
 * once or until the time is up, with no MIME, no decision and no transport around it: what a pool
 * can't be faster than, if it scans the same. Prints "messages seconds cpu_seconds engine_kib", the
 * last the memory that loading took.
 *
 *     bench_bare CONFIG FOLDER SECONDS PROCESSES [whole]
 *
 * With "whole", each mail as it stands and nothing beside it, as clamd has it.
 */
#include <dirent.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/mime/view.h"
#include "lib/virus/virus.h"
#include "workers/qscan/scan.h"

enum { MOST_FILES = 20000, MOST_BYTES = 64 << 20, MOST_PROCESSES = 64 };

struct mail {
	struct buf *pieces; /* the whole first */
	size_t count;
};

static struct mail *mails;
static size_t mail_count;

static void add_piece(struct mail *mail, const char *before, const void *bytes, size_t size)
{
	struct buf *piece;

	mail->pieces = alloc_grow(mail->pieces, mail->count + 1, sizeof(*mail->pieces));
	piece = &mail->pieces[mail->count++];
	memset(piece, 0, sizeof(*piece));
	buf_add_string(piece, before);
	buf_add(piece, bytes, size);
}

static void *attachments; /* that filter's state */

/* The contents, as the filters before the search for viruses leave them. */
static void take_apart(const struct config *config, struct mail *mail, const struct buf *bytes)
{
	Lz__Recipient recipient = LZ__RECIPIENT__INIT, *recipients[] = {&recipient};
	Lz__Submission submission = LZ__SUBMISSION__INIT;
	struct scan scan;
	size_t at;

	submission.recipients = recipients;
	submission.n_recipients = 1;
	submission.size = bytes->size;
	scan_init(&scan, config, &submission, bytes->data, bytes->size);
	filter_map.scan(NULL, &scan);
	filter_attachments.scan(attachments, &scan);
	for (at = 0; at < scan.content_count; at++)
		if (scan.contents[at].bytes)
			add_piece(mail, "", scan.contents[at].bytes, scan.contents[at].size);
	scan_fini(&scan);
}

static void read_mail(const struct config *config, const char *path, int is_whole)
{
	static const char first[] = "Received: by localhost\r\n";
	struct buf bytes = {0};
	struct mail *mail;
	struct err err;

	if (mail_count == MOST_FILES || file_read(path, MOST_BYTES, &bytes, &err) || !bytes.size) {
		buf_fini(&bytes);
		return;
	}
	mails = alloc_grow(mails, mail_count + 1, sizeof(*mails));
	mail = &mails[mail_count++];
	memset(mail, 0, sizeof(*mail));
	add_piece(mail, strncmp(bytes.data, first, 9) ? first : "", bytes.data, bytes.size);
	if (!is_whole)
		take_apart(config, mail, &bytes);
	buf_fini(&bytes);
}

static void read_folder(const struct config *config, const char *folder, int is_whole)
{
	struct dirent **names;
	int count = scandir(folder, &names, NULL, alphasort), at;
	char *path;

	for (at = 0; at < count; at++) {
		path = alloc_format("%s/%s", folder, names[at]->d_name);
		if (names[at]->d_name[0] != '.')
			read_mail(config, path, is_whole);
		free(path);
		free(names[at]);
	}
	if (count >= 0)
		free(names);
}

static void run(struct virus_engine *engine, int64_t end_us, atomic_ulong *next)
{
	struct virus_report report;
	const struct mail *mail;
	unsigned long number;
	size_t at;

	while (clock_monotonic_us() < end_us) {
		number = atomic_fetch_add(next, 1);
		if (number >= mail_count)
			return;
		mail = &mails[number];
		for (at = 0; at < mail->count; at++)
			virus_scan(engine, mail->pieces[at].data, mail->pieces[at].size, 30000,
			        &report);
	}
}

/* As qscan's supervisor does. */
static void tune_memory(void)
{
	mallopt(M_TRIM_THRESHOLD, 512 << 20);
	mallopt(M_TOP_PAD, 16 << 20);
	mallopt(M_MMAP_THRESHOLD, 32 << 20);
}

static enum result load(const struct config *config, struct virus_engine **engine, struct err *err)
{
	const struct config_virus *virus = &config->virus;
	struct virus_limits limits = {
	        .scan_bytes = virus->max_scan_size,
	        .file_bytes = virus->max_file_size,
	        .files = (uint32_t)virus->max_files,
	        .recursion = (uint32_t)virus->max_recursion,
	        .time_ms = virus->max_scan_time_ms,
	        .pua = virus->pua,
	};

	return virus_open(virus->database, &limits, engine, err);
}

/* Of this process, as long as nothing is shared. */
static unsigned long resident_kib(void)
{
	unsigned long total = 0, resident = 0;
	FILE *file = fopen("/proc/self/statm", "re");

	if (file && fscanf(file, "%lu %lu", &total, &resident) != 2)
		resident = 0;
	if (file)
		fclose(file);
	return resident * (unsigned long)sysconf(_SC_PAGESIZE) / 1024;
}

static void measure(
        struct virus_engine *engine, int seconds, int processes, unsigned long engine_kib)
{
	int64_t began_us = clock_monotonic_us();
	struct rusage usage;
	int process;
	atomic_ulong *next = mmap(
	        NULL, sizeof(*next), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	for (process = 0; process < processes; process++)
		if (fork() == 0) {
			run(engine, began_us + seconds * 1000000ll, next);
			_exit(0);
		}
	while (wait(NULL) > 0)
		continue;
	getrusage(RUSAGE_CHILDREN, &usage);
	printf("%lu %.3f %.3f %lu\n", *next < mail_count ? *next : mail_count,
	        (double)(clock_monotonic_us() - began_us) / 1e6,
	        (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
	                (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6,
	        engine_kib);
}

int main(int argc, char **argv)
{
	struct config *config = NULL;
	struct virus_engine *engine = NULL;
	struct err err;
	unsigned long engine_kib;
	int processes;

	if (argc < 5 || argc > 6)
		return 64;
	processes = atoi(argv[4]);
	if (processes < 1 || processes > MOST_PROCESSES)
		return 64;
	tune_memory();
	view_start();
	if (config_load(argv[1], &config, &err) ||
	        filter_attachments.open(config, &attachments, NULL, NULL, &err) ||
	        load(config, &engine, &err)) {
		fprintf(stderr, "bench_bare: %s\n", err.text);
		return 1;
	}
	engine_kib = resident_kib();
	read_folder(config, argv[2], argc == 6);
	if (mail_count)
		measure(engine, atoi(argv[3]), processes, engine_kib);
	return mail_count == 0;
}
