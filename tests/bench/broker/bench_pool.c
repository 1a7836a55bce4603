/*
 * Submits every file of a folder to a broker over and over, a fixed number in flight, until the
 * time is up; prints "messages seconds unscanned". The broker's endpoint and its pool are the real
 * ones: `bench_pool ENDPOINT FOLDER SECONDS FLIGHT`.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/alloc.h"
#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/wire/loop.h"

enum { MOST_FILES = 20000, MOST_BYTES = 64 << 20 };

struct load {
	struct wire_body *mails;
	size_t count;
	struct loop *loop;
	struct wire_socket *socket;
	uint64_t sent, answered, busy;
	int64_t end_ms;
	int flight;
};

static void read_mail(struct load *load, const char *folder, const char *name)
{
	struct buf bytes = {0};
	struct stat st;
	struct err err;
	char *path = alloc_format("%s/%s", folder, name);

	if (stat(path, &st) == 0 && S_ISREG(st.st_mode) && load->count < MOST_FILES &&
	        !file_read(path, MOST_BYTES, &bytes, &err) && bytes.size) {
		size_t size = bytes.size;

		load->mails = alloc_grow(load->mails, load->count + 1, sizeof(*load->mails));
		wire_body_take(buf_give(&bytes), size, &load->mails[load->count++]);
	}
	buf_fini(&bytes);
	free(path);
}

static void read_folder(struct load *load, const char *folder)
{
	struct dirent **names;
	int count = scandir(folder, &names, NULL, alphasort), at;

	for (at = 0; at < count; at++) {
		read_mail(load, folder, names[at]->d_name);
		free(names[at]);
	}
	if (count >= 0)
		free(names);
}

static void submit(struct load *load)
{
	static char to[] = "user@example.org", from[] = "sender@outside.example",
	            client[] = "198.51.100.7";
	struct wire_body *mail = &load->mails[load->sent % load->count], body = {0};
	Lz__Recipient recipient = LZ__RECIPIENT__INIT, *recipients[] = {&recipient};
	Lz__Submission submission = LZ__SUBMISSION__INIT;
	char id[33], queue_id[32];
	struct err err;

	snprintf(id, sizeof(id), "%032llx", (unsigned long long)load->sent + 1);
	snprintf(queue_id, sizeof(queue_id), "B%llu", (unsigned long long)load->sent);
	recipient.address = to;
	submission.message_id = id;
	submission.queue_id = queue_id;
	submission.client_address = client;
	submission.reverse_path = from;
	submission.recipients = recipients;
	submission.n_recipients = 1;
	submission.size = wire_body_size(mail);
	submission.deadline_ms = 60000;
	wire_body_share(mail, &body);
	if (wire_send(load->socket, NULL, MESSAGE_SUBMIT, ++load->sent, &submission.base, &body,
	            &err)) {
		fprintf(stderr, "bench_pool: %s\n", err.text);
		exit(1);
	}
}

static void on_answer(void *context, unsigned events)
{
	struct load *load = context;
	struct wire_message message;
	struct err err;

	for (;;) {
		message = (struct wire_message){0};
		if (wire_receive(load->socket, &message, &err))
			return;
		load->answered += message.type == MESSAGE_VERDICT;
		load->busy += message.type == MESSAGE_BUSY;
		if (message.type == MESSAGE_VERDICT || message.type == MESSAGE_BUSY)
			submit(load);
		wire_message_free(&message);
	}
}

static void on_tick(void *context, int64_t now_ms)
{
	struct load *load = context;

	if (load->sent == 0)
		while (load->sent < (uint64_t)load->flight)
			submit(load);
	if (clock_monotonic_ms() >= load->end_ms)
		loop_end(load->loop);
}

int main(int argc, char **argv)
{
	const struct config_curve curve = {.secret_key = (char[]){""},
	        .allowed_keys = (char[]){""},
	        .server_keys = (char[]){""}};
	const struct wire_limits limits = {.max_bytes = MOST_BYTES * 2ul, .high_water = 1000};
	struct load load = {0};
	struct wire *wire = NULL;
	struct err err;
	int64_t began;

	if (argc != 5)
		return 64;
	read_folder(&load, argv[2]);
	load.flight = atoi(argv[4]);
	if (!load.count || wire_open(&curve, &wire, &err) ||
	        wire_connect(wire, argv[1], &limits, &load.socket, &err)) {
		fprintf(stderr, "bench_pool: %s\n", load.count ? err.text : "no mails");
		return 1;
	}
	load.loop = loop_new(wire);
	loop_add_socket(load.loop, load.socket, on_answer, &load);
	loop_add_timer(load.loop, 50, on_tick, &load);
	began = clock_monotonic_ms();
	load.end_ms = began + atoi(argv[3]) * 1000;
	loop_run(load.loop);
	printf("%llu %.3f %llu\n", (unsigned long long)load.answered,
	        (double)(clock_monotonic_ms() - began) / 1000, (unsigned long long)load.busy);
	return 0;
}
