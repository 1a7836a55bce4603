#include "lib/smtp/command.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/smtp/xtext.h"

enum attribute { NAME, ADDR, PORT, PROTO, HELO, IDENT, SOURCE, ATTRIBUTES };

static const char *const attribute_names[ATTRIBUTES] = {
        "NAME", "ADDR", "PORT", "PROTO", "HELO", "IDENT", "SOURCE"};

/* ---- what is offered ---- */

static void read_xforward(const char *words, size_t size, struct smtp_offer *offer)
{
	size_t at = 0, length;
	int i;

	while (at < size) {
		length = strcspn(words + at, " \n");
		for (i = 0; i < ATTRIBUTES; i++)
			if (text_same_bytes(words + at, length, attribute_names[i]))
				offer->xforward |= 1u << i;
		at += length + 1;
	}
}

static uint64_t read_size(const char *words)
{
	uint64_t size = 0;

	for (; *words >= '0' && *words <= '9' && size < UINT64_MAX / 20; words++)
		size = size * 10 + (uint64_t)(*words - '0');
	return size;
}

static void read_keyword(const char *line, size_t size, struct smtp_offer *offer)
{
	size_t length = strcspn(line, " \n");
	const char *rest = line + length + (length < size);

	if (text_same_bytes(line, length, "PIPELINING")) {
		offer->pipelining = 1;
	} else if (text_same_bytes(line, length, "8BITMIME")) {
		offer->eight_bit = 1;
	} else if (text_same_bytes(line, length, "SMTPUTF8")) {
		offer->smtputf8 = 1;
	} else if (text_same_bytes(line, length, "DSN")) {
		offer->dsn = 1;
	} else if (text_same_bytes(line, length, "SIZE")) {
		offer->size = 1;
		offer->max_size = read_size(rest);
	} else if (text_same_bytes(line, length, "XFORWARD")) {
		read_xforward(rest, (size_t)(line + size - rest), offer);
	}
}

void command_read_offer(const char *lines, struct smtp_offer *offer)
{
	const char *end;

	*offer = (struct smtp_offer){0};
	for (; (end = strchr(lines, '\n')) != NULL; lines = end + 1)
		read_keyword(lines, (size_t)(end - lines), offer);
}

/* ---- addresses ---- */

int command_needs_smtputf8(const char *address)
{
	for (; *address; address++)
		if ((unsigned char)*address >= 0x80)
			return 1;
	return 0;
}

static int has_control(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 127)
			return 1;
	return 0;
}

/* atext of RFC 5322, and UTF-8 (RFC 6531). */
static int is_atext(unsigned char c)
{
	return isalnum(c) || c >= 0x80 || (c && strchr("!#$%&'*+-/=?^_`{|}~", c));
}

static int is_dot_string(const char *text, size_t size)
{
	size_t at;

	for (at = 0; at < size; at++) {
		if (is_atext((unsigned char)text[at]))
			continue;
		if (text[at] != '.' || at == 0 || at + 1 == size || text[at - 1] == '.')
			return 0;
	}
	return size > 0;
}

static int is_quoted_string(const char *text, size_t size)
{
	size_t at;

	if (size < 2 || text[0] != '"' || text[size - 1] != '"')
		return 0;
	for (at = 1; at < size - 1; at++) {
		if (text[at] == '"')
			return 0;
		if (text[at] == '\\' && ++at == size - 1)
			return 0;
	}
	return 1;
}

static void add_localpart(struct buf *out, const char *text, size_t size)
{
	size_t at;

	if (is_dot_string(text, size) || is_quoted_string(text, size)) {
		buf_add(out, text, size);
		return;
	}
	buf_add_char(out, '"');
	for (at = 0; at < size; at++) {
		if (text[at] == '"' || text[at] == '\\')
			buf_add_char(out, '\\');
		buf_add_char(out, text[at]);
	}
	buf_add_char(out, '"');
}

/* An address without a domain is a local account's; Postfix takes and gives such. */
static int add_address(struct buf *out, const char *address)
{
	const char *sign = strrchr(address, '@');
	size_t local = sign ? (size_t)(sign - address) : strlen(address);

	if (has_control(address) || strlen(address) > 1000)
		return 0;
	if (sign && (!sign[1] || strpbrk(sign, " <>\"\\(),;")))
		return 0;
	add_localpart(out, address, local);
	if (sign)
		buf_add_string(out, sign);
	return 1;
}

/* ---- MAIL and RCPT ---- */

static void add_mail_dsn(struct buf *out, const struct smtp_message *message)
{
	if (message->ret && (text_same(message->ret, "FULL") || text_same(message->ret, "HDRS")))
		buf_add_format(out, " RET=%s", message->ret);
	if (message->envid && xtext_valid(message->envid, 100))
		buf_add_format(out, " ENVID=%s", message->envid);
}

static int is_needed_smtputf8(const struct smtp_message *message)
{
	size_t i;

	if (message->smtputf8 || command_needs_smtputf8(message->reverse_path))
		return 1;
	for (i = 0; i < message->recipient_count; i++)
		if (command_needs_smtputf8(message->recipients[i].address))
			return 1;
	return 0;
}

enum result command_mail(struct buf *out, const struct smtp_message *message,
        const struct smtp_offer *offer, uint64_t size, struct err *err)
{
	size_t start = out->size;

	buf_add_string(out, "MAIL FROM:<");
	if (*message->reverse_path && !add_address(out, message->reverse_path)) {
		out->size = start;
		return err_set(err, RESULT_PERMANENT, "5.1.7 bad sender address syntax");
	}
	buf_add_char(out, '>');
	if (offer->size)
		buf_add_format(out, " SIZE=%" PRIu64, size);
	/* Eight-bit mail for a server that does not offer 8BITMIME goes as it is, as Exim and qmail
	 * send it: we cannot re-encode without breaking signatures, the next hop is the
	 * administrator's own, and refusing would lose mail over an EHLO line. */
	if (message->eight_bit && offer->eight_bit)
		buf_add_string(out, " BODY=8BITMIME");
	if (offer->smtputf8 && is_needed_smtputf8(message))
		buf_add_string(out, " SMTPUTF8");
	if (offer->dsn)
		add_mail_dsn(out, message);
	buf_add_string(out, "\r\n");
	return RESULT_OK;
}

/* RFC 3461 section 4.1: NEVER alone, or a list of the others. */
static int is_notify(const char *text)
{
	static const char *const words[] = {"SUCCESS", "FAILURE", "DELAY"};
	size_t length, i;

	if (text_same(text, "NEVER"))
		return 1;
	for (;; text += length + 1) {
		length = strcspn(text, ",");
		for (i = 0; i < 3 && !text_same_bytes(text, length, words[i]); i++)
			;
		if (i == 3)
			return 0;
		if (!text[length])
			return 1;
	}
}

/* addr-type ";" xtext */
static int is_orcpt(const char *text)
{
	size_t type = strcspn(text, ";"), at;

	for (at = 0; at < type; at++)
		if (!isalnum((unsigned char)text[at]) && text[at] != '-')
			return 0;
	return type > 0 && text[type] && strlen(text) <= 500 && xtext_valid(text + type + 1, 500);
}

enum result command_rcpt(struct buf *out, const struct smtp_recipient *recipient,
        const struct smtp_offer *offer, struct err *err)
{
	size_t start = out->size;

	buf_add_string(out, "RCPT TO:<");
	if (!*recipient->address || !add_address(out, recipient->address)) {
		out->size = start;
		return err_set(err, RESULT_PERMANENT, "5.1.3 bad recipient address syntax");
	}
	buf_add_char(out, '>');
	if (offer->dsn && recipient->notify && is_notify(recipient->notify))
		buf_add_format(out, " NOTIFY=%s", recipient->notify);
	if (offer->dsn && recipient->orcpt && is_orcpt(recipient->orcpt))
		buf_add_format(out, " ORCPT=%s", recipient->orcpt);
	buf_add_string(out, "\r\n");
	return RESULT_OK;
}

/* ---- XFORWARD ---- */

static const char *attribute_value(const struct smtp_message *message, enum attribute attribute)
{
	const char *const values[ATTRIBUTES] = {message->xforward_name, message->xforward_addr,
	        message->xforward_port, message->xforward_proto, message->xforward_helo,
	        message->xforward_ident, NULL};

	return values[attribute];
}

static int has_attributes(const struct smtp_message *message)
{
	int i;

	for (i = 0; i < SOURCE; i++)
		if (attribute_value(message, (enum attribute)i))
			return 1;
	return 0;
}

static void add_attribute(
        struct buf *out, const struct smtp_message *message, enum attribute attribute)
{
	const char *value = attribute_value(message, attribute);

	buf_add_format(out, " %s=", attribute_names[attribute]);
	if (attribute == SOURCE) {
		buf_add_string(out, "REMOTE");
	} else if (!value || !*value || !strcmp(value, "unknown")) {
		buf_add_string(out, "[UNAVAILABLE]");
	} else {
		/* An IPv6 address is told from a host name by this prefix. */
		if (attribute == ADDR && strchr(value, ':') && !text_starts(value, "IPV6:"))
			buf_add_string(out, "IPV6:");
		xtext_add(out, value, COMMAND_XFORWARD_VALUE_MAX - 5);
	}
}

int command_xforward(
        struct buf *out, const struct smtp_message *message, const struct smtp_offer *offer)
{
	struct buf one = {0};
	size_t begin = out->size;
	int commands = 0, i;

	for (i = 0; i < ATTRIBUTES && has_attributes(message); i++) {
		if (!(offer->xforward & 1u << i))
			continue;
		buf_clear(&one);
		add_attribute(&one, message, (enum attribute)i);
		if (!commands || out->size - begin + one.size + 2 > COMMAND_MAX) {
			buf_add_string(out, commands ? "\r\n" : "");
			begin = out->size;
			buf_add_string(out, "XFORWARD");
			commands++;
		}
		buf_add(out, one.data, one.size);
	}
	buf_add_string(out, commands ? "\r\n" : "");
	buf_fini(&one);
	return commands;
}
