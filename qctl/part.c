#include "qctl/part.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/text.h"
#include "lib/crypto/digest.h"
#include "lib/notice/carry.h"
#include "lib/zip/zip.h"
#include "qctl/reader.h"

enum { UNIQUE_BYTES = 12, PASSWORD_FILE_MOST = 4096 };

/* ---------------------------------------------------------------- the password */

/* Nobody shall read it on the terminal; what was typed is one line. */
static enum result read_from_terminal(struct buf *out, struct err *err)
{
	struct termios before, quiet;
	char line[ZIP_PASSWORD_MOST + 2];
	int is_quiet = tcgetattr(STDIN_FILENO, &before) == 0;

	quiet = before;
	quiet.c_lflag &= ~(tcflag_t)(ECHO | ISIG); /* who is interrupted would leave it so */
	is_quiet = is_quiet && tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet) == 0;
	fputs("password: ", stderr);
	fflush(stderr);
	if (fgets(line, sizeof(line), stdin))
		buf_add_string(out, line);
	if (is_quiet)
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
	fputs("\n", stderr);
	explicit_bzero(line, sizeof(line));
	return out->size ? RESULT_OK : err_set(err, RESULT_PERMANENT, "no password was given");
}

static int is_password(const char *text)
{
	const unsigned char *at;

	for (at = (const unsigned char *)text; *at; at++)
		if (*at < ' ' || *at == 127)
			return 0;
	return *text && strlen(text) <= ZIP_PASSWORD_MOST;
}

static enum result read_password(struct part *part, const char *from, struct err *err)
{
	struct buf text = {0};
	enum result result;

	if (strcmp(from, "-") != 0)
		result = file_read(from, PASSWORD_FILE_MOST, &text, err);
	else if (isatty(STDIN_FILENO))
		result = read_from_terminal(&text, err);
	else
		result = file_read_fd(STDIN_FILENO, PASSWORD_FILE_MOST, &text, err);
	buf_add(&text, "", 0);
	text.data[strcspn(text.data, "\r\n")] = '\0';
	if (!result && !is_password(text.data))
		result = err_set(err, RESULT_PERMANENT,
		        "--zip-password: a first line of 1 to %d bytes is expected, without "
		        "control characters",
		        ZIP_PASSWORD_MOST);
	part->password = result ? NULL : alloc_string(text.data);
	explicit_bzero(text.data, text.size);
	buf_fini(&text);
	return result;
}

/* ---------------------------------------------------------------- what was typed */

enum result part_read(struct part *part, const struct qctl *qctl, struct err *err)
{
	const char *number = arguments_value(&qctl->arguments, "part");
	const char *password = arguments_value(&qctl->arguments, "zip-password");
	uint64_t value = 0;

	*part = (struct part){0};
	if (!number && password)
		return err_set(err, RESULT_PERMANENT, "--zip-password is for a --part");
	if (!number)
		return RESULT_OK; /* --file chooses then, by the name of a part */
	part->file = arguments_value(&qctl->arguments, "file");
	if (!text_number(number, UINT32_MAX, &value) || !value)
		return err_set(
		        err, RESULT_PERMANENT, "--part %s: a number from 1 is expected", number);
	if (qctl->arguments.word_count != 1)
		return err_set(err, RESULT_PERMANENT, "--part is of one item");
	part->number = (uint32_t)value;
	return password ? read_password(part, password, err) : RESULT_OK;
}

void part_fini(struct part *part)
{
	if (part->password)
		explicit_bzero(part->password, strlen(part->password));
	free(part->password);
	part->password = NULL;
}

/* ---------------------------------------------------------------- the content */

/* What the part decodes to, by the reader that has a parser. */
static enum result read_content(struct qctl *qctl, const struct part *part, const Lz__Item *item,
        struct buf *out, struct err *err)
{
	const struct reader_of of = {item->id, part->number};

	if (part->number > item->n_parts)
		return err_set(err, RESULT_NONE, "it has no part %u", part->number);
	return reader_content(qctl, &of, item->parts[part->number - 1]->sha256, out, err);
}

/* Gives the file's name, too, to be freed. */
static enum result content(struct qctl *qctl, const struct part *part, const Lz__Item *item,
        struct buf *out, char **name, struct err *err)
{
	struct buf bytes = {0};
	enum result result = read_content(qctl, part, item, &bytes, err);
	char *plain;

	if (result) {
		buf_fini(&bytes);
		return result;
	}
	plain = carry_name(item->parts[part->number - 1]->name, part->number);
	if (!part->password) {
		*out = bytes;
		*name = plain;
		return RESULT_OK;
	}
	result =
	        zip_pack(plain, bytes.data ? bytes.data : "", bytes.size, part->password, out, err);
	*name = result ? NULL : alloc_format("%s.zip", plain);
	free(plain);
	buf_fini(&bytes);
	return result;
}

enum result part_write(
        struct qctl *qctl, const struct part *part, const Lz__Item *item, struct err *err)
{
	struct buf bytes = {0};
	char *name = NULL;
	enum result result = content(qctl, part, item, &bytes, &name, err);
	int fd = -1;

	if (!result) {
		fd = open(part->file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
		if (fd < 0)
			result = err_sys(err, RESULT_PERMANENT, "%s", part->file);
	}
	if (!result)
		result = file_write_fd(fd, bytes.data, bytes.size, err);
	if (fd >= 0 && close(fd) < 0 && !result)
		result = err_sys(err, RESULT_PERMANENT, "%s", part->file);
	if (fd >= 0 && result)
		unlink(part->file);
	buf_fini(&bytes);
	free(name);
	return result;
}

/* ---------------------------------------------------------------- the mail */

/* Where nobody is named as administrator, the host's postmaster answers. */
static void sender(const struct config *config, struct notice_from *from, char **postmaster)
{
	notice_from_config(config, from);
	*postmaster = alloc_format("postmaster@%s", config->site.name);
	if (!*from->address)
		from->address = *postmaster;
}

static enum result compose(struct qctl *qctl, struct carry *carry, struct buf *out, struct err *err)
{
	const struct config *config = qctl_config(qctl);
	unsigned char random[UNIQUE_BYTES];
	char unique[2 * UNIQUE_BYTES + 1], *postmaster;
	struct notice_from from;

	random_bytes(random, sizeof(random));
	text_hex(random, sizeof(random), unique);
	carry->unique = unique;
	sender(config, &from, &postmaster);
	carry_compose(&from, carry, clock_wall_ms(), out);
	free(postmaster);
	if (out->size > config->quarantine.max_item_size)
		return err_set(err, RESULT_PERMANENT,
		        "the mail for it has %zu bytes, more than quarantine.max_item_size; --file "
		        "writes it",
		        out->size);
	return RESULT_OK;
}

enum result part_mail(struct qctl *qctl, const struct part *part, const Lz__Item *item,
        const char *to, struct buf *out, struct err *err)
{
	struct buf bytes = {0};
	char *name = NULL;
	enum result result = content(qctl, part, item, &bytes, &name, err);
	struct carry carry = {.item = item,
	        .part = part->number,
	        .name = name,
	        .is_packed = part->password != NULL,
	        .bytes = bytes.data,
	        .size = bytes.size,
	        .to = to};

	if (!result)
		result = compose(qctl, &carry, out, err);
	buf_fini(&bytes);
	free(name);
	return result;
}
