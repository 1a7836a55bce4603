#include "workers/qscan/request.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/text.h"
#include "workers/qscan/authentic.h"

static const char digits[] = "0123456789abcdefghjkmnpqrstvwxyzABCDEFGHJKMNPQRSTVWXYZ";

/* What stands behind the address's local part: "+…@domain" or "@domain"; NULL: another address. */
static const char *suffix_of(const struct config *config, const char *recipient)
{
	const char *request = config->notifier.request_address;
	const char *domain = strrchr(request, '@'), *other = strrchr(recipient, '@');
	size_t local = domain ? (size_t)(domain - request) : 0;

	if (!domain || !other || !text_same(domain, other) || (size_t)(other - recipient) < local ||
	        strncasecmp(request, recipient, local) != 0)
		return NULL;
	recipient += local;
	return *recipient == '+' || recipient == other ? recipient : NULL;
}

int request_is_for(const struct config *config, const char *recipient)
{
	return suffix_of(config, recipient) != NULL;
}

/* The last run of just as many digits as a token has, as ours stands behind what the mail's sender
 * has written; "" where there is none. To be freed. */
static char *token_in(const char *text, size_t size)
{
	size_t at = 0, run, found = size;

	while (at < size) {
		for (run = 0; at + run < size && text[at + run] && strchr(digits, text[at + run]);)
			run++;
		if (run == REQUEST_TOKEN_SIZE)
			found = at;
		at += run + 1;
	}
	return alloc_bytes(text + found, found < size ? REQUEST_TOKEN_SIZE : 0);
}

static char *token_of(const struct scan *scan, const char *recipient)
{
	const char *suffix = suffix_of(scan->config, recipient);
	char *token = suffix && *suffix == '+' ? token_in(suffix + 1, strcspn(suffix + 1, "@"))
	                                       : alloc_string("");

	if (*token)
		return token;
	free(token);
	return token_in(scan->subject, strlen(scan->subject));
}

static Lz__Request *new_request(const struct scan *scan, char **token)
{
	Lz__Request *request = alloc(sizeof(*request));

	lz__request__init(request);
	request->token = *token;
	*token = NULL;
	request->asker = alloc_string(scan->submission->reverse_path);
	request->authentic = authentic_owner(scan->config, scan->submission, scan->map);
	request->automatic = authentic_automatic(scan->submission, scan->map);
	return request;
}

static int is_told(Lz__Request **requests, size_t count, const char *token)
{
	size_t at;

	for (at = 0; at < count; at++)
		if (text_same(requests[at]->token, token))
			return 1;
	return 0;
}

Lz__Request **requests_make(
        const struct scan *scan, const uint32_t *recipients, size_t count, size_t *made)
{
	Lz__Request **requests = alloc_zero(REQUESTS_MOST, sizeof(*requests));
	char *token;
	size_t at;

	for (*made = at = 0; at < count && *made < REQUESTS_MOST; at++) {
		token = token_of(scan, scan->submission->recipients[recipients[at]]->address);
		if (!is_told(requests, *made, token))
			requests[(*made)++] = new_request(scan, &token);
		free(token);
	}
	return requests;
}
