/*
 * What finding costs in a large quarantine, and what the indexes cost those who store: `bench_find
 * FOLDER [ITEMS [BODY_BYTES]]`, a million items of 200 bytes where nothing is said. The items are
 * made through the store's own functions; the last ones are stored and confirmed in groups of 32,
 * as from 32 writers, and their rate is told. FOLDER must not be there; it is left for looking at.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "lib/base/text.h"
#include "quarantine/store.h"
#include "quarantine/strings.h"

enum {
	WRITERS = 32,
	MEASURED = 20000, /* stores, at the end */
	TIMES = 400,      /* each kind of search */
	PAGE = 50,
};

static const int64_t start_ms = INT64_C(1795000000000);
static uint64_t seed = 88172645463325252u;
static struct store *store;
static struct err err;

static uint64_t number_below(uint64_t most)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed % most;
}

/* Few are frequent and many are rare, as words and senders are. */
static unsigned rank_below(unsigned most)
{
	unsigned here = (unsigned)number_below(most) + 1;

	return (unsigned)number_below(here);
}

static void need(enum result result, const char *what)
{
	if (result == RESULT_OK)
		return;
	fprintf(stderr, "%s: %s\n", what, err.text);
	exit(1);
}

/* ---- items ---- */

static void set_format(char **field, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void set_format(char **field, const char *format, ...)
{
	char text[200];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	strings_set(field, text);
}

static void set_subject(Lz__Item *item)
{
	struct buf text = {0};
	uint64_t count = 3 + number_below(6);

	while (count--)
		buf_add_format(&text, "word%u ", rank_below(30000));
	strings_set(&item->subject, text.data);
	buf_fini(&text);
}

static void add_recipient(Lz__Item *item)
{
	unsigned domain = rank_below(50);

	item->recipients = alloc_zero(1, sizeof(*item->recipients));
	item->recipients[0] = alloc(sizeof(Lz__Recipient));
	lz__recipient__init(item->recipients[0]);
	set_format(&item->recipients[0]->address, "user%u@mail%u.example.com", rank_below(2000),
	        domain);
	item->n_recipients = 1;
}

static void add_part(Lz__Item *item, size_t size)
{
	unsigned char digest[32];
	char hex[65];
	Lz__Part *part = alloc(sizeof(*part));
	size_t at;

	for (at = 0; at < sizeof(digest); at++)
		digest[at] = (unsigned char)number_below(256);
	text_hex(digest, sizeof(digest), hex);
	lz__part__init(part);
	part->length = size;
	set_format(&part->name, "document%u_%u.exe", rank_below(20000), rank_below(100));
	strings_set(&part->sha256, hex);
	item->parts = alloc_zero(1, sizeof(*item->parts));
	item->parts[item->n_parts++] = part;
}

static void add_virus(Lz__Item *item)
{
	strings_set(&item->reason, "virus");
	item->symbols = alloc_zero(1, sizeof(*item->symbols));
	item->symbols[0] = alloc(sizeof(Lz__Symbol));
	lz__symbol__init(item->symbols[0]);
	set_format(&item->symbols[0]->name, "VIRUS_Win.Test-%u", rank_below(1000));
	item->n_symbols = 1;
}

static void add_notice(Lz__Item *item)
{
	item->notices = alloc_zero(1, sizeof(*item->notices));
	item->notices[0] = alloc(sizeof(Lz__Notice));
	lz__notice__init(item->notices[0]);
	item->notices[0]->kind = LZ__NOTICE_KIND__NOTICE_RECIPIENT;
	strings_set(&item->notices[0]->to, item->recipients[0]->address);
	item->n_notices = 1;
}

static Lz__Item *make_item(unsigned number, size_t size)
{
	Lz__Item *item = alloc(sizeof(*item));

	lz__item__init(item);
	/* Ids follow from digests: they come in no order. */
	set_format(&item->id, "%08x%08u", number * 2654435761u, number);
	set_format(&item->message_id, "%08x%024u", number * 2654435761u, number);
	set_format(&item->reverse_path, "from%u@sender%u.example.org", rank_below(200000),
	        rank_below(20000));
	strings_set(&item->reason, number % 3 ? "attachment" : "spam");
	item->keep_original = 1;
	item->size = 1000 + number_below(200000);
	item->score = (double)number_below(20);
	set_subject(item);
	add_recipient(item);
	add_notice(item);
	if (number % 3)
		add_part(item, size);
	if (number % 10 == 1)
		add_virus(item);
	return item;
}

static void put(unsigned number, char *body, size_t size)
{
	Lz__Item *item = make_item(number, size);
	Lz__Store request = LZ__STORE__INIT;
	Lz__Stored answer = LZ__STORED__INIT;

	/* Bodies of few bytes are kept once, as recurring ones are; what is measured stands beside.
	 */
	if (size > 1000)
		memcpy(body, &number, sizeof(number));
	request.message_id = item->message_id;
	request.items = &item;
	request.n_items = 1;
	need(store_put(store, &request, body, size, &answer, &err), "store");
	strings_clear(&answer.items, &answer.n_items);
	free(answer.message_id);
	message_free((ProtobufCMessage *)item);
}

static void confirm(unsigned number)
{
	Lz__Confirm request = LZ__CONFIRM__INIT;
	char message[33];

	snprintf(message, sizeof(message), "%08x%024u", number * 2654435761u, number);
	request.message_id = message;
	request.complete = 1;
	need(store_confirm(store, &request, &err), "confirm");
}

/* As qstore has them: stored and committed, and confirmed a little later with others. */
static void put_group(unsigned *number, unsigned count, char *body, size_t size)
{
	unsigned at, first = *number;

	need(store_begin(store, start_ms + first * INT64_C(1000), &err), "begin");
	for (at = 0; at < count; at++)
		put((*number)++, body, size);
	need(store_commit(store, &err), "commit");
	need(store_begin(store, start_ms + first * INT64_C(1000), &err), "begin");
	for (at = 0; at < count; at++)
		confirm(first + at);
	need(store_commit(store, &err), "commit");
}

/* Bytes that this process has had written. */
static double written(void)
{
	FILE *file = fopen("/proc/self/io", "r");
	unsigned long long bytes = 0;
	char line[100];

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "wchar: %llu", &bytes) == 1)
			break;
	if (file)
		fclose(file);
	return (double)bytes;
}

static void fill(unsigned items, size_t size)
{
	char *body = alloc_zero(1, size);
	unsigned number = 0;
	int64_t began_us;
	double seconds, bytes;

	while (number + MEASURED < items)
		put_group(&number, 2000, body, size);
	began_us = clock_monotonic_us();
	bytes = written();
	while (number < items)
		put_group(&number, WRITERS, body, size);
	seconds = (double)(clock_monotonic_us() - began_us) / 1e6;
	printf("%u items; the last %d in groups of %d: %.0f a second, %.0f bytes written each\n",
	        number, MEASURED, WRITERS, MEASURED / seconds, (written() - bytes) / MEASURED);
	fflush(stdout);
	free(body);
}

/* ---- searches ---- */

static int by_time(const void *a, const void *b)
{
	const int64_t *left = a, *right = b;

	return (*left > *right) - (*left < *right);
}

/* A page: as many questions as it takes until there are items, or there is no more. */
static size_t page(Lz__List *request, int64_t *longest_us, size_t *questions)
{
	Lz__Items answer = LZ__ITEMS__INIT;
	size_t found = 0, at;
	int64_t began_us;
	char *next = NULL;

	for (;;) {
		began_us = clock_monotonic_us();
		need(store_list(store, request, &answer, &err), "list");
		began_us = clock_monotonic_us() - began_us;
		*longest_us = began_us > *longest_us ? began_us : *longest_us;
		(*questions)++;
		found += answer.n_items;
		free(next);
		next = *answer.next ? answer.next : NULL;
		for (at = 0; at < answer.n_items; at++)
			message_free((ProtobufCMessage *)answer.items[at]);
		free(answer.items);
		lz__items__init(&answer);
		if (found >= PAGE || !next)
			break;
		request->after = next;
	}
	request->after = (char *)"";
	free(next);
	return found;
}

typedef void ask_page(Lz__List *request, char text[100]);

static void measure(const char *name, ask_page *ask)
{
	static int64_t took_us[TIMES];
	size_t at, found = 0, questions = 0;
	int64_t longest_us = 0, began_us, total_us = 0;
	char text[100];

	for (at = 0; at < TIMES && total_us < 20 * 1000 * 1000; at++) {
		Lz__List request = LZ__LIST__INIT;

		request.limit = PAGE;
		ask(&request, text);
		began_us = clock_monotonic_us();
		found += page(&request, &longest_us, &questions);
		took_us[at] = clock_monotonic_us() - began_us;
		total_us += took_us[at];
	}
	qsort(took_us, at, sizeof(*took_us), by_time);
	printf("%-34s p50 %8.2f  p99 %8.2f  longest question %6.2f ms; %.1f items, %.1f "
	       "questions\n",
	        name, (double)took_us[at / 2] / 1e3, (double)took_us[at * 99 / 100] / 1e3,
	        (double)longest_us / 1e3, (double)found / (double)at,
	        (double)questions / (double)at);
	fflush(stdout);
}

static void ask_all(Lz__List *request, char text[100])
{
	request->until_ms = start_ms + (int64_t)number_below(1000000) * 1000;
}

static void ask_recipient(Lz__List *request, char text[100])
{
	snprintf(text, 100, "user%u@mail%u.example.com", rank_below(2000), rank_below(50));
	request->recipient = text;
}

static void ask_recipient_domain(Lz__List *request, char text[100])
{
	snprintf(text, 100, "@mail%u.example.com", rank_below(50));
	request->recipient = text;
}

static void ask_sender_domain(Lz__List *request, char text[100])
{
	snprintf(text, 100, ".sender%u.example.org", rank_below(20000));
	request->sender = text;
}

#ifndef BENCH_FIELDS_OF_BEFORE
static void ask_domain(Lz__List *request, char text[100])
{
	snprintf(text, 100, "mail%u.example.com", rank_below(50));
	request->domain = text;
}

static void ask_subject(Lz__List *request, char text[100])
{
	snprintf(text, 100, "word%u", (unsigned)number_below(30000));
	request->subject = text;
}

static void ask_subject_two(Lz__List *request, char text[100])
{
	snprintf(text, 100, "word%u word%u", rank_below(3000), rank_below(3000));
	request->subject = text;
}

static void ask_subject_frequent(Lz__List *request, char text[100])
{
	snprintf(text, 100, "word%u word%u", rank_below(20), 20 + rank_below(20));
	request->subject = text;
}

static void ask_virus(Lz__List *request, char text[100])
{
	snprintf(text, 100, "win.test-%u", (unsigned)number_below(1000));
	request->virus = text;
}

static void ask_file(Lz__List *request, char text[100])
{
	snprintf(text, 100, "document%u_%u.exe", rank_below(2000), rank_below(100));
	request->file = text;
}

static void ask_hash(Lz__List *request, char text[100])
{
	snprintf(text, 100, "%064u", (unsigned)number_below(1000));
	request->sha256 = text;
}

static void ask_large(Lz__List *request, char text[100])
{
	request->larger_than = 190000;
}

static void ask_score(Lz__List *request, char text[100])
{
	request->has_score = 1;
	request->score = 19;
}

static void ask_combined(Lz__List *request, char text[100])
{
	ask_recipient_domain(request, text);
	request->virus = (char *)"Win.Test-3";
	request->larger_than = 50000;
	request->file = (char *)"exe";
	request->since_ms = start_ms;
}
#endif

static void ask_reason(Lz__List *request, char text[100])
{
	request->reason = (char *)"spam";
}

static void ask_nothing_there(Lz__List *request, char text[100])
{
	request->text = (char *)"nobody wrote this";
}

static void search(void)
{
	measure("any time", ask_all);
	measure("recipient", ask_recipient);
	measure("recipient's domain", ask_recipient_domain);
	measure("sender's domain and below", ask_sender_domain);
	measure("reason", ask_reason);
#ifndef BENCH_FIELDS_OF_BEFORE
	measure("domain of either", ask_domain);
	measure("a word of the subject", ask_subject);
	measure("two words of the subject", ask_subject_two);
	measure("two frequent words", ask_subject_frequent);
	measure("virus", ask_virus);
	measure("file name", ask_file);
	measure("hash that is not there", ask_hash);
	measure("size", ask_large);
	measure("score", ask_score);
	measure("virus, domain, file, size, time", ask_combined);
#endif
	measure("text that is nowhere (reads all)", ask_nothing_there);
}

int main(int argc, char **argv)
{
	struct store_options options = {
	        .backend = {.path = argc > 1 ? argv[1] : "", .size = UINT64_C(64) << 30},
	        .max_item_size = 64 << 20,
	        .confirm_timeout_ms = 3600 * 1000,
	        .rules = {.keep_ms = INT64_C(30) * 24 * 3600 * 1000},
	        .lease_ms = 60 * 1000,
	};
	unsigned items = argc > 2 ? (unsigned)atoi(argv[2]) : 1000 * 1000;
	size_t size = argc > 3 ? (size_t)atoi(argv[3]) : 200;
	struct backend_space space;

	if (argc < 2 || items < MEASURED || size < sizeof(unsigned)) {
		fprintf(stderr, "bench_find FOLDER [ITEMS [BODY_BYTES]]\n");
		return 64;
	}
	need(store_open(&backend_lmdb, &options, &store, &err), "open");
	fill(items, size);
	need(store_space(store, &space, &err), "space");
	printf("%.0f bytes an item\n", (double)space.used_bytes / items);
	search();
	store_close(&store);
	return 0;
}
