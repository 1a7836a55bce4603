#include "workers/qscan/authentic.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/text.h"
#include "lib/config/address.h"
#include "lib/crypto/mark.h"

static const char blanks[] = " \t\r\n";

static size_t skip_comment(const char *text, size_t size, size_t at)
{
	int depth = 0;

	for (; at < size; at++) {
		if (text[at] == '\\')
			at++;
		else if (text[at] == '(')
			depth++;
		else if (text[at] == ')' && --depth == 0)
			break;
	}
	return at;
}

/* What separates tokens must not come out of a quoted string, where a sender may have put it. */
static size_t copy_quoted(const char *text, size_t size, size_t at, struct buf *out)
{
	for (at++; at < size && text[at] != '"'; at++) {
		if (text[at] == '\\' && at + 1 < size)
			at++;
		buf_add_char(out, strchr("; \t\r\n=", text[at]) ? '?' : text[at]);
	}
	return at;
}

/* Comments out, quotes resolved, no blanks around "=", every other blank a space. */
static char *plain(const char *text, size_t size)
{
	struct buf out = {0};
	size_t at;

	buf_add_string(&out, "");
	for (at = 0; at < size; at++) {
		if (text[at] == '(') {
			at = skip_comment(text, size, at);
			buf_add_char(&out, ' ');
		} else if (text[at] == '"') {
			at = copy_quoted(text, size, at, &out);
		} else if (text[at] == '=') {
			while (out.size && out.data[out.size - 1] == ' ')
				out.size--;
			buf_add_char(&out, '=');
		} else if (!text[at] || strchr(blanks, text[at])) {
			if (out.size && out.data[out.size - 1] != '=')
				buf_add_char(&out, ' ');
		} else {
			buf_add_char(&out, text[at]);
		}
	}
	return buf_give(&out);
}

/* "dmarc=pass header.from=example.org" for the domain of the reverse-path. */
static int says_pass(char *result, const char *method, const char *property, const char *domain)
{
	char *save = NULL, *token = strtok_r(result, " ", &save);
	size_t size = strlen(method), name = strlen(property);

	if (!token || !text_starts(token, method) || !text_same(token + size, "=pass"))
		return 0;
	while ((token = strtok_r(NULL, " ", &save)) != NULL) {
		if (!text_starts(token, property) || token[name] != '=')
			continue;
		token += name + 1;
		if (strchr(token, '@'))
			token = strrchr(token, '@') + 1;
		return address_domain_within(domain, token);
	}
	return 0;
}

static int is_trusted(const struct config_list *trusted, const char *server)
{
	size_t i, size;

	server += strspn(server, " ");
	size = strcspn(server, " ");
	for (i = 0; i < trusted->count; i++)
		if (size && text_same_bytes(server, size, trusted->items[i]))
			return 1;
	return 0;
}

static int any_pass(char *results, const char *domain)
{
	char *save = NULL, *part, *copy;
	int pass = 0;

	for (part = strtok_r(results, ";", &save); part && !pass;
	        part = strtok_r(NULL, ";", &save)) {
		part += strspn(part, " ");
		copy = strdup(part);
		pass = copy && says_pass(copy, "dmarc", "header.from", domain);
		free(copy);
		pass = pass || says_pass(part, "spf", "smtp.mailfrom", domain);
	}
	return pass;
}

int authentic_by_results(const struct config_list *trusted, const char *results, size_t size,
        const char *reverse_path)
{
	const char *domain = address_domain(reverse_path);
	char *text = plain(results, size), *rest = strchr(text, ';');
	int pass = 0;

	if (rest && *domain) {
		*rest++ = '\0';
		pass = is_trusted(trusted, text) && any_pass(rest, domain);
	}
	free(text);
	return pass;
}

int authentic_insider(const struct config *config, const Lz__Submission *submission)
{
	return *submission->sasl_username ||
	       address_in_networks(&config->site.networks, submission->client_address);
}

int authentic_sender(
        const struct config *config, const Lz__Submission *submission, const struct mime_map *map)
{
	const struct mime_field *field;

	if (!*submission->reverse_path)
		return 0;
	if (authentic_insider(config, submission))
		return 1;
	field = map ? mime_field(map, 0, "Authentication-Results", 0) : NULL;
	return field && authentic_by_results(&config->notifier.trusted_auth_results,
	                        (const char *)map->bytes + field->value.offset, field->value.length,
	                        submission->reverse_path);
}

static int is_own_domain(const struct config *config, const char *domain)
{
	size_t i;

	for (i = 0; i < config->site.domains.count; i++)
		if (text_same(config->site.domains.items[i], domain))
			return 1;
	return 0;
}

int authentic_owner(
        const struct config *config, const Lz__Submission *submission, const struct mime_map *map)
{
	const char *user = submission->sasl_username, *path = submission->reverse_path;
	const char *domain = address_domain(path);

	if (!*path || !*domain)
		return 0;
	if (!*user)
		return authentic_sender(config, submission, map);
	if (text_same(user, path))
		return 1;
	return !strchr(user, '@') && text_same_bytes(path, (size_t)(domain - 1 - path), user) &&
	       is_own_domain(config, domain);
}

/* ---------------------------------------------------------------- automatic mail */

static int field_says(const struct mime_map *map, const char *name, const char *word)
{
	const struct mime_field *field = mime_field(map, 0, name, 0);
	const char *value;
	size_t size;

	if (!field)
		return 0;
	value = (const char *)map->bytes + field->value.offset;
	for (size = field->value.length; size && memchr(blanks, *value, 4); size--)
		value++;
	return size >= strlen(word) && text_same_bytes(value, strlen(word), word);
}

int authentic_program(const char *address)
{
	static const char *const globs[] = {"mailer-daemon@*", "owner-*", "*-owner@*",
	        "*-request@*", "*-bounce@*", "*-bounces@*", "*-bounces+*@*", "bounce*@*",
	        "noreply@*", "no-reply@*", "mailer-daemon"};
	size_t i;

	for (i = 0; i < sizeof(globs) / sizeof(globs[0]); i++)
		if (text_glob(globs[i], address, strlen(address)))
			return 1;
	return 0;
}

int authentic_automatic(const Lz__Submission *submission, const struct mime_map *map)
{
	static const char *const lists[] = {"List-Id", "List-Unsubscribe", "List-Post", "List-Help",
	        "Feedback-ID", "X-Auto-Response-Suppress", "X-Autoreply", "X-Loop"};
	size_t i;

	if (!*submission->reverse_path || authentic_program(submission->reverse_path) || !map)
		return 1;
	for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		if (mime_field(map, 0, lists[i], 0))
			return 1;
	if (mime_field(map, 0, "Auto-Submitted", 0) && !field_says(map, "Auto-Submitted", "no"))
		return 1;
	return field_says(map, "Precedence", "bulk") || field_says(map, "Precedence", "list") ||
	       field_says(map, "Precedence", "junk");
}

int authentic_notice(
        const struct config *config, const Lz__Submission *submission, const struct mime_map *map)
{
	char mark[17];

	if (!map)
		return 0;
	mark_of_site(config->site.admin, mark);
	if (field_says(map, "X-Lazaret-Mark", mark))
		return 1;
	return !*submission->reverse_path && mime_field(map, 0, "X-Lazaret-Notice", 0) &&
	       mime_field(map, 0, "Auto-Submitted", 0) && !field_says(map, "Auto-Submitted", "no");
}
