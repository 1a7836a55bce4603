/*
 * keys: a CURVE pair in the form that lib/wire reads.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/base/file.h"
#include "qctl/qctl.h"

static enum result write_pair(const char *path, struct err *err)
{
	char public_key[41], secret_key[41], host[65] = "";
	char *pair, *line, *beside = alloc_format("%s.pub", path);
	enum result result;

	gethostname(host, sizeof(host) - 1);
	wire_keys_new(public_key, secret_key);
	pair = alloc_format("public %s\nsecret %s\n", public_key, secret_key);
	line = alloc_format("%s %s\n", public_key, *host ? host : "unnamed");
	result = file_write(path, pair, strlen(pair), 0600, err);
	if (!result)
		result = file_write(beside, line, strlen(line), 0644, err);
	if (!result)
		printf("%s", line);
	explicit_bzero(secret_key, sizeof(secret_key));
	explicit_bzero(pair, strlen(pair));
	free(pair);
	free(line);
	free(beside);
	return result;
}

int command_keys(struct qctl *qctl)
{
	const char *path = qctl->arguments.words[1];
	enum result result;
	struct stat st;
	struct err err;

	if (strcmp(qctl->arguments.words[0], "new") != 0) {
		err_set(&err, RESULT_PERMANENT, "keys %s: only \"keys new FILE\" is known",
		        qctl->arguments.words[0]);
		return qctl_wrong(qctl, &err);
	}
	if (!lstat(path, &st)) {
		err_set(&err, RESULT_PERMANENT, "%s is there already and was left alone", path);
		return qctl_fail(RESULT_PERMANENT, &err);
	}
	result = write_pair(path, &err);
	return result ? qctl_fail(result, &err) : QCTL_OK;
}
