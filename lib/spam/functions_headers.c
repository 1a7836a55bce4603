/* Single header fields, and pairs of them. */
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/alloc.h"
#include "lib/base/text.h"
#include "lib/base/utf8.h"
#include "lib/spam/domains.h"
#include "lib/spam/fields.h"
#include "lib/spam/function.h"

/* ------------------------------------------------------------ bytes */

static int is_control(unsigned char byte)
{
	return byte < 9 || byte == 11 || byte == 12 || (byte > 13 && byte < 32);
}

/* Bytes that a header may not have: their share and their number. */
unsigned long function_check_illegal_chars(
        const struct functions_view *view, const struct functions_call *call)
{
	const char *name = function_argument(call, 0);
	struct buf text = {0}, key = {0};
	size_t illegal = 0, controls = 0, exempt = 0;
	int hit = 0, high = 0;

	if (!name)
		return 0;
	buf_add_format(&key, "%s:raw", name);
	function_ask(view, key.data, &text);
	for (size_t i = 0; i < text.size; i++) {
		unsigned char byte = (unsigned char)text.data[i];

		controls += is_control(byte) != 0;
		high |= byte > 127;
		illegal += byte >= 127 || is_control(byte);
		exempt += byte == 0xa2 || byte == 0xa3 || byte == 0xae;
	}
	/* A cent, a pound or a registered sign is nothing. */
	if (illegal && exempt == 1 && text_same(name, "Subject"))
		illegal--;
	if (text.size && !(high && !controls && utf8_valid(text.data, text.size)))
		hit = (double)illegal / (double)text.size >= function_number(call, 1, 0) &&
		      (double)illegal >= function_number(call, 2, 0);
	buf_fini(&text);
	buf_fini(&key);
	return hit != 0;
}

unsigned long function_check_for_faraway_charset_in_headers(
        const struct functions_view *view, const struct functions_call *call)
{
	static const char *const keys[] = {"From:raw", "Subject:raw"};
	static struct pattern word = {"=\\?(.+?)\\?.\\?.*?\\?="};
	struct match_range groups[2];
	struct buf text = {0};
	size_t at;
	int is_far = 0;

	for (size_t i = 0; i < 2 && !function_knows_all(view->lists); i++) {
		function_ask(view, keys[i], &text);
		for (at = 0; !is_far && pattern_groups(&word, text.data, text.size, at, groups, 2);
		        at = groups[0].end) {
			char *charset = alloc_bytes(
			        text.data + groups[1].start, groups[1].end - groups[1].start);

			is_far = function_is_far_away(view->lists, charset);
			free(charset);
		}
	}
	buf_fini(&text);
	return is_far != 0;
}

/* Nothing looks for it any more; rules may still name it. */
unsigned long function_check_for_unique_subject_id(
        const struct functions_view *view, const struct functions_call *call)
{
	return 0;
}

/* ------------------------------------------------------------ the Subject */

static struct pattern many_capitals = {
        "=\\?[-_a-z0-9]*(?:koi|jp|jis|euc|gb|big5|isoir|cp1251|windows-1251|georgianps|pt154|tis)"
        "[-_a-z0-9]*\\?",
        MATCH_CASELESS};

static int is_capitals(const char *text, size_t size)
{
	size_t letters = 0;

	for (size_t i = 0; i < size; i++) {
		if (text[i] >= 'a' && text[i] <= 'z')
			return 0;
		letters += text[i] >= 'A' && text[i] <= 'Z';
	}
	return letters > 0;
}

/* Behind "Re:" and its like: two words or more, of some length. */
unsigned long function_subject_is_all_caps(
        const struct functions_view *view, const struct functions_call *call)
{
	static struct pattern front = {
	        "^\\s*(?:(?:Re|Fwd|Fw|Aw|Antwort|WG|SV|VB|VS|VL):\\s*)*", MATCH_CASELESS};
	struct match_range whole = {0, 0};
	struct buf text = {0}, raw = {0};
	size_t size;
	int hit = 0;

	function_ask(view, "Subject", &text);
	function_ask(view, "Subject:raw", &raw);
	while (text.size && isspace((unsigned char)text.data[text.size - 1]))
		text.data[--text.size] = '\0';
	pattern_groups(&front, text.data, text.size, 0, &whole, 1);
	size = text.size - whole.end;
	if (size >= 10 && strpbrk(text.data + whole.end, " \t") &&
	        !pattern_is(&many_capitals, raw.data, raw.size))
		hit = is_capitals(text.data + whole.end, size);
	buf_fini(&text);
	buf_fini(&raw);
	return hit != 0;
}

static int has_address(const char *subject, const char *address)
{
	size_t size = strlen(address);
	const char *at = subject;

	while ((at = text_find(at, strlen(at), address))) {
		int before = at > subject && (isalnum((unsigned char)at[-1]) || at[-1] == '_');
		int behind = isalnum((unsigned char)at[size]) || at[size] == '_';

		if (!before && !behind)
			return 1;
		at++;
	}
	return 0;
}

/* The way in which a subject speaks to somebody by the local part of the address. */
static int speaks_to(const char *subject, const char *name)
{
	static struct pattern answer = {"^(?:re|fw):\\s*(?:\\w+\\s+)?", MATCH_CASELESS};
	struct match_range whole;
	size_t size = strlen(name), length = strlen(subject), from = 0;
	char behind;

	while (length && isspace((unsigned char)subject[length - 1]))
		length--;
	if (length == size && text_same_bytes(subject, length, name))
		return 1;
	if (length > size && strncmp(subject, name, size) == 0) {
		from = size + strspn(subject + size, " \t");
		behind = subject[from];
		if (behind && strchr(",:;!?-", behind) &&
		        (from + 1 >= length || isspace((unsigned char)subject[from + 1])))
			return 1;
	}
	if (pattern_groups(&answer, subject, length, 0, &whole, 1) &&
	        (text_same_bytes(subject + whole.end, length - whole.end, name) ||
	                text_same_bytes(subject + 3 + strspn(subject + 3, " "),
	                        length - 3 - strspn(subject + 3, " "), name)))
		return 1;
	/* "hello, name!" */
	if (length > size + 2 && strchr(",:;!?-", subject[length - 1]) &&
	        text_same_bytes(subject + length - 1 - size, size, name)) {
		for (from = length - 1 - size; from && isspace((unsigned char)subject[from - 1]);)
			from--;
		return from && subject[from - 1] == ',';
	}
	return 0;
}

unsigned long function_check_for_to_in_subject(
        const struct functions_view *view, const struct functions_call *call)
{
	const char *what = function_argument(call, 0);
	struct buf to = {0}, subject = {0};
	int hit = 0;

	function_ask_first(view, "To:addr", &to);
	function_ask(view, "Subject", &subject);
	if (what && to.size && strcmp(what, "address") == 0) {
		hit = has_address(subject.data, to.data);
	} else if (what && to.size && strcmp(what, "user") == 0) {
		to.data[strcspn(to.data, "@")] = '\0';
		hit = speaks_to(subject.data, to.data);
	}
	buf_fini(&to);
	buf_fini(&subject);
	return hit != 0;
}

/* ------------------------------------------------------------ recipients */

enum { SORTED_LEAST = 7, SIMILAR_LEAST = 5, SIMILAR_LENGTH = 2, RECIPIENTS_MOST = 256 };

struct recipients {
	struct buf text;
	char *items[RECIPIENTS_MOST];
	size_t count;
};

static void add_recipients(struct recipients *recipients, const struct buf *text)
{
	char *rest = text->data, *line;
	const char *before = recipients->count ? recipients->items[recipients->count - 1] : "";

	while ((line = function_line(&rest)) && recipients->count < RECIPIENTS_MOST) {
		if (*line && !text_same(line, before))
			recipients->items[recipients->count++] = line;
		before = line;
	}
}

/* Those of To and Cc; where these are few, of Bcc, too. */
static void read_recipients(const struct functions_view *view, struct recipients *recipients)
{
	struct buf more = {0};
	size_t lines = 0;

	memset(recipients, 0, sizeof(*recipients));
	function_ask(view, "ToCc:addr", &recipients->text);
	for (size_t i = 0; i < recipients->text.size; i++)
		lines += recipients->text.data[i] == '\n';
	if (lines + 1 < SIMILAR_LEAST) {
		function_ask(view, "Bcc:addr", &more);
		if (more.size && recipients->text.size)
			buf_add_char(&recipients->text, '\n');
		buf_add(&recipients->text, more.data, more.size);
	}
	add_recipients(recipients, &recipients->text);
	buf_fini(&more);
}

unsigned long function_sorted_recipients(
        const struct functions_view *view, const struct functions_call *call)
{
	struct recipients recipients;
	int sorted;

	read_recipients(view, &recipients);
	sorted = recipients.count >= SORTED_LEAST;
	for (size_t i = 1; sorted && i < recipients.count; i++)
		sorted = strcmp(recipients.items[i - 1], recipients.items[i]) <= 0;
	buf_fini(&recipients.text);
	return sorted != 0;
}

static unsigned alike(const char *a, const char *b)
{
	const char *a_host = strchrnul(a, '@'), *b_host = strchrnul(b, '@');
	unsigned hits = strncmp(a, b, SIMILAR_LENGTH) == 0;

	return hits +
	       (strncmp(a_host + (*a_host != 0), b_host + (*b_host != 0), SIMILAR_LENGTH) == 0 &&
	               strcmp(a_host, b_host) != 0);
}

unsigned long function_similar_recipients(
        const struct functions_view *view, const struct functions_call *call)
{
	struct recipients recipients;
	double hits = 0, pairs = 0, share = 0;

	read_recipients(view, &recipients);
	for (size_t i = 0; i < recipients.count; i++) {
		for (size_t j = i + 1; j < recipients.count; j++, pairs++)
			hits += alike(recipients.items[i], recipients.items[j]);
	}
	if (recipients.count >= SIMILAR_LEAST)
		share = hits / pairs;
	buf_fini(&recipients.text);
	return share >= function_number(call, 0, -INFINITY) &&
	       share < function_number(call, 1, INFINITY);
}

unsigned long function_check_for_missing_to_header(
        const struct functions_view *view, const struct functions_call *call)
{
	struct buf text = {0};
	int missing;

	function_ask(view, "To", &text);
	missing = text.size == 0;
	if (missing) {
		function_ask(view, "Apparently-To", &text);
		missing = text.size == 0;
	}
	buf_fini(&text);
	return missing != 0;
}

/* ------------------------------------------------------------ senders */

unsigned long function_check_for_matching_env_and_hdr_from(
        const struct functions_view *view, const struct functions_call *call)
{
	struct buf envelope = {0}, from = {0};
	int same;

	fields_envelope_from(view->texts, &envelope);
	function_ask_first(view, "From:addr", &from);
	same = text_same(envelope.data, from.data);
	buf_fini(&envelope);
	buf_fini(&from);
	return same != 0;
}

/* The last two labels behind the "@". */
static const char *second_level(const char *address)
{
	const char *host = strrchr(address, '@'), *dot = NULL;

	if (!host)
		return "";
	for (const char *at = host + strlen(host); at > host; at--) {
		if (*at == '.' && dot)
			return at + 1;
		if (*at == '.')
			dot = at;
	}
	return host + 1;
}

unsigned long function_check_equal_from_domains(
        const struct functions_view *view, const struct functions_call *call)
{
	struct buf envelope = {0}, from = {0};
	const char *one, *other;
	int differ;

	fields_envelope_from(view->texts, &envelope);
	function_ask_first(view, "From:addr", &from);
	one = second_level(from.data);
	other = second_level(envelope.data);
	differ = *one && *other && !text_same(one, other);
	buf_fini(&envelope);
	buf_fini(&from);
	return differ != 0;
}

/* "x.org=you@": the domain, any byte, the local part. */
static int has_address_inside(const char *sender, const char *domain, const char *name)
{
	size_t size = strlen(domain), length = strlen(name);
	const char *at = sender;

	while ((at = text_find(at, strlen(at), domain))) {
		int begins = at == sender || !isalnum((unsigned char)at[-1]);

		if (begins && at[size] && strncasecmp(at + size + 1, name, length) == 0 &&
		        at[size + 1 + length] == '@')
			return 1;
		at++;
	}
	return 0;
}

/* The recipient's own address in the sender's. */
unsigned long function_check_ratware_envelope_from(
        const struct functions_view *view, const struct functions_call *call)
{
	struct buf envelope = {0}, to = {0};
	const char *domain;
	char *mark;
	int hit = 0;

	fields_envelope_from(view->texts, &envelope);
	function_ask_first(view, "To:addr", &to);
	text_lower(to.data);
	mark = strchr(to.data, '@');
	if (mark && mark > to.data && envelope.size && !text_starts(envelope.data, "SRS")) {
		*mark = '\0';
		domain = domains_registered(view->lists, mark + 1);
		hit = domains_is_known(view->lists, domain, strlen(domain)) &&
		      has_address_inside(envelope.data, domain, to.data);
	}
	buf_fini(&envelope);
	buf_fini(&to);
	return hit != 0;
}

/* The recipient's host behind letters in the Message-ID, and in From as well. */
unsigned long function_check_ratware_name_id(
        const struct functions_view *view, const struct functions_call *call)
{
	static struct pattern id = {"<[A-Z]{28}\\.([^>]+?)>"};
	static struct pattern from = {"\"[^\"]+\"\\s*<([^>]*)>"};
	struct match_range groups[2], named[2];
	struct buf text = {0}, sender = {0};
	int hit = 0;

	function_ask(view, "MESSAGEID", &text);
	function_ask(view, "From", &sender);
	if (pattern_groups(&id, text.data, text.size, 0, groups, 2) &&
	        pattern_groups(&from, sender.data, sender.size, 0, named, 2))
		hit = groups[1].end - groups[1].start == named[1].end - named[1].start &&
		      memcmp(text.data + groups[1].start, sender.data + named[1].start,
		              named[1].end - named[1].start) == 0;
	buf_fini(&text);
	buf_fini(&sender);
	return hit != 0;
}

/* ------------------------------------------------------------ all of them */

/* How many different fields of a name there are. */
unsigned long function_check_header_count_range(
        const struct functions_view *view, const struct functions_call *call)
{
	const char *name = function_argument(call, 0);
	struct pieces values = {.most = 1000};
	struct buf text = {0};
	char *rest, *line;
	double count;

	if (!name)
		return 0;
	function_ask(view, name, &text);
	for (rest = text.data; (line = function_line(&rest));)
		pieces_add(&values, line, strlen(line));
	pieces_unique(&values);
	count = (double)values.count;
	pieces_fini(&values);
	buf_fini(&text);
	return count >= function_number(call, 1, 0) && count <= function_number(call, 2, INFINITY);
}

/* In the header as it came: a "%", or an encoded word with who knows what inside. */
static int may_have_template(const struct mime_map *map)
{
	const struct mime_range header = map->parts[0].header;
	const char *bytes = (const char *)map->bytes + header.offset;

	return memchr(bytes, '%', header.length) || memmem(bytes, header.length, "=?", 2);
}

/* "%FIRSTNAME": what a mailer should have filled in. */
unsigned long function_check_unresolved_template(
        const struct functions_view *view, const struct functions_call *call)
{
	static struct pattern template = {"%[A-Z][A-Z_-]"};
	static struct pattern exempt = {
	        "^(?:X-VMS-To|X-UIDL|X-Face|To|Cc|From|Subject|References|In-Reply-To|"
	        "(?:X-|Resent-|X-Original-)?Message-Id):",
	        MATCH_CASELESS};
	struct buf text = {0};
	char *rest, *line;
	int hit = 0;

	if (!may_have_template(view->map))
		return 0;
	function_ask(view, "ALL", &text);
	for (rest = text.data; !hit && (line = function_line(&rest));)
		hit = pattern_is(&template, line, strlen(line)) &&
		      !pattern_is(&exempt, line, strlen(line));
	buf_fini(&text);
	return hit != 0;
}

unsigned long function_gated_through_received_hdr_remover(
        const struct functions_view *view, const struct functions_call *call)
{
	return function_is_gated(view) != 0;
}

unsigned long function_check_messageid_not_usable(
        const struct functions_view *view, const struct functions_call *call)
{
	static struct pattern list = {
	        "<mailto:(?:leave-\\S+|\\S+-unsubscribe)@\\S+>$", MATCH_CASELESS};
	static struct pattern server = {"/CWT/DCE\\)|iPlanet Messaging Server"};
	struct buf text = {0};
	int hit;

	function_ask(view, "List-Unsubscribe", &text);
	hit = pattern_is(&list, text.data, text.size) || function_is_gated(view);
	if (!hit) {
		function_ask(view, "Received", &text);
		hit = pattern_is(&server, text.data, text.size);
	}
	buf_fini(&text);
	return hit != 0;
}
