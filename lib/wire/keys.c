#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zmq.h>

#include "lib/base/alloc.h"
#include "lib/base/file.h"
#include "lib/base/text.h"
#include "lib/wire/inner.h"

enum { KEY_FILE_MAX_BYTES = 1 << 20 };

static enum result add_line(struct key_file *file, char *line, struct err *err)
{
	static const char blanks[] = " \t\r";
	char *rest = NULL;
	char *first = strtok_r(line, blanks, &rest);
	char *second = first ? strtok_r(NULL, blanks, &rest) : NULL;
	char *third = second ? strtok_r(NULL, blanks, &rest) : NULL;

	if (!first || strcmp(first, "#") == 0)
		return RESULT_OK;
	if (!second)
		return err_set(err, RESULT_PERMANENT, "a line without two words");
	file->rows = alloc_grow(file->rows, file->count + 1, sizeof(*file->rows));
	file->rows[file->count].first = alloc_string(first);
	file->rows[file->count].second = alloc_string(second);
	file->rows[file->count].third = alloc_string(third && *third != '#' ? third : "");
	file->count++;
	return RESULT_OK;
}

enum result key_file_read(const char *path, struct key_file *out, struct err *err)
{
	struct buf text = {0};
	char *line, *rest = NULL;
	enum result result = file_read(path, KEY_FILE_MAX_BYTES, &text, err);

	*out = (struct key_file){0};
	if (result == RESULT_OK)
		for (line = strtok_r(text.data, "\n", &rest); line && result == RESULT_OK;
		        line = strtok_r(NULL, "\n", &rest))
			if (add_line(out, line, err) != RESULT_OK)
				result = err_wrap(err, RESULT_PERMANENT, "%s", path);
	if (text.data)
		explicit_bzero(text.data, text.room);
	buf_fini(&text);
	if (result != RESULT_OK)
		key_file_free(out);
	return result;
}

void key_file_free(struct key_file *file)
{
	size_t at;

	for (at = 0; at < file->count; at++) {
		explicit_bzero(file->rows[at].second, strlen(file->rows[at].second));
		free(file->rows[at].first);
		free(file->rows[at].second);
		free(file->rows[at].third);
	}
	free(file->rows);
	*file = (struct key_file){0};
}

const char *key_file_find(const struct key_file *file, const char *first)
{
	size_t at;

	for (at = 0; at < file->count; at++)
		if (strcmp(file->rows[at].first, first) == 0)
			return file->rows[at].second;
	return NULL;
}

int key_decode(const char *text, unsigned char out[KEY_BYTES])
{
	return strlen(text) == KEY_TEXT - 1 && zmq_z85_decode(out, text) != NULL;
}

static enum result pair_from(const struct key_file *file, char public_key[KEY_TEXT],
        char secret_key[KEY_TEXT], struct err *err)
{
	const char *secret = key_file_find(file, "secret");
	const char *public = key_file_find(file, "public");
	unsigned char decoded[KEY_BYTES];
	int good = secret && key_decode(secret, decoded);

	explicit_bzero(decoded, sizeof(decoded));
	if (!good)
		return err_set(err, RESULT_PERMANENT, "no line \"secret <key of 40 characters>\"");
	memcpy(secret_key, secret, KEY_TEXT);
	if (zmq_curve_public(public_key, secret_key) != 0)
		return err_set(err, RESULT_PERMANENT, "libzmq was built without CURVE");
	if (public && strcmp(public, public_key) != 0)
		return err_set(
		        err, RESULT_PERMANENT, "its public key is not that of its secret key");
	return RESULT_OK;
}

enum result key_pair_read(
        const char *path, char public_key[KEY_TEXT], char secret_key[KEY_TEXT], struct err *err)
{
	struct key_file file;
	struct stat status;
	enum result result;

	if (stat(path, &status) < 0)
		return err_sys(err, RESULT_PERMANENT, "%s", path);
	if (status.st_mode & (S_IRWXG | S_IRWXO))
		return err_set(err, RESULT_PERMANENT,
		        "%s: others than its owner may open it (mode %04o, 0600 is expected)", path,
		        (unsigned)status.st_mode & 07777);
	result = key_file_read(path, &file, err);
	if (result != RESULT_OK)
		return result;
	result = pair_from(&file, public_key, secret_key, err);
	key_file_free(&file);
	return result == RESULT_OK ? result : err_wrap(err, result, "%s", path);
}

void wire_keys_new(char public_key[41], char secret_key[41])
{
	if (zmq_curve_keypair(public_key, secret_key) != 0)
		abort(); /* a libzmq without CURVE: nothing of ours could be safe with it */
}

enum result wire_keys_create(const char *path, char public_key[41], struct err *err)
{
	char secret_key[KEY_TEXT];
	struct buf text = {0};
	struct stat status;
	enum result result;

	if (lstat(path, &status) == 0)
		return err_set(err, RESULT_PERMANENT, "%s: is there already", path);
	wire_keys_new(public_key, secret_key);
	buf_add_format(&text, "public %s\nsecret %s\n", public_key, secret_key);
	result = file_write(path, text.data, text.size, 0600, err);
	explicit_bzero(secret_key, sizeof(secret_key));
	explicit_bzero(text.data, text.room);
	buf_fini(&text);
	return result;
}
