/* The lines of a rule file. Each key has a row in the table at the end, and a function. */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/buf.h"
#include "lib/base/text.h"
#include "lib/spam/condition.h"
#include "lib/spam/parser.h"

enum {
	INCLUDE_DEPTH_MOST = 10,
};

void parser_skip(struct parser *parser, const char *format, ...)
{
	char why[400];
	va_list args;

	va_start(args, format);
	vsnprintf(why, sizeof(why), format, args);
	va_end(args);
	rules_skip(parser->rules, parser->file, parser->line, "%s", why);
}

/* ------------------------------------------------------------ words */

char *parser_trim(char *text)
{
	size_t size;

	text += strspn(text, " \t\r");
	size = strlen(text);
	while (size && strchr(" \t\r", text[size - 1]))
		size--;
	text[size] = '\0';
	return text;
}

/* Cuts the first word off *rest and gives it; "" when there is none. */
char *parser_word(char **rest)
{
	char *word = *rest + strspn(*rest, " \t");
	size_t size = strcspn(word, " \t");

	*rest = word + size + strspn(word + size, " \t");
	if (word[size])
		word[size] = '\0';
	return word;
}

/* `#` begins a comment unless it is written `\#`. */
static void drop_comment(char *line)
{
	char *out = line;

	for (; *line && *line != '#'; line++) {
		if (line[0] == '\\' && line[1] == '#')
			line++;
		*out++ = *line;
	}
	*out = '\0';
}

int parser_is_rule_name(const char *name)
{
	size_t size = strlen(name);

	if (!size || size > RULE_NAME_MOST || isdigit((unsigned char)*name))
		return 0;
	for (; *name; name++) {
		if (!isalnum((unsigned char)*name) && *name != '_')
			return 0;
	}
	return 1;
}

/* Takes the rule's name off *rest; NULL, and the line is reported, where there is none. */
struct rule *parser_rule(struct parser *parser, char **rest)
{
	char *name = parser_word(rest);

	if (parser_is_rule_name(name))
		return rules_name(parser->rules, name);
	parser_skip(parser, "not a rule's name: \"%.60s\"", name);
	return NULL;
}

/* ------------------------------------------------------------ files in files, conditions */

static void parse_line(struct parser *parser, char *line);

/* A relative path is seen from the file that includes. */
static void do_include(struct parser *parser, char *rest)
{
	struct buf text = {0};
	struct err err;
	char *path, *folder;

	if (!parser->folder || parser->include_depth == INCLUDE_DEPTH_MOST) {
		parser_skip(parser, "include is refused here");
		return;
	}
	path = *rest == '/' ? alloc_string(rest) : alloc_format("%s/%s", parser->folder, rest);
	folder = alloc_bytes(path, (size_t)(strrchr(path, '/') - path));
	if (rules_read_file(parser->rules, path, &text, &err))
		parser_skip(parser, "%s", err.text);
	else
		rules_parse(parser->rules, rules_keep_file(parser->rules, path), folder, &text,
		        parser->include_depth + 1);
	free(folder);
	free(path);
	buf_fini(&text);
}

/* We have no locale: rules' descriptions stay in English. */
static void do_lang(struct parser *parser, char *rest)
{
	if (strcmp(parser_word(&rest), "en") == 0 && *rest)
		parse_line(parser, rest);
}

static void do_require_version(struct parser *parser, char *rest)
{
	if (condition_is_our_version(rest))
		return;
	parser_skip(parser, "the rest of the file is for version %.40s only", rest);
	parser->stopped = 1;
}

static int is_taken(const struct parser *parser)
{
	for (int i = 0; i < parser->if_depth; i++) {
		if (!parser->holds[i])
			return 0;
	}
	return 1;
}

/* A condition that can't be read counts as false, so what it guards is left out. */
static void open_if(struct parser *parser, int is_plugin, const char *text)
{
	struct err err;
	int holds = 0;

	if (parser->if_depth == IF_DEPTH_MOST) {
		parser_skip(
		        parser, "conditions are nested too deep; the rest of the file is skipped");
		parser->stopped = 1;
		return;
	}
	if (is_plugin) {
		holds = condition_has_plugin(text);
	} else if (is_taken(parser)) {
		switch (condition_holds(text, &err)) {
		case RESULT_OK:
			holds = 1;
			break;
		case RESULT_NONE:
			break;
		default:
			parser_skip(parser, "%s", err.text);
		}
	}
	parser->holds[parser->if_depth++] = holds;
}

/* 1 where the line was about conditions. */
static int parse_condition(struct parser *parser, const char *key, const char *rest)
{
	int is_else = strcmp(key, "else") == 0;

	if (strcmp(key, "if") == 0 || strcmp(key, "ifplugin") == 0) {
		open_if(parser, key[2] != '\0', rest);
		return 1;
	}
	if (!is_else && strcmp(key, "endif") != 0)
		return 0;
	if (!parser->if_depth)
		parser_skip(parser, "%s without if", key);
	else if (is_else)
		parser->holds[parser->if_depth - 1] ^= 1;
	else
		parser->if_depth--;
	return 1;
}

static const struct {
	const char *key;
	void (*run)(struct parser *parser, char *rest);
} keys[] = {
        {"header", parser_header},
        {"body", parser_body},
        {"rawbody", parser_rawbody},
        {"full", parser_full},
        {"uri", parser_uri},
        {"meta", parser_meta},
        {"mimeheader", parser_mimeheader},
        {"score", parser_score},
        {"describe", parser_describe},
        {"tflags", parser_tflags},
        {"priority", parser_priority},
        {"replace_tag", parser_replace_tag},
        {"replace_pre", parser_replace_pre},
        {"replace_inter", parser_replace_inter},
        {"replace_post", parser_replace_post},
        {"replace_rules", parser_replace_rules},
        {"include", do_include},
        {"lang", do_lang},
        {"require_version", do_require_version},
        {"askdns", parser_network_rule},
        {"urirhssub", parser_network_rule},
        {"urirhsbl", parser_network_rule},
        {"uridnsbl", parser_network_rule},
        {"uridnssub", parser_network_rule},
        {"urinsrhsbl", parser_network_rule},
        {"urinsrhssub", parser_network_rule},
        {"urifullnsrhsbl", parser_network_rule},
        {"urifullnsrhssub", parser_network_rule},
        {"uri_detail", parser_uri_detail},
};

/* Lists of a plugin's settings go on for hundreds of lines: each is counted, the first is told. */
static void skip_unknown(struct parser *parser, const char *key)
{
	if (strncmp(parser->unknown, key, sizeof(parser->unknown) - 1) == 0) {
		parser->rules->skipped++;
		return;
	}
	snprintf(parser->unknown, sizeof(parser->unknown), "%s", key);
	parser_skip(parser, "\"%.60s\" is not supported", key);
}

/* Keys are the same in any case, and with - for _. */
static void plain_key(char *key)
{
	text_lower(key);
	for (; *key; key++) {
		if (*key == '-')
			*key = '_';
	}
}

static void parse_line(struct parser *parser, char *line)
{
	char *rest = line, *key = parser_word(&rest);

	plain_key(key);
	if (parse_condition(parser, key, rest) || !is_taken(parser))
		return;
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		if (strcmp(key, keys[i].key) == 0) {
			keys[i].run(parser, rest);
			return;
		}
	}
	if (!parser_setting(parser, key, rest))
		skip_unknown(parser, key);
}

/* In UTF-16 every line has one: each is counted, the first is told. */
static void skip_binary(struct parser *parser)
{
	if (parser->binary++)
		parser->rules->skipped++;
	else
		parser_skip(parser, "a NUL byte is in the line; rules are read as UTF-8, not as "
		                    "UTF-16");
}

/* Cuts the next line off *rest, which ends with `end`. */
static char *cut_line(char **rest, char *end, size_t *size)
{
	char *line = *rest, *stop = memchr(line, '\n', (size_t)(end - line));

	*rest = stop ? stop + 1 : end;
	if (!stop)
		stop = end;
	*stop = '\0';
	*size = (size_t)(stop - line);
	return line;
}

void rules_parse(
        struct rules *rules, const char *file, const char *folder, struct buf *text, int depth)
{
	struct parser parser = {
	        .rules = rules, .file = file, .folder = folder, .include_depth = depth};
	struct buf whole = {0};
	char *line, *rest = text->data, *end = rest + text->size;
	size_t size;

	if (text->size >= 3 && !memcmp(rest, "\xef\xbb\xbf", 3))
		rest += 3; /* some editors write it in front of UTF-8 */
	while (!parser.stopped && rest < end) {
		line = cut_line(&rest, end, &size);
		parser.line++;
		if (memchr(line, '\0', size)) {
			skip_binary(&parser);
			continue;
		}
		drop_comment(line);
		line = parser_trim(line);
		if (!*line)
			continue;
		buf_clear(&whole);
		buf_add_string(&whole, line);
		parser.text = whole.data;
		parse_line(&parser, line);
	}
	buf_fini(&whole);
	if (parser.if_depth)
		parser_skip(&parser, "an if is left open");
}
