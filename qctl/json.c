#include "qctl/json.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/utf8.h"

static void escape(struct buf *out, uint32_t code)
{
	if (code > 0xffff) {
		code -= 0x10000;
		buf_add_format(
		        out, "\\u%04x\\u%04x", 0xd800 + (code >> 10), 0xdc00 + (code & 0x3ff));
	} else {
		buf_add_format(out, "\\u%04x", code);
	}
}

static void add_string(struct buf *out, const char *text)
{
	const unsigned char *at = (const unsigned char *)text;
	size_t left = strlen(text), run;
	uint32_t code;

	buf_add_char(out, '"');
	for (; left; at += run, left -= run) {
		run = utf8_decode(at, left, &code);
		if (!run) {
			escape(out, 0xfffd);
			run = 1;
		} else if (code == '"' || code == '\\') {
			buf_add_format(out, "\\%c", (char)code);
		} else if (utf8_printable(at, left)) {
			buf_add(out, at, run);
		} else {
			escape(out, code);
		}
	}
	buf_add_char(out, '"');
}

static void begin(struct json *json, const char *name)
{
	if (json->comma)
		buf_add_char(&json->out, ',');
	json->comma = 1;
	if (!name)
		return;
	add_string(&json->out, name);
	buf_add_char(&json->out, ':');
}

void json_object(struct json *json, const char *name)
{
	begin(json, name);
	buf_add_char(&json->out, '{');
	json->comma = 0;
}

void json_end_object(struct json *json)
{
	buf_add_char(&json->out, '}');
	json->comma = 1;
}

void json_list(struct json *json, const char *name)
{
	begin(json, name);
	buf_add_char(&json->out, '[');
	json->comma = 0;
}

void json_end_list(struct json *json)
{
	buf_add_char(&json->out, ']');
	json->comma = 1;
}

void json_text(struct json *json, const char *name, const char *value)
{
	begin(json, name);
	add_string(&json->out, value);
}

void json_number(struct json *json, const char *name, int64_t value)
{
	begin(json, name);
	buf_add_format(&json->out, "%lld", (long long)value);
}

void json_real(struct json *json, const char *name, double value)
{
	begin(json, name);
	if (isfinite(value))
		buf_add_format(&json->out, "%.10g", value);
	else
		buf_add_string(&json->out, "null");
}

void json_bool(struct json *json, const char *name, int value)
{
	begin(json, name);
	buf_add_string(&json->out, value ? "true" : "false");
}

void json_flush(struct json *json)
{
	buf_add_char(&json->out, '\n');
	fwrite(json->out.data, 1, json->out.size, stdout);
	buf_fini(&json->out);
	json->comma = 0;
}
