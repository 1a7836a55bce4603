#include "workers/qscan/symbol.h"

#include "lib/base/alloc.h"

static char upper(char c)
{
	if (c >= 'a' && c <= 'z')
		return (char)(c - 'a' + 'A');
	return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ? c : '_';
}

char *symbol_of(const char *kind, const char *rule)
{
	char *symbol = alloc_format("%s_%s", kind, rule), *at;

	for (at = symbol; *at; at++)
		*at = upper(*at);
	return symbol;
}
