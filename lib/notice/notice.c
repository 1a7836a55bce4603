#include "lib/notice/notice.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/safe.h"
#include "lib/base/text.h"
#include "lib/config/place.h"
#include "lib/crypto/mark.h"
#include "lib/notice/encode.h"
#include "lib/notice/head.h"
#include "lib/notice/values.h"

enum { SUBJECT_BYTES = 400 };

struct notices {
	const struct config *config;
	struct texts *texts;
};

/* ---------------------------------------------------------------- texts and languages */

static void check_language(
        const struct notices *notices, char *const *language, texts_tell *tell, void *context)
{
	char *place, *sentence;

	if (texts_has(notices->texts, *language))
		return;
	place = places_show(notices->config, language);
	sentence = alloc_format("%s: found %s, expected a folder in %s; en is used", place,
	        log_quote(*language), notices->config->notifier.templates);
	tell(context, sentence);
	free(sentence);
	free(place);
}

struct notices *notices_open(const struct config *config, texts_tell *tell, void *context)
{
	const struct config_languages *languages = &config->notifier.languages;
	struct notices *notices = alloc_zero(1, sizeof(*notices));
	size_t at;

	notices->config = config;
	notices->texts = texts_open(config->notifier.templates, notice_names, tell, context);
	check_language(notices, &config->notifier.language, tell, context);
	for (at = 0; at < languages->count; at++)
		check_language(notices, &languages->rules[at].language, tell, context);
	return notices;
}

void notices_close(struct notices **notices)
{
	if (!*notices)
		return;
	texts_close(&(*notices)->texts);
	free(*notices);
	*notices = NULL;
}

/* ".example.org" is that domain and all below it. */
static int domain_matches(const char *wanted, const char *domain)
{
	size_t size = strlen(domain), wanted_size = strlen(wanted);

	if (*wanted != '.')
		return text_same(wanted, domain);
	if (text_same(wanted + 1, domain))
		return 1;
	return size > wanted_size && text_same(wanted, domain + size - wanted_size);
}

const char *notice_language(const struct config_notifier *config, const char *address)
{
	const char *at = strrchr(address, '@');
	size_t rule, i;

	for (rule = 0; at && rule < config->languages.count; rule++) {
		const struct config_language *language = &config->languages.rules[rule];

		for (i = 0; i < language->domains.count; i++)
			if (domain_matches(language->domains.items[i], at + 1))
				return language->language;
	}
	return config->language;
}

void notice_from_config(const struct config *config, struct notice_from *out)
{
	*out = (struct notice_from){
	        .site = config->site.name,
	        .title = config->site.title,
	        .address = *config->notifier.from ? config->notifier.from : config->site.admin,
	        .request = config->notifier.request_address,
	};
	mark_of_site(config->site.admin, out->mark);
}

/* ---------------------------------------------------------------- where a release is asked for */

char *notice_request(const struct notice_from *from, const char *token)
{
	const char *domain = strrchr(from->request, '@');

	if (!*token || !domain)
		return alloc_string("");
	return alloc_format(
	        "%.*s+%s%s", (int)(domain - from->request), from->request, token, domain);
}

/* RFC 6068 section 2: what is no part of the syntax there, and no "%", "?" or "&", stands for
 * itself. */
static void add_encoded(const char *text, struct buf *out)
{
	for (; *text; text++)
		if (strchr("%?&#/`{|}^\"<>", *text) || *text <= ' ')
			buf_add_format(out, "%%%02X", (unsigned char)*text);
		else
			buf_add_char(out, *text);
}

char *notice_request_link(const struct notice_from *from, const char *token)
{
	char *address = notice_request(from, token);
	struct buf link = {0};

	buf_add(&link, "", 0);
	if (*address) {
		buf_add_string(&link, "mailto:");
		add_encoded(address, &link);
		buf_add_format(&link, "?subject=release%%20%s", token);
	}
	free(address);
	return buf_give(&link);
}

/* ---------------------------------------------------------------- the header */

static const char *address_of(const Lz__Outgoing *outgoing, const struct notice_from *from)
{
	return outgoing->n_to ? outgoing->to[0] : from->address;
}

static void add_reply_to(struct buf *out, const struct notice_from *from, const char *token)
{
	char *address = notice_request(from, token);

	if (*address)
		buf_add_format(out, "Reply-To: <%s>\r\n", address);
	free(address);
}

static void add_header(struct buf *out, const struct notice_from *from,
        const Lz__Outgoing *outgoing, const Lz__Item *item, int64_t wall_ms)
{
	char date[40];
	int to_sender = outgoing->kind == LZ__NOTICE_KIND__NOTICE_SENDER;

	clock_mail_date(wall_ms, date, sizeof(date));
	buf_add_format(out, "Date: %s\r\n", date);
	head_from(out, from);
	head_to(out, address_of(outgoing, from));
	buf_add_format(out, "Message-ID: <notice.%s@%s>\r\n", outgoing->id, from->site);
	/* RFC 3834 section 5: replied to a message of its addressee's, or made on an event. */
	buf_add_format(
	        out, "Auto-Submitted: %s\r\n", to_sender ? "auto-replied" : "auto-generated");
	buf_add_string(out, "X-Auto-Response-Suppress: All\r\n");
	buf_add_format(out, "X-Lazaret-Notice: %s\r\n", *item->id ? item->id : outgoing->id);
	buf_add_format(out, "X-Lazaret-Mark: %s\r\n", from->mark);
	add_reply_to(out, from, outgoing->token);
	if (to_sender)
		head_references(out, item->header_message_id);
}

/* ---------------------------------------------------------------- the body */

struct filling {
	const struct values *values;
	struct buf *out;
};

/* The text that a template makes, in *text. */
static void fill(const struct filling *filling, const struct template *template,
        enum template_form form, struct buf *text)
{
	struct template_values answers = values_answers;

	answers.context = filling->values;
	buf_clear(text);
	template_fill(template, form, &answers, text);
	buf_add(text, "", 0);
}

/* The token stands here, too: an answer's subject comes back where a mail program, or a server that
 * knows no "+", has shortened the address. */
static void add_subject(
        const struct filling *filling, const struct template *template, const char *token)
{
	struct buf text = {0};
	char *line, *whole;

	fill(filling, template, TEMPLATE_TEXT, &text);
	line = safe_text(text.data, SUBJECT_BYTES);
	whole = *token ? alloc_format("%s [release %s]", line, token) : alloc_string(line);
	head_field(filling->out, "Subject", whole);
	free(whole);
	free(line);
	buf_fini(&text);
}

static void add_part(
        const struct filling *filling, const struct template *template, enum template_form form)
{
	struct buf text = {0};

	buf_add_format(filling->out,
	        "Content-Type: text/%s; charset=utf-8\r\n"
	        "Content-Transfer-Encoding: quoted-printable\r\n\r\n",
	        form == TEMPLATE_HTML ? "html" : "plain");
	fill(filling, template, form, &text);
	encode_body(text.data, filling->out);
	buf_fini(&text);
}

/* No line in quoted-printable begins with the delimiter's dashes or holds its "=_". */
static void add_parts(
        const struct filling *filling, const struct text *text, const Lz__Outgoing *outgoing)
{
	struct buf *out = filling->out;

	buf_add_format(out,
	        "Content-Type: multipart/alternative; boundary=\"=_%s\"\r\n\r\n--=_%s\r\n",
	        outgoing->id, outgoing->id);
	add_part(filling, text->body, TEMPLATE_TEXT);
	buf_add_format(out, "--=_%s\r\n", outgoing->id);
	add_part(filling, text->html, TEMPLATE_HTML);
	buf_add_format(out, "--=_%s--\r\n", outgoing->id);
}

static int text_of(Lz__NoticeKind kind)
{
	return kind > LZ__NOTICE_KIND__NOTICE_RELEASE ? (int)kind - 1 : (int)kind;
}

void notice_compose(const struct notices *notices, const struct notice_from *from,
        const Lz__Outgoing *outgoing, const Lz__Item *item, int64_t wall_ms, struct buf *out)
{
	static const Lz__Item none = LZ__ITEM__INIT;
	struct values *values = values_new(from, outgoing, item ? item : &none);
	const struct filling filling = {values, out};
	const char *language =
	        notice_language(&notices->config->notifier, address_of(outgoing, from));
	const struct text *text =
	        texts_find(notices->texts, language, text_of(outgoing->kind), &language);

	add_header(out, from, outgoing, item ? item : &none, wall_ms);
	buf_add_format(out, "Content-Language: %s\r\n", language);
	add_subject(&filling, text->subject, *from->request ? outgoing->token : "");
	buf_add_string(out, "MIME-Version: 1.0\r\n");
	if (text->html)
		add_parts(&filling, text, outgoing);
	else
		add_part(&filling, text->body, TEMPLATE_TEXT);
	values_free(&values);
}
