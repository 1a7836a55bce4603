/*
 * For the tests of filters: a configuration from a few lines, a message from a text, and what the
 * filters found in it.
 */
#ifndef TESTS_UNIT_WORKERS_QSCAN_SCANNING_H
#define TESTS_UNIT_WORKERS_QSCAN_SCANNING_H

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/base/alloc.h"
#include "lib/base/buf.h"
#include "lib/base/file.h"
#include "workers/qscan/scan.h"

enum { SCANNING_FILTERS = 8, SCANNING_RECIPIENTS = 4 };

struct scanning {
	struct config *config;
	const struct filter *filters[SCANNING_FILTERS];
	void *states[SCANNING_FILTERS];
	size_t count;
	Lz__Submission submission;
	Lz__Recipient recipients[SCANNING_RECIPIENTS], *lent[SCANNING_RECIPIENTS];
	struct scan scan;
	int is_scanned;
};

static inline struct config *scanning_config(const char *yaml)
{
	char *text = alloc_format("site: {name: mx.example.net, admin: admin@example.net,"
	                          " networks: [198.51.100.0/24]}\n"
	                          "front: {next_hop: '127.0.0.1:10026'}\n%s",
	        yaml);
	struct config *config = NULL;
	struct err err;

	if (config_parse("test.yaml", text, strlen(text), &config, &err))
		fail_msg("%s", err.text);
	free(text);
	return config;
}

/* `yaml` has the sections that matter. Filters end with NULL. From a@example.org at 192.0.2.1 to
 * r@example.net. */
static inline void scanning_open(struct scanning *s, const char *yaml, ...)
{
	const struct filter *filter;
	struct err err;
	va_list ap;

	memset(s, 0, sizeof(*s));
	s->config = scanning_config(yaml);
	lz__submission__init(&s->submission);
	s->submission.reverse_path = "a@example.org";
	s->submission.client_address = "192.0.2.1";
	s->submission.client_name = "mail.example.org";
	s->submission.helo = "helo.example.org";
	s->submission.recipients = s->lent;
	lz__recipient__init(&s->recipients[0]);
	s->recipients[0].address = "r@example.net";
	s->lent[0] = &s->recipients[0];
	s->submission.n_recipients = 1;
	va_start(ap, yaml);
	while ((filter = va_arg(ap, const struct filter *))) {
		s->filters[s->count] = filter;
		if (filter->open && filter->open(s->config, &s->states[s->count], NULL, NULL, &err))
			fail_msg("%s: %s", filter->name, err.text);
		s->count++;
	}
	va_end(ap);
}

static inline void scanning_add_recipient(struct scanning *s, char *address)
{
	size_t at = s->submission.n_recipients++;

	lz__recipient__init(&s->recipients[at]);
	s->recipients[at].address = address;
	s->lent[at] = &s->recipients[at];
}

/* `bytes` are lent until the next run or the end. */
static inline void scanning_run(struct scanning *s, const void *bytes, size_t size)
{
	size_t at;

	if (s->is_scanned)
		scan_fini(&s->scan);
	s->is_scanned = 1;
	scan_init(&s->scan, s->config, &s->submission, bytes, size);
	for (at = 0; at < s->count; at++)
		if (!s->filters[at]->wanted || s->filters[at]->wanted(s->states[at], &s->scan))
			s->filters[at]->scan(s->states[at], &s->scan);
}

static inline void scanning_text(struct scanning *s, const char *text)
{
	scanning_run(s, text, strlen(text));
}

static inline void scanning_close(struct scanning *s)
{
	size_t at;

	if (s->is_scanned)
		scan_fini(&s->scan);
	for (at = 0; at < s->count; at++)
		if (s->filters[at]->close)
			s->filters[at]->close(&s->states[at]);
	config_free(&s->config);
}

static inline const struct finding *found(const struct scanning *s, const char *symbol)
{
	size_t at;

	for (at = 0; at < s->scan.finding_count; at++)
		if (!strcmp(s->scan.findings[at].symbol, symbol))
			return &s->scan.findings[at];
	return NULL;
}

static inline size_t count_of(const struct scanning *s, const char *symbol)
{
	size_t at, count = 0;

	for (at = 0; at < s->scan.finding_count; at++)
		count += !strcmp(s->scan.findings[at].symbol, symbol);
	return count;
}

/* Findings of every kind, one a line; for messages of tests that fail. */
static inline const char *all_found(const struct scanning *s)
{
	static char text[4000];
	size_t at, used = 0;

	text[0] = '\0';
	for (at = 0; at < s->scan.finding_count && used < sizeof(text) - 200; at++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "\n%s %.80s: %.80s",
		        s->scan.findings[at].symbol, s->scan.findings[at].where,
		        s->scan.findings[at].detail);
	return text;
}

/* ---------------------------------------------------------------- making mail */

static inline void add_base64(struct buf *out, const void *bytes, size_t size)
{
	static const char digits[] =
	        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *in = bytes;
	size_t at;

	for (at = 0; at < size; at += 3) {
		unsigned long group = (unsigned long)in[at] << 16 |
		                      (at + 1 < size ? (unsigned long)in[at + 1] << 8 : 0) |
		                      (at + 2 < size ? in[at + 2] : 0);

		buf_add_char(out, digits[group >> 18]);
		buf_add_char(out, digits[group >> 12 & 63]);
		buf_add_char(out, at + 1 < size ? digits[group >> 6 & 63] : '=');
		buf_add_char(out, at + 2 < size ? digits[group & 63] : '=');
		if (at % 57 == 54)
			buf_add_string(out, "\r\n");
	}
	buf_add_string(out, "\r\n");
}

/* A message with a text and one attachment, whose header fields end with an empty line. */
static inline void make_mail(struct buf *out, const char *fields, const void *bytes, size_t size)
{
	buf_clear(out);
	buf_add_string(out, "Received: by test\r\nFrom: a@example.org\r\nTo: r@example.net\r\n"
	                    "Subject: test\r\nMIME-Version: 1.0\r\n"
	                    "Content-Type: multipart/mixed; boundary=\"=_b1\"\r\n\r\n"
	                    "--=_b1\r\nContent-Type: text/plain\r\n\r\nHello\r\n--=_b1\r\n");
	buf_add_string(out, fields);
	buf_add_string(out, "Content-Transfer-Encoding: base64\r\n\r\n");
	add_base64(out, bytes, size);
	buf_add_string(out, "--=_b1--\r\n");
}

#endif
