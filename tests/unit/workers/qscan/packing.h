/*
 * For the tests of what takes a message apart: a private folder, files packed in it by the usual
 * programs, and mailed. Static, as each test is one file.
 */
#ifndef TESTS_UNIT_WORKERS_QSCAN_PACKING_H
#define TESTS_UNIT_WORKERS_QSCAN_PACKING_H

#include "tests/unit/workers/qscan/scanning.h"

/* The beginning of a program that Windows starts. */
static const unsigned char program[128] = {[0] = 'M', [1] = 'Z', [60] = 64, [64] = 'P', [65] = 'E'};

static struct scanning scanning;
static struct buf mail;
static char folder[PATH_MAX];

static inline int make_folder(void **state)
{
	snprintf(folder, sizeof(folder), "/tmp/test_attachments.XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static inline int drop_folder(void **state)
{
	char line[PATH_MAX + 16];

	buf_fini(&mail);
	snprintf(line, sizeof(line), "rm -r %s", folder);
	return system(line);
}

/* Runs a command in a private folder that holds x.exe, a program, and a.txt, and mails what it
 * made under `name`. */
static inline void mail_packed(const char *command, const char *made, const char *name)
{
	char line[PATH_MAX + 1024];
	struct buf bytes = {0}, fields = {0};

	snprintf(line, sizeof(line), "%s/x.exe", folder);
	assert_int_equal(file_write(line, program, sizeof(program), 0600, NULL), RESULT_OK);
	snprintf(line, sizeof(line), "cd %s && echo hello >a.txt && (%s) >/dev/null", folder,
	        command);
	assert_int_equal(system(line), 0);
	snprintf(line, sizeof(line), "%s/%s", folder, made);
	assert_int_equal(file_read(line, 64 << 20, &bytes, NULL), RESULT_OK);
	buf_add_format(&fields,
	        "Content-Type: application/octet-stream\r\n"
	        "Content-Disposition: attachment; filename=\"%s\"\r\n",
	        name);
	make_mail(&mail, fields.data, bytes.data, bytes.size);
	snprintf(line, sizeof(line), "rm -rf %s/*", folder);
	assert_int_equal(system(line), 0);
	buf_fini(&bytes);
	buf_fini(&fields);
}

static inline void run_packed(const char *command, const char *made, const char *name)
{
	mail_packed(command, made, name);
	scanning_run(&scanning, mail.data, mail.size);
}

static inline void run_named(const char *fields, const void *bytes, size_t size)
{
	make_mail(&mail, fields, bytes, size);
	scanning_run(&scanning, mail.data, mail.size);
}

static inline void open_defaults(const char *yaml)
{
	scanning_open(&scanning, yaml, &filter_map, &filter_attachments, NULL);
}

#endif
