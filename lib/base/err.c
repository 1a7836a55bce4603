#include "lib/base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void one_line(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 127)
			*text = ' ';
}

enum result err_set(struct err *err, enum result result, const char *format, ...)
{
	va_list ap;

	if (!err)
		return result;
	va_start(ap, format);
	vsnprintf(err->text, sizeof(err->text), format, ap);
	va_end(ap);
	one_line(err->text);
	return result;
}

enum result err_sys(struct err *err, enum result result, const char *format, ...)
{
	int saved = errno;
	char text[sizeof(((struct err *)0)->text) / 2];
	va_list ap;

	if (!err)
		return result;
	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	return err_set(err, result, "%s: %s", text, strerror(saved));
}

enum result err_wrap(struct err *err, enum result result, const char *format, ...)
{
	char context[160], text[sizeof(((struct err *)0)->text)];
	va_list ap;

	if (!err)
		return result;
	va_start(ap, format);
	vsnprintf(context, sizeof(context), format, ap);
	va_end(ap);
	memcpy(text, err->text, sizeof(text));
	return err_set(
	        err, result, "%s: %.*s", context, (int)(sizeof(text) - sizeof(context)), text);
}

const char *result_name(enum result result)
{
	static const char *const names[] = {"ok", "none", "temporary", "permanent", "unsure"};

	return (size_t)result < sizeof(names) / sizeof(names[0]) ? names[result] : "?";
}
