#include "quarantine/domain.h"

#include <string.h>

#include "lib/base/text.h"

const char *domain_of(const char *address)
{
	const char *at = strrchr(address, '@');

	return at && at[1] ? at + 1 : NULL;
}

static int is_named(const char *name, const char *domain)
{
	size_t size = strlen(name), length = strlen(domain);

	if (*name != '.')
		return text_same(name, domain);
	return text_same(name + 1, domain) ||
	       (length > size && text_same(name, domain + length - size));
}

int domain_is_in(const struct config_list *list, const char *domain)
{
	size_t at;

	for (at = 0; domain && at < list->count; at++)
		if (is_named(list->items[at], domain))
			return 1;
	return !list->count;
}
