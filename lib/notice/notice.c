#include "lib/notice/notice.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/safe.h"
#include "lib/base/text.h"
#include "lib/config/place.h"
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
	};
}

/* ---------------------------------------------------------------- the header */

static const char *address_of(const Lz__Outgoing *outgoing, const struct notice_from *from)
{
	return outgoing->n_to ? outgoing->to[0] : from->address;
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
	buf_add_format(out, "X-Lazaret-Notice: %s\r\n", item->id);
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

static void add_subject(const struct filling *filling, const struct template *template)
{
	struct buf text = {0};
	char *line;

	fill(filling, template, TEMPLATE_TEXT, &text);
	line = safe_text(text.data, SUBJECT_BYTES);
	head_field(filling->out, "Subject", line);
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

void notice_compose(const struct notices *notices, const struct notice_from *from,
        const Lz__Outgoing *outgoing, const Lz__Item *item, int64_t wall_ms, struct buf *out)
{
	struct values *values = values_new(from, item);
	const struct filling filling = {values, out};
	const char *language =
	        notice_language(&notices->config->notifier, address_of(outgoing, from));
	const struct text *text =
	        texts_find(notices->texts, language, (int)outgoing->kind, &language);

	add_header(out, from, outgoing, item, wall_ms);
	buf_add_format(out, "Content-Language: %s\r\n", language);
	add_subject(&filling, text->subject);
	buf_add_string(out, "MIME-Version: 1.0\r\n");
	if (text->html)
		add_parts(&filling, text, outgoing);
	else
		add_part(&filling, text->body, TEMPLATE_TEXT);
	values_free(&values);
}
