#include "lib/spam/addresses.h"

#include <ctype.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/spam/domains.h"
#include "lib/spam/pattern.h"

/* One mailbox while it is being read. */
struct mailbox {
	struct buf words;   /* what stands outside of < >, quotes and comments taken off */
	struct buf plain;   /* the same as it is written */
	struct buf angle;   /* what stands inside of < > */
	struct buf comment; /* the last one */
	int has_angle, has_comment, has_words;
};

struct list {
	const char *text;
	size_t size, at;
	struct mailbox box;
	addresses_take *take;
	void *context;
};

static struct pattern mail = {"^(?:\"(?:[^\"\\\\]|\\\\.)*\"|[^@\\s<>()\\[\\],:;]+)"
                              "@(?:[^\"\\s<>()\\[\\],:;]+|\\[[0-9:.]+\\])$",
        MATCH_DOTALL};

static void trim(struct buf *text)
{
	size_t start = 0;

	buf_add(text, "", 0);
	while (text->size && isspace((unsigned char)text->data[text->size - 1]))
		text->data[--text->size] = '\0';
	while (start < text->size && isspace((unsigned char)text->data[start]))
		start++;
	buf_drop_front(text, start);
	buf_add(text, "", 0);
}

/* ------------------------------------------------------------ reading */

/* "quoted": what is in there, without its escapes. */
static void read_quoted(struct list *list)
{
	struct mailbox *box = &list->box;
	size_t start = list->at;

	for (list->at++; list->at < list->size && list->text[list->at] != '"'; list->at++) {
		if (list->text[list->at] == '\\' && list->at + 1 < list->size)
			list->at++;
		buf_add_char(&box->words, list->text[list->at]);
	}
	list->at += list->at < list->size;
	buf_add(&box->plain, list->text + start, list->at - start);
	box->has_words = 1;
}

static void read_comment(struct list *list)
{
	struct mailbox *box = &list->box;
	size_t depth = 1;

	buf_clear(&box->comment);
	for (list->at++; list->at < list->size; list->at++) {
		char byte = list->text[list->at];

		if (byte == '\\' && list->at + 1 < list->size) {
			buf_add_char(&box->comment, byte);
			byte = list->text[++list->at];
		} else if (byte == ')' && --depth == 0) {
			break;
		} else if (byte == '(') {
			depth++;
		}
		buf_add_char(&box->comment, byte);
	}
	list->at += list->at < list->size;
	box->has_comment = 1;
}

static void read_angle(struct list *list)
{
	const char *start = list->text + list->at + 1;
	const char *end = memchr(start, '>', list->size - list->at - 1);
	size_t size = end ? (size_t)(end - start) : list->size - list->at - 1;

	if (!list->box.has_angle)
		buf_add(&list->box.angle, start, size);
	list->box.has_angle = 1;
	list->at += size + 1 + (end != NULL);
}

/* ------------------------------------------------------------ one mailbox */

/* Only what is before a second "@". */
static const char *cut_address(struct buf *address)
{
	char *mark = strchr(address->data, '@'), *second = mark ? strchr(mark + 1, '@') : NULL;

	if (second)
		*second = '\0';
	return address->data;
}

static int is_mail(const struct buf *text)
{
	size_t quotes = 0;

	for (size_t i = 0; i < text->size; i++)
		quotes += text->data[i] == '"';
	return quotes != 1 && strncmp(text->data, "\"\"@", 3) != 0 &&
	       pattern_is(&mail, text->data, text->size);
}

/* There may be a NUL before the "@". */
static int is_mail_of_host(const struct buf *text)
{
	const char *mark = memchr(text->data, '@', text->size);
	const char *end = text->data + text->size;

	return mark && is_mail(text) && domains_is_well_formed(mark + 1, (size_t)(end - mark - 1));
}

static void give_angle(struct list *list)
{
	struct mailbox *box = &list->box;
	const char *address = is_mail(&box->angle) ? cut_address(&box->angle) : NULL;
	const char *name = box->words.size ? box->words.data : NULL;

	if (!address && name && is_mail_of_host(&box->words)) {
		address = cut_address(&box->words);
		name = NULL;
	}
	if (address && name && strcmp(address, name) == 0)
		name = NULL;
	if (!name && box->has_comment)
		name = box->comment.data;
	list->take(list->context, address, name);
}

static void give_plain(struct list *list)
{
	struct mailbox *box = &list->box;
	const char *address = NULL, *name = NULL;

	trim(&box->plain);
	if (is_mail(&box->plain))
		address = cut_address(&box->plain);
	else if (box->words.size)
		name = box->words.data;
	if (!name && box->has_comment)
		name = box->comment.data;
	if (address || name)
		list->take(list->context, address, name);
}

static void end_mailbox(struct list *list)
{
	struct mailbox *box = &list->box;

	trim(&box->angle);
	trim(&box->words);
	buf_add(&box->comment, "", 0);
	if (box->has_angle)
		give_angle(list);
	else if (box->has_words)
		give_plain(list);
	buf_clear(&box->words);
	buf_clear(&box->plain);
	buf_clear(&box->angle);
	buf_clear(&box->comment);
	box->has_angle = box->has_comment = box->has_words = 0;
}

/* ------------------------------------------------------------ the list */

/* "group name: members;" */
static void skip_group(struct list *list)
{
	static struct pattern group = {"^[^\"()<>]+:\\s*(?:;.*)?", MATCH_DOTALL};
	struct match_range whole;

	if (pattern_groups(&group, list->text, list->size, 0, &whole, 1))
		list->at = whole.end;
}

void addresses_read(const char *text, size_t size, addresses_take *take, void *context)
{
	struct list list = {.text = text, .size = size, .take = take, .context = context};
	struct mailbox *box = &list.box;

	skip_group(&list);
	while (list.at < size) {
		switch (text[list.at]) {
		case '"':
			read_quoted(&list);
			break;
		case '(':
			read_comment(&list);
			break;
		case '<':
			read_angle(&list);
			break;
		case ':': /* "group name: members;" further on in a list */
			box->has_words = 0;
			buf_clear(&box->words);
			buf_clear(&box->plain);
			list.at++;
			break;
		case ',':
		case ';':
			end_mailbox(&list);
			list.at++;
			break;
		default:
			box->has_words |= !isspace((unsigned char)text[list.at]);
			buf_add_char(&box->words, text[list.at]);
			buf_add_char(&box->plain, text[list.at++]);
		}
	}
	end_mailbox(&list);
	buf_fini(&box->words);
	buf_fini(&box->plain);
	buf_fini(&box->angle);
	buf_fini(&box->comment);
}
