#include "lib/notice/texts.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/alloc.h"
#include "lib/base/file.h"
#include "lib/base/utf8.h"
#include "lib/config/form.h"
#include "lib/notice/builtin.h"

enum { TEMPLATE_MOST = 64 * 1024, MOST_LANGUAGES = 100, BODY_LINE = 3 };

#define ENGLISH "en"

static const char *const kinds[TEXTS_KINDS] = {
        "sender", "recipient", "admin", "digest", "flood", "answer", "asked"};

/* A text without a body is none: another language's is used. */
struct language {
	char *name;
	struct text texts[TEXTS_KINDS];
};

struct texts {
	const char *const *names;
	texts_tell *tell;
	void *context;
	size_t count;
	struct language *languages;
	struct text builtin[TEXTS_KINDS];
};

static void text_fini(struct text *text)
{
	template_free(&text->subject);
	template_free(&text->body);
	template_free(&text->html);
}

static void tell(const struct texts *texts, const struct err *err, const char *instead)
{
	char *sentence = alloc_format("%s; %s", err->text, instead);

	texts->tell(texts->context, sentence);
	free(sentence);
}

/* ---------------------------------------------------------------- one file */

static void drop_returns(struct buf *text)
{
	size_t from, to = 0;

	for (from = 0; from < text->size; from++)
		if (text->data[from] != '\r' || text->data[from + 1] != '\n')
			text->data[to++] = text->data[from];
	text->size = to;
	text->data[to] = '\0';
}

/* RESULT_NONE: there is no such file. Line ends become LF; a byte order mark goes. */
static enum result read_file(const char *path, struct buf *text, struct err *err)
{
	struct stat st;
	enum result result;

	if (stat(path, &st) < 0 && errno == ENOENT)
		return err_set(err, RESULT_NONE, "%s: found nothing, expected a text", path);
	result = file_read(path, TEMPLATE_MOST, text, err);
	if (result)
		return RESULT_PERMANENT;
	buf_add(text, "", 0);
	if (strlen(text->data) != text->size || !utf8_valid(text->data, text->size))
		return err_set(err, RESULT_PERMANENT,
		        "%s: found other bytes, expected text in UTF-8", path);
	if (text->size >= 3 && !memcmp(text->data, "\xef\xbb\xbf", 3))
		buf_drop_front(text, 3);
	drop_returns(text);
	return RESULT_OK;
}

/* It begins with "Subject: …", an empty line, and the text. Changes `content`. */
static enum result read_text(const struct texts *texts, const char *path, char *content,
        struct text *out, struct err *err)
{
	struct template_source source = {.name = path, .line = 1, .names = texts->names};
	char *end = strchr(content, '\n');
	enum result result;

	if (strncmp(content, "Subject: ", 9) != 0)
		return err_set(err, RESULT_PERMANENT,
		        "%s:1: found another beginning, expected \"Subject: …\"", path);
	if (!end || end[1] != '\n')
		return err_set(err, RESULT_PERMANENT,
		        "%s:2: found a text, expected an empty line before it", path);
	*end = '\0';
	source.text = content + 9;
	result = template_new(&source, &out->subject, err);
	source.text = end + 2;
	source.line = BODY_LINE;
	return result ? result : template_new(&source, &out->body, err);
}

static enum result load_text(
        const struct texts *texts, const char *path, struct text *out, struct err *err)
{
	struct buf content = {0};
	enum result result = read_file(path, &content, err);

	if (!result)
		result = read_text(texts, path, content.data, out, err);
	if (result)
		text_fini(out);
	buf_fini(&content);
	return result;
}

static enum result load_html(
        const struct texts *texts, const char *path, struct text *out, struct err *err)
{
	struct template_source source = {.name = path, .line = 1, .names = texts->names};
	struct buf content = {0};
	enum result result = read_file(path, &content, err);

	source.text = content.data;
	if (!result)
		result = template_new(&source, &out->html, err);
	buf_fini(&content);
	return result;
}

/* ---------------------------------------------------------------- a language */

/* Only English must have every text. Gives whether there is a file at all. */
static int load_kind_text(const struct texts *texts, const struct language *language,
        const char *path, struct text *text)
{
	int is_english = !strcmp(language->name, ENGLISH);
	struct err err;
	enum result result = load_text(texts, path, text, &err);

	if (result == RESULT_PERMANENT || (result == RESULT_NONE && is_english))
		tell(texts, &err, is_english ? "the built-in text is used" : "that in en is used");
	return result != RESULT_NONE;
}

/* Read though there may be no text to stand beside: what is wrong with it is told. */
static void load_kind_html(
        const struct texts *texts, const char *path, int has_file, struct text *text)
{
	struct err err;
	enum result result = load_html(texts, path, text, &err);

	if (!result && !has_file)
		result = err_set(&err, RESULT_PERMANENT,
		        "%s: found HTML alone, expected a .txt beside it", path);
	if (result == RESULT_PERMANENT)
		tell(texts, &err, has_file ? "notices are in text alone" : "it is not used");
	if (!text->body)
		template_free(&text->html);
}

static void load_kind(
        const struct texts *texts, const char *folder, struct language *language, int kind)
{
	char *path = alloc_format("%s/%s/%s.txt", folder, language->name, kinds[kind]);
	int has_file = load_kind_text(texts, language, path, &language->texts[kind]);

	free(path);
	path = alloc_format("%s/%s/%s.html", folder, language->name, kinds[kind]);
	load_kind_html(texts, path, has_file, &language->texts[kind]);
	free(path);
}

static void load_language(struct texts *texts, const char *folder, const char *name)
{
	struct language *language;
	int kind;

	texts->languages =
	        alloc_grow(texts->languages, texts->count + 1, sizeof(*texts->languages));
	language = &texts->languages[texts->count++];
	*language = (struct language){.name = alloc_string(name)};
	for (kind = 0; kind < TEXTS_KINDS; kind++)
		load_kind(texts, folder, language, kind);
}

/* ---------------------------------------------------------------- all of them */

/* Such as sender.txt: a text, but of no language. */
static void look_at_file(const struct texts *texts, const char *folder, const char *name)
{
	struct err err;
	int kind;

	for (kind = 0; kind < TEXTS_KINDS; kind++) {
		size_t size = strlen(kinds[kind]);

		if (strncmp(name, kinds[kind], size) ||
		        (strcmp(name + size, ".txt") && strcmp(name + size, ".html")))
			continue;
		err_set(&err, RESULT_PERMANENT,
		        "%s/%s: found a text of no language, expected it in %s/en or the like",
		        folder, name, folder);
		tell(texts, &err, "it is not read");
	}
}

static void look_at_entry(struct texts *texts, const char *folder, const char *name)
{
	char *path = alloc_format("%s/%s", folder, name);
	struct stat st;

	if (stat(path, &st) == 0 && !S_ISDIR(st.st_mode))
		look_at_file(texts, folder, name);
	else if (form_matches(FORM_NAME, name) && strcmp(name, ENGLISH) != 0 &&
	         texts->count < MOST_LANGUAGES)
		load_language(texts, folder, name);
	free(path);
}

static void load_builtin(struct texts *texts)
{
	enum result result;
	struct err err;
	int kind;

	for (kind = 0; kind < TEXTS_KINDS; kind++) {
		char *content = alloc_string(builtin_texts[kind]);

		result = read_text(texts, "built-in", content, &texts->builtin[kind], &err);
		assert(result == RESULT_OK);
		free(content);
	}
}

struct texts *texts_open(
        const char *folder, const char *const *names, texts_tell *teller, void *context)
{
	struct texts *texts = alloc_zero(1, sizeof(*texts));
	struct dirent **entries = NULL;
	int count = scandir(folder, &entries, NULL, alphasort), at;

	texts->names = names;
	texts->tell = teller;
	texts->context = context;
	load_builtin(texts);
	load_language(texts, folder, ENGLISH);
	for (at = 0; at < count; at++) {
		look_at_entry(texts, folder, entries[at]->d_name);
		free(entries[at]);
	}
	free(entries);
	return texts;
}

void texts_close(struct texts **texts)
{
	size_t at;
	int kind;

	if (!*texts)
		return;
	for (kind = 0; kind < TEXTS_KINDS; kind++) {
		text_fini(&(*texts)->builtin[kind]);
		for (at = 0; at < (*texts)->count; at++)
			text_fini(&(*texts)->languages[at].texts[kind]);
	}
	for (at = 0; at < (*texts)->count; at++)
		free((*texts)->languages[at].name);
	free((*texts)->languages);
	free(*texts);
	*texts = NULL;
}

static const struct language *find_language(const struct texts *texts, const char *name)
{
	size_t at;

	for (at = 0; at < texts->count; at++)
		if (!strcmp(texts->languages[at].name, name))
			return &texts->languages[at];
	return NULL;
}

int texts_has(const struct texts *texts, const char *language)
{
	return find_language(texts, language) != NULL;
}

const struct text *texts_find(
        const struct texts *texts, const char *language, int kind, const char **spoken)
{
	const struct language *found = find_language(texts, language);

	*spoken = language;
	if (found && found->texts[kind].body)
		return &found->texts[kind];
	*spoken = ENGLISH;
	found = &texts->languages[0];
	return found->texts[kind].body ? &found->texts[kind] : &texts->builtin[kind];
}
