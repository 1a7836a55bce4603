#include "qctl/mails.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/base/buf.h"
#include "lib/base/file.h"

enum { DEEP_MOST = 40 };

/* ---- in a file ---- */

/* A mailbox writes a time into its line, as asctime() does. Without one it is a sentence of the
 * mail: not everybody who writes mailboxes quotes these. */
static int has_time(const char *line, size_t size)
{
	const char *end = memchr(line, '\n', size), *at;

	if (!end)
		end = line + size;
	for (at = line; end - at >= 5; at++)
		if (isdigit((unsigned char)at[0]) && isdigit((unsigned char)at[1]) &&
		        at[2] == ':' && isdigit((unsigned char)at[3]) &&
		        isdigit((unsigned char)at[4]))
			return 1;
	return 0;
}

/* The next line of a mailbox behind an empty one, from `at` on; `size`: there is none. */
static size_t next_from(const char *bytes, size_t size, size_t at)
{
	static const char from[] = "From ";
	const char *found;

	while (at < size) {
		found = memmem(bytes + at, size - at, from, sizeof(from) - 1);
		if (!found)
			return size;
		at = (size_t)(found - bytes);
		if (at >= 2 && bytes[at - 1] == '\n' &&
		        (bytes[at - 2] == '\n' || (at >= 4 && !memcmp(found - 4, "\r\n\r\n", 4))) &&
		        has_time(found, size - at))
			return at;
		at++;
	}
	return size;
}

/* mboxrd: a ">" more before "From " than the mail has. */
static void unquote(const char *mail, size_t size, struct buf *out)
{
	const char *end = mail + size, *line, *next, *text;

	buf_clear(out);
	for (line = mail; line < end; line = next) {
		next = memchr(line, '\n', (size_t)(end - line));
		next = next ? next + 1 : end;
		for (text = line; text < next && *text == '>'; text++)
			continue;
		if (text > line && next - text >= 5 && !memcmp(text, "From ", 5))
			line++;
		buf_add(out, line, (size_t)(next - line));
	}
}

enum result mails_split(const char *path, const char *bytes, size_t size, mails_take *take,
        void *context, struct err *err)
{
	size_t at = 0, end;
	enum result result = RESULT_OK;
	struct buf mail = {0};

	if (size < 5 || memcmp(bytes, "From ", 5) != 0)
		return take(context, path, bytes, size, err);
	end = next_from(bytes, size, 1);
	while (at < size && !result) {
		unquote(bytes + at, end - at, &mail);
		result = take(context, path, mail.data, mail.size, err);
		at = end;
		end = next_from(bytes, size, at + 1);
	}
	buf_fini(&mail);
	return result;
}

/* It may have become a pipe, which nobody is to wait for, since it was looked at. */
static enum result read_bytes(const char *path, struct buf *bytes, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	enum result result;

	if (fd < 0)
		return err_sys(err, RESULT_PERMANENT, "can't be read");
	result = file_read_fd(fd, MAILS_FILE_MAX, bytes, err);
	close(fd);
	return result;
}

static enum result read_file(const char *path, mails_take *take, void *context, struct err *err)
{
	struct buf bytes = {0};
	enum result result = read_bytes(path, &bytes, err);

	if (result)
		result = take(context, path, NULL, 0, err);
	else if (bytes.size)
		result = mails_split(path, bytes.data, bytes.size, take, context, err);
	buf_fini(&bytes);
	return result;
}

/* ---- in folders ---- */

struct walk {
	mails_take *take; /* NULL: they are only counted */
	void *context;
	size_t count;
};

static enum result walk(struct walk *state, const char *path, int deep, struct err *err);

static enum result unread(struct walk *state, const char *path, struct err *err)
{
	err_sys(err, RESULT_PERMANENT, "can't be read");
	return state->take ? state->take(state->context, path, NULL, 0, err) : RESULT_OK;
}

/* Of what is found in a folder, a pipe or a device is none of the mails; but who names one believes
 * that it is read. */
static enum result no_file(
        struct walk *state, const char *path, int is_folder, int deep, struct err *err)
{
	if (!deep || is_folder) {
		err_set(err, RESULT_PERMANENT, "%s",
		        is_folder ? "too deep below the folder that was named"
		                  : "neither a file nor a folder");
		if (state->take)
			return state->take(state->context, path, NULL, 0, err);
	}
	return RESULT_OK;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_shown(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static int has(struct dirent *const *entries, int count, const char *name)
{
	int at;

	for (at = 0; at < count; at++)
		if (!strcmp(entries[at]->d_name, name))
			return 1;
	return 0;
}

static int is_of_server(const char *path, const char *name)
{
	struct stat st;

	return !strcmp(name, "tmp") || (lstat(path, &st) == 0 && !S_ISDIR(st.st_mode));
}

static enum result walk_folder(struct walk *state, const char *path, int deep, struct err *err)
{
	enum result result = RESULT_OK;
	struct dirent **entries;
	int count = scandir(path, &entries, is_shown, by_name), at, is_maildir;
	char *below;

	if (count < 0)
		return unread(state, path, err);
	is_maildir = has(entries, count, "cur") && has(entries, count, "new");
	for (at = 0; at < count; at++) {
		below = alloc_format("%s/%s", path, entries[at]->d_name);
		if (!result && entries[at]->d_type != DT_LNK &&
		        !(is_maildir && is_of_server(below, entries[at]->d_name)))
			result = walk(state, below, deep + 1, err);
		free(below);
		free(entries[at]);
	}
	free(entries);
	return result;
}

static enum result walk(struct walk *state, const char *path, int deep, struct err *err)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return unread(state, path, err);
	if (S_ISDIR(st.st_mode) && deep < DEEP_MOST)
		return walk_folder(state, path, deep, err);
	if (!S_ISREG(st.st_mode))
		return no_file(state, path, S_ISDIR(st.st_mode), deep, err);
	state->count++;
	return state->take ? read_file(path, state->take, state->context, err) : RESULT_OK;
}

/* ---- from a pipe ---- */

static int is_input(const char *path)
{
	return !strcmp(path, "-");
}

/* Nothing at all is what is left where whoever should write it has failed. */
static enum result read_input(mails_take *take, void *context, struct err *err)
{
	static const char name[] = "standard input";
	struct buf bytes = {0};
	enum result result = file_read_fd(STDIN_FILENO, MAILS_FILE_MAX, &bytes, err);

	if (!result && !bytes.size)
		result = err_set(err, RESULT_PERMANENT, "nothing came");
	if (result)
		result = take(context, name, NULL, 0, err);
	else
		result = mails_split(name, bytes.data, bytes.size, take, context, err);
	buf_fini(&bytes);
	return result;
}

enum result mails_walk(const char *path, mails_take *take, void *context, struct err *err)
{
	struct walk state = {take, context, 0};

	return is_input(path) ? read_input(take, context, err) : walk(&state, path, 0, err);
}

size_t mails_count(const char *path)
{
	struct walk state = {NULL, NULL, 0};
	struct err err;

	if (is_input(path))
		return 1;
	walk(&state, path, 0, &err);
	return state.count;
}
