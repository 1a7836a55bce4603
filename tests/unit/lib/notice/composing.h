/*
 * For the tests of notices: what one is made from, set to what an attacker would like to see in it;
 * the notice that comes of it; and a folder of templates of the test's own.
 */
#ifndef TESTS_UNIT_LIB_NOTICE_COMPOSING_H
#define TESTS_UNIT_LIB_NOTICE_COMPOSING_H

#include <ctype.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/alloc.h"
#include "lib/base/file.h"
#include "lib/notice/encode.h"
#include "lib/notice/notice.h"

/* An item with every text set to what an attacker would like to see in a header. */
struct fixture {
	Lz__Item item;
	Lz__Recipient recipient, *recipients[1];
	Lz__Part part, *parts[1];
	Lz__Outgoing outgoing;
	char *to[1];
};

static const char *title = "Example Ltd";

static inline char *text(const char *s)
{
	return (char *)(uintptr_t)s;
}

static inline void fixture_init(struct fixture *f)
{
	lz__item__init(&f->item);
	lz__recipient__init(&f->recipient);
	lz__part__init(&f->part);
	lz__outgoing__init(&f->outgoing);
	f->recipient.address = text("user@example.org");
	f->recipients[0] = &f->recipient;
	f->part.path = text("2");
	f->part.name = text("x.exe\r\nBcc: victim@example.net");
	f->part.type = text("application/x-msdownload");
	f->part.reason = text("forbidden attachment (rule executables)");
	f->parts[0] = &f->part;
	f->item.id = text("0123456789abcdef");
	f->item.subject = text("Grüße\r\nBcc: victim@example.net");
	f->item.reverse_path = text("sender@outside.example");
	f->item.detail = text("forbidden attachment x.exe (rule executables)");
	f->item.reason = text("attachment");
	f->item.header_message_id = text("<abc@outside.example>");
	f->item.recipients = f->recipients;
	f->item.n_recipients = 1;
	f->item.parts = f->parts;
	f->item.n_parts = 1;
	f->item.disposition = LZ__DISPOSITION__DELIVER;
	f->outgoing.id = text("fedcba9876543210");
	f->to[0] = text("user@example.org");
	f->outgoing.to = f->to;
	f->outgoing.n_to = 1;
}

/* What was told, a line each. */
static inline void on_tell(void *context, const char *sentence)
{
	struct buf *told = context;

	buf_add_format(told, "%s\n", sentence);
}

/* With the templates of a folder, keys of the section notifier, and what was told in *told. */
static inline char *compose_from(const char *folder, const char *keys, struct fixture *f,
        Lz__NoticeKind kind, struct buf *told)
{
	char *yaml = alloc_format("site:\n  name: mx.example.org\n  admin: postmaster@example.org\n"
	                          "  title: \"%s\"\nfront: {next_hop: 127.0.0.1:25}\n"
	                          "notifier:\n  templates: %s\n%s",
	        title, folder, keys);
	struct config *config = NULL;
	struct notices *notices;
	struct notice_from from;
	struct buf out = {0};
	struct err err;

	if (config_parse("l.yaml", yaml, strlen(yaml), &config, &err))
		fail_msg("%s", err.text);
	f->outgoing.kind = kind;
	notices = notices_open(config, on_tell, told);
	buf_add(told, "", 0);
	notice_from_config(config, &from);
	notice_compose(notices, &from, &f->outgoing, &f->item, 1795341600000, &out);
	notices_close(&notices);
	config_free(&config);
	free(yaml);
	return buf_give(&out);
}

/* With what is shipped, in which nothing is wrong. */
static inline char *compose(struct fixture *f, Lz__NoticeKind kind)
{
	struct buf told = {0};
	char *mail = compose_from("templates", "", f, kind, &told);

	assert_string_equal(told.data, "");
	buf_fini(&told);
	return mail;
}

/* The mail with its quoted-printable read; line ends as they are. */
static inline char *readable(const char *mail)
{
	struct buf out = {0};
	char hex[3] = "";

	buf_add(&out, "", 0);
	for (; *mail; mail++) {
		if (mail[0] == '=' && mail[1] == '\r' && mail[2] == '\n') {
			mail += 2;
		} else if (mail[0] == '=' && isxdigit((unsigned char)mail[1]) &&
		           isxdigit((unsigned char)mail[2])) {
			memcpy(hex, mail + 1, 2);
			buf_add_char(&out, (char)strtol(hex, NULL, 16));
			mail += 2;
		} else {
			buf_add_char(&out, *mail);
		}
	}
	return buf_give(&out);
}

/* ---- a folder of templates of our own ---- */

static inline char *folder_new(void)
{
	char *folder = alloc_string("/tmp/test_notice.XXXXXX");

	assert_non_null(mkdtemp(folder));
	return folder;
}

static inline void folder_put(
        const char *folder, const char *language, const char *name, const char *text_)
{
	char *path = alloc_format("%s/%s", folder, language);
	struct err err;

	assert_int_equal(file_make_folder(path, 0755, &err), RESULT_OK);
	free(path);
	path = alloc_format("%s/%s/%s", folder, language, name);
	assert_int_equal(file_write(path, text_, strlen(text_), 0644, &err), RESULT_OK);
	free(path);
}

static inline int remove_entry(const char *path, const struct stat *st, int kind, struct FTW *where)
{
	return remove(path);
}

static inline void folder_free(char **folder)
{
	nftw(*folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
	free(*folder);
	*folder = NULL;
}

/* English in full, so that nothing is wrong but what a test adds. */
static inline char *folder_in_english(void)
{
	static const char *const names[] = {"sender.txt", "recipient.txt", "admin.txt",
	        "digest.txt", "flood.txt", "answer.txt", "asked.txt"};
	char *folder = folder_new();
	size_t at;

	for (at = 0; at < sizeof(names) / sizeof(names[0]); at++)
		folder_put(folder, "en", names[at], "Subject: s\n\nenglish {{item}}\n");
	return folder;
}

#endif
