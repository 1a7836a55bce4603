#include "lib/spam/fields.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/alloc.h"
#include "lib/base/text.h"
#include "lib/spam/addresses.h"
#include "lib/spam/domains.h"
#include "lib/spam/pattern.h"
#include "lib/spam/unicode.h"

enum { ALL_MOST_BYTES = 65536, NAME_MOST_BYTES = 256, VALUE_MOST_BYTES = 8192, FIELDS_MOST = 1000 };

/* Fields that are structure, not text: RFC 2047 doesn't apply to them. */
static const char *const not_decoded[] = {"Received", "Message-ID", "Resent-Message-ID", "Date",
        "Resent-Date", "References", "In-Reply-To", "MIME-Version", NULL};

static const char *const to_cc[] = {"To", "Cc", NULL};
static const char *const message_id[] = {
        "X-Message-Id", "Resent-Message-Id", "X-Original-Message-ID", "Message-Id", NULL};

static const char *bytes_of(const struct mime_map *map, struct mime_range range)
{
	return (const char *)map->bytes + range.offset;
}

static size_t value_size(const struct mime_field *field)
{
	return field->value.length < VALUE_MOST_BYTES ? field->value.length : VALUE_MOST_BYTES;
}

static int is_decoded(const char *name, size_t size)
{
	if (size > 5 && strncasecmp(name, "List-", 5) == 0)
		return 0;
	for (size_t i = 0; not_decoded[i]; i++) {
		if (text_same_bytes(name, size, not_decoded[i]))
			return 0;
	}
	return 1;
}

static int is_blank(char byte)
{
	return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

/* ------------------------------------------------------------ one field */

/* Each fold (a line end and the blanks behind it) becomes one blank; blanks around it all go. */
static void add_unfolded(const char *bytes, size_t size, struct buf *out)
{
	size_t at = 0, end;
	const char *line_end;

	while (at < size && is_blank(bytes[at]))
		at++;
	while (size > at && is_blank(bytes[size - 1]))
		size--;
	while ((line_end = memchr(bytes + at, '\n', size - at))) {
		end = (size_t)(line_end - bytes);
		buf_add(out, bytes + at, end - at - (end > at && bytes[end - 1] == '\r'));
		buf_add_char(out, ' ');
		for (at = end + 1; at < size && (bytes[at] == ' ' || bytes[at] == '\t');)
			at++;
	}
	buf_add(out, bytes + at, size - at);
}

static void add_raw(const char *bytes, size_t size, struct buf *out)
{
	size_t at, end;
	const char *line_end;

	for (at = 0; (line_end = memchr(bytes + at, '\n', size - at)); at = end + 1) {
		end = (size_t)(line_end - bytes);
		buf_add(out, bytes + at, end - at - (end > at && bytes[end - 1] == '\r'));
		buf_add_char(out, '\n');
	}
	buf_add(out, bytes + at, size - at);
	buf_add_char(out, '\n');
}

/* Most fields stand there as a reader sees them. */
static void add_decoded(const struct mime_map *map, const struct mime_field *field, struct buf *out)
{
	struct buf coded = {0};
	size_t begin = out->size;
	int words = is_decoded(bytes_of(map, field->name), field->name.length);

	add_unfolded(bytes_of(map, field->value), value_size(field), out);
	if (!unicode_is_plain(out->data + begin, out->size - begin, words)) {
		buf_add(&coded, out->data + begin, out->size - begin);
		out->size = begin;
		unicode_header(coded.data, coded.size, words, out);
	}
	buf_add_char(out, '\n');
	buf_fini(&coded);
}

/* ------------------------------------------------------------ addresses */

struct adder {
	struct buf *out;
	size_t begin;
	int names, raw;
};

/* Blanks squeezed, one pair of ' taken off, encoded words decoded. */
static void add_name(const char *raw, struct buf *out)
{
	struct buf name = {0};
	size_t start = 0, size, begin = out->size;

	unicode_header(raw, strlen(raw), 1, &name);
	size = name.size;
	while (size && is_blank(name.data[size - 1]))
		size--;
	while (start < size && is_blank(name.data[start]))
		start++;
	if (size - start >= 2 && name.data[start] == '\'' && name.data[size - 1] == '\'') {
		start++;
		size--;
	}
	for (; start < size; start++) {
		if (!is_blank(name.data[start]))
			buf_add_char(out, name.data[start]);
		else if (out->size == begin || out->data[out->size - 1] != ' ')
			buf_add_char(out, ' ');
	}
	buf_fini(&name);
}

static void take_address(void *context, const char *address, const char *name)
{
	struct adder *adder = context;
	const char *chosen = adder->names ? name : address;

	if (!chosen)
		return;
	if (adder->out->size > adder->begin)
		buf_add_char(adder->out, '\n');
	if (adder->names && !adder->raw)
		add_name(chosen, adder->out);
	else
		buf_add_string(adder->out, chosen);
}

void fields_addresses(const char *text, size_t size, int names, struct buf *out)
{
	struct adder adder = {out, out->size, names, 0};

	addresses_read(text, size, take_address, &adder);
}

/* ------------------------------------------------------------ fields of some names */

struct asking {
	const struct texts *texts;
	const struct mime_map *map;
	size_t part; /* in the map */
	const struct header_key *key;
	struct buf *out;
	size_t begin;
};

static int is_list(enum header_form form)
{
	return form == FORM_ADDR || form == FORM_NAME;
}

/* In the header of a part the blanks behind the colon aren't part of what is raw. */
static int of_multipart(const struct mime_map *map, size_t part)
{
	return part && map->parts[map->parts[part].parent].is_multipart;
}

static size_t leading_blanks(const struct mime_map *map, const struct mime_field *field)
{
	const char *bytes = bytes_of(map, field->value);
	size_t at = 0;

	while (at < value_size(field) && is_blank(bytes[at]))
		at++;
	return at;
}

static void add_field(struct asking *asking, const struct mime_field *field)
{
	const struct mime_map *map = asking->map;
	struct adder adder = {
	        asking->out, asking->begin, asking->key->form == FORM_NAME, asking->key->is_raw};
	struct buf plain = {0};
	size_t skip;

	if (is_list(asking->key->form)) {
		add_unfolded(bytes_of(map, field->value), value_size(field), &plain);
		if (plain.size)
			addresses_read(plain.data, plain.size, take_address, &adder);
		buf_fini(&plain);
	} else if (asking->key->is_raw || asking->key->form == FORM_RAW) {
		skip = of_multipart(map, asking->part) ? leading_blanks(map, field) : 0;
		add_raw(bytes_of(map, field->value) + skip, value_size(field) - skip, asking->out);
	} else {
		add_decoded(map, field, asking->out);
	}
}

/* What another filter said of the message is no part of it: senders write such fields, too. Only
 * ALL:raw has them. */
static int is_left_out(const struct asking *asking, const struct mime_field *field)
{
	static const char start[] = "X-Spam-";

	return asking->part == 0 && asking->map == asking->texts->input.map &&
	       field->name.length > sizeof(start) - 1 &&
	       strncasecmp(bytes_of(asking->map, field->name), start, sizeof(start) - 1) == 0;
}

/* The fields of these names, name by name; gives how many there are. */
static size_t find_fields(const struct asking *asking, const char *const *names,
        const struct mime_field **found, size_t most)
{
	const struct mime_map *map = asking->map;
	const struct mime_part *owner = &map->parts[asking->part];
	size_t count = 0, length;

	for (; *names; names++) {
		length = strlen(*names);
		for (size_t i = 0; i < owner->field_count && count < most; i++) {
			const struct mime_field *field = &map->fields[owner->first_field + i];

			if (field->name.length == length &&
			        text_same_bytes(bytes_of(map, field->name), length, *names) &&
			        !is_left_out(asking, field))
				found[count++] = field;
		}
	}
	return count;
}

static int add_named(struct asking *asking, const char *const *names)
{
	const struct mime_field *found[FIELDS_MOST];
	size_t count = find_fields(asking, names, found, FIELDS_MOST), first = 0;
	enum header_pick pick = asking->key->pick;

	if (pick == PICK_LAST && count)
		first = count - 1;
	else if (pick == PICK_FIRST && count)
		count = 1;
	for (size_t i = first; i < count && asking->out->size - asking->begin < ALL_MOST_BYTES; i++)
		add_field(asking, found[i]);
	/* A list in which there is nothing is none. */
	return count > 0 && (!is_list(asking->key->form) || asking->out->size > asking->begin);
}

/* ------------------------------------------------------------ all fields */

/* Which of the fields, by how many Received fields stand above: from `first` to `last`. */
static int add_all(struct asking *asking, long first, long last)
{
	const struct mime_map *map = asking->map;
	const struct mime_part *owner = &map->parts[asking->part];
	int raw = asking->key->is_raw || asking->key->form == FORM_RAW;
	size_t added = 0;
	long received = -1;

	for (size_t i = 0; i < owner->field_count && asking->out->size < ALL_MOST_BYTES; i++) {
		const struct mime_field *field = &map->fields[owner->first_field + i];
		int is_received =
		        text_same_bytes(bytes_of(map, field->name), field->name.length, "Received");

		received += is_received;
		if (received > last || (received == last && last >= 0 && !is_received))
			break;
		if (received < first || (!raw && is_left_out(asking, field)))
			continue;
		buf_add(asking->out, bytes_of(map, field->name),
		        field->name.length < NAME_MOST_BYTES ? field->name.length
		                                             : NAME_MOST_BYTES);
		buf_add_string(asking->out, raw ? ":" : ": ");
		if (raw)
			add_raw(bytes_of(map, field->value), value_size(field), asking->out);
		else
			add_decoded(map, field, asking->out);
		added++;
	}
	return added > 0;
}

/* ------------------------------------------------------------ EnvelopeFrom */

static int ask_first_address(const struct texts *texts, const char *name, struct buf *out)
{
	size_t before = out->size;
	char *end;

	if (!fields_ask(texts, name, FORM_ADDR, PICK_FIRST, out))
		return 0;
	end = out->data ? strchr(out->data + before, '\n') : NULL;
	if (end) {
		*end = '\0';
		out->size = (size_t)(end - out->data);
	}
	return 1;
}

/* Is there a Received field above any of that name? Then a list may have changed the sender behind
 * it. */
static int stands_below_received(const struct texts *texts, const char *name)
{
	const struct mime_map *map = texts->input.map;
	const struct mime_field *received = mime_field(map, 0, "Received", 0);
	const struct mime_field *field;

	for (size_t i = 0; received && (field = mime_field(map, 0, name, i)); i++) {
		if (received < field)
			return 1;
	}
	return 0;
}

/* A mail program that fetches mail and knows no sender makes one up of X-Sender. */
static int is_made_up(const struct texts *texts)
{
	const struct mime_map *map = texts->input.map;
	const struct mime_field *field;
	struct buf sender = {0};
	int made_up = 0;

	if (fields_ask(texts, "X-Sender", FORM_ADDR, PICK_FIRST, &sender)) {
		for (size_t i = 0; !made_up && (field = mime_field(map, 0, "Received", i)); i++)
			made_up = text_find(bytes_of(map, field->value), field->value.length,
			                  "(fetchmail") != NULL;
	}
	buf_fini(&sender);
	return made_up;
}

static int by_last_relay(const struct texts *texts, struct buf *out)
{
	const struct relay *relay = relays_at(&texts->relays, RELAYS_UNTRUSTED, 0);

	if (!relay && texts->relays.count)
		relay = &texts->relays.items[texts->relays.count - 1];
	if (!relay || !relay->envelope_from ||
	        (*relay->envelope_from && !strchr(relay->envelope_from, '@')))
		return 0;
	buf_add_string(out, relay->envelope_from);
	return 1;
}

static int by_setting(const struct texts *texts, struct buf *out)
{
	const char *name = texts->input.lists
	                           ? lists_at(texts->input.lists, "envelope_sender_header", 0)
	                           : NULL;

	return name && ask_first_address(texts, name, out);
}

int fields_envelope_from(const struct texts *texts, struct buf *out)
{
	static const char *const names[] = {"X-Envelope-From", "Envelope-Sender", "Return-Path"};

	buf_clear(out);
	buf_add(out, "", 0);
	if (texts->input.reverse_path) {
		buf_add_string(out, texts->input.reverse_path);
		return 1;
	}
	if (by_setting(texts, out) || by_last_relay(texts, out))
		return 1;
	if (is_made_up(texts))
		return 0;
	for (size_t i = 0; i < 3; i++) {
		if (!mime_field(texts->input.map, 0, names[i], 0))
			continue;
		if (!stands_below_received(texts, names[i]) &&
		        ask_first_address(texts, names[i], out))
			return 1;
		if (i == 0)
			return 0;
	}
	return 0;
}

/* ------------------------------------------------------------ made up of several */

static int add_envelope_from(struct asking *asking)
{
	struct buf address = {0};
	int is_there = fields_envelope_from(asking->texts, &address);

	buf_add(asking->out, address.data, address.size);
	buf_fini(&address);
	return is_there;
}

static const struct {
	const char *name;
	enum relays_kind kind;
} relay_kinds[] = {
        {"Trusted", RELAYS_TRUSTED},
        {"Untrusted", RELAYS_UNTRUSTED},
        {"Internal", RELAYS_INTERNAL},
        {"External", RELAYS_EXTERNAL},
};

/* The fields above or below a cut; 0 where it is none that is known. */
static int add_all_of(struct asking *asking, const char *cut, int *is_there)
{
	const struct relays *relays = &asking->texts->relays;

	if (!*cut)
		*is_there = add_all(asking, -1, FIELDS_MOST);
	else if (strcmp(cut, "-TRUSTED") == 0)
		*is_there = add_all(asking, -1, relays->last_trusted + 1);
	else if (strcmp(cut, "-UNTRUSTED") == 0)
		*is_there = add_all(asking, relays->last_trusted + 1, FIELDS_MOST);
	else if (strcmp(cut, "-INTERNAL") == 0)
		*is_there = add_all(asking, -1, relays->last_internal + 1);
	else if (strcmp(cut, "-EXTERNAL") == 0)
		*is_there = add_all(asking, relays->last_internal + 1, FIELDS_MOST);
	else
		return 0;
	return 1;
}

static int add_relays(struct asking *asking, const char *kind)
{
	for (size_t i = 0; i < sizeof(relay_kinds) / sizeof(*relay_kinds); i++) {
		if (!text_same(kind, relay_kinds[i].name))
			continue;
		relays_print(&asking->texts->relays, relay_kinds[i].kind, asking->out);
		return 1;
	}
	return 0;
}

static int add_text(struct asking *asking)
{
	static const char relays[] = "X-Spam-Relays-";
	const char *name = asking->key->name, *const names[] = {name, NULL};
	int is_there;

	if (strncmp(name, "ALL", 3) == 0 && add_all_of(asking, name + 3, &is_there))
		return is_there;
	if (strcmp(name, "MESSAGEID") == 0)
		return add_named(asking, message_id);
	if (text_same(name, "ToCc"))
		return add_named(asking, to_cc);
	if (text_same(name, "EnvelopeFrom"))
		return add_envelope_from(asking);
	if (text_starts(name, relays) && add_relays(asking, name + sizeof(relays) - 1))
		return 1;
	return add_named(asking, names);
}

/* ------------------------------------------------------------ hosts and addresses in a text */

static void add_line(struct buf *out, size_t begin, const char *bytes, size_t size)
{
	if (out->size > begin)
		buf_add_char(out, '\n');
	buf_add(out, bytes, size);
}

static int is_host(const struct texts *texts, const char *host, size_t size)
{
	return domains_is_well_formed(host, size) &&
	       domains_is_known(texts->input.lists, host, size);
}

/* Behind the last "@" of a line if that is a host, else the first one in it. */
static int find_host(
        const struct texts *texts, const char *line, size_t size, struct match_range *host)
{
	static struct pattern name = {"(?<![._-])([^\\s<>@()\\[\\]\",;:/]{1,251})(?![._-])"};
	struct match_range groups[2];
	const char *mark = memrchr(line, '@', size);
	size_t at = mark ? (size_t)(mark + 1 - line) : 0;

	for (int round = 0; round < 2; round++, at = 0) {
		while (pattern_groups(&name, line, size, at, groups, 2)) {
			*host = groups[1];
			if (is_host(texts, line + host->start, host->end - host->start))
				return 1;
			at = groups[0].end > at ? groups[0].end : at + 1;
		}
	}
	return 0;
}

static void add_host(struct asking *asking, const char *line, size_t size)
{
	struct match_range host;
	char *copy;

	if (!find_host(asking->texts, line, size, &host))
		return;
	copy = alloc_bytes(line + host.start, host.end - host.start);
	if (asking->key->form == FORM_DOMAIN) {
		const char *domain;

		text_lower(copy);
		domain = domains_registered(asking->texts->input.lists, copy);
		add_line(asking->out, asking->begin, domain, strlen(domain));
	} else {
		add_line(asking->out, asking->begin, copy, strlen(copy));
	}
	free(copy);
}

/* "1.2.3.4" as "4.3.2.1". */
static void add_backwards(struct buf *out, const char *ip, size_t size)
{
	size_t end = size;

	for (size_t at = size; at-- > 0;) {
		if (at > 0 && ip[at - 1] != '.')
			continue;
		buf_add(out, ip + at, end - at);
		if (at > 0)
			buf_add_char(out, '.');
		end = at ? at - 1 : 0;
	}
}

static void add_ip(struct asking *asking, const char *line, size_t size)
{
	static struct pattern address = {
	        "(?<![.0-9])((?:(?:1[0-9]{2}|2[0-4][0-9]|25[0-5]|[1-9][0-9]|[0-9])\\.){3}"
	        "(?:1[0-9]{2}|2[0-4][0-9]|25[0-5]|[1-9][0-9]|[0-9]))(?![.0-9])"};
	struct match_range groups[2];
	const char *ip;
	size_t length;

	if (!pattern_groups(&address, line, size, 0, groups, 2))
		return;
	ip = line + groups[1].start;
	length = groups[1].end - groups[1].start;
	if (asking->key->form == FORM_IP) {
		add_line(asking->out, asking->begin, ip, length);
		return;
	}
	add_line(asking->out, asking->begin, "", 0);
	add_backwards(asking->out, ip, length);
}

static int add_of_lines(struct asking *asking)
{
	struct header_key plain = {
	        asking->key->name, FORM_VALUE, asking->key->pick, asking->key->is_raw};
	struct buf text = {0};
	struct asking inner = {asking->texts, asking->map, asking->part, &plain, &text, 0};
	const char *line, *end;

	if (!add_text(&inner)) {
		buf_fini(&text);
		return 0;
	}
	buf_add(&text, "", 0);
	for (line = text.data; *line; line = *end ? end + 1 : end) {
		end = strchrnul(line, '\n');
		if (asking->key->form == FORM_HOST || asking->key->form == FORM_DOMAIN)
			add_host(asking, line, (size_t)(end - line));
		else
			add_ip(asking, line, (size_t)(end - line));
	}
	buf_fini(&text);
	return asking->out->size > asking->begin;
}

/* ------------------------------------------------------------ all of it */

int fields_value(
        const struct texts *texts, size_t part, const struct header_key *key, struct buf *out)
{
	const struct part *item = &texts->parts.items[part];
	struct asking asking = {texts, item->map, item->index, key, out, out->size};

	switch (key->form) {
	case FORM_HOST:
	case FORM_DOMAIN:
	case FORM_IP:
	case FORM_REVIP:
		return add_of_lines(&asking);
	default:
		return add_text(&asking);
	}
}

int fields_ask(const struct texts *texts, const char *name, enum header_form form,
        enum header_pick pick, struct buf *out)
{
	char *copy = alloc_string(name);
	const struct header_key key = {copy, form, pick, form == FORM_RAW};
	int is_there;

	buf_clear(out);
	is_there = fields_value(texts, 0, &key, out);
	buf_add(out, "", 0);
	free(copy);
	return is_there;
}

int fields_ask_key(const struct texts *texts, const char *key, struct buf *out)
{
	static const struct {
		const char *name;
		enum header_form form;
	} forms[] = {{":addr", FORM_ADDR}, {":name", FORM_NAME}, {":raw", FORM_RAW}};
	size_t size = strcspn(key, ":");
	enum header_form form = FORM_VALUE;
	char *name = alloc_bytes(key, size);
	int is_there;

	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
		if (strstr(key + size, forms[i].name))
			form = forms[i].form;
	}
	is_there = fields_ask(
	        texts, name, form, strstr(key + size, ":first") ? PICK_FIRST : PICK_ALL, out);
	free(name);
	return is_there;
}
