#include "lib/crypto/seal.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/base/file.h"

_Static_assert(SEAL_KEY_SIZE == crypto_auth_KEYBYTES, "a whole key");
_Static_assert(SEAL_SIZE == crypto_auth_BYTES, "a whole seal");

static enum result sync_folder(const char *path, struct err *err)
{
	char *folder = alloc_string(path), *slash = strrchr(folder, '/');
	enum result result = RESULT_OK;
	int fd;

	if (slash)
		*slash = '\0';
	fd = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) < 0)
		result = err_sys(err, RESULT_PERMANENT, "%s", folder);
	if (fd >= 0)
		close(fd);
	free(folder);
	return result;
}

/* Whole or not at all: beside its place, on disk, and then into it. */
static enum result write_key(const char *path, const struct seal_key *key, struct err *err)
{
	char *fresh = alloc_format("%s.new", path);
	enum result result = RESULT_OK;
	int fd;

	unlink(fresh);
	fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		result = err_sys(err, RESULT_PERMANENT, "%s", fresh);
	if (!result)
		result = file_write_fd(fd, key->bytes, SEAL_KEY_SIZE, err);
	if (!result && (fsync(fd) < 0 || rename(fresh, path) < 0))
		result = err_sys(err, RESULT_PERMANENT, "%s", path);
	if (fd >= 0)
		close(fd);
	free(fresh);
	return result ? result : sync_folder(path, err);
}

static enum result read_key(int fd, const char *path, struct seal_key *out, struct err *err)
{
	struct buf bytes = {0};
	struct stat st;
	enum result result = RESULT_OK;

	if (fstat(fd, &st) < 0)
		return err_sys(err, RESULT_PERMANENT, "%s", path);
	if (!S_ISREG(st.st_mode) || st.st_mode & (S_IRWXG | S_IRWXO))
		return err_set(
		        err, RESULT_PERMANENT, "%s: others than its owner may open it", path);
	result = file_read_fd(fd, SEAL_KEY_SIZE + 1, &bytes, err);
	if (!result && bytes.size != SEAL_KEY_SIZE)
		result = err_set(err, RESULT_PERMANENT, "%s: this is no key", path);
	if (!result)
		memcpy(out->bytes, bytes.data, SEAL_KEY_SIZE);
	if (bytes.data)
		sodium_memzero(bytes.data, bytes.size);
	buf_fini(&bytes);
	return result ? RESULT_PERMANENT : RESULT_OK;
}

enum result seal_key_open(const char *path, struct seal_key *out, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	enum result result;

	if (fd < 0 && errno != ENOENT)
		return err_sys(err, RESULT_PERMANENT, "%s", path);
	if (fd < 0) {
		random_bytes(out->bytes, SEAL_KEY_SIZE);
		return write_key(path, out, err);
	}
	result = read_key(fd, path, out, err);
	close(fd);
	return result;
}

void seal_make(const struct seal_key *key, const struct digest *digest, uint8_t seal[SEAL_SIZE])
{
	crypto_auth(seal, digest->bytes, DIGEST_SIZE, key->bytes);
}
