#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/crypto/digest.h"
#include "lib/wire/inner.h"

static const struct {
	const char *word;
	enum wire_role role;
} roles_known[] = {{"worker", ROLE_WORKER}, {"front", ROLE_FRONT}, {"notifier", ROLE_NOTIFIER},
        {"tool", ROLE_TOOL}};

/* The role of the word that begins here, 0 for none. */
static unsigned role_named(const char *word, size_t size)
{
	size_t at;

	for (at = 0; at < sizeof(roles_known) / sizeof(roles_known[0]); at++)
		if (strlen(roles_known[at].word) == size &&
		        !memcmp(roles_known[at].word, word, size))
			return roles_known[at].role;
	return 0;
}

enum result who_read_roles(const char *text, unsigned *roles, struct err *err)
{
	size_t size;
	unsigned role;

	*roles = *text ? 0 : ROLE_PROGRAMS;
	for (; *text; text += size + (text[size] == ',')) {
		size = strcspn(text, ",");
		role = role_named(text, size);
		if (!role)
			return err_set(err, RESULT_PERMANENT,
			        "%s is no role: worker, front, notifier or tool is expected",
			        log_quote_bytes(text, size));
		*roles |= role;
	}
	return RESULT_OK;
}

void who_new_token(char out[WHO_TOKEN_ROOM])
{
	uint8_t bytes[WHO_TOKEN_ROOM / 2];

	random_bytes(bytes, sizeof(bytes));
	text_hex(bytes, sizeof(bytes), out);
}

/* Blanks part the words; what is no printable ASCII is no part of a name. */
char *who_user_id(const struct key_row *row, const char *token)
{
	unsigned roles = 0;
	char name[WIRE_NAME_ROOM], *at;

	who_read_roles(row->third, &roles, NULL);
	snprintf(name, sizeof(name), "%s", row->second);
	for (at = name; *at; at++)
		if (*at <= ' ' || *at > '~')
			*at = '?';
	return alloc_format("%s %s %s %u", token, row->first, name, roles);
}

/* A number of digits alone that stands before `end`. */
static int read_number(const char *text, char end, unsigned *out)
{
	uint64_t number = 0;
	size_t digits = strspn(text, "0123456789"), at;

	if (!digits || digits > 10 || text[digits] != end)
		return 0;
	for (at = 0; at < digits; at++)
		number = 10 * number + (uint64_t)(text[at] - '0');
	*out = (unsigned)number;
	return number <= UINT32_MAX;
}

/*
 * Of a local peer libzmq says "<this host's name>:<uid>:<gid>:<pid>". No address of IPv6 has three
 * colons with nothing but numbers behind each: without "::" it has seven, and "::" has nothing in
 * between.
 */
static int read_local(const char *address, unsigned *uid)
{
	const char *fields[3];
	unsigned number;
	int at;

	for (at = 0; at < 3; at++) {
		address = strchr(address, ':');
		if (!address)
			return 0;
		fields[at] = ++address;
	}
	return !strchr(address, ':') && read_number(fields[0], ':', uid) &&
	       read_number(fields[1], ':', &number) && read_number(fields[2], '\0', &number);
}

static int read_user_id(const char *text, const char *token, struct wire_who *out)
{
	size_t size = strlen(token);

	return strlen(text) > size && secret_same(text, token, size) &&
	       sscanf(text + size, " %40s %64s %u", out->key, out->name, &out->roles) == 3;
}

/*
 * A peer may send properties of any name in its handshake, and libzmq shows them beside its own,
 * which come first. So nothing is believed but what can't be made up: the user id that has our
 * handler's word in front, and the address of a local peer, which libzmq always knows itself.
 */
void who_read(const char *address, const char *user_id, const char *token, struct wire_who *out)
{
	*out = (struct wire_who){.kind = WHO_UNPROVEN};
	if (token && user_id && read_user_id(user_id, token, out))
		out->kind = WHO_KEY;
	else if (address && read_local(address, &out->uid))
		out->kind = WHO_LOCAL;
	else
		*out = (struct wire_who){.kind = WHO_UNPROVEN};
}

void wire_who_text(const struct wire_who *who, char out[WIRE_WHO_ROOM])
{
	switch (who->kind) {
	case WHO_LOCAL:
		snprintf(out, WIRE_WHO_ROOM, "uid=%u", who->uid);
		break;
	case WHO_KEY:
		snprintf(out, WIRE_WHO_ROOM, "name=%s key=%s", who->name, who->key);
		break;
	default:
		snprintf(out, WIRE_WHO_ROOM, "unproven");
	}
}
