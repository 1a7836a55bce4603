#include "workers/qscan/numbers.h"

#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>

enum { DIGITS_SURE = 9 }; /* of an unsigned int, without a look at its bounds */

/* The names as libraries have them that were not compiled for C99, where `%a` is not a number. The
 * headers would give us the others. */
int numbers_sscanf(const char *text, const char *format, ...) __asm__("sscanf");
int numbers_vsscanf(const char *text, const char *format, va_list list) __asm__("vsscanf");

static int is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* 0: not a number of so few digits. */
static int read_short(const char *text, unsigned *out)
{
	unsigned value = 0;
	int digits;

	for (digits = 0; is_digit(text[digits]); digits++) {
		if (digits == DIGITS_SURE)
			return 0;
		value = value * 10 + (unsigned)(text[digits] - '0');
	}
	if (digits)
		*out = value;
	return digits;
}

int numbers_sscanf(const char *text, const char *format, ...)
{
	int is_plain = format[0] == '%' && format[1] == 'u' && !format[2] && is_digit(*text);
	unsigned value;
	va_list list;
	int count;

	va_start(list, format);
	if (is_plain && read_short(text, &value)) {
		*va_arg(list, unsigned *) = value;
		count = 1;
	} else {
		count = numbers_vsscanf(text, format, list);
	}
	va_end(list);
	return count;
}

int numbers_are_ours(void)
{
	return dlsym(RTLD_DEFAULT, "sscanf") == (void *)numbers_sscanf;
}
