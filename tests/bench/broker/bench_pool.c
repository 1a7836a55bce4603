/*
 * Submits every file of a folder to a broker, once or until the time is up, a fixed number in
 * flight; prints "messages seconds busy p50_ms p99_ms", the last two of the time from
 * submission to verdict. The broker's endpoint and its pool are the real ones: `bench_pool ENDPOINT
 * FOLDER SECONDS FLIGHT`.
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

enum { MOST_FILES = 20000, MOST_BYTES = 64 << 20, FLIGHT_MOST = 1024, TIMES_MOST = 1 << 20 };

struct load {
	struct wire_body *mails;
	size_t count;
	struct loop *loop;
	struct wire_socket *socket;
	uint64_t sent, answered, busy;
	int64_t began_us, end_us;
	int64_t sent_us[FLIGHT_MOST]; /* by request */
	int64_t *took_us;             /* of those answered */
	int seconds, flight;
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
	struct wire_body *mail = &load->mails[load->sent], body = {0};
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
	load->sent_us[(load->sent + 1) % FLIGHT_MOST] = clock_monotonic_us();
	if (wire_send(load->socket, NULL, MESSAGE_SUBMIT, ++load->sent, &submission.base, &body,
	            &err)) {
		fprintf(stderr, "bench_pool: %s\n", err.text);
		exit(1);
	}
}

/* Requests overtake each other by less than there are in flight at once, small ones large ones too:
 * a number that was used again meanwhile belongs to another, and its time is left out. */
static void take_time(struct load *load, uint64_t request)
{
	if (load->answered < TIMES_MOST && load->sent - request < FLIGHT_MOST)
		load->took_us[load->answered++] =
		        clock_monotonic_us() - load->sent_us[request % FLIGHT_MOST];
}

static void go_on(struct load *load)
{
	if (load->sent < load->count)
		submit(load);
	else if (load->answered + load->busy == load->sent)
		loop_end(load->loop);
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
		if (message.type == MESSAGE_VERDICT)
			take_time(load, message.request);
		load->busy += message.type == MESSAGE_BUSY;
		if (message.type == MESSAGE_VERDICT || message.type == MESSAGE_BUSY)
			go_on(load);
		wire_message_free(&message);
	}
}

static void on_tick(void *context, int64_t now_ms)
{
	struct load *load = context;

	if (load->sent == 0) {
		load->began_us = clock_monotonic_us();
		load->end_us = load->began_us + load->seconds * 1000000ll;
		while (load->sent < (uint64_t)load->flight && load->sent < load->count)
			submit(load);
	}
	if (clock_monotonic_us() >= load->end_us)
		loop_end(load->loop);
}

static int by_time(const void *a, const void *b)
{
	const int64_t *left = a, *right = b;

	return (*left > *right) - (*left < *right);
}

static void tell(struct load *load)
{
	double seconds = (double)(clock_monotonic_us() - load->began_us) / 1e6;
	uint64_t count = load->answered;

	qsort(load->took_us, count, sizeof(*load->took_us), by_time);
	printf("%llu %.3f %llu %.3f %.3f\n", (unsigned long long)count, seconds,
	        (unsigned long long)load->busy, count ? (double)load->took_us[count / 2] / 1000 : 0,
	        count ? (double)load->took_us[count * 99 / 100] / 1000 : 0);
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

	if (argc != 5)
		return 64;
	read_folder(&load, argv[2]);
	load.seconds = atoi(argv[3]);
	load.flight = atoi(argv[4]);
	load.took_us = alloc_zero(TIMES_MOST, sizeof(*load.took_us));
	if (!load.count || load.flight > FLIGHT_MOST / 2 || wire_open(&curve, &wire, &err) ||
	        wire_connect(wire, argv[1], &limits, &load.socket, &err)) {
		fprintf(stderr, "bench_pool: %s\n", load.count ? err.text : "no mails");
		return 1;
	}
	load.loop = loop_new(wire);
	loop_add_socket(load.loop, load.socket, on_answer, &load);
	loop_add_timer(load.loop, 50, on_tick, &load);
	loop_run(load.loop);
	tell(&load);
	return 0;
}
