/*
 * How much is stored in a second, and how much the disk could take:
 *
 *   bench_store store ENDPOINT WRITERS BYTES SECONDS    to a qstore that serves, over ZeroMQ
 *   bench_store raw FOLDER WRITERS BYTES SECONDS        each writer appends to a file of its own
 *   bench_store group FOLDER WRITERS BYTES SECONDS      one file, one sync for what all have
 * written
 *
 * A writer has one part of BYTES on its way and begins the next when it is answered, or synced.
 * Prints "number seconds p50_ms p99_ms". The parts are all different.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/crypto/digest.h"
#include "lib/wire/loop.h"
#include "quarantine/strings.h"

enum { WRITERS_MOST = 256, TIMES_MOST = 1 << 21, BYTES_MOST = 64 << 20 };

static size_t part_bytes;
static char *part; /* random; what makes each different is put in front */
static int64_t end_us;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static float *took_ms;
static size_t took_count;

static void note(int64_t began_us)
{
	pthread_mutex_lock(&lock);
	if (took_count < TIMES_MOST)
		took_ms[took_count++] = (float)(clock_monotonic_us() - began_us) / 1000;
	pthread_mutex_unlock(&lock);
}

static int by_time(const void *a, const void *b)
{
	float one = *(const float *)a, two = *(const float *)b;

	return one < two ? -1 : one > two;
}

static void tell(int64_t began_us)
{
	double seconds = (double)(clock_monotonic_us() - began_us) / 1e6;

	qsort(took_ms, took_count, sizeof(*took_ms), by_time);
	printf("%zu %.3f %.2f %.2f\n", took_count, seconds,
	        (double)took_ms[took_count ? took_count / 2 : 0],
	        (double)took_ms[took_count ? took_count * 99 / 100 : 0]);
}

static void fail(const char *what)
{
	fprintf(stderr, "bench_store: %s\n", what);
	exit(1);
}

/* ---- the store ---- */

struct writer {
	struct wire_socket *socket;
	int64_t began_us;
};

static struct writer writers[WRITERS_MOST];
static unsigned writer_count, on_their_way;
static struct loop *loop;
static uint64_t serial;

static Lz__Item *new_item(const char *id, const char *message_id)
{
	Lz__Item *item = alloc(sizeof(*item));

	lz__item__init(item);
	strings_set(&item->id, id);
	strings_set(&item->message_id, message_id);
	strings_set(&item->reason, "virus");
	strings_set(&item->reverse_path, "sender@example.org");
	strings_set(&item->subject, "Invoice of March");
	item->size = part_bytes;
	item->recipients = alloc_zero(1, sizeof(*item->recipients));
	item->recipients[0] = alloc(sizeof(Lz__Recipient));
	lz__recipient__init(item->recipients[0]);
	strings_set(&item->recipients[0]->address, "user@example.com");
	item->n_recipients = 1;
	item->parts = alloc_zero(1, sizeof(*item->parts));
	item->parts[0] = alloc(sizeof(Lz__Part));
	lz__part__init(item->parts[0]);
	item->parts[0]->length = part_bytes;
	strings_set(&item->parts[0]->name, "invoice.exe");
	item->n_parts = 1;
	return item;
}

static void send_part(struct writer *writer)
{
	Lz__Store request = LZ__STORE__INIT;
	struct wire_body body = {0};
	char id[17], message_id[33], *bytes = alloc(part_bytes);
	Lz__Item *item;
	struct err err;

	snprintf(id, sizeof(id), "%016llx", (unsigned long long)++serial);
	snprintf(message_id, sizeof(message_id), "%032llx", (unsigned long long)serial);
	memcpy(bytes, part, part_bytes);
	memcpy(bytes, id, 16);
	item = new_item(id, message_id);
	request.message_id = message_id;
	request.items = &item;
	request.n_items = 1;
	wire_body_take(bytes, part_bytes, &body);
	writer->began_us = clock_monotonic_us();
	if (wire_send(writer->socket, NULL, MESSAGE_STORE, serial, &request.base, &body, &err))
		fail(err.text);
	on_their_way++;
	message_free(&item->base);
}

static void go_on(struct writer *writer)
{
	if (clock_monotonic_us() < end_us)
		send_part(writer);
	else if (!on_their_way)
		loop_end(loop);
}

static void on_answer(void *context, unsigned events)
{
	struct writer *writer = context;
	struct wire_message message;
	struct err err;

	while (!wire_receive(writer->socket, &message, &err)) {
		if (message.type != MESSAGE_STORED)
			fail(message.type == MESSAGE_ERROR ? ((Lz__Error *)message.envelope)->text
			                                   : "no answer to a store");
		note(writer->began_us);
		wire_message_free(&message);
		on_their_way--;
		go_on(writer);
	}
}

/* An answer says that the connection is made. */
static void greet(struct wire *wire, const char *endpoint, struct writer *writer)
{
	const struct wire_limits limits = {.max_bytes = 1 << 20, .high_water = 16};
	Lz__Show request = LZ__SHOW__INIT;
	struct wire_message answer;
	struct err err;

	request.id = (char *)"0000000000000000";
	if (wire_connect(wire, endpoint, &limits, &writer->socket, &err) ||
	        wire_ask(writer->socket, MESSAGE_SHOW, &request.base, 10000, &answer, &err) !=
	                RESULT_NONE)
		fail(err.text);
}

static void begin(void *context, int64_t now_ms)
{
	struct loop_source **timer = context;
	unsigned at;

	loop_remove(timer);
	for (at = 0; at < writer_count; at++)
		send_part(&writers[at]);
}

static void bench_store(const char *endpoint, int seconds)
{
	const struct config_curve curve = {.secret_key = "", .allowed_keys = "", .server_keys = ""};
	struct loop_source *timer;
	struct wire *wire;
	struct err err;
	int64_t began_us;
	unsigned at;

	if (wire_open(&curve, &wire, &err))
		fail(err.text);
	loop = loop_new(wire);
	for (at = 0; at < writer_count; at++) {
		greet(wire, endpoint, &writers[at]);
		loop_add_socket(loop, writers[at].socket, on_answer, &writers[at]);
	}
	timer = loop_add_timer(loop, 1, begin, &timer);
	began_us = clock_monotonic_us();
	end_us = began_us + seconds * 1000000ll;
	loop_run(loop);
	tell(began_us);
}

/* ---- the disk ---- */

static const char *folder;

static int open_file(unsigned number)
{
	char *path = alloc_format("%s/raw-%u", folder, number);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	unlink(path);
	free(path);
	if (fd < 0)
		fail("a file can't be made");
	return fd;
}

static void write_synced(int fd, unsigned times)
{
	struct err err;
	unsigned at;

	for (at = 0; at < times; at++)
		if (file_write_fd(fd, part, part_bytes, &err))
			fail(err.text);
	if (fdatasync(fd) < 0)
		fail("fdatasync");
}

static void *write_own(void *context)
{
	int fd = open_file((unsigned)(uintptr_t)context);

	while (clock_monotonic_us() < end_us) {
		int64_t began_us = clock_monotonic_us();

		write_synced(fd, 1);
		note(began_us);
	}
	close(fd);
	return NULL;
}

static void bench_raw(int seconds)
{
	pthread_t threads[WRITERS_MOST];
	int64_t began_us = clock_monotonic_us();
	unsigned at;

	end_us = began_us + seconds * 1000000ll;
	for (at = 0; at < writer_count; at++)
		if (pthread_create(&threads[at], NULL, write_own, (void *)(uintptr_t)at))
			fail("no thread");
	for (at = 0; at < writer_count; at++)
		pthread_join(threads[at], NULL);
	tell(began_us);
}

static void bench_group(int seconds)
{
	int64_t began_us = clock_monotonic_us();
	int fd = open_file(0);
	unsigned at;

	end_us = began_us + seconds * 1000000ll;
	while (clock_monotonic_us() < end_us) {
		int64_t group_us = clock_monotonic_us();

		write_synced(fd, writer_count);
		for (at = 0; at < writer_count; at++)
			note(group_us);
	}
	close(fd);
	tell(began_us);
}

int main(int argc, char **argv)
{
	int seconds = argc == 6 ? atoi(argv[5]) : 0;

	writer_count = argc == 6 ? (unsigned)atoi(argv[3]) : 0;
	part_bytes = argc == 6 ? (size_t)atoll(argv[4]) : 0;
	if (seconds < 1 || !writer_count || writer_count > WRITERS_MOST || part_bytes < 16 ||
	        part_bytes > BYTES_MOST) {
		fprintf(stderr, "bench_store store|raw|group ENDPOINT|FOLDER WRITERS BYTES "
		                "SECONDS\n");
		return 64;
	}
	part = alloc(part_bytes);
	random_bytes(part, part_bytes);
	took_ms = alloc_zero(TIMES_MOST, sizeof(*took_ms));
	folder = argv[2];
	serial = (uint64_t)clock_monotonic_us() << 16; /* so that runs do not meet */
	if (!strcmp(argv[1], "store"))
		bench_store(argv[2], seconds);
	else if (!strcmp(argv[1], "raw"))
		bench_raw(seconds);
	else
		bench_group(seconds);
	return 0;
}
