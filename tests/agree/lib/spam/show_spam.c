/*
 * What we find in mails, for agree_spam.py: the arguments are rule files and folders, the names of
 * the mails stand on standard input. For each of them a line of JSON: hits of all rules, points,
 * and the texts that were looked at, in hex, as they may be no UTF-8.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/file.h"
#include "lib/base/text.h"
#include "lib/spam/eval.h"
#include "lib/spam/fields.h"

enum { MAIL_BYTES_MAX = 64 << 20, PATH_MAX_BYTES = 4096 };

static void show_hex(const char *bytes, size_t size)
{
	char *hex = alloc_zero(2 * size + 1, 1);

	text_hex(bytes, size, hex);
	printf("\"%s\"", hex);
	free(hex);
}

static void show_pieces(const char *name, const struct pieces *pieces)
{
	const char *bytes;
	size_t size;

	printf(",\"%s\":[", name);
	for (size_t i = 0; i < pieces->count; i++) {
		bytes = pieces_at(pieces, i, &size);
		printf("%s", i ? "," : "");
		show_hex(bytes, size);
	}
	printf("]");
}

static void show_buf(const char *name, const struct buf *text)
{
	printf(",\"%s\":", name);
	show_hex(text->data ? text->data : "", text->size);
}

static void show_relays(const struct relays *relays)
{
	static const char *const names[] = {"trusted", "untrusted", "internal", "external"};
	struct buf text = {0};

	for (int kind = RELAYS_TRUSTED; kind <= RELAYS_EXTERNAL; kind++) {
		buf_clear(&text);
		relays_print(relays, (enum relays_kind)kind, &text);
		show_buf(names[kind], &text);
	}
	printf(",\"unparseable\":%zu", relays->unknown);
	buf_fini(&text);
}

static void show_header(const struct texts *texts, const char *key)
{
	struct buf value = {0};

	if (fields_ask_key(texts, key, &value))
		show_buf(key, &value);
	buf_fini(&value);
}

static void show_texts(const struct mime_map *map, const struct rules *rules)
{
	static const char *const keys[] = {"ALL", "Content-Type", "Date", "EnvelopeFrom", "From",
	        "From:addr", "From:name", "From:raw", "MESSAGEID", "Received", "References",
	        "Reply-To", "Reply-To:addr", "Reply-To:name", "Subject", "Subject:raw", "To",
	        "To:addr", "To:raw", "ToCc", "ToCc:addr", "Return-Path:addr", "X-Mailer"};
	struct texts texts;

	texts_build(&(struct texts_input){map, NULL, rules_lists(rules), NULL, 0}, &texts);
	show_pieces("body", &texts.body);
	show_pieces("rawbody", &texts.rawbody);
	show_pieces("uris", &texts.links.forms);
	show_relays(&texts.relays);
	printf(",\"headers\":{\"\":\"\"");
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		show_header(&texts, keys[i]);
	printf("}");
	texts_fini(&texts);
}

static void show_mail(const struct rules *rules, const char *path)
{
	struct buf bytes = {0};
	struct mime_map *map;
	struct eval eval;
	struct err err;

	if (file_read(path, MAIL_BYTES_MAX, &bytes, &err)) {
		fprintf(stderr, "%s\n", err.text);
		return;
	}
	map = mime_map_new(bytes.data ? bytes.data : "", bytes.size, NULL);
	eval_run(rules, &(struct eval_input){.map = map, .with_hidden = 1}, &eval);
	printf("{\"mail\":\"%s\",\"score\":%.4f,\"hits\":{", path, eval.score);
	for (size_t i = 0; i < eval.count; i++)
		printf("%s\"%s\":%lu", i ? "," : "", eval.hits[i].name, eval.hits[i].hits);
	printf("}");
	show_texts(map, rules);
	printf("}\n");
	eval_fini(&eval);
	mime_map_free(&map);
	buf_fini(&bytes);
}

static void warn(void *context, const char *sentence)
{
	(void)context;
	if (getenv("VERBOSE"))
		fprintf(stderr, "%s\n", sentence);
}

int main(int argc, char **argv)
{
	struct rules *rules = rules_new(warn, NULL);
	char path[PATH_MAX_BYTES];
	struct err err;

	for (int i = 1; i < argc; i++) {
		if (rules_add_path(rules, argv[i], &err)) {
			fprintf(stderr, "%s\n", err.text);
			return 1;
		}
	}
	rules_compile(rules);
	while (fgets(path, sizeof(path), stdin)) {
		path[strcspn(path, "\n")] = '\0';
		show_mail(rules, path);
	}
	rules_free(&rules);
	return 0;
}
